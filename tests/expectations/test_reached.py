"""What a test may come to, by names."""

from __future__ import annotations

import ast

import pytest

from migrator.expectations.reached import Around, called, closure

CODE = """\
def drop():
    run(stop)


def stop():
    kill()


def kill():
    pass


def other():
    far()


def far():
    pass
"""


@pytest.fixture(scope="module")
def around() -> Around:
    functions = [node for node in ast.parse(CODE).body if isinstance(node, ast.FunctionDef)]
    return Around(lambda: {"cloudy.disks": {each.name: called(each) for each in functions}})


def test_at_any_distance_and_what_is_handed_on(around: Around) -> None:
    found = closure(called(ast.parse("disks.drop()")), around, ())
    assert found == {("cloudy.disks", name) for name in ("drop", "stop", "kill")}


def test_what_is_mocked_on_the_way_leads_nowhere(around: Around) -> None:
    assert closure(called(ast.parse("disks.drop()")), around, {"stop"}) == {("cloudy.disks", "drop")}


def test_nothing_of_what_another_test_comes_to(around: Around) -> None:
    assert closure(called(ast.parse("pass")), around, ()) == frozenset()
