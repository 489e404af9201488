"""Rules proven for tests, two at a time, each in a house; skips loudly where no house can be made."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence

import pytest

from migrator.decide.rule import Rule
from migrator.verify import facilities, house, proving, uids
from migrator.verify.verdict import Verdict, Word


def proven(rules: Sequence[Rule], examples: int, sweep: int | None = None) -> list[Verdict]:
    """The verdict on each rule, in their order; examples, sweep: as proving.prove() takes them."""
    machine = proving.Machine(facilities.lacking(), uids.plan().many)
    devices = [] if "block" in machine.lacking else [facilities.BLOCK_DEVICE]
    verdicts: dict[int, Verdict] = {}
    for contained in (True, False):
        mine = [number for number, rule in enumerate(rules) if facilities.powers(rule) != contained]
        take = house.jobs(len(mine))

        def work(mine: list[int] = mine, take: Callable[[], int | None] = take) -> Iterator[tuple[int, Verdict]]:
            proving.warm(rules)
            while (place := take()) is not None:
                for item in proving.prove(rules[mine[place]], machine, examples, sweep):
                    if isinstance(item, Verdict):
                        yield mine[place], item

        try:
            houses = min(len(os.sched_getaffinity(0)), len(mine))
            shown = [] if contained else devices
            verdicts |= house.stay(work, visible=shown, contained=contained or os.geteuid() != 0, houses=houses)
        except house.HouseError as error:
            pytest.skip(str(error))
    return [verdicts[number] for number in range(len(rules))]


def shipped(rules: Sequence[Rule]) -> dict[str, Verdict]:
    """The verdict on each shipped rule by its name: a part of what `verify rules` tries, which takes minutes."""
    return {verdict.rule: verdict for verdict in proven(rules, examples=2, sweep=8)}


def hold(rule: Rule, verdict: Verdict) -> None:
    """A shipped rule has to be proven, and to say so where it cannot be; skips what this machine lacks."""
    if unavailable(rule):
        assert verdict.word is Word.NOT_HERE
        pytest.skip(f"{rule.name}: {', '.join(verdict.lacking)}")
    if rule.review:
        assert verdict.word is Word.NOT_HERE, "it is proven here: take its review away"
    elif verdict.lacking and verdict.word is Word.NOT_HERE:
        pytest.skip("; ".join(verdict.lacking))
    else:
        assert verdict.word is Word.PROVEN, told(verdict)


def unavailable(rule: Rule) -> bool:
    """Whether this machine has not what all trials of a rule need: its program, or the device for taps."""
    if shutil.which(rule.form.program, path=house.SECURE_PATH) is None:
        return True
    return "tun" in facilities.lacking() and any("tun" in trial.needs for trial in rule.trials)


def told(verdict: Verdict) -> str:
    """A verdict that was not expected, for the test's output."""
    lines = [f"{verdict.rule}: {verdict.word.value}", f"claimed {sorted(verdict.claimed)}, found {verdict.found}"]
    for finding in verdict.findings:
        lines += [f"{finding.line} (check={finding.check})", *map(repr, finding.divergences)]
    return "\n".join([*lines, *(f"does not show: {text}" for text in verdict.absent), *verdict.lacking])
