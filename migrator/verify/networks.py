"""The network devices, namespaces and rules that trials are tried on; made by ip(8), in a world's own network."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence

_VETHS = ("veth0", "veth1", "veth2", "port0", "port1", "veth3", "veth4", "veth5")  # each of its own hardware address


class NotHere(Exception):
    """A fixture cannot be made on this machine or by this user; the text says what is lacking."""


def _ip(*lines: str, family: str = "") -> None:
    """Run these commands of ip(8), one after another in one process: to start one takes longer than what it does."""
    told(["ip", *family.split(), "-batch", "-"], lines)


def told(command: Sequence[str], lines: Sequence[str]) -> None:
    """Run a command that reads these lines."""
    given = "".join(f"{line}\n" for line in lines)
    try:
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        package = " (iproute2)" if command[0] in ("ip", "tc") else ""
        raise NotHere(f"{command[0]}{package} is not installed") from error
    if done.returncode:
        raise NotHere(f"`{command[0]} {'; '.join(lines)}` fails here: {done.stderr.strip()}")


def pair(name: str, state: str) -> str:
    """A veth pair, its first end up or down; gives that one's name."""
    _ip(_pair(name), f"link set {name} {state}")
    return name


def _pair(name: str) -> str:
    number = 2 * _VETHS.index(name) + 2
    ends = [f"02:00:00:00:00:{each:02x}" for each in (number, number + 1)]
    return f"link add {name} address {ends[0]} type veth peer name {name}-peer address {ends[1]}"


def _up(name: str) -> tuple[str, ...]:
    return _pair(name), f"link set {name} up", f"link set {name}-peer up"


def _veth() -> str:
    _ip(_pair("veth0"))
    return "veth0"


def _vethup() -> str:
    _ip(*_up("veth1"))
    return "veth1"


def _addressed() -> str:
    added = ("10.0.0.1/24 dev veth2", "10.0.0.2/24 dev veth2", "fd00::1/64 dev veth2 nodad")
    known = [f"neigh add {near} lladdr 02:00:00:00:00:09 dev veth2" for near in ("10.0.0.9", "fd00::9")]
    _ip(*_up("veth2"), *(f"addr add {address}" for address in added), *known)
    return "veth2"


def _bridge() -> str:
    _ip(_pair("port0"), "link add br0 type bridge", "link set port0 master br0")
    return "br0"


def _bridgeup() -> str:
    _ip(_pair("port1"), "link add br1 type bridge", "link set port1 up master br1", "link set br1 up")
    return "br1"


def _bridgestp() -> str:
    _ip("link add br2 type bridge stp_state 1")
    return "br2"


def _netns() -> str:
    _ip("netns add netns0")
    return "netns0"


def _netnsfile() -> str:
    os.mkdir("/run/netns", 0o755)
    os.close(os.open("/run/netns/netns1", os.O_CREAT | os.O_EXCL, 0))
    return "netns1"


def _nextnetns() -> str:
    _ip("netns add netns2")
    return "netns3"


def _ruled() -> str:
    _ip("rule add from 10.9.0.0/16 table 100 priority 100")
    return "10.9.0.0/16"


def _ruledsix() -> str:
    _ip("rule add from fd09::/64 table 100 priority 100", family="-6")
    return "fd09::/64"


def _ruleddevice() -> str:
    _ip("rule add iif ruled0 table 100 priority 100")
    return "ruled0"


# Fixture -> what makes it, and gives its name.
MADE: Mapping[str, Callable[[], str]] = {
    "veth": _veth,
    "vethup": _vethup,
    "addressed": _addressed,
    "bridge": _bridge,
    "bridgeup": _bridgeup,
    "bridgestp": _bridgestp,
    "nodevice": lambda: "nodevice",
    "netns": _netns,
    "netnsfile": _netnsfile,
    "nonetns": lambda: "nonetns",
    "nextnetns": _nextnetns,
    "ruled": _ruled,
    "ruledsix": _ruledsix,
    "ruleddevice": _ruleddevice,
    "unruled": lambda: "10.8.0.0/16",
}
