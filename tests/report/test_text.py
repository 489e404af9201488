"""The lines that editors, flake8 and Zuul read."""

from __future__ import annotations

from migrator.model import Kind, Unreadable
from migrator.report import text
from migrator.words import Command, Literal, Value
from tests.report.made import book


def test_a_line_says_where_what_and_how() -> None:
    assert text.lines(book({})) == [
        "service/volume.py:12:9: PRV101 runs as root: chown {uid} {path} (direct, run_as_root=True)"
    ]


def test_lines_are_sorted_with_the_unreadable_among_them() -> None:
    found = text.lines(
        book(
            {"path": "b.py", "line": 9},
            {"path": "b.py", "line": 10},
            unreadable=(Unreadable("a.py", 7, "invalid syntax"), Unreadable("z.py", 0, "permission denied", "PRV902")),
        )
    )
    assert [line.split(" ")[0] for line in found] == ["a.py:7:1:", "b.py:9:9:", "b.py:10:9:", "z.py:1:1:"]
    assert found[0] == "a.py:7:1: PRV901 invalid syntax"
    assert found[3] == "z.py:1:1: PRV902 permission denied"


def test_a_finding_stays_on_one_line_and_steers_no_terminal() -> None:
    words = (Literal("sh"), Literal("-c"), Literal("a\nb\x1b[31m"), Literal(""), Literal("it's"), Value("'\x07'"))
    (line,) = text.lines(book({"command": Command(words, program="sh"), "path": "new\nline.py"}))
    assert line.isprintable()
    assert "sh -c 'a\\nb\\x1b[31m' '' \"it's\" {'\\x07'}" in line


def test_a_long_command_is_cut() -> None:
    words = tuple(Literal(f"word{number}") for number in range(50))
    (line,) = text.lines(book({"command": Command(words), "kind": Kind.VIA_WRAPPER, "root": "default of a.b"}))
    assert "..." in line
    assert line.endswith("(via_wrapper, default of a.b)")
    assert len(line) < 160
