"""Tell how far a project's privileged operations have come from rootwrap to native privsep functions."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from migrator import config
from migrator.bench.results import Result
from migrator.commands.output import put, say
from migrator.commands.pools import pool
from migrator.commands.progress import of_items
from migrator.commands.scan import add_reading
from migrator.commands.survey import add_requirement
from migrator.coverage.compare import Comparison, compared
from migrator.coverage.operations import Coverage
from migrator.coverage.projects import Asked, coverage, reports
from migrator.coverage.repository import EVERY
from migrator.fault import Fault
from migrator.report import colour, console

FORMATS = ("auto", "text", "json", "markdown", "csv", "html", "badge")
_EXAMPLES = """\
examples:
  privmigrate report nova/                        the ladder, in tables
  privmigrate report nova/ --format html --output nova.html
  privmigrate report nova/ --format json --output before.json
  privmigrate report nova/ --compare before.json  what moved up or down since then
  privmigrate report nova/ --history 15.0.0..HEAD --every week
  privmigrate report nova/ cinder/                a row for each project, and a total

Exit status: 0, also when there are root calls; 2 usage or configuration.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument("paths", nargs="*", metavar="PATH", help="projects, one folder each (default: .)")
    add_reading(parser)
    add_requirement(parser)
    parser.add_argument("--format", choices=FORMATS, default="auto", help="auto: text, coloured on a terminal")
    parser.add_argument("--output", default="", metavar="FILE", help="write there, all or nothing, not to the terminal")
    parser.add_argument("--color", choices=colour.CHOICES, default="auto", help="NO_COLOR and FORCE_COLOR count too")
    parser.add_argument("--compare", default="", metavar="OLD.json", help="what changed since a report in JSON")
    parser.add_argument("--bench", default="", metavar="FILE", help="what bench --json measured, for --format html")
    parser.add_argument("--projects", default="", metavar="FILE", help="more projects: one folder a line, # comments")
    parser.add_argument(
        "--history",
        nargs="?",
        const="HEAD",
        default="",
        metavar="RANGE",
        help="coverage over the git history, of all of it or of a range such as 15.0.0..HEAD",
    )
    parser.add_argument("--every", choices=EVERY, default="tag", help="what a history looks at (default: tag)")
    parser.add_argument(
        "--executor",
        default="",
        metavar="WHICH",
        help="what reads several projects at once: dask:ADDRESS, or MODULE:FACTORY (default: processes)",
    )


def run(options: argparse.Namespace) -> int:
    if options.history:
        from migrator.commands import report_history

        return report_history.run(options)
    paths = [*options.paths, *(_listed(options.projects) if options.projects else ())]
    older, measured = _older(options), _measured(options)
    found = _read([_asked(given, options) for given in _once(paths)], options)
    comparison = compared(older, found, options.compare) if older is not None else None
    put(_rendered(found, comparison, measured, options), options.output)
    return 0


def _once(paths: Sequence[str]) -> list[list[str]]:
    """Each path once, as a project of its own; with none the one that the configuration is of."""
    return [[path] for path in {os.path.abspath(path): path for path in paths}.values()] or [[]]


def _listed(path: str) -> list[str]:
    """The folders that a file lists, relative to the one that it lies in."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line.partition("#")[0].strip() for line in file]
    except (OSError, UnicodeDecodeError) as error:
        raise Fault(f"{path}: the list of projects can't be read: {_why(error)}") from None
    folders = [os.path.join(os.path.dirname(path), line) for line in lines if line]
    if not folders:
        raise Fault(f"{path}: no project in it; write one folder a line")
    return folders


def _older(options: argparse.Namespace) -> tuple[Coverage, ...] | None:
    """The report to compare with, read before the work that it might spoil."""
    if not options.compare:
        return None
    if options.format in ("csv", "badge"):
        raise Fault(f"--format {options.format} has no comparison; use text, markdown, json or html")
    from migrator.report.coverage import jsonform

    try:
        with open(options.compare, encoding="utf-8") as file:
            return jsonform.loads(file.read(), options.compare)
    except (OSError, UnicodeDecodeError) as error:
        raise Fault(f"{options.compare}: the report can't be read: {_why(error)}") from None


def _measured(options: argparse.Namespace) -> Result | None:
    """The run of bench that the page is to show."""
    if not options.bench:
        return None
    if options.format != "html":
        raise Fault("--bench is shown by --format html; `privmigrate bench --compare FILE` shows it on a terminal")
    from migrator.commands.bench import read

    return read(options.bench)


def _why(error: OSError | UnicodeDecodeError) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else "not UTF-8"


def _read(asked: Sequence[Asked], options: argparse.Namespace) -> list[Coverage]:
    """The coverage of each project, in the order in which they were named."""
    asked = _named_apart(asked)
    if len(asked) == 1 and not options.executor:
        return [coverage(asked[0])]
    found: dict[int, Coverage] = {}
    with pool(options.executor, len(asked)) as executor, of_items(len(asked), "projects", options.color) as tell:
        for number, one in reports(asked, executor):
            found[number] = one
            tell(one.name)
    return [found[number] for number in range(len(asked))]


def _named_apart(asked: Sequence[Asked]) -> list[Asked]:
    """Projects that have the same name are called by their path."""
    counts = Counter(one.name for one in asked)
    return [replace(one, name=os.path.relpath(one.paths[0])) if counts[one.name] > 1 else one for one in asked]


def _asked(given: Sequence[str], options: argparse.Namespace) -> Asked:
    """One project: a path that was named, or with none the paths that the configuration has."""
    settings, paths = config.scope(given, options.config, options.rules, options.allow_requirement)
    say(*settings.notes)
    absolute = [os.path.abspath(path) for path in paths]
    whole = absolute[0] if len(absolute) == 1 else os.path.dirname(os.path.abspath(settings.source))
    return Asked(
        paths=tuple(absolute),
        here=os.getcwd(),
        name=os.path.basename(whole) or whole,
        tests=options.tests,
        exclude=tuple(settings.exclude),
        executors=tuple(settings.executors),
        wrappers=tuple(settings.wrappers),
        rules=tuple(settings.rules),
        allowed=frozenset(settings.allow_requirements),
    )


def _rendered(
    projects: list[Coverage], comparison: Comparison | None, measured: Result | None, options: argparse.Namespace
) -> str:
    form = options.format
    if form == "json":
        from migrator.report.coverage import comparison as told
        from migrator.report.coverage import jsonform

        return jsonform.dumps(projects, **({"comparison": told.document(comparison)} if comparison else {}))
    if form == "csv":
        from migrator.report.coverage import csvform

        return csvform.dumps(projects)
    if form == "badge":
        from migrator.report.coverage import badge

        return badge.dumps(projects)
    from migrator.report.coverage import comparison as told

    if form == "markdown":
        from migrator.report.coverage import markdown

        return markdown.dumps(projects, list(told.lines(comparison)) if comparison else [])
    if form == "html":
        from migrator.coverage.excerpts import excerpts
        from migrator.report.coverage import html

        shown = excerpts(one for project in projects for one in project.operations)
        sections = [told.section(comparison)] if comparison else []
        if measured:
            from migrator.report import benchpage

            sections.append(benchpage.section(measured))
        return html.dumps(projects, shown, sections)
    from migrator.report.coverage import terminal

    on_terminal = not options.output and sys.stdout.isatty()
    coloured = colour.wanted(options.color, on_terminal, os.environ)
    encoding = "utf-8" if options.output else sys.stdout.encoding
    width = console.width(least=60)
    if comparison:
        return console.drawn(told.parts(comparison, width), coloured, encoding, width)
    return terminal.rendered(projects, coloured, encoding, width)
