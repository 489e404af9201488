"""What the commands of `filters` share: a project's files of filters, and their join with all of its code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from migrator import config
from migrator.commands import worktree
from migrator.commands.output import say
from migrator.commands.survey import executors
from migrator.decide.requirements import minimum_version
from migrator.fault import Fault
from migrator.model import Scan, Site, Unreadable
from migrator.report import noqa, text
from migrator.report.codes import UNADMITTED_CALL
from migrator.rewrite.rewriting import Rewriting
from migrator.rewrite.transaction import Change
from migrator.rootwrap import lines, project
from migrator.rootwrap.join import Join, Line, Need, Whose, join, unneeded
from migrator.rootwrap.lines import Definition, FiltersFile, without
from migrator.understand.walk import TESTS, Walk, relative, walk


@dataclass(frozen=True)
class Joined:
    """A project's files of filters beside its code.

    root: its folder. unreadable: what may hold root calls nobody knows of. admitted: ids of sites with a `# noqa:
    PRV321` on one of their lines.
    """

    root: str
    files: tuple[FiltersFile, ...]
    join: Join
    unreadable: tuple[Unreadable, ...]
    admitted: frozenset[str]


def add_joining(parser: argparse.ArgumentParser) -> None:
    """The options of every command that joins filters and code."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="the project, or a path in it (default: .)")
    parser.add_argument("--also", action="append", default=[], metavar="DIR", help="a project that its filters serve")
    parser.add_argument(
        "--runs",
        action="append",
        default=[],
        metavar="FUNCTION=PROGRAM",
        help="what the call in a function runs, where the code does not tell; repeatable",
    )
    parser.add_argument("--no-tests", action="store_false", dest="tests", help="what tests alone need is for nobody")
    parser.add_argument("--config", default="", metavar="FILE", help="read this pyproject.toml, setup.cfg or tox.ini")


def joined(options: argparse.Namespace) -> Joined:
    """Read the project that the paths of a command line lie in: all of its code, and its tests, whatever is named.

    Tells on standard error of what could not be read.

    Raises Fault where they lie in no project or in several, and for a project without filters.
    """
    settings, paths = config.scope(options.paths, options.config)
    say(*settings.notes)
    root = _root(paths)
    files = files_of(root)
    if not files:
        raise Fault(f"{relative(root)}: no filters below its etc folder; name the project that ships them")
    others = [_root([path]) for path in options.also]
    code = _Code(root, _runs([*settings.runs, *options.runs]))
    code.take(scanned(root, settings, tests=options.tests), Whose.CODE, root)
    for other in others:
        code.take(scanned(other, settings, tests=options.tests), Whose.OTHERS, other)
    code.check_runs()
    for entry in code.unreadable:
        print(text.unreadable(asdict(entry)), file=sys.stderr)
    whose = dict.fromkeys(others, Whose.OTHERS) | {root: Whose.CODE}
    told = code.join(files, {name: each for one, each in whose.items() for name in contexts_of(one)})
    silent = noqa.suppressions((site.path, site.line, site.end_line, UNADMITTED_CALL) for site, _ in code.sites)
    quiet = frozenset(site.id for (site, _), out in zip(code.sites, silent, strict=True) if out)
    return Joined(root, files, told, tuple(code.unreadable), quiet)


@dataclass(frozen=True)
class Freed:
    """What becomes of a project's filters when calls move away.

    changes: to their files. notes: what to tell, one sentence each. filters: the names of those that go, by file.
    """

    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    filters: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def taken_from(self, rewriting: Rewriting) -> Rewriting:
        """The rewriting with these changes and notes."""
        changes = (*rewriting.changes, *self.changes)
        return replace(rewriting, changes=changes, notes=(*rewriting.notes, *self.notes))


NONE = Freed()


def needed_no_more(paths: Sequence[str], scan: Scan, rewriting: Rewriting, settings: config.Config) -> Freed:
    """The filters that the calls alone needed which a rewriting moves.

    scan: of `paths`; what else the project has is read now.
    """
    root = worktree.root(paths[0])
    files = files_of(root) if root else ()
    if root is None or not files or not rewriting.moved:
        return NONE
    code = _Code(root, _runs(settings.runs))
    code.take(scan, Whose.CODE, root)
    code.take(scanned(root, settings, known=walk(paths, tests=False, exclude=settings.exclude)), Whose.CODE, root)
    before = {(line.path, line.definition) for line in code.join(files, {}).lines if line.need is Need.CODE}
    after = code.join(files, {}, without={one.outcome.site.id for one in rewriting.moved})
    lost = [line for line in after.lines if (line.path, line.definition) in before]
    gone = going(files, lost)
    perhaps = [line for line in lost if line.need is Need.PERHAPS]
    return Freed(
        removals(gone),
        (_stays(perhaps),) if perhaps else (),
        tuple((file.path, tuple(one.name for one in some)) for file, some in gone),
    )


def going(files: Sequence[FiltersFile], some: Sequence[Line]) -> list[tuple[FiltersFile, list[Definition]]]:
    """The files from which some of these lines can go, each with their definitions."""
    found = [(file, [one.definition for one in some if one.path == file.path and unneeded(one)]) for file in files]
    return [(file, gone) for file, gone in found if gone]


def removals(gone: Sequence[tuple[FiltersFile, Sequence[Definition]]]) -> tuple[Change, ...]:
    """The changes that take definitions out of files."""
    return tuple(Change(file.path, file.text.encode(), without(file, some).encode()) for file, some in gone)


def _stays(perhaps: Sequence[Line]) -> str:
    """What to say of filters that lost their last known call, and that some call may need all the same."""
    names = ", ".join(line.definition.name for line in perhaps)
    why = perhaps[0].why
    for site in perhaps[0].sites[:1]:
        why = f"{site.path}:{site.line} may run anything (--runs {site.qualname}=PROGRAM says what)"
    lost = text.counted(len(perhaps), "filter stays", "filters stay")
    return f"{lost} though no known call needs them now, as {why}; see `privmigrate filters prune`: {names}"


class _Code:
    """Sites of projects, to be held against one project's filters."""

    def __init__(self, root: str, runs: Mapping[str, tuple[str, ...]]) -> None:
        self.root = root
        self.runs = runs
        self.sites: list[tuple[Site, Whose]] = []
        self.unreadable: list[Unreadable] = []
        self.own: set[str] = set()

    def take(self, found: Scan, whose: Whose, root: str) -> None:
        self.sites += [(site, _whose(site, root, whose)) for site in found.sites]
        self.unreadable += found.unreadable if whose is Whose.CODE else ()
        self.own |= {os.path.basename(path) for path in worktree.packages_of(root)}

    def check_runs(self) -> None:
        known = {place for site, _ in self.sites for place in (f"{site.path}:{site.line}", site.qualname)}
        for where in self.runs:
            if where not in known:
                raise Fault(f"{where}: no root call there; name a function (nova.virt.disk.api.mkfs) or path:line")

    def join(self, files: Sequence[FiltersFile], contexts: Mapping[str, Whose], without: Collection[str] = ()) -> Join:
        """contexts: by dotted name; which calls need a filter does not depend on them. without: ids of sites."""
        return join(
            files,
            [(site, whose) for site, whose in self.sites if site.id not in without],
            contexts,
            own=self.own,
            required=lambda top: minimum_version(self.root, top) is not None,
            runs=self.runs,
            unread=[relative(one.path) for one in self.unreadable],
        )


def files_of(root: str) -> tuple[FiltersFile, ...]:
    """The files of a project that define filters."""
    found = (lines.read(relative(path)) for path in project.files(root))
    return tuple(file for file in found if file.definitions)


def scanned(root: str, settings: config.Config, *, tests: bool = True, known: Walk | None = None) -> Scan:
    """All root calls of a project, those in its tests too where wanted; those in files of `known` left out."""
    from migrator.understand.scan import scan

    shown = relative(root)
    files = walk([shown], tests=tests, exclude=settings.exclude)
    if known is not None:
        files = files.beyond(known)
    return scan([shown], files=files, executors=executors(settings))


def contexts_of(root: str) -> list[str]:
    """Dotted names of the contexts that a project's packages define."""
    from migrator.verify.boundary.entrypoints import contexts
    from migrator.verify.boundary.project import Project

    packages = worktree.packages_of(root)
    return list(contexts(Project(packages))) if packages else []


def _root(paths: Sequence[str]) -> str:
    for path in paths:
        if not os.path.exists(path):
            raise Fault(f"{path}: no such file or folder; name a project, or a path in it")
    found = {worktree.root(path) for path in paths}
    (root, *more) = sorted(found, key=str)
    if root is None or more:
        where = " ".join(paths)
        what = (
            "several projects; name one" if more else "no project: no pyproject.toml, setup.cfg or .git there or above"
        )
        raise Fault(f"{where}: {what}")
    return root


def _whose(site: Site, root: str, whose: Whose) -> Whose:
    inside = os.path.relpath(os.path.abspath(site.path), root).split("/")[:-1]
    return whose if whose is Whose.OTHERS or TESTS.isdisjoint(inside) else Whose.TESTS


def _runs(given: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for one in given:
        where, _, program = one.partition("=")
        if not where or not program:
            raise Fault(f"{one}: not FUNCTION=PROGRAM, such as nova.virt.disk.api.mkfs=mkfs.ext4")
        found[where] = (*found.get(where, ()), program)
    return found
