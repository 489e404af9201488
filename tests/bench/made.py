"""A run of bench that nobody had to wait for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migrator.bench.plan import Plan, plan
from migrator.bench.results import Raw, Result, result

PLAN: Plan = plan(["chown", "true"], 2)
MACHINE: dict[str, object] = {"processor": "a processor", "processors": 2, "system": "Linux 6", "load": [0.1, 0.2, 0.3]}
VERSIONS = {"privmigrate": "1", "python": "3.11.7", "oslo.privsep": "3.12.0"}


def told(slower: float = 1) -> dict[str, Any]:
    """As harness.client tells it, in seconds. slower: what all calls take longer."""
    seconds = {"rootwrap": [0.2, 0.1], "daemon": [0.003] * 4, "exec": [0.004] * 4, "native": [0.0001, 0.0002] * 2}
    chown = {way: [slower * each for each in times] for way, times in seconds.items()}
    return {
        "latency": {"chown": chown, "true": {way: times for way, times in chown.items() if way != "native"}},
        "starts": {"daemon": [0.1, 0.2], "privsep": [0.3], "privsep-rootwrap": [0.5]},
        "throughput": [
            {"operation": "chown", "way": "daemon", "pool": None, "threads": 1, "runs": [230.0, 250.0, 240.0]},
            {"operation": "wait", "way": "exec", "pool": 8, "threads": 8, "runs": [156.25]},
        ],
    }


def run(slower: float = 1, versions: Mapping[str, str] | None = None) -> Result:
    raw = Raw(told(slower), {"daemon": [16000, 2], "privsep": [22000, 1]})
    return result(raw, PLAN, "2026-11-26T10:00:00+00:00", MACHINE, versions or VERSIONS)
