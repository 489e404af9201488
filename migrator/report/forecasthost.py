"""The part of a forecast that is about one host's logs, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType

from migrator.bench.plan import SAID
from migrator.forecast.figures import BEFORE
from migrator.forecast.forecast import Forecast
from migrator.forecast.hourly import Saved, by_all, by_calls
from migrator.forecast.traffic import Calls, Stranger, Traffic
from migrator.report.forecastforms import rest, runs, said, signed, table, title
from migrator.report.text import clean, counted


def parts(found: Forecast, seen: Traffic, most: int, width: int) -> Iterator[RenderableType]:
    """What the calls of the logs save on that host, and what in the logs is of no operation."""
    yield ""
    yield title("On that host", clean(", ".join(seen.files)))
    yield said(_about(seen), width)
    yield ""
    yield _calls(found, seen, most, width)
    yield from rest(len(seen.calls) - most, "operation", width)
    yield ""
    for way in BEFORE:
        saved = by_all(seen, found.savings, way)
        yield said(f"By {SAID[way]}: {_saved(saved)}", width, "bold" if way in seen.ways else "", "    ")
    yield from _others(seen, most, width)


def _about(seen: Traffic) -> str:
    hours = "no time that they span: --hours N says it"
    if seen.hours:
        hours = f"{seen.hours:.3g} hour{'s' * (seen.hours != 1)}"
    text = f"{counted(seen.lines, 'line')}, {hours}; {counted(seen.matched, 'call')} of the project's operations"
    if seen.ways:
        text += f", by {' and '.join(SAID[way] for way in BEFORE if way in seen.ways)}"
    return f"{text}; {counted(seen.starts, 'start')} of privsep-helper." if seen.starts else f"{text}."


def _calls(found: Forecast, seen: Traffic, most: int, width: int) -> RenderableType:
    """A row of two lines for each operation: where it is, and what it runs below."""
    heads = [f"saves s\n{way.value}" for way in BEFORE]
    made = table("operation", "calls an hour" if seen.hours else "calls", "took s", *heads)
    room = width - 44
    for one in seen.calls[:most]:
        operation = found.savings[one.operations[0]].operation
        more = f" or {len(one.operations) - 1} more" if len(one.operations) > 1 else ""
        saved = [by_calls(one, found.savings, way, seen.hours) for way in BEFORE]
        made.add_row(
            f"{_short(clean(operation.place), room - len(more))}{more}\n  {_cut(runs(operation), room - 2)}",
            f"{one.count / seen.hours:,.1f}" if seen.hours else str(one.count),
            _took(one),
            *(_figure(each.seconds_per_hour if seen.hours else each.seconds) for each in saved),
        )
    return made


def _took(one: Calls) -> str:
    return f"{one.mean:.3f}" if one.mean is not None else ""


def _figure(seconds: float | None) -> str:
    return signed(seconds) if seconds is not None else ""


def _short(place: str, room: int) -> str:
    """The end of a path says more than its beginning."""
    return place if len(place) <= room else f"...{place[3 - room :]}"


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 3].rstrip()}..."


def _saved(saved: Saved) -> str:
    if saved.processes_per_hour is None or saved.seconds_per_hour is None:
        return f"{saved.processes:,.0f} processes and {signed(saved.seconds)} s of waiting saved in what is counted."
    each = f"{saved.processes_per_hour:,.0f} processes and {signed(saved.seconds_per_hour)} s of waiting saved an hour"
    return f"{each}; {saved.processes:,.0f} and {signed(saved.seconds)} s in all."


def _others(seen: Traffic, most: int, width: int) -> Iterator[RenderableType]:
    if seen.strangers:
        yield ""
        text = (
            f"{counted(seen.unmatched, 'root call')} of none of these operations: a library's, another service's, or "
        )
        yield said(f"{text}a call whose command is not known; a library's folder can be named as well.", width)
        for one in seen.strangers[:most]:
            yield said(f"  {one.count}  {'; '.join(one.examples[:2])}", width, "", "      ")
        yield from rest(len(seen.strangers) - most, "program", width)
    if seen.aside.count:
        text = f"{counted(seen.aside.count, 'call')} without sudo left aside, such as"
        yield ""
        yield said(f"{text} {_such(seen.aside)}", width, "", "      ")
    if seen.refused:
        yield said(
            f"{counted(seen.refused, 'command')} that rootwrap did not run, for want of a filter or a program.", width
        )
    if seen.broken.count:
        text = f"{counted(seen.broken.count, 'line')} of calls could not be read, such as"
        yield said(f"{text} {_such(seen.broken)}", width, "yellow", "      ")


def _such(one: Stranger) -> str:
    return "; ".join(_cut(each, 100) for each in one.examples[:2])
