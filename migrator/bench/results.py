"""The figures of a run: statistics of its samples, and the ratios that can be read from them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migrator.bench.plan import Plan, Way


@dataclass(frozen=True, slots=True)
class Raw:
    """What was measured. told: what harness.client says at the end, seconds and calls a second.

    memory: daemon -> [KiB of its own and shared memory (PSS), number of processes].
    """

    told: dict[str, Any]
    memory: dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Times:
    """Of so many calls, in milliseconds. around: the interval that the median lies in, 95 % certain."""

    count: int
    median: float
    p95: float
    least: float
    around: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rate:
    """Calls a second of a number of threads. pool: the threads of the daemon, None where it has no pool of them.

    runs: each repetition; median: theirs.
    """

    operation: str
    way: str
    pool: int | None
    threads: int
    median: float
    runs: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Memory:
    """A daemon's memory, what it shares counted by its share (PSS), in KiB; sudo's processes that stay count too."""

    pss: int
    processes: int


@dataclass(frozen=True, slots=True)
class Result:
    """One run. latency: way -> operation -> times. startup, memory: daemon -> figures.

    machine, versions: what it ran on, and with which libraries. settings: of the plan. when: ISO 8601, UTC.
    """

    when: str
    machine: Mapping[str, object]
    versions: Mapping[str, str]
    settings: Mapping[str, object]
    latency: Mapping[str, Mapping[str, Times]]
    startup: Mapping[str, Times]
    throughput: tuple[Rate, ...]
    memory: Mapping[str, Memory]

    @property
    def operations(self) -> tuple[str, ...]:
        """In the order in which they were measured."""
        return tuple(dict.fromkeys(name for of_way in self.latency.values() for name in of_way))

    def times(self, way: Way, operation: str) -> Times | None:
        return self.latency.get(way.value, {}).get(operation)


def times(samples: Sequence[float]) -> Times:
    """The statistics of samples in seconds; the 95th percentile is the nearest rank."""
    ordered = sorted(samples)
    rank = max(math.ceil(0.95 * len(ordered)) - 1, 0)
    low, high = interval(ordered)
    middle, p95, least = (1000 * each for each in (statistics.median(ordered), ordered[rank], ordered[0]))
    return Times(len(ordered), middle, p95, least, (1000 * low, 1000 * high))


def interval(samples: Sequence[float]) -> tuple[float, float]:
    """Where the median lies with 95 % certainty whatever the samples' distribution is: two of them, by rank.

    Below six samples that is all of them, and less certain.
    """
    ordered = sorted(samples)
    count, below, chance = len(ordered), 0, 0.0
    while chance + math.comb(count, below) / 2**count <= 0.025:
        chance += math.comb(count, below) / 2**count
        below += 1
    rank = max(below - 1, 0)
    return ordered[rank], ordered[count - 1 - rank]


def apart_by_more(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two intervals do not meet: then the difference is more than what a run's own calls differ by."""
    least = 1 - 1e-9  # calls that took exactly as long differ in the last digits of a quotient
    return one[1] < other[0] * least or other[1] < one[0] * least


def result(raw: Raw, plan: Plan, when: str, machine: Mapping[str, object], versions: Mapping[str, str]) -> Result:
    """The figures of what was measured."""
    latency: dict[str, dict[str, Times]] = {way.value: {} for way in Way}
    for operation, of_ways in raw.told["latency"].items():
        for way, samples in of_ways.items():
            latency[way][operation] = times(samples)
    return Result(
        when,
        machine,
        versions,
        {
            "rounds": plan.rounds,
            "calls_a_round": plan.often,
            "starts": plan.starts,
            "seconds": plan.seconds,
            "repetitions": plan.repetitions,
            "seed": plan.seed,
        },
        latency,
        {name: times(samples) for name, samples in raw.told["starts"].items()},
        tuple(
            Rate(
                told["operation"],
                told["way"],
                told["pool"],
                told["threads"],
                statistics.median(told["runs"]),
                tuple(told["runs"]),
            )
            for told in raw.told["throughput"]
        ),
        {name: Memory(*figures) for name, figures in raw.memory.items()},
    )


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as long a call takes one way as another, by the medians and by the fastest calls."""

    median: float
    least: float


def ratio(found: Result, operation: str, way: Way, to: Way) -> Ratio | None:
    """None where one of the two was not measured."""
    mine, other = found.times(way, operation), found.times(to, operation)
    if mine is None or other is None or not (other.median and other.least):
        return None
    return Ratio(mine.median / other.median, mine.least / other.least)


def fastest(found: Result, operation: str) -> Way:
    """What the other ways of an operation are compared with: native, or where there is none the command in privsep."""
    return Way.NATIVE if found.times(Way.NATIVE, operation) else Way.EXEC


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of two runs, in ms. against: new to old after division by what `exec` did in each run.

    certain: the intervals that the two medians lie in do not meet, after that division where there is one.
    """

    way: str
    operation: str
    old: float
    new: float
    against: float | None
    certain: bool

    @property
    def ratio(self) -> float:
        """New to old."""
        return self.new / self.old

    @property
    def verdict(self) -> str:
        return verdict(self.ratio if self.against is None else self.against, certain=self.certain)


def verdict(ratio: float, *, certain: bool) -> str:
    """What becomes of a time, new to old, in a word: a difference within the spread of the two runs is none."""
    if not certain:
        return "in spread"
    return "slower" if ratio > 1 else "faster"


def changes(old: Result, new: Result) -> tuple[Change, ...]:
    """What both runs measured, by the medians of latency in ms."""
    found = []
    for operation in new.operations:
        for way in Way:
            before, after = old.times(way, operation), new.times(way, operation)
            if before is None or after is None or not before.median:
                continue
            first, second = ratio(old, operation, way, Way.EXEC), ratio(new, operation, way, Way.EXEC)
            against = second.median / first.median if first and second and way is not Way.EXEC else None
            ranges = [_range(run, operation, way, against is not None) for run in (old, new)]
            certain = apart_by_more(*ranges)
            found.append(Change(way.value, operation, before.median, after.median, against, certain))
    return tuple(found)


def _range(found: Result, operation: str, way: Way, divided: bool) -> tuple[float, float]:
    """Where the median of a way lies, in ms or, divided, in multiples of what `exec` took in the same run."""
    mine, other = found.times(way, operation), found.times(Way.EXEC, operation)
    assert mine is not None
    if not divided or other is None or not other.around[0]:
        return mine.around
    return mine.around[0] / other.around[1], mine.around[1] / other.around[0]


def other_machine(old: Result, new: Result) -> tuple[str, ...]:
    """What differs between the machines of two runs, in words: neither times nor ratios are comparable then."""
    return _differing((old.machine, new.machine))


def apart(old: Result, new: Result) -> tuple[str, ...]:
    """What differs between the libraries and the plans of two runs, in words."""
    return _differing((old.versions, new.versions), (old.settings, new.settings))


def _differing(*pairs: tuple[Mapping[str, object], Mapping[str, object]]) -> tuple[str, ...]:
    told = [
        (name, mine.get(name), theirs.get(name))
        for mine, theirs in pairs
        for name in dict.fromkeys((*mine, *theirs))
        if name not in ("load", "privmigrate", "seed")
    ]
    return tuple(f"{name}: {before}, now {after}" for name, before, after in told if before != after)
