"""The part of a forecast that says where privsep will hurt, for a terminal: pools, replies, memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import RenderableType

from migrator.forecast.forecast import Forecast
from migrator.forecast.memory import total
from migrator.forecast.operations import Operation
from migrator.forecast.pools import Pool, Slow
from migrator.forecast.replies import LIMIT, OLD_LIMIT, SINCE
from migrator.model import Rung
from migrator.report.forecastforms import rest, runs, said, table, title
from migrator.report.text import clean, counted

_MIB = 1024 * 1024


def parts(found: Forecast, most: int, width: int) -> Iterator[RenderableType]:
    """The parts for which there is something to say."""
    if found.pools:
        yield ""
        yield from _pools(found, most, width)
    if found.replies:
        yield ""
        yield from _replies(found, most, width)
    if found.daemons:
        yield ""
        yield from _memory(found, width)


def _pools(found: Forecast, most: int, width: int) -> Iterator[RenderableType]:
    yield title("Threads", "a slow call keeps a thread of its daemon's pool; the others wait")
    processors = found.bench.machine.get("processors")
    text = (
        "thread_pool_size is one for each processor where it is not set (oslo_privsep/priv_context.py; "
        f"{processors} on the machine of bench); a thread is started when it is needed."
    )
    yield said(text, width, "dim")
    for pool in found.pools:
        yield ""
        yield from _pool(pool, most, width)
    yield ""
    yield said(" ".join(_timeouts(found.pools)), width)


def _timeouts(pools: Sequence[Pool]) -> Iterator[str]:
    commands = [each for pool in pools for each in pool.slow if each.operation.after is not Rung.NATIVE]
    measured = [each for each in commands if each.slowest is not None]
    if measured:
        worst = max(measured, key=lambda one: one.slowest or 0)
        seconds = worst.slowest or 0
        yield f"Timeouts: the slowest of these commands took {seconds:.3g} s ({worst.operation.place});"
        yield f"`privmigrate rewrite --timeout {limit(seconds)}` ends a command that takes twice that, and frees its"
        yield "thread."
    else:
        yield "Timeouts: `privmigrate rewrite --timeout SECONDS` ends a command and frees its thread; a log with times"
        yield "(--calls) tells how long they take."
    yield "A timeout of PrivContext or entrypoint_with_timeout ends the waiting only: the thread stays taken."


def limit(seconds: float) -> int:
    """A timeout that leaves twice the time: 10 s or a multiple."""
    return max(-(-round(2 * seconds) // 10) * 10, 10)


def _pool(pool: Pool, most: int, width: int) -> Iterator[RenderableType]:
    new = ", new" if pool.context.new else ""
    head = f"{pool.context.name}{new}: {counted(pool.operations, 'operation')}, {len(pool.slow)} of them slow"
    yield said(head, width, "bold", "    ")
    if pool.rate is not None:
        yield said(f"  {_load(pool)}", width, "", "    ")
    if pool.size == 1:
        yield said(f"  one thread is enough for what the log tells: {pool.why}", width, "", "    ")
    elif pool.size:
        section = pool.context.section or "the section of its context"
        setting = f"[{section}] thread_pool_size = {pool.size}"
        if pool.load is None:
            text = f"  at most {pool.size} threads are of use, {setting}: {pool.why}"
        else:
            text = f"  {pool.size} threads: {pool.why}. Where there are fewer processors, set {setting}"
        yield said(text, width, "", "    ")
    rows = [(f"{slow.why} ({slow.source})", slow.operation, _took(slow)) for slow in pool.slow[:most]]
    yield from _by_reason(rows, width)
    yield from rest(len(pool.slow) - most, "slow operation", width)


def _load(pool: Pool) -> str:
    calls = f"{(pool.rate or 0) * 3600:,.1f} calls an hour"
    if pool.held is None or pool.load is None:
        return f"{calls}, whose times are not in the log" if pool.rate else "no call in the log"
    text = f"{calls} that keep a thread for {pool.held:.3g} s: {pool.load:.2g} at once"
    if pool.busiest is not None:
        text += f", {pool.busiest:.2g} in the busiest minute"
    unseen = f"; {counted(pool.unseen, 'slow operation')} not in the log" if pool.unseen else ""
    return f"{text} (Little's law){unseen}"


def _took(slow: Slow) -> str:
    if slow.mean is None:
        return ""
    return f"; took {slow.mean:.3g} s, {slow.slowest:.3g} s at most"


def _by_reason(rows: Iterable[tuple[str, Operation, str]], width: int) -> Iterator[RenderableType]:
    """Operations below what is to be said of them, which is said once."""
    groups: dict[str, list[tuple[Operation, str]]] = {}
    for why, operation, more in rows:
        groups.setdefault(why, []).append((operation, more))
    for why, group in groups.items():
        yield said(f"  {why}:", width, "", "    ")
        for operation, more in group:
            yield said(f"    {operation.place}  {runs(operation, 50)}{more}", width, "", "        ")


def _replies(found: Forecast, most: int, width: int) -> Iterator[RenderableType]:
    yield title("Replies", "what a function returns has to fit into one message of oslo.privsep")
    since = ".".join(map(str, SINCE))
    text = (
        f"{LIMIT // _MIB} MiB since {since} (oslo_privsep/comm.py), above which the call never returns; before, with "
        f"msgpack below 1.0, {OLD_LIMIT // _MIB} MiB, above which the daemon ends (LP#1844822)."
    )
    yield said(text, width, "dim")
    rows = [(f"{one.what} ({one.source})", one.operation, "") for one in found.replies[:most]]
    yield from _by_reason(rows, width)
    yield from rest(len(found.replies) - most, "operation", width)


def _memory(found: Forecast, width: int) -> Iterator[RenderableType]:
    yield title("Memory", "a daemon for each context, and for each process of the service that uses it")
    made = table("context", "calls\nbefore", "calls\nafter", "MiB\n(PSS)")
    for one in found.daemons:
        name = f"{clean(one.context.name)}{' (new)' if one.context.new else ''}"
        size = f"{one.kib / 1024:.1f}" if one.kib is not None else "?"
        made.add_row(name, str(one.before or ""), str(one.after or ""), size)
    yield made
    sums = [total(found.daemons, after=after) for after in (False, True)]
    before, after = ("not measured" if kib is None else f"{kib / 1024:.0f} MiB" for kib in sums)
    daemon = found.bench.memory.get("daemon")
    text = f"{before} before, {after} after, by bench's daemons; yours import the service's package as well."
    if daemon is not None:
        text += f" A rootwrap-daemon has {daemon.pss / 1024:.0f} MiB with its sudo, and goes with the last root call."
    yield said(text, width)
