"""List the calls that run a command as root, what each runs, and what can become of it."""

# On the way of an unchanged tree: argparse, rich and json are imported when they are needed.
from __future__ import annotations

import os
import sys

from migrator import config
from migrator.commands.output import form_of, put
from migrator.commands.survey import add_requirement, survey
from migrator.report import colour, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from typing import Any

FORMATS = ("auto", "text", "json", "table", "sarif", "github", "junit", "gitlab")
_EXAMPLES = """\
examples:
  privmigrate scan nova/                        what runs as root, in a table; one line each when piped
  privmigrate scan --format json --output root.json nova/ cinder/
  privmigrate scan nova/virt/disk/api.py        one file (who calls its functions is then not known)

Exit status: 0 no root call, 1 some, or files that can't be read, 2 usage or configuration.
"""
_SWITCHES = {
    "--tests": ("tests", True),
    "--strict": ("strict", True),
    "--exit-zero": ("exit_zero", True),
    "--no-index": ("indexed", False),
}


class Options:
    """What the command line of `scan` says, with its defaults."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.tests = False
        self.strict = False
        self.exit_zero = False
        self.indexed = True
        self.format = "auto"
        self.output = ""
        self.color = "auto"
        self.config = ""
        self.rules: list[str] = []
        self.allow_requirement: list[str] = []


def quick(words: Sequence[str]) -> Options | None:
    """The options of a command line of nothing but paths and switches; None for any other.

    argparse takes longer to import than an unchanged tree takes to answer. It stays the judge: whatever is taken
    here it would take in the same way.
    """
    options = Options()
    for word in words:
        if word[:1] != "-":
            options.paths.append(word)
        elif word in _SWITCHES:
            setattr(options, *_SWITCHES[word])
        else:
            return None
    return options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders (default: .)")
    add_reading(parser)
    add_requirement(parser)
    parser.add_argument("--strict", action="store_true", help="parse all files, also those that need no root")
    parser.add_argument("--format", choices=FORMATS, default="auto", help="auto: table on a terminal, else text")
    parser.add_argument("--output", default="", metavar="FILE", help="write there, all or nothing, not to the terminal")
    parser.add_argument("--color", choices=colour.CHOICES, default="auto", help="NO_COLOR and FORCE_COLOR count too")
    parser.add_argument("--exit-zero", action="store_true", help="exit 0 also when there are root calls")


def add_reading(parser: argparse.ArgumentParser) -> None:
    """The options that every command that scans takes."""
    parser.add_argument("--tests", action="store_true", help="scan folders named tests or test too")
    parser.add_argument("--config", default="", metavar="FILE", help="read this pyproject.toml, setup.cfg or tox.ini")
    parser.add_argument("--rules", action="append", default=[], metavar="DIR", help="more rules of your own")
    parser.add_argument("--no-index", dest="indexed", action="store_false", help="read all files, keep no index")


def run(options: argparse.Namespace | Options) -> int:
    settings, paths = config.scope(options.paths, options.config, options.rules, options.allow_requirement)
    form = form_of(options.format, options.output)
    planned = form != "text"  # lines of text do not tell outcomes
    ledger, _ = survey(
        paths,
        tests=options.tests,
        indexed=options.indexed,
        settings=settings,
        planned=planned,
        strict=options.strict,
    )
    put(_rendered(ledger, form, options), options.output)
    summary = ledger["summary"]
    found = summary["sites"] - summary["suppressed"] + summary["unreadable"]
    return 1 if found and not options.exit_zero else 0


def _rendered(ledger: dict[str, Any], form: str, options: argparse.Namespace | Options) -> str:
    if form == "text":
        return "".join([line + "\n" for line in text.lines(ledger)])
    if form == "json":
        from migrator.report.jsonform import dumps

        return dumps(ledger)
    if form != "table":
        return _as_findings(ledger, form, options)
    from migrator.report.table import rendered

    terminal = not options.output and sys.stdout.isatty()
    return rendered(ledger, colour.wanted(options.color, terminal, os.environ), sys.stdout.encoding)


def _as_findings(ledger: dict[str, Any], form: str, options: argparse.Namespace | Options) -> str:
    """The calls in a form that the gate has as well: every call is told, none is new."""
    from migrator.commands.worktree import git_top
    from migrator.report import checked
    from migrator.report.findings import findings, unread

    found = sorted(findings(ledger, "", None).values(), key=lambda one: one.order)
    report = checked.Report(
        unread=tuple(unread(entry, "") for entry in ledger["unreadable"]),
        new=(),
        upkeep=tuple(found),
        against="nothing",
    )
    return checked.rendered(
        report, form, coloured=False, encoding=sys.stdout.encoding, top=git_top(os.path.realpath(options.paths[0]))
    )
