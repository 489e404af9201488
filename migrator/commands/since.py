"""The gate on a git range: what its commits added, read from git's store on both sides."""

from __future__ import annotations

import argparse
import copy
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from migrator import config, revisions
from migrator.commands import gating
from migrator.fault import Fault
from migrator.report import text
from migrator.report.baseline import Key
from migrator.report.checked import Report
from migrator.report.findings import MODULE, Finding, rewriting, unread
from migrator.understand.walk import relative


def added(options: argparse.Namespace, settings: config.Config) -> Report:
    """What the commits of `options.since` added below the paths.

    The configuration is the work tree's. Both sides are read as whole packages, since a wrapper in one file decides on
    the calls in another. Raises Fault for a range that git does not know, and paths that neither side has.
    """
    top = revisions.top_of(os.path.abspath(options.paths[0]))
    paths = [_below(path, top) for path in options.paths]
    span = revisions.commits(top, options.since)
    changed = revisions.changed(top, span.old, span.new)
    if not any(map(revisions.decides, changed)):
        return Report((), (), (), span.name)
    before, _ = _side(span.old, top, paths, options, settings)
    after, ledger = _side(span.new, top, paths, options, settings, _command(span.new, top, options))
    renames = revisions.renames(top, span.old, span.new)
    known = {gating.follow(key, renames, ".") for key in before} | set(before)
    new = [replace(one, why=f"{_novelty(key)}{one.why}") for key, one in after.items() if key not in known]
    # A file that nobody could read before is no news, unless the range changed it: it may hide what came in.
    unreadable = [
        unread(entry, top)
        for entry in ledger["unreadable"]
        if os.path.relpath(os.path.abspath(entry["path"]), top) in changed
    ]
    return Report(
        unread=tuple(sorted(unreadable, key=lambda one: one.order)),
        new=tuple(sorted(new, key=lambda one: one.order)),
        upkeep=(),
        against=span.name,
        known=len(after) - len(new),
    )


def _novelty(key: Key) -> str:
    return f"new in {text.clean(key.scope)}; " if key.scope != MODULE else ""


def _command(commit: str, top: str, options: argparse.Namespace) -> Callable[[dict[str, Any]], str] | None:
    """What moves a call, where the work tree is just what was judged."""
    if options.tests or not revisions.checked_out(top, commit):
        return None
    return rewriting(options.paths, gating.scope_options(options))


def _below(path: str, top: str) -> str:
    below = os.path.relpath(os.path.realpath(path), top)
    if below.startswith(".."):
        raise Fault(f"{path}: not in {top}, where --since reads the commits")
    return below


def _side(
    commit: str,
    top: str,
    paths: Sequence[str],
    options: argparse.Namespace,
    settings: config.Config,
    command: Callable[[dict[str, Any]], str] | None = None,
) -> tuple[dict[Key, Finding], dict[str, Any]]:
    """The findings of one commit, and its ledger, both with the paths that the work tree has."""
    with revisions.laid_out(top, commit) as home:
        there = [path for path in (os.path.join(home, one) for one in paths) if os.path.exists(path)]
        ledger: dict[str, Any] = {"sites": [], "unreadable": [], "boundary": [], "comments": []}
        if any(_holds_code(path) for path in there):
            ledger = gating.surveyed(there, tests=options.tests, indexed=False, settings=_moved(settings, top, home))
    for name in ledger.keys() & {"sites", "unreadable", "boundary", "comments"}:
        for entry in ledger[name]:
            entry["path"] = _placed(entry["path"], home, top)
            entry["story"] = [[_placed(where, home, top), what] for where, what in entry.get("story", ())]
    return gating.found(ledger, top, settings, command), ledger


def _placed(path: str, home: str, top: str) -> str:
    """A path of the temporary folder as one of the work tree; it may be followed by a line."""
    absolute = os.path.abspath(path) if path else ""
    return relative(os.path.join(top, os.path.relpath(absolute, home))) if absolute.startswith(home + "/") else path


def _holds_code(path: str) -> bool:
    if os.path.isfile(path):
        return True
    return any(name.endswith(".py") for _, _, names in os.walk(path) for name in names)


def _moved(settings: config.Config, top: str, home: str) -> config.Config:
    """The configuration with its absolute patterns below `home` instead of `top`."""
    moved = copy.copy(settings)
    moved.exclude = [
        home + pattern[len(top) :] if pattern.startswith(top + "/") else pattern for pattern in settings.exclude
    ]
    moved.notes = []
    return moved
