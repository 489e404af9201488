"""The outline of a file, made without parsing it: its lines, its long strings, its classes and functions."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache, cached_property
from itertools import accumulate

_DEFINITION = re.compile(r"([ \t]*)(async[ \t]+def|def|class)[ \t]+(\w+)")
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


@cache
def edge(indent: int) -> re.Pattern[str]:
    """A line with text that stands no deeper than indent columns."""
    return re.compile(rf"^[ \t]{{0,{indent}}}[^\s#]", re.MULTILINE)


class Outline:
    """Where the lines, long strings, classes and functions of a text lie, in text offsets; each made when asked for."""

    def __init__(self, text: str):
        self.text = text
        self._unclosed = False  # a string of several lines has no end

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
                self._unclosed = True
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

    def is_odd(self) -> bool:
        """Whether a string of several lines has no end, so that the outline cannot be trusted."""
        spans = self._long_strings
        return self._unclosed or (bool(spans) and spans[-1][1] > len(self.text))

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
        for match in _heads(self.text):
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
        text, edge_of_node = self.text, edge(node.indent)
        position = max(node.seen, self.starts[node.line] if node.line < len(self.starts) else len(text))
        while found := edge_of_node.search(text, position, limit):
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

    def segments(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Matches of a pattern that do not lie inside a string of several lines."""
        for found in pattern.finditer(self.text):
            if not self.in_long_string(found.start()):
                yield found


def _heads(text: str) -> list[re.Match[str]]:
    """Where lines begin with `def`, `async def` or `class`; to look for the words first is faster than line by line."""
    found: list[re.Match[str]] = []
    for word in ("def", "class"):
        position = -1
        while (position := text.find(word, position + 1)) >= 0:
            if text[position + len(word) : position + len(word) + 1] in " \t":
                match = _DEFINITION.match(text, text.rfind("\n", 0, position) + 1)
                if match is not None and match.start(2) <= position < match.end(2):
                    found.append(match)
    return sorted(found, key=re.Match.start)
