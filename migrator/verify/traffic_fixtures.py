"""What is told to ipset(8), conntrack(8) and tc(8) so that trials find sets, connections and qdiscs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

from migrator.verify.networks import pair, told

# Name, which is that of the fixture -> lines for `ipset restore`.
SETS: Mapping[str, tuple[str, ...]] = {
    "netset": ("create netset hash:net", "add netset 192.0.2.0/24", "add netset 198.51.100.1"),
    "sixnetset": ("create sixnetset hash:net family inet6", "add sixnetset fd00::/64"),
    "hostset": ("create hostset hash:ip", "add hostset 192.0.2.3", "add hostset 192.0.2.4"),
    "sixhostset": ("create sixhostset hash:ip family inet6", "add sixhostset fd00::1"),
    "emptyset": ("create emptyset hash:net",),
    "usedset": ("create usedset hash:net", "create using list:set", "add using usedset"),
    "portset": ("create portset hash:ip,port",),
    "listset": ("create listset list:set",),
    "noset": (),
}

_ENDS = "-s 192.0.2.1 -d 192.0.2.2 --timeout 1000"
_SIX_ENDS = "-s fd00::1 -d fd00::2 --timeout 1000"
# Added where they are not there yet: the fixtures of one trial share them.
_ALL = (
    f"-A {_ENDS} -p tcp --sport 1000 --dport 80 --state ESTABLISHED --status SEEN_REPLY,ASSURED",
    f"-A {_ENDS} -p tcp --sport 1001 --dport 80 --state SYN_SENT --mark 7",
    f"-A {_ENDS} -p udp --sport 1000 --dport 53 --zone 5",
    f"-A {_ENDS} -p udp --sport 1000 --dport 53 --zone 6",
    f"-A {_ENDS} -p udp --sport 1001 --dport 53 --dst-nat 203.0.113.9",
    f"-A {_ENDS} -p udplite --sport 1 --dport 2",
    f"-A {_ENDS} -p sctp --sport 1 --dport 2 --state COOKIE_WAIT --orig-vtag 1 --reply-vtag 2",
    f"-A {_ENDS} -p gre --srckey 5 --dstkey 600",
    f"-A {_ENDS} -p icmp --icmp-type 8 --icmp-code 0 --icmp-id 55",
    f"-A {_ENDS} -p 89",
    f"-A {_SIX_ENDS} -p icmpv6 --icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 55",
    f"-A {_SIX_ENDS} -p tcp --sport 1000 --dport 80 --state CLOSE_WAIT --status SEEN_REPLY",
)
_HALF = "-A -s 192.0.2.1 -d 192.0.2.3 --timeout 1000 -p udp --sport 1 --dport 2 --orig-zone 9"
# Fixture -> its address, and lines for `conntrack --load-file`.
CONNECTIONS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "client": ("192.0.2.1", _ALL),
    "server": ("192.0.2.2", _ALL),
    "natserver": ("203.0.113.9", _ALL),
    "sixclient": ("fd00::1", _ALL),
    "sixserver": ("fd00::2", _ALL),
    "halfzone": ("192.0.2.3", (_HALF,)),
    "nopeer": ("192.0.2.99", _ALL),
}

# Fixture -> its device, whether that is up, and lines for `tc -batch`.
QDISCS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "filtered": (
        "veth3",
        "down",
        (
            "qdisc add dev veth3 ingress",
            "filter add dev veth3 parent ffff: protocol ip u32 match ip src 192.0.2.1 flowid :1",
        ),
    ),
    "shaped": ("veth4", "down", ("qdisc add dev veth4 root tbf rate 1mbit burst 10kb latency 50ms",)),
    "classes": (
        "veth5",
        "up",
        (
            "qdisc add dev veth5 root handle 1: htb default 5",
            "class add dev veth5 parent 1: classid 1:5 htb rate 1mbit",
            "filter add dev veth5 parent 1: protocol ip u32 match ip src 192.0.2.1 flowid 1:5",
        ),
    ),
}


def _set(name: str) -> str:
    told(["ipset", "restore"], SETS[name])
    return name


def _connection(name: str) -> str:
    address, lines = CONNECTIONS[name]
    told(["conntrack", "--load-file", "-"], lines)
    return address


def _queued(name: str) -> str:
    device, state, lines = QDISCS[name]
    pair(device, state)
    told(["tc", "-batch", "-"], lines)
    return device


# Fixture -> what makes it, and gives its name.
MADE: Mapping[str, Callable[[], str]] = {
    **{name: functools.partial(_set, name) for name in SETS},
    **{name: functools.partial(_connection, name) for name in CONNECTIONS},
    **{name: functools.partial(_queued, name) for name in QDISCS},
}
