"""Tell what still ties a project to rootwrap, and cut it when nothing needs it: shows a diff, writes with --apply."""

from __future__ import annotations

import argparse
import os
import shutil
import sys

from migrator import config
from migrator.commands import applying, worktree
from migrator.commands.output import put, say
from migrator.commands.survey import executors
from migrator.cutover import plan, tree
from migrator.cutover.ties import Standing, Start
from migrator.fault import Fault
from migrator.model import Scan
from migrator.report import cutover as form
from migrator.understand.walk import walk

FORMATS = ("text", "json")
_EXAMPLES = """\
examples:
  privmigrate cutover                     what still needs rootwrap, or else the diff that removes it
  privmigrate cutover --start sudoers     privsep's daemons are started by sudo from then on
  privmigrate cutover --apply nova/       remove it, all files or none

--start says how privsep's daemons get root where that was through rootwrap:
  sudoers          `sudo privsep-helper ...`, which a line of sudoers has to admit
  helper-command   the helper_command that operators set in the section of each context
  fork             the service starts as root, and forks them

Exit status: 0 nothing is left, or removed, 1 ties are left or there is a diff, 2 usage, configuration or an interrupted
run that --apply rolls back, 130 interrupted (nothing is written then).
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "path", nargs="?", default=".", metavar="PATH", help="any folder of the project (default: here)"
    )
    parser.add_argument(
        "--start",
        choices=[one.value for one in Start],
        default="",
        help="how privsep's daemons are started without rootwrap",
    )
    parser.add_argument("--format", choices=FORMATS, default="text", help="json: every tie, with what to do")
    parser.add_argument("--config", default="", metavar="FILE", help="read this pyproject.toml, setup.cfg or tox.ini")
    applying.add_writing(parser)


def run(options: argparse.Namespace) -> int:
    """Diff or write; the exit status as the help says."""
    from migrator.understand.scan import uncollected

    with uncollected():
        return _run(options)


def _run(options: argparse.Namespace) -> int:
    root = _root(options.path)
    applying.mend([root], apply=options.apply)
    scan = _scanned(root, options)
    start = Start(options.start) if options.start else None
    found = plan.cutover(tree.read(root), scan, start)
    writing = options.apply and bool(found.changes)
    if writing and not applying.write(found.changes, root, allow_dirty=options.allow_dirty):
        return applying.INTERRUPTED
    done = form.Run(found, start, options.apply)
    _tell(done, options)
    return 1 if found.ties and not writing else 0


def _tell(done: form.Run, options: argparse.Namespace) -> None:
    """Put the report where it belongs; beside a diff, what people have to do goes to standard error."""
    columns = max(shutil.get_terminal_size((100, 24)).columns, 40)
    found = done.cutover
    if options.format == "json":
        from migrator.report.jsonform import dumps

        put(dumps(form.document(done)), options.output)
    elif found.changes and not options.apply:
        applying.show(found.changes, options.output, options.color)
        print(form.text(done, columns), file=sys.stderr)
    else:
        put(form.text(done, columns) + "\n", options.output)
    if found.standing(Standing.BLOCKING) and options.apply and options.format == "json":
        say("nothing was removed: something still needs rootwrap")


def _scanned(root: str, options: argparse.Namespace) -> Scan:
    from migrator.understand.scan import scan

    settings = config.scope([root], options.config, [], [])[0]
    say(*settings.notes)
    paths = worktree.packages(root)
    files = walk(paths, tests=False, exclude=settings.exclude)
    return scan(paths, files=files, executors=executors(settings))


def _root(path: str) -> str:
    if not os.path.isdir(path):
        raise Fault(f"{path}: no such folder; name a folder of the project")
    root = worktree.root(path)
    if root is None:
        raise Fault(f"{path}: no project here: no pyproject.toml, setup.cfg or .git at or above this folder")
    return root
