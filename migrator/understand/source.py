"""One file: its bytes, its text, and an outline of its classes and functions made without parsing it whole."""

from __future__ import annotations

import ast
import codecs
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache, cached_property
from itertools import accumulate

from migrator.understand.tolerant import tolerate

_PARSE_ONLY = ast.PyCF_ONLY_AST
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_DEFINITION = re.compile(r"^([ \t]*)(async[ \t]+def|def|class)[ \t]+(\w+)", re.MULTILINE)
# Strings that may span lines, and what could be mistaken for the start of one. An alternative that matches a
# one-line string or a comment is there to be stepped over.
_LONG_STRING = re.compile(
    r"#[^\n]*"
    r'|"""(?:[^"\\]|\\.|"(?!""))*"""'
    r"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'(?:[^'\\\n]|\\.)*'",
    re.DOTALL,
)
_TRIPLE = re.compile(r'"""|\'\'\'')


class Undecodable(ValueError):
    """The file's bytes are not text in the encoding it claims; the message says which, `line` where (0: no line)."""

    def __init__(self, message: str, line: int = 0):
        super().__init__(message)
        self.line = line


class Definition:
    """A class or function in the outline: where it starts and ends, and what encloses it.

    start and end are text offsets: from the start of its line (decorators left out) to the start of the first line that
    cannot belong to it. qualname is dotted, without `<locals>`.
    """

    __slots__ = (
        "children",
        "closed",
        "end",
        "indent",
        "is_class",
        "line",
        "name",
        "parent",
        "qualname",
        "seen",
        "start",
    )

    def __init__(self, name: str, is_class: bool, start: int, line: int, indent: int, parent: Definition | None):
        self.name = name
        self.is_class = is_class
        self.start = start
        self.end = start
        self.line = line
        self.indent = indent
        self.parent = parent
        self.qualname: str = f"{parent.qualname}.{name}" if parent else name
        self.children: dict[str, Definition] = {}
        self.closed = False  # the end was found, not only bounded
        self.seen = 0

    def __repr__(self) -> str:
        return f"<{'class' if self.is_class else 'def'} {self.qualname}:{self.line}>"

    @property
    def owner(self) -> Definition | None:
        """The class that this function is a method of, None for a plain or nested function."""
        return self.parent if self.parent is not None and self.parent.is_class else None


class Source:
    """A file that was read. path: as shown to people. module: its dotted name. data: its bytes.

    Raises Undecodable from `text`, SyntaxError from `parse` and `check`.
    """

    def __init__(self, path: str, module: str, data: bytes):
        self.path = path
        self.module = module
        self.data = data
        self.unclosed = False  # a string of several lines has no end; known once the outline was made

    @cached_property
    def encoding(self) -> str:
        if self.data.startswith(codecs.BOM_UTF8):
            return "utf-8-sig"
        for line in self.data.split(b"\n", 2)[:2]:
            found = _COOKIE.match(line)
            if found:
                name = found.group(1).decode("ascii")
                try:
                    found_codec = codecs.lookup(name)
                    if not getattr(found_codec, "_is_text_encoding", True):
                        raise LookupError(name)
                    return found_codec.name
                except LookupError:
                    raise Undecodable(f"its coding cookie names an unknown encoding, {name!r}") from None
        return "utf-8"

    @cached_property
    def text(self) -> str:
        """The whole text, line ends as they are in the file."""
        try:
            text = self.data.decode(self.encoding)
        except UnicodeDecodeError as error:
            line = self.data.count(b"\n", 0, error.start) + 1
            hint = "save it as UTF-8 or add a coding cookie"
            raise Undecodable(f"line {line} is not {self.encoding}; {hint}", line) from None
        if "\0" in text:
            line = text.count("\n", 0, text.index("\0")) + 1
            raise Undecodable(f"line {line} has a NUL byte; it is no Python source", line)
        return text

    @cached_property
    def starts(self) -> list[int]:
        """Text offset of each line's start; as for CPython, a line ends with \\n, \\r\\n or \\r."""
        text = self.text
        if "\r" not in text:
            ends = accumulate(map(len, text.split("\n")))
            return [0, *(end + line for line, end in enumerate(ends, 1))][:-1]
        return [0] + [found.end() for found in re.finditer(r"\r\n|\r|\n", text)]

    def line_of(self, offset: int) -> int:
        """The line, from 1, that holds a text offset."""
        return bisect_right(self.starts, offset)

    def line_text(self, line: int) -> str:
        starts = self.starts
        end = starts[line] if line < len(starts) else len(self.text)
        return self.text[starts[line - 1] : end]

    def byte_offset(self, line: int, column: int) -> int:
        """File offset of a position as `ast` gives it: line from 1, column in bytes of UTF-8 from 0."""
        head = self._line_bytes[line - 1]
        if self.encoding in ("utf-8", "utf-8-sig", "ascii"):
            return head + column
        before = self.line_text(line).encode()[:column].decode()
        return head + len(before.encode(self.encoding))

    def text_offset(self, line: int, column: int) -> int:
        """Text offset of a position as `ast` gives it."""
        start = self.starts[line - 1]
        piece = self.text[start : start + column]
        if piece.isascii():
            return start + column
        return start + len(self.line_text(line).encode()[:column].decode())

    @cached_property
    def _line_bytes(self) -> list[int]:
        head = 3 if self.encoding == "utf-8-sig" else 0
        encoding = "utf-8" if self.encoding == "utf-8-sig" else self.encoding
        if self.text.isascii():
            return [head + start for start in self.starts]
        offsets, position, starts = [], head, self.starts
        for index, start in enumerate(starts):
            offsets.append(position)
            end = starts[index + 1] if index + 1 < len(starts) else len(self.text)
            position += len(self.text[start:end].encode(encoding))
        return offsets

    # --- the outline -------------------------------------------------------------------------------

    @cached_property
    def _long_strings(self) -> list[tuple[int, int]]:
        """Text spans of the strings that go over line ends."""
        text = self.text
        spans: list[tuple[int, int]] = []
        position = 0
        while found := _TRIPLE.search(text, position):
            start, quotes = found.start(), found.group()
            before = text[text.rfind("\n", 0, start) + 1 : start]
            if "#" in before or "'" in before or '"' in before:
                return self._long_strings_with_care()
            end = text.find(quotes, found.end())
            while end > 0 and text[end - 1] == "\\":
                end = text.find(quotes, end + 1)
            if end < 0:
                self.unclosed = True
                break
            end += 3
            while text.startswith(quotes[0], end):  # four quotes: the first of them is text
                end += 1
            if "\n" in text[start:end]:
                spans.append((start, end))
            position = end
        return spans

    def _long_strings_with_care(self) -> list[tuple[int, int]]:
        return [
            found.span()
            for found in _LONG_STRING.finditer(self.text)
            if self.text.startswith(('"""', "'''"), found.start()) and "\n" in found.group()
        ]

    def text_is_odd(self) -> bool:
        """Whether a string of several lines has no end, so that the outline cannot be trusted. Raises Undecodable."""
        spans = self._long_strings
        return self.unclosed or (bool(spans) and spans[-1][1] > len(self.text))

    def in_long_string(self, offset: int) -> bool:
        """True when a text offset lies inside a string that goes over line ends."""
        spans = self._long_strings
        index = bisect_right(spans, (offset, len(self.text) + 1)) - 1
        return index >= 0 and spans[index][0] < offset < spans[index][1]

    @cached_property
    def definitions(self) -> list[Definition]:
        """All classes and functions, in the order of the file."""
        found: list[Definition] = []
        stack: list[Definition] = []
        for match in _DEFINITION.finditer(self.text):
            start = match.start()
            if self.in_long_string(start):
                continue
            indent = len(match.group(1).expandtabs(8))
            # What stands at the margin of an open definition, or further left, has ended it.
            while stack and (stack[-1].indent >= indent or self._ended(stack[-1], start)):
                node = stack.pop()
                node.end = min(node.end, start)
            parent = stack[-1] if stack else None
            node = Definition(match.group(3), match.group(2) == "class", start, self.line_of(start), indent, parent)
            node.end = len(self.text)
            if parent is not None:
                parent.children[node.name] = node
            found.append(node)
            stack.append(node)
        return found

    def _ended(self, node: Definition, limit: int) -> bool:
        """Look for node's end before limit, going on where the last look stopped; True when it is found."""
        if node.closed:
            return True
        text, margin = self.text, _margin(node.indent)
        position = max(node.seen, self.starts[node.line] if node.line < len(self.starts) else len(text))
        while found := margin.search(text, position, limit):
            if not text.startswith((")", "]", "}"), found.end() - 1) and not self.in_long_string(found.start()):
                node.end, node.closed = found.start(), True
                return True
            position = found.end()
        node.seen = max(position, limit)
        return False

    def body_end(self, node: Definition) -> int:
        """Text offset of the first line that cannot belong to node."""
        self._ended(node, node.end)
        return node.end

    def may_define(self, name: str) -> bool:
        """Whether a class or function of this name may stand at the margin; cheaper than the outline."""
        return (
            f"def {name}" in self.text or f"class {name}" in self.text or "def\t" in self.text or "class\t" in self.text
        )

    @cached_property
    def top(self) -> dict[str, Definition]:
        """The module's own classes and functions by name; of several with one name the last, as at run time."""
        return {node.name: node for node in self.definitions if node.parent is None}

    @cached_property
    def _definition_starts(self) -> list[int]:
        return [node.start for node in self.definitions]

    def enclosing(self, offset: int) -> Definition | None:
        """The innermost definition that holds a text offset."""
        index = bisect_right(self._definition_starts, offset) - 1
        node = self.definitions[index] if index >= 0 else None
        while node is not None:
            if offset < self.body_end(node):
                return node
            node = node.parent
        return None

    def function_at(self, offset: int) -> Definition | None:
        """The outermost function that holds a text offset, None at module or class level."""
        node, found = self.enclosing(offset), None
        while node is not None:
            if not node.is_class:
                found = node
            node = node.parent
        return found

    # --- parsing -----------------------------------------------------------------------------------

    def parse(self, node: Definition) -> tuple[ast.stmt, int]:
        """The syntax tree of one definition and what to add to its line numbers to get the file's.

        Raises SyntaxError when neither this piece nor the whole file can be parsed.
        """
        piece, shift = self._piece(node)
        try:
            tree = self._parse_tolerantly(piece)
            body = tree.body[0].body if node.indent and isinstance(tree.body[0], ast.If) else tree.body
            if len(body) == 1 and getattr(body[0], "name", None) == node.name:
                return body[0], shift
        except SyntaxError:
            pass
        for statement in ast.walk(self.whole()):
            if (
                isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
                and statement.lineno == node.line
                and statement.name == node.name
            ):
                return statement, 0
        raise SyntaxError(f"{node.qualname} is not where its line says")

    def _piece(self, node: Definition) -> tuple[str, int]:
        """A definition's text made a module of its own, and what to add to its line numbers."""
        piece, shift = self.text[node.start : self.body_end(node)], node.line - 1
        return ("if 1:\n" + piece, shift - 1) if node.indent else (piece, shift)

    def offset_of(self, position: int) -> int:
        """The text offset of a byte of the file."""
        if self.encoding != "utf-8-sig" and self.text.isascii():
            return position
        return len(self.data[:position].decode(self.encoding, "replace"))

    def oddity_at(self, offset: int) -> tuple[int, str] | None:
        """Line and description of what the tolerant reading has to mend in the function around a text offset.

        The description is empty when nothing has to be mended; None when mending does not help, and at module level.
        """
        if self.in_long_string(offset) or self.line_text(self.line_of(offset)).lstrip().startswith("#"):
            return 0, ""
        node = self.function_at(offset)
        if node is None:
            return None
        piece, shift = self._piece(node)
        try:
            _parse(piece)
        except SyntaxError:
            mended, oddities = tolerate(piece)
            try:
                _parse(mended)
            except SyntaxError:
                return None
            return oddities[0][0] + shift, oddities[0][1]
        return 0, ""

    def _parse_tolerantly(self, text: str) -> ast.Module:
        try:
            return _parse(text)
        except SyntaxError:
            mended, oddities = tolerate(text)
            if not oddities:
                raise
            return _parse(mended)

    def whole(self) -> ast.Module:
        """The syntax tree of the whole file, read tolerantly when it has to be; nothing of it is kept."""
        return self._parse_tolerantly(self.text)

    def decorators(self, node: Definition) -> tuple[str, ...]:
        """The decorators of a definition as written, without the `@`, each joined to one line."""
        found: list[str] = []
        pending: list[str] = []
        for line in range(node.line - 1, 0, -1):
            text = self.line_text(line)
            stripped = text.strip()
            if not stripped:
                break
            pending.insert(0, stripped)
            indent = len(text) - len(text.lstrip())
            if stripped.startswith("@") and len(text[:indent].expandtabs(8)) == node.indent:
                found.insert(0, " ".join(pending)[1:].strip())
                pending = []
            elif len(pending) > 12 or len(text[:indent].expandtabs(8)) < node.indent:
                break
        return tuple(found)

    def statement_at(self, offset: int, margin: int) -> tuple[list[ast.stmt], int]:
        """The statements from a line's start to the next line at the margin (or left of it), and the line shift.

        Raises SyntaxError when they are no whole statements.
        """
        text, pattern = self.text, _margin(margin)
        line = self.line_of(offset)
        position = self.starts[line] if line < len(self.starts) else len(text)
        while True:
            found = pattern.search(text, position)
            end = found.start() if found else len(text)
            if found and (text.startswith((")", "]", "}"), found.end() - 1) or self.in_long_string(end)):
                position = found.end()
                continue
            break
        piece, shift = text[self.starts[line - 1] : end], line - 1
        if margin:
            piece, shift = "if 1:\n" + piece, shift - 1
        body = _parse(piece).body
        if margin and body and isinstance(body[0], ast.If):
            return body[0].body, shift
        return body, shift

    def segments(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Matches of a pattern that do not lie inside a string of several lines."""
        for found in pattern.finditer(self.text):
            if not self.in_long_string(found.start()):
                yield found


def _parse(text: str) -> ast.Module:
    try:
        tree = compile(text, "<source>", "exec", _PARSE_ONLY, dont_inherit=True)
    except (ValueError, OverflowError, MemoryError, RecursionError) as error:
        raise SyntaxError(f"{type(error).__name__}: {error}") from None
    assert isinstance(tree, ast.Module)
    return tree


@cache
def _margin(indent: int) -> re.Pattern[str]:
    """A line with text that stands no deeper than indent columns."""
    return re.compile(rf"^[ \t]{{0,{indent}}}[^\s#]", re.MULTILINE)
