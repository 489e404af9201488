# ruff: noqa: UP024, UP031 - the projects with the most to migrate are old: no f-strings, two errors for one
"""ip route: add, replace and delete routes of the main table through rtnetlink(7)."""

from __future__ import annotations

import socket

import pyroute2

from migrator.decide.netlink_samples import by_device
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Stays, Trial

from .._outcome import _finished
from .._rtnetlink import _missing, _refused
from ._prefix import _bad_prefix, _family, _prefix


def _network(destination: str, gateway: str = "") -> str:
    """The prefix that a destination is: default is all of a family."""
    if destination != "default":
        return destination
    return "::/0" if ":" in gateway else "0.0.0.0/0"


def _bad_gateway(gateway: str, destination: str) -> tuple[int, str] | None:
    """Exit code and stderr for no address of the family, None for one."""
    try:
        socket.inet_pton(_family(_network(destination, gateway)), gateway)
    except (EnvironmentError, ValueError):
        wanted = "inet6" if ":" in destination else "inet"
        if destination == "default":
            wanted = "any valid"
        text = 'Error: %s address is expected rather than "%s".\n'
        return 1, text % (wanted, gateway)
    return None


def _change_route(command: str, network: str, device: str, **fields: object) -> tuple[int, str]:
    """Change a route of the main table; gives exit code and stderr.

    command: add, replace or del.
    """
    try:
        with pyroute2.IPRoute(ext_ack=True) as netlink:
            found = netlink.link_lookup(ifname=device)
            if not found:
                return _missing(device)
            netlink.route(
                command, family=_family(network), dst="%s/%d" % _prefix(network), oif=found[0], table=254, **fields
            )
    except (OSError, pyroute2.NetlinkError) as error:
        return _refused(error)
    return 0, ""


def _set_route(command: str, destination: str, device: str) -> tuple[int, str]:
    """Add or replace a route without a gateway."""
    network = _network(destination)
    # RT_SCOPE_LINK, which only IPv4 has; RTPROT_BOOT and RTN_UNICAST.
    scope = 253 if _family(network) == socket.AF_INET else 0
    return _bad_prefix(network) or _change_route(command, network, device, proto=3, type=1, scope=scope)


def _set_route_via(command: str, destination: str, gateway: str, device: str) -> tuple[int, str]:
    """Add or replace a route with a gateway."""
    network = _network(destination, gateway)
    fault = _bad_prefix(network) or _bad_gateway(gateway, destination)
    # RTPROT_BOOT, RTN_UNICAST and RT_SCOPE_UNIVERSE.
    return fault or _change_route(command, network, device, gateway=gateway, proto=3, type=1, scope=0)


def add_route(destination: str, device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Add a route to a network that is reached directly through a device."""
    result = _set_route("add", destination, device)
    cmd = "ip route add %s dev %s" % (destination, device)
    return _finished(cmd, result, check_exit_code)


def add_route_via(
    destination: str, gateway: str, device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)
) -> tuple[str, str]:
    """Add a route to a network that is reached by a gateway."""
    result = _set_route_via("add", destination, gateway, device)
    cmd = "ip route add %s via %s dev %s" % (destination, gateway, device)
    return _finished(cmd, result, check_exit_code)


def replace_route(
    destination: str, device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)
) -> tuple[str, str]:
    """Add a route, or change the one that there is to a network that is reached directly through a device."""
    result = _set_route("replace", destination, device)
    cmd = "ip route replace %s dev %s" % (destination, device)
    return _finished(cmd, result, check_exit_code)


def replace_route_via(
    destination: str, gateway: str, device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)
) -> tuple[str, str]:
    """Add a route, or change the one that there is to a network that is reached by a gateway."""
    result = _set_route_via("replace", destination, gateway, device)
    cmd = "ip route replace %s via %s dev %s" % (destination, gateway, device)
    return _finished(cmd, result, check_exit_code)


def delete_route(destination: str, device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Delete the route to a network that is reached directly through a device."""
    network = _network(destination)
    # Of any protocol and type; RT_SCOPE_NOWHERE: of any scope.
    result = _bad_prefix(network) or _change_route("del", network, device, proto=0, type=0, scope=255)
    cmd = "ip route del %s dev %s" % (destination, device)
    return _finished(cmd, result, check_exit_code)


def delete_route_via(
    destination: str, gateway: str, device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)
) -> tuple[str, str]:
    """Delete the route to a network that is reached by a gateway."""
    network = _network(destination, gateway)
    fault = _bad_prefix(network) or _bad_gateway(gateway, destination)
    # Of any protocol and type; RT_SCOPE_NOWHERE: of any scope.
    result = fault or _change_route("del", network, device, gateway=gateway, proto=0, type=0, scope=255)
    cmd = "ip route del %s via %s dev %s" % (destination, gateway, device)
    return _finished(cmd, result, check_exit_code)


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
        samples=by_device(
            "add_route('192.0.2.0/24', 'fake0')",
            "route('add', family=socket.AF_INET, dst='192.0.2.0/24', oif=7, table=254, proto=3, type=1, scope=253)",
        ),
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
        samples=by_device(
            "add_route_via('192.0.2.0/24', '192.0.2.1', 'fake0')",
            "route('add', family=socket.AF_INET, dst='192.0.2.0/24', oif=7, table=254, "
            "gateway='192.0.2.1', proto=3, type=1, scope=0)",
        ),
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
        samples=by_device(
            "replace_route('192.0.2.0/24', 'fake0')",
            "route('replace', family=socket.AF_INET, dst='192.0.2.0/24', oif=7, table=254, proto=3, type=1, scope=253)",
        ),
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
        samples=by_device(
            "replace_route_via('192.0.2.0/24', '192.0.2.1', 'fake0')",
            "route('replace', family=socket.AF_INET, dst='192.0.2.0/24', oif=7, table=254, "
            "gateway='192.0.2.1', proto=3, type=1, scope=0)",
        ),
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
        samples=by_device(
            "delete_route('192.0.2.0/24', 'fake0')",
            "route('del', family=socket.AF_INET, dst='192.0.2.0/24', oif=7, table=254, proto=0, type=0, scope=255)",
        ),
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
        samples=by_device(
            "delete_route_via('192.0.2.0/24', '192.0.2.1', 'fake0')",
            "route('del', family=socket.AF_INET, dst='192.0.2.0/24', oif=7, table=254, "
            "gateway='192.0.2.1', proto=0, type=0, scope=255)",
        ),
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
