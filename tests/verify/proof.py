"""Rules proven for tests, as `verify rules` does it; skips loudly where no house can be made."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

import pytest

from migrator.decide.rule import Rule
from migrator.verify import facilities, house
from migrator.verify.verdict import Verdict, Word
from tests.verify import fresh


def proven(rules: Sequence[Rule], examples: int, sweep: int | None = None) -> list[Verdict]:
    """The verdict on each rule, in their order; examples, sweep: as proving.prove() takes them."""
    try:
        return fresh.prove(rules, examples, sweep)
    except house.HouseError as error:
        pytest.skip(str(error))


def shipped(rules: Sequence[Rule], examples: int = 2, sweep: int = 8) -> dict[str, Verdict]:
    """The verdict on each shipped rule by its name: a part of what `verify rules` tries, which takes minutes."""
    try:
        return {verdict.rule: verdict for verdict in fresh.prove_elsewhere(rules, examples, sweep)}
    except house.HouseError as error:
        pytest.skip(str(error))


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
