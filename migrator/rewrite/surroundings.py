"""What a rewrite has to see to around the privileged functions: requirements, entry points, unit tests."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from migrator.model import Privileged
from migrator.rewrite import entrypoints, requirements, unittests
from migrator.rewrite.homes import Home
from migrator.rewrite.pending import Pending
from migrator.rewrite.target import Context, Target
from migrator.rewrite.transaction import Change


@dataclass(frozen=True)
class Wanted:
    """What the user asks of a rewrite.

    unsafe: also make the changes that a person has to confirm. tests: write unit tests of new functions. package:
    dotted name of the privsep package, "" for the one that is found. contexts: names of those that new functions may
    use, all when empty.
    """

    unsafe: bool = False
    tests: bool = True
    package: str = ""
    contexts: tuple[str, ...] = ()


USUAL = Wanted()


def around(
    changes: Iterable[Change],
    used: Mapping[Privileged, Home],
    new: Sequence[Context],
    callers: Collection[str],
    target: Target,
    wanted: Wanted,
) -> tuple[list[Change], list[str]]:
    """The changes with those around the functions, and notes for the user.

    used: the functions that are called now. new: the contexts that the target gets. callers: paths of the
    files that call them. Nothing is done for a target where nothing moves.
    """
    pending = Pending(changes)
    notes: list[str] = []
    if used:
        notes += requirements.require(target.root, _needed(used.values(), new, target), pending)
        notes += entrypoints.start(target, callers, pending, write=wanted.unsafe)
        if wanted.tests:
            notes += unittests.write(used, target, pending)
    return pending.changes, notes


def _needed(used: Iterable[Home], new: Sequence[Context], target: Target) -> list[requirements.Requirement]:
    named = bool(new) and target.logger_names
    needed = [requirements.PRIVSEP_LOGGER if named else requirements.PRIVSEP]
    if any("pyroute2" in line for home in used for line in home.spelled.imports):
        needed.append(requirements.PYROUTE2_PYTHON2 if target.python2 else requirements.PYROUTE2)
    return needed
