"""Coverage over a git history: a burn-down for a terminal and for the HTML page, Markdown, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from migrator.coverage import ladder
from migrator.coverage.history import Sample
from migrator.coverage.ladder import RUNGS
from migrator.coverage.projection import Projection
from migrator.model import Rung
from migrator.report import console
from migrator.report.coverage import chart, markdown, said
from migrator.report.coverage.jsonform import SCHEMA
from migrator.report.coverage.terminal import STYLE, shades
from migrator.report.text import clean, counted

_MOST = 36  # rows on a terminal


def ends(found: Projection | None) -> str:
    """When the last operation leaves rungs 0 and 1, and how that is known."""
    if found is None:
        return "no projection: nothing on rungs 0 and 1 in these samples, or too few of them"
    if found.reached:
        return f"nothing left on rungs 0 and 1 since {found.date}"
    pace = f"{found.per_year:+.0f} a year, a line through the last {counted(found.over, 'sample')}"
    if found.end is None:
        return f"no end in sight ({pace})"
    return f"at this pace nothing left on rungs 0 and 1 by {found.date} ({pace})"


def headline(name: str, samples: Sequence[Sample]) -> str:
    """Where it began and where it is."""
    first, last = samples[0], samples[-1]
    return (
        f"{clean(name)}, {first.commit.date} to {last.commit.date}: {first.tally.behind} -> {last.tally.behind} on"
        f" rungs 0 and 1, {ladder.shown(first.tally.covered, first.tally.total)} ->"
        f" {ladder.shown(last.tally.covered, last.tally.total)} covered"
    )


def rendered(
    name: str, samples: Sequence[Sample], end: Projection | None, coloured: bool, encoding: str, width: int
) -> str:
    """For a terminal: a bar for each sample, at most so many that they can be seen at once."""
    return console.drawn(_parts(name, samples, end, width, shades(encoding, coloured)), coloured, encoding, width)


def _parts(
    name: str, samples: Sequence[Sample], end: Projection | None, width: int, shade: Mapping[Rung, str]
) -> Iterator[RenderableType]:
    yield Text(headline(name, samples), "bold")
    yield ""
    shown = thinned(samples, _MOST)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("date", "commit"):
        table.add_column(title, no_wrap=True, overflow="ellipsis", max_width=14)
    for title in ("0+1", "all", "covered"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column(no_wrap=True, overflow="crop")
    room = max(width - 58, 12)
    most = max(sample.tally.total for sample in samples) or 1
    for sample in shown:
        one = sample.tally
        table.add_row(
            sample.commit.date,
            Text(clean(sample.commit.name)),
            str(one.behind),
            str(one.total),
            ladder.shown(one.covered, one.total),
            _bar(sample, room, most, shade),
        )
    yield table
    yield ""
    yield Text.assemble(
        *(part for rung in RUNGS for part in ((shade[rung], STYLE[rung]), f" {said.number(rung)} {rung.value}  "))
    )
    if len(shown) < len(samples):
        yield Text(f"{len(shown)} of {len(samples)} samples shown; --format csv has all", "dim")
    unread = samples[-1].unreadable
    if unread:
        yield Text(f"{counted(unread, 'place')} of the last one not understood: what is there is not counted", "red")
    yield Text(ends(end))


def _bar(sample: Sample, room: int, most: int, shade: Mapping[Rung, str]) -> Text:
    """The rungs beside each other; ends are rounded, not lengths, so that the bar is as long as the sum."""
    text, below, at = Text(), 0, 0
    for rung in RUNGS:
        below += sample.tally.of(rung)
        stop = round(room * below / most)
        text.append(shade[rung] * (stop - at), STYLE[rung])
        at = stop
    return text


def thinned(samples: Sequence[Sample], most: int) -> Sequence[Sample]:
    """At most so many, evenly taken, with the first and the last."""
    if len(samples) <= most:
        return samples
    return [samples[round(number * (len(samples) - 1) / (most - 1))] for number in range(most)]


def dumps(name: str, every: str, samples: Sequence[Sample], end: Projection | None) -> str:
    """As JSON: the report's schema, with a history in place of projects."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "projects": [],
        "history": {
            "name": name,
            "every": every,
            "samples": [
                {
                    "commit": one.commit.sha,
                    "name": one.commit.name,
                    "date": one.commit.date,
                    "by_rung": {rung.value: one.tally.of(rung) for rung in RUNGS},
                    "unreadable": one.unreadable,
                }
                for one in samples
            ],
            "projection": None
            if end is None
            else {
                "samples": end.over,
                "reached": end.reached,
                "date": end.date or None,
                "per_year": round(end.per_year, 2),
            },
        },
    }
    return json.dumps(document, indent=2) + "\n"


def table(samples: Sequence[Sample]) -> str:
    """As CSV, a row for each sample."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["date", "commit", "name", *(rung.value for rung in RUNGS), "unreadable"])
    for one in samples:
        writer.writerow([one.commit.date, one.commit.sha, one.commit.name, *one.tally.counts, one.unreadable])
    return out.getvalue()


def lines(name: str, samples: Sequence[Sample], end: Projection | None) -> str:
    """As Markdown."""
    head = ("date", "commit", *(rung.value for rung in RUNGS), "covered")
    rows = (
        (
            one.commit.date,
            markdown.code(one.commit.name),
            *map(str, one.tally.counts),
            ladder.shown(one.tally.covered, one.tally.total),
        )
        for one in samples
    )
    body = "\n".join(markdown.table(head, "ll" + "r" * (len(RUNGS) + 1), rows))
    return f"## {markdown.text(headline(name, samples))}\n\n{ends(end).capitalize()}.\n\n{body}\n"


def section(samples: Sequence[Sample], end: Projection | None) -> str:
    """As a section of the HTML page: the chart, what it leads to, and the numbers."""
    heads = "".join(f'<th scope="col" class="number">{said.number(rung)} {rung.value}</th>' for rung in RUNGS)
    rows = "".join(
        f'<tr><th scope="row">{one.commit.date}</th><td><code>{said.escaped(one.commit.name)}</code></td>'
        + "".join(f'<td class="number">{count}</td>' for count in one.tally.counts)
        + f'<td class="number">{ladder.shown(one.tally.covered, one.tally.total)}</td></tr>'
        for one in samples
    )
    keys = "".join(
        f'<li><svg viewBox="0 0 10 10" aria-hidden="true"><rect class="f{said.number(rung)}" width="10" height="10"/>'
        f"</svg>{said.number(rung)} {rung.value}</li>"
        for rung in reversed(RUNGS)
    )
    return f"""<section class="burn" aria-labelledby="h-burn"><h2 id="h-burn">Over time</h2>
<p>{said.escaped(ends(end).capitalize())}.</p>
<ul class="keys">{keys}</ul>
<div class="scroll" tabindex="0" role="region" aria-label="Chart of operations by rung over time">
{chart.burndown(samples, end)}</div>
<details><summary>The numbers: {counted(len(samples), "sample")}</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Operations by rung over time">
<table><caption class="hidden-label">Operations on each rung over time</caption>
<thead><tr><th scope="col">date</th><th scope="col">commit</th>{heads}<th scope="col" class="number">covered</th></tr>
</thead><tbody>{rows}</tbody></table></div></details></section>"""
