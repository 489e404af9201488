"""The memory of privsep's daemons, before and after: one for each context that a process uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from migrator.bench.results import Result
from migrator.forecast.operations import Context, Operation, used

COMMANDS, NETLINK, ROOTWRAP = "privsep", "privsep-native", "daemon"


@dataclass(frozen=True, slots=True)
class Daemon:
    """The daemon of a context. kib: PSS by bench, None where it could not be measured. figure: bench's name of it.

    before, after: how many operations it serves.
    """

    context: Context
    kib: int | None
    figure: str
    before: int
    after: int


def daemons(contexts: Sequence[Context], operations: Sequence[Operation], found: Result) -> tuple[Daemon, ...]:
    """A daemon for each context that serves an operation, before or after."""
    old, new = used(operations, after=False), used(operations, after=True)
    named = {one.name: one for one in contexts}
    made = []
    for name in sorted({*old, *new}):
        netlink = any(one.netlink for one in (*old.get(name, ()), *new.get(name, ())))
        figure = NETLINK if netlink and NETLINK in found.memory else COMMANDS
        memory = found.memory.get(figure)
        made.append(
            Daemon(
                named.get(name, Context(name, "", False)),
                memory.pss if memory is not None else None,
                figure,
                len(old.get(name, ())),
                len(new.get(name, ())),
            )
        )
    return tuple(made)


def total(some: Sequence[Daemon], after: bool) -> int | None:
    """KiB of the daemons that serve something; None where bench could not measure it."""
    kib = [one.kib for one in some if (one.after if after else one.before)]
    return None if None in kib else sum(one for one in kib if one is not None)
