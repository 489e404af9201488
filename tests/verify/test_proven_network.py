"""Shipped rules of the network are proven: in a file of their own, as they take as long as all others together."""

from __future__ import annotations

import pytest

from migrator.decide.rule import Rule
from migrator.verify.trial import networked
from migrator.verify.verdict import Verdict
from tests.shipped import rulebook
from tests.verify.proof import hold, shipped, unavailable

RULES = [rule for rule in rulebook().all() if networked(rule)]


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Verdict]:
    return shipped(RULES, examples=1, sweep=2)  # a world with a network takes ten times as long as one without


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_shipped_rule_is_proven(rule: Rule, verdicts: dict[str, Verdict]) -> None:
    hold(rule, verdicts[rule.name])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_native_rule_has_trials_of_its_own(rule: Rule, verdicts: dict[str, Verdict]) -> None:
    assert len(rule.trials) >= 8
    if not unavailable(rule):
        assert verdicts[rule.name].trials >= len(set(rule.trials)) - sum(verdicts[rule.name].lacking.values())
