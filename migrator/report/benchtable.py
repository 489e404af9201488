"""A run of bench for a terminal: tables, and bars on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from migrator.bench.plan import SAID, Way
from migrator.bench.results import Change, Result, Times, apart, changes, fastest, other_machine, ratio
from migrator.report import console
from migrator.report.text import clean, folded

STYLE = {Way.ROOTWRAP: "red", Way.DAEMON: "yellow", Way.EXEC: "cyan", Way.NATIVE: "green"}
STARTS = {
    "daemon": "rootwrap-daemon through sudo",
    "privsep": "privsep-helper through sudo",
    "privsep-rootwrap": "privsep-helper through sudo and rootwrap",
}
DAEMONS = {
    "daemon": "rootwrap-daemon, with its sudo",
    "privsep": "privsep daemon, commands",
    "privsep-native": "privsep daemon, native",
    "privsep-wide": "privsep daemon, commands, wide pool",
}
OPERATIONS = {"wait": "waits 50 ms"}
_VERDICT = {"slower": "red", "faster": "green"}


def rendered(found: Result, older: Result | None, name: str, coloured: bool, encoding: str, width: int) -> str:
    """The run as text, of `width` columns; older: the run to compare with, which `name` names."""
    parts = list(_parts(found, encoding, width))
    if older is not None:
        parts += ["", *_compared(older, found, name, width)]
    return console.drawn(parts, coloured, encoding, width)


def shown(number: float) -> str:
    """Three digits that count, and no exponent: 135, 3.30, 0.0611."""
    if not number:
        return "0"
    return f"{number:,.{max(2 - math.floor(math.log10(abs(number))), 0)}f}"


def shown_ratio(number: float) -> str:
    """A ratio: 1.3x, 28x, 1,700x."""
    return f"{number:,.0f}x" if number >= 10 else f"{number:.1f}x" if number >= 1 else f"{number:.2f}x"


def _parts(found: Result, encoding: str, width: int) -> Iterator[RenderableType]:
    about = found.machine
    libraries = ", ".join(f"{name} {found.versions[name]}" for name in found.versions if name != "privmigrate")
    head = f"{about.get('processors')} x {about.get('processor') or about.get('architecture')}, {about.get('system')}"
    yield Text.assemble(("privmigrate bench", "bold"), "  ", clean(head))
    yield Text("\n".join(folded(clean(libraries), width)), "dim")
    yield ""
    yield _title("One call, in ms", "in random order; the ratio is to the last way, by medians")
    yield _latency(found)
    yield ""
    yield from _chart(found, encoding, width)
    yield ""
    yield _title("Start-up, in ms", "the first call of a daemon, with its start")
    yield _startup(found)
    yield ""
    yield _title("Calls a second", "by threads that call; pool: threads of the daemon")
    yield _throughput(found)
    yield ""
    yield _title("Memory, in MiB", "PSS: what is shared counts by its share")
    yield _memory(found)


def _title(title: str, about: str) -> Text:
    return Text.assemble((title, "bold"), "  ", (about, "dim"))


def _table(*columns: str, left: int = 1) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1), header_style="bold")
    for number, name in enumerate(columns):
        table.add_column(name, justify="left" if number < left else "right", no_wrap=True)
    return table


def _latency(found: Result) -> Table:
    table = _table("operation", "way", "calls", "median", "p95", "min", "ratio", left=2)
    for operation in found.operations:
        least = fastest(found, operation)
        ways = [way for way in Way if found.times(way, operation)]
        for way in ways:
            times = found.times(way, operation)
            assert times is not None
            to = ratio(found, operation, way, least)
            table.add_row(
                operation if way is ways[0] else "",
                Text(SAID[way], STYLE[way]),
                str(times.count),
                *(shown(each) for each in (times.median, times.p95, times.least)),
                shown_ratio(to.median) if to and way is not least else "",
                end_section=way is ways[-1],
            )
    return table


def _chart(found: Result, encoding: str, width: int) -> Iterator[RenderableType]:
    """Bars of the medians, each step of the scale ten times the one before."""
    bars = [(operation, way, found.times(way, operation)) for operation in found.operations for way in Way]
    measured = [(operation, way, times) for operation, way, times in bars if times is not None and times.median > 0]
    if not measured:
        return
    first = math.floor(math.log10(min(times.median for _, _, times in measured)))
    last = max(math.ceil(math.log10(max(times.median for _, _, times in measured))), first + 1)
    room = width - 27
    solid = _solid(encoding)
    yield _title("Median of one call", "logarithmic: each mark is ten times the one before")
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    for _ in range(3):
        table.add_column(no_wrap=True)
    before = ""
    for operation, way, times in measured:
        length = _length(times, first, last, room)
        name = operation if operation != before else ""
        table.add_row(name, Text(SAID[way], STYLE[way]), Text(solid * length, STYLE[way]))
        before = operation
    table.add_row("", "", Text(_scale(first, last, room), "dim"))
    yield table


def _length(times: Times, first: int, last: int, room: int) -> int:
    return max(round(room * (math.log10(times.median) - first) / (last - first)), 1)


def _scale(first: int, last: int, room: int) -> str:
    """The marks below the bars, each ending where a bar of that length ends; the first is where bars begin."""
    line = f"{10.0**first:g} ms"
    for power in range(first + 1, last + 1):
        mark = f"{10.0**power:g} ms"
        line += mark.rjust(round(room * (power - first) / (last - first)) - len(line))
    return line


def _solid(encoding: str) -> str:
    try:
        "\u2588".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return "#"
    return "\u2588"


def _startup(found: Result) -> Table:
    table = _table("daemon", "starts", "median", "p95", "min")
    for name, times in found.startup.items():
        figures = (shown(each) for each in (times.median, times.p95, times.least))
        table.add_row(STARTS.get(name, name), str(times.count), *figures)
    return table


def _throughput(found: Result) -> Table:
    threads = sorted({rate.threads for rate in found.throughput})
    table = _table("operation", "way", "pool", *(f"{number} thread{'s' * (number > 1)}" for number in threads), left=2)
    rows = list(dict.fromkeys((rate.operation, rate.way, rate.pool) for rate in found.throughput))
    before = ""
    for operation, way, pool in rows:
        rates = {
            rate.threads: rate.median
            for rate in found.throughput
            if (rate.operation, rate.way, rate.pool) == (operation, way, pool)
        }
        if before and operation != before:
            table.add_section()
        table.add_row(
            OPERATIONS.get(operation, operation) if operation != before else "",
            Text(SAID[Way(way)], STYLE[Way(way)]),
            "" if pool is None else str(pool),
            *(shown(rates[number]) if number in rates else "" for number in threads),
        )
        before = operation
    return table


def _memory(found: Result) -> Table:
    table = _table("daemon", "processes", "PSS")
    for name, one in found.memory.items():
        table.add_row(DAEMONS.get(name, name), str(one.processes), f"{one.pss / 1024:.1f}")
    return table


def _compared(older: Result, found: Result, name: str, width: int) -> Iterator[RenderableType]:
    yield _title("Compared", f"with {clean(name)} of {clean(older.when)}; medians in ms")
    machine = other_machine(older, found)
    if machine:
        said = "NOT THE SAME MACHINE: what follows tells of the two machines, not of the code"
        yield Text("\n".join(folded(said, width)), "bold red")
    for line in (*machine, *apart(older, found)):
        yield Text("\n".join(folded(f"differs: {clean(line)}", width, "  ")), "red" if line in machine else "yellow")
    table = _table("operation", "way", "old", "new", "new/old", "to exec", "", left=2)
    table.columns[-1].justify = "left"
    table.padding = (0, 1, 0, 0)
    told: Sequence[Change] = changes(older, found)
    for number, one in enumerate(told):
        way = Way(one.way)
        table.add_row(
            one.operation if not number or told[number - 1].operation != one.operation else "",
            Text(SAID[way], STYLE[way]),
            shown(one.old),
            shown(one.new),
            f"{one.ratio:.2f}",
            "" if one.against is None else f"{one.against:.2f}",
            Text(one.verdict, _VERDICT.get(one.verdict, "dim")),
        )
    yield table
    text = (
        "to exec: new/old after each was divided by what `privsep, command` took in its own run, so that a machine "
        "that was busier drops out; the last column goes by it. In spread: the intervals that the medians lie in meet, "
        "so that the two runs show no difference. That of `privsep, command` itself goes by its time, which "
        "moves with the load."
    )
    yield Text("\n".join(folded(text, width)), "dim")
