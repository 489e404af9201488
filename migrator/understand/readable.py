"""Which files can be read as Python, and which of them may hold a root call by themselves."""

from __future__ import annotations

import symtable

from migrator.model import Unreadable
from migrator.understand.source import Source, Undecodable
from migrator.understand.tolerant import suspicious, tolerate
from migrator.understand.tree import Tree
from migrator.understand.walk import Walk

# Up to this much text all files are parsed. In larger trees only the functions that the scan reads are, and the files
# whose text shows signs of another Python: to parse every file takes ten times as long as the scan.
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
        parse = thorough or suspicious(data)
        if not (hit or parse) and data.isascii() and b"\0" not in data:
            continue
        source = tree.source(path) or Source(path, "", data)
        try:
            odd = source.text_is_odd() if hit else False
            source.text  # noqa: B018 - decodes
        except Undecodable as error:
            unreadable.append(Unreadable(path, error.line, f"is not text: {error}", "PRV902"))
            del found[path]
            continue
        if parse or odd:
            problem, note = _parses(source)
            unreadable.extend(problem)
            tolerated.extend(note)
    return found, unreadable, tolerated


def _parses(source: Source) -> tuple[list[Unreadable], list[Unreadable]]:
    """The complaint about a file that does not parse, or the note on one that only the tolerant reading takes."""
    try:
        # Tells whether a file parses without making a syntax tree of it, in less time and hardly any memory.
        symtable.symtable(source.text, source.path, "exec")
    except SyntaxError as error:
        mended, oddities = tolerate(source.text)
        try:
            symtable.symtable(mended, source.path, "exec")
        except SyntaxError:
            reason = f"does not parse: {error.msg}; mend it, or scan it with the Python version it is written for"
            return [Unreadable(source.path, error.lineno or 0, reason)], []
        line, what = oddities[0]
        more = f" (and {len(oddities) - 1} more)" if len(oddities) > 1 else ""
        return [], [Unreadable(source.path, line, what + more)]
    except (ValueError, OverflowError, MemoryError, RecursionError) as error:
        return [Unreadable(source.path, 0, f"does not parse: {error}")], []
    return [], []
