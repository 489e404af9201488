"""Edits change the bytes that they name and no others."""

from __future__ import annotations

import ast
import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.model import Edit
from migrator.rewrite import source
from migrator.rewrite.splice import Overlap, splice


@given(st.binary(max_size=200), st.data())
def test_bytes_outside_the_edits_stay(data: bytes, draw: st.DataObject) -> None:
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=8)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    texts = [draw.draw(st.binary(max_size=10)) for _ in pairs]
    edits = [Edit("f", start, end, text) for (start, end), text in zip(pairs, texts, strict=True)]
    result = splice(data, reversed(edits) if len({start for start, _ in pairs}) == len(pairs) else edits)
    at = last = 0
    for (start, end), text in zip(pairs, texts, strict=True):
        kept = data[last:start] + text
        assert result[at : at + len(kept)] == kept
        at, last = at + len(kept), end
    assert result[at:] == data[last:]


def test_overlapping_edits_are_found() -> None:
    with pytest.raises(Overlap):
        splice(b"0123456789", [Edit("f", 2, 5, b"x"), Edit("f", 4, 6, b"y")])


def test_an_edit_outside_the_file_is_an_error() -> None:
    with pytest.raises(ValueError, match="outside"):
        splice(b"0123", [Edit("f", 2, 5, b"x")])


LINES = st.sampled_from(
    [
        "x = 1",
        "é = 'ü€𝄞'",
        "\tif x: pass".strip("\t"),
        "def f():\n\treturn g('ß',  h(1))",
        "\fy = g(2)",
        "'''a\n\fb'''",
        "",
        "z = (g(3) ,\n  '日本')",
        "# ünïcode",
        "if x:\n    g('\u2028', x)",
        "w = g('\x85')",
    ]
)


@given(st.lists(LINES, min_size=1, max_size=8), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(), st.booleans())
def test_positions_of_ast_are_found_in_the_bytes(lines: list[str], newline: str, bom: bool, final: bool) -> None:
    text = newline.join(line.replace("\n", newline) for line in lines) + newline * final
    data = codecs.BOM_UTF8 * bom + text.encode()
    read = source.read("f.py", data)
    for node in ast.walk(read.tree):
        if isinstance(node, ast.Call):
            start, end = read.span(node)
            piece = data[read.byte(start) : read.byte(end)]
            assert piece.startswith((b"g(", b"h(")) and piece.endswith(b")")


def test_a_coding_cookie_decides_where_bytes_lie() -> None:
    data = "# -*- coding: latin-1 -*-\nx = 'é'; g('ü')\n".encode("latin-1")
    read = source.read("f.py", data)
    call = next(node for node in ast.walk(read.tree) if isinstance(node, ast.Call))
    start, end = map(read.byte, read.span(call))
    assert data[start:end] == "g('ü')".encode("latin-1")
