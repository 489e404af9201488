"""rewrite --timeout: every function that runs a command gets the limit, once, and nothing else changes."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest

from migrator.decide.limits import limited
from migrator.decide.plan import plan
from migrator.model import Outcome
from tests.decide.calls import site
from tests.shipped import rulebook

BOOK = rulebook()


def source(call: str) -> str:
    return of(plan(site(call), BOOK))


def of(outcome: Outcome) -> str:
    (done,) = limited([outcome], 30)
    assert done.function is not None
    return done.function.source


@pytest.mark.parametrize(
    "call",
    [
        "execute('lvs', run_as_root=True)",
        "execute('lvremove', '-f', path, run_as_root=True)",
        "execute('lvcreate', '-n', name, '--a-long-option', size, group, check_exit_code=[0, 5], run_as_root=True)",
        "execute('cryptsetup', 'create', name, process_input=key, run_as_root=True)",
    ],
)
def test_a_function_that_runs_a_command_is_given_the_limit(call: str) -> None:
    before = plan(site(call), BOOK)
    assert before.function is not None
    (run,) = [node for node in ast.walk(ast.parse(source(call))) if isinstance(node, ast.Call)]
    assert [ast.unparse(word.value) for word in run.keywords if word.arg == "timeout"] == ["30"]
    del run.keywords[-1]
    (old,) = [node for node in ast.walk(ast.parse(before.function.source)) if isinstance(node, ast.Call)]
    assert ast.dump(run) == ast.dump(old)


def test_a_limit_of_its_own_stays() -> None:
    text = source("execute('lvs', timeout=5, run_as_root=True)")
    assert text.count("timeout=5") == 1 and "30" not in text


def test_a_native_function_starts_nothing_that_could_be_ended() -> None:
    outcome = plan(site("execute('chown', owner, path, run_as_root=True)"), BOOK)
    assert limited([outcome], 30) == (outcome,)


def test_what_has_no_function_stays() -> None:
    outcome = replace(plan(site("execute('lvs', run_as_root=True)"), BOOK), function=None)
    assert limited([outcome], 30) == (outcome,)


def test_the_limit_stands_in_the_call_whatever_its_letters_and_parentheses() -> None:
    outcome = plan(site("execute('lvs', run_as_root=True)"), BOOK)
    assert outcome.function is not None
    odd = replace(outcome.function, source="def lvs(x):\n    return command.run('é',\n        ('ß', (x)))[0]\n")
    assert of(replace(outcome, function=odd)).endswith("('ß', (x)), timeout=30)[0]\n")


def test_an_executor_of_the_project_hands_the_limit_on_and_helpers_stay() -> None:
    outcome = plan(site("execute('lvs', run_as_root=True)"), BOOK)
    assert outcome.function is not None
    text = (
        "def lvs(words):\n    words = command.admitted(words, 'lvs')\n"
        "    return rootwrap.run(*words, run_as_root=False)\n"
    )
    limit = of(replace(outcome, function=replace(outcome.function, source=text)))
    assert limit == text.replace("=False)", "=False, timeout=30)")
