"""Rules proven for tests, two at a time, each in a house; skips loudly where no house can be made."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import pytest

from migrator.decide.rule import Rule
from migrator.verify import facilities, house, proving, uids
from migrator.verify.verdict import Verdict


def proven(rules: Sequence[Rule], examples: int) -> list[Verdict]:
    """The verdict on each rule, in their order; examples: generated trials of each, beside the sweep."""
    machine = proving.Machine(facilities.lacking(), uids.plan().many)
    take = house.jobs(len(rules))

    def work() -> Iterator[tuple[int, Verdict]]:
        proving.warm(rules)
        while (number := take()) is not None:
            for item in proving.prove(rules[number], machine, examples):
                if isinstance(item, Verdict):
                    yield number, item

    try:
        found = dict(house.stay(work, houses=len(os.sched_getaffinity(0))))
    except house.HouseError as error:
        pytest.skip(str(error))
    return [found[number] for number in range(len(rules))]


def told(verdict: Verdict) -> str:
    """A verdict that was not expected, for the test's output."""
    lines = [f"{verdict.rule}: {verdict.word.value}", f"claimed {sorted(verdict.claimed)}, found {verdict.found}"]
    for finding in verdict.findings:
        lines += [f"{finding.line} (check={finding.check})", *map(repr, finding.divergences)]
    return "\n".join([*lines, *(f"does not show: {text}" for text in verdict.absent), *verdict.lacking])
