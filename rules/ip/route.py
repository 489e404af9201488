# ruff: noqa: UP024, UP031 - the projects with the most to migrate are old: no f-strings, two errors for one
"""ip route: add, replace and delete routes of the main table through rtnetlink(7)."""

from __future__ import annotations

import os
import re
import socket

import pyroute2
from oslo_concurrency import processutils

from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Stays, Trial


def add_route(destination: str, device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Add a route to a network that is reached directly through a device."""
    host, slash, length = destination.partition("/")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bits = 128 if family == socket.AF_INET6 else 32
    if destination == "default":
        host, slash, length = "0.0.0.0", "/", "0"
    try:
        socket.inet_pton(family, host)
        valid = not slash or (re.match(r"[0-9]{1,3}\Z", length) is not None and int(length) <= bits)
    except (EnvironmentError, ValueError):
        valid = False
    code, stderr = 0, ""
    if not valid:
        code = 1
        stderr = 'Error: any valid prefix is expected rather than "%s".\n' % destination
    else:
        try:
            with pyroute2.IPRoute(ext_ack=True) as netlink:
                found = netlink.link_lookup(ifname=device)
                if found:
                    netlink.route(
                        "add",
                        family=family,
                        dst="%s/%d" % (host, int(length) if slash else bits),
                        oif=found[0],
                        table=254,
                        proto=3,
                        scope=253 if family == socket.AF_INET else 0,
                        type=1,
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
            stdout="", stderr=stderr, exit_code=code, cmd="ip route add %s dev %s" % (destination, device)
        )
    return "", stderr


def add_route_via(
    destination: str, gateway: str, device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)
) -> tuple[str, str]:
    """Add a route to a network that is reached by a gateway."""
    host, slash, length = destination.partition("/")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bits = 128 if family == socket.AF_INET6 else 32
    wanted = "inet6" if ":" in host else "inet"
    if destination == "default":
        family = socket.AF_INET6 if ":" in gateway else socket.AF_INET
        host, slash, length = "::" if ":" in gateway else "0.0.0.0", "/", "0"
        wanted = "any valid"
    try:
        socket.inet_pton(family, host)
        valid = not slash or (re.match(r"[0-9]{1,3}\Z", length) is not None and int(length) <= bits)
    except (EnvironmentError, ValueError):
        valid = False
    try:
        socket.inet_pton(family, gateway)
        reached = True
    except (EnvironmentError, ValueError):
        reached = False
    code, stderr = 0, ""
    if not valid:
        code = 1
        stderr = 'Error: any valid prefix is expected rather than "%s".\n' % destination
    elif not reached:
        code = 1
        stderr = 'Error: %s address is expected rather than "%s".\n' % (wanted, gateway)
    else:
        try:
            with pyroute2.IPRoute(ext_ack=True) as netlink:
                found = netlink.link_lookup(ifname=device)
                if found:
                    netlink.route(
                        "add",
                        family=family,
                        dst="%s/%d" % (host, int(length) if slash else bits),
                        gateway=gateway,
                        oif=found[0],
                        table=254,
                        proto=3,
                        scope=0,
                        type=1,
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
            stdout="",
            stderr=stderr,
            exit_code=code,
            cmd="ip route add %s via %s dev %s" % (destination, gateway, device),
        )
    return "", stderr


def replace_route(
    destination: str, device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)
) -> tuple[str, str]:
    """Add a route, or change the one that there is to a network that is reached directly through a device."""
    host, slash, length = destination.partition("/")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bits = 128 if family == socket.AF_INET6 else 32
    if destination == "default":
        host, slash, length = "0.0.0.0", "/", "0"
    try:
        socket.inet_pton(family, host)
        valid = not slash or (re.match(r"[0-9]{1,3}\Z", length) is not None and int(length) <= bits)
    except (EnvironmentError, ValueError):
        valid = False
    code, stderr = 0, ""
    if not valid:
        code = 1
        stderr = 'Error: any valid prefix is expected rather than "%s".\n' % destination
    else:
        try:
            with pyroute2.IPRoute(ext_ack=True) as netlink:
                found = netlink.link_lookup(ifname=device)
                if found:
                    netlink.route(
                        "replace",
                        family=family,
                        dst="%s/%d" % (host, int(length) if slash else bits),
                        oif=found[0],
                        table=254,
                        proto=3,
                        scope=253 if family == socket.AF_INET else 0,
                        type=1,
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
            stdout="", stderr=stderr, exit_code=code, cmd="ip route replace %s dev %s" % (destination, device)
        )
    return "", stderr


def replace_route_via(
    destination: str, gateway: str, device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)
) -> tuple[str, str]:
    """Add a route, or change the one that there is to a network that is reached by a gateway."""
    host, slash, length = destination.partition("/")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bits = 128 if family == socket.AF_INET6 else 32
    wanted = "inet6" if ":" in host else "inet"
    if destination == "default":
        family = socket.AF_INET6 if ":" in gateway else socket.AF_INET
        host, slash, length = "::" if ":" in gateway else "0.0.0.0", "/", "0"
        wanted = "any valid"
    try:
        socket.inet_pton(family, host)
        valid = not slash or (re.match(r"[0-9]{1,3}\Z", length) is not None and int(length) <= bits)
    except (EnvironmentError, ValueError):
        valid = False
    try:
        socket.inet_pton(family, gateway)
        reached = True
    except (EnvironmentError, ValueError):
        reached = False
    code, stderr = 0, ""
    if not valid:
        code = 1
        stderr = 'Error: any valid prefix is expected rather than "%s".\n' % destination
    elif not reached:
        code = 1
        stderr = 'Error: %s address is expected rather than "%s".\n' % (wanted, gateway)
    else:
        try:
            with pyroute2.IPRoute(ext_ack=True) as netlink:
                found = netlink.link_lookup(ifname=device)
                if found:
                    netlink.route(
                        "replace",
                        family=family,
                        dst="%s/%d" % (host, int(length) if slash else bits),
                        gateway=gateway,
                        oif=found[0],
                        table=254,
                        proto=3,
                        scope=0,
                        type=1,
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
            stdout="",
            stderr=stderr,
            exit_code=code,
            cmd="ip route replace %s via %s dev %s" % (destination, gateway, device),
        )
    return "", stderr


def delete_route(destination: str, device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Delete the route to a network that is reached directly through a device."""
    host, slash, length = destination.partition("/")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bits = 128 if family == socket.AF_INET6 else 32
    if destination == "default":
        host, slash, length = "0.0.0.0", "/", "0"
    try:
        socket.inet_pton(family, host)
        valid = not slash or (re.match(r"[0-9]{1,3}\Z", length) is not None and int(length) <= bits)
    except (EnvironmentError, ValueError):
        valid = False
    code, stderr = 0, ""
    if not valid:
        code = 1
        stderr = 'Error: any valid prefix is expected rather than "%s".\n' % destination
    else:
        try:
            with pyroute2.IPRoute(ext_ack=True) as netlink:
                found = netlink.link_lookup(ifname=device)
                if found:
                    netlink.route(
                        "del",
                        family=family,
                        dst="%s/%d" % (host, int(length) if slash else bits),
                        oif=found[0],
                        table=254,
                        proto=0,
                        scope=255,
                        type=0,
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
            stdout="", stderr=stderr, exit_code=code, cmd="ip route del %s dev %s" % (destination, device)
        )
    return "", stderr


def delete_route_via(
    destination: str, gateway: str, device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)
) -> tuple[str, str]:
    """Delete the route to a network that is reached by a gateway."""
    host, slash, length = destination.partition("/")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bits = 128 if family == socket.AF_INET6 else 32
    wanted = "inet6" if ":" in host else "inet"
    if destination == "default":
        family = socket.AF_INET6 if ":" in gateway else socket.AF_INET
        host, slash, length = "::" if ":" in gateway else "0.0.0.0", "/", "0"
        wanted = "any valid"
    try:
        socket.inet_pton(family, host)
        valid = not slash or (re.match(r"[0-9]{1,3}\Z", length) is not None and int(length) <= bits)
    except (EnvironmentError, ValueError):
        valid = False
    try:
        socket.inet_pton(family, gateway)
        reached = True
    except (EnvironmentError, ValueError):
        reached = False
    code, stderr = 0, ""
    if not valid:
        code = 1
        stderr = 'Error: any valid prefix is expected rather than "%s".\n' % destination
    elif not reached:
        code = 1
        stderr = 'Error: %s address is expected rather than "%s".\n' % (wanted, gateway)
    else:
        try:
            with pyroute2.IPRoute(ext_ack=True) as netlink:
                found = netlink.link_lookup(ifname=device)
                if found:
                    netlink.route(
                        "del",
                        family=family,
                        dst="%s/%d" % (host, int(length) if slash else bits),
                        gateway=gateway,
                        oif=found[0],
                        table=254,
                        proto=0,
                        scope=255,
                        type=0,
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
            stdout="",
            stderr=stderr,
            exit_code=code,
            cmd="ip route del %s via %s dev %s" % (destination, gateway, device),
        )
    return "", stderr


_DEVICES = ("{addressed}", "{veth}", "{nodevice}", "lo", "''")
_WORDS = Difference("the words any and all are no destinations, as default is one")
RULES = (
    Rule(
        grammar="ip route add DESTINATION (dev DEVICE)",
        function=add_route,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2},
        examples=(
            Becomes(
                "_execute('ip', 'route', 'add', net, 'dev', dev, run_as_root=True)",
                "privsep.linux_net.add_route(str(net), str(dev))",
            ),
            Stays(
                "execute('ip', 'route', 'add', net, 'dev', dev, 'src', ip, run_as_root=True)",
                because="one operand more",
            ),
            Stays("execute('ip', 'route', 'add', 'blackhole', net, run_as_root=True)", because="dev is not there"),
        ),
        trials=(
            *(Trial("ip route add 10.7.0.0/16 dev %s" % device) for device in _DEVICES),
            *(
                Trial("ip route add %s dev {addressed}" % net)
                for net in ("10.7.0.0/16", "fd07::/64", "10.7.0.1", "default", "10.0.0.0/24")
            ),
            *(Trial("ip route add %s dev {addressed}" % net) for net in ("abc", "10.7.0.1/16", "10.7.0.0/33", "''")),
        ),
        differences=(_WORDS,),
    ),
    Rule(
        grammar="ip route add DESTINATION (via GATEWAY) (dev DEVICE)",
        function=add_route_via,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2},
        examples=(
            Becomes(
                "_execute('ip', 'route', 'add', net, 'via', gateway, 'dev', dev, run_as_root=True)",
                "privsep.linux_net.add_route_via(str(net), str(gateway), str(dev))",
            ),
            Stays("execute('ip', 'route', 'add', net, 'via', gateway, run_as_root=True)", because="dev is not there"),
            Stays(
                "execute('ip', 'route', 'add', net, 'via', gateway, 'dev', dev, 'onlink', run_as_root=True)",
                because="one operand more",
            ),
        ),
        trials=(
            *(Trial("ip route add 10.7.0.0/16 via 10.0.0.254 dev %s" % device) for device in _DEVICES),
            *(
                Trial("ip route add %s via %s dev {addressed}" % pair)
                for pair in (
                    ("10.7.0.0/16", "10.0.0.254"),
                    ("default", "10.0.0.254"),
                    ("fd07::/64", "fd00::2"),
                    ("default", "fd00::2"),
                )
            ),
            *(
                Trial("ip route add 10.7.0.0/16 via %s dev {addressed}" % gateway)
                for gateway in ("abc", "fd00::2", "192.0.2.9")
            ),
            Trial("ip route add abc via abc dev {nodevice}"),
        ),
        differences=(_WORDS,),
    ),
    Rule(
        grammar="ip route replace DESTINATION (dev DEVICE)",
        function=replace_route,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2},
        examples=(
            Becomes(
                "_execute('ip', 'route', 'replace', net, 'dev', dev, run_as_root=True)",
                "privsep.linux_net.replace_route(str(net), str(dev))",
            ),
            Stays(
                "execute('ip', 'route', 'replace', net, 'dev', dev, 'src', ip, run_as_root=True)",
                because="one operand more",
            ),
            Stays("execute('ip', 'route', 'replace', 'blackhole', net, run_as_root=True)", because="dev is not there"),
        ),
        trials=(
            *(Trial("ip route replace 10.7.0.0/16 dev %s" % device) for device in _DEVICES),
            *(Trial("ip route replace %s dev {addressed}" % net) for net in ("10.0.0.0/24", "fd00::/64", "10.7.0.1")),
            *(
                Trial("ip route replace %s dev {addressed}" % net)
                for net in ("abc", "10.7.0.1/16", "10.7.0.0/33", "''")
            ),
        ),
        differences=(_WORDS,),
    ),
    Rule(
        grammar="ip route replace DESTINATION (via GATEWAY) (dev DEVICE)",
        function=replace_route_via,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2},
        examples=(
            Becomes(
                "_execute('ip', 'route', 'replace', net, 'via', gateway, 'dev', dev, run_as_root=True)",
                "privsep.linux_net.replace_route_via(str(net), str(gateway), str(dev))",
            ),
            Stays(
                "execute('ip', 'route', 'replace', net, 'via', gateway, run_as_root=True)", because="dev is not there"
            ),
            Stays(
                "execute('ip', 'route', 'replace', net, 'via', gateway, 'dev', dev, 'onlink', run_as_root=True)",
                because="one operand more",
            ),
        ),
        trials=(
            *(Trial("ip route replace 10.7.0.0/16 via 10.0.0.254 dev %s" % device) for device in _DEVICES),
            *(
                Trial("ip route replace %s via %s dev {addressed}" % pair)
                for pair in (("10.7.0.0/16", "10.0.0.254"), ("default", "fd00::2"))
            ),
            *(
                Trial("ip route replace 10.7.0.0/16 via %s dev {addressed}" % gateway)
                for gateway in ("abc", "fd00::2", "192.0.2.9")
            ),
            Trial("ip route replace abc via abc dev {nodevice}"),
        ),
        differences=(_WORDS,),
    ),
    Rule(
        grammar="ip route (del|delete) DESTINATION (dev DEVICE)",
        function=delete_route,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2},
        examples=(
            Becomes(
                "_execute('ip', 'route', 'del', net, 'dev', dev, run_as_root=True)",
                "privsep.linux_net.delete_route(str(net), str(dev))",
            ),
            Stays(
                "execute('ip', 'route', 'del', net, 'dev', dev, 'src', ip, run_as_root=True)",
                because="one operand more",
            ),
            Stays("execute('ip', 'route', 'del', 'blackhole', net, run_as_root=True)", because="dev is not there"),
        ),
        trials=(
            *(Trial("ip route del 10.0.0.0/24 dev %s" % device) for device in _DEVICES),
            *(
                Trial("ip route del %s dev {addressed}" % net)
                for net in ("10.7.0.0/16", "fd00::/64", "fd07::/64", "default")
            ),
            *(Trial("ip route del %s dev {addressed}" % net) for net in ("abc", "10.7.0.1/16", "10.7.0.0/33", "''")),
        ),
        differences=(_WORDS,),
    ),
    Rule(
        grammar="ip route (del|delete) DESTINATION (via GATEWAY) (dev DEVICE)",
        function=delete_route_via,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2},
        examples=(
            Becomes(
                "_execute('ip', 'route', 'del', net, 'via', gateway, 'dev', dev, run_as_root=True)",
                "privsep.linux_net.delete_route_via(str(net), str(gateway), str(dev))",
            ),
            Stays("execute('ip', 'route', 'del', net, 'via', gateway, run_as_root=True)", because="dev is not there"),
            Stays(
                "execute('ip', 'route', 'del', net, 'via', gateway, 'dev', dev, 'onlink', run_as_root=True)",
                because="one operand more",
            ),
        ),
        trials=(
            *(Trial("ip route del 10.0.0.0/24 via 10.0.0.254 dev %s" % device) for device in _DEVICES),
            *(
                Trial("ip route del %s via %s dev {addressed}" % pair)
                for pair in (("10.0.0.0/24", "10.0.0.254"), ("default", "10.0.0.254"), ("fd00::/64", "fd00::2"))
            ),
            *(
                Trial("ip route del 10.0.0.0/24 via %s dev {addressed}" % gateway)
                for gateway in ("abc", "fd00::2", "192.0.2.9")
            ),
            Trial("ip route del abc via abc dev {nodevice}"),
        ),
        differences=(_WORDS,),
    ),
)
