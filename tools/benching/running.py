"""One run of a tool as a process, and all tools in turn, each run after one of ripgrep."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """One run: wall and cpu in seconds, peak in MB, found what the tool told of."""

    wall: float
    cpu: float
    peak: float
    found: int


Pair = tuple[Run, "Run | None"]  # a run, and that of ripgrep just before it


def lines(output: bytes) -> int:
    """How many lines a tool printed, for those that tell each finding on one."""
    return output.count(b"\n")


@dataclass(frozen=True)
class Tool:
    """A command to measure in the tree as its folder.

    statuses: those that mean that it worked. slow: takes part in fewer rounds. prepare: what to do before each run.
    found: how many findings its output tells of.
    """

    name: str
    command: tuple[str, ...]
    statuses: tuple[int, ...] = (0, 1)
    environment: tuple[tuple[str, str], ...] = ()
    slow: bool = False
    prepare: Callable[[], None] | None = None
    found: Callable[[bytes], int] = lines


def run(tool: Tool, tree: Path) -> Run:
    """Run a tool once in `tree`, its output in a file that is removed; raise SystemExit where it fails.

    Wall time is of the whole process; cpu and peak memory (the largest resident set) of it and what it waited for.
    """
    if tool.prepare:
        tool.prepare()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        environment = {**os.environ, **dict(tool.environment)}
        actions = [
            (os.POSIX_SPAWN_DUP2, output.fileno(), 1),
            (os.POSIX_SPAWN_DUP2, errors.fileno(), 2),
        ]
        here = os.getcwd()
        os.chdir(tree)
        try:
            begin = time.perf_counter()
            pid = os.posix_spawn(tool.command[0], tool.command, environment, file_actions=actions)
            _, status, usage = os.wait4(pid, 0)
            wall = time.perf_counter() - begin
        finally:
            os.chdir(here)
        code = os.waitstatus_to_exitcode(status)
        if code not in tool.statuses:
            errors.seek(0)
            raise SystemExit(f"bench: {tool.name} ended with {code}: {errors.read().decode(errors='replace')[-2000:]}")
        output.seek(0)
        found = tool.found(output.read())
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, found)


def measure(
    tools: Sequence[Tool], baseline: Tool | None, tree: Path, rounds: int, slow_rounds: int
) -> dict[str, list[Pair]]:
    """Pairs (run, ripgrep's run just before it) by tool, taken in turn after one round that is thrown away.

    A drift of the machine so falls on all of them.
    """
    pairs: dict[str, list[Pair]] = {tool.name: [] for tool in tools}
    for number in range(rounds + 1):
        for tool in tools:
            if tool.slow and number > slow_rounds:
                continue
            before = run(baseline, tree) if baseline else None
            pair = run(tool, tree), before
            if number:
                pairs[tool.name].append(pair)
    return pairs
