# ruff: noqa: UP031 - the projects with the most to migrate are old: no f-strings
"""tc qdisc: give network devices the ingress qdisc, and take qdiscs away, through rtnetlink(7)."""

from __future__ import annotations

import pyroute2

from migrator.decide.netlink_samples import by_device
from migrator.decide.rule import NATIVE, Becomes, Rule, Stays, Trial

from ._outcome import _finished
from ._rtnetlink import _missing, _refused


def add_ingress_qdisc(device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Give a network device the qdisc that filters of what it receives belong to."""
    # TC_H_INGRESS, and the handle that this qdisc always has.
    result = _tc_qdisc("add", device, kind="ingress", parent=0xFFFFFFF1, handle=0xFFFF0000)
    return _finished("tc qdisc add dev %s ingress" % device, result, check_exit_code)


def delete_ingress_qdisc(device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Take the ingress qdisc of a network device away, and its filters."""
    result = _tc_qdisc("del", device, kind="ingress", parent=0xFFFFFFF1, handle=0xFFFF0000)
    return _finished("tc qdisc del dev %s ingress" % device, result, check_exit_code)


def delete_root_qdisc(device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Take the qdisc of what a network device sends away, and its classes and filters: it has the default one again."""
    result = _tc_qdisc("del", device, parent=0xFFFFFFFF)  # TC_H_ROOT
    return _finished("tc qdisc del dev %s root" % device, result, check_exit_code)


def _tc_qdisc(command: str, device: str, **which: object) -> tuple[int, str]:
    """Add or del a qdisc of a network device; gives tc(8)'s exit code and stderr."""
    # tc(8) cuts what is too long.
    name = device.encode("utf-8", "surrogateescape")[:15].decode("utf-8", "surrogateescape")
    try:
        with pyroute2.IPRoute(ext_ack=True) as netlink:
            found = netlink.link_lookup(ifname=name) if name else [0]
            if not found:
                return _missing(name)
            netlink.tc(command, index=found[0], **which)
    except (OSError, pyroute2.NetlinkError) as error:
        return _refused(error)
    return 0, ""


_DEVICES = (
    "{veth}",
    "{filtered}",
    "{shaped}",
    "{classes}",
    "{nodevice}",
    "lo",
    "''",
    "a/b",
    "..",
    "sixteen-letters-",
)
RULES = (
    Rule(
        grammar="tc qdisc add dev DEVICE ingress",
        function=add_ingress_qdisc,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2},
        samples=by_device(
            "add_ingress_qdisc('fake0')", "tc('add', index=7, kind='ingress', parent=0xfffffff1, handle=0xffff0000)"
        ),
        examples=(
            Becomes(
                "execute('tc', 'qdisc', 'add', 'dev', name, 'ingress', run_as_root=True)",
                "privsep.linux_net.add_ingress_qdisc(str(name))",
            ),
            Stays(
                "execute('tc', 'qdisc', 'add', 'dev', dev, 'ingress', 'handle', 'ffff:', run_as_root=True)",
                because="one operand more",
            ),
            Stays("execute('tc', 'qdisc', 'replace', 'dev', dev, 'ingress', run_as_root=True)", because="replace"),
        ),
        trials=tuple(Trial("tc qdisc add dev %s ingress" % device) for device in _DEVICES),
    ),
    Rule(
        grammar="tc qdisc (del|delete) dev DEVICE ingress",
        function=delete_ingress_qdisc,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2},
        samples=by_device(
            "delete_ingress_qdisc('fake0')", "tc('del', index=7, kind='ingress', parent=0xfffffff1, handle=0xffff0000)"
        ),
        examples=(
            Becomes(
                "execute('tc', 'qdisc', 'del', 'dev', name, 'ingress', run_as_root=True, check_exit_code=[0, 1, 2])",
                "privsep.linux_net.delete_ingress_qdisc(str(name), check_exit_code=[0, 1, 2])",
            ),
            Stays("execute('tc', 'qdisc', 'del', 'dev', name, 'clsact', run_as_root=True)", because="clsact"),
            Stays("execute('tc', 'filter', 'del', 'dev', name, 'ingress', run_as_root=True)", because="filter"),
        ),
        trials=tuple(Trial("tc qdisc del dev %s ingress" % device) for device in _DEVICES),
    ),
    Rule(
        grammar="tc qdisc (del|delete) dev DEVICE root",
        function=delete_root_qdisc,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2},
        samples=by_device("delete_root_qdisc('fake0')", "tc('del', index=7, parent=0xffffffff)"),
        examples=(
            Becomes(
                "execute('tc', 'qdisc', 'del', 'dev', name, 'root', run_as_root=True, check_exit_code=[0, 2])",
                "privsep.linux_net.delete_root_qdisc(str(name), check_exit_code=[0, 2])",
            ),
            Stays(
                "execute('tc', 'qdisc', 'del', 'dev', name, 'root', 'handle', '1:', run_as_root=True)",
                because="one operand more",
            ),
            Stays("execute('tc', 'qdisc', 'del', 'dev', name, 'parent', '1:1', run_as_root=True)", because="parent"),
        ),
        trials=tuple(Trial("tc qdisc del dev %s root" % device) for device in _DEVICES),
    ),
)
