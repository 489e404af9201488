"""What logs say of the operations: how often each is called, how long it takes, and how many go on at once."""

from __future__ import annotations

import math
import os
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from migrator.bench.plan import Way
from migrator.forecast.log import Broken, Call, Item, Refused, Span, Start, Told
from migrator.forecast.matching import matcher
from migrator.forecast.operations import Operation

# How many seconds a call of an operation would keep a thread of its context's daemon, by what it took in the log and
# the way by which it became root there.
Hold = Callable[[Operation, float | None, Way | None], float]
_EXAMPLES = 3  # of each program that matches no operation
_LONGEST = 200  # characters of an example
_MINUTE = 60
# The lines that a service and rootwrap write of one and the same call.
_OF_ONE_CALL = (Told.EXECUTING, Told.RUNNING, Told.RETURNED)


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of one operation, or of several that run the same command and cannot be told apart.

    operations: their numbers. timed: how many have a time; of those together seconds, and held, for which they would
    keep a thread of a daemon of privsep; slowest: seconds of the slowest.
    """

    operations: tuple[int, ...]
    count: int
    timed: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    held: float = 0.0

    @property
    def mean(self) -> float | None:
        return self.seconds / self.timed if self.timed else None


@dataclass(frozen=True, slots=True)
class Stranger:
    """Calls of one program that match no operation. examples: commands, a few."""

    program: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Traffic:
    """files: names of the logs; lines: that they have. hours: that they span, None where they do not tell.

    ways: how the calls became root. calls: of operations, most first. strangers: root calls of none. aside: calls
    without sudo that are none of the project's. refused: by rootwrap. starts: of privsep-helper. broken: lines of
    calls that cannot be read, with examples. busiest: context -> the mean number of calls that went on at once in the
    minute in which that was most, as they would run in its daemon.
    """

    files: tuple[str, ...]
    lines: int
    hours: float | None
    ways: frozenset[Way]
    calls: tuple[Calls, ...]
    strangers: tuple[Stranger, ...]
    aside: Stranger
    refused: int
    starts: int
    broken: Stranger
    busiest: Mapping[str, float]

    @property
    def matched(self) -> int:
        return sum(one.count for one in self.calls)

    @property
    def unmatched(self) -> int:
        return sum(one.count for one in self.strangers)


@dataclass(slots=True)
class _Times:
    """Of some calls in seconds, local to one reading."""

    count: int = 0
    total: float = 0.0
    slowest: float = 0.0
    held: float = 0.0

    def add(self, seconds: float, held: float) -> None:
        self.count += 1
        self.held += held
        self.total += seconds
        self.slowest = max(self.slowest, seconds)


@dataclass(slots=True)
class _Kept:
    """What is counted while logs are read, local to one reading: nothing that grows with their lines.

    seen, times: by the numbers of the operations. minutes: (context, minute) -> seconds that its threads are held.
    """

    seen: dict[tuple[int, ...], Counter[Told]] = field(default_factory=dict)
    times: dict[tuple[int, ...], _Times] = field(default_factory=dict)
    strangers: dict[str, Counter[Told]] = field(default_factory=dict)
    aside: Counter[Told] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    minutes: dict[Told, dict[tuple[str, int], float]] = field(default_factory=dict)
    ways: set[Way] = field(default_factory=set)
    others: Counter[type] = field(default_factory=Counter)
    spans: list[tuple[float, float]] = field(default_factory=list)
    lines: int = 0


_ASIDE, _BROKEN = "\0aside", "\0broken"  # keys of examples that no program's name can be


def traffic(
    logs: Iterable[tuple[str, Iterable[Item]]],
    operations: Sequence[Operation],
    hold: Hold,
    hours: float | None = None,
) -> Traffic:
    """Read logs, each by its name, one item after the other.

    hours: that they span, where the user says it.
    """
    match = matcher(operations)
    kept = _Kept()
    names = []
    for name, items in logs:
        names.append(name)
        for item in items:
            kept.others[type(item)] += 1
            if isinstance(item, Call):
                _call(item, kept, match, operations, hold)
            elif isinstance(item, Broken):
                _example(kept, _BROKEN, item.line.strip())
            elif isinstance(item, Span):
                kept.lines += item.lines
                if item.first is not None and item.last is not None:
                    kept.spans.append((item.first, item.last))
    calls = [
        Calls(numbers, _once(told), *_figures(kept.times.get(numbers, _Times()))) for numbers, told in kept.seen.items()
    ]
    strangers = [Stranger(name, _once(told), tuple(kept.examples[name])) for name, told in kept.strangers.items()]
    return Traffic(
        files=tuple(names),
        lines=kept.lines,
        hours=hours if hours is not None else _union(kept.spans) / 3600 or None,
        ways=frozenset(kept.ways),
        calls=tuple(sorted(calls, key=lambda one: (-one.count, one.operations))),
        strangers=tuple(sorted(strangers, key=lambda one: (-one.count, one.program))),
        aside=Stranger("", _once(kept.aside), tuple(kept.examples.get(_ASIDE, ()))),
        refused=kept.others[Refused],
        starts=kept.others[Start],
        broken=Stranger("", kept.others[Broken], tuple(kept.examples.get(_BROKEN, ()))),
        busiest=_busiest(kept.minutes),
    )


def _figures(times: _Times) -> tuple[int, float, float, float]:
    return times.count, times.total, times.slowest, times.held


def _call(
    call: Call,
    kept: _Kept,
    match: Callable[[tuple[str, ...], bool, bool], tuple[int, ...]],
    operations: Sequence[Operation],
    hold: Hold,
) -> None:
    counted = call.told is Told.COUNTED
    found = match(call.argv, call.apart, call.way is not None or counted)
    if counted and not found:
        found = match(call.argv, call.apart, False)
    if call.way is None and not found and not counted:
        kept.aside[call.told] += call.count
        _example(kept, _ASIDE, shlex.join(call.argv))
        return
    if call.way is not None:
        kept.ways.add(call.way)
    if not found:
        program = os.path.basename(call.argv[0]) if call.argv else ""
        kept.strangers.setdefault(program, Counter())[call.told] += call.count
        _example(kept, program, shlex.join(call.argv))
        return
    kept.seen.setdefault(found, Counter())[call.told] += call.count
    first = operations[found[0]]
    held = hold(first, call.seconds, call.way)
    if call.seconds is not None:
        kept.times.setdefault(found, _Times()).add(call.seconds, held)
    if first.context_after and call.time is not None:
        end = call.time if call.told is Told.RETURNED else call.time + held
        _spread(kept.minutes.setdefault(call.told, {}), first.context_after, end - held, end)


def _example(kept: _Kept, key: str, text: str) -> None:
    some = kept.examples.setdefault(key, [])
    if len(some) < _EXAMPLES and text not in some:
        some.append(text[:_LONGEST])


def _spread(minutes: dict[tuple[str, int], float], context: str, start: float, end: float) -> None:
    """Add a call's seconds to the minutes that it lasts in."""
    for minute in range(math.floor(start / _MINUTE), math.floor(end / _MINUTE) + 1):
        inside = min(end, (minute + 1) * _MINUTE) - max(start, minute * _MINUTE)
        minutes[context, minute] = minutes.get((context, minute), 0.0) + max(inside, 0.0)


def _once(told: Counter[Told]) -> int:
    """How many calls there were: of lines that can be about the same calls, the kind with most."""
    return max(told[each] for each in _OF_ONE_CALL) + told[Told.COUNTED]


def _union(spans: Sequence[tuple[float, float]]) -> float:
    """The seconds that logs cover together; those of one time count once."""
    covered, reached = 0.0, -math.inf
    for first, last in sorted(spans):
        covered += max(last - max(first, reached), 0.0)
        reached = max(reached, last)
    return covered


def _busiest(minutes: Mapping[Told, Mapping[tuple[str, int], float]]) -> dict[str, float]:
    """Calls at once in the busiest minute of each context, by the lines that say most: with times, else before it."""
    order = (Told.RETURNED, Told.EXECUTING, Told.RUNNING)
    kind = next((each for each in order if each in minutes), None)
    found: dict[str, float] = {}
    for (context, _), seconds in minutes[kind].items() if kind is not None else ():
        found[context] = max(found.get(context, 0.0), seconds / _MINUTE)
    return found
