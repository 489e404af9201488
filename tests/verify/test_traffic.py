"""What a world's kernel treats packets by is seen: sets, tracked connections, qdiscs, classes and filters."""

from __future__ import annotations

import shutil

import pytest

from migrator.verify import house, world
from tests.verify.test_world import changed, looked, pytestmark, sh

__all__ = ["pytestmark"]
_FLOW = "-p udp -s 192.0.2.1 -d 192.0.2.2 --sport 1 --dport 2"
_MADE = "connection c0000201 c0000202 11 0001 0002 in zone 0000"
_SHAPED = "tc qdisc add dev veth0 root handle 1: htb; tc class add dev veth0 parent 1: classid 1:5 htb rate 1mbit; "


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("ipset create s hash:net", ["set s"]),
        ("ipset create s hash:net counters; ipset add s 192.0.2.0/24", ["set s"]),
        (f"conntrack -I {_FLOW} -t 1000", [_MADE]),
        ("tc qdisc add dev veth0 ingress", ["qdisc veth0 at ffff:fff1"]),
        (
            f"{_SHAPED} tc filter add dev veth0 parent 1: protocol ip u32 match ip src 192.0.2.1 flowid 1:5",
            ["class veth0 at ffff:ffff 1:5", "filter veth0 at 1:0 number 2", "qdisc veth0 at ffff:ffff"],
        ),
    ],
)
def test_what_is_made_is_seen(line: str, told: list[str]) -> None:
    _needs(line)
    names = [name for name, _, _ in changed(sh(line))]
    assert [name for name in told if name not in names] == [], names


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("ipset create s hash:net", "ipset create s hash:net timeout 5", "set s: data number 6"),
        ("ipset create s hash:net", "ipset create s hash:net; ipset add s 192.0.2.0/24", "set s: member c0000200 18"),
        (
            f"conntrack -I {_FLOW} -t 1000",
            f"conntrack -I {_FLOW} -t 1000 --status ASSURED,SEEN_REPLY",
            f"{_MADE}: number 3",
        ),
        (f"conntrack -I {_FLOW} -t 1000", f"conntrack -I {_FLOW} -t 300", f"{_MADE}: timeout"),
        (
            "tc qdisc add dev veth0 root tbf rate 1mbit burst 10kb latency 50ms",
            "tc qdisc add dev veth0 root tbf rate 1mbit burst 10kb latency 60ms",
            "qdisc veth0 at ffff:ffff: number 2",
        ),
    ],
)
def test_a_difference_is_seen(first: str, second: str, told: str) -> None:
    _needs(first)
    one, two, again = looked(sh(first), sh(second), sh(first))
    assert told in [name for name, _, _ in world.differences(one[1], two[1])]
    assert world.differences(one[1], again[1]) == ()


def _needs(line: str) -> None:
    program = line.split()[0]
    if not shutil.which(program, path=house.SECURE_PATH):
        pytest.skip(f"needs {program}")
