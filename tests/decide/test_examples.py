"""Every example of every rule, as the manual prints it."""

from __future__ import annotations

import pytest

from migrator.decide.checks import counts, example_fault
from migrator.decide.rule import Becomes, Rule, Stays
from tests.shipped import rulebook

BOOK = rulebook()
BECOMES = [
    pytest.param(rule, each, id=f"{rule.name}: {each.call}")
    for rule in BOOK.all()
    for each in rule.examples
    if isinstance(each, Becomes)
]
STAYS = [
    pytest.param(rule, each, id=f"{rule.name}: {each.call}")
    for rule in BOOK.all()
    for each in rule.examples
    if isinstance(each, Stays)
]


@pytest.mark.parametrize(("rule", "example"), BECOMES)
def test_call_becomes(rule: Rule, example: Becomes) -> None:
    assert example_fault(rule, example, BOOK) == ""


@pytest.mark.parametrize(("rule", "example"), STAYS)
def test_call_is_left_to_others(rule: Rule, example: Stays) -> None:
    assert example_fault(rule, example, BOOK) == ""


@pytest.mark.parametrize("rule", BOOK.all(), ids=lambda rule: rule.name)
def test_a_rule_has_as_many_calls_that_it_leaves_alone_and_trials(rule: Rule) -> None:
    assert list(counts(rule)) == []
