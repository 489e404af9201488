"""All that is told of a project: savings, traffic, pools, replies and memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from migrator.bench.results import Result
from migrator.forecast.memory import Daemon, daemons
from migrator.forecast.operations import Operation, Project
from migrator.forecast.pools import Pool, hold, pools
from migrator.forecast.replies import Reply, replies
from migrator.forecast.savings import Saving, savings
from migrator.forecast.traffic import Hold, Traffic


@dataclass(frozen=True, slots=True)
class Forecast:
    """bench: the run of which all times and sizes are; source: its file. shipped: it is the one that came along."""

    project: Project
    bench: Result
    source: str
    shipped: bool
    savings: tuple[Saving, ...]
    traffic: Traffic | None
    pools: tuple[Pool, ...]
    replies: tuple[Reply, ...]
    daemons: tuple[Daemon, ...]


def forecast(
    project: Project,
    bench: Result,
    source: str,
    shipped: bool,
    read: Callable[[Sequence[Operation], Hold], Traffic] | None,
) -> Forecast:
    """The forecast for a project. read: reads the logs, given the operations and how long each keeps a thread."""
    some = project.operations
    seen = read(some, hold(bench)) if read is not None else None
    return Forecast(
        project,
        bench,
        source,
        shipped,
        savings(some, bench),
        seen,
        pools(project.contexts, some, seen, bench),
        replies(some),
        daemons(project.contexts, some, bench),
    )
