"""The cost of `report --history`, commit by commit, beside how many files each one changes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from benching.dataset import Step, Walked
from migrator.coverage.history import Settings, history
from migrator.coverage.kept import Kept
from migrator.coverage.repository import Commit, Repository, changes, found, sampled, tree


def walked(path: Path, span: str, every: str, tell: Callable[[str], None]) -> Walked:
    """Walk the history of a path as `report --history` does, with nothing kept. Raises Fault for what has no history.

    cpu is this process's own: git's share is small, and not counted.
    """
    repository = found(str(path))
    commits = sampled(repository, span, every)
    told: list[tuple[Commit, str, float, float]] = []
    begin = time.process_time(), time.perf_counter()

    def one(commit: Commit, how: str) -> None:
        nonlocal begin
        now = time.process_time(), time.perf_counter()
        told.append((commit, how, now[0] - begin[0], now[1] - begin[1]))
        tell(f"commit {len(told)} of {len(commits)}: {how}")
        begin = time.process_time(), time.perf_counter()

    for _ in history(repository, commits, Settings(), Kept(""), one):
        pass
    steps, before = [], ""
    for commit, how, cpu, wall in told:
        after = tree(repository, commit.sha)
        blobs = _changed(repository, before, after)
        steps.append(Step(commit.sha, how, blobs, round(1000 * cpu, 2), round(1000 * wall, 2)))
        before = after
    return Walked(path.name, span, tuple(steps))


def _changed(repository: Repository, before: str, after: str) -> int:
    return sum("tests" not in one.path.split("/") for one in changes(repository, before, after))
