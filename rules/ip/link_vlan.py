# ruff: noqa: UP031 - the projects with the most to migrate are old: no f-strings
"""ip link add ... type vlan: make a network device for one VLAN of another device through rtnetlink(7)."""

from __future__ import annotations

import pyroute2

from migrator.decide.netlink_samples import by_device
from migrator.decide.rule import NATIVE, Becomes, Rule, Stays, Trial

from .._outcome import _finished
from .._rtnetlink import _missing, _refused
from ._reading import _number
from ._words import _bad_new_name


def _add_vlan_link(device: str, name: str, vlan: str) -> tuple[int, str]:
    """Make one request for it; gives ip(8)'s exit code and stderr."""
    fault = _bad_new_name(name)
    if fault:
        return fault
    number = _number(vlan, 2**16 - 1)
    try:
        with pyroute2.IPRoute(ext_ack=True) as netlink:
            found = netlink.link_lookup(ifname=device)
            if not found:
                return _missing(device)
            if number is None:
                return 255, 'Error: argument "%s" is wrong: id is invalid\n' % vlan
            netlink.link("add", ifname=name, kind="vlan", link=found[0], vlan_id=number)
    except (OSError, pyroute2.NetlinkError) as error:
        return _refused(error)
    return 0, ""


def add_vlan_link(
    device: str, name: str, vlan: str, check_exit_code: list[int] | tuple[int, ...] = (0,)
) -> tuple[str, str]:
    """Make a network device, of that name, for what another one sends and receives in a VLAN; vlan: its number."""
    result = _add_vlan_link(device, name, vlan)
    cmd = "ip link add link %s name %s type vlan id %s" % (device, name, vlan)
    return _finished(cmd, result, check_exit_code)


_DEVICES = ("{veth}", "{addressed}", "{bridge}", "{nodevice}", "lo", "''", "a/b")
_NAMES = ("{nodevice}", "{veth}", "lo", "''", "a/b", "'a b'", "..", "a:b", "sixteen-letters-")
_VLANS = ("0", "4094", "4095", "65535", "65536", "0x10", "010", "''", "7x", "x")
RULES = (
    Rule(
        grammar="ip link add link DEVICE name NAME type vlan id VLAN",
        function=add_vlan_link,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2, 255},
        samples=by_device(
            "add_vlan_link('fake0', 'fake1', '100')",
            "link('add', ifname='fake1', kind='vlan', link=7, vlan_id=100)",
        ),
        examples=(
            Becomes(
                "_execute('ip', 'link', 'add', 'link', iface, 'name', name, 'type', 'vlan', 'id', num,"
                " run_as_root=True, check_exit_code=[0, 2, 254])",
                "privsep.linux_net.add_vlan_link(str(iface), str(name), str(num), check_exit_code=[0, 2])",
            ),
            Stays(
                "execute('ip', 'link', 'add', 'link', dev, 'name', name, 'type', 'vlan', 'proto', '802.1ad', 'id', n,"
                " run_as_root=True)",
                because="proto stands where id has to",
            ),
            Stays(
                "execute('ip', 'link', 'add', 'link', dev, 'name', name, 'type', 'macvlan', run_as_root=True)",
                because="macvlan stands where vlan has to",
            ),
        ),
        trials=(
            *(Trial("ip link add link %s name new0 type vlan id 7" % device) for device in _DEVICES),
            *(Trial("ip link add link {veth} name %s type vlan id 7" % name) for name in _NAMES),
            *(Trial("ip link add link {veth} name new0 type vlan id %s" % vlan) for vlan in _VLANS),
            Trial("ip link add link {nodevice} name new0 type vlan id x"),
            Trial("ip link add link {vethup} name new0 type vlan id 100", needs=("vlan",)),
        ),
        review="success needs a kernel with VLANs (8021q), which ours lack; only failures are compared",
    ),
)
