"""Rules proven for tests, two at a time, each in a house; skips loudly where no house can be made."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

import pytest

from migrator.decide.rule import Rule
from migrator.verify import facilities, house, proving, uids
from migrator.verify.verdict import Verdict


def proven(rules: Sequence[Rule], examples: int) -> list[Verdict]:
    """The verdict on each rule, in their order; examples: generated trials of each, beside the sweep."""
    machine = proving.Machine(facilities.lacking(), uids.plan().many)
    verdicts: dict[int, Verdict] = {}
    for contained in (True, False):
        mine = [number for number, rule in enumerate(rules) if facilities.powers(rule) != contained]
        take = house.jobs(len(mine))

        def work(mine: list[int] = mine, take: Callable[[], int | None] = take) -> Iterator[tuple[int, Verdict]]:
            proving.warm(rules)
            while (place := take()) is not None:
                for item in proving.prove(rules[mine[place]], machine, examples):
                    if isinstance(item, Verdict):
                        yield mine[place], item

        try:
            houses = min(len(os.sched_getaffinity(0)), len(mine))
            verdicts |= house.stay(work, contained=contained or os.geteuid() != 0, houses=houses)
        except house.HouseError as error:
            pytest.skip(str(error))
    return [verdicts[number] for number in range(len(rules))]


def told(verdict: Verdict) -> str:
    """A verdict that was not expected, for the test's output."""
    lines = [f"{verdict.rule}: {verdict.word.value}", f"claimed {sorted(verdict.claimed)}, found {verdict.found}"]
    for finding in verdict.findings:
        lines += [f"{finding.line} (check={finding.check})", *map(repr, finding.divergences)]
    return "\n".join([*lines, *(f"does not show: {text}" for text in verdict.absent), *verdict.lacking])
