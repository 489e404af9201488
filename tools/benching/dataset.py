"""A run of the benchmark as values and as JSON (privmigrate.scan-bench/1), and the history: one run a line."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benching.running import Pair, Run
from migrator.fault import Fault

SCHEMA = "privmigrate.scan-bench/1"
HISTORY = "privmigrate.scan-bench-history/1"
BASELINE = "ripgrep"
_DIGITS = 3


@dataclass(frozen=True)
class Samples:
    """The runs of one tool in one tree: ms, the ratios to ripgrep's run just before each (none without it), peak MB."""

    found: int
    peak: float
    wall: tuple[float, ...]
    cpu: tuple[float, ...]
    wall_ratio: tuple[float, ...]
    cpu_ratio: tuple[float, ...]


@dataclass(frozen=True)
class Size:
    """A tree of so many copies of a project. mib: of Python text that is read."""

    copies: int
    files: int
    mib: float


@dataclass(frozen=True)
class Growth:
    """cpu, wall: way -> for each size, in the order of `sizes`, ms by round."""

    project: str
    sizes: tuple[Size, ...]
    cpu: Mapping[str, tuple[tuple[float, ...], ...]]
    wall: Mapping[str, tuple[tuple[float, ...], ...]]


@dataclass(frozen=True)
class Step:
    """A commit of a history. how: "analysed" or "the same". blobs: Python files that it changes. cpu, wall: ms."""

    commit: str
    how: str
    blobs: int
    cpu: float
    wall: float


@dataclass(frozen=True)
class Walked:
    """`report --history` over a range of commits; the first one is read as a whole."""

    project: str
    span: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Dataset:
    """One run. trees: tree -> tool -> samples. growth, walked: None where they were not measured."""

    when: str
    commit: str
    machine: Mapping[str, object]
    versions: Mapping[str, str]
    settings: Mapping[str, object]
    missing: tuple[str, ...]
    trees: Mapping[str, Mapping[str, Samples]]
    growth: Growth | None = None
    walked: Walked | None = None


def samples(pairs: Mapping[str, Sequence[Pair]]) -> dict[str, Samples]:
    """The figures of measure(), ripgrep's own runs first; ratios are taken within the pairs, not between medians."""
    baseline = [before for group in pairs.values() for _, before in group if before]
    told = {BASELINE: _samples([(each, None) for each in baseline])} if baseline else {}
    return told | {name: _samples(group) for name, group in pairs.items()}


def _samples(group: Sequence[Pair]) -> Samples:
    runs = [mine for mine, _ in group]

    def ms(seconds: Sequence[float]) -> tuple[float, ...]:
        return tuple(round(1000 * each, _DIGITS) for each in seconds)

    both: list[tuple[Run, Run]] = [(mine, before) for mine, before in group if before]
    return Samples(
        max(run.found for run in runs),
        round(max(run.peak for run in runs), 1),
        ms([run.wall for run in runs]),
        ms([run.cpu for run in runs]),
        tuple(round(mine.wall / before.wall, _DIGITS) for mine, before in both),
        tuple(round(mine.cpu / before.cpu, _DIGITS) for mine, before in both if before.cpu),
    )


def dumps(found: Dataset) -> str:
    """The run as JSON text."""
    return json.dumps({"schema": SCHEMA, **asdict(found)}) + "\n"


def loads(text: str, path: str) -> Dataset:
    """The run that dumps() wrote. Raises Fault, with the path, for what is none."""
    try:
        told = json.loads(text)
        if told["schema"] != SCHEMA:
            raise Fault(
                f"{path}: its schema is {told['schema']}, not {SCHEMA}; name what `tools/bench.py --json` wrote"
            )
        return Dataset(
            str(told["when"]),
            str(told["commit"]),
            dict(told["machine"]),
            dict(told["versions"]),
            dict(told["settings"]),
            tuple(map(str, told["missing"])),
            {
                str(tree): {str(name): _read_samples(one) for name, one in of_tools.items()}
                for tree, of_tools in told["trees"].items()
            },
            _read_growth(told["growth"]) if told["growth"] else None,
            _read_walked(told["walked"]) if told["walked"] else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Fault(f"{path}: no run of `tools/bench.py --json` ({type(error).__name__}: {error})") from None


def _read_samples(told: dict[str, Any]) -> Samples:
    numbers = (tuple(map(float, told[name])) for name in ("wall", "cpu", "wall_ratio", "cpu_ratio"))
    return Samples(int(told["found"]), float(told["peak"]), *numbers)


def _read_growth(told: dict[str, Any]) -> Growth:
    def times(ways: dict[str, Any]) -> dict[str, tuple[tuple[float, ...], ...]]:
        return {str(way): tuple(tuple(map(float, one)) for one in sizes) for way, sizes in ways.items()}

    sizes = tuple(Size(int(one["copies"]), int(one["files"]), float(one["mib"])) for one in told["sizes"])
    return Growth(str(told["project"]), sizes, times(told["cpu"]), times(told["wall"]))


def _read_walked(told: dict[str, Any]) -> Walked:
    steps = tuple(
        Step(str(one["commit"]), str(one["how"]), int(one["blobs"]), float(one["cpu"]), float(one["wall"]))
        for one in told["steps"]
    )
    return Walked(str(told["project"]), str(told["span"]), steps)


def read(path: Path) -> Dataset:
    """Raises Fault for a file that can't be read, or is no run."""
    return loads(_text(path), str(path))


def fingerprint(machine: Mapping[str, object]) -> str:
    """Equal for runs on one kind of machine: its processors and memory, not what it runs or how busy it is."""
    names = ("architecture", "processor", "processors", "memory_mib")
    return hashlib.sha256(repr([machine.get(name) for name in names]).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Entry:
    """A line of the history. ratios: tree -> tool -> "wall" and "cpu" -> the median ratio to ripgrep in that run."""

    when: str
    commit: str
    machine: str
    fingerprint: str
    versions: Mapping[str, str]
    quick: bool
    ratios: Mapping[str, Mapping[str, Mapping[str, float]]]


def entry(found: Dataset) -> Entry:
    """What the history keeps of a run. Raises Fault where there are no ratios to keep."""
    ratios = {
        tree: {
            name: {"wall": round(median(one.wall_ratio), 2), "cpu": round(median(one.cpu_ratio), 2)}
            for name, one in of_tools.items()
            if one.wall_ratio and one.cpu_ratio
        }
        for tree, of_tools in found.trees.items()
    }
    if not any(ratios.values()):
        raise Fault("no ratios to ripgrep in this run, and so nothing for the history: install ripgrep")
    about = f"{found.machine.get('processors')} x {found.machine.get('processor')}"
    quick = bool(found.settings.get("quick"))
    return Entry(found.when, found.commit, about, fingerprint(found.machine), dict(found.versions), quick, ratios)


def history(path: Path) -> tuple[Entry, ...]:
    """The runs of a history file, none where there is no file. Raises Fault, with the line, for what is none."""
    if not path.exists():
        return ()
    found = []
    for number, line in enumerate(_text(path).splitlines(), 1):
        where = f"{path}:{number}"
        try:
            told = json.loads(line)
            if told["schema"] != HISTORY:
                raise Fault(f"{where}: its schema is {told['schema']}, not {HISTORY}; take the line out, or mend it")
            ratios = {
                str(tree): {
                    str(name): {key: float(one[key]) for key in ("wall", "cpu")} for name, one in of_tools.items()
                }
                for tree, of_tools in told["ratios"].items()
            }
            when, commit, machine, digest = (str(told[name]) for name in ("when", "commit", "machine", "fingerprint"))
            about = Entry(when, commit, machine, digest, dict(told["versions"]), bool(told["quick"]), ratios)
            found.append(about)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            why = f"{type(error).__name__}: {error}"
            raise Fault(f"{where}: no run of the benchmark ({why}); take the line out, or mend it") from None
    return tuple(found)


def record(path: Path, one: Entry) -> tuple[Entry, ...]:
    """Add a run to a history file, all of the line or nothing, and return all runs. Raises Fault for a damaged one."""
    before = history(path)
    text = _text(path) if before else ""
    if text and not text.endswith("\n"):
        text += "\n"
    write(path, text + json.dumps({"schema": HISTORY, **asdict(one)}) + "\n")
    return (*before, one)


def write(path: Path, text: str) -> None:
    """All of a file or nothing. Raises Fault where it can't be written."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise Fault(f"{path}: can't be written: {error.strerror}") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise Fault(f"{path}: can't be read: {why}") from None
