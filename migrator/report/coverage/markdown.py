"""The coverage report as Markdown, for a merge request, a wiki or a step summary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migrator.coverage import ladder
from migrator.coverage.ladder import RUNGS, Tally
from migrator.coverage.operations import Actor, Coverage, Operation
from migrator.model import Rung
from migrator.report.coverage import said
from migrator.report.text import clean, counted

_TOP = 20


def dumps(projects: Sequence[Coverage], more: Sequence[str] = ()) -> str:
    """The report as GitHub's Markdown, headings from the second level on; more: lines behind it."""
    return "\n".join([*_lines(projects), *(["", *more] if more else [])]) + "\n"


def _lines(projects: Sequence[Coverage]) -> Iterator[str]:
    operations = [one for project in projects for one in project.operations]
    whole = ladder.tally("all", operations)
    name = projects[0].name if len(projects) == 1 else counted(len(projects), "project")
    yield f"## {text(name)}: {said.headline(whole)}"
    if len(projects) > 1:
        yield ""
        yield from _tallies("project", [*(ladder.tally(one.name, one.operations) for one in projects), whole])
    yield ""
    yield from table(("rung", "operations", "share", "what it is"), "lrrl", _rungs(whole))
    if len(projects) == 1 and operations:
        for key in ladder.GROUPS:
            yield ""
            yield from _tallies(key, said.folded(ladder.by(key, operations), _TOP))
    if operations:
        yield ""
        yield from table(("who can act", "operations", "first reasons"), "lrl", _actors(operations))
    for project in projects:
        if project.unreadable:
            yield ""
            places = counted(len(project.unreadable), "place")
            yield f"**{places} of {text(project.name)} not understood**: what is there is not counted."
            yield ""
            for one in project.unreadable:
                yield f"- {code(f'{one.path}:{max(one.line, 1)}')}: {text(one.reason)}"


def _rungs(whole: Tally) -> Iterator[Sequence[str]]:
    for rung in reversed(RUNGS):
        count = whole.of(rung)
        yield f"{said.number(rung)} {rung.value}", str(count), ladder.shown(count, whole.total), said.RUNGS[rung]


def _tallies(key: str, tallies: Sequence[Tally]) -> Iterator[str]:
    head = (key, *(rung.value for rung in RUNGS), "all", "covered", "native")
    rows = (
        (
            code(one.name),
            *map(str, one.counts),
            str(one.total),
            ladder.shown(one.covered, one.total),
            ladder.shown(one.of(Rung.NATIVE), one.total),
        )
        for one in tallies
    )
    yield from table(head, "l" + "r" * (len(RUNGS) + 3), rows)


def _actors(operations: Sequence[Operation]) -> Iterator[Sequence[str]]:
    for one in ladder.by("actor", operations):
        reasons = ladder.reasons(operations, Actor(one.name)) if one.name not in ("done", "ready") else ()
        yield one.name, str(one.total), ", ".join(f"{code(name)} {count}" for name, _, count in reasons)


def table(head: Sequence[str], align: str, rows: Iterator[Sequence[str]]) -> Iterator[str]:
    """A table; align: "l" or "r" for each column. Cells are Markdown already."""
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join('---:' if one == 'r' else '---' for one in align)} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def text(plain: str) -> str:
    """Text that means itself in Markdown and in a table."""
    return "".join(f"\\{one}" if one in "\\`*_{}[]<>|#~&" else one for one in clean(plain))


def code(plain: str) -> str:
    """Text as code in a table's cell; a fence longer than any run of backticks in it."""
    plain = clean(plain).replace("|", "\\|")
    fence = "`"
    while fence in plain:
        fence += "`"
    pad = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{pad}{plain}{pad}{fence}"
