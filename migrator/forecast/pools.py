"""Where calls may wait for a thread of a privsep daemon's pool, and how large the pool has to be."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrator.bench.plan import Way
from migrator.bench.results import Result
from migrator.forecast.figures import ANY_COMMAND, cost
from migrator.forecast.operations import Context, Operation, used
from migrator.forecast.programs import SLOW, known
from migrator.forecast.traffic import Calls, Hold, Traffic
from migrator.model import Rung

# A pool is large enough when no more than one call in so many has to wait for a thread.
WAITING = 20
SLOW_SECONDS = 1.0  # measured calls from that on are slow, whatever they run
_MOST = 512  # threads; a load that asks for more is no matter of a pool


@dataclass(frozen=True, slots=True)
class Slow:
    """An operation that keeps a thread for long. source: who says why. mean, slowest: seconds in the log, or None."""

    operation: Operation
    why: str
    source: str
    mean: float | None = None
    slowest: float | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """The pool of one context's daemon after the migration.

    operations: how many it serves. slow: those that keep a thread for long. rate: calls a second in the log, held: the
    mean seconds that one keeps a thread, load: both multiplied, the calls at once (Little's law), busiest: the same in
    the busiest minute; None without a log, and all but the rate where some of its commands have no time there. size:
    what thread_pool_size should be at least, or without load at most, 0 where nothing speaks against the default; why:
    how it comes about.
    unseen: how many of the slow operations the log does not tell of.
    """

    context: Context
    operations: int
    slow: tuple[Slow, ...]
    rate: float | None
    held: float | None
    load: float | None
    busiest: float | None
    size: int
    why: str
    unseen: int


def hold(found: Result) -> Hold:
    """What a call will keep a thread for, by what it took in the log.

    A native function takes what bench says. A command takes what it took, less what the way to root took of that.
    """

    def seconds(operation: Operation, measured: float | None, way: Way | None) -> float:
        expected = cost(found, operation, operation.after, Way.ROOTWRAP).ms
        if measured is None or operation.after is Rung.NATIVE:
            return expected / 1000
        through, least = found.times(way or Way.EXEC, ANY_COMMAND), found.times(Way.EXEC, ANY_COMMAND)
        over = max(through.median - least.median, 0.0) if through is not None and least is not None else 0.0
        return max(1000 * measured - over, expected) / 1000

    return seconds


def pools(
    contexts: Sequence[Context], operations: Sequence[Operation], seen: Traffic | None, found: Result
) -> tuple[Pool, ...]:
    """The pool of each context that serves an operation after the migration."""
    serving = used(operations, after=True)
    named = {one.name: one for one in contexts}
    of = {number: calls for calls in (seen.calls if seen is not None else ()) for number in calls.operations}
    numbers = {id(one): number for number, one in enumerate(operations)}
    measured = {id(one): of[numbers[id(one)]] for one in operations if numbers[id(one)] in of}
    return tuple(
        _pool(named.get(name, Context(name, "", False)), some, measured, seen, found)
        for name, some in sorted(serving.items())
    )


def _pool(
    context: Context, some: Sequence[Operation], measured: Mapping[int, Calls], seen: Traffic | None, found: Result
) -> Pool:
    slow = tuple(sorted((each for one in some for each in _slow(one, measured.get(id(one)))), key=_worst_first))
    rate = held = load = busiest = None
    if seen is not None and seen.hours:
        calls = list({one.operations: (one, each) for each in some if (one := measured.get(id(each)))}.values())
        total = sum(one.count for one, _ in calls)
        rate = total / (seen.hours * 3600)
        # How long a command takes is in no figure of bench: without its time there is no load to speak of.
        if total and all(one.timed or each.after is Rung.NATIVE for one, each in calls):
            held = sum(one.count * _held(one, each, found) for one, each in calls) / total
            load, busiest = rate * held, seen.busiest.get(context.name)
    size, why = _size(slow, load, busiest)
    unseen = sum(id(one.operation) not in measured for one in slow) if load else 0
    return Pool(context, len(some), slow, rate, held, load, busiest, size, why, unseen)


def _held(one: Calls, operation: Operation, found: Result) -> float:
    """The mean seconds that calls keep a thread."""
    return one.held / one.timed if one.timed else hold(found)(operation, None, None)


def _worst_first(slow: Slow) -> tuple[int, float]:
    """Those that were slow in the log, then those that it does not tell of, then those that were quick in it."""
    if slow.slowest is None:
        return 1, 0.0
    return (0, -slow.slowest) if slow.slowest >= SLOW_SECONDS else (2, -slow.slowest)


def _slow(operation: Operation, calls: Calls | None) -> Iterator[Slow]:
    """Why an operation keeps a thread for long, at most once: what is known of it, else what was measured."""
    mean, slowest = (calls.mean, calls.slowest) if calls is not None and calls.timed else (None, None)
    row = next((row for one in operation.commands if (row := known(SLOW, one)) is not None), None)
    waits = _waits(operation.source)
    if row is not None:
        yield Slow(operation, row.why, row.source, mean, slowest)
    elif waits:
        yield Slow(operation, waits, operation.function, mean, slowest)
    elif operation.after is not Rung.NATIVE and slowest is not None and slowest >= SLOW_SECONDS:
        yield Slow(operation, "slow in the log", "measured", mean, slowest)


def _waits(source: str) -> str:
    """How a function waits by itself, "" where it does not."""
    if not source:
        return ""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            if ast.unparse(node.func).rpartition(".")[2] == "sleep":
                return "the function sleeps between its attempts"
            if any(word.arg == "attempts" and ast.unparse(word.value) != "1" for word in node.keywords):
                return "tries again after a failure, and sleeps 0.2 to 2 s before each time (oslo.concurrency)"
    return ""


def _size(slow: Sequence[Slow], load: float | None, busiest: float | None) -> tuple[int, str]:
    if load:
        most = max(load, busiest or 0.0)
        size = threads(most)
        text = "in the busiest minute" if busiest and busiest >= load else "on the whole"
        return size, f"with {most:.2g} calls at once {text} fewer than 1 in {WAITING} waits (Erlang C)"
    if not slow:
        return 0, ""
    return len(slow) + 1, "each of its slow calls once at the same time, and one for all others"


def threads(load: float) -> int:
    """The least number of threads with which at most one call in WAITING waits, for so many calls at once on average.

    Erlang's C formula: calls come independently of each other. Source: A. K. Erlang, 1917.
    """
    blocked = 1.0  # Erlang B, thread by thread
    for number in range(1, _MOST + 1):
        blocked = load * blocked / (number + load * blocked)
        if number > load and blocked / (1 - load / number * (1 - blocked)) <= 1 / WAITING:
            return number
    return math.ceil(load)
