"""The ledger of a tree: from the index when nothing changed, else by scanning it."""

# On the way of an unchanged tree: the scanner, the rules and the model are imported when something did change.
from __future__ import annotations

import os
import time

from migrator import config, index
from migrator.commands.output import say
from migrator.understand.walk import walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from typing import Any

    from migrator.config import Config
    from migrator.model import Scan
    from migrator.understand.executors import Executor
    from migrator.understand.walk import Walk

# What migrator.decide reads of a project beside its code.
_SAYING = ("requirements.txt", "pyproject.toml", "setup.cfg", "setup.py")


def survey(
    paths: Sequence[str],
    *,
    tests: bool,
    indexed: bool,
    settings: Config,
    planned: bool = True,
    strict: bool = False,
    gate: bool = False,
) -> tuple[dict[str, Any], Walk]:
    """The ledger of what lies below `paths`, and the files it rests on.

    tests: take folders of tests too. indexed: the index may be used. planned: with the outcome of each site.
    strict: parse every file, also those in which nothing can be root; always so when one of `paths` is a file.
    gate: with what the gate judges beside root calls (report.gated). Raises Fault as the walk and the rules do.
    """
    say(*settings.notes)
    strict = strict or any(os.path.isfile(path) for path in paths)
    since = time.time_ns()
    files = walk(paths, tests=tests, exclude=settings.exclude)
    folder = index.home(os.environ) if indexed and settings.index else None
    if folder is None:
        return _scanned(paths, tests, files, settings, planned, strict, gate), files
    allowed = settings.allow_requirements
    options = (
        tests,
        settings.exclude,
        settings.executors,
        settings.wrappers,
        planned,
        strict,
        allowed,
        (_metadata(files), index.beside(files)) if planned else (),
        settings.unprivileged if gate else None,
        (settings.select, settings.ignore),
    )
    place = index.slot(folder, paths, options, (*_built_in(), *settings.rules))
    kept = index.recall(place, files)
    if kept is None:
        kept = _scanned(paths, tests, files, settings, planned, strict, gate)
        index.keep(place, files, kept, since)
    return kept, files


def add_requirement(parser: argparse.ArgumentParser) -> None:
    """The option of every command that plans."""
    parser.add_argument(
        "--allow-requirement",
        action="append",
        default=[],
        metavar="NAME",
        help="a library (pyroute2) that functions may import though the project does not require it yet",
    )


def executors(settings: Config) -> dict[str, Executor]:
    """The configured executors, which take what processutils.execute takes, and wrappers, which are root anyway."""
    from migrator.understand.executors import configured

    return configured(settings.executors, settings.wrappers)


def _built_in() -> list[str]:
    """The folder of rules of an editable checkout; a wheel's lies in the package, which the index watches anyway."""
    package = os.path.dirname(os.path.abspath(config.__file__))
    beside = os.path.join(os.path.dirname(package), "rules")
    return [] if os.path.isdir(os.path.join(package, "rules")) or not os.path.isdir(beside) else [beside]


def _metadata(files: Walk) -> list[tuple[str, int, int]]:
    """Path, time and size of the files that say what the scanned projects run on and require."""
    return sorted(_stamps({os.path.dirname(os.path.abspath(path)) for path, _, _ in files.files}))


def _stamps(folders: set[str]) -> Iterator[tuple[str, int, int]]:
    seen: set[str] = set()
    for folder in folders:
        while folder not in seen:
            seen.add(folder)
            if not os.path.isfile(os.path.join(folder, "__init__.py")):
                for name in _SAYING:
                    path = os.path.join(folder, name)
                    try:
                        status = os.stat(path)
                    except OSError:
                        continue
                    yield path, status.st_mtime_ns, status.st_size
                break
            folder = os.path.dirname(folder)


def _scanned(
    paths: Sequence[str], tests: bool, files: Walk, settings: Config, planned: bool, strict: bool, gate: bool
) -> dict[str, Any]:
    from migrator.report.ledger import ledger
    from migrator.understand.scan import scan

    found = scan(paths, tests=tests, files=files, executors=executors(settings), thorough=strict)
    if not gate and (settings.select or settings.ignore):
        found = _selected(found, settings)
    outcomes = None
    if planned:
        from migrator.decide.load import rulebook
        from migrator.decide.plan import plan_all

        outcomes = plan_all(found, rulebook(settings.rules), frozenset(settings.allow_requirements))
    made = ledger(found, outcomes)
    if not gate:
        return made
    from migrator.report.gated import gated
    from migrator.verify.boundary.checks import findings

    boundary = findings(paths, unprivileged=settings.unprivileged, python="", exclude=settings.exclude)
    return gated(made, found, boundary, [path for path, _, _ in files.files])


def _selected(found: Scan, settings: Config) -> Scan:
    """The scan without the sites whose code the configuration leaves out. Raises Fault for a code that there is not."""
    from dataclasses import replace

    from migrator.report.codes import selection

    wanted = selection(settings.select, settings.ignore, settings.source)
    return replace(found, sites=tuple(site for site in found.sites if wanted.admits(site.code)))
