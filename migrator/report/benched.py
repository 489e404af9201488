"""A run of bench as JSON (privmigrate.bench/1), written and read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from migrator.bench.plan import Way
from migrator.bench.results import Memory, Rate, Result, Times, apart, changes, other_machine, ratio
from migrator.fault import Fault

SCHEMA = "privmigrate.bench/1"
PACKAGE = Path(__file__).resolve().parent.parent
_DIGITS = 4  # of milliseconds, and of calls a second


def shipped(package: Path = PACKAGE) -> Path:
    """The run that comes with privmigrate: `migrator/bench/shipped.json` in a wheel, `docs/bench.json` in a checkout.

    Raises Fault when there is neither.
    """
    inside, beside = package / "bench" / "shipped.json", package.parent / "docs" / "bench.json"
    if inside.is_file():
        return inside
    if beside.is_file() and (package.parent / "pyproject.toml").is_file():
        return beside
    raise Fault(f"{inside}: the run that comes with privmigrate is missing; install it again, or give --bench FILE")


def dumps(found: Result, older: Result | None = None, name: str = "") -> str:
    """The run as JSON text; older: the run to compare with, which `name` names."""
    compared = {} if older is None else {"compared": comparison(older, found, name)}
    return json.dumps({**document(found), **compared}, indent=2) + "\n"


def comparison(older: Result, found: Result, name: str) -> dict[str, Any]:
    """Two runs as ratios, new to old."""
    return {
        "with": name,
        "when": older.when,
        "other_machine": list(other_machine(older, found)),
        "differs": list(apart(older, found)),
        "changes": [
            {
                "operation": one.operation,
                "way": one.way,
                "old_ms": round(one.old, _DIGITS),
                "new_ms": round(one.new, _DIGITS),
                "ratio": round(one.ratio, _DIGITS),
                "against_exec": None if one.against is None else round(one.against, _DIGITS),
                "verdict": one.verdict,
            }
            for one in changes(older, found)
        ],
    }


def document(found: Result) -> dict[str, Any]:
    """The run as the values of its JSON; times are in milliseconds, memory in KiB."""
    return {
        "schema": SCHEMA,
        "when": found.when,
        "machine": dict(found.machine),
        "versions": dict(found.versions),
        "settings": dict(found.settings),
        "ways": {
            way: {operation: _times(times) for operation, times in of_way.items()}
            for way, of_way in found.latency.items()
        },
        "startup": {name: _times(times) for name, times in found.startup.items()},
        "throughput": [
            {
                "operation": rate.operation,
                "way": rate.way,
                "pool": rate.pool,
                "threads": rate.threads,
                "per_second": round(rate.median, _DIGITS),
                "runs": [round(each, _DIGITS) for each in rate.runs],
            }
            for rate in found.throughput
        ],
        "memory": {name: {"pss_kib": one.pss, "processes": one.processes} for name, one in found.memory.items()},
        "ratios": {operation: _ratios(found, operation) for operation in found.operations},
    }


def _times(times: Times) -> dict[str, Any]:
    return {
        "n": times.count,
        "median_ms": round(times.median, _DIGITS),
        "p95_ms": round(times.p95, _DIGITS),
        "min_ms": round(times.least, _DIGITS),
        "median_within_ms": [round(each, _DIGITS) for each in times.around],
    }


def _ratios(found: Result, operation: str) -> dict[str, Any]:
    """Each way to each that is further up the ladder: "rootwrap/native" and so on."""
    ways = list(Way)
    pairs = [(way, to) for number, way in enumerate(ways) for to in ways[number + 1 :]]
    told = {f"{way.value}/{to.value}": ratio(found, operation, way, to) for way, to in pairs}
    return {name: {"median": round(one.median, 2), "min": round(one.least, 2)} for name, one in told.items() if one}


def loads(text: str, path: str) -> Result:
    """The run that dumps() wrote. Raises Fault, with the path, for what is none."""
    try:
        told = json.loads(text)
        if told["schema"] != SCHEMA:
            raise Fault(f"{path}: its schema is {told['schema']}, not {SCHEMA}; name what `bench --json` wrote")
        return Result(
            told["when"],
            dict(told["machine"]),
            dict(told["versions"]),
            dict(told["settings"]),
            {
                str(way): {str(name): _read_times(one) for name, one in of_way.items()}
                for way, of_way in told["ways"].items()
            },
            {str(name): _read_times(one) for name, one in told["startup"].items()},
            tuple(
                Rate(
                    one["operation"],
                    one["way"],
                    one["pool"],
                    int(one["threads"]),
                    float(one["per_second"]),
                    tuple(map(float, one["runs"])),
                )
                for one in told["throughput"]
            ),
            {str(name): Memory(int(one["pss_kib"]), int(one["processes"])) for name, one in told["memory"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Fault(f"{path}: no run of `bench --json` ({type(error).__name__}: {error})") from None


def _read_times(told: dict[str, Any]) -> Times:
    median, p95, least = (float(told[name]) for name in ("median_ms", "p95_ms", "min_ms"))
    # A run from before the interval was told: all but its slowest calls, which is wider.
    low, high = told.get("median_within_ms", (least, p95))
    return Times(int(told["n"]), median, p95, least, (float(low), float(high)))
