"""The source lines around operations, and around the wrappers on their way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from migrator.coverage.operations import Operation
from migrator.understand.source import Source
from migrator.understand.store import read_bytes

_CALL = (4, 4)  # lines shown before and after a call
_DEFINITION = (1, 9)  # ... and a definition, of which the body says more than what stands above it
_LONGEST = 24


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Some lines of a file. first: number of the first one. hit: first and last line of the call, both inside."""

    first: int
    lines: tuple[str, ...]
    hit: tuple[int, int]


def excerpts(operations: Iterable[Operation]) -> dict[tuple[str, int], Excerpt]:
    """(path, line) -> the lines around each call and around each definition on its way; read from the current folder.

    A file that can't be read any more, or is no text, has none.
    """
    wanted: dict[str, dict[int, tuple[int, tuple[int, int]]]] = {}
    for one in operations:
        wanted.setdefault(one.path, {})[one.line] = (one.end_line, _CALL)
        for link in one.chain:
            if link.line:
                wanted.setdefault(link.path, {}).setdefault(link.line, (link.line, _DEFINITION))
    found: dict[tuple[str, int], Excerpt] = {}
    for path, places in wanted.items():
        lines = _lines(path)
        for line, (end, around) in places.items():
            if lines and line <= len(lines):
                found[path, line] = _around(lines, line, min(end, len(lines), line + _LONGEST), around)
    return found


def _lines(path: str) -> list[str]:
    try:
        return Source(path, "", read_bytes(path)).text.split("\n")
    except (OSError, ValueError):
        return []


def _around(lines: list[str], line: int, end: int, around: tuple[int, int]) -> Excerpt:
    """With some lines before and after, less what all of them are indented by, blank lines at the ends left out."""
    first, last = max(line - around[0], 1), min(end + around[1], len(lines))
    while first < line and not lines[first - 1].strip():
        first += 1
    while last > end and not lines[last - 1].strip():
        last -= 1
    shown = [one.expandtabs(4).rstrip() for one in lines[first - 1 : last]]
    margin = min((len(one) - len(one.lstrip()) for one in shown if one), default=0)
    return Excerpt(first, tuple(one[margin:] for one in shown), (line, end))
