"""Score a `privmigrate scan --format json` report against hand-made labels.

    python tools/score.py REPORT.json LABELS.jsonl [--strict-recall 0.98] [--precision 0.98] [--program 0.95] [--list]

Recall is over the labelled executor sites (the callee takes the argv) that are `sure`. A reported site is right when
a label of any kind, role or confidence stands on the same call. `program` is the share of matched sites whose program
the label knows and the report names too. Exit status: 0 where every threshold given holds, 1 where one falls short,
2 for unusable input.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
Place = tuple[str, int]


@dataclass(frozen=True)
class Share:
    """How many of how many; value is 1.0 of nothing, as nothing was missed."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        return self.hits / self.of if self.of else 1.0

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.hits}/{self.of})"


@dataclass(frozen=True)
class Score:
    """What a report is worth, with the rows behind every point that it lost."""

    kinds: tuple[tuple[str, Share], ...]
    recall: Share
    precision: Share
    program: Share
    missed: tuple[Row, ...]
    false: tuple[Row, ...]
    misnamed: tuple[tuple[Row, tuple[str, ...]], ...]


def score(sites: Sequence[Row], labels: Sequence[Row]) -> Score:
    """Compare reported sites with labels, by path and line; paths are taken from the labelled package on."""
    packages = frozenset(str(label["file"]).split("/", 1)[0] for label in labels)
    found: defaultdict[Place, list[Row]] = defaultdict(list)
    for site in sites:
        found[_from_package(str(site["path"]), packages), int(site["line"])].append(site)
    labelled = {_place(label) for label in labels}
    executors = [label for label in labels if label.get("callee_role", "executor") == "executor"]

    total: Counter[str] = Counter(label["kind"] for label in executors)
    hit: Counter[str] = Counter(label["kind"] for label in executors if _place(label) in found)
    sure = [label for label in executors if label.get("confidence") == "sure"]
    false = [site for place, group in found.items() if place not in labelled for site in group]
    named = [
        (label, _programs(found[_place(label)]))
        for label in executors
        if label.get("command") and label["kind"] != "forwarder" and _place(label) in found
    ]
    misnamed = [(label, tuple(sorted(names))) for label, names in named if label["command"] not in names]
    return Score(
        kinds=tuple((kind, Share(hit[kind], total[kind])) for kind in sorted(total)),
        recall=Share(sum(_place(label) in found for label in sure), len(sure)),
        precision=Share(len(sites) - len(false), len(sites)) if sites else Share(0, 1),
        program=Share(len(named) - len(misnamed), len(named)),
        missed=tuple(label for label in executors if _place(label) not in found),
        false=tuple(false),
        misnamed=tuple(misnamed),
    )


def _place(label: Row) -> Place:
    return str(label["file"]), int(label["line"])


def _from_package(path: str, packages: frozenset[str]) -> str:
    """Cut what stands before the package: a report may be made from above the folder that holds it."""
    parts = path.removeprefix("./").split("/")
    for start, part in enumerate(parts):
        # nova/nova/x.py: the first is the unpacked sdist's folder
        if part in packages and parts[start + 1 : start + 2] != [part]:
            return "/".join(parts[start:])
    return "/".join(parts)


def _programs(sites: Iterable[Row]) -> set[str]:
    return {str(name) for site in sites for name in (site.get("program"), *(site.get("programs") or ())) if name}


def lines(result: Score, every: bool) -> Iterable[str]:
    """The score as text; every=True puts each lost point before it."""
    if every:
        for label in result.missed:
            yield f"MISSED {label['confidence']:9} {label['kind']:12} {label['file']}:{label['line']} {label['argv']}"
        for site in result.false:
            yield f"FALSE  {site.get('kind')} {site['path']}:{site['line']} {site.get('callee')}"
        for label, names in result.misnamed:
            yield f"PROGRAM {label['file']}:{label['line']} is {label['command']}, reported {list(names)}"
    for kind, share in result.kinds:
        yield f"{kind:14} {share.hits:4} of {share.of}"
    yield f"strict recall {result.recall}  precision {result.precision}  program {result.program}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("report", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--strict-recall", type=float, default=0.0)
    parser.add_argument("--precision", type=float, default=0.0)
    parser.add_argument("--program", type=float, default=0.0)
    parser.add_argument("--list", action="store_true", help="print every miss, false positive and wrong program")
    options = parser.parse_args()
    try:
        sites = json.loads(options.report.read_text())["sites"]
        labels = [json.loads(line) for line in options.labels.read_text().splitlines() if line.strip()]
        result = score(sites, labels)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"score: {error!r}", file=sys.stderr)
        return 2
    for line in lines(result, options.list):
        print(line)
    enough = (
        result.recall.value >= options.strict_recall
        and result.precision.value >= options.precision
        and result.program.value >= options.program
    )
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
