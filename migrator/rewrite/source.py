"""A source file as bytes and as text, with the ways between the two."""

from __future__ import annotations

import ast
import codecs
import io
import re
import tokenize
import warnings
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

# The line ends that CPython's tokenizer knows; str.splitlines also cuts at form feeds and U+2028.
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Source:
    """One file: its bytes, its text without the BOM, and where the lines of the text start.

    starts: character offset of each line, from line 1. tree: what ast made of the text.
    """

    path: str
    data: bytes
    text: str
    encoding: str
    bom: bytes
    starts: tuple[int, ...]
    tree: ast.Module = field(repr=False)

    @cached_property
    def above(self) -> Mapping[ast.AST, ast.AST]:
        """The parent of each node, as ast.walk orders them; those that say how a name is used are left out."""
        found: dict[ast.AST, ast.AST] = {}
        waiting: list[ast.AST] = [self.tree]
        for node in waiting:  # which grows on the way
            for child in children(node):
                found[child] = node
                waiting.append(child)
        return found

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes of the tree but those that `above` leaves out, as ast.walk orders them."""
        return (self.tree, *self.above)

    @cached_property
    def newline(self) -> str:
        """The line end that most lines have, a plain newline when there is none."""
        ends = _LINE_END.findall(self.text)
        return max(("\n", "\r\n", "\r"), key=ends.count) if ends else "\n"

    def offset(self, line: int, column: int) -> int:
        """Character offset of an ast position: line from 1, column in UTF-8 bytes."""
        start = self.starts[line - 1]
        stop = self.starts[line] if line < len(self.starts) else len(self.text)
        whole = self.text[start:stop]
        if whole.isascii():
            return start + column
        return start + len(whole.encode("utf-8")[:column].decode("utf-8"))

    def span(
        self, node: ast.expr | ast.stmt | ast.alias | ast.arg | ast.excepthandler | ast.keyword
    ) -> tuple[int, int]:
        """Character offsets [start, end) of a node."""
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def byte(self, offset: int) -> int:
        """Byte offset in the file of a character offset in the text."""
        return len(self.bom) + len(self.text[:offset].encode(self.encoding))

    def line_of(self, offset: int) -> int:
        """Line, from 1, of a character offset."""
        return bisect_right(self.starts, offset)

    def line_start(self, line: int) -> int:
        """Character offset of a line's first character; one line past the last gives the end of the text."""
        return self.starts[line - 1] if line <= len(self.starts) else len(self.text)

    def line_text(self, line: int) -> str:
        """A line without its end."""
        return _LINE_END.sub("", self.text[self.line_start(line) : self.line_start(line + 1)])

    def encode(self, text: str) -> bytes:
        return text.encode(self.encoding)

    def whole(self, function: ast.FunctionDef) -> str:
        """The lines of a function, those of its decorators too."""
        first = min([function.lineno, *(each.lineno for each in function.decorator_list)])
        return self.text[self.line_start(first) : self.line_start((function.end_lineno or function.lineno) + 1)]


def read(path: str, data: bytes) -> Source:
    """Decode by BOM and coding cookie, and parse.

    Raises SyntaxError, ValueError or UnicodeError when this Python cannot read the file, LookupError for an encoding
    that it does not know.
    """
    bom = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    if encoding == "utf-8-sig":
        encoding = "utf-8"
    text = data[len(bom) :].decode(encoding)
    if len(bom) + len(text.encode(encoding)) != len(data):
        raise ValueError(f"the encoding {encoding} does not give the same bytes back")
    return Source(path, data, text, encoding, bom, line_starts(text), parse(text))


def parse(text: str) -> ast.Module:
    """ast.parse without the warnings about escapes that old code has."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def line_starts(text: str) -> tuple[int, ...]:
    """Character offsets at which lines start, as CPython counts lines."""
    starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
    if len(starts) > 1 and starts[-1] == len(text):
        starts.pop()
    return tuple(starts)


def children(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes right below a node, but those that say how a name is used; in half of the time of ast's own."""
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            for child in value:
                if isinstance(child, ast.AST):
                    yield child
        elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
            yield value


def ancestors(node: ast.AST, above: Mapping[ast.AST, ast.AST]) -> Iterator[ast.AST]:
    """The nodes around a node, innermost first."""
    while node in above:
        node = above[node]
        yield node


def statement_of(node: ast.AST, above: Mapping[ast.AST, ast.AST]) -> ast.stmt:
    """The innermost statement that a node is in."""
    if isinstance(node, ast.stmt):
        return node
    for parent in ancestors(node, above):
        if isinstance(parent, ast.stmt):
            return parent
    raise ValueError("the node is in no statement")


def block_of(statement: ast.stmt, above: Mapping[ast.AST, ast.AST]) -> list[ast.stmt]:
    """The list of statements that holds a statement."""
    parent = above[statement]
    for name in ("body", "orelse", "finalbody"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and statement in block:
            return block
    for handler in getattr(parent, "handlers", ()):
        if statement in handler.body:
            return list(handler.body)
    raise ValueError("the statement is in no block")
