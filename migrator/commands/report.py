"""Tell how far a project's privileged operations have come from rootwrap to native privsep functions."""

from __future__ import annotations

import argparse
import os
import sys

from migrator import config
from migrator.commands.output import put
from migrator.commands.scan import add_reading
from migrator.commands.survey import add_requirement
from migrator.coverage.operations import Coverage
from migrator.coverage.projects import Asked, coverage
from migrator.report import colour

FORMATS = ("auto", "text", "json", "markdown", "csv", "html", "badge")
_EXAMPLES = """\
examples:
  privmigrate report nova/                       the ladder, in tables
  privmigrate report nova/ --format html --output nova.html
  privmigrate report nova/ cinder/               a row for each project, and a total

Exit status: 0, also when there are root calls; 2 usage or configuration.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument("paths", nargs="*", metavar="PATH", help="projects, a folder each (default: .)")
    add_reading(parser)
    add_requirement(parser)
    parser.add_argument("--format", choices=FORMATS, default="auto", help="auto: text, coloured on a terminal")
    parser.add_argument("--output", default="", metavar="FILE", help="write there, all or nothing, not to the terminal")
    parser.add_argument("--color", choices=colour.CHOICES, default="auto", help="NO_COLOR and FORCE_COLOR count too")


def run(options: argparse.Namespace) -> int:
    found = [coverage(_asked(path, options)) for path in options.paths or ["."]]
    put(_rendered(found, options), options.output)
    return 0


def _asked(path: str, options: argparse.Namespace) -> Asked:
    settings = config.configuration(path, options.config, options.rules, options.allow_requirement)
    for note in settings.notes:
        print(f"privmigrate: {note}", file=sys.stderr)
    absolute = os.path.abspath(path)
    return Asked(
        path=absolute,
        here=os.getcwd(),
        name=os.path.basename(absolute) or absolute,
        tests=options.tests,
        exclude=tuple(settings.exclude),
        executors=tuple(settings.executors),
        rules=tuple(settings.rules),
        allowed=frozenset(settings.allow_requirements),
    )


def _rendered(projects: list[Coverage], options: argparse.Namespace) -> str:
    form = options.format
    if form == "json":
        from migrator.report.coverage import jsonform

        return jsonform.dumps(projects)
    if form == "csv":
        from migrator.report.coverage import csvform

        return csvform.dumps(projects)
    if form == "markdown":
        from migrator.report.coverage import markdown

        return markdown.dumps(projects)
    if form == "badge":
        from migrator.report.coverage import badge

        return badge.dumps(projects)
    if form == "html":
        from migrator.coverage.excerpts import excerpts
        from migrator.report.coverage import html

        return html.dumps(projects, excerpts(one for project in projects for one in project.operations))
    from migrator.report.coverage import terminal

    shown = not options.output and sys.stdout.isatty()
    return terminal.rendered(projects, colour.wanted(options.color, shown, os.environ), _encoding(options))


def _encoding(options: argparse.Namespace) -> str:
    return "utf-8" if options.output else sys.stdout.encoding
