"""Narrow filters to what the code asks for: shows a diff, writes with --apply."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

from migrator.commands import applying
from migrator.commands.filtering import Joined, add_joining, joined
from migrator.commands.output import put
from migrator.fault import Fault
from migrator.rewrite.transaction import Change
from migrator.rootwrap import conf
from migrator.rootwrap.audit import audited
from migrator.rootwrap.lines import FiltersFile, edited
from migrator.rootwrap.tighten import Tightened, tightened

FORMATS = ("diff", "filters", "json")
_EXAMPLES = """\
examples:
  privmigrate filters tighten nova/             the diff; nothing is written
  privmigrate filters tighten --format filters nova/    the files as they would be
  privmigrate filters tighten --apply nova/     write it, all files or none

In the place of a filter that takes any words come RegExpFilters for the command lines that the code is known to run.
One stays where they are not all known, and why is told. The new ones are proven to admit what the old one admitted of
them, and to deny what `filters audit` shows that no call asks for.

Exit status: 0 nothing to tighten, or tightened, 1 there is a diff, or files can't be read, 2 usage.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    add_joining(parser)
    parser.add_argument("--unsafe", action="store_true", help="write also where some call's program is not known")
    parser.add_argument("--format", choices=FORMATS, default="diff", help="what to print: diff, whole files, or json")
    applying.add_writing(parser)


def run(options: argparse.Namespace) -> int:
    """Show or write the tighter filters. Raises Fault."""
    from migrator.report.filters import tightening

    found = joined(options)
    applying.mend([found.root], apply=options.apply)
    every = conf.filters(found.files)
    some = tightened(audited(every), every, found.join)
    changes = list(_changes(found, some))
    unknown = found.join.open
    if options.format == "json":
        put(tightening.dumps(some, unknown), options.output)
    if options.apply:
        if unknown and not options.unsafe and changes:
            site = unknown[0].site
            what = f"{site.path}:{site.line}: what runs there is not known, and may need what goes"
            raise Fault(f"{what}; say it with --runs {site.qualname}=PROGRAM, or take the risk with --unsafe")
        if changes and not applying.write(changes, found.root, allow_dirty=options.allow_dirty):
            return applying.INTERRUPTED
    elif options.format == "diff":
        applying.show(changes, options.output, options.color)
    elif options.format == "filters":
        put("".join(change.new.decode() for change in changes), options.output)
    print(tightening.told(some, unknown, applied=options.apply), file=sys.stderr)
    return 1 if found.unreadable or (changes and not options.apply) else 0


def _changes(found: Joined, some: Sequence[Tightened]) -> Iterator[Change]:
    for file in found.files:
        new = _edited(file, [one for one in some if one.filter.path == file.path and one.definitions])
        if new != file.text:
            yield Change(file.path, file.text.encode(), new.encode())


def _edited(file: FiltersFile, some: Sequence[Tightened]) -> str:
    return edited(file, {file.definition(one.filter): "\n".join(one.definitions) for one in some})
