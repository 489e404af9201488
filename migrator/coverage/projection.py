"""When the last root call will be gone, at the pace of the last samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from migrator.coverage.history import Sample

LAST = 8  # samples that the line is laid through
_YEARS = 50  # what takes longer is no plan
_YEAR = 365.25 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Projection:
    """over: how many samples it rests on. end: seconds, when none is left, None when there is no end in sight.

    reached: none is left already, since then. per_year: how the number of operations on rungs 0 and 1 changes.
    """

    over: int
    end: int | None
    reached: bool
    per_year: float

    @property
    def date(self) -> str:
        if self.end is None:
            return ""
        return datetime.fromtimestamp(self.end, timezone.utc).date().isoformat()


def projection(samples: Sequence[Sample], last: int = LAST) -> Projection | None:
    """A line of least squares through what is on rungs 0 and 1 in the last samples; None where it has none.

    A history that begins with none, and a single sample, have no projection.
    """
    behind = [sample.tally.behind for sample in samples]
    if len(samples) < 2 or not any(behind):
        return None
    if behind[-1] == 0:
        first = next(number for number in range(len(behind), 0, -1) if behind[number - 1])
        return Projection(len(samples), samples[first].commit.time, True, 0.0)
    times = [sample.commit.time for sample in samples[-last:]]
    left = behind[-last:]
    middle, level = sum(times) / len(times), sum(left) / len(left)
    spread = sum((time - middle) ** 2 for time in times)
    if not spread:
        return None
    slope = sum((time - middle) * (one - level) for time, one in zip(times, left, strict=True)) / spread
    per_year = slope * _YEAR
    if slope >= 0 or behind[-1] / -per_year > _YEARS:
        return Projection(len(times), None, False, per_year)
    # From where it stands now: a line through the past may have ended before.
    return Projection(len(times), round(times[-1] + behind[-1] / -slope), False, per_year)
