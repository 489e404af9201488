"""The ledger of a tree: from the index when nothing changed, else by scanning it."""

# On the way of an unchanged tree: the scanner, the rules and the model are imported when something did change.
from __future__ import annotations

import os
import sys
import time

from migrator import config, index
from migrator.understand.walk import walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from migrator.config import Config
    from migrator.understand.executors import Executor
    from migrator.understand.walk import Walk


def survey(
    paths: Sequence[str],
    *,
    tests: bool,
    indexed: bool,
    settings: Config,
    planned: bool = True,
    strict: bool = False,
) -> tuple[dict[str, Any], Walk]:
    """The ledger of what lies below `paths`, and the files it rests on.

    tests: take folders of tests too. indexed: the index may be used. planned: with the outcome of each site.
    strict: parse every file, also those in which nothing can be root; always so when one of `paths` is a file.
    Raises Fault as the walk and the rules do.
    """
    for note in settings.notes:
        print(f"privmigrate: {note}", file=sys.stderr)
    strict = strict or any(os.path.isfile(path) for path in paths)
    since = time.time_ns()
    files = walk(paths, tests=tests, exclude=settings.exclude)
    folder = index.home(os.environ) if indexed and settings.index else None
    if folder is None:
        return _scanned(paths, tests, files, settings, planned, strict), files
    options = (tests, settings.exclude, settings.executors, planned, strict, index.beside(files) if planned else ())
    place = index.slot(folder, paths, options, (*_built_in(), *settings.rules))
    kept = index.recall(place, files)
    if kept is None:
        kept = _scanned(paths, tests, files, settings, planned, strict)
        index.keep(place, files, kept, since)
    return kept, files


def executors(settings: Config) -> dict[str, Executor]:
    """The configured executors: functions that take what oslo_concurrency's execute takes."""
    from migrator.understand.executors import Executor

    return {name: Executor("*", flag="run_as_root") for name in settings.executors}


def _built_in() -> list[str]:
    """The folder of rules of an editable checkout; a wheel's lies in the package, which the index watches anyway."""
    package = os.path.dirname(os.path.abspath(config.__file__))
    beside = os.path.join(os.path.dirname(package), "rules")
    return [] if os.path.isdir(os.path.join(package, "rules")) or not os.path.isdir(beside) else [beside]


def _scanned(
    paths: Sequence[str], tests: bool, files: Walk, settings: Config, planned: bool, strict: bool
) -> dict[str, Any]:
    from migrator.report.ledger import ledger
    from migrator.understand.scan import scan

    found = scan(paths, tests=tests, files=files, executors=executors(settings), thorough=strict)
    if not planned:
        return ledger(found, None)
    from migrator.decide.load import rulebook
    from migrator.decide.plan import plan_all

    return ledger(found, plan_all(found, rulebook(settings.rules)))
