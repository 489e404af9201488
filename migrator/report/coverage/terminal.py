"""The coverage report for a terminal: the ladder as bars, and tables of where the operations are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from migrator.coverage import ladder
from migrator.coverage.ladder import RUNGS, Tally
from migrator.coverage.operations import Actor, Coverage, Operation
from migrator.model import Rung
from migrator.report import console
from migrator.report.coverage import said
from migrator.report.text import clean, counted

# Basic colours only: a terminal's own theme keeps them legible. The number of the rung says the same without colour.
STYLE = {
    Rung.ROOTWRAP: "red",
    Rung.LAUNDERED: "magenta",
    Rung.GUARDED: "yellow",
    Rung.NARROW: "cyan",
    Rung.NATIVE: "green",
}
_ACTOR = {Actor.READY: "green", Actor.REVIEW: "cyan", Actor.REFUSED: "magenta", Actor.UNRESOLVED: "red"}
_TOP, _WIDE = 12, 110


def rendered(projects: Sequence[Coverage], coloured: bool, encoding: str, width: int = 0) -> str:
    """The report as text that ends in a newline; width in columns, by default the terminal's."""
    columns = max(width, 60) if width else console.width(least=60)
    solid = filled(encoding)
    parts = _several(projects, columns, solid) if len(projects) > 1 else _one(projects[0], columns, solid)
    return console.drawn(parts, coloured, encoding, columns)


def filled(encoding: str) -> str:
    """What a bar is drawn with: a block where the output has one."""
    try:
        "\u2588".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return "#"
    return "\u2588"


def shades(encoding: str, coloured: bool) -> dict[Rung, str]:
    """What rungs beside each other in one bar are drawn with: without colours each has a pattern of its own."""
    solid = filled(encoding)
    if coloured:
        return dict.fromkeys(RUNGS, solid)
    return dict(zip(RUNGS, "\u2588\u2593\u2592\u2591\u00b7" if solid != "#" else "#%+-.", strict=True))


def _one(project: Coverage, width: int, solid: str) -> Iterator[RenderableType]:
    whole = ladder.tally(project.name, project.operations)
    yield Text.assemble((clean(project.name), "bold"), "  ", said.headline(whole))
    yield ""
    yield from _body(project.operations, whole, width, solid)
    yield from _unread(project)


def _several(projects: Sequence[Coverage], width: int, solid: str) -> Iterator[RenderableType]:
    tallies = [ladder.tally(project.name, project.operations) for project in projects]
    whole = ladder.added("all", tallies)
    yield Text.assemble((counted(len(projects), "project"), "bold"), "  ", said.headline(whole))
    yield ""
    yield _table("project", [*tallies, whole], width, last=True)
    yield ""
    yield from _body([one for project in projects for one in project.operations], whole, width, solid, groups=())
    for project in projects:
        yield from _unread(project)


def _body(
    operations: Sequence[Operation], whole: Tally, width: int, solid: str, groups: Sequence[str] = ladder.GROUPS
) -> Iterator[RenderableType]:
    yield _ladder(whole, width, solid)
    if not whole.total:
        return
    for key in groups:
        yield ""
        yield _table(key, said.folded(ladder.by(key, operations), _TOP), width)
    yield ""
    yield _actors(operations, width)


def _ladder(whole: Tally, width: int, solid: str) -> RenderableType:
    """A row for each rung, the highest on top; the longest bar takes the room that there is."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    if width >= _WIDE:
        table.add_column(no_wrap=True, style="dim")
    room = 30 if width >= _WIDE else width - 32
    most = max(whole.counts) or 1
    for rung in reversed(RUNGS):
        count = whole.of(rung)
        length = max(round(room * count / most), 1) if count else 0
        cells: list[RenderableType] = [
            Text(f"{said.number(rung)} {rung.value}", STYLE[rung] if count else "dim"),
            str(count),
            Text(ladder.shown(count, whole.total), "dim"),
            Text(solid * length, STYLE[rung]),
        ]
        table.add_row(*cells, *([said.RUNGS[rung]] if width >= _WIDE else []))
    return table


def _table(key: str, tallies: Sequence[Tally], width: int, last: bool = False) -> RenderableType:
    """Tallies by rung; last: the last row is the sum of the others."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1), header_style="bold")
    wide = width >= _WIDE
    room = width - (76 if wide else 46)  # what the other columns leave
    table.add_column(key, no_wrap=True, min_width=min(24, room))
    for rung in RUNGS:
        name = rung.value if wide else f"{said.number(rung)}"
        table.add_column(Text(name, STYLE[rung]), justify="right", min_width=3, no_wrap=True)
    table.add_column("all", justify="right", no_wrap=True)
    table.add_column("covered", justify="right", no_wrap=True)
    if wide:
        table.add_column("native", justify="right", no_wrap=True)
    for number, one in enumerate(tallies, start=1):
        total = last and number == len(tallies)
        counts = [
            Text(str(n) if n else "-", STYLE[rung] if n else "dim") for rung, n in zip(RUNGS, one.counts, strict=True)
        ]
        table.add_row(
            Text(_cut(clean(one.name), room), "bold" if total else ""),
            *counts,
            str(one.total),
            ladder.shown(one.covered, one.total),
            *([ladder.shown(one.of(Rung.NATIVE), one.total)] if wide else []),
            end_section=last and number == len(tallies) - 1,
        )
    return table


def _cut(name: str, room: int) -> str:
    """A name in so many columns: its end tells more than its beginning."""
    return name if len(name) <= room else "..." + name[len(name) - room + 3 :]


def _actors(operations: Sequence[Operation], width: int) -> RenderableType:
    """Who can act, and below it the reasons that come first."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1), header_style="bold")
    table.add_column("who can act", no_wrap=True)
    table.add_column("operations", justify="right", no_wrap=True)
    table.add_column("", ratio=1, overflow="fold")
    for one in ladder.by("actor", operations):
        actor = Actor(one.name)
        table.add_row(Text(one.name, _ACTOR.get(actor, "")), str(one.total), said.ACTORS[actor])
        if actor in (Actor.REVIEW, Actor.REFUSED, Actor.UNRESOLVED):
            for code, _, count in ladder.reasons(operations, actor):
                table.add_row(Text(f"  {clean(code)}", "dim"), Text(str(count), "dim"), "")
    return table


def _unread(project: Coverage) -> Iterator[RenderableType]:
    if project.unreadable:
        yield ""
        places = counted(len(project.unreadable), "place")
        yield Text(f"{places} of {clean(project.name)} not understood: what is there is not counted", "red")
        for one in project.unreadable:
            yield Text(f"  {clean(one.path)}:{max(one.line, 1)}: {clean(one.reason)}")
