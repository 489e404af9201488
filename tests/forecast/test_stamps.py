"""The times of lines."""

from __future__ import annotations

import pytest

from migrator.forecast.stamps import Clock


@pytest.mark.parametrize(
    ("line", "later", "seconds"),
    [
        ("2026-11-26 10:00:00.500 1234 DEBUG x", "2026-11-26 10:00:01.750 1234 DEBUG x", 1.25),
        ("2026-11-26T10:00:00+01:00 host x", "2026-11-26T09:00:00.5Z host x", 0.5),
        ("Dec 31 23:59:59 host x", "Jan  1 00:00:01 host x", 2),
        ("<86>Feb 28 12:00:00 host x", "Mar  1 12:00:00 host x", 2 * 86400),  # it may be a leap year
        ("2026-11-26 10:00:00,030 x", "2026-11-26 10:00:00,031 x", 0.001),
    ],
)
def test_what_lies_between_two_lines(line: str, later: str, seconds: float) -> None:
    clock = Clock()
    first, last = clock.read(line), clock.read(later)
    assert first is not None and last is not None
    assert last - first == pytest.approx(seconds, abs=1e-5)
    assert (clock.first, clock.last) == (first, last)


def test_a_late_line_of_december_does_not_end_the_year_twice() -> None:
    clock = Clock()
    for line in ("Dec 31 23:59:58 h", "Jan  1 00:00:01 h", "Dec 31 23:59:59 h", "Jan  1 00:00:02 h"):
        clock.read(line)
    assert clock.first is not None and clock.last is not None and clock.last - clock.first == 4


def test_a_line_without_a_time() -> None:
    clock = Clock()
    assert clock.read("    at the end of a traceback 2026") is None
    assert (clock.first, clock.last) == (None, None)
