"""Grammars against words: what is named matches, and everything else is named in the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import pytest

from migrator.decide.grammar import Grammar, parse
from migrator.decide.match import Match, Miss, match
from migrator.decide.rule import Rule
from migrator.model import Choice, Command, Each, Literal, Rest, Value, Word


@dataclass(frozen=True)
class Named:
    """As much of a rule as matching looks at."""

    form: Grammar


def tried(grammar: str, *words: str | Word, prefix: str = "") -> Match | Miss:
    some = tuple(Literal(word) if isinstance(word, str) else word for word in words)
    return match(Command(some, prefix=prefix, program="prog"), cast(Rule, Named(parse(grammar))))


def given(grammar: str, *words: str | Word) -> dict[str, object]:
    found = tried(grammar, "prog", *words)
    assert isinstance(found, Match), found
    plain: Callable[[object], object] = lambda value: value.text if isinstance(value, Literal) else value  # noqa: E731
    return {name: tuple(map(plain, value)) if isinstance(value, tuple) else plain(value) for name, value in found.given}


PATH = Value("path")


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
        ("prog (-r|-R) [-f|--force] PATH", ("-fR", "x"), {"path": "x", "force": True}),
        ("prog (-m MODE|--mode=MODE) PATH", ("-m750", "x"), {"path": "x", "mode": "750"}),
        ("prog (-m MODE|--mode=MODE) PATH", ("-m", PATH, "x"), {"path": "x", "mode": PATH}),
        ("prog [--mode=MODE] PATH", ("--mode=750", "x"), {"path": "x", "mode": "750"}),
        ("prog [--mode=MODE] PATH", ("--mode", "750", "x"), {"path": "x", "mode": "750"}),
        ("prog (-o name) GROUP", ("-o", "name", "x"), {"group": "x"}),
        ("prog PATH...", ("a", "b", PATH), {"path": ("a", "b", PATH)}),
        ("prog link set DEV up", ("link", "set", "eth0", "up"), {"dev": "eth0"}),
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
        ("prog [-SIG|-s SIG] PID", ("-l", "1"), "-l is not named by the grammar"),
        ("prog [-SIG|-s SIG] PID", ("-9", "-HUP", "1"), "- is given twice"),
        ("prog [-SIG|-s SIG] PID", (Value("'-%d' % pid", pieces=("-", None)),), "-... is not named by the grammar"),
    ],
)
def test_what_is_not_named_is_a_miss_that_says_so(grammar: str, words: tuple[str | Word, ...], reason: str) -> None:
    found = tried(grammar, "prog", *words)
    assert isinstance(found, Miss) and found.reason == reason


def test_a_prefix_is_a_miss() -> None:
    found = tried("prog PATH", "env", "A=B", "prog", "x", prefix="env A=B")
    assert isinstance(found, Miss) and found.reason == "it runs under 'env A=B'"
