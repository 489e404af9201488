"""Reads the operations of projects, each in a process of its own where an executor has some."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from migrator.coverage.operations import Coverage, Link, Operation, of_sites
from migrator.fault import Fault

if TYPE_CHECKING:
    from migrator.model import Unreadable


@dataclass(frozen=True, slots=True)
class Asked:
    """One project to read, as plain values that any process can be sent.

    paths: absolute. here: the folder that reported paths are relative to. name: for people. The rest is as
    migrator.config and the command line have it.
    """

    paths: tuple[str, ...]
    here: str
    name: str
    tests: bool = False
    exclude: tuple[str, ...] = ()
    executors: tuple[str, ...] = ()
    wrappers: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    allowed: frozenset[str] = frozenset()


def coverage(asked: Asked) -> Coverage:
    """The operations of a project. Raises Fault as the scan and the rules do."""
    from migrator.coverage.entrypoints import boundary, of_entrypoints
    from migrator.decide.load import rulebook
    from migrator.decide.plan import plan_all
    from migrator.understand.executors import configured
    from migrator.understand.scan import scan
    from migrator.understand.walk import walk

    executors = configured(asked.executors, asked.wrappers)
    files = walk(asked.paths, tests=asked.tests, exclude=asked.exclude)
    found = scan(asked.paths, tests=asked.tests, files=files, executors=executors)
    outcomes = plan_all(found, rulebook(asked.rules), asked.allowed)
    around = boundary(asked.paths, asked.exclude, executors)
    outside = [one for one in outcomes if not around.holds(one.site.module)]
    operations = [*of_sites(outside, around.laundering), *of_entrypoints(around, found.sites)]
    operations.sort(key=lambda one: (one.path, one.line, one.column))
    return _relative(Coverage(asked.name, tuple(operations), found.unreadable, found.files), asked.here)


def reports(projects: Sequence[Asked], executor: Executor) -> Iterator[tuple[int, Coverage]]:
    """The coverage of each project with its number, in the order in which they are done.

    executor: any concurrent.futures.Executor; what it is given and gives back can be pickled. The first project that
    cannot be read ends it with its Fault, and what has not begun is not begun.
    """
    waiting = {executor.submit(coverage, asked): number for number, asked in enumerate(projects)}
    try:
        for done in as_completed(waiting):
            yield waiting[done], done.result()
    except Fault:
        for future in waiting:
            future.cancel()
        raise


def _relative(found: Coverage, here: str) -> Coverage:
    """The same with paths relative to a folder where they lie below it, wherever it was read."""
    prefix = here.rstrip("/") + "/"

    def cut(path: str) -> str:
        absolute = os.path.abspath(path) if path else ""
        return absolute[len(prefix) :] if absolute.startswith(prefix) else path

    def operation(one: Operation) -> Operation:
        chain = tuple(Link(link.name, cut(link.path), link.line) for link in one.chain)
        return replace(one, path=cut(one.path), chain=chain)

    def problem(one: Unreadable) -> Unreadable:
        return replace(one, path=cut(one.path))

    return replace(
        found,
        operations=tuple(map(operation, found.operations)),
        unreadable=tuple(map(problem, found.unreadable)),
    )
