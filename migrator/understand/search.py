"""Where a text speaks of root, and where it uses a name: what the scan looks for before it reads functions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from migrator.understand.source import Source

# A file without any of these cannot make itself root: it can only call a wrapper that is found elsewhere.
SEEDS = (b"as_root", b"sudo", b"entrypoint", b"rootwrap")
_SEED = re.compile(r"as_root|sudo|rootwrap|\.entrypoint")
_KEYWORD = re.compile(r"(\w+)\s*=(?!=)")
_MADE_CALLABLE = (re.compile(r"lambda\b"), re.compile(r"partial(?:method)?(?=\()"))
_ASSIGNED = re.compile(r"\b(\w+)[ \t]*=[ \t]*(?:\(\s*)?(?:functools\.)?$")
# `self._run = ` or `execute=` before a value: the other name that it goes by.
_RENAMING = re.compile(r"\b(\w+)[ \t]*=[ \t]*(?:functools\.partial\(|partial\(|staticmethod\()?[\w.]*$")
# After a name that is called, or whose value goes elsewhere.
_USED = re.compile(r"[ \t]*\(|(?![\w.=\[])(?![ \t]*[\w.=\[])")
_LONGEST_CALL = 4000
_LONGEST_NAME = 200


def seeds(source: Source) -> Iterator[tuple[int, bool]]:
    """Where a text speaks of root, and whether that is a decorator, which speaks of the definition after it."""
    for found in source.outline.segments(_SEED):
        yield found.start(), found.group() == ".entrypoint"


def made_callables(source: Source) -> Iterator[str]:
    """The names of callables made without a def that speak of root: `x = partial(execute, run_as_root=True)`."""
    text = source.text
    for pattern in _MADE_CALLABLE:
        for found in source.outline.segments(pattern):
            if _SEED.search(text, found.end(), _call_end(text, found.end())):
                named = _ASSIGNED.search(text, max(0, found.start() - _LONGEST_NAME), found.start())
                if named is not None:
                    yield named.group(1)


def uses(source: Source, name: str, flags: Mapping[str, int] | None) -> tuple[list[int], set[str]]:
    """Where a name is called, and the other names that its value is given.

    With flags (name -> place) only the calls that can say something of root: that pass a mapping, or one of them.
    """
    text, length, inside = source.text, len(name), source.outline.in_long_string
    calls: list[int] = []
    aliases: set[str] = set()
    position = -1
    while (position := text.find(name, position + 1)) >= 0:
        start = position
        found = _USED.match(text, start + length)
        if found is None or (start and (text[start - 1].isalnum() or text[start - 1] == "_")):
            continue
        if text.startswith("(", found.end() - 1):
            defined = text[max(0, start - 6) : start].endswith(("def ", "class "))
            if not defined and (flags is None or _says_something(text, found.end(), flags)) and not inside(start):
                calls.append(start)
            continue
        line_start = text.rfind("\n", 0, start) + 1
        renamed = _RENAMING.search(text, max(line_start, start - _LONGEST_NAME), start)
        if renamed and renamed.group(1) != name and not inside(start):
            aliases.add(renamed.group(1))
    return calls, aliases


def _says_something(text: str, position: int, flags: Mapping[str, int]) -> bool:
    """Whether the call whose parenthesis opens just before `position` can say something of root."""
    depth, commas, start = 1, 0, position
    for index in range(position, min(len(text), position + _LONGEST_CALL)):
        char = text[index]
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        if depth == 0 or (depth == 1 and char == ","):
            argument = text[start:index].strip()
            keyword = _KEYWORD.match(argument)
            if argument.startswith("**") or (keyword is not None and keyword.group(1) in flags):
                return True
            if keyword is None and argument and not argument.startswith("*") and commas in flags.values():
                return True
            if depth == 0:
                return False
            commas, start = commas + 1, index + 1
    return True


def _call_end(text: str, position: int) -> int:
    """Where the statement that begins at `position` ends, as far as brackets and line ends tell."""
    depth = 0
    for index in range(position, min(len(text), position + _LONGEST_CALL)):
        char = text[index]
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "\n" and depth <= 0:
            return index
    return min(len(text), position + _LONGEST_CALL)


def ways_to(source: Source, name: str) -> Iterator[str]:
    """The classes and functions of a file that inherit from a class, keep an object of it, or give one back."""
    text = source.text
    for found in re.finditer(rf"\b{re.escape(name)}\b", text):
        after = text[found.end() : found.end() + 1]
        if after == "(" and text.startswith(".", _closing(text, found.end() + 1)):
            continue  # used at once
        node = source.outline.enclosing(found.start())
        if node is not None and (after == "(" or text.startswith("class", node.start + node.indent)):
            while node.parent is not None:
                node = node.parent
            yield node.name


def _closing(text: str, position: int) -> int:
    """Text offset behind the bracket that closes the one before `position`."""
    depth = 1
    for index in range(position, min(len(text), position + _LONGEST_CALL)):
        depth += (text[index] in "([{") - (text[index] in ")]}")
        if depth == 0:
            return index + 1
    return len(text)
