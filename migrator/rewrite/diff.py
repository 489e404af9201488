"""Changes of files as a unified diff."""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections.abc import Iterator, Sequence

# Lines [start, end) of the old text that lines [start, end) of the new one take the place of.
_Change = tuple[int, int, int, int]


def unified(path: str, old: bytes | None, new: bytes | None, context: int = 3) -> str:
    """A unified diff of one file, "" when nothing changes.

    old None: the file is new; new None: it goes away. Lines end at newlines only, so that a carriage return or a form
    feed stays inside its line as `patch` and git have it. Bytes that are not UTF-8 are shown as `\\xNN`; such a diff
    is for reading, not for applying.
    """
    if old == new:
        return ""
    before, after = _lines(old or b""), _lines(new or b"")
    name = path.lstrip("/")
    heads = ("/dev/null" if old is None else f"a/{name}", "/dev/null" if new is None else f"b/{name}")
    out: list[str] = []
    for group in _grouped(list(_changes(before, after)), context):
        above = min(context, group[0][0])
        below = min(context, len(before) - group[-1][1])
        at = group[0][0] - above
        out.append(f"@@ -{_range(at, group[-1][1] + below)} +{_range(group[0][2] - above, group[-1][3] + below)} @@\n")
        for start, end, other_start, other_end in group:
            out += [_marked(" ", line) for line in before[at:start]]
            out += [_marked("-", line) for line in before[start:end]]
            out += [_marked("+", line) for line in after[other_start:other_end]]
            at = end
        out += [_marked(" ", line) for line in before[at : at + below]]
    return f"--- {heads[0]}\n+++ {heads[1]}\n" + "".join(out)


def _grouped(changes: Sequence[_Change], context: int) -> list[list[_Change]]:
    """Changes whose lines of context meet together."""
    groups: list[list[_Change]] = []
    for each in changes:
        if groups and each[0] - groups[-1][-1][1] <= 2 * context:
            groups[-1].append(each)
        else:
            groups.append([each])
    return groups


def _changes(before: Sequence[str], after: Sequence[str]) -> Iterator[_Change]:
    """What differs, in order: found between lines that stand once in either text (patience diff, B. Cohen).

    difflib alone takes seconds for the large test files that projects have.
    """
    at, other = 0, 0
    for start, other_start in [*_anchors(before, after), (len(before), len(after))]:
        top = _equal(before[at:start], after[other:other_start])
        bottom = _equal(before[at + top : start][::-1], after[other + top : other_start][::-1])
        old, new = before[at + top : start - bottom], after[other + top : other_start - bottom]
        # autojunk would take lines that occur often, such as "try:", for noise and show them as changed
        matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
        for tag, one, end, other_one, other_end in matcher.get_opcodes():
            if tag != "equal":
                yield at + top + one, at + top + end, other + top + other_one, other + top + other_end
        at, other = start, other_start


def _equal(some: Sequence[str], others: Sequence[str]) -> int:
    """How many lines are equal from the top."""
    for number, (one, other) in enumerate(zip(some, others, strict=False)):
        if one != other:
            return number
    return min(len(some), len(others))


def _anchors(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """The longest chain, in the order of both texts, of lines that each has once."""
    places, others = _once(before), _once(after)
    pairs = [(place, others[line]) for line, place in places.items() if line in others]
    ends: list[int] = []  # of chains by their length, the least in the new text
    tops: list[int] = []  # the pairs that they end with
    back: list[int] = []
    for number, (_, other) in enumerate(pairs):
        length = bisect_left(ends, other)
        ends[length : length + 1] = [other]
        tops[length : length + 1] = [number]
        back.append(tops[length - 1] if length else -1)
    chain = []
    number = tops[-1] if tops else -1
    while number >= 0:
        chain.append(pairs[number])
        number = back[number]
    return chain[::-1]


def _once(lines: Sequence[str]) -> dict[str, int]:
    """The lines that stand there once, and where, in order."""
    found: dict[str, int] = {}
    for number, line in enumerate(lines):
        found[line] = -1 if line in found else number
    return {line: number for line, number in found.items() if number >= 0}


def _marked(mark: str, line: str) -> str:
    return mark + line if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"


def _range(start: int, end: int) -> str:
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _lines(data: bytes) -> list[str]:
    pieces = data.decode("utf-8", "backslashreplace").split("\n")
    lines = [piece + "\n" for piece in pieces[:-1]]
    return [*lines, pieces[-1]] if pieces[-1] else lines


def coloured(diff: str) -> str:
    """A unified diff with the colours that git gives it."""
    return "\n".join(map(_line_coloured, diff.split("\n")))


def _line_coloured(line: str) -> str:
    code = {"+": "32", "-": "31", "@": "36"}.get(line[:1])
    if line.startswith(("--- ", "+++ ")):
        code = "1"
    return f"\033[{code}m{line}\033[0m" if code else line
