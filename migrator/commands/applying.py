"""What commands that change files do around it: mend an interrupted run, show a diff, write all files or none."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from migrator.commands import worktree
from migrator.commands.output import put, say
from migrator.fault import Fault
from migrator.report import colour
from migrator.rewrite.diff import coloured, unified
from migrator.rewrite.transaction import Change, commit, interrupted, recover

INTERRUPTED = 130  # the exit status


def add_writing(parser: argparse.ArgumentParser) -> None:
    """The options of every command that shows a change or writes it."""
    parser.add_argument("--apply", action="store_true", help="write the change, all files or none")
    parser.add_argument("--allow-dirty", action="store_true", help="also write files with uncommitted changes")
    parser.add_argument("--output", default="", metavar="FILE", help="write what is printed there, all or nothing")
    parser.add_argument("--color", choices=colour.CHOICES, default="auto", help="NO_COLOR and FORCE_COLOR count too")


def mend(paths: Sequence[str], *, apply: bool) -> None:
    """Roll back what a killed run left half done; raises Fault for it where nothing may be written."""
    if apply:
        for journal in recover(paths):
            say(f"an interrupted run was rolled back ({journal})")
        return
    for journal in interrupted(paths):
        raise Fault(f"{journal}: a run was interrupted and left files half changed; --apply rolls it back first")


def write(changes: Sequence[Change], root: str, *, allow_dirty: bool) -> bool:
    """Write all changes below a folder, or none: False when Ctrl-C came, which is told. Raises Fault as commit does.

    allow_dirty: files too that have changes which are not committed.
    """
    if not allow_dirty:
        worktree.refuse_dirty([change.path for change in changes])
    try:
        commit(changes, root)
    except KeyboardInterrupt:
        say("interrupted; every file is as it was")
        return False
    return True


def show(changes: Sequence[Change], output: str, color: str) -> None:
    """Put the diff of the changes where it belongs. output: a file, "" for the terminal. color: the option's choice."""
    diff = "".join(unified(change.path, change.old, change.after) for change in changes)
    terminal = not output and sys.stdout.isatty()
    put(coloured(diff) if colour.wanted(color, terminal, os.environ) else diff, output)
