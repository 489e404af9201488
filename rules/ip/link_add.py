# ruff: noqa: UP031 - the projects with the most to migrate are old: no f-strings
"""ip link add, ip link delete: make and delete network devices through rtnetlink(7)."""

from __future__ import annotations

import pyroute2

from migrator.decide.netlink_samples import by_device, by_request
from migrator.decide.rule import NATIVE, Becomes, Rule, Stays, Trial

from .._outcome import _finished
from .._rtnetlink import _refused
from ._rtnetlink import _change_link
from ._words import _bad_name, _bad_new_name


def _add_link(device: str, **fields: object) -> tuple[int, str]:
    try:
        with pyroute2.IPRoute(ext_ack=True) as netlink:
            netlink.link("add", ifname=device, **fields)
    except (OSError, pyroute2.NetlinkError) as error:
        return _refused(error)
    return 0, ""


def add_veth_pair(device: str, peer: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Make a pair of virtual Ethernet devices."""
    result = _bad_name("dev", device) or _bad_new_name(peer) or _add_link(device, kind="veth", peer={"ifname": peer})
    cmd = "ip link add %s type veth peer name %s" % (device, peer)
    return _finished(cmd, result, check_exit_code)


def add_bridge_link(device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Make a bridge."""
    result = _bad_name("dev", device) or _add_link(device, kind="bridge")
    return _finished("ip link add %s type bridge" % device, result, check_exit_code)


def delete_link(device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Delete a network device."""
    result = _bad_name("dev", device) or _change_link("del", device)
    return _finished("ip link delete %s" % device, result, check_exit_code)


_NAMES = ("{nodevice}", "{veth}", "lo", "''", "a/b", "'a b'", "..", "a:b", "sixteen-letters-")
RULES = (
    Rule(
        grammar="ip link add [dev] DEVICE type veth peer name PEER",
        function=add_veth_pair,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={2, 255},
        samples=by_request(
            "add_veth_pair('fake0', 'fake1')",
            "link('add', ifname='fake0', kind='veth', peer={'ifname': 'fake1'})",
        ),
        examples=(
            Becomes(
                "_execute('ip', 'link', 'add', dev1_name, 'type', 'veth', 'peer', 'name', dev2_name, run_as_root=True)",
                "privsep.linux_net.add_veth_pair(str(dev1_name), str(dev2_name))",
            ),
            Stays(
                "execute('ip', 'link', 'add', one, 'type', 'veth', 'peer', 'name', two, 'netns', ns, run_as_root=True)",
                because="one operand more",
            ),
            Stays(
                "execute('ip', 'link', 'add', one, 'mtu', mtu, 'type', 'veth', 'peer', 'name', two, run_as_root=True)",
                because="mtu stands where type has to",
            ),
        ),
        trials=(
            *(Trial("ip link add %s type veth peer name new1" % name) for name in _NAMES),
            *(Trial("ip link add new0 type veth peer name %s" % name) for name in _NAMES),
            Trial("ip link add dev new0 type veth peer name new0"),
        ),
    ),
    Rule(
        grammar="ip link add [dev] DEVICE type bridge",
        function=add_bridge_link,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={2, 255},
        samples=by_request("add_bridge_link('fake0')", "link('add', ifname='fake0', kind='bridge')"),
        examples=(
            Becomes(
                "_execute('ip', 'link', 'add', bridge, 'type', 'bridge', run_as_root=True)",
                "privsep.linux_net.add_bridge_link(str(bridge))",
            ),
            Stays(
                "execute('ip', 'link', 'add', dev, 'type', 'dummy', run_as_root=True)",
                because="dummy stands where bridge has to",
            ),
            Stays(
                "execute('ip', 'link', 'add', bridge, 'type', 'bridge', 'stp_state', '1', run_as_root=True)",
                because="one operand more",
            ),
        ),
        trials=(
            *(Trial("ip link add %s type bridge" % name) for name in _NAMES),
            Trial("ip link add dev new0 type bridge"),
        ),
    ),
    Rule(
        grammar="ip link (delete|del) [dev] DEVICE",
        function=delete_link,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2, 255},
        samples=by_device("delete_link('fake0')", "link('del', index=7)"),
        examples=(
            Becomes(
                "_execute('ip', 'link', 'delete', dev, run_as_root=True, check_exit_code=[0, 2, 254])",
                "privsep.linux_net.delete_link(str(dev), check_exit_code=[0, 2])",
            ),
            Stays("execute('ip', 'link', 'delete', dev, 'type', 'veth', run_as_root=True)", because="one operand more"),
            Stays("execute('ip', 'link', 'delete', 'group', '5', run_as_root=True)", because="one operand more"),
        ),
        trials=(*(Trial("ip link delete %s" % name) for name in _NAMES), Trial("ip link del dev {bridge}")),
    ),
)
