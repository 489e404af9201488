"""Which files can be read as Python: what is no text or does not parse is told of, what is old is read tolerantly."""

from __future__ import annotations

import symtable
from collections.abc import Sequence

from migrator.model import Unreadable
from migrator.understand.source import Source, Undecodable
from migrator.understand.tolerant import SUSPICIOUS, in_code, tolerate
from migrator.understand.tree import Tree
from migrator.understand.walk import Walk

# Up to this much text all files are parsed. In larger trees only the functions that the scan reads are, and the places
# that show signs of another Python: to parse every file takes ten times as long as the scan.
_SMALL = 1 << 20


def readability(
    tree: Tree, walked: Walk, hits: set[str], thorough: bool
) -> tuple[set[str], list[Unreadable], list[Unreadable]]:
    """Check the files of a tree whose bytes were read.

    hits: those that may hold a root call. Gives the paths that can be read; what cannot be; what was read tolerantly.
    """
    store = tree.store
    good = {path for path, _, _ in walked.files if path not in store.problems}
    unreadable = [Unreadable(path, 0, f"cannot be read: {why}", "PRV902") for path, why in store.problems.items()]
    tolerated: list[Unreadable] = []
    odd_places: dict[str, list[tuple[int, str]]] = {}
    thorough = thorough or sum(size for _, _, size in walked.files) <= _SMALL
    whole = set(good) if thorough else set()
    for path in sorted(store.odd | (hits & good)):
        try:
            source = tree.source(path) or Source(path, "", store.data(path))
            if source.outline.is_odd() and path in hits:
                whole.add(path)
        except Undecodable as error:
            unreadable.append(Unreadable(path, error.line, f"is not text: {error}", "PRV902"))
            good.discard(path)
            whole.discard(path)
    if not thorough:
        for path, offset in _suspicious(tree, good):
            known = tree.source(path)
            odd = known.oddity_at(offset) if known is not None and path not in whole else None
            if odd is None:
                whole.add(path)  # not even the tolerant reading takes that function
            elif odd[1]:
                odd_places.setdefault(path, []).append(odd)
    tolerated.extend(_note(path, sorted(places)) for path, places in odd_places.items() if path not in whole)
    for path in sorted(whole):
        problem, note = _parses(tree.source(path) or Source(path, "", store.data(path)))
        unreadable.extend(problem)
        tolerated.extend(note)
    return good, unreadable, tolerated


def _suspicious(tree: Tree, good: set[str]) -> list[tuple[str, int]]:
    """Text that CPython of today may not parse: path, and the text offset of the first such place in each function."""
    found: dict[tuple[str, int], tuple[str, int]] = {}
    for pattern in SUSPICIOUS:
        for path, start, _ in tree.store.matching(pattern):
            source = tree.source(path) if path in good else None
            if source is not None:
                before = source.data[source.data.rfind(b"\n", 0, start) + 1 : start]
                if source.data[start : start + 1].isalpha() and (before[-1:].isalnum() or before.endswith(b"_")):
                    continue  # the end of another name
                if source.data.startswith(b"print", start) and before.strip():
                    continue
                offset = source.offset_of(start)
                line = source.text.rfind("\n", 0, offset) + 1
                if not in_code(source.text[line : source.text.find("\n", offset)], offset - line):
                    continue
                node = source.outline.function_at(offset)
                found.setdefault((path, node.start if node is not None else -1), (path, offset))
    return sorted(found.values())


def _note(path: str, oddities: Sequence[tuple[int, str]]) -> Unreadable:
    """What to tell of a file that was read tolerantly: the first odd place, and how many more there are."""
    line, what = oddities[0]
    more = f" (and {len(oddities) - 1} more)" if len(oddities) > 1 else ""
    return Unreadable(path, line, what + more)


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
        return [], [_note(source.path, oddities)]
    except (ValueError, OverflowError, MemoryError, RecursionError) as error:
        return [Unreadable(source.path, 0, f"does not parse: {error}")], []
    return [], []
