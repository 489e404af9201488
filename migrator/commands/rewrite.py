"""Move root calls into a privsep package: shows a diff, writes with --apply."""

from __future__ import annotations

import argparse
import functools
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace

from migrator import config
from migrator.commands import applying, asking, decisions, filtering, worktree
from migrator.commands.choosing import chosen
from migrator.commands.numbers import seconds
from migrator.commands.output import put, say
from migrator.commands.survey import add_requirement, executors
from migrator.decide.limits import RELEASE, limited
from migrator.decide.requirements import minimum_version
from migrator.expectations import follow
from migrator.fault import Fault
from migrator.model import Outcome, Scan, Status
from migrator.report import colour, rewritten, text
from migrator.report.rewritten import Run
from migrator.rewrite.released import noted
from migrator.rewrite.rewriting import rewrite
from migrator.rewrite.surroundings import Wanted
from migrator.understand.walk import walk

FORMATS = ("diff", "json")
_EXAMPLES = """\
examples:
  privmigrate rewrite                           the diff of the project around this folder; nothing is written
  privmigrate rewrite --apply nova/             write it, all files or none
  privmigrate rewrite -i --apply nova/          ask for each change first; what was answered is remembered
  privmigrate rewrite --only chown --skip 'nova/virt/*' nova/
  privmigrate rewrite --only nova/utils.py:1122 nova/

WHAT is a rule (chown.chown), a program (chown), a path or glob (nova/virt/*), or a call (nova/utils.py:1122).

Exit status: 0 nothing to do, or written, 1 there is a diff, 2 usage, configuration or an interrupted run that --apply
rolls back, 130 interrupted (nothing is written then).
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders (default: the project's packages)")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--diff", action="store_true", help="show the change, write nothing (the default)")
    shown.add_argument("--apply", action="store_true", help="write the change, all files or none")
    parser.add_argument("--only", action="append", default=[], metavar="WHAT", help="move these calls only; repeatable")
    parser.add_argument("--skip", action="append", default=[], metavar="WHAT", help="leave these calls; repeatable")
    parser.add_argument("-i", "--interactive", action="store_true", help="show each change and ask for it")
    parser.add_argument("--forget", action="store_true", help="drop what -i remembers of this project")
    parser.add_argument("--unsafe", action="store_true", help="move also what a person has to confirm (review)")
    parser.add_argument(
        "--timeout", type=seconds, default=0, metavar="SECONDS", help="end what privileged functions run after that"
    )
    parser.add_argument(
        "--no-tests", action="store_false", dest="tests", help="leave unit tests alone, and write no new ones"
    )
    parser.add_argument("--no-filters", action="store_false", dest="filters", help="leave rootwrap's filters alone")
    parser.add_argument("--allow-dirty", action="store_true", help="also write files with uncommitted changes")
    add_requirement(parser)
    parser.add_argument("--format", choices=FORMATS, default="diff", help="json: what becomes of every call")
    parser.add_argument("--output", default="", metavar="FILE", help="write the diff or JSON there, all or nothing")
    parser.add_argument("--rules", action="append", default=[], metavar="DIR", help="more rules of your own")
    parser.add_argument("--config", default="", metavar="FILE", help="read this pyproject.toml, setup.cfg or tox.ini")
    parser.add_argument("--color", choices=colour.CHOICES, default="auto", help="NO_COLOR and FORCE_COLOR count too")


def run(options: argparse.Namespace) -> int:
    """Diff or write; the exit status as the help says."""
    from migrator.understand.scan import uncollected

    with uncollected():
        return _run(options)


def _run(options: argparse.Namespace) -> int:
    settings = config.scope(options.paths, options.config, options.rules, options.allow_requirement)[0]
    paths = options.paths or [os.path.relpath(path) for path in settings.paths] or worktree.packages()
    there = [path for path in paths if os.path.exists(path)]
    applying.mend(there, apply=options.apply)
    scan, outcomes = planned(paths, settings, options, options.timeout)
    wanted, kept = chosen(outcomes, options.only, options.skip)
    asked = frozenset(one.site.id for one in wanted if options.unsafe and one.status is Status.REVIEW)
    move = functools.partial(rewrite, wanted=_wanted(options, settings))
    rewriting = move([confirmed(one, unsafe=options.unsafe) for one in wanted])
    memory = None
    if options.interactive or options.forget:
        memory = decisions.load(decisions.place(_root(paths), os.environ), _root(paths), forget=options.forget)
    if options.interactive and memory is not None:
        rewriting, declined = asking.decided(rewriting, move, memory, _coloured(options, sys.stderr.isatty()))
        kept += declined
    tests = follow.NONE
    if options.tests:
        rewriting, tests = follow.follow(rewriting, kept)
    gone = filtering.needed_no_more(paths, scan, rewriting, settings) if options.filters else filtering.NONE
    rewriting = noted(gone.taken_from(rewriting), kept, gone.filters)
    done = Run(rewriting, tuple(kept), asked, scan.unreadable, scan.root, applied=options.apply, tests=tests)
    if options.apply and rewriting.changes:
        top = os.path.commonpath([*rewriting.roots, _root(paths)])
        if not applying.write(rewriting.changes, top, allow_dirty=options.allow_dirty):
            return applying.INTERRUPTED
        if memory is not None:
            memory.moved(moved.outcome.site.id for moved in rewriting.moved)
    return _told(done, paths, options)


def _wanted(options: argparse.Namespace, settings: config.Config) -> Wanted:
    return Wanted(options.unsafe, options.tests, settings.privsep_package, tuple(settings.contexts))


def _told(done: Run, paths: Sequence[str], options: argparse.Namespace) -> int:
    """Put the report where it belongs, a summary on standard error; the exit status."""
    columns = max(shutil.get_terminal_size((100, 24)).columns, 40)
    changes = done.rewriting.changes
    if options.format == "json":
        from migrator.report.jsonform import dumps

        put(dumps(rewritten.document(done)), options.output)
    elif not options.apply:
        applying.show(changes, options.output, options.color)
    if options.apply and changes:
        in_git = bool(worktree.git_top(os.path.realpath(paths[0])))
        told = rewritten.afterwards(done, paths, columns, in_git=in_git, limit=options.timeout)
    else:
        told = rewritten.summary(done, columns)
    print(told, file=sys.stderr)
    return 1 if changes and not options.apply else 0


def planned(
    paths: Sequence[str], settings: config.Config, options: argparse.Namespace, limit: int = 0
) -> tuple[Scan, tuple[Outcome, ...]]:
    """Scan and plan, as the options say; limit: seconds after which functions end what they run, 0 for none."""
    from migrator.decide.load import rulebook
    from migrator.decide.plan import plan_all
    from migrator.understand.scan import scan

    say(*settings.notes)
    files = walk(paths, tests=False, exclude=settings.exclude)
    thorough = any(os.path.isfile(path) for path in paths)
    found = scan(paths, files=files, executors=executors(settings), thorough=thorough)
    for entry in found.unreadable:  # told, as calls in there stay where they are
        print(text.unreadable(asdict(entry)), file=sys.stderr)
    outcomes = plan_all(
        found, rulebook(settings.rules), frozenset(settings.allow_requirements), unproven=options.unsafe
    )
    if limit:
        _check_release(paths)
        outcomes = limited(outcomes, limit)
    return found, outcomes


def _check_release(paths: Sequence[str]) -> None:
    """Raise Fault when the project admits an oslo.concurrency that does not know timeout=."""
    root = _root(paths)
    least = minimum_version(root, "oslo.concurrency")
    if least and least < RELEASE:
        named, needed = ".".join(map(str, least)), ".".join(map(str, RELEASE))
        raise Fault(f"--timeout: {root} admits oslo.concurrency {named}, which knows none; require {needed} first")


def _root(paths: Sequence[str]) -> str:
    """The folder of the project; the path's own when there is none."""
    folder = os.path.realpath(paths[0])
    folder = folder if os.path.isdir(folder) else os.path.dirname(folder)
    return worktree.root(folder) or folder


def confirmed(outcome: Outcome, *, unsafe: bool) -> Outcome:
    """The outcome, ready to move where it was for review and --unsafe is given."""
    return replace(outcome, status=Status.READY) if unsafe and outcome.status is Status.REVIEW else outcome


def _coloured(options: argparse.Namespace, terminal: bool) -> bool:
    return colour.wanted(options.color, terminal, os.environ)
