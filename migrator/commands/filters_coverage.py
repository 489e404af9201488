"""Hold rootwrap's filters against the code: who needs each filter, and which filters admit each call."""

from __future__ import annotations

import argparse
import shutil
import sys

from migrator.commands.filtering import add_joining, joined
from migrator.commands.output import put

FORMATS = ("auto", "text", "json")
_EXAMPLES = """\
examples:
  privmigrate filters coverage nova/            all of the project's code and tests, against the filters below etc
  privmigrate filters coverage --format text    one line for each finding
  privmigrate filters coverage --also ../os-brick nova/
  privmigrate filters coverage --runs nova.virt.disk.api.mkfs=mkfs.ext4 nova/

Exit status: 0 each filter is needed and each call admitted, 1 findings (PRV321 to PRV324), or files that can't be read,
2 usage.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    add_joining(parser)
    parser.add_argument("--format", choices=FORMATS, default="auto", help="auto: pages on a terminal, else text")
    parser.add_argument("--output", default="", metavar="FILE", help="write there, all or nothing, not to the terminal")
    parser.add_argument("--exit-zero", action="store_true", help="exit with 0 also when there are findings")


def run(options: argparse.Namespace) -> int:
    from migrator.report.filters import coverage

    found = joined(options)
    told = coverage.findings(found.join, found.admitted)
    if options.format == "json":
        from migrator.report.jsonform import dumps

        put(dumps(coverage.document(found.join, told)), options.output)
    elif options.format == "text" or options.output or not sys.stdout.isatty():
        put("".join(f"{line}\n" for line in coverage.lines(told)), options.output)
    else:
        put(coverage.page(found.join, shutil.get_terminal_size((80, 24)).columns))
    return 1 if (told or found.unreadable) and not options.exit_zero else 0
