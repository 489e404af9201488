"""Remove the filters that no call can need: shows a diff, writes with --apply."""

from __future__ import annotations

import argparse
import shutil

from migrator.commands import applying
from migrator.commands.filtering import add_joining, going, joined, removals
from migrator.commands.output import say
from migrator.report.filters.pruning import suggested, told
from migrator.rootwrap import conf
from migrator.rootwrap.audit import audited
from migrator.rootwrap.join import unneeded
from migrator.rootwrap.tighten import tightened

_EXAMPLES = """\
examples:
  privmigrate filters prune nova/               the diff; nothing is written
  privmigrate filters prune --apply nova/       write it, all files or none
  privmigrate filters prune --runs nova.virt.disk.api.mkfs=mkfs.ext4 nova/

A filter goes, with the comments that are about it alone, when no call in the project's code or tests can need it. It
stays where that cannot be excluded: `--runs`, or `runs` in the configuration, says what a call runs whose program is
not known.

Exit status: 0 nothing to remove, or removed, 1 there is a diff, or files can't be read, 2 usage.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    add_joining(parser)
    applying.add_writing(parser)


def run(options: argparse.Namespace) -> int:
    found = joined(options)
    applying.mend([found.root], apply=options.apply)
    changes = removals(going(found.files, found.join.lines))
    if not options.apply:
        applying.show(changes, options.output, options.color)
    elif changes and not applying.write(changes, found.root, allow_dirty=options.allow_dirty):
        return applying.INTERRUPTED
    width = shutil.get_terminal_size((100, 24)).columns
    say(told(found.join, applied=options.apply, width=width))
    staying = {(line.path, line.definition.name) for line in found.join.lines if not unneeded(line)}
    every = tuple(one for one in conf.filters(found.files) if not one.path or (one.path, one.name) in staying)
    hint = suggested(tightened(audited(every), every, found.join), width)
    if hint:
        say(hint)
    return 1 if found.unreadable or (changes and not options.apply) else 0
