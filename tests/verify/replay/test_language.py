"""Words against the command that they may be of."""

from __future__ import annotations

import pytest

from migrator.verify.replay.language import belongs
from migrator.words import Choice, Command, Each, Literal, Rest, Value

MKFS = Command(
    (
        Choice(((Literal("mkswap"),), (Literal("mkfs"), Literal("-t"), Value("fs")))),
        Choice(((Literal("-L"), Value("label")), ())),
        Value("path"),
    )
)
LINES = Command((Literal("vgs"), Each((Literal("-o"), Value("name", pieces=("f=", None)))), Rest("more")))


@pytest.mark.parametrize(
    ("line", "command", "expected"),
    [
        ("mkswap /dev/x", MKFS, True),
        ("mkfs -t ext4 -L a /dev/x", MKFS, True),
        ("mkfs -t ext4 /dev/x more", MKFS, False),
        ("mkfs ext4 /dev/x", MKFS, False),
        ("vgs", LINES, True),
        ("vgs -o f=1 -o f=2 x y", LINES, True),
        ("lvs -o f=1", LINES, False),
        ("sudo mkswap /dev/x", MKFS, False),
    ],
)
def test_a_line_is_one_of_a_command_or_not(line: str, command: Command, expected: bool) -> None:
    assert belongs(line.split(), command) is expected


def test_what_is_known_of_a_word_counts() -> None:
    command = Command((Literal("dd"), Value("'if=%s' % path", pieces=("if=", None))))
    assert belongs(["dd", "if=/a"], command)
    assert not belongs(["dd", "of=/a"], command)
    assert not belongs(["dd", "x if=/a"], command)
