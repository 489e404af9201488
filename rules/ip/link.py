# ruff: noqa: UP031 - the projects with the most to migrate are old: no f-strings
"""ip link set: change a network device through rtnetlink(7), by one request as ip(8) makes it."""

from __future__ import annotations

import os
import re

import pyroute2
from oslo_concurrency import processutils

from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Stays, Trial

from ._rtnetlink import _finished, _set_link


def set_link_up(device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Set a network device up."""
    code, stderr = _set_link(device, state="up")
    return _finished("ip link set %s up" % device, code, stderr, check_exit_code)


def set_link_down(device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Set a network device down."""
    code, stderr = _set_link(device, state="down")
    return _finished("ip link set %s down" % device, code, stderr, check_exit_code)


def set_link_address(device: str, address: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Set the hardware address of a network device, six bytes in hexadecimal with colons between them."""
    octets, odd = [], []
    for word in address.split(":"):
        number = re.match(r"[ \t\n\v\f\r]*((0[xX])?[0-9a-fA-F]+)", word)
        if number and int(number.group(1), 16) < 256:
            octets.append(int(number.group(1), 16))
        else:
            odd.append(word)
    code, stderr = 0, ""
    if not device or re.search(r"[/ \t\n\v\f\r]", device):
        code = 255
        stderr = 'Error: argument "%s" is wrong: "dev" not a valid ifname\n' % device
    elif odd:
        code = 1
        stderr = '"%s" is invalid lladdr.\n' % odd[0]
    else:
        try:
            with pyroute2.IPRoute(ext_ack=True) as netlink:
                found = netlink.link_lookup(ifname=device)
                if not found:
                    code = 1
                    stderr = 'Cannot find device "%s"\n' % device
                elif len(octets) != 6:
                    code = 1
                    stderr = "Invalid address length %d - must be 6 bytes\n" % len(octets)
                else:
                    netlink.link("set", index=found[0], address=":".join("%02x" % octet for octet in octets))
        except (OSError, pyroute2.NetlinkError) as error:
            code = 2
            reason = os.strerror(error.args[0])
            stderr = "RTNETLINK answers: %s\n" % reason
            if error.args[1] not in (None, reason):
                stderr = "Error: %s.\n" % error.args[1]
    if code not in check_exit_code:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=code, cmd="ip link set %s address %s" % (device, address)
        )
    return "", stderr


def set_link_mtu(device: str, mtu: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Set the greatest size of a packet of a network device, in bytes."""
    # As strtol(3) reads it: 0x1f is hexadecimal, 017 octal.
    integer = r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))\Z"
    number = re.match(integer, mtu.lstrip(" \t\n\v\f\r"))
    size = -1
    if number:
        sign, base16, base8, base10 = number.groups()
        size = int(base16, 16) if base16 else int(base8, 8) if base8 else int(base10)
        if sign == "-" and size:
            size = 2**32 - size
        elif size >= 2**31:
            size = -1
    code, stderr = 0, ""
    if not device or re.search(r"[/ \t\n\v\f\r]", device):
        code = 255
        stderr = 'Error: argument "%s" is wrong: "dev" not a valid ifname\n' % device
    elif not 0 <= size < 2**32:
        code = 255
        stderr = 'Error: argument "%s" is wrong: Invalid "mtu" value\n\n' % mtu
    else:
        try:
            with pyroute2.IPRoute(ext_ack=True) as netlink:
                found = netlink.link_lookup(ifname=device)
                if found:
                    netlink.link("set", index=found[0], mtu=size)
                else:
                    code = 1
                    stderr = 'Cannot find device "%s"\n' % device
        except (OSError, pyroute2.NetlinkError) as error:
            code = 2
            reason = os.strerror(error.args[0])
            stderr = "RTNETLINK answers: %s\n" % reason
            if error.args[1] not in (None, reason):
                stderr = "Error: %s.\n" % error.args[1]
    if code not in check_exit_code:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=code, cmd="ip link set %s mtu %s" % (device, mtu)
        )
    return "", stderr


def set_link_promisc(device: str, state: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Have a network device take all packets, or only its own; state: on or off."""
    code, stderr = 0, ""
    if not device or re.search(r"[/ \t\n\v\f\r]", device):
        code = 255
        stderr = 'Error: argument "%s" is wrong: "dev" not a valid ifname\n' % device
    elif state not in ("on", "off"):
        code = 1
        stderr = 'Error: argument of "promisc" must be "on" or "off", not "%s"\n' % state
    else:
        try:
            with pyroute2.IPRoute(ext_ack=True) as netlink:
                found = netlink.link_lookup(ifname=device)
                if found:
                    # IFF_PROMISC
                    netlink.link("set", index=found[0], flags=0x100 if state == "on" else 0, change=0x100)
                else:
                    code = 1
                    stderr = 'Cannot find device "%s"\n' % device
        except (OSError, pyroute2.NetlinkError) as error:
            code = 2
            reason = os.strerror(error.args[0])
            stderr = "RTNETLINK answers: %s\n" % reason
            if error.args[1] not in (None, reason):
                stderr = "Error: %s.\n" % error.args[1]
    if code not in check_exit_code:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=code, cmd="ip link set %s promisc %s" % (device, state)
        )
    return "", stderr


def set_link_name(device: str, name: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Rename a network device."""
    code, stderr = 0, ""
    if not device or re.search(r"[/ \t\n\v\f\r]", device):
        code = 255
        stderr = 'Error: argument "%s" is wrong: "dev" not a valid ifname\n' % device
    elif not 0 < len(name) < 16 or re.search(r"[/ \t\n\v\f\r]", name):
        code = 255
        stderr = 'Error: argument "%s" is wrong: "name" not a valid ifname\n' % name
    else:
        try:
            with pyroute2.IPRoute(ext_ack=True) as netlink:
                found = netlink.link_lookup(ifname=device)
                if found:
                    netlink.link("set", index=found[0], ifname=name)
                else:
                    code = 1
                    stderr = 'Cannot find device "%s"\n' % device
        except (OSError, pyroute2.NetlinkError) as error:
            code = 2
            reason = os.strerror(error.args[0])
            stderr = "RTNETLINK answers: %s\n" % reason
            if error.args[1] not in (None, reason):
                stderr = "Error: %s.\n" % error.args[1]
    if code not in check_exit_code:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=code, cmd="ip link set %s name %s" % (device, name)
        )
    return "", stderr


def set_link_master(device: str, master: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Make a network device a port of another, of a bridge or a bond."""
    code, stderr = 0, ""
    if not device or re.search(r"[/ \t\n\v\f\r]", device):
        code = 255
        stderr = 'Error: argument "%s" is wrong: "dev" not a valid ifname\n' % device
    else:
        try:
            with pyroute2.IPRoute(ext_ack=True) as netlink:
                above = netlink.link_lookup(ifname=master)
                found = netlink.link_lookup(ifname=device)
                if not above:
                    code = 255
                    stderr = 'Error: argument "%s" is wrong: ' % master
                    stderr += "Device does not exist\n\n"
                elif not found:
                    code = 1
                    stderr = 'Cannot find device "%s"\n' % device
                else:
                    netlink.link("set", index=found[0], master=above[0])
        except (OSError, pyroute2.NetlinkError) as error:
            code = 2
            reason = os.strerror(error.args[0])
            stderr = "RTNETLINK answers: %s\n" % reason
            if error.args[1] not in (None, reason):
                stderr = "Error: %s.\n" % error.args[1]
    if code not in check_exit_code:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=code, cmd="ip link set %s master %s" % (device, master)
        )
    return "", stderr


def set_link_nomaster(device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Make a network device that is a port of another one by itself again."""
    code, stderr = 0, ""
    if not device or re.search(r"[/ \t\n\v\f\r]", device):
        code = 255
        stderr = 'Error: argument "%s" is wrong: "dev" not a valid ifname\n' % device
    else:
        try:
            with pyroute2.IPRoute(ext_ack=True) as netlink:
                found = netlink.link_lookup(ifname=device)
                if found:
                    netlink.link("set", index=found[0], master=0)
                else:
                    code = 1
                    stderr = 'Cannot find device "%s"\n' % device
        except (OSError, pyroute2.NetlinkError) as error:
            code = 2
            reason = os.strerror(error.args[0])
            stderr = "RTNETLINK answers: %s\n" % reason
            if error.args[1] not in (None, reason):
                stderr = "Error: %s.\n" % error.args[1]
    if code not in check_exit_code:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=code, cmd="ip link set %s nomaster" % device
        )
    return "", stderr


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
