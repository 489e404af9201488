"""Two runs of the benchmark as ratios, new to old, with a word on whether a difference is more than noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from benching.dataset import BASELINE, Dataset, Samples, fingerprint
from migrator.bench.results import apart_by_more, interval, verdict


@dataclass(frozen=True)
class Change:
    """A tool's figure in both runs. what: "x ripgrep", CPU time as a ratio to ripgrep's in the pairs, or "cpu ms".

    certain: the intervals in which the medians lie (95 %) do not meet.
    """

    tree: str
    tool: str
    what: str
    old: float
    new: float
    certain: bool

    @property
    def ratio(self) -> float:
        return self.new / self.old

    @property
    def verdict(self) -> str:
        return verdict(self.ratio, certain=self.certain)


def changes(old: Dataset, new: Dataset) -> Iterator[Change]:
    """What both runs measured. Ripgrep is compared by its time; all others have the machine's drift taken out."""
    for tree, of_tools in new.trees.items():
        for name, after in of_tools.items():
            before = old.trees.get(tree, {}).get(name)
            if before is None:
                continue
            told = _figures(name, before, after)
            if told is not None:
                what, first, second = told
                certain = apart_by_more(interval(first), interval(second))
                yield Change(tree, name, what, median(first), median(second), certain)


def _figures(name: str, before: Samples, after: Samples) -> tuple[str, tuple[float, ...], tuple[float, ...]] | None:
    if name != BASELINE and before.cpu_ratio and after.cpu_ratio:
        return "x ripgrep", before.cpu_ratio, after.cpu_ratio
    if before.cpu and after.cpu and median(before.cpu):
        return "cpu ms", before.cpu, after.cpu
    return None


def apart(old: Dataset, new: Dataset) -> tuple[str, ...]:
    """What differs between the machines and versions of two runs, in words."""
    pairs = [
        (name, mine.get(name), theirs.get(name))
        for mine, theirs in ((old.machine, new.machine), (old.versions, new.versions), (old.settings, new.settings))
        for name in dict.fromkeys((*mine, *theirs))
        if name != "load"
    ]
    return tuple(f"{name}: {before}, now {after}" for name, before, after in pairs if before != after)


def lines(old: Dataset, new: Dataset) -> list[str]:
    """The comparison as Markdown; another machine is told first."""
    told = [f"Compared with the run of {old.when} at {old.commit[:10]}.", ""]
    if fingerprint(old.machine) != fingerprint(new.machine):
        told += ["**NOT THE SAME MACHINE: times say nothing, and ratios little.**", ""]
    differing = apart(old, new)
    if differing:
        told += [*(f"- differs: {line}" for line in differing), ""]
    told += ["| tree | tool | figure | old | new | new / old | |", "|---|---|---|---:|---:|---:|---|"]
    for one in changes(old, new):
        figures = f"{one.old:.3g} | {one.new:.3g} | {one.ratio:.2f}"
        told.append(f"| {one.tree} | {one.tool} | {one.what} | {figures} | {one.verdict} |")
    told += [
        "",
        "x ripgrep: CPU time as a multiple of ripgrep's in the same pairs. In spread: the intervals in",
    ]
    told += ["which the medians lie (95 %) meet, so that the runs do not show a difference."]
    return told
