"""What can be seen from outside of a house: files, network, mounts and processes, without what is random."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import subprocess
from collections.abc import Collection, Iterator

_PLACES = ("/var", "/run", "/tmp")
_SMALL = 200
# Clocks, numbers that the kernel counts up, and what follows some time after a device was set up.
_RANDOM = re.compile(r"ifindex|link_index|link_netnsid|operstate|state|.*_timer|.*_life_time")
_CARRIER = {"LOWER_UP", "NO-CARRIER", "M-DOWN"}


def mount_points() -> frozenset[str]:
    """Where something is mounted now."""
    with open("/proc/self/mountinfo", encoding="utf-8") as lines:
        return frozenset(line.split()[4] for line in lines)


def age() -> None:
    """Set the times of all files back, so that what is touched shows."""
    for path in _paths(mount_points()):
        os.utime(path, ns=(0, 0), follow_symlinks=False)


def files(old_mounts: Collection[str]) -> dict[str, object]:
    """Path -> type, mode, owner, content, whether it was touched, of all that can be written to.

    old_mounts: what was mounted from the start, the host's programs among it, is not looked at.
    """
    return {path: _look(path) for path in _paths(old_mounts)}


def _paths(old_mounts: Collection[str]) -> Iterator[str]:
    above = {place[:end] for place in old_mounts for end in range(len(place)) if place[end] == "/"}
    waiting = list(_PLACES)
    while waiting:
        path = waiting.pop()
        if path not in above and path not in old_mounts:
            yield path
        if (path not in old_mounts or path in _PLACES) and stat.S_ISDIR(os.lstat(path).st_mode):
            waiting += sorted(f"{path}/{name}" for name in os.listdir(path))


def _look(path: str) -> dict[str, object]:
    status = os.lstat(path)
    seen: dict[str, object] = {
        "mode": stat.filemode(status.st_mode),
        "owner": f"{status.st_uid}:{status.st_gid}",
        "links": status.st_nlink,
        "touched": status.st_mtime_ns != 0,
    }
    if stat.S_ISREG(status.st_mode) and not path.startswith("/run/netns/"):
        with open(path, "rb") as stream:
            content = stream.read()
        seen["content"] = (
            content.decode("latin-1")
            if len(content) <= _SMALL
            else f"{len(content)} bytes, {hashlib.sha256(content).hexdigest()}"
        )
    elif stat.S_ISLNK(status.st_mode):
        seen["target"] = os.readlink(path)
    return seen


def mounts(old_mounts: Collection[str]) -> dict[str, str]:
    """Mount point -> what is mounted there and how, of what was not mounted from the start."""
    seen = {}
    with open("/proc/self/mountinfo", encoding="utf-8") as lines:
        for line in lines:
            words = line.split()
            if words[4] not in old_mounts:
                kind = words[words.index("-") + 1]
                seen[words[4]] = f"{kind} {re.sub('[0-9]+', 'N', words[3])} {words[5]}"
    return seen


def network() -> dict[str, object]:
    """Links, addresses, routes, bridge ports and forwarding of the house and of each named namespace in it."""
    names = sorted(os.listdir("/run/netns")) if os.path.isdir("/run/netns") else []
    seen: dict[str, object] = {"": _space(())}
    for name in names:
        seen[name] = _space(("netns", "exec", name))
    return seen


def _space(enter: tuple[str, ...]) -> dict[str, object]:
    # Nothing in the scenario is about IPv6, whose addresses come from random MAC addresses, after some time.
    questions = {
        "links": ("ip", "-j", "-d", "-4", "addr"),
        "devices": ("ip", "-j", "-d", "link"),
        "routes": ("ip", "-j", "-4", "route", "show", "table", "all"),
        "rules": ("ip", "-j", "rule"),
        "ports": ("bridge", "-j", "-d", "link"),
    }
    seen: dict[str, object] = {}
    for what, words in questions.items():
        seen[what] = _settled(json.loads(_output(*(("ip", *enter) if enter else ()), *words) or "[]"))
    forwarding = "/proc/sys/net/ipv4/ip_forward"
    seen["forwarding"] = _output(*(("ip", *enter) if enter else ()), "cat", forwarding).strip()
    return seen


def _output(*words: str) -> str:
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"
    return done.stdout


def _settled(value: object) -> object:
    if isinstance(value, dict):
        kind = value.get("linkinfo", {}).get("info_kind") if isinstance(value.get("linkinfo"), dict) else None
        kept = {key: each for key, each in value.items() if not _RANDOM.fullmatch(str(key))}
        if "flags" in kept:
            kept["flags"] = sorted(flag for flag in value["flags"] if flag not in _CARRIER)
        if kind == "veth":  # a bridge is given its address, a veth pair gets random ones
            kept.pop("address", None)
        return {key: _settled(each) for key, each in kept.items()}
    if isinstance(value, list):
        return [_settled(each) for each in value if each]
    return value


def processes() -> dict[int, str]:
    """Pid -> user, state and name, of all processes but the first."""
    seen = {}
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == 1:
            continue
        try:
            with open(f"/proc/{name}/status", encoding="utf-8") as stream:
                fields = dict(line.split(":\t", 1) for line in stream.read().splitlines() if ":\t" in line)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
        seen[int(name)] = f"{fields['Uid'].split()[0]} {fields['State'].split()[0]} {fields['Name']}"
    return seen
