"""Write down the root calls there are, so that `privmigrate check` fails only on new ones."""

from __future__ import annotations

import argparse
import os
import sys

from migrator import config
from migrator.commands.output import put
from migrator.commands.scan import add_reading
from migrator.commands.survey import survey
from migrator.fault import Fault
from migrator.report import baseline, text

DEFAULT = "privmigrate-baseline.txt"
_EXAMPLES = f"""\
examples:
  privmigrate baseline nova/                    writes {DEFAULT}, to be committed
  privmigrate baseline --output etc/root-calls.txt nova/

The name can stand in the configuration, [tool.privmigrate] baseline = "etc/root-calls.txt".
Paths in the file are relative to the folder it lies in.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument("paths", nargs="*", default=["."], metavar="PATH", help="files or folders (default: .)")
    add_reading(parser)
    parser.add_argument("--output", default="", metavar="FILE", help=f"the baseline (default: {DEFAULT})")


def run(options: argparse.Namespace) -> int:
    settings = config.configuration(options.paths[0], options.config, options.rules)
    path = options.output or settings.baseline or DEFAULT
    _refuse_other(path)
    ledger, _ = survey(
        options.paths, tests=options.tests, indexed=options.indexed, settings=settings, planned=False, strict=True
    )
    if ledger["unreadable"]:
        for entry in ledger["unreadable"]:
            print(text.unreadable(entry), file=sys.stderr)
        raise Fault(f"{path}: not written: a file that can't be read may hold root calls; mend or exclude it first")
    sites = baseline.keys(ledger, os.path.dirname(path))
    put(baseline.dumps(sites), path)
    print(f"privmigrate: {path}: {len(sites)} root calls", file=sys.stderr)
    return 0


def _refuse_other(path: str) -> None:
    """Raise Fault when a file stands there that is no baseline: a mistyped --output must not cost a source file."""
    try:
        with open(path, "rb") as file:
            start = file.read(len(baseline.HEADER))
    except FileNotFoundError:
        return
    except OSError as error:
        raise Fault(f"{path}: can't be written: {error.strerror}") from None
    if start and start != baseline.HEADER.encode():
        raise Fault(f"{path}: is there, and is not a baseline; name another file, or remove it first")
