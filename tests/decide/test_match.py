"""Grammars against words: what is named matches, and everything else is named in the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

import pytest

from migrator.decide.grammar import Grammar, GrammarError, parse
from migrator.decide.match import Behind, Match, Miss, match
from migrator.decide.rule import Rule
from migrator.words import Choice, Command, Each, Literal, Rest, Value, Word


@dataclass(frozen=True)
class Named:
    """As much of a rule as matching looks at."""

    form: Grammar


def tried(grammar: str, *words: str | Word, prefix: str = "", only: Mapping[str, str] | None = None) -> Match | Miss:
    some = tuple(Literal(word) if isinstance(word, str) else word for word in words)
    return match(Command(some, prefix=prefix, program="prog"), cast(Rule, Named(parse(grammar, only))))


def given(grammar: str, *words: str | Word) -> dict[str, object]:
    found = tried(grammar, "prog", *words)
    assert isinstance(found, Match), found
    plain: Callable[[object], object] = lambda value: value.text if isinstance(value, Literal) else value  # noqa: E731
    return {name: tuple(map(plain, value)) if isinstance(value, tuple) else plain(value) for name, value in found.given}


PATH = Value("path")
TARGET = Value("'to=%s' % path", ("to=", None))
COPY = "prog from=SOURCE to=PATH [size=SIZE] [how={append,sync}]"


@pytest.mark.parametrize(
    ("grammar", "words", "expected"),
    [
        ("prog PATH", ("x",), {"path": "x"}),
        ("prog PATH", (PATH,), {"path": PATH}),
        ("prog PATH", ("--", "-x"), {"path": "-x"}),
        ("prog PATH", ("-",), {"path": "-"}),
        ("prog set [dev] DEVICE up", ("set", "x", "up"), {"device": "x"}),
        ("prog set [dev] DEVICE up", ("set", "dev", "x", "up"), {"device": "x"}),
        ("prog set [dev] DEVICE up", ("set", PATH, "up"), {"device": PATH}),
        ("prog (delete|del) NAME", ("del", "x"), {"name": "x"}),
        ("prog add IP (dev|on NAME)", ("add", "x", "dev", "y"), {"ip": "x", "name": "y"}),
        ("prog add IP (dev NAME) [scope SCOPE]", ("add", "x", "dev", PATH), {"ip": "x", "name": PATH}),
        (
            "prog add IP (dev NAME) [scope SCOPE]",
            ("add", "scope", "dev", "x", "dev", "y"),
            {"ip": "x", "scope": "dev", "name": "y"},
        ),
        ("prog add NAME (mode tap)", ("add", "mode", "tap", "x"), {"name": "x"}),
        ("prog [-SIG|-s SIG] PID", ("-9", "1"), {"sig": "9", "pid": "1"}),
        ("prog [-SIG|-s SIG] PID", ("-HUP", "1"), {"sig": "HUP", "pid": "1"}),
        ("prog [-SIG|-s SIG] PID", ("-s", "HUP", "1"), {"sig": "HUP", "pid": "1"}),
        ("prog [-R|--recursive] PATH", ("x",), {"path": "x"}),
        ("prog [-R|--recursive] PATH", ("-R", "x"), {"path": "x", "recursive": True}),
        ("prog [-R|--recursive] PATH", ("x", "--recursive"), {"path": "x", "recursive": True}),
        ("prog [(-f|--force)] PATH", ("x",), {"path": "x"}),
        ("prog [(-f|--force)] PATH", ("-f", "--force", "x"), {"path": "x"}),
        ("prog (-r|-R) [-f|--force] PATH", ("-fR", "x"), {"path": "x", "force": True}),
        ("prog (-m MODE|--mode=MODE) PATH", ("-m750", "x"), {"path": "x", "mode": "750"}),
        ("prog (-m MODE|--mode=MODE) PATH", ("-m", PATH, "x"), {"path": "x", "mode": PATH}),
        ("prog [--mode=MODE] PATH", ("--mode=750", "x"), {"path": "x", "mode": "750"}),
        ("prog [--mode=MODE] PATH", ("--mode", "750", "x"), {"path": "x", "mode": "750"}),
        ("prog (-o name) GROUP", ("-o", "name", "x"), {"group": "x"}),
        ("prog PATH...", ("a", "b", PATH), {"path": ("a", "b", PATH)}),
        ("prog link set DEV up", ("link", "set", "eth0", "up"), {"dev": "eth0"}),
        (COPY, ("from=x", "to=y"), {"source": "x", "path": "y"}),
        (COPY, (TARGET, "size=", "from=a=b"), {"path": Behind(TARGET, "to="), "size": "", "source": "a=b"}),
        (COPY, ("how=sync,append", "--", "to=y", "from=x"), {"how": "sync,append", "path": "y", "source": "x"}),
        ("prog from=SOURCE to=/dev/null", ("to=/dev/null", "from=x"), {"source": "x"}),
        ("prog [--how={append,sync}] PATH", ("--how=sync", "x"), {"how": "sync", "path": "x"}),
    ],
)
def test_named_words_are_bound(grammar: str, words: tuple[str | Word, ...], expected: dict[str, object]) -> None:
    assert given(grammar, *words) == expected


@pytest.mark.parametrize(
    ("grammar", "words", "reason"),
    [
        ("prog PATH", ("-v", "x"), "-v is not named by the grammar"),
        ("prog [-R|--recursive] PATH", ("-Rv", "x"), "-v is not named by the grammar"),
        ("prog [-R|--recursive] PATH", ("--recurs", "x"), "--recurs is not named by the grammar"),
        ("prog [-R|--recursive] PATH", ("--recursive=yes", "x"), "--recursive takes no value"),
        ("prog PATH", (), "PATH is not there"),
        ("prog PATH", ("x", PATH), "{path} is one operand more than the grammar names"),
        ("prog -R PATH", ("x",), "-R is not there"),
        ("prog [--mode=MODE] PATH", ("x", "--mode"), "--mode lacks its value"),
        ("prog [--mode=MODE] PATH", ("--mode=1", "--mode=2", "x"), "--mode is given twice"),
        ("prog (-o name) GROUP", ("-o", "size", "x"), "-o has another value than name"),
        ("prog link set DEV", ("link", Value("verb"), "x"), "{verb} stands where set has to"),
        ("prog PATH", (Value("'-o%s' % x", ("-o", None)),), "-o... is not named by the grammar"),
        ("prog PATH", (Value("'--from=%s' % x", ("--from=", None)), "x"), "--from=... is not named by the grammar"),
        ("prog (delete|del) NAME", ("dele", "x"), "dele stands where delete|del has to"),
        ("prog IP (dev NAME)", ("x", "y"), "dev is not there"),
        ("prog IP (dev NAME)", ("x", Value("word"), "y"), "dev is not there"),
        ("prog NAME (mode tap)", ("x", "mode", "tun"), "mode has another value than tap"),
        ("prog IP (dev NAME)", ("x", "dev", "y", "dev", "z"), "dev is given twice"),
        ("prog PATH...", (Rest("paths"),), "*paths is any number of words"),
        ("prog PATH...", (Each((PATH,), "path", "paths"),), "the loop over paths adds any number of words"),
        ("prog PATH", (Choice(((PATH,), ()), "fine"),), "which words it has depends on fine"),
        (COPY, ("to=x",), "from= is not there"),
        (COPY, ("from=x", "to=y", "to=z"), "to= is given twice"),
        (COPY, ("from=x", "to=y", "skip=1"), "skip=1 is one operand more than the grammar names"),
        (COPY, ("from=x", "to=y", PATH), "{path} is one operand more than the grammar names"),
        (COPY, ("from=x", "to=y", "how=sync,other"), "how= has other, which the grammar does not name"),
        (COPY, ("from=x", "to=y", "how="), "how= has nothing, which the grammar does not name"),
        (COPY, ("from=x", "to=y", Value("'how=%s' % way", ("how=", None))), "how= has a value that is not known"),
        (
            COPY,
            ("from=x", "to=y", Value("'t%s=y' % x", ("t", None))),
            "{'t%s=y' % x} is one operand more than the grammar names",
        ),
        ("prog from=SOURCE to=/dev/null", (TARGET, "from=x"), "to= has another value than /dev/null"),
        ("prog [-SIG|-s SIG] PID", ("-l", "1"), "-l is not named by the grammar"),
        ("prog [-SIG|-s SIG] PID", ("-9", "-HUP", "1"), "- is given twice"),
        ("prog [-SIG|-s SIG] PID", (Value("'-%d' % pid", pieces=("-", None)),), "-... is not named by the grammar"),
    ],
)
def test_what_is_not_named_is_a_miss_that_says_so(grammar: str, words: tuple[str | Word, ...], reason: str) -> None:
    found = tried(grammar, "prog", *words)
    assert isinstance(found, Miss) and found.reason == reason


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("-e", PATH), {"operator": "-e", "path": PATH}),
        (("-d", "--"), {"operator": "-d", "path": "--"}),
        ((PATH, "-e"), "its operator is not known before it runs, and only some forms are covered"),
        (("-x", PATH), "'-x' is no form of operator that is covered"),
        (("-ed", PATH), "'-ed' is no form of operator that is covered"),
        (("--", "-e", PATH), "{path} is one operand more than the grammar names"),
        (("-e",), "PATH is not there"),
    ],
)
def test_a_program_without_options_has_its_words_read_as_they_stand(
    words: tuple[str | Word, ...], expected: dict[str, object] | str
) -> None:
    found = tried("prog -- OPERATOR PATH", "prog", *words, only={"operator": "-[ed]"})
    assert expected == (
        found.reason
        if isinstance(found, Miss)
        else {name: value.text if isinstance(value, Literal) else value for name, value in found.given}
    )


def test_only_holds_for_values_of_options_and_for_each_word_of_many() -> None:
    assert isinstance(tried("prog [--format=FORMAT]", "prog", only={"format": "%s"}), Match)
    assert isinstance(tried("prog [--format=FORMAT]", "prog", "--format", "%s", only={"format": "%s"}), Match)
    found = tried("prog NAME...", "prog", "a", "b", "1", only={"name": "[a-z]"})
    assert isinstance(found, Miss) and found.reason == "'1' is no form of name that is covered"


@pytest.mark.parametrize(
    ("usage", "only", "fault"),
    [
        ("prog -- [--long] PATH", {}, "after -- there are no options"),
        ("prog PATH", {"paht": "x"}, "only names paht, which is no parameter"),
        ("prog PATH", {"path": "("}, "the pattern of path is no regular expression"),
    ],
)
def test_a_usage_that_cannot_be_meant_is_refused(usage: str, only: dict[str, str], fault: str) -> None:
    with pytest.raises(GrammarError, match=fault):
        parse(usage, only)


def test_a_prefix_is_a_miss() -> None:
    found = tried("prog PATH", "env", "A=B", "prog", "x", prefix="env A=B")
    assert isinstance(found, Miss) and found.reason == "it runs under 'env A=B'"


@pytest.mark.parametrize("grammar", ["prog [a=X|b=Y]", "prog =X", "prog A=X", "prog a= PATH"])
def test_an_operand_with_a_key_has_a_key_and_a_value(grammar: str) -> None:
    with pytest.raises(GrammarError, match="is no key=VALUE"):
        parse(grammar)


def test_a_key_stands_there_once() -> None:
    with pytest.raises(GrammarError, match="the option to= stands there twice"):
        parse("prog to=PATH [to=OTHER]")
