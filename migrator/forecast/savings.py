"""Processes and time that a migration saves: by change of rung, and by operation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from migrator.bench.plan import Way
from migrator.bench.results import Result
from migrator.forecast.figures import BEFORE, Cost, cost
from migrator.forecast.operations import Operation
from migrator.model import Rung


@dataclass(frozen=True, slots=True)
class Saving:
    """One call of an operation. before: by what the service has for rung 0, rootwrap or its daemon; after: then."""

    operation: Operation
    before: dict[Way, Cost]
    after: dict[Way, Cost]

    def ms(self, way: Way) -> float:
        """Milliseconds that one call saves, below 0 where it takes longer."""
        return self.before[way].ms - self.after[way].ms

    def processes(self, way: Way) -> int:
        return self.before[way].processes - self.after[way].processes


@dataclass(frozen=True, slots=True)
class Step:
    """The operations that go from one rung to one; before, after: the mean of one call."""

    before: Rung
    after: Rung
    savings: tuple[Saving, ...]

    def mean(self, way: Way, after: bool) -> float:
        """Milliseconds of one call, the mean over the operations."""
        return sum((one.after if after else one.before)[way].ms for one in self.savings) / len(self.savings)

    def processes(self, way: Way, after: bool) -> int:
        """Processes of one call: they are the same for all operations of a step."""
        return (self.savings[0].after if after else self.savings[0].before)[way].processes


def savings(operations: Sequence[Operation], found: Result) -> tuple[Saving, ...]:
    """What one call of each operation saves, in their order."""
    return tuple(
        Saving(
            one,
            {way: cost(found, one, one.before, way) for way in BEFORE},
            {way: cost(found, one, one.after, way) for way in BEFORE},
        )
        for one in operations
    )


def steps(some: Sequence[Saving]) -> tuple[Step, ...]:
    """The operations by the rungs that they come from and go to: those that move first, the lowest rung first."""
    groups: dict[tuple[Rung, Rung], list[Saving]] = {}
    for one in some:
        groups.setdefault((one.operation.before, one.operation.after), []).append(one)
    order = list(Rung)
    keys = sorted(groups, key=lambda pair: (pair[0] is pair[1], order.index(pair[0]), -order.index(pair[1])))
    return tuple(Step(before, after, tuple(groups[before, after])) for before, after in keys)
