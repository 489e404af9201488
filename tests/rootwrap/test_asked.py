"""What a command of the code can come to, and the straight forms of it."""

from __future__ import annotations

import pytest

from migrator.rootwrap.asked import can_be, forms
from migrator.words import Choice, Each, Literal, Rest, Value, Word

CHMOD, PATH = Literal("chmod"), Value("path")
FLAG = Choice(((Literal("-R"),), ()), "recursive")


@pytest.mark.parametrize(
    ("words", "argv", "can"),
    [
        ([CHMOD, Literal("660"), PATH], "chmod 660 /etc/passwd", True),
        ([CHMOD, Literal("660"), PATH], "chmod 666 /etc/passwd", False),
        ([CHMOD, Literal("660"), PATH], "chmod 660", False),
        ([CHMOD, Literal("660"), PATH], "chmod 660 a b", False),
        ([CHMOD, FLAG, PATH], "chmod -R x", True),
        ([CHMOD, FLAG, PATH], "chmod x", True),
        ([CHMOD, FLAG, PATH], "chmod -v x", False),
        ([CHMOD, Rest("args")], "chmod 666 /etc/passwd", True),
        ([CHMOD, Rest("args"), Literal("x")], "chmod 1 2 x", True),
        ([CHMOD, Rest("args"), Literal("x")], "chmod 1 2 y", False),
        ([CHMOD, Each((Literal("-o"), PATH), "o", "all")], "chmod -o 1 -o 2", True),
        ([CHMOD, Each((Literal("-o"), PATH), "o", "all")], "chmod -o 1 -o", False),
        ([Literal("dd"), Value("x", ("of=", None))], "dd of=/etc/passwd", True),
        ([Literal("dd"), Value("x", ("of=", None))], "dd if=/etc/passwd", False),
        ([Value("x", (None, "-save"))], "iptables-save", True),
    ],
)
def test_what_a_command_can_come_to(words: list[Word], argv: str, can: bool) -> None:
    assert can_be(words, argv.split(" ")) is can


def test_the_forms_of_a_command_are_its_ways_through_the_branches() -> None:
    assert forms([CHMOD, FLAG, PATH], 8) == ((CHMOD, Literal("-R"), PATH), (CHMOD, PATH))


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([CHMOD, Rest("args")], "how many words args is"),
        ([CHMOD, Choice(((Rest("args"),), ()), "x")], "how many words args is"),
        ([CHMOD, Each((PATH,), "path", "paths")], "for each of paths"),
        ([CHMOD, *[FLAG] * 4], "more than 4 forms"),
    ],
)
def test_where_there_is_no_end_of_forms_it_says_why(words: list[Word], why: str) -> None:
    found = forms(words, 4)
    assert isinstance(found, str) and why in found
