# ruff: noqa: UP031 - the projects with the most to migrate are old: no f-strings
"""What the functions of ip rule share: one request through rtnetlink(7), of the words that ip(8) takes."""

from __future__ import annotations

import re
import socket

import pyroute2

from .._rtnetlink import _refused
from ._reading import _any_prefix, _number, _table


def _change_rule(command: str, table: str | None, priority: str | None, **selects: object) -> tuple[int, str]:
    """Make one request of a rule for what it selects; gives ip(8)'s exit code and stderr."""
    # 0 stands for any table.
    number = _table(table) if table is not None else 0
    if number is None:
        return 255, 'Error: argument "%s" is wrong: invalid table ID\n\n' % table
    preference = _number(priority, 2**32 - 1) if priority is not None else None
    if priority is not None and preference is None:
        return 255, 'Error: argument "%s" is wrong: preference value is invalid\n\n' % priority
    # FR_ACT_TO_TBL; a rule is deleted whatever it does. No priority has pyroute2 choose one, None the kernel.
    action = 1 if command == "add" else 0
    try:
        with pyroute2.IPRoute(ext_ack=True) as netlink:
            netlink.rule(command, table=number, priority=preference, action=action, **selects)
    except (OSError, pyroute2.NetlinkError) as error:
        return _refused(error)
    return 0, ""


def _change_rule_from(
    command: str, family: int, source: str, table: str | None, priority: str | None
) -> tuple[int, str]:
    """The same for a network that packets come from. family: 0 where ip(8) was not told."""
    found = _any_prefix(source, family)
    if found is None:
        wanted = "any valid" if not family else "inet6" if family == socket.AF_INET6 else "inet"
        return 1, 'Error: %s prefix is expected rather than "%s".\n' % (wanted, source)
    # The family stands last: pyroute2 puts that of the address in its place, which the kernel would not refuse.
    return _change_rule(
        command, table, priority, src=found[1] or None, src_len=found[2], family=family or int(socket.AF_INET)
    )


def _change_rule_by_device(command: str, device: str, table: str | None, priority: str | None) -> tuple[int, str]:
    """The same for a network device that packets come in by; of IPv4."""
    if not 0 < len(device) < 16 or re.search(r"[/ \t\n\v\f\r]", device):
        return 255, 'Error: argument "%s" is wrong: "iif"/"dev" not a valid ifname\n' % device
    return _change_rule(command, table, priority, iifname=device, family=int(socket.AF_INET))
