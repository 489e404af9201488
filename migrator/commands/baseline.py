"""Write down what the gate finds, so that `privmigrate check` fails only on what is new."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable

from migrator import config
from migrator.commands import gating
from migrator.commands.gating import DEFAULT
from migrator.commands.output import put
from migrator.commands.scan import add_reading
from migrator.fault import Fault
from migrator.report import baseline, codes, text
from migrator.report.baseline import Entry, Key

_EXAMPLES = f"""\
examples:
  privmigrate baseline nova/                    writes {DEFAULT}, to be committed
  privmigrate baseline --output etc/root-calls.txt nova/

The name can stand in the configuration, [tool.privmigrate] baseline = "etc/root-calls.txt".
Paths in the file are relative to the folder it lies in. What an entry says of reason=, owner= and until= is kept when
the file is written anew.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders (default: .)")
    add_reading(parser)
    parser.add_argument("--output", default="", metavar="FILE", help=f"the baseline (default: {DEFAULT})")


def run(options: argparse.Namespace) -> int:
    settings, options.paths = config.scope(options.paths, options.config, options.rules)
    path = options.output or settings.baseline or DEFAULT
    before = _before(path)
    ledger = gating.surveyed(options.paths, tests=options.tests, indexed=options.indexed, settings=settings)
    if ledger["unreadable"]:
        for entry in ledger["unreadable"]:
            print(text.unreadable(entry), file=sys.stderr)
        raise Fault(f"{path}: not written: a file that can't be read may hold root calls; mend or exclude it first")
    found = gating.found(ledger, os.path.dirname(path), settings, None)
    kept = {entry.key: entry for entry in before if entry.key in found}
    renamed = gating.renamed_since(path, [one.path for key, one in found.items() if key not in kept])
    for entry in before:
        if entry.key not in found:
            kept.setdefault(renamed(entry.key), entry)
    lines = {key: one.line for key, one in found.items()}
    for entry in before:  # of what was not looked at, nothing is known
        if not gating.covers(entry.key, path, options, ledger):
            lines.setdefault(entry.key, entry.line)
            kept.setdefault(entry.key, entry)
    put(baseline.dumps(lines, kept), path)
    calls = sum(key.code == codes.ROOT_CALL for key in found)
    others = f", {text.counted(len(found) - calls, 'other finding')}" if len(found) > calls else ""
    print(f"privmigrate: {path}: {text.counted(calls, 'root call')}{others}", file=sys.stderr)
    _tell_of_fields(found, kept, settings)
    return 0


def _tell_of_fields(found: Iterable[Key], kept: dict[Key, Entry], settings: config.Config) -> None:
    lacking = sum(bool(kept.get(key, Entry(key, 0, 0)).lacks(settings.baseline_requires)) for key in found)
    if lacking:
        fields = ", ".join(f"{name}=" for name in settings.baseline_requires)
        entries = text.counted(lacking, "entry lacks", "entries lack")
        print(f"privmigrate: {entries} {fields}: check asks for it", file=sys.stderr)


def _before(path: str) -> tuple[Entry, ...]:
    """The entries of the baseline that is there, none when there is none.

    Raises Fault when a file stands there that is no baseline: a mistyped --output must not cost a source file; and for
    a garbled one: what its entries say would be lost.
    """
    try:
        with open(path, "rb") as file:
            start = file.read(len(baseline.HEADER))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise Fault(f"{path}: can't be written: {error.strerror}") from None
    if not start:
        return ()
    if start != baseline.HEADER.encode():
        raise Fault(f"{path}: is there, and is not a baseline; name another file, or remove it first")
    return gating.read(path)[0].entries
