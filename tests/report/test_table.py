"""The tables hold what they must at every width, and no colour where none is wanted."""

from __future__ import annotations

import re

import pytest

from migrator.model import Kind, Unreadable
from migrator.report.table import rendered
from migrator.words import Command, Literal, Value, Word
from tests.report.made import book

LONG: tuple[Word, ...] = (
    Literal("ip"),
    *(Value(f"self._a_rather_long_attribute_name_{number}['and a key']") for number in range(8)),
)
BOOK = book(
    {},
    {"line": 12345, "kind": Kind.VIA_WRAPPER, "root": "default of service.virt.disk.api.mkfs: run_as_root=True"},
    {"path": "service/a/very/deep/tree/of/packages/with/long/names/for/everything/in/it/linux_net.py"},
    {"command": Command(LONG, program="ip")},
    {"command": Command((Literal("[red]x[/red]"), Literal(":smile:")), program="[red]x[/red]")},
    unreadable=(Unreadable("service/old.py", 7, "invalid syntax: a parameter is named async"),),
)


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_no_row_is_wider_than_the_terminal(width: int) -> None:
    drawn = rendered(BOOK, False, "utf-8", width)
    paths = {site["path"] for site in BOOK["sites"]}
    too_wide = [line for line in drawn.splitlines() if len(line) > width and not any(path in line for path in paths)]
    assert too_wide == []


def test_every_line_number_program_and_file_is_there() -> None:
    drawn = rendered(BOOK, False, "utf-8", 120)
    for part in ("12345", "chown {uid} {path}", "via_wrapper", "linux_net.py", "service/old.py:7", "refused"):
        assert part in drawn
    assert "5 calls that can run a command as root in 2 files of 40" in drawn


def test_markup_in_the_code_is_only_text() -> None:
    drawn = rendered(BOOK, False, "utf-8", 200)
    assert "[red]x[/red] :smile:" in drawn


def test_colour_codes_only_when_asked_for() -> None:
    assert "\x1b[" not in rendered(BOOK, False, "utf-8", 80)
    coloured = rendered(BOOK, True, "utf-8", 80)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured).split() == rendered(BOOK, False, "utf-8", 80).split()


def test_an_ascii_terminal_gets_ascii() -> None:
    assert rendered(BOOK, False, "ascii", 80).isascii()


def test_a_clean_tree_says_so() -> None:
    assert "0 calls that can run a command as root in 0 files of 40" in rendered(book(), False, "utf-8", 80)
