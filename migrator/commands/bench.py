"""Measure what one privileged operation costs on this machine: through sudo and rootwrap, rootwrap-daemon, and privsep.

The calls are those of an ordinary user, through real sudo, oslo.rootwrap and oslo.privsep, all ways in turn in random
order. It all happens in a root of its own, as `verify rules` works in: nothing is written to the host.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
from datetime import datetime, timezone

from migrator.bench import results
from migrator.bench.plan import OPERATIONS, Plan, plan
from migrator.commands.output import put
from migrator.fault import Fault
from migrator.report import benched, colour, console

_EXAMPLES = """\
examples:
  sudo privmigrate bench                           all of it, about a minute and a half
  sudo privmigrate bench --quick --only chown      a first look
  sudo privmigrate bench --json new.json --compare old.json
  sudo privmigrate bench --python /opt/stack/data/venv/bin/python
  privmigrate report nova/ --format html --output nova.html --bench new.json

Exit status: 0 measured, 2 usage, or it cannot be measured here.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of calls (default: 30)")
    parser.add_argument("--quick", action="store_true", help="5 rounds, and a fifth of the rest: for a first look")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        choices=[one.name for one in OPERATIONS],
        help="this operation only; may be repeated",
    )
    parser.add_argument("--json", default="", metavar="FILE", help="write the figures there as well; -: nothing else")
    parser.add_argument("--compare", default="", metavar="OLD.json", help="ratios to a run that --json wrote")
    parser.add_argument(
        "--python", default=sys.executable, metavar="PATH", help="the service's Python (default: this one)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the order of the calls (default: 0)")
    parser.add_argument("--color", choices=colour.CHOICES, default="auto", help="NO_COLOR and FORCE_COLOR count too")


def run(options: argparse.Namespace) -> int:
    wanted = plan(options.only, options.rounds, options.quick, options.seed)
    _check_writable(options.json)
    older = read(options.compare) if options.compare else None  # before the work that it might spoil
    found = _measured(wanted, options)
    if options.json:
        put(benched.dumps(found, older, options.compare), "" if options.json == "-" else options.json)
    if older is not None:
        for line in results.other_machine(older, found):
            print(f"privmigrate: {options.compare} is of another machine: {line}", file=sys.stderr)
    if options.json != "-":
        from migrator.report import benchtable

        coloured = colour.wanted(options.color, sys.stdout.isatty(), os.environ)
        width = console.width(least=70)
        put(benchtable.rendered(found, older, options.compare, coloured, sys.stdout.encoding, width))
    return 0


def _check_writable(path: str) -> None:
    """Raises Fault now, and not when minutes were spent on what has to be written."""
    folder = os.path.dirname(os.path.abspath(path))
    if path not in ("", "-") and (os.path.isdir(path) or not os.access(folder, os.W_OK)):
        raise Fault(f"{path}: can't be written; name a file in a folder that is there and can be written to")


def read(path: str) -> results.Result:
    """A run that --json wrote. Raises Fault."""
    try:
        with open(path, encoding="utf-8") as file:
            return benched.loads(file.read(), path)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise Fault(f"{path}: the figures can't be read: {why}") from None


def _measured(wanted: Plan, options: argparse.Namespace) -> results.Result:
    from migrator.bench import machine, running
    from migrator.commands import progress

    machine.check(wanted)
    python = os.path.abspath(shutil.which(options.python) or options.python)
    target = machine.target(python, wanted)
    about = machine.machine()
    when = datetime.now(timezone.utc).isoformat(timespec="seconds")
    with progress.of_stages(options.color) as tell, contextlib.closing(running.run(wanted, target)) as items:
        for item in items:
            if isinstance(item, results.Raw):
                return results.result(item, wanted, when, about, target.versions)
            tell(item)
    raise Fault("the calls came to no end")
