"""A forecast as JSON (privmigrate.forecast/1)."""

from __future__ import annotations

import json
from typing import Any

from migrator.bench.plan import Way
from migrator.forecast.figures import BEFORE
from migrator.forecast.forecast import Forecast
from migrator.forecast.hourly import Saved, by_all, by_calls
from migrator.forecast.memory import total
from migrator.forecast.operations import Operation
from migrator.forecast.pools import Pool, Slow
from migrator.forecast.replies import LIMIT, OLD_LIMIT, SINCE
from migrator.forecast.savings import Saving, Step, steps
from migrator.forecast.traffic import Calls, Stranger, Traffic

SCHEMA = "privmigrate.forecast/1"
_DIGITS = 4


def dumps(found: Forecast) -> str:
    """The forecast as JSON text."""
    return json.dumps(document(found), indent=2) + "\n"


def document(found: Forecast) -> dict[str, Any]:
    """The forecast as the values of its JSON; times are in milliseconds where their name says so, else in seconds."""
    return {
        "schema": SCHEMA,
        "project": found.project.name,
        "bench": {
            "source": found.source,
            "shipped": found.shipped,
            "when": found.bench.when,
            "machine": dict(found.bench.machine),
            "versions": dict(found.bench.versions),
        },
        "steps": [_step(one) for one in steps(found.savings)],
        "operations": [_operation(one) for one in found.savings],
        "traffic": _traffic(found.traffic, found.savings) if found.traffic is not None else None,
        "pools": [_pool(one) for one in found.pools],
        "replies": {
            "limit_bytes": LIMIT,
            "since": ".".join(map(str, SINCE)),
            "limit_before_bytes": OLD_LIMIT,
            "operations": [
                {"place": one.operation.place, "argv": list(one.operation.argv), "what": one.what, "source": one.source}
                for one in found.replies
            ],
        },
        "memory": {
            "daemons": [
                {
                    "context": one.context.name,
                    "section": one.context.section,
                    "new": one.context.new,
                    "operations_before": one.before,
                    "operations_after": one.after,
                    "pss_kib": one.kib,
                    "figure": one.figure,
                }
                for one in found.daemons
            ],
            "before_kib": total(found.daemons, after=False),
            "after_kib": total(found.daemons, after=True),
        },
    }


def _step(one: Step) -> dict[str, Any]:
    return {
        "before": one.before.value,
        "after": one.after.value,
        "operations": len(one.savings),
        "ways": {
            way.value: {
                "processes_before": one.processes(way, after=False),
                "processes_after": one.processes(way, after=True),
                "before_ms": round(one.mean(way, after=False), _DIGITS),
                "after_ms": round(one.mean(way, after=True), _DIGITS),
            }
            for way in BEFORE
        },
    }


def _operation(one: Saving) -> dict[str, Any]:
    operation = one.operation
    return {
        "path": operation.path,
        "line": operation.line,
        "program": operation.program,
        "argv": list(operation.argv),
        "before": operation.before.value,
        "after": operation.after.value,
        "function": operation.function,
        "context_before": operation.context_before,
        "context_after": operation.context_after,
        "why": operation.why,
        "ways": {way.value: _way(one, way) for way in BEFORE},
    }


def _way(one: Saving, way: Way) -> dict[str, Any]:
    before, after = one.before[way], one.after[way]
    return {
        "before_ms": round(before.ms, _DIGITS),
        "before_figure": before.measured,
        "after_ms": round(after.ms, _DIGITS),
        "after_figure": after.measured,
        "processes_saved": one.processes(way),
    }


def _traffic(seen: Traffic, some: tuple[Saving, ...]) -> dict[str, Any]:
    return {
        "files": list(seen.files),
        "lines": seen.lines,
        "hours": seen.hours,
        "ways": sorted(way.value for way in seen.ways),
        "calls": [_calls(one, seen, some) for one in seen.calls],
        "unmatched": [_stranger(one) for one in seen.strangers],
        "aside": _stranger(seen.aside),
        "broken": _stranger(seen.broken),
        "refused": seen.refused,
        "helper_starts": seen.starts,
        "summary": {
            "matched": seen.matched,
            "unmatched": seen.unmatched,
            "saved": {way.value: _saved(by_all(seen, some, way)) for way in BEFORE},
        },
    }


def _calls(one: Calls, seen: Traffic, some: tuple[Saving, ...]) -> dict[str, Any]:
    return {
        "places": [some[number].operation.place for number in one.operations],
        "argv": list(some[one.operations[0]].operation.argv),
        "count": one.count,
        "per_hour": _rounded(one.count / seen.hours if seen.hours else None),
        "timed": one.timed,
        "mean_seconds": _rounded(one.mean),
        "slowest_seconds": one.slowest if one.timed else None,
        "saved": {way.value: _saved(by_calls(one, some, way, seen.hours)) for way in BEFORE},
    }


def _saved(one: Saved) -> dict[str, Any]:
    return {
        "processes": round(one.processes, 2),
        "seconds": round(one.seconds, _DIGITS),
        "processes_per_hour": _rounded(one.processes_per_hour),
        "seconds_per_hour": _rounded(one.seconds_per_hour),
    }


def _rounded(number: float | None) -> float | None:
    return round(number, _DIGITS) if number is not None else None


def _stranger(one: Stranger) -> dict[str, Any]:
    return {"program": one.program, "count": one.count, "examples": list(one.examples)}


def _pool(one: Pool) -> dict[str, Any]:
    return {
        "context": one.context.name,
        "section": one.context.section,
        "operations": one.operations,
        "calls_per_second": _rounded(one.rate),
        "held_seconds": _rounded(one.held),
        "load": _rounded(one.load),
        "busiest_minute": _rounded(one.busiest),
        "thread_pool_size": one.size or None,
        "why": one.why,
        "slow_unseen": one.unseen,
        "slow": [_slow(each) for each in one.slow],
    }


def _slow(one: Slow) -> dict[str, Any]:
    operation: Operation = one.operation
    return {
        "place": operation.place,
        "argv": list(operation.argv),
        "function": operation.function,
        "why": one.why,
        "source": one.source,
        "mean_seconds": _rounded(one.mean),
        "slowest_seconds": one.slowest,
    }
