"""Tell what root can be had for through each filter, and whether the service's user can become root."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from migrator.commands import worktree
from migrator.commands.output import form_of, put
from migrator.fault import Fault
from migrator.report import colour
from migrator.report.filters.audit import Audit, Judged
from migrator.rootwrap import conf, lines
from migrator.rootwrap.audit import audited
from migrator.rootwrap.excess import excess
from migrator.rootwrap.filters import Filter
from migrator.rootwrap.lines import FiltersFile
from migrator.rootwrap.programs.gain import Level
from migrator.rootwrap.trusted import untrusted
from migrator.understand.walk import relative

FORMATS = ("auto", "text", "table", "json", "sarif")
_LEVELS = {level.word: level for level in Level}
_EXAMPLES = """\
examples:
  privmigrate filters audit nova/               the filters below etc, held against what the code asks for
  privmigrate filters audit etc/nova/rootwrap.d/compute.filters     one file, without code
  privmigrate filters audit /etc/nova/rootwrap.conf    an installation: who can write what it relies on, too
  privmigrate filters audit --fail-on root-equivalent --format sarif --output audit.sarif nova/

Exit status: 0 told, 1 with --fail-on and something as bad as that, 2 usage.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from migrator.commands.filtering import add_joining

    parser.epilog = _EXAMPLES
    add_joining(parser)
    parser.add_argument("--fail-on", choices=list(_LEVELS), help="exit with 1 where a filter grants as much, or more")
    parser.add_argument("--format", choices=FORMATS, default="auto", help="auto: table on a terminal, else text")
    parser.add_argument("--output", default="", metavar="FILE", help="write there, all or nothing, not to the terminal")
    parser.add_argument("--color", choices=colour.CHOICES, default="auto", help="NO_COLOR and FORCE_COLOR count too")


def run(options: argparse.Namespace) -> int:
    """Audit a project, a file of filters or an installation. Raises Fault."""
    named = [path for path in options.paths if os.path.isfile(path) and not path.endswith(".py")]
    if named and len(options.paths) > 1:
        raise Fault(f"{' '.join(options.paths)}: name one project, one file of filters, or one rootwrap.conf")
    folder = options.paths[0] if len(options.paths) == 1 and os.path.isdir(options.paths[0]) else ""
    if named:
        audit = _of_file(named[0])
    elif folder and worktree.root(folder) is None and (files := _inside(folder)):
        audit = Audit(relative(folder), _judged(files, conf.filters(files)))
    else:
        audit = _of_project(options)
    put(_rendered(audit, options), options.output)
    return 1 if audit.fails(_LEVELS.get(options.fail_on)) else 0


def _of_file(path: str) -> Audit:
    """One file of filters, or all that a rootwrap.conf names; without code."""
    if not _is_conf(path):
        file = lines.read(path)
        if not file.definitions:
            raise Fault(
                f"{relative(path)}: no filters in it, and no filters_path; name a file of filters, or rootwrap.conf"
            )
        return Audit(relative(path), _judged((file,), conf.filters((file,))))
    read = conf.read(path)
    files = conf.installed(read)
    if not files:
        folders = ", ".join(read.filters_path)
        raise Fault(
            f"{relative(path)}: no filters in {folders}; run this where they are installed, or name the project"
        )
    return Audit(relative(path), _judged(files, conf.filters(files)), untrusted(read, files))


def _inside(folder: str) -> tuple[FiltersFile, ...]:
    """The files of filters right in a folder that is in no project: an installed rootwrap.d."""
    paths = sorted(os.path.join(folder, name) for name in os.listdir(folder) if not name.startswith("."))
    found = [lines.read(path) for path in paths if os.path.isfile(path)]
    return tuple(file for file in found if file.definitions)


def _is_conf(path: str) -> bool:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return any(line.partition("=")[0].partition(":")[0].strip().lower() == "filters_path" for line in file)
    except OSError as error:
        raise Fault(f"{path}: can't be read: {error.strerror}") from None


def _of_project(options: argparse.Namespace) -> Audit:
    from migrator.commands.filtering import joined
    from migrator.rootwrap.daemons import is_daemon_line
    from migrator.rootwrap.join import Whose

    found = joined(options)
    every = conf.filters(found.files)
    loose = {one.site.id for one in found.join.open}
    code = [one for one in found.join.asking if one.whose is not Whose.TESTS and not one.passing]
    words = [one.site.command.words for one in code if one.site.id not in loose]
    judged = []
    for one in _judged(found.files, every):
        # Who needs the start of a daemon is no matter of calls.
        if one.path and not is_daemon_line(one.verdict.filter):
            count = sum((one.path, one.verdict.filter.name) in each.by for each in code)
            one = replace(one, asked=count, excess=excess(one.verdict, every, words))
        judged.append(one)
    return Audit(relative(found.root), tuple(judged), (), len(loose))


def _judged(files: Sequence[FiltersFile], every: Sequence[Filter]) -> tuple[Judged, ...]:
    verdicts = {id(verdict.filter): verdict for verdict in audited(every)}
    found = [
        Judged(file.path, file.definition(one).start, verdicts[id(one)])
        for file in files
        for one in every
        if one.path == file.path
    ]
    return (*found, *(Judged("", 0, verdicts[id(one)]) for one in every if not one.path))


def _rendered(audit: Audit, options: argparse.Namespace) -> str:
    from migrator.report.filters import audit as told

    form = form_of(options.format, options.output)
    if form == "json":
        return told.dumps(audit)
    if form == "sarif":
        return told.sarif(audit, worktree.git_top(os.path.realpath(".")))
    if form == "text":
        return "".join(f"{line}\n" for line in told.lines(audit))
    from migrator.report.filters import audittable

    terminal = not options.output and sys.stdout.isatty()
    coloured = colour.wanted(options.color, terminal, os.environ)
    return audittable.rendered(audit, coloured, "utf-8" if options.output else sys.stdout.encoding)
