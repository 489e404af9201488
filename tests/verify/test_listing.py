"""What is listed of a network is what `ip` would list just now, whatever it was like before."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator

import pytest

from migrator.verify import house, listing, sandbox

pytestmark = pytest.mark.skipif(not any(map(shutil.which, ("ip", "/sbin/ip", "/usr/sbin/ip"))), reason="needs iproute2")

# Each undoes, or changes a little, what was done before.
CHANGES = (
    "link add veth0 address 02:00:00:00:00:01 type veth peer name veth1 address 02:00:00:00:00:02",
    "link set veth0 up",
    "link set veth1 up",
    "addr add 10.0.0.1/24 dev veth0",
    "addr change 10.0.0.1/24 dev veth0 noprefixroute",
    "addr add fd00::1/64 dev veth0 nodad",
    "route add 10.9.0.0/16 dev veth0 metric 5",
    "route change 10.9.0.0/16 dev veth0 metric 5 mtu 1400",
    "-6 route add fd09::/64 dev veth0 expires 1000",
    "route del 10.9.0.0/16 dev veth0 metric 5",
    "neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev veth0",
    "neigh change 10.0.0.9 lladdr 02:00:00:00:00:08 dev veth0",
    "neigh add proxy 10.0.0.7 dev veth0",
    "neigh del proxy 10.0.0.7 dev veth0",
    "rule add from 10.9.0.0/16 table 100 priority 100",
    "-6 rule add from fd09::/64 table 100 priority 100",
    "-6 rule del priority 100",
    "rule del priority 100",
    "link set veth0 mtu 1400",
    "link set veth0 alias other",
    "link set veth0 addrgenmode none",
    "link set veth0 promisc on",
    "link add br0 address 02:00:00:00:00:03 type bridge",
    "link set br0 type bridge stp_state 1",
    "link set br0 type bridge ageing_time 100",
    "link set veth1 master br0",
    "link set veth1 type bridge_slave cost 7",
    "link set veth1 nomaster",
    "link del br0",
    "link set veth0 down",
    "link del veth0",
)
_AGES = {"valid_life_time", "preferred_life_time", "expires", "hello_timer", "tcn_timer", "gc_timer", "operstate"}


def _without_ages(thing: object) -> object:
    if isinstance(thing, dict):
        return {key: _without_ages(each) for key, each in thing.items() if key not in _AGES}
    if isinstance(thing, list):
        return [_without_ages(each) for each in thing if each not in ("NO-CARRIER", "LOWER_UP")]
    return thing


def _looks() -> list[tuple[str, object, object]]:
    """After which changes something is listed that `ip` does not list then; all are made twice, from the same start."""
    wrong = []
    for line in ("link set lo up", *CHANGES, *CHANGES):
        subprocess.run(["ip", *line.split()], check=True, capture_output=True)
        for _ in range(3):  # the kernel may do something of its own just between the two
            found, now = _without_ages(listing.listed()), _without_ages(listing.asked())
            if found == now:
                break
        else:
            wrong.append((line, found, now))
    return wrong


def test_each_change_is_listed() -> None:
    def work() -> Iterator[list[tuple[str, object, object]]]:
        yield sandbox.world(_looks, 60)

    try:
        (wrong,) = house.stay(work)
    except house.HouseError as error:
        pytest.skip(str(error))
    assert wrong == []


def test_what_was_listed_before_is_not_asked_for_again() -> None:
    def asks() -> list[int]:
        found = []
        for line in ("link set lo up", "link set lo up", "link set lo down", "link set lo up"):
            subprocess.run(["ip", *line.split()], check=True)
            listing.listed()
            found.append(listing._listed.cache_info().misses)
        return found

    def work() -> Iterator[list[int]]:
        yield sandbox.world(asks, 60)

    try:
        (misses,) = house.stay(work)
    except house.HouseError as error:
        pytest.skip(str(error))
    assert misses == [1, 1, 2, 2]
