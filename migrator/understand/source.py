"""One file: its bytes, its text, positions in both, and the syntax trees of its parts."""

from __future__ import annotations

import ast
import codecs
import re
from functools import cached_property

from migrator.understand.outline import Definition, Outline, edge
from migrator.understand.tolerant import tolerate

_PARSE_ONLY = ast.PyCF_ONLY_AST
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")


class Undecodable(ValueError):
    """The file's bytes are not text in the encoding it claims; the message says which, `line` where (0: no line)."""

    def __init__(self, message: str, line: int = 0):
        super().__init__(message)
        self.line = line


class Source:
    """A file that was read. path: as shown to people. module: its dotted name. data: its bytes.

    Raises Undecodable from `text` and all that needs it, SyntaxError from `parse`, `whole` and `statement_at`.
    """

    def __init__(self, path: str, module: str, data: bytes):
        self.path = path
        self.module = module
        self.data = data

    @cached_property
    def encoding(self) -> str:
        """The name of the codec: a byte order mark decides, then the coding cookie, else UTF-8. Raises Undecodable."""
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
    def outline(self) -> Outline:
        """Where its lines, classes and functions lie. Raises Undecodable."""
        return Outline(self.text)

    def line_text(self, line: int) -> str:
        """A line, from 1, with its end."""
        starts = self.outline.starts
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
        start = self.outline.starts[line - 1]
        piece = self.text[start : start + column]
        if piece.isascii():
            return start + column
        return start + len(self.line_text(line).encode()[:column].decode())

    @cached_property
    def _line_bytes(self) -> list[int]:
        head = 3 if self.encoding == "utf-8-sig" else 0
        encoding = "utf-8" if self.encoding == "utf-8-sig" else self.encoding
        if self.text.isascii():
            return [head + start for start in self.outline.starts]
        offsets, position, starts = [], head, self.outline.starts
        for index, start in enumerate(starts):
            offsets.append(position)
            end = starts[index + 1] if index + 1 < len(starts) else len(self.text)
            position += len(self.text[start:end].encode(encoding))
        return offsets

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
        piece, shift = self.text[node.start : self.outline.body_end(node)], node.line - 1
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
        if self.outline.in_long_string(offset) or self.line_text(self.outline.line_of(offset)).lstrip().startswith("#"):
            return 0, ""
        node = self.outline.function_at(offset)
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
        text, limits = self.text, edge(margin)
        line, starts = self.outline.line_of(offset), self.outline.starts
        position = starts[line] if line < len(starts) else len(text)
        while True:
            found = limits.search(text, position)
            end = found.start() if found else len(text)
            if found and (text.startswith((")", "]", "}"), found.end() - 1) or self.outline.in_long_string(end)):
                position = found.end()
                continue
            break
        piece, shift = text[starts[line - 1] : end], line - 1
        if margin:
            piece, shift = "if 1:\n" + piece, shift - 1
        body = _parse(piece).body
        if margin and body and isinstance(body[0], ast.If):
            return body[0].body, shift
        return body, shift


def _parse(text: str) -> ast.Module:
    try:
        tree = compile(text, "<source>", "exec", _PARSE_ONLY, dont_inherit=True)
    except (ValueError, OverflowError, MemoryError, RecursionError) as error:
        raise SyntaxError(f"{type(error).__name__}: {error}") from None
    assert isinstance(tree, ast.Module)
    return tree
