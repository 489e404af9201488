# ruff: noqa: UP024, UP031 - the projects with the most to migrate are old: no f-strings, two errors for one
"""ip addr: give addresses to network devices, and take them away, through rtnetlink(7)."""

from __future__ import annotations

import os
import re
import socket

import pyroute2
from oslo_concurrency import processutils

from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Stays, Trial


def add_address(address: str, device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Give a network device an address, "192.0.2.1/24"; without a length it is one of a single host."""
    host, slash, length = address.partition("/")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bits = 128 if family == socket.AF_INET6 else 32
    try:
        socket.inet_pton(family, host)
        valid = not slash or (re.match(r"[0-9]{1,3}\Z", length) is not None and int(length) <= bits)
    except (EnvironmentError, ValueError):
        valid = False
    code, stderr = 0, ""
    if not valid:
        code = 1
        stderr = 'Error: any valid prefix is expected rather than "%s".\n' % address
    else:
        try:
            with pyroute2.IPRoute(ext_ack=True) as netlink:
                found = netlink.link_lookup(ifname=device)
                if found:
                    netlink.addr(
                        "add",
                        index=found[0],
                        address=host,
                        prefixlen=int(length) if slash else bits,
                        family=family,
                        scope=254 if host.startswith("127.") else 0,
                    )
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
            stdout="", stderr=stderr, exit_code=code, cmd="ip addr add %s dev %s" % (address, device)
        )
    return "", stderr


def add_address_with_scope(
    address: str, device: str, scope: str, check_exit_code: list[int] | tuple[int, ...] = (0,)
) -> tuple[str, str]:
    """Give a network device an address that is valid in a scope: global, site, link or host."""
    host, slash, length = address.partition("/")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bits = 128 if family == socket.AF_INET6 else 32
    try:
        socket.inet_pton(family, host)
        valid = not slash or (re.match(r"[0-9]{1,3}\Z", length) is not None and int(length) <= bits)
    except (EnvironmentError, ValueError):
        valid = False
    scopes = {"global": 0, "site": 200, "link": 253, "host": 254}
    code, stderr = 0, ""
    if not valid:
        code = 1
        stderr = 'Error: any valid prefix is expected rather than "%s".\n' % address
    elif scope not in scopes:
        code = 255
        stderr = 'Error: argument "%s" is wrong: invalid scope value.\n' % scope
    else:
        try:
            with pyroute2.IPRoute(ext_ack=True) as netlink:
                found = netlink.link_lookup(ifname=device)
                if found:
                    netlink.addr(
                        "add",
                        index=found[0],
                        address=host,
                        prefixlen=int(length) if slash else bits,
                        family=family,
                        scope=scopes[scope],
                    )
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
            stdout="", stderr=stderr, exit_code=code, cmd="ip addr add %s scope %s dev %s" % (address, scope, device)
        )
    return "", stderr


def delete_address(address: str, device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Take an address from a network device; without a length the first of that host."""
    host, slash, length = address.partition("/")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bits = 128 if family == socket.AF_INET6 else 32
    try:
        socket.inet_pton(family, host)
        valid = not slash or (re.match(r"[0-9]{1,3}\Z", length) is not None and int(length) <= bits)
    except (EnvironmentError, ValueError):
        valid = False
    # ip(8) says so, and takes the first address of that host away.
    warning = ""
    if family == socket.AF_INET and valid and not slash:
        warning = "Warning: Executing wildcard deletion to stay compatible "
        warning += "with old scripts.\n"
        warning += "         Explicitly specify the prefix length (%s/32) " % host
        warning += "to avoid this warning.\n"
        warning += "         This special behaviour is likely to disappear "
        warning += "in further releases,\n         fix your scripts!\n"
    code, stderr = 0, ""
    if not valid:
        code = 1
        stderr = 'Error: any valid prefix is expected rather than "%s".\n' % address
    else:
        try:
            with pyroute2.IPRoute(ext_ack=True) as netlink:
                found = netlink.link_lookup(ifname=device)
                if found:
                    if family == socket.AF_INET and not slash:
                        for known in netlink.get_addr(family=family, index=found[0]):
                            if known.get_attr("IFA_LOCAL") == host:
                                bits = known["prefixlen"]
                                break
                    netlink.addr(
                        "del", index=found[0], address=host, prefixlen=int(length) if slash else bits, family=family
                    )
                else:
                    code = 1
                    stderr = 'Cannot find device "%s"\n' % device
        except (OSError, pyroute2.NetlinkError) as error:
            code = 2
            reason = os.strerror(error.args[0])
            stderr = "RTNETLINK answers: %s\n" % reason
            if error.args[1] not in (None, reason):
                stderr = "Error: %s.\n" % error.args[1]
    stderr = warning + stderr
    if code not in check_exit_code:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=code, cmd="ip addr del %s dev %s" % (address, device)
        )
    return "", stderr


def change_ipv6_address(
    address: str, device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)
) -> tuple[str, str]:
    """Give a network device an IPv6 address, or the one that it has a new lease of life."""
    host, slash, length = address.partition("/")
    try:
        socket.inet_pton(socket.AF_INET6, host)
        valid = not slash or (re.match(r"[0-9]{1,3}\Z", length) is not None and int(length) <= 128)
    except (EnvironmentError, ValueError):
        valid = False
    code, stderr = 0, ""
    if not valid:
        code = 1
        stderr = 'Error: inet6 prefix is expected rather than "%s".\n' % address
    else:
        try:
            with pyroute2.IPRoute(ext_ack=True) as netlink:
                found = netlink.link_lookup(ifname=device)
                if found:
                    netlink.addr(
                        "replace",
                        index=found[0],
                        address=host,
                        prefixlen=int(length) if slash else 128,
                        family=socket.AF_INET6,
                    )
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
            stdout="", stderr=stderr, exit_code=code, cmd="ip -f inet6 addr change %s dev %s" % (address, device)
        )
    return "", stderr


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
