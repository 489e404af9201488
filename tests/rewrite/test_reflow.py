"""Long lines are broken without a change of meaning."""

from __future__ import annotations

import ast
import inspect
import textwrap

import pytest

from migrator.decide.rule import Rule
from migrator.rewrite.reflow import reflow
from tests.shipped import rulebook

RULES = rulebook().all()


def meaning(text: str) -> str:
    """The code without its layout: of a docstring, also that of an inner function, only the words count."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and (said := ast.get_docstring(node)):
            node.body[0] = ast.Expr(ast.Constant(" ".join(said.split())))
    return ast.dump(tree)


def test_a_def_that_fits_one_line_stands_on_one() -> None:
    text = "def tee(\n    path, process_input=None,\n    append=False,\n):\n    return path\n"
    assert reflow(text, 79) == "def tee(path, process_input=None, append=False):\n    return path\n"
    commented = "def tee(\n    path,  # absolute\n):\n    return path\n"
    assert reflow(commented, 79) == commented


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.function.__name__)
def test_every_rule_s_function_fits_a_page_of_79(rule: Rule) -> None:
    text = textwrap.dedent(inspect.getsource(rule.function))
    narrow = reflow(text, 79)
    assert meaning(narrow) == meaning(text)
    assert [line for line in narrow.splitlines() if len(line) > 79] == []
    assert reflow(narrow, 79) == narrow


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = call(first_argument, second_argument)\n", "x = call(first_argument,\n         second_argument)\n"),
        ("a_long_name_of = call(some_argument)\n", "a_long_name_of = call(\n    some_argument)\n"),
        (
            "if first_condition and second_condition:\n    pass\n",
            "if (\n        first_condition and\n        second_condition):\n    pass\n",
        ),
        ("call(x)  # why this is so, at some length, here\n", "# why this is so, at some\n# length, here\ncall(x)\n"),
        ("call(a,  # first argument of this\n     b)\n", "call(a,  # first argument of this\n     b)\n"),
        ("one_word_that_is_far_too_long_for_this_page\n", "one_word_that_is_far_too_long_for_this_page\n"),
        (
            "call('one two three four five six', x)\n",
            "call('one two three four '\n     'five six', x)\n",
        ),
        ("value = (first_argument, )\n", "value = (first_argument, )\n"),
        ("the_value_is = (the_first_argument,)\n", "the_value_is = (\n    the_first_argument,)\n"),
    ],
)
def test_it_breaks_where_openstack_does(before: str, after: str) -> None:
    assert reflow(before, 30) == after
    assert meaning(before) == meaning(after)
