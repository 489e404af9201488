"""Replies of privileged functions that can outgrow what oslo.privsep takes in one message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from migrator.forecast.operations import Operation
from migrator.forecast.programs import LARGE, known
from migrator.model import Rung

# oslo_privsep/comm.py, Deserializer: since 2.8.0 it gives msgpack this limit itself.
LIMIT = 100 * 1024 * 1024
SINCE = (2, 8, 0)
# What msgpack 0.6, which older releases may run with, takes for one string.
OLD_LIMIT = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """An operation whose reply grows with what it is asked of. what: that it holds. source: who says so."""

    operation: Operation
    what: str
    source: str


def replies(operations: Sequence[Operation]) -> tuple[Reply, ...]:
    """The operations that privsep does after the migration, and whose output no limit is known of."""
    found = []
    for one in operations:
        row = next((row for command in one.commands if (row := known(LARGE, command)) is not None), None)
        if one.after is not Rung.ROOTWRAP and row is not None:
            found.append(Reply(one, row.why, row.source))
    return tuple(found)
