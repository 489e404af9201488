"""A comparison of two coverage reports, for a terminal, as Markdown, HTML and JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from migrator.coverage.compare import Change, Comparison
from migrator.coverage.ladder import RUNGS, percent, shown
from migrator.coverage.operations import Operation
from migrator.model import Rung
from migrator.report.coverage import markdown, said
from migrator.report.coverage.said import escaped as _e
from migrator.report.text import clean, counted

_MOST = 20
_NONE = "-"


def headline(found: Comparison) -> str:
    """The outcome in one sentence."""
    before, after = found.before, found.after
    was, now = percent(before.covered, before.total), percent(after.covered, after.total)
    share = f"{shown(before.covered, before.total)} -> {shown(after.covered, after.total)} covered"
    points = f" ({now - was:+d} points)" if was is not None and now is not None else ""
    parts = [
        f"{len(found.up)} up",
        f"{len(found.down)} down",
        f"{len(found.new)} new",
        f"{len(found.gone)} gone",
        f"{found.stayed} as before",
    ]
    return f"{share}{points}: {', '.join(parts)}"


def lists(found: Comparison) -> tuple[tuple[str, Sequence[Change]], ...]:
    """What changed, the bad news first."""
    return (("down", found.down), ("new", found.new), ("up", found.up), ("gone", found.gone))


def moves(found: Comparison) -> tuple[tuple[Rung, Rung, int], ...]:
    """How many went from which rung to which, the longest way first."""
    counts = Counter((one.before.rung, one.after.rung) for one in found.changes if one.before and one.after)
    ways = [(before, after, count) for (before, after), count in counts.items() if before is not after]
    return tuple(sorted(ways, key=lambda way: (RUNGS.index(way[0]) - RUNGS.index(way[1]), RUNGS.index(way[0]))))


def step(change: Change) -> str:
    """ "0 rootwrap -> 4 native"; the one rung of what is new or gone."""
    one = _now(change)
    if change.before is None or change.after is None:
        return rung(one.rung)
    return f"{rung(change.before.rung)} -> {rung(change.after.rung)}"


def rung(one: Rung) -> str:
    return f"{said.number(one)} {one.value}"


def _now(change: Change) -> Operation:
    one = change.after or change.before
    assert one is not None
    return one


def _then(change: Change) -> Operation:
    one = change.before or change.after
    assert one is not None
    return one


def place(change: Change) -> str:
    one = _now(change)
    return f"{one.path}:{one.line}"


def told(change: Change) -> str:
    """What it ran, and what does it now."""
    text = said.what(_then(change), 60)
    after = change.after
    return f"{text} -> {after.function}()" if change.before and after and after.function else text


def document(found: Comparison) -> dict[str, Any]:
    """The comparison as the JSON report has it."""
    return {
        "against": found.against,
        "before": {one.value: found.before.of(one) for one in RUNGS},
        "after": {one.value: found.after.of(one) for one in RUNGS},
        **{
            name: [
                {
                    "project": one.project,
                    "path": _now(one).path,
                    "line": _now(one).line,
                    "scope": _now(one).scope,
                    "program": _then(one).program,
                    "before": one.before.rung.value if one.before else None,
                    "after": one.after.rung.value if one.after else None,
                    "function": one.after.function if one.after else "",
                }
                for one in changes
            ]
            for name, changes in lists(found)
        },
        "stayed": found.stayed,
    }


def parts(found: Comparison, width: int) -> Iterator[RenderableType]:
    """For a terminal."""
    yield Text.assemble((f"since {clean(found.against)}", "bold"), "  ", headline(found))
    yield ""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for name in ("rung", "before", "after", "change"):
        table.add_column(name, justify="left" if name == "rung" else "right", no_wrap=True)
    for one in reversed(RUNGS):
        was, now = found.before.of(one), found.after.of(one)
        table.add_row(rung(one), str(was), str(now), f"{now - was:+d}" if now != was else _NONE)
    yield table
    for name, changes in lists(found):
        if not changes:
            continue
        yield ""
        yield Text(f"{name}, {counted(len(changes), 'operation')}", "bold red" if name in ("down", "new") else "bold")
        most = len(changes) if name == "down" else _MOST
        for change in changes[:most]:
            yield Text.assemble((clean(place(change)), ""), (f"  {step(change)}", "dim"), no_wrap=width >= 100)
            yield Padding(Text(clean(told(change)), "dim"), (0, 0, 0, 4))
        if len(changes) > most:
            yield Text(f"and {len(changes) - most} more; --format json has all of them", "dim")


def lines(found: Comparison) -> Iterator[str]:
    """As Markdown."""
    yield f"### Since {markdown.text(found.against)}: {markdown.text(headline(found))}"
    yield ""
    yield from markdown.table(
        ("rung", "before", "after"),
        "lrr",
        ((rung(one), str(found.before.of(one)), str(found.after.of(one))) for one in reversed(RUNGS)),
    )
    for name, changes in lists(found):
        if changes:
            yield ""
            yield f"**{name}**"
            yield ""
            yield from markdown.table(
                ("where", "rung", "what"),
                "lll",
                ((markdown.code(place(one)), step(one), markdown.code(told(one))) for one in changes),
            )


def section(found: Comparison) -> str:
    """As a section of the HTML page."""
    rows = "".join(
        f'<tr><th scope="row" class="t{said.number(one)}">{rung(one)}</th>'
        f'<td class="number">{found.before.of(one)}</td>'
        f'<td class="number">{found.after.of(one)}</td>'
        f'<td class="number">{found.after.of(one) - found.before.of(one):+d}</td></tr>'
        for one in reversed(RUNGS)
    )
    blocks = "".join(_block(name, changes) for name, changes in lists(found) if changes)
    return f"""<section class="compared" aria-labelledby="h-compared"><h2 id="h-compared">Since {_e(found.against)}</h2>
<p>{_e(headline(found))}</p>
<table class="steps"><caption class="hidden-label">Operations on each rung, before and after</caption>
<thead><tr><th scope="col">rung</th><th scope="col" class="number">before</th><th scope="col" class="number">after</th>
<th scope="col" class="number">change</th></tr></thead><tbody>{rows}</tbody></table>
{blocks}</section>"""


def _block(name: str, changes: Sequence[Change]) -> str:
    rows = "".join(
        f'<tr><th scope="row"><span class="path">{_e(place(one))}</span> '
        f'<span class="scope">{_e(_now(one).scope)}</span></th><td>{_e(step(one))}</td>'
        f"<td><code>{_e(told(one))}</code></td></tr>"
        for one in changes
    )
    opened = " open" if name in ("down", "new") else ""
    return f"""<details{opened}><summary>{name}: {counted(len(changes), "operation")}</summary>
<table class="moves"><caption class="hidden-label">Operations that are {name}</caption>
<thead><tr><th scope="col">where</th><th scope="col">rung</th><th scope="col">what</th></tr></thead>
<tbody>{rows}</tbody></table></details>"""
