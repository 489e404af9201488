"""Every example of every rule, as the manual prints it."""

from __future__ import annotations

import pytest

from migrator.decide.load import rulebook
from migrator.decide.plan import plan
from migrator.decide.rule import Becomes, Rule, Stays
from migrator.decide.usable import libraries
from migrator.model import Outcome, Status
from tests.decide.calls import site

BOOK = rulebook()
ALLOWED = frozenset(library for rule in BOOK.all() for library in libraries(rule))
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


def written(outcome: Outcome, rule: Rule) -> str:
    """The privileged call: parameters without a default by position, the others by keyword."""
    assert outcome.function is not None
    parameters = rule.signature.parameters
    words = [
        argument.code
        if parameters[argument.name].default is parameters[argument.name].empty
        else f"{argument.name}={argument.code}"
        for argument in outcome.arguments
    ]
    return f"privsep.{outcome.function.module}.{outcome.function.name}({', '.join(words)})"


@pytest.mark.parametrize(("rule", "example"), BECOMES)
def test_call_becomes(rule: Rule, example: Becomes) -> None:
    outcome = plan(site(example.call), BOOK, ALLOWED)
    assert outcome.status is (Status.REVIEW if rule.review else Status.READY) and outcome.function is not None
    assert outcome.function.rule == rule.name
    assert written(outcome, rule) == example.becomes


@pytest.mark.parametrize(("rule", "example"), STAYS)
def test_call_is_left_to_others(rule: Rule, example: Stays) -> None:
    outcome = plan(site(example.call), BOOK, ALLOWED)
    assert outcome.function is None or outcome.function.rule != rule.name
    assert any(example.because in reason.text for reason in outcome.reasons), outcome.reasons


@pytest.mark.parametrize("rule", BOOK.all(), ids=lambda rule: rule.name)
def test_a_rule_has_as_many_calls_that_it_leaves_alone(rule: Rule) -> None:
    becomes = sum(isinstance(each, Becomes) for each in rule.examples)
    assert 0 < becomes <= 4 and len(rule.examples) - becomes >= 2
