"""What the calls of a log would have saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from migrator.bench.plan import Way
from migrator.forecast.savings import Saving
from migrator.forecast.traffic import Calls, Traffic


@dataclass(frozen=True, slots=True)
class Saved:
    """processes that are not started, seconds that are not waited; hours: in which, None where that is not known."""

    processes: float
    seconds: float
    hours: float | None

    @property
    def processes_per_hour(self) -> float | None:
        return self.processes / self.hours if self.hours else None

    @property
    def seconds_per_hour(self) -> float | None:
        return self.seconds / self.hours if self.hours else None


def by_calls(one: Calls, some: Sequence[Saving], way: Way, hours: float | None) -> Saved:
    """What the calls of an operation save; of several that cannot be told apart, the mean."""
    of = [some[number] for number in one.operations]
    processes = sum(each.processes(way) for each in of) / len(of)
    milliseconds = sum(each.ms(way) for each in of) / len(of)
    return Saved(one.count * processes, one.count * milliseconds / 1000, hours)


def by_all(seen: Traffic, some: Sequence[Saving], way: Way) -> Saved:
    """What all calls of the logs save together."""
    each = [by_calls(one, some, way, seen.hours) for one in seen.calls]
    return Saved(sum(one.processes for one in each), sum(one.seconds for one in each), seen.hours)
