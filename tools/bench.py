"""Measure `privmigrate scan` against ripgrep, ast-grep and semgrep, in one run, on the projects in corpus/.

    python tools/bench.py [--folder corpus] [--rounds 9] [--slow-rounds 3]

Every run of a tool is paired with a run of ripgrep just before it, and all tools take turns within a round, so that a
drift of the machine falls on all of them; read the ratios rather than the times. Output goes to a file. Wall time is
of the whole process, peak memory its largest resident set (os.wait4), which cannot be less than this script's own.
A tool that is not installed is named as not measured.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

TREES = ("nova-15.1.5", "cinder-29.0.0")
PATTERN = "run_as_root=True"

AST_GREP_RULE = """\
id: run-as-root
language: python
severity: info
message: root call
rule:
  kind: call
  has:
    field: arguments
    has:
      kind: keyword_argument
      all:
        - has: {field: name, regex: '^run_as_root$'}
        - not: {has: {field: value, kind: 'false'}}
"""
SEMGREP_RULE = """\
rules:
  - id: run-as-root
    languages: [python]
    severity: INFO
    message: root call
    patterns:
      - pattern: $F(..., run_as_root=$X, ...)
      - pattern-not: $F(..., run_as_root=False, ...)
"""


@dataclass(frozen=True)
class Run:
    """One run: wall and cpu in seconds, peak in MB, status the exit status."""

    wall: float
    cpu: float
    peak: float
    status: int


@dataclass(frozen=True)
class Tool:
    """A command to measure in the tree as its folder; statuses: those that mean that it worked."""

    name: str
    command: tuple[str, ...]
    statuses: tuple[int, ...] = (0, 1)
    environment: tuple[tuple[str, str], ...] = ()
    slow: bool = False
    prepare: Callable[[], None] | None = None


def run(tool: Tool, tree: Path) -> Run:
    """Run a tool once in `tree`, its output in a file that is removed; raise SystemExit where it fails."""
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
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, code)


def ripgrep() -> Tool | None:
    found = shutil.which("rg")
    if not found:
        return None
    return Tool("ripgrep", (found, "--no-ignore", "-n", "-g", "*.py", PATTERN, "."))


def ours(scratch: Path) -> list[Tool]:
    """privmigrate without an index, with one that is written in the run, and with one that is there."""
    command: tuple[str, ...] = (sys.executable, "-m", "migrator")
    script = Path(sys.executable).with_name("privmigrate")
    if script.exists():
        command = (str(script),)
    scan = (*command, "scan", ".")
    cold, warm = scratch / "cold", scratch / "warm"
    return [
        Tool("privmigrate, no index", (*scan, "--no-index")),
        Tool(
            "privmigrate, index written",
            scan,
            environment=(("XDG_CACHE_HOME", str(cold)),),
            prepare=lambda: shutil.rmtree(cold, ignore_errors=True),
        ),
        Tool("privmigrate, warm index", scan, environment=(("XDG_CACHE_HOME", str(warm)),)),
        Tool("privmigrate, no index, with tests", (*scan, "--no-index", "--tests")),
    ]


def peers(scratch: Path) -> tuple[list[Tool], list[str]]:
    """The other tools, each with the rule that finds the keyword with any value but False; and the missing ones."""
    tools, missing = [], []
    command: tuple[str, ...]
    beside = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    if ast_grep := shutil.which("ast-grep", path=beside):
        rule = scratch / "ast-grep.yml"
        rule.write_text(AST_GREP_RULE)
        unignore = ("--no-ignore", "vcs", "--no-ignore", "hidden")
        command = (ast_grep, "scan", *unignore, "--rule", str(rule), "--json=compact", ".")
        tools.append(Tool("ast-grep", command, slow=True))
    else:
        missing.append("ast-grep (PyPI: ast-grep-cli)")
    if semgrep := shutil.which("semgrep", path=beside):
        rule = scratch / "semgrep.yml"
        rule.write_text(SEMGREP_RULE)
        quiet = ("--metrics", "off", "--disable-version-check", "--no-git-ignore", "--json", "--quiet")
        # The project's root is the tree, not our own checkout around it: see .semgrepignore in main.
        command = (
            semgrep,
            "scan",
            "--project-root",
            ".",
            "--config",
            str(rule),
            *quiet,
            "--max-target-bytes",
            "0",
            ".",
        )
        # semgrep starts a helper that it looks up by name
        tools.append(Tool("semgrep", command, slow=True, environment=(("PATH", beside),)))
    else:
        missing.append("semgrep (PyPI: semgrep)")
    return tools, missing


def measure(
    tools: Sequence[Tool], baseline: Tool | None, tree: Path, rounds: int, slow_rounds: int
) -> dict[str, list[tuple[Run, Run | None]]]:
    """Pairs (run, ripgrep's run just before it) by tool, taken in turn after one round that is thrown away."""
    pairs: dict[str, list[tuple[Run, Run | None]]] = {tool.name: [] for tool in tools}
    for number in range(rounds + 1):
        for tool in tools:
            if tool.slow and number > slow_rounds:
                continue
            before = run(baseline, tree) if baseline else None
            pair = run(tool, tree), before
            if number:
                pairs[tool.name].append(pair)
    return pairs


def table(pairs: dict[str, list[tuple[Run, Run | None]]]) -> list[str]:
    """A Markdown table of medians: wall and CPU ms, the ratio of wall to ripgrep's within the pairs, peak MB."""
    rows = ["| tool | n | wall ms | cpu ms | x ripgrep [min..max] | peak MB |", "|---|---:|---:|---:|---:|---:|"]
    baseline = [before for group in pairs.values() for _, before in group if before]
    if baseline:
        rows.append(row("ripgrep", baseline, [1.0]))
    for name, group in pairs.items():
        ratios = [mine.wall / before.wall for mine, before in group if before]
        rows.append(row(name, [mine for mine, _ in group], ratios))
    return rows


def row(name: str, runs: Sequence[Run], ratios: Sequence[float]) -> str:
    wall = statistics.median(run.wall for run in runs) * 1000
    cpu = statistics.median(run.cpu for run in runs) * 1000
    ratio = f"{statistics.median(ratios):.1f} [{min(ratios):.1f}..{max(ratios):.1f}]" if ratios else "-"
    return f"| {name} | {len(runs)} | {wall:.0f} | {cpu:.0f} | {ratio} | {max(run.peak for run in runs):.0f} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path("corpus"))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--slow-rounds", type=int, default=3, help="rounds of ast-grep and semgrep")
    options = parser.parse_args()
    trees = [options.folder.resolve() / name for name in TREES]
    for tree in trees:
        if not tree.is_dir():
            print(f"bench: {tree} is not there; run `python tools/corpus.py fetch` first", file=sys.stderr)
            return 2
    baseline = ripgrep()
    with tempfile.TemporaryDirectory() as scratch:
        others, missing = peers(Path(scratch))
        if not baseline:
            missing.insert(0, "ripgrep (Debian: ripgrep), and so no ratios")
        for tree in trees:
            print(f"\n## {tree.name}\n", flush=True)
            # Without one of its own, semgrep's default leaves out every folder named tests.
            (tree / ".semgrepignore").touch()
            pairs = measure([*ours(Path(scratch)), *others], baseline, tree, options.rounds, options.slow_rounds)
            print("\n".join(table(pairs)), flush=True)
    if missing:
        print("\nNot measured, because not installed: " + "; ".join(missing) + ".")
    return 0


if __name__ == "__main__":
    sys.exit(main())
