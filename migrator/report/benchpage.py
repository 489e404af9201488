"""A run of bench as a section of the HTML report."""

from __future__ import annotations

import math
from collections.abc import Iterator

from migrator.bench.plan import SAID, Way
from migrator.bench.results import Result, Times, fastest, ratio
from migrator.report.benchtable import DAEMONS, OPERATIONS, STARTS, shown, shown_ratio
from migrator.report.coverage.said import escaped as _e

# The colours of the rungs that the ways stand on: page.css. The daemon of rootwrap is on rung 0 as well.
_RUNG = {Way.ROOTWRAP: "0", Way.DAEMON: "2", Way.EXEC: "3", Way.NATIVE: "4"}


def section(found: Result) -> str:
    """The section: what a call costs each way with bars, start-up, calls a second, memory."""
    libraries = ", ".join(f"{name} {found.versions[name]}" for name in found.versions if name != "privmigrate")
    about = f"{found.machine.get('processors')} x {found.machine.get('processor')}, {found.machine.get('system')}"
    return f"""<section class="bench" aria-labelledby="h-bench"><h2 id="h-bench">What one call costs</h2>
<p class="quiet">Measured by <code>privmigrate bench</code> at {_e(found.when)} on {_e(about)}: {_e(libraries)}.
All ways in turn, in random order; ratios are of medians. Bars are logarithmic.</p>
<table class="ladder"><caption class="hidden-label">Time of one call by operation and way</caption>
<thead><tr><th scope="col">way</th><th scope="col" class="number">median ms</th>
<th scope="col" class="number">p95 ms</th><th scope="col" class="number">ratio</th>
<th scope="col"><span class="hidden-label">chart</span></th></tr></thead>
{"".join(_operations(found))}</table>
{_starts(found)}
{_throughput(found)}
{_memory(found)}</section>"""


def _operations(found: Result) -> Iterator[str]:
    medians = [one.median for of_way in found.latency.values() for one in of_way.values() if one.median > 0]
    first = math.floor(math.log10(min(medians, default=1)))
    last = max(math.ceil(math.log10(max(medians, default=1))), first + 1)
    for operation in found.operations:
        rows = []
        least = fastest(found, operation)
        for way in Way:
            times = found.times(way, operation)
            if times is None:
                continue
            to = ratio(found, operation, way, least)
            share = 100 * (math.log10(times.median) - first) / (last - first) if times.median > 0 else 0
            rows.append(
                f'<tr><th scope="row" class="t{_RUNG[way]}">{_e(SAID[way])}</th>{_figures(times)}'
                f'<td class="number">{shown_ratio(to.median) if to else ""}</td>'
                f'<td class="bar"><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
                f'<rect class="track" width="100" height="10"/>'
                f'<rect class="f{_RUNG[way]}" width="{share:.2f}" height="10"/></svg></td></tr>'
            )
        head = f'<tr><th scope="rowgroup" colspan="5"><code>{_e(operation)}</code></th></tr>'
        yield f"<tbody>{head}{''.join(rows)}</tbody>"


def _figures(times: Times) -> str:
    return f'<td class="number">{shown(times.median)}</td><td class="number">{shown(times.p95)}</td>'


def _starts(found: Result) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_e(STARTS.get(name, name))}</th>{_figures(times)}</tr>'
        for name, times in found.startup.items()
    )
    return _table("Start-up: the first call, with the daemon's start", ("daemon", "median ms", "p95 ms"), rows)


def _throughput(found: Result) -> str:
    threads = sorted({rate.threads for rate in found.throughput})
    rows = []
    for operation, way, pool in dict.fromkeys((one.operation, one.way, one.pool) for one in found.throughput):
        rates = {
            one.threads: shown(one.median)
            for one in found.throughput
            if (one.operation, one.way, one.pool) == (operation, way, pool)
        }
        cells = "".join(f'<td class="number">{rates.get(number, "")}</td>' for number in threads)
        name = f"{OPERATIONS.get(operation, operation)}, {SAID[Way(way)]}"
        rows.append(f'<tr><th scope="row">{_e(name)}</th><td class="number">{pool or ""}</td>{cells}</tr>')
    heads = ("operation", "pool", *(f"{number} thread{'s' * (number > 1)}" for number in threads))
    return _table("Calls a second, by threads that call; the pool is the daemon's threads", heads, "".join(rows))


def _memory(found: Result) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_e(DAEMONS.get(name, name))}</th><td class="number">{one.processes}</td>'
        f'<td class="number">{one.pss / 1024:.1f}</td></tr>'
        for name, one in found.memory.items()
    )
    return _table("Memory; what is shared counts by its share (PSS)", ("daemon", "processes", "MiB"), rows)


def _table(title: str, heads: tuple[str, ...], rows: str) -> str:
    first, *others = heads
    cells = "".join(f'<th scope="col" class="number">{_e(name)}</th>' for name in others)
    return f"""<h3>{_e(title)}</h3><table class="steps"><caption class="hidden-label">{_e(title)}</caption>
<thead><tr><th scope="col">{_e(first)}</th>{cells}</tr></thead><tbody>{rows}</tbody></table>"""
