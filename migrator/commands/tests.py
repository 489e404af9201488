"""Tell which unit tests of a project a rewrite touches, and how; writes nothing."""

from __future__ import annotations

import argparse
import os
import sys

from migrator import config
from migrator.commands import rewrite, worktree
from migrator.commands.choosing import chosen
from migrator.commands.output import put
from migrator.commands.survey import add_requirement
from migrator.expectations import follow
from migrator.report import followed
from migrator.rewrite import rewriting
from migrator.rewrite.surroundings import Wanted

FORMATS = ("text", "json")
_EXAMPLES = """\
examples:
  privmigrate tests                   what `rewrite --apply` changes in the unit tests there are, and what it leaves
  privmigrate tests --only chown nova/
  privmigrate tests --format json --output tests.json

A line that says "by hand" is left to a person, as what is right cannot be told for certain.

Exit status: 0 nothing is left by hand, 1 something is, 2 usage, configuration or an internal error.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders (default: the project's packages)")
    parser.add_argument("--only", action="append", default=[], metavar="WHAT", help="as rewrite has it; repeatable")
    parser.add_argument("--skip", action="append", default=[], metavar="WHAT", help="as rewrite has it; repeatable")
    parser.add_argument("--unsafe", action="store_true", help="move also what a person has to confirm (review)")
    add_requirement(parser)
    parser.add_argument("--format", choices=FORMATS, default="text", help="json: every place, with its line")
    parser.add_argument("--output", default="", metavar="FILE", help="write the list or JSON there, all or nothing")
    parser.add_argument("--rules", action="append", default=[], metavar="DIR", help="more rules of your own")
    parser.add_argument("--config", default="", metavar="FILE", help="read this pyproject.toml, setup.cfg or tox.ini")


def run(options: argparse.Namespace) -> int:
    """List the places; the exit status as the help says."""
    from migrator.understand.scan import uncollected

    with uncollected():
        return _run(options)


def _run(options: argparse.Namespace) -> int:
    settings = config.scope(options.paths, options.config, options.rules, options.allow_requirement)[0]
    paths = options.paths or [os.path.relpath(path) for path in settings.paths] or worktree.packages()
    scan, outcomes = rewrite.planned(paths, settings, options)
    wanted, kept = chosen(outcomes, options.only, options.skip)
    ready = [rewrite.confirmed(one, unsafe=options.unsafe) for one in wanted]
    told = Wanted(options.unsafe, package=settings.privsep_package, contexts=tuple(settings.contexts))
    _, tests = follow.follow(rewriting.rewrite(ready, told), kept)
    if options.format == "json":
        from migrator.report.jsonform import dumps

        put(dumps(followed.document(tests, scan.root)), options.output)
    else:
        put("".join(f"{line}\n" for line in followed.lines(tests)), options.output)
    print(followed.summary(tests), file=sys.stderr)
    return 1 if tests.left else 0
