# ruff: noqa: UP031 - the projects with the most to migrate are old: no f-strings
"""ip rule: the same for what comes in by a network device, and rules deleted by their priority."""

from __future__ import annotations

import socket

from migrator.decide.netlink_samples import by_request
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Stays, Trial

from .._outcome import _finished
from ._rule import _change_rule, _change_rule_by_device


def add_device_rule(
    device: str, table: str, priority: str | None = None, check_exit_code: list[int] | tuple[int, ...] = (0,)
) -> tuple[str, str]:
    """Have a routing table looked up for packets of IPv4 that come in by a network device, there or not."""
    result = _change_rule_by_device("add", device, table, priority)
    return _finished("ip rule add iif %s table %s" % (device, table), result, check_exit_code)


def delete_device_rule(
    device: str,
    table: str | None = None,
    priority: str | None = None,
    check_exit_code: list[int] | tuple[int, ...] = (0,),
) -> tuple[str, str]:
    """Delete the first rule for packets of IPv4 by a network device; of that table and priority, if given."""
    result = _change_rule_by_device("del", device, table, priority)
    return _finished("ip rule del iif %s" % device, result, check_exit_code)


def delete_rule_of_priority(priority: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Delete the first rule of IPv4 that has a priority."""
    result = _change_rule("del", None, priority, family=int(socket.AF_INET))
    return _finished("ip rule del priority %s" % priority, result, check_exit_code)


_DEVICES = ("{ruleddevice}", "{unruled}", "lo", "no-such-device", "''", "a/b", "'a b'", "sixteen-letters-", ".", "a:b")
_TABLES = ("main", "0x64", "1000", "no-such-table", "''", "-1")
_PRIORITIES = ("100", "0x64", "0144", "0", "99", "''", "x", "-5", "08")
_ORDER = Difference("of several words that are wrong it tells one, in the order device, table, priority")


def _left(command: str) -> tuple[Stays, ...]:
    return (
        Stays(
            f"execute('ip', 'rule', '{command}', 'oif', dev, 'table', '5', run_as_root=True)",
            because="iif is not there",
        ),
        Stays(f"execute('ip', '-6', 'rule', '{command}', 'iif', dev, 'table', '5', run_as_root=True)", because="-6"),
    )


def _lines(start: str) -> tuple[Trial, ...]:
    return (
        *(Trial("%s iif %s table 100" % (start, device)) for device in _DEVICES),
        *(Trial("%s iif {ruleddevice} table %s" % (start, table)) for table in _TABLES),
        *(Trial("%s iif {ruleddevice} table 100 priority %s" % (start, number)) for number in _PRIORITIES),
        Trial("%s pref 100 lookup 100 dev {ruleddevice}" % start, alone=True),
    )


RULES = (
    Rule(
        grammar="ip [(-4)] rule add (iif|dev DEVICE) (table|lookup TABLE) [priority|preference|pref PRIORITY] "
        "[type unicast]",
        function=add_device_rule,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={2, 255},
        samples=by_request(
            "add_device_rule('fake0', '100')",
            "rule('add', table=100, priority=None, action=1, iifname='fake0', family=socket.AF_INET)",
        ),
        examples=(
            Becomes(
                "self._run('ip', 'rule', 'add', 'iif', dev, 'table', table, run_as_root=True)",
                "privsep.linux_net.add_device_rule(str(dev), str(table))",
            ),
            *_left("add"),
        ),
        trials=(*_lines("ip rule add"), Trial("ip -4 rule add iif {ruleddevice} table 5 type unicast")),
        differences=(_ORDER,),
    ),
    Rule(
        grammar="ip [(-4)] rule (del|delete) (iif|dev DEVICE) [table|lookup TABLE] [priority|preference|pref PRIORITY]",
        function=delete_device_rule,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={2, 255},
        samples=by_request(
            "delete_device_rule('fake0', priority='9')",
            "rule('del', table=0, priority=9, action=0, iifname='fake0', family=socket.AF_INET)",
        ),
        examples=(
            Becomes(
                "self._run('ip', 'rule', 'del', 'iif', dev, 'table', table, run_as_root=True)",
                "privsep.linux_net.delete_device_rule(str(dev), table=str(table))",
            ),
            *_left("del"),
        ),
        trials=(*_lines("ip rule del"), Trial("ip -4 rule delete iif {ruleddevice}")),
        differences=(_ORDER,),
    ),
    Rule(
        grammar="ip [(-4)] rule (del|delete) (priority|preference|pref PRIORITY)",
        function=delete_rule_of_priority,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={2, 255},
        samples=by_request(
            "delete_rule_of_priority('9')",
            "rule('del', table=0, priority=9, action=0, family=socket.AF_INET)",
        ),
        examples=(
            Becomes(
                "utils.execute('ip', 'rule', 'del', 'priority', priority, run_as_root=True, check_exit_code=[0, 2])",
                "privsep.linux_net.delete_rule_of_priority(str(priority), check_exit_code=[0, 2])",
            ),
            Stays("execute('ip', 'rule', 'del', run_as_root=True)", because="priority is not there"),
            Stays("execute('ip', '-6', 'rule', 'del', 'priority', '7', run_as_root=True)", because="-6"),
        ),
        trials=(
            *(Trial("ip rule del priority %s" % number) for number in (*_PRIORITIES, "32766", "0x7ffe", "32767")),
            Trial("ip -4 rule delete pref 32766"),
        ),
    ),
)
