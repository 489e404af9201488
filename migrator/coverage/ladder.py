"""Totals of operations by rung, in whole and by package, file, program and who can act."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from migrator.coverage.operations import Actor, Operation
from migrator.model import Rung

RUNGS = tuple(Rung)  # from rootwrap up to native
COVERED = (Rung.NARROW, Rung.NATIVE)
BEHIND = (Rung.ROOTWRAP, Rung.LAUNDERED)


@dataclass(frozen=True, slots=True)
class Tally:
    """Some operations counted by rung. name: of what they have in common. counts: in the order of RUNGS."""

    name: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)

    @property
    def covered(self) -> int:
        """How many are on rungs 3 and 4."""
        return sum(self.of(rung) for rung in COVERED)

    @property
    def behind(self) -> int:
        """How many are on rungs 0 and 1."""
        return sum(self.of(rung) for rung in BEHIND)

    def of(self, rung: Rung) -> int:
        return self.counts[RUNGS.index(rung)]


def percent(part: int, total: int) -> int | None:
    """A share in whole percent, rounded down, so that 100 means all of them; None of nothing."""
    return 100 * part // total if total else None


def shown(part: int, total: int) -> str:
    """The share for people: "84 %", "-" of nothing."""
    share = percent(part, total)
    return "-" if share is None else f"{share} %"


def tally(name: str, operations: Iterable[Operation]) -> Tally:
    counts = dict.fromkeys(RUNGS, 0)
    for operation in operations:
        counts[operation.rung] += 1
    return Tally(name, tuple(counts.values()))


def added(name: str, tallies: Iterable[Tally]) -> Tally:
    """The sum of some tallies that have no operation in common."""
    columns = zip(*(one.counts for one in tallies), strict=True)
    return Tally(name, tuple(map(sum, columns)) or (0,) * len(RUNGS))


# Each operation has exactly one value of each: so each list of tallies adds up to the whole.
KEYS: Mapping[str, Callable[[Operation], str]] = {
    "package": lambda operation: operation.package,
    "file": lambda operation: operation.path,
    "program": lambda operation: operation.program,
    "actor": lambda operation: operation.actor.value,
}


GROUPS = ("package", "file", "program")


def by(key: str, operations: Iterable[Operation]) -> tuple[Tally, ...]:
    """Tallies for each value of one of KEYS: who can act in the order of Actor, others with most to do first."""
    groups: dict[str, list[Operation]] = {actor.value: [] for actor in Actor} if key == "actor" else {}
    for operation in operations:
        groups.setdefault(KEYS[key](operation), []).append(operation)
    tallies = [tally(name, group) for name, group in groups.items()]
    if key != "actor":
        tallies.sort(key=lambda one: (-one.behind, -one.total, one.name))
    return tuple(tallies)


def reasons(operations: Iterable[Operation], actor: Actor) -> tuple[tuple[str, str, int], ...]:
    """(code, an example of its text, how many) of the first reasons of what this actor has to do, most first."""
    counts: dict[str, int] = {}
    texts: dict[str, str] = {}
    for operation in operations:
        if operation.actor is actor and operation.reasons:
            counts[operation.reason] = counts.get(operation.reason, 0) + 1
            texts.setdefault(operation.reason, operation.reasons[0].text)
    return tuple((code, texts[code], counts[code]) for code in sorted(counts, key=lambda code: (-counts[code], code)))
