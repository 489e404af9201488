"""Which files can be read as Python, and which of them may hold a root call by themselves."""

from __future__ import annotations

import symtable

from migrator.model import Unreadable
from migrator.understand.source import Source, Undecodable
from migrator.understand.tolerant import suspicious
from migrator.understand.tree import Tree
from migrator.understand.walk import Walk

# Up to this much text all files are parsed. In larger trees a file in which nothing can be root, and whose text shows
# no sign of another Python, is not: parsing every file takes ten times as long as the scan.
_SMALL = 1 << 20


def readability(
    tree: Tree, walked: Walk, seeds: tuple[bytes, ...], thorough: bool
) -> tuple[dict[str, bool], list[Unreadable], list[Unreadable]]:
    """Read every file.

    Gives path -> whether one of the seeds is in it; what cannot be read; what was read tolerantly.
    """
    found: dict[str, bool] = {}
    unreadable: list[Unreadable] = []
    tolerated: list[Unreadable] = []
    thorough = thorough or sum(size for _, _, size in walked.files) <= _SMALL
    for path, _, _ in walked.files:
        try:
            data = tree.data(path)
        except OSError as error:
            unreadable.append(Unreadable(path, 0, f"cannot be read: {error.strerror or error}", "PRV902"))
            continue
        found[path] = hit = any(seed in data for seed in seeds)
        parse = hit or thorough or suspicious(data)
        if not parse and data.isascii() and b"\0" not in data:
            continue
        source = Source(path, "", data) if tree.source(path) is None else tree.source(path)
        assert source is not None
        try:
            source.text  # noqa: B018 - decodes
        except Undecodable as error:
            unreadable.append(Unreadable(path, error.line, f"is not text: {error}", "PRV902"))
            del found[path]
            continue
        if parse:
            problem, odd = _parses(source)
            unreadable.extend(problem)
            tolerated.extend(odd)
    return found, unreadable, tolerated


def _parses(source: Source) -> tuple[list[Unreadable], list[Unreadable]]:
    """The complaint about a file that does not parse, or the note on one that only the tolerant reading takes."""
    try:
        # Tells whether a file parses without making a syntax tree of it, in less time and hardly any memory.
        symtable.symtable(source.text, source.path, "exec")
    except SyntaxError as error:
        try:
            source.whole()
        except SyntaxError:
            reason = f"does not parse: {error.msg}; mend it, or scan it with the Python version it is written for"
            return [Unreadable(source.path, error.lineno or 0, reason)], []
        if source.oddities:
            line, what = source.oddities[0]
            more = f" (and {len(source.oddities) - 1} more)" if len(source.oddities) > 1 else ""
            return [], [Unreadable(source.path, line, what + more)]
    except (ValueError, OverflowError, MemoryError, RecursionError) as error:
        return [Unreadable(source.path, 0, f"does not parse: {error}")], []
    return [], []
