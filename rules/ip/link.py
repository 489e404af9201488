# ruff: noqa: UP031 - the projects with the most to migrate are old: no f-strings
"""ip link set: change a network device through rtnetlink(7), by one request as ip(8) makes it."""

from __future__ import annotations

import re

import pyroute2

from migrator.decide.netlink_samples import by_device
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial

from .._integer import _integer
from .._outcome import _finished
from .._rtnetlink import _missing, _refused
from ._rtnetlink import _change_link
from ._words import _bad_name, _bad_new_name


def set_link_up(device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Set a network device up."""
    result = _bad_name("dev", device) or _change_link("set", device, state="up")
    return _finished("ip link set %s up" % device, result, check_exit_code)


def set_link_down(device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Set a network device down."""
    result = _bad_name("dev", device) or _change_link("set", device, state="down")
    return _finished("ip link set %s down" % device, result, check_exit_code)


def _octets(address: str) -> list[int]:
    """The bytes of a hardware address; raises ValueError for what is none."""
    octets = []
    for word in address.split(":"):
        # As sscanf(3) reads it: what follows the digits does not count.
        number = re.match(r"[ \t\n\v\f\r]*((0[xX])?[0-9a-fA-F]+)", word)
        if not number or int(number.group(1), 16) > 255:
            raise ValueError(word)
        octets.append(int(number.group(1), 16))
    return octets


def _set_address(device: str, address: str) -> tuple[int, str]:
    try:
        octets = _octets(address)
    except ValueError as error:
        return 1, '"%s" is invalid lladdr.\n' % error.args[0]
    fault = None
    if len(octets) != 6:
        text = "Invalid address length %d - must be 6 bytes\n"
        fault = 1, text % len(octets)
    address = ":".join("%02x" % octet for octet in octets)
    return _change_link("set", device, fault, address=address)


def set_link_address(device: str, address: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Set the hardware address of a network device, six bytes in hexadecimal with colons between them."""
    result = _bad_name("dev", device) or _set_address(device, address)
    cmd = "ip link set %s address %s" % (device, address)
    return _finished(cmd, result, check_exit_code)


def _unsigned(text: str) -> int:
    """The 32 bits that ip(8) makes of a text, -1 where it is no number."""
    size, rest = _integer(text)
    return size % 2**32 if text and not rest and -(2**31) <= size < 2**31 else -1


def _bad_mtu(mtu: str) -> tuple[int, str] | None:
    if _unsigned(mtu) >= 0:
        return None
    return 255, 'Error: argument "%s" is wrong: Invalid "mtu" value\n\n' % mtu


def set_link_mtu(device: str, mtu: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Set the greatest size of a packet of a network device, in bytes."""
    result = _bad_name("dev", device) or _bad_mtu(mtu) or _change_link("set", device, mtu=_unsigned(mtu))
    cmd = "ip link set %s mtu %s" % (device, mtu)
    return _finished(cmd, result, check_exit_code)


def _bad_switch(word: str, state: str) -> tuple[int, str] | None:
    if state in ("on", "off"):
        return None
    text = 'Error: argument of "%s" must be "on" or "off", not "%s"\n'
    return 1, text % (word, state)


def set_link_promisc(device: str, state: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Have a network device take all packets, or only its own; state: on or off."""
    promisc = 0x100  # IFF_PROMISC
    result = (
        _bad_name("dev", device)
        or _bad_switch("promisc", state)
        or _change_link("set", device, flags=promisc if state == "on" else 0, change=promisc)
    )
    cmd = "ip link set %s promisc %s" % (device, state)
    return _finished(cmd, result, check_exit_code)


def set_link_name(device: str, name: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Rename a network device."""
    result = _bad_name("dev", device) or _bad_new_name(name) or _change_link("set", device, ifname=name)
    cmd = "ip link set %s name %s" % (device, name)
    return _finished(cmd, result, check_exit_code)


def _set_master(device: str, master: str) -> tuple[int, str]:
    try:
        with pyroute2.IPRoute(ext_ack=True) as netlink:
            above = netlink.link_lookup(ifname=master)
            found = netlink.link_lookup(ifname=device)
            if not above:
                text = 'Error: argument "%s" is wrong: Device does not exist\n\n'
                return 255, text % master
            if not found:
                return _missing(device)
            netlink.link("set", index=found[0], master=above[0])
    except (OSError, pyroute2.NetlinkError) as error:
        return _refused(error)
    return 0, ""


def set_link_master(device: str, master: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Make a network device a port of another, of a bridge or a bond."""
    result = _bad_name("dev", device) or _set_master(device, master)
    cmd = "ip link set %s master %s" % (device, master)
    return _finished(cmd, result, check_exit_code)


def set_link_nomaster(device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Make a network device that is a port of another one by itself again."""
    result = _bad_name("dev", device) or _change_link("set", device, master=0)
    return _finished("ip link set %s nomaster" % device, result, check_exit_code)


_BY_NAME = Difference("a device that is named as a word of the command can be meant only after dev")
_DEVICES = ("{veth}", "dev {bridge}", "{nodevice}", "lo", "a/b", "''", "sixteen-letters-")
RULES = (
    Rule(
        grammar="ip link set [dev] DEVICE up",
        function=set_link_up,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2, 255},
        samples=by_device("set_link_up('fake0')", "link('set', index=7, state='up')"),
        examples=(
            Becomes(
                "_execute('ip', 'link', 'set', dev, 'up', run_as_root=True, check_exit_code=[0, 2, 254])",
                "privsep.linux_net.set_link_up(str(dev), check_exit_code=[0, 2])",
            ),
            Stays("execute('ip', 'link', 'set', dev, 'arp', 'off', run_as_root=True)", because="arp stands where"),
            Stays("execute('ip', 'link', 'set', dev, 'up', 'mtu', mtu, run_as_root=True)", because="one operand more"),
        ),
        trials=tuple(Trial("ip link set %s up" % device) for device in (*_DEVICES, "..", "'a b'")),
        differences=(_BY_NAME,),
    ),
    Rule(
        grammar="ip link set [dev] DEVICE down",
        function=set_link_down,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2, 255},
        samples=by_device("set_link_down('fake0')", "link('set', index=7, state='down')"),
        examples=(
            Becomes(
                "_execute('ip', 'link', 'set', dev, 'down', run_as_root=True, check_exit_code=[0, 2, 254])",
                "privsep.linux_net.set_link_down(str(dev), check_exit_code=[0, 2])",
            ),
            Stays("execute('ip', 'link', 'set', dev, 'arp', 'off', run_as_root=True)", because="arp stands where"),
            Stays(
                "execute('ip', 'link', 'set', dev, 'down', 'mtu', mtu, run_as_root=True)", because="one operand more"
            ),
        ),
        trials=tuple(Trial("ip link set %s down" % device) for device in (*_DEVICES, "..", "'a b'")),
        differences=(_BY_NAME,),
    ),
    Rule(
        grammar="ip link set [dev] DEVICE address ADDRESS",
        function=set_link_address,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2, 255},
        samples=by_device(
            "set_link_address('fake0', '2:0:0:0:0:9')", "link('set', index=7, address='02:00:00:00:00:09')"
        ),
        examples=(
            Becomes(
                "_execute('ip', 'link', 'set', dev, 'address', mac, run_as_root=True, check_exit_code=[0, 2, 254])",
                "privsep.linux_net.set_link_address(str(dev), str(mac), check_exit_code=[0, 2])",
            ),
            Stays(
                "execute('ip', 'link', 'set', vf, 'address', mac, 'up', run_as_root=True)", because="one operand more"
            ),
            Stays("execute('ip', 'link', 'set', dev, 'vf', num, 'mac', mac, run_as_root=True)", because="vf"),
        ),
        trials=(
            *(Trial("ip link set %s address 02:00:00:00:00:99" % device) for device in _DEVICES),
            *(
                Trial("ip link set {veth} address %s" % address)
                for address in (
                    "2:0:0:0:0:9",
                    "' 2:0:0:0:0:9x'",
                    "02:00:00",
                    "02:00:00:00:00:00:01",
                    "ff:ff:ff:ff:ff:ff",
                )
            ),
            *(Trial("ip link set {veth} address %s" % address) for address in ("zz:0:0:0:0:0", "''", "100:0:0:0:0:0")),
            Trial("ip link set {nodevice} address 02:00"),
        ),
        differences=(
            _BY_NAME,
            Difference(
                "an address of IPv4 in its place is refused in other words",
                trial=Trial("ip link set {veth} address 192.0.2.1"),
                aspects=("stderr",),
            ),
            Difference("a device whose hardware address does not have six bytes is left as it is"),
        ),
    ),
    Rule(
        grammar="ip link set [dev] DEVICE mtu MTU",
        function=set_link_mtu,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2, 255},
        samples=by_device("set_link_mtu('fake0', '1400')", "link('set', index=7, mtu=1400)"),
        examples=(
            Becomes(
                "_execute('ip', 'link', 'set', dev, 'mtu', mtu, run_as_root=True, check_exit_code=[0, 2, 254])",
                "privsep.linux_net.set_link_mtu(str(dev), str(mtu), check_exit_code=[0, 2])",
            ),
            Stays("execute('ip', 'link', 'set', dev, 'mtu', mtu, 'up', run_as_root=True)", because="one operand more"),
            Stays("execute('ip', 'link', 'set', dev, 'txqueuelen', n, run_as_root=True)", because="txqueuelen"),
        ),
        trials=(
            *(Trial("ip link set %s mtu 1400" % device) for device in _DEVICES),
            *(
                Trial("ip link set {vethup} mtu %s" % mtu)
                for mtu in ("0x600", "02000", "abc", "''", "0", "65536", "' +1400'", "1400x", "2147483648")
            ),
        ),
        differences=(_BY_NAME,),
    ),
    Rule(
        grammar="ip link set [dev] DEVICE promisc STATE",
        function=set_link_promisc,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2, 255},
        samples=by_device("set_link_promisc('fake0', 'on')", "link('set', index=7, flags=0x100, change=0x100)"),
        examples=(
            Becomes(
                "_execute('ip', 'link', 'set', dev, 'promisc', 'on', run_as_root=True)",
                "privsep.linux_net.set_link_promisc(str(dev), 'on')",
            ),
            Stays("execute('ip', 'link', 'set', dev, 'allmulticast', 'on', run_as_root=True)", because="allmulticast"),
            Stays(
                "execute('ip', 'link', 'set', dev, 'up', 'promisc', 'on', run_as_root=True)",
                because="up stands where promisc has to",
            ),
        ),
        trials=(
            *(Trial("ip link set %s promisc on" % device) for device in _DEVICES),
            Trial("ip link set {vethup} promisc on"),
            Trial("ip link set {bridge} promisc off"),
            Trial("ip link set {veth} promisc yes"),
        ),
        differences=(_BY_NAME,),
    ),
    Rule(
        grammar="ip link set [dev] DEVICE name NAME",
        function=set_link_name,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2, 255},
        samples=by_device("set_link_name('fake0', 'fake1')", "link('set', index=7, ifname='fake1')"),
        examples=(
            Becomes(
                "_execute('ip', 'link', 'set', dev, 'name', new, run_as_root=True)",
                "privsep.linux_net.set_link_name(str(dev), str(new))",
            ),
            Stays("execute('ip', 'link', 'set', dev, 'name', new, 'up', run_as_root=True)", because="one operand more"),
            Stays("execute('ip', 'link', 'set', dev, 'alias', text, run_as_root=True)", because="alias"),
        ),
        trials=(
            *(Trial("ip link set %s name new0" % device) for device in _DEVICES),
            *(
                Trial("ip link set {veth} name %s" % name)
                for name in ("veth0", "lo", "''", "a/b", "sixteen-letters-", "..", "a:b", "'a%d'", "\u00e4")
            ),
        ),
        differences=(_BY_NAME,),
    ),
    Rule(
        grammar="ip link set [dev] DEVICE master MASTER",
        function=set_link_master,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2, 255},
        samples=(
            *by_device("set_link_master('fake0', 'fake1')", "link('set', index=7, master=7)")[:1],
            Sample(
                "set_link_master('fake0', 'fake1')",
                patched=("pyroute2.IPRoute",),
                given=(
                    "netlink = mock_iproute.return_value.__enter__.return_value",
                    "netlink.link_lookup.return_value = []",
                ),
                asserted=("netlink.link.assert_not_called()",),
                code=255,
            ),
        ),
        examples=(
            Becomes(
                "_execute('ip', 'link', 'set', dev, 'master', bridge, run_as_root=True)",
                "privsep.linux_net.set_link_master(str(dev), str(bridge))",
            ),
            Stays(
                "execute('ip', 'link', 'set', dev, 'master', bridge, 'up', run_as_root=True)",
                because="one operand more",
            ),
            Stays("execute('ip', 'link', 'set', dev, 'vrf', vrf, run_as_root=True)", because="vrf"),
        ),
        trials=(
            *(
                Trial("ip link set %s master {bridge}" % device)
                for device in ("{veth}", "dev {veth}", "port0", "{nodevice}", "a/b", "''")
            ),
            *(Trial("ip link set {veth} master %s" % device) for device in ("{bridge}", "{nodevice}", "''", "lo")),
            Trial("ip link set {bridge} master {bridge}"),
        ),
        differences=(_BY_NAME,),
    ),
    Rule(
        grammar="ip link set [dev] DEVICE nomaster",
        function=set_link_nomaster,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2, 255},
        samples=by_device("set_link_nomaster('fake0')", "link('set', index=7, master=0)"),
        examples=(
            Becomes(
                "_execute('ip', 'link', 'set', dev, 'nomaster', run_as_root=True)",
                "privsep.linux_net.set_link_nomaster(str(dev))",
            ),
            Stays(
                "execute('ip', 'link', 'set', dev, 'nomaster', 'down', run_as_root=True)", because="one operand more"
            ),
            Stays("execute('ip', 'link', 'set', dev, 'group', '1', run_as_root=True)", because="group"),
        ),
        trials=tuple(Trial("ip link set %s nomaster" % device) for device in ("port0", *_DEVICES)),
        differences=(_BY_NAME,),
    ),
)
