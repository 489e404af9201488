# ruff: noqa: UP031 - the projects with the most to migrate are old: no f-strings
"""ip rule: have a routing table looked up for what comes from a network, and no more, through rtnetlink(7)."""

from __future__ import annotations

import socket

from migrator.decide.netlink_samples import by_request
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Stays, Trial

from .._outcome import _finished
from ._rule import _change_rule_from


def add_rule(
    source: str, table: str, priority: str | None = None, check_exit_code: list[int] | tuple[int, ...] = (0,)
) -> tuple[str, str]:
    """Have a routing table looked up for packets of IPv4 from a network."""
    result = _change_rule_from("add", 0, source, table, priority)
    return _finished("ip rule add from %s table %s" % (source, table), result, check_exit_code)


def add_ipv4_rule(
    source: str, table: str, priority: str | None = None, check_exit_code: list[int] | tuple[int, ...] = (0,)
) -> tuple[str, str]:
    """Have a routing table looked up for packets of IPv4 from a network."""
    result = _change_rule_from("add", int(socket.AF_INET), source, table, priority)
    return _finished("ip -4 rule add from %s table %s" % (source, table), result, check_exit_code)


def add_ipv6_rule(
    source: str, table: str, priority: str | None = None, check_exit_code: list[int] | tuple[int, ...] = (0,)
) -> tuple[str, str]:
    """Have a routing table looked up for packets of IPv6 from a network."""
    result = _change_rule_from("add", int(socket.AF_INET6), source, table, priority)
    return _finished("ip -6 rule add from %s table %s" % (source, table), result, check_exit_code)


def delete_rule(
    source: str,
    table: str | None = None,
    priority: str | None = None,
    check_exit_code: list[int] | tuple[int, ...] = (0,),
) -> tuple[str, str]:
    """Delete the first rule for packets of IPv4 from a network; of that table and priority, if given."""
    result = _change_rule_from("del", 0, source, table, priority)
    return _finished("ip rule del from %s" % source, result, check_exit_code)


def delete_ipv4_rule(
    source: str,
    table: str | None = None,
    priority: str | None = None,
    check_exit_code: list[int] | tuple[int, ...] = (0,),
) -> tuple[str, str]:
    """Delete the first rule for packets of IPv4 from a network; of that table and priority, if given."""
    result = _change_rule_from("del", int(socket.AF_INET), source, table, priority)
    return _finished("ip -4 rule del from %s" % source, result, check_exit_code)


def delete_ipv6_rule(
    source: str,
    table: str | None = None,
    priority: str | None = None,
    check_exit_code: list[int] | tuple[int, ...] = (0,),
) -> tuple[str, str]:
    """Delete the first rule for packets of IPv6 from a network; of that table and priority, if given."""
    result = _change_rule_from("del", int(socket.AF_INET6), source, table, priority)
    return _finished("ip -6 rule del from %s" % source, result, check_exit_code)


_SOURCES = ("{ruled}", "{unruled}", "10.1", "10.2.3.4/0x10", "10.2.0.0/255.255.0.0", "default", "all")
_ODD_SOURCES = ("{ruledsix}", "fd09::/129", "10.1.0.0/33", "10.1.0.0/", "10.1.0.0/255.0.255.0", "''", "any/8", "a.b")
_TABLES = ("main", "default", "unspec", "1000", "0x64", "0", "4294967295", "no-such-table", "''", "-1", "4294967296")
_PRIORITIES = ("100", "0x64", "0144", "0", "4294967295", "''", "x", "-5", "4294967296", "08")
_ORDER = Difference("of several words that are wrong it tells one, in the order source, table, priority")


def _left(command: str) -> tuple[Stays, ...]:
    words = ", ".join(map(repr, command.split()))
    return (
        Stays(
            f"execute({words}, 'from', cidr, 'to', net, 'table', table, run_as_root=True)", because="one operand more"
        ),
        Stays(f"execute({words}, 'fwmark', mark, 'table', table, run_as_root=True)", because="from is not there"),
    )


def _lines(start: str, source: str) -> tuple[Trial, ...]:
    return (
        *(Trial("%s from %s table 100" % (start, each)) for each in (*_SOURCES, *_ODD_SOURCES)),
        *(Trial("%s from %s table %s" % (start, source, table)) for table in _TABLES),
        *(Trial("%s from %s table 100 priority %s" % (start, source, number)) for number in _PRIORITIES),
        Trial("%s priority 100 lookup 100 from %s" % (start, source), alone=True),
    )


RULES = (
    Rule(
        grammar="ip rule add (from SOURCE) (table|lookup TABLE) [priority|preference|pref PRIORITY] [type unicast]",
        function=add_rule,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2, 255},
        samples=by_request(
            "add_rule('10.0.0.0/24', '100')",
            "rule('add', table=100, priority=None, action=1, src='10.0.0.0', src_len=24, family=socket.AF_INET)",
        ),
        examples=(
            Becomes(
                "utils.execute('ip', 'rule', 'add', 'from', cidr, 'table', tab, 'priority', prio, run_as_root=True)",
                "privsep.linux_net.add_rule(str(cidr), str(tab), priority=str(prio))",
            ),
            *_left("ip rule add"),
        ),
        trials=_lines("ip rule add", "{ruled}"),
        differences=(_ORDER,),
    ),
    Rule(
        grammar="ip rule (del|delete) (from SOURCE) [table|lookup TABLE] [priority|preference|pref PRIORITY]",
        function=delete_rule,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2, 255},
        samples=by_request(
            "delete_rule('10.0.0.0/24', table='100')",
            "rule('del', table=100, priority=None, action=0, src='10.0.0.0', src_len=24, family=socket.AF_INET)",
        ),
        examples=(
            Becomes(
                "utils.execute('ip', 'rule', 'del', 'from', cidr, 'table', table, run_as_root=True)",
                "privsep.linux_net.delete_rule(str(cidr), table=str(table))",
            ),
            *_left("ip rule del"),
        ),
        trials=_lines("ip rule del", "{ruled}"),
        differences=(_ORDER,),
    ),
    Rule(
        grammar="ip -4 rule add (from SOURCE) (table|lookup TABLE) [priority|preference|pref PRIORITY] [type unicast]",
        function=add_ipv4_rule,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2, 255},
        samples=by_request(
            "add_ipv4_rule('10.0.0.0/24', '100')",
            "rule('add', table=100, priority=None, action=1, src='10.0.0.0', src_len=24, family=socket.AF_INET)",
        ),
        examples=(
            Becomes(
                "utils.execute('ip', '-4', 'rule', 'add', 'from', cidr, 'table', tab, 'priority', prio,"
                " 'type', 'unicast', run_as_root=True)",
                "privsep.linux_net.add_ipv4_rule(str(cidr), str(tab), priority=str(prio))",
            ),
            *_left("ip -4 rule add"),
        ),
        trials=_lines("ip -4 rule add", "{ruled}"),
        differences=(_ORDER,),
    ),
    Rule(
        grammar="ip -4 rule (del|delete) (from SOURCE) [table|lookup TABLE] [priority|preference|pref PRIORITY]",
        function=delete_ipv4_rule,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2, 255},
        samples=by_request(
            "delete_ipv4_rule('10.0.0.0/24', table='100')",
            "rule('del', table=100, priority=None, action=0, src='10.0.0.0', src_len=24, family=socket.AF_INET)",
        ),
        examples=(
            Becomes(
                "utils.execute('ip', '-4', 'rule', 'del', 'from', cidr, 'table', tab, 'priority', 9, run_as_root=True)",
                "privsep.linux_net.delete_ipv4_rule(str(cidr), table=str(tab), priority='9')",
            ),
            *_left("ip -4 rule del"),
        ),
        trials=_lines("ip -4 rule del", "{ruled}"),
        differences=(_ORDER,),
    ),
    Rule(
        grammar="ip -6 rule add (from SOURCE) (table|lookup TABLE) [priority|preference|pref PRIORITY] [type unicast]",
        function=add_ipv6_rule,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2, 255},
        samples=by_request(
            "add_ipv6_rule('fd00::/64', '100')",
            "rule('add', table=100, priority=None, action=1, src='fd00::', src_len=64, family=socket.AF_INET6)",
        ),
        examples=(
            Becomes(
                "utils.execute('ip', '-6', 'rule', 'add', 'from', cidr, 'table', tab, 'priority', prio,"
                " 'type', 'unicast', run_as_root=True)",
                "privsep.linux_net.add_ipv6_rule(str(cidr), str(tab), priority=str(prio))",
            ),
            *_left("ip -6 rule add"),
        ),
        trials=_lines("ip -6 rule add", "{ruledsix}"),
        differences=(_ORDER,),
    ),
    Rule(
        grammar="ip -6 rule (del|delete) (from SOURCE) [table|lookup TABLE] [priority|preference|pref PRIORITY]",
        function=delete_ipv6_rule,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2, 255},
        samples=by_request(
            "delete_ipv6_rule('fd00::/64', table='100')",
            "rule('del', table=100, priority=None, action=0, src='fd00::', src_len=64, family=socket.AF_INET6)",
        ),
        examples=(
            Becomes(
                "utils.execute('ip', '-6', 'rule', 'del', 'from', cidr, 'table', tab, 'priority', 9, run_as_root=True)",
                "privsep.linux_net.delete_ipv6_rule(str(cidr), table=str(tab), priority='9')",
            ),
            *_left("ip -6 rule del"),
        ),
        trials=_lines("ip -6 rule del", "{ruledsix}"),
        differences=(_ORDER,),
    ),
)
