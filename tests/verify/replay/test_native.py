"""A native function is a rule's text, and gets what that rule makes of the old command."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest

from migrator.decide.rule import Difference, Rule
from migrator.model import Kind, Site, Use
from migrator.verify.replay import native
from migrator.verify.replay.entrypoints import Entrypoint
from migrator.verify.replay.reading import Ran, Sent
from migrator.words import Command, Literal, Value
from tests.shipped import rulebook


def rule(name: str) -> Rule:
    program = name.partition(".")[0]
    return next(each for each in rulebook().rules_for(program) if each.name == name)


def entry(text: str) -> tuple[Entrypoint, ast.Module]:
    tree = ast.parse(text)
    function = [node for node in tree.body if isinstance(node, ast.FunctionDef)][-1]
    return Entrypoint("pkg.privsep.path.f", "", "", function), tree


def imported(of: Rule) -> dict[str, str]:
    return {
        line.split()[-1]: line.split()[-1] if line.startswith("import") else f"{line.split()[1]}.{line.split()[3]}"
        for line in of.imports
    }


def site(*words: Literal | Value, uses: frozenset[Use] = frozenset()) -> Site:
    return Site(
        id="",
        path="x.py",
        line=1,
        end_line=1,
        column=1,
        span=(0, 1),
        kind=Kind.DIRECT,
        enclosing="f",
        callee="execute",
        via=(),
        executor="oslo_concurrency.processutils.execute",
        command=Command(words, program="chown", programs=("chown",)),
        flag="True",
        root="",
        takes_argv=False,
        options=(),
        result="ignored",
        uses=uses,
        handlers=(),
        decorators=(),
    )


CHOWN = site(Literal("chown"), Value("owner"), Value("path"))


def test_the_text_of_a_rule_is_known_however_it_is_spelled() -> None:
    of = rule("chown.chown")
    text = "@privsep.pctxt.entrypoint\n" + of.source.replace("def chown(", "def take(").replace(
        " -> tuple[str, str]", ""
    )
    text = text.replace('"""Give path to owner', '"""Another docstring: give path to owner')
    function, module = entry(text)
    assert native.rule_of(function, module, imported(of), native.texts([rule("chown.chown_recursive"), of])) == of


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("os.chown(path, uid, gid)", "os.chown(path, uid, gid, follow_symlinks=False)"),
        ("check: bool = True", "check: bool = False"),
        ("if errors and check", "if errors and not check"),
        ("exit_code=1", "exit_code=2"),
        ('return "", stderr', 'return stderr, ""'),
    ],
)
def test_a_changed_text_is_no_rules(old: str, new: str) -> None:
    of = rule("chown.chown")
    assert old in of.source
    function, module = entry(of.source.replace(old, new))
    assert native.rule_of(function, module, imported(of), native.texts([of])) is None


def test_a_name_that_is_something_else_in_the_module_makes_another_function() -> None:
    of = rule("chown.chown")
    function, module = entry(of.source)
    assert native.rule_of(function, module, {**imported(of), "os": "pkg.os"}, native.texts([of])) is None
    assert native.rule_of(function, module, {}, native.texts([of])) is None
    function, module = entry("len = print\nint = abs\n" + of.source)
    assert native.rule_of(function, module, imported(of), native.texts([of])) is None


def test_what_a_function_calls_has_to_be_its_rules_as_well() -> None:
    of = rule("ip.set_link_up")
    known = native.texts([of])
    function, module = entry(of.text)
    assert native.rule_of(function, module, imported(of), known) == of
    for wrong in (
        of.source,
        of.text.replace("return 1, 'Cannot", "return 2, 'Cannot"),
        "_finished = print\n" + of.text,
        "OSError = print\n" + of.text,
    ):
        assert wrong != of.text
        function, module = entry(wrong)
        assert native.rule_of(function, module, imported(of), known) is None


def test_arguments_are_those_of_the_grammar() -> None:
    of = rule("chown.chown")
    ran = Ran(("chown", "root", "/p"), {})
    assert native.sends(of, CHOWN, ran, Sent(("root", "/p"))) is None
    assert native.sends(of, CHOWN, ran, Sent(("root",), {"path": "/p", "check": True})) is None
    assert native.sends(of, CHOWN, ran, Sent(("/p", "root"))) == ("owner='root'", "owner='/p'")
    assert native.sends(of, CHOWN, ran, Sent(("root", "/p"), {"check": False})) == ("check=True", "check=False")
    assert native.sends(of, CHOWN, ran, Sent(("root", "/p", True, 1))) is not None
    assert native.sends(of, CHOWN, ran, Sent((5, "/p"))) == ("owner='root'", "owner=5")


def test_an_argument_behind_a_key_is_the_rest_of_the_old_word() -> None:
    of = rule("dd.dd_copy")
    keyed = Value("'of=%s' % path", ("of=", None))
    command = replace(CHOWN, command=Command((Literal("dd"), Literal("if=/dev/zero"), keyed), program="dd"))
    ran = Ran(("dd", "if=/dev/zero", "of=/p=q"), {})
    assert native.sends(of, command, ran, Sent(("/dev/zero", "/p=q"))) is None
    assert native.sends(of, command, ran, Sent(("/dev/zero", "of=/p=q"))) == ("path='/p=q'", "path='of=/p=q'")


def test_what_the_executor_turned_into_text_has_to_be_sent_as_text() -> None:
    of = rule("chown.chown")
    assert native.sends(of, CHOWN, Ran(("chown", 5, "/p"), {}), Sent(("5", "/p"))) is None
    assert native.sends(of, CHOWN, Ran(("chown", 5, "/p"), {}), Sent((5, "/p"))) == ("owner='5'", "owner=5")


@pytest.mark.parametrize(
    ("options", "sent", "same"),
    [
        ({"check_exit_code": [0, 1]}, {"check": False}, True),
        ({"check_exit_code": [0, 1]}, {}, False),
        ({"check_exit_code": False}, {"check": False}, True),
        ({"check_exit_code": [0, 2]}, {}, True),
        ({"check_exit_code": [0, 2]}, {"check": False}, False),
        ({"check_exit_code": [1]}, {}, False),
        ({"attempts": 3}, {}, False),
        ({"attempts": 1, "log_errors": 2, "timeout": None}, {}, True),
        ({"timeout": 5}, {}, False),
        ({"process_input": "x"}, {}, False),
        ({"env_variables": {"A": "b"}}, {}, False),
    ],
)
def test_what_the_executor_took_beside_the_words(
    options: dict[str, object], sent: dict[str, object], same: bool
) -> None:
    found = native.sends(rule("chown.chown"), CHOWN, Ran(("chown", "root", "/p"), options), Sent(("root", "/p"), sent))
    assert (found is None) == same


def test_input_is_compared_as_bytes() -> None:
    of = rule("tee.tee")
    old = site(Literal("tee"), Value("path"))
    ran = Ran(("tee", "/p"), {"process_input": "text"})
    assert native.sends(of, old, ran, Sent(("/p",), {"process_input": b"text"})) is None
    assert native.sends(of, old, ran, Sent(("/p",), {"process_input": "other"})) is not None
    assert native.sends(of, old, ran, Sent(("/p",))) is not None


def test_a_command_that_the_rule_does_not_take() -> None:
    found = native.sends(
        rule("chown.chown"),
        site(Literal("chown"), Literal("-h"), Value("owner"), Value("path")),
        Ran(("chown", "-h", "root", "/p"), {}),
        Sent(("root", "/p")),
    )
    assert found is not None and "-h" in found[0]


def test_a_call_that_the_rule_is_not_for() -> None:
    changed = replace(rule("chown.chown"), differences=(Difference("it is silent", when=Use.RESULT),))
    ran, sent = Ran(("chown", "root", "/p"), {}), Sent(("root", "/p"))
    assert native.sends(changed, CHOWN, ran, sent) is None
    found = native.sends(changed, replace(CHOWN, uses=frozenset({Use.RESULT})), ran, sent)
    assert found is not None and "it is silent" in found[0]
