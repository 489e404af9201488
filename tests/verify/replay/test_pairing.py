"""Pairs of root calls and privileged calls: told from the two texts, whatever form the new one has."""

from __future__ import annotations

import ast
import dataclasses
import textwrap

import pytest

from migrator.model import Kind, Site
from migrator.verify.replay.entrypoints import Entrypoint, aliases, usages
from migrator.verify.replay.pairing import Pair, Placed, pairs
from migrator.words import Command

IMPORTS = "import priv.fs\nfrom priv import path as priv_path\n\n\n"
NAMES = ("priv.fs.mount", "priv.fs.umount", "priv.path.touch")
SITE = Site(
    id="", path="a.py", line=1, end_line=1, column=1, span=(0, 1), kind=Kind.DIRECT, enclosing="f", callee="execute",
    via=(), executor="", command=Command(()), flag="True", root="", takes_argv=False, options=(), result="ignored",
    uses=frozenset(), handlers=(), decorators=(),
)  # fmt: skip


def paired(before: str, after: str, kind: Kind = Kind.DIRECT) -> list[Pair]:
    """The pairs of two texts: every call of execute() before is a site."""
    old, new = (ast.parse(IMPORTS + textwrap.dedent(text)) for text in (before, after))
    node = ast.parse("def f(): pass").body[0]
    assert isinstance(node, ast.FunctionDef)
    known = {name: Entrypoint(name, "", "", node) for name in NAMES}
    sites = [
        Placed(dataclasses.replace(SITE, kind=kind, line=each.lineno), each)
        for each in ast.walk(old)
        if isinstance(each, ast.Call) and getattr(each.func, "id", "") == "execute"
    ]
    sites.sort(key=lambda placed: placed.site.line)
    mine, theirs = (aliases(tree, "a", package=False) for tree in (old, new))
    return list(pairs(sites, old, list(usages(new, theirs, known)), list(usages(old, mine, known)), new))


def told(found: list[Pair]) -> list[tuple[str, str]]:
    """(words of the root call, name of the privileged function); "kept" for a call that is as it was."""
    return [
        (
            ast.unparse(each.placed.call.args[0]).strip("'") if each.placed else "",
            "kept" if each.kept else each.usage.function.name if each.usage else "",
        )
        for each in found
    ]


BEFORE = """
    def f(a, b):
        execute('mount', a, b)
        log(a)
        execute('umount', b)
"""


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param(
            "def f(a, b):\n    priv.fs.mount(a, b)\n    log(a)\n    priv.fs.umount(b)",
            [("mount", "priv.fs.mount"), ("umount", "priv.fs.umount")],
            id="both",
        ),
        pytest.param(
            "def f(a, b):\n    execute('mount', a, b)\n    log(a)\n    priv.fs.umount(b)",
            [("mount", "kept"), ("umount", "priv.fs.umount")],
            id="one stays",
        ),
        pytest.param(
            "def f(a, b):\n    log(a)\n    priv.fs.umount(b)",
            [("mount", ""), ("umount", "priv.fs.umount")],
            id="one is gone",
        ),
        pytest.param(
            "def f(a, b):\n    priv.fs.mount(a, b)\n    log(a)\n    priv.fs.umount(b)\n    priv_path.touch(b)",
            [("mount", "priv.fs.mount"), ("umount", "priv.fs.umount"), ("", "priv.path.touch")],
            id="one more",
        ),
        pytest.param(
            "def f(a, b):\n    if root:\n        priv.fs.mount(a, b)\n    else:\n        execute('mount', a, b, x=1)\n"
            "    log(a)\n    priv.fs.umount(b)",
            [("mount", "priv.fs.mount"), ("umount", "priv.fs.umount")],
            id="conditional statement",
        ),
        pytest.param(
            "def f(a, b):\n    priv.fs.mount(a, b) if root else execute('mount', a, b, x=1)\n    log(a)\n"
            "    priv.fs.umount(b)",
            [("mount", "priv.fs.mount"), ("umount", "priv.fs.umount")],
            id="conditional expression",
        ),
        pytest.param(
            "def f(a, b):\n    again(priv.fs.mount, a, b)\n    log(a)\n    again(lambda: priv.fs.umount(b))",
            [("mount", "priv.fs.mount"), ("umount", "priv.fs.umount")],
            id="handed to a wrapper",
        ),
        pytest.param(
            "def g(a, b):\n    priv.fs.mount(a, b)",
            [("mount", ""), ("umount", ""), ("", "priv.fs.mount")],
            id="elsewhere",
        ),
    ],
)
def test_each_root_call_has_its_privileged_call(after: str, expected: list[tuple[str, str]]) -> None:
    assert sorted(told(paired(BEFORE, after))) == sorted(expected)


def test_neighbours_without_a_statement_between_them_are_told_apart_when_one_is_gone() -> None:
    before = "def f(a, b):\n    execute('mount', a)\n    execute('touch', b)\n"
    found = paired(before, "def f(a, b):\n    priv_path.touch(b)\n")
    assert sorted(told(found)) == [("mount", ""), ("touch", "priv.path.touch")]


def test_calls_that_changed_places_are_paired_in_order() -> None:
    before = "def f(a, b):\n    execute('mount', a)\n    execute('touch', b)\n"
    found = paired(before, "def f(a, b):\n    priv_path.touch(b)\n    priv.fs.mount(a)\n")
    assert told(found) == [("mount", "priv.path.touch"), ("touch", "priv.fs.mount")]


def test_a_privileged_call_that_was_there_before_replaces_nothing() -> None:
    text = "def f(a, b):\n    priv.fs.mount(a, b)\n    log(a)\n"
    assert paired(text, text + "    log(b)\n") == []


def test_a_laundered_call_that_stays_is_kept() -> None:
    text = "def f(a):\n    execute('touch', a)\n    log(a)\n"
    assert told(paired(text, text.replace("log(a)", "log(a, a)"), Kind.LAUNDERED)) == [("touch", "kept")]


def test_what_was_handed_on_stands_after_the_function() -> None:
    (first, *_) = paired(BEFORE, "def f(a, b):\n    again(priv.fs.mount, a, b)\n    log(a)\n    priv.fs.umount(b)")
    assert first.usage is not None
    assert first.usage.handed is not None


def test_the_two_sides_of_a_pair_know_that_their_results_are_the_same() -> None:
    (first, second) = paired(BEFORE, "def f(a, b):\n    priv.fs.mount(a, b)\n    log(a)\n    priv.fs.umount(b)")
    for pair in (first, second):
        assert pair.old is not None
        assert pair.new is not None
        assert pair.placed is not None
        assert pair.usage is not None
        assert pair.old.results[pair.placed.call] == pair.new.results[pair.usage.call]
    assert first.old is not None
    assert len(set(first.old.results.values())) == 2


def test_methods_of_the_same_name_are_of_their_class() -> None:
    before = "class A:\n    def f(self):\n        execute('mount', 1)\n"
    before += "class B:\n    def f(self):\n        execute('umount', 2)\n"
    after = before.replace("execute('umount', 2)", "priv.fs.umount(2)")
    assert sorted(told(paired(before, after))) == [("mount", "kept"), ("umount", "priv.fs.umount")]
