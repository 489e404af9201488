"""What moved up or down the ladder between two reports of the same projects."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

from migrator.coverage.ladder import RUNGS, Tally, added, tally
from migrator.coverage.operations import Coverage, Operation
from migrator.fault import Fault

_Group = tuple[list[Operation], list[Operation]]


@dataclass(frozen=True, slots=True)
class Change:
    """An operation before and after; None where there is none: it is new, or gone."""

    project: str
    before: Operation | None
    after: Operation | None

    @property
    def climbed(self) -> int:
        """Rungs up, below 0 when it went down; 0 for one that is new or gone."""
        if self.before is None or self.after is None:
            return 0
        return RUNGS.index(self.after.rung) - RUNGS.index(self.before.rung)


@dataclass(frozen=True, slots=True)
class Comparison:
    """against: what the older report is called. changes: every operation of both reports once, by project and place."""

    against: str
    before: Tally
    after: Tally
    changes: tuple[Change, ...]

    @property
    def up(self) -> tuple[Change, ...]:
        return tuple(one for one in self.changes if one.climbed > 0)

    @property
    def down(self) -> tuple[Change, ...]:
        return tuple(one for one in self.changes if one.climbed < 0)

    @property
    def new(self) -> tuple[Change, ...]:
        return tuple(one for one in self.changes if one.before is None)

    @property
    def gone(self) -> tuple[Change, ...]:
        return tuple(one for one in self.changes if one.after is None)

    @property
    def stayed(self) -> int:
        """How many are on the rung that they were on."""
        return sum(1 for one in self.changes if one.before and one.after and not one.climbed)


def compared(old: Sequence[Coverage], new: Sequence[Coverage], against: str) -> Comparison:
    """Compare two reports, project by project of the same name; two of one project each are the same project.

    Raises Fault, naming the older report, when it does not hold a project of the new one.
    """
    if len(old) == len(new) == 1:
        pairs = [(old[0], new[0])]
    else:
        known = {one.name: one for one in old}
        missing = [one.name for one in new if one.name not in known]
        if missing:
            raise Fault(f"{against}: no report of {missing[0]} in it; it has {', '.join(sorted(known))}")
        pairs = [(known[one.name], one) for one in new]
    changes = [change for before, after in pairs for change in _changes(before, after)]
    return Comparison(
        against,
        added("before", [tally("", before.operations) for before, _ in pairs]),
        added("after", [tally("", after.operations) for _, after in pairs]),
        tuple(changes),
    )


def _changes(old: Coverage, new: Coverage) -> list[Change]:
    """Pair operations that stand in one function first, then those whose function was renamed or moved.

    In one function: the same command or entrypoint; the function that the tool was going to give it; the same program;
    and last, in the order of their lines, what was a root call with what calls an entrypoint now, and
    the other way round.
    """
    pairs: list[tuple[Operation, Operation]] = []
    places: dict[tuple[str, str], _Group] = {}
    for which, project in enumerate((old, new)):
        for one in project.operations:
            places.setdefault((one.module, one.scope), ([], []))[which].append(one)
    for group in places.values():
        pairs += _paired(group, _same, _same)
        pairs += _paired(group, lambda one: one.target, lambda one: ".".join(one.function.split(".")[-2:]))
        pairs += _paired(group, lambda one: one.program, lambda one: one.program)
        pairs += _paired(group, lambda one: not one.function, lambda one: bool(one.function))
        pairs += _paired(group, lambda one: bool(one.function), lambda one: not one.function)
    rest: _Group = ([], [])
    for group in places.values():
        rest[0].extend(group[0])
        rest[1].extend(group[1])
    pairs += _paired(rest, _same, _same)
    changes = [Change(new.name, before, after) for before, after in pairs]
    changes += [Change(new.name, one, None) for one in rest[0]]
    changes += [Change(new.name, None, one) for one in rest[1]]
    return sorted(changes, key=_place)


def _same(one: Operation) -> Hashable:
    """What makes an operation the same as long as it is not moved: its words, or what it calls."""
    if one.function:
        return one.function
    return one.shape


def _paired(
    group: _Group, before: Callable[[Operation], Hashable], after: Callable[[Operation], Hashable]
) -> Iterator[tuple[Operation, Operation]]:
    """Take those that have the same key out of a group, in order; an empty key is none."""
    old, new = group
    waiting: dict[Hashable, list[Operation]] = {}
    for one in new:
        waiting.setdefault(after(one), []).append(one)
    for one in list(old):
        key = before(one)
        same = waiting.get(key) if key else None
        if same:
            other = same.pop(0)
            old.remove(one)
            new.remove(other)
            yield one, other


def _place(change: Change) -> tuple[str, int, int]:
    one = change.after or change.before
    assert one is not None
    return one.path, one.line, one.column
