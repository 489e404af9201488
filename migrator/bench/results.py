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
    """Of so many calls, in milliseconds."""

    count: int
    median: float
    p95: float
    least: float


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
    return Times(len(ordered), *(1000 * each for each in (statistics.median(ordered), ordered[rank], ordered[0])))


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
    """One figure of two runs. ratio: new to old; against: the same after division by what `exec` did in each run."""

    way: str
    operation: str
    old: float
    new: float
    against: float | None

    @property
    def ratio(self) -> float:
        return self.new / self.old


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
            found.append(Change(way.value, operation, before.median, after.median, against))
    return tuple(found)


def apart(old: Result, new: Result) -> tuple[str, ...]:
    """What differs between the machines and libraries of two runs, in words: their times are not comparable then."""
    pairs = [
        (name, mine.get(name), theirs.get(name))
        for mine, theirs in ((old.machine, new.machine), (old.versions, new.versions))
        for name in dict.fromkeys((*mine, *theirs))
        if name not in ("load", "privmigrate")
    ]
    return tuple(f"{name}: {before}, now {after}" for name, before, after in pairs if before != after)
