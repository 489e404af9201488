"""What logs say of operations together: counts, times, spans, how many go on at once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from migrator.bench.plan import Way
from migrator.forecast.log import Broken, Call, Item, Refused, Span, Start, Told
from migrator.forecast.traffic import Traffic, traffic
from migrator.model import Rung
from tests.forecast.made import COMMANDS, FILES, operation

CHOWN, MKFS, LVS = (
    operation("chown {uid} {path}", Rung.NATIVE),
    operation("mkfs {dev}"),
    operation("lvs {vg}", before=Rung.LAUNDERED),
)
OPERATIONS = (CHOWN, MKFS, LVS)


def call(text: str, told: Told = Told.RETURNED, way: Way | None = Way.ROOTWRAP, **more: float) -> Call:
    return Call(told, tuple(text.split()), True, way, more.get("seconds"), more.get("time"), int(more.get("count", 1)))


def seen(*logs: Sequence[Item], hours: float | None = None) -> Traffic:
    named = [(f"{number}.log", some) for number, some in enumerate(logs)]
    return traffic(named, OPERATIONS, lambda one, seconds, way: seconds or 0.01, hours)


def test_lines_of_one_call_count_once() -> None:
    lines = [call("mkfs /dev/x", told) for told in (Told.RUNNING, Told.EXECUTING)] * 3
    lines.append(call("mkfs /dev/x", seconds=2.5))
    (one,) = seen(lines).calls
    assert (one.operations, one.count, one.timed, one.mean, one.slowest) == ((1,), 3, 1, 2.5, 2.5)


def test_counts_add_up_and_say_nothing_of_the_way() -> None:
    found = seen([call("chown 1 /x", Told.COUNTED, None, count=120), call("lvs vg", Told.COUNTED, None, count=3)])
    assert [(one.operations, one.count) for one in found.calls] == [((0,), 120), ((2,), 3)]
    assert found.ways == frozenset() and found.hours is None and found.matched == 123


def test_what_matches_nothing_is_told_with_examples() -> None:
    lines: list[Item] = [call(f"tgtadm --op {number}") for number in range(5)]
    lines += [call("qemu-img info /x", way=None), call("lvs vg0", way=None), Refused(), Start(), Broken("cut")]
    found = seen(lines)
    (stranger,) = found.strangers
    assert (stranger.program, stranger.count, stranger.examples[:2]) == (
        "tgtadm",
        5,
        ("tgtadm --op 0", "tgtadm --op 1"),
    )
    assert len(stranger.examples) == 3 and found.unmatched == 5
    assert (found.aside.count, found.aside.examples) == (1, ("qemu-img info /x",))
    assert (found.refused, found.starts, found.broken.count, found.broken.examples) == (1, 1, 1, ("cut",))
    assert [one.operations for one in found.calls] == [(2,)]  # lvs, which privsep runs without sudo


@pytest.mark.parametrize(
    ("spans", "hours"),
    [([(0, 3600)], 1), ([(0, 3600), (1800, 5400)], 1.5), ([(7200, 10800), (0, 3600)], 2), ([(5, 5)], None)],
)
def test_logs_of_one_time_span_it_once(spans: list[tuple[float, float]], hours: float | None) -> None:
    found = seen(*([Span(first, last, 10)] for first, last in spans))
    assert found.hours == hours and found.lines == 10 * len(spans)
    assert seen([Span(0, 3600, 1)], hours=24).hours == 24


def test_the_busiest_minute_counts_the_part_of_a_call_that_lies_in_it() -> None:
    lines: list[Item] = [call("mkfs /dev/x", seconds=90, time=120), call("mkfs /dev/y", seconds=30, time=120)]
    lines.append(call("chown 1 /x", seconds=0.6, time=30))
    found = seen(lines)
    # from 30 to 120 and from 90 to 120: 30 s of the first minute, 60 and 30 of the second
    assert found.busiest[COMMANDS.name] == pytest.approx(1.5)
    assert found.busiest[FILES.name] == pytest.approx(0.01)
