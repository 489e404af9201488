"""A forecast for a terminal: what one call saves, what the calls of a log save, and where privsep will hurt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from migrator.bench.plan import Way
from migrator.forecast.figures import ANY_COMMAND, BEFORE
from migrator.forecast.forecast import Forecast
from migrator.forecast.savings import Saving, steps
from migrator.model import Rung
from migrator.report import console, forecasthost, forecastrisks
from migrator.report.benchtable import shown
from migrator.report.coverage.said import number
from migrator.report.coverage.terminal import STYLE
from migrator.report.forecastforms import rest, runs, said, signed, table, title
from migrator.report.text import clean, counted

TOP = 12
_HEADS = ("rootwrap\nms", "daemon\nms", "after\nms")


def rendered(found: Forecast, every: bool, coloured: bool, encoding: str, width: int) -> str:
    """The forecast as text of `width` columns; every: all of each list, not the first of it."""
    most = 1 << 30 if every else TOP
    parts = [*_parts(found, most, width)]
    if found.traffic is not None:
        parts += forecasthost.parts(found, found.traffic, most, width)
    parts += forecastrisks.parts(found, most, width)
    return console.drawn(parts, coloured, encoding, width)


def _parts(found: Forecast, most: int, width: int) -> Iterator[RenderableType]:
    operations = found.project.operations
    moving = sum(one.moves for one in operations)
    yield Text.assemble(
        (clean(found.project.name), "bold"),
        f"  {counted(len(operations), 'privileged operation')}, {moving} of them move up by `privmigrate rewrite`",
    )
    yield said(_source(found), width, "dim")
    if not operations:
        return
    yield ""
    yield title("One call", "by sudo + rootwrap, by rootwrap-daemon, and after; medians of bench")
    yield _steps(found.savings)
    text = (
        "What a command itself takes is in neither figure: they are what it costs to have "
        f"`{ANY_COMMAND}` run, but for programs that bench has. Processes, by rootwrap: sudo, Python, the command; by "
        "its daemon or by privsep: the command; by a native function: none (docs/bench.md)."
    )
    yield said(text, width, "dim")
    if any(one.ms(Way.DAEMON) < 0 for one in found.savings):
        text = "A function of privsep that runs a command is slower than rootwrap-daemon: what gains there is native."
        yield said(text, width)
    yield ""
    yield from _programs(found.savings, most, width)
    if most > TOP:
        yield ""
        yield from _all(found.savings, width)


def _source(found: Forecast) -> str:
    machine = found.bench.machine
    about = (
        f"{machine.get('processors')} x {machine.get('processor')}, {machine.get('system')}, {found.bench.when[:10]}"
    )
    if found.shipped:
        text = "Figures: a run that comes with privmigrate, of another machine than yours"
        return f"{text} ({about}). Your own say more: sudo privmigrate bench --json FILE, then --bench FILE."
    return f"Figures: {found.source} ({about})."


def _steps(some: Sequence[Saving]) -> Table:
    made = table("rung", "calls", "processes", *_HEADS, "saves\nrootwrap", "saves\ndaemon")
    for one in steps(some):
        before, after = ([one.processes(way, after=each) for way in BEFORE] for each in (False, True))
        stays = one.before is one.after
        made.add_row(
            _change(one.before, one.after),
            str(len(one.savings)),
            _either(before) if stays else f"{_either(before)} -> {_either(after)}",
            *(shown(one.mean(way, after=False)) for way in BEFORE),
            "" if stays else shown(one.mean(Way.ROOTWRAP, after=True)),
            *("" if stays else signed(one.mean(way, after=False) - one.mean(way, after=True)) for way in BEFORE),
        )
    return made


def _change(before: Rung, after: Rung) -> Text:
    """ "0 -> 4 native", "0 rootwrap, stays"."""
    if before is after:
        return Text(f"{number(after)} {after.value}, stays", STYLE[after])
    return Text(f"{number(before)} -> {number(after)} {after.value}", STYLE[after])


def _either(numbers: Iterable[int]) -> str:
    """A number, or both where rootwrap and its daemon differ."""
    return "|".join(map(str, dict.fromkeys(numbers)))


def _programs(some: Sequence[Saving], most: int, width: int) -> Iterator[RenderableType]:
    """The operations that move by program and change of rung, those with most calls first."""
    groups: dict[tuple[str, Rung, Rung], list[Saving]] = {}
    for one in some:
        if one.operation.moves:
            key = (one.operation.program, one.operation.before, one.operation.after)
            groups.setdefault(key, []).append(one)
    rows = sorted(groups.items(), key=lambda item: (-len(item[1]), *item[0]))
    made = table("program", "rung", "calls", *_HEADS, left=2)
    for (program, before, after), group in rows[:most]:
        first = group[0]
        made.add_row(
            clean(program),
            _change(before, after),
            str(len(group)),
            *(shown(first.before[way].ms) for way in BEFORE),
            shown(first.after[Way.ROOTWRAP].ms),
        )
    if rows:
        yield title("By program", "one call of what moves")
        yield made
        yield from rest(len(rows) - most, "program", width)


def _all(some: Sequence[Saving], width: int) -> Iterator[RenderableType]:
    """Every operation with its line."""
    yield title("By call", "ms by rootwrap, by its daemon, and after; in brackets what bench measured in its place")
    for path, group in groupby(some, key=lambda one: one.operation.path):
        yield Text(clean(path), "bold", no_wrap=True)
        for one in group:
            operation = one.operation
            after = one.after[Way.ROOTWRAP]
            figures = " ".join(f"{shown(one.before[way].ms)} ({one.before[way].measured})" for way in BEFORE)
            change = (
                f"{operation.before.value} -> {operation.after.value}" if operation.moves else operation.after.value
            )
            text = (
                f"{operation.line}: {runs(operation, 60)}  {change}: {figures} -> {shown(after.ms)} ({after.measured})"
            )
            yield said(f"  {text}", width, "", "      ")
