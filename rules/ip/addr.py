# ruff: noqa: UP031 - the projects with the most to migrate are old: no f-strings
"""ip addr: give addresses to network devices, and take them away, through rtnetlink(7)."""

from __future__ import annotations

import socket

import pyroute2

from migrator.decide.netlink_samples import by_device
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Stays, Trial

from .._outcome import _finished
from .._rtnetlink import _missing, _refused
from ._prefix import _bad_prefix, _family, _prefix


def _is_wildcard(address: str) -> bool:
    """Whether ip(8) deletes a host's first address, of whatever length."""
    return _family(address) == socket.AF_INET and "/" not in address


def _wildcard_warning(host: str) -> str:
    text = "Warning: Executing wildcard deletion to stay compatible "
    text += "with old scripts.\n"
    text += "         Explicitly specify the prefix length (%s/32) " % host
    text += "to avoid this warning.\n"
    text += "         This special behaviour is likely to disappear "
    text += "in further releases,\n         fix your scripts!\n"
    return text


def _known_length(netlink: pyroute2.IPRoute, index: int, host: str) -> int:
    """The length of a device's first address of an IPv4 host, else 32."""
    for known in netlink.get_addr(family=socket.AF_INET, index=index):
        if known.get_attr("IFA_LOCAL") == host:
            return int(known["prefixlen"])
    return 32


def _change_address(command: str, address: str, device: str, **fields: object) -> tuple[int, str]:
    """Change a device's address; gives ip(8)'s exit code and stderr.

    command: add, replace or del.
    """
    host, length = _prefix(address)
    try:
        with pyroute2.IPRoute(ext_ack=True) as netlink:
            found = netlink.link_lookup(ifname=device)
            if not found:
                return _missing(device)
            if command == "del" and _is_wildcard(address):
                length = _known_length(netlink, found[0], host)
            netlink.addr(command, index=found[0], address=host, prefixlen=length, family=_family(address), **fields)
    except (OSError, pyroute2.NetlinkError) as error:
        return _refused(error)
    return 0, ""


def add_address(address: str, device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Give a network device an address, "192.0.2.1/24"; without a length it is one of a single host."""
    scope = 254 if address.startswith("127.") else 0  # host, global
    result = _bad_prefix(address) or _change_address("add", address, device, scope=scope)
    cmd = "ip addr add %s dev %s" % (address, device)
    return _finished(cmd, result, check_exit_code)


def add_address_with_scope(
    address: str, device: str, scope: str, check_exit_code: list[int] | tuple[int, ...] = (0,)
) -> tuple[str, str]:
    """Give a network device an address that is valid in a scope: global, site, link or host."""
    scopes = {"global": 0, "site": 200, "link": 253, "host": 254}
    text = 'Error: argument "%s" is wrong: invalid scope value.\n'
    result = _bad_prefix(address)
    if not result and scope not in scopes:
        result = 255, text % scope
    if not result:
        result = _change_address("add", address, device, scope=scopes[scope])
    cmd = "ip addr add %s scope %s dev %s" % (address, scope, device)
    return _finished(cmd, result, check_exit_code)


def delete_address(address: str, device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Take an address from a network device; without a length the first of that host."""
    fault = _bad_prefix(address)
    code, stderr = fault or _change_address("del", address, device)
    if not fault and _is_wildcard(address):
        stderr = _wildcard_warning(address) + stderr
    cmd = "ip addr del %s dev %s" % (address, device)
    return _finished(cmd, (code, stderr), check_exit_code)


def change_ipv6_address(
    address: str, device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)
) -> tuple[str, str]:
    """Give a network device an IPv6 address, or the one that it has a new lease of life."""
    result = _bad_prefix(address, "inet6") or _change_address("replace", address, device)
    cmd = "ip -f inet6 addr change %s dev %s" % (address, device)
    return _finished(cmd, result, check_exit_code)


_DEVICES = ("{veth}", "{addressed}", "{nodevice}", "lo", "''", "a/b")
_ODD = ("192.0.2.256/24", "192.0.2.1/33", "192.0.2.1/", "/24", "''", "fd00::5/129", "192.0.2.1/24x")
_WORDS = Difference("the words any, all and default are no addresses")
RULES = (
    Rule(
        grammar="ip (addr|address) add ADDRESS (dev DEVICE)",
        function=add_address,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2},
        samples=by_device(
            "add_address('192.0.2.1/24', 'fake0')",
            "addr('add', index=7, address='192.0.2.1', prefixlen=24, family=socket.AF_INET, scope=0)",
        ),
        examples=(
            Becomes(
                "_execute('ip', 'addr', 'add', cidr, 'dev', dev, run_as_root=True, check_exit_code=[0, 2, 254])",
                "privsep.linux_net.add_address(str(cidr), str(dev), check_exit_code=[0, 2])",
            ),
            Stays(
                "execute('ip', 'addr', 'add', cidr, 'brd', '+', 'dev', dev, run_as_root=True)",
                because="one operand more",
            ),
            Stays(
                "execute('ip', 'addr', 'add', cidr, 'dev', dev, 'label', label, run_as_root=True)",
                because="one operand more",
            ),
        ),
        trials=(
            *(Trial("ip addr add 192.0.2.1/24 dev %s" % device) for device in _DEVICES),
            *(Trial("ip addr add %s dev {vethup}" % address) for address in ("192.0.2.1", "fd00::5/64", "fd00::5")),
            *(Trial("ip addr add %s dev {veth}" % address) for address in _ODD),
            *(Trial("ip addr add %s dev {addressed}" % address) for address in ("10.0.0.1/24", "fd00::1/64")),
            Trial("ip addr add 127.0.0.5/8 dev lo"),
            Trial("ip address add dev {veth} ff02::1/64"),
        ),
        differences=(
            Difference("an address that leaves out bytes is refused", trial=Trial("ip addr add 10.1 dev {addressed}")),
            Difference(
                "a mask in place of a length is refused",
                trial=Trial("ip addr add 10.0.0.2/255.255.0.0 dev {addressed}"),
            ),
            _WORDS,
        ),
    ),
    Rule(
        grammar="ip (addr|address) add ADDRESS (scope SCOPE) (dev DEVICE)",
        function=add_address_with_scope,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2, 255},
        samples=by_device(
            "add_address_with_scope('192.0.2.1/32', 'fake0', 'link')",
            "addr('add', index=7, address='192.0.2.1', prefixlen=32, family=socket.AF_INET, scope=253)",
        ),
        examples=(
            Becomes(
                "_execute('ip', 'addr', 'add', '169.254.169.254/32', 'scope', 'link', 'dev', 'lo', run_as_root=True)",
                "privsep.linux_net.add_address_with_scope('169.254.169.254/32', 'lo', 'link')",
            ),
            Stays(
                "execute('ip', 'addr', 'add', cidr, 'scope', 'link', 'dev', dev, 'home', run_as_root=True)",
                because="one operand more",
            ),
            Stays("execute('ip', 'addr', 'add', cidr, 'scope', 'link', run_as_root=True)", because="dev is not there"),
        ),
        trials=(
            *(Trial("ip addr add 169.254.169.254/32 scope link dev %s" % device) for device in _DEVICES),
            *(
                Trial("ip addr add 192.0.2.1/24 dev {veth} scope %s" % scope)
                for scope in ("global", "host", "nope", "site")
            ),
            Trial("ip addr add 192.0.2.1 dev {veth} scope link"),
            Trial("ip addr add fd00::5/64 scope link dev {veth}"),
            Trial("ip addr add 192.0.2.1/x scope nope dev {nodevice}"),
        ),
        differences=(
            Difference(
                "a scope by its number is refused", trial=Trial("ip addr add 192.0.2.1/24 scope 253 dev {veth}")
            ),
            _WORDS,
        ),
    ),
    Rule(
        grammar="ip (addr|address) (del|delete) ADDRESS (dev DEVICE)",
        function=delete_address,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2},
        samples=by_device(
            "delete_address('192.0.2.1/24', 'fake0')",
            "addr('del', index=7, address='192.0.2.1', prefixlen=24, family=socket.AF_INET)",
        ),
        examples=(
            Becomes(
                "_execute('ip', 'addr', 'del', cidr, 'dev', dev, run_as_root=True, check_exit_code=[0, 2, 254])",
                "privsep.linux_net.delete_address(str(cidr), str(dev), check_exit_code=[0, 2])",
            ),
            Stays(
                "execute('ip', 'addr', 'del', cidr, 'peer', peer, 'dev', dev, run_as_root=True)",
                because="one operand more",
            ),
            Stays(
                "execute('ip', 'addr', 'del', cidr, 'dev', dev, 'label', label, run_as_root=True)",
                because="one operand more",
            ),
        ),
        trials=(
            *(Trial("ip addr del 10.0.0.1/24 dev %s" % device) for device in _DEVICES),
            *(
                Trial("ip addr del %s dev {addressed}" % address)
                for address in (
                    "10.0.0.2/24",
                    "10.0.0.1/25",
                    "10.0.0.2",
                    "10.0.0.9",
                    "fd00::1/64",
                    "fd00::1/65",
                    "fd00::1",
                )
            ),
            *(Trial("ip addr del %s dev {veth}" % address) for address in _ODD[:3]),
            Trial("ip addr del 10.0.0.1 dev {nodevice}"),
        ),
        differences=(_WORDS,),
    ),
    Rule(
        grammar="ip (-f inet6) (addr|address) change ADDRESS (dev DEVICE)",
        function=change_ipv6_address,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2},
        samples=by_device(
            "change_ipv6_address('fd00::1/64', 'fake0')",
            "addr('replace', index=7, address='fd00::1', prefixlen=64, family=socket.AF_INET6)",
        ),
        examples=(
            Becomes(
                "_execute('ip', '-f', 'inet6', 'addr', 'change', cidr, 'dev', dev, run_as_root=True)",
                "privsep.linux_net.change_ipv6_address(str(cidr), str(dev))",
            ),
            Stays(
                "execute('ip', '-f', 'inet', 'addr', 'change', cidr, 'dev', dev, run_as_root=True)",
                because="-f has another value",
            ),
            Stays(
                "execute('ip', '-f', 'inet6', 'addr', 'change', cidr, 'dev', dev, 'nodad', run_as_root=True)",
                because="one operand more",
            ),
        ),
        trials=(
            *(Trial("ip -f inet6 addr change fd00::1/64 dev %s" % device) for device in _DEVICES),
            *(
                Trial("ip -f inet6 addr change %s dev {veth}" % address)
                for address in ("fd00::5", "ff02::1/64", "192.0.2.1/24", "fd00::5/129", "''")
            ),
        ),
        differences=(_WORDS,),
    ),
)
