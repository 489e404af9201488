"""Move root calls into a privsep package: shows a diff, writes with --apply."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace

from migrator import config
from migrator.commands.output import put
from migrator.commands.survey import executors
from migrator.fault import Fault
from migrator.model import Outcome, Status
from migrator.report import colour, text
from migrator.rewrite.diff import unified
from migrator.rewrite.rewriting import Rewriting, rewrite
from migrator.rewrite.surroundings import Wanted
from migrator.rewrite.transaction import commit, interrupted, recover
from migrator.understand.walk import walk

_EXAMPLES = """\
examples:
  privmigrate rewrite nova/                     the diff; nothing is written
  privmigrate rewrite --apply nova/             write it, all files or none
  privmigrate rewrite nova/virt/libvirt/utils.py

Exit status: 0 nothing to do, or written, 1 there is a diff, 2 usage, configuration or an interrupted run that --apply
rolls back, 130 interrupted (nothing is written then).
"""
_INTERRUPTED = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument("paths", nargs="+", metavar="PATH", help="files or folders")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--diff", action="store_true", help="show the change, write nothing (the default)")
    shown.add_argument("--apply", action="store_true", help="write the change, all files or none")
    parser.add_argument("--unsafe", action="store_true", help="move also what a person has to confirm (review)")
    parser.add_argument("--no-tests", action="store_false", dest="tests", help="write no unit tests of new functions")
    parser.add_argument("--allow-dirty", action="store_true", help="also write files with uncommitted changes")
    parser.add_argument("--rules", action="append", default=[], metavar="DIR", help="more rules of your own")
    parser.add_argument("--config", default="", metavar="FILE", help="read this pyproject.toml, setup.cfg or tox.ini")
    parser.add_argument("--color", choices=colour.CHOICES, default="auto", help="NO_COLOR and FORCE_COLOR count too")


def run(options: argparse.Namespace) -> int:
    """Diff or write; the exit status as the help says."""
    there = [path for path in options.paths if os.path.exists(path)]
    if options.apply:
        for journal in recover(there):
            _say(f"an interrupted run was rolled back ({journal})")
    else:
        for journal in interrupted(there):
            raise Fault(f"{journal}: a run was interrupted and left files half changed; --apply rolls it back first")
    rewriting = rewrite(_outcomes(options), Wanted(unsafe=options.unsafe, tests=options.tests))
    if not options.apply:
        return _diff(rewriting, options.color)
    if not rewriting.changes:
        _say(f"nothing to do{f'; {_left(rewriting)}' if rewriting.left else ''}")
        return 0
    if not options.allow_dirty:
        refuse_dirty([change.path for change in rewriting.changes])
    try:
        commit(rewriting.changes, os.path.commonpath(rewriting.roots))
    except KeyboardInterrupt:
        _say("interrupted; every file is as it was")
        return _INTERRUPTED
    print(summary(rewriting, options.paths), file=sys.stderr)
    return 0


def _outcomes(options: argparse.Namespace) -> tuple[Outcome, ...]:
    from migrator.decide.load import rulebook
    from migrator.decide.plan import plan_all
    from migrator.understand.scan import scan

    settings = config.configuration(options.paths[0], options.config, options.rules)
    for note in settings.notes:
        _say(note)
    files = walk(options.paths, tests=False, exclude=settings.exclude)
    thorough = any(os.path.isfile(path) for path in options.paths)
    found = scan(options.paths, files=files, executors=executors(settings), thorough=thorough)
    for entry in found.unreadable:  # told, as calls in there stay where they are
        print(text.unreadable(asdict(entry)), file=sys.stderr)
    outcomes = plan_all(found, rulebook(settings.rules))
    return tuple(map(_confirmed, outcomes)) if options.unsafe else outcomes


def _confirmed(outcome: Outcome) -> Outcome:
    return replace(outcome, status=Status.READY) if outcome.status is Status.REVIEW else outcome


def _diff(rewriting: Rewriting, choice: str) -> int:
    diff = "".join(unified(change.path, change.old, change.new) for change in rewriting.changes)
    if colour.wanted(choice, sys.stdout.isatty(), os.environ):
        diff = "".join(_coloured(line) for line in diff.splitlines(keepends=True))
    put(diff)
    return 1 if diff else 0


def _coloured(line: str) -> str:
    code = {"+": "32", "-": "31", "@": "36"}.get(line[:1])
    if line.startswith(("--- ", "+++ ")):
        code = "1"
    body = line.rstrip("\n")
    return f"\033[{code}m{body}\033[0m{line[len(body) :]}" if code else line


def refuse_dirty(paths: Sequence[str]) -> None:
    """Raise Fault when one of the files has changes that its git work tree has not committed."""
    by_top: dict[str, list[str]] = {}
    for path in paths:
        top = _work_tree(os.path.dirname(os.path.realpath(path)))
        if top:
            by_top.setdefault(top, []).append(os.path.realpath(path))
    for top, mine in sorted(by_top.items()):
        command = ["git", "-C", top, "status", "--porcelain", "-z", "--untracked-files=all", "--", *mine]
        try:
            done = subprocess.run(command, capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise Fault(f"{top}: git could not say what is uncommitted ({error}); --allow-dirty goes on") from error
        dirty = [os.fsdecode(entry[3:]) for entry in done.stdout.split(b"\0") if entry]
        if dirty:
            more = f" and {len(dirty) - 1} more" if len(dirty) > 1 else ""
            raise Fault(f"{dirty[0]}{more}: uncommitted changes; commit them first, or use --allow-dirty")


def _work_tree(folder: str) -> str:
    while not os.path.exists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return ""
        folder = above
    return folder


def summary(rewriting: Rewriting, paths: Sequence[str]) -> str:
    """What was moved, by form and program; what was left, by reason; what to do next."""
    total = len(rewriting.moved) + len(rewriting.left)
    forms = Counter(moved.outcome.rung.value for moved in rewriting.moved)
    programs = Counter(moved.outcome.site.command.program or "?" for moved in rewriting.moved)
    created = sum(change.old is None for change in rewriting.changes)
    files = f"{len(rewriting.changes) - created} files changed, {created} created"
    lines = [
        f"{len(rewriting.moved)} of {total} root calls moved ({_counts(forms)}); {files}",
        f"  programs: {_counts(programs, 12)}",
    ]
    if rewriting.left:
        lines.append(f"  {_left(rewriting)}")
    lines += [f"  note: {note}" for note in rewriting.notes]
    lines.append(f"next: run the unit tests, then `privmigrate baseline {' '.join(paths)}`")
    return "\n".join(_folded(line) for line in lines)


def _folded(line: str) -> str:
    """A line folded to the width of the terminal, what follows its first line set in."""
    width = min(shutil.get_terminal_size((100, 24)).columns, 100)
    indent = line[: len(line) - len(line.lstrip())] + "    "
    return textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _left(rewriting: Rewriting) -> str:
    reasons = Counter(outcome.reasons[0].code if outcome.reasons else "?" for outcome in rewriting.left)
    return f"left: {_counts(reasons)} (`privmigrate explain PATH:LINE` tells why)"


def _counts(counter: Counter[str], most: int = 100) -> str:
    ordered = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    text = ", ".join(f"{count} {name}" for name, count in ordered[:most])
    return text + (f" and {len(ordered) - most} more" if len(ordered) > most else "")


def _say(message: str) -> None:
    print(f"privmigrate: {message}", file=sys.stderr)
