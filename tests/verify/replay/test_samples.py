"""Samples: what they give, what a first reading notes, and how a function's statements are carried out with them."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from migrator.verify.replay.pairing import Scope, scopes
from migrator.verify.replay.samples import FLAVOURS, Constant, Sample, World, number, word
from migrator.verify.replay.walkthrough import Unknown, given, names_at

IMPORTED = {"os": "os", "processutils": "oslo_concurrency.processutils", "CONF": "pkg.conf.CONF"}


def call_of(source: str) -> tuple[Scope, ast.Call]:
    """The first function of a source and its call of run()."""
    tree = ast.parse(source)
    scope = next(each for name, each in scopes(tree).items() if name != "<module>")
    call = next(
        node for node in ast.walk(scope.node) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "run"
    )
    return scope, call


def words(source: str, world: World) -> list[Any]:
    """What run() is given; a first reading notes what the names hold, as it does for a site."""
    scope, call = call_of(source)
    if not world.noting:
        first = World(noting=True)
        given(names_at(scope, call, first, IMPORTED), call)
        world.kinds.update(first.kinds)
    return given(names_at(scope, call, world, IMPORTED), call)[0]


def body(*lines: str) -> str:
    return "def f(self, path, size, opts):\n" + "".join(f"    {line}\n" for line in lines)


def test_a_word_is_made_of_the_code_and_is_another_one_for_each_piece() -> None:
    first, second = words(body("run(self.path, path)"), World())
    assert (first, second) == (word("self.path"), word("path"))
    assert first != second


@pytest.mark.parametrize("flavour", [name for name in FLAVOURS if name not in ("number", "object")])
def test_a_word_has_its_disguise(flavour: str) -> None:
    (found,) = words(body("run(path)"), World(flavour))
    assert found == FLAVOURS[flavour].replace("{}", word("path"))


def test_what_nothing_is_known_of_is_a_number_or_an_object_too() -> None:
    assert words(body("run(path)"), World("number")) == [number("path")]
    (found,) = words(body("run(path)"), World("object"))
    assert isinstance(found, Sample)
    assert str(found) == word("path")


@pytest.mark.parametrize(
    ("code", "key", "kind"),
    [
        ("'%d' % size", "size", "number"),
        ("size * 1024", "size", "number"),
        ("f'{size:03d}'", "size", "number"),
        ("path + '.bak'", "path", "text"),
        ("path.strip()", "path", "text"),
        ("os.path.join('/x', path)", "path", "text"),
        ("','.join([path, 'x'])", "path", "text"),
        ("self.path", "self", "holder"),
        ("opts['a']", "opts", "holder"),
        ("self.name(path)", "self.name", "holder"),
    ],
)
def test_the_first_reading_notes_what_a_name_holds(code: str, key: str, kind: str) -> None:
    world = World(noting=True)
    words(body(f"run({code})"), world)
    assert world.kinds[key] == kind


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("'if=%s' % path", f"if={word('path')}"),
        ("f'{path}/x'", f"{word('path')}/x"),
        ("'{}:{}'.format(path, self.a)", f"{word('path')}:{word('self.a')}"),
        ("str(opts['a'])", word("opts['a']")),
        ("os.path.basename('/a/' + path)", word("path")),
        ("CONF.tool", word("pkg.conf.CONF.tool")),
        ("opts.get('a', 1)", word("opts.get('a', 1)")),
    ],
)
def test_texts_are_made_of_samples(code: str, expected: str) -> None:
    world = World(noting=True)
    words(body(f"run({code})"), world)
    assert words(body(f"run({code})"), World(kinds=world.kinds)) == [expected]


def test_statements_before_the_call_are_carried_out() -> None:
    source = body(
        "cmd = ['mkfs', '-t', 'ext4']",
        "if opts:",
        "    cmd += ['-L', 'x']",
        "else:",
        "    cmd.append('-F')",
        "for each in ('a', 'b'):",
        "    cmd.append(each)",
        "try:",
        "    run(*cmd, path)",
        "except OSError:",
        "    pass",
    )
    world = World(noting=True)
    words(source, world)
    assert "opts" in world.tested
    assert words(source, World())[:-1] == ["mkfs", "-t", "ext4", "-L", "x", "a", "b"]
    assert words(source, World(truths={"opts": False}))[:-1] == ["mkfs", "-t", "ext4", "-F", "a", "b"]


def test_a_way_that_leaves_the_function_is_not_taken() -> None:
    source = body("name = 'a'", "if opts:", "    name = 'b'", "    return", "run(name)")
    assert words(source, World()) == ["a"]


def test_what_two_calls_return_can_be_given_one_name() -> None:
    scope, call = call_of(body("out, err = start('x')", "run(out)"))
    start = next(node for node in ast.walk(scope.node) if isinstance(node, ast.Call) and node is not call)
    named = Scope(scope.name, scope.node, scope.statements, {start: "result_1"})
    world = World(kinds={"result_1": "holder"})
    assert given(names_at(named, call, world, {}), call)[0] == [word("result_1[0]")]


def test_constants_of_libraries_stay_what_they_are() -> None:
    (found,) = words(body("run(processutils.LOG_ALL_ERRORS)"), World())
    assert found == Constant("oslo_concurrency.processutils:LOG_ALL_ERRORS")


def test_nothing_of_the_target_is_called_but_what_looks_only_at_its_arguments() -> None:
    assert words(body("run(os.remove(path))"), World()) == [word(f"os.remove({word('path')!r})")]


def test_what_cannot_be_had_is_told() -> None:
    with pytest.raises(Unknown, match="ZeroDivisionError"):
        words(body("run(1 / 0)"), World())
