"""Runs the real command in a process of its own, as its users do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-m", "migrator"]

EXECUTE = """\
from oslo_concurrency import processutils


def take(uid, path):
    processutils.execute('chown', uid, path, run_as_root=True)
"""


def environment(home: Path, **more: str) -> dict[str, str]:
    """An environment without the caller's wishes about colour, and with a cache folder of its own."""
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    return {**kept, "XDG_CACHE_HOME": str(home / "cache"), **more}


def run(*words: str | Path, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run privmigrate with these words in `cwd`; more: environment variables. The cache lies beside `cwd`."""
    return subprocess.run(
        [*COMMAND, *map(str, words)],
        cwd=cwd,
        env=environment(cwd.parent, **more),
        capture_output=True,
        text=True,
        errors="surrogateescape",
        timeout=300,
    )


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that a fault ends with; fails when there is more, or a traceback, or another status."""
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("privmigrate: ")
    return lines[0].removeprefix("privmigrate: ")
