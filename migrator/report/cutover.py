"""What a cutover found and did: JSON (schema privmigrate.cutover/1), and a list for people."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from migrator.cutover.plan import Cutover
from migrator.cutover.ties import Kind, Standing, Start, Tie
from migrator.report.text import clean, counted
from migrator.understand.walk import relative

SCHEMA = "privmigrate.cutover/1"
_WIDEST = 120  # columns, however wide the terminal is
_TITLES = {
    Kind.CALL: "root calls",
    Kind.HANDED: "root helpers handed on",
    Kind.START: "starts of privsep",
    Kind.COMMAND: "command lines of rootwrap",
    Kind.IMPORT: "imports",
    Kind.CODE: "code",
    Kind.OPTION: "options",
    Kind.TEST: "tests",
    Kind.SCRIPT: "console scripts",
    Kind.DATA: "installed files",
    Kind.REQUIREMENT: "requirements",
    Kind.FILE: "files of rootwrap",
    Kind.SHELL: "scripts and settings of CI",
    Kind.DOCS: "documentation",
}


@dataclass(frozen=True)
class Run:
    """One run of cutover: what was found, how privsep is to be started, and whether the changes are written."""

    cutover: Cutover
    start: Start | None
    applied: bool


def document(run: Run) -> dict[str, Any]:
    """The report as dictionaries and lists; docs/reference.md tells what the keys mean."""
    ties, changes = run.cutover.ties, run.cutover.changes
    return {
        "schema": SCHEMA,
        "root": relative(run.cutover.root),
        "start": run.start.value if run.start else "",
        "applied": run.applied and bool(changes),
        "ties": [_entry(tie) for tie in ties],
        "changes": [
            {
                "path": os.path.relpath(change.path, run.cutover.root),
                "change": "removed" if change.removed else "edited" if change.old is not None else "created",
            }
            for change in changes
        ],
        "note": run.cutover.note,
        "summary": {
            "ties": len(ties),
            "by_standing": {one.value: len(run.cutover.standing(one)) for one in Standing},
            "by_kind": {kind.value: sum(tie.kind is kind for tie in ties) for kind in Kind},
        },
    }


def _entry(tie: Tie) -> dict[str, Any]:
    return {
        "kind": tie.kind.value,
        "standing": tie.standing.value,
        "path": tie.path,
        "lines": list(tie.lines),
        "text": tie.text,
        "todo": tie.todo,
    }


def text(run: Run, columns: int) -> str:
    """The ties by who cuts them and by kind, with what to do, for a terminal of so many columns."""
    return "\n".join(_lines(run, min(columns, _WIDEST)))


def _lines(run: Run, width: int) -> Iterator[str]:
    found = run.cutover
    if not found.ties:
        yield "nothing ties this project to rootwrap"
        return
    blocking, removable, by_hand = (found.standing(one) for one in Standing)
    done = run.applied and bool(found.changes)
    if blocking:
        yield from _folded(
            f"{counted(len(blocking), 'tie')} to rootwrap {'needs' if len(blocking) == 1 else 'need'} it; nothing is "
            f"removed before {'it is' if len(blocking) == 1 else 'they are'} gone",
            width,
        )
        yield from _group(blocking, width)
    if removable:
        if blocking:
            yield ""
        what = "removed" if done else "goes" if len(removable) == 1 else "go"
        then = "" if done else " then with --apply" if blocking else " with --apply"
        yield from _folded(f"{counted(len(removable), 'tie')} {what}{then}", width)
        yield from _group(removable, width)
    if by_hand:
        if blocking or removable:
            yield ""
        yield from _folded(f"{counted(len(by_hand), 'tie')} to cut by hand; rootwrap can go without", width)
        yield from _group(by_hand, width)
    if done:
        removed = sum(change.removed for change in found.changes)
        created = sum(change.old is None for change in found.changes)
        yield ""
        yield from _folded(
            f"{counted(removed, 'file')} removed, {len(found.changes) - removed - created} edited"
            + (f", {found.note} written" if found.note else "; no release note, as there is no releasenotes/notes"),
            width,
        )


def _group(ties: Sequence[Tie], width: int) -> Iterator[str]:
    for kind in Kind:
        mine = [tie for tie in ties if tie.kind is kind]
        todos = list(dict.fromkeys(tie.todo for tie in mine))
        for todo in todos:
            yield from _folded(f"  {_TITLES[kind]}" + (f": {todo}" if todo else ""), width, "      ")
            yield from (line for tie in mine if tie.todo == todo for line in _shown(tie, width))


def _shown(tie: Tie, width: int) -> Iterator[str]:
    place = clean(tie.path) + (f":{tie.lines[0]}" if tie.lines else "")
    more = len(tie.lines) - 1
    line = f"    {place}  " + clean(tie.text)
    counts = f" (and {counted(more, 'line')} more)" if more > 0 else ""
    room = width - len(counts)
    yield (line if len(line) <= room else line[: max(room - 3, len(place) + 4)].rstrip() + "...") + counts


def _folded(line: str, width: int, hanging: str = "    ") -> Iterator[str]:
    yield from textwrap.wrap(line, width, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)
