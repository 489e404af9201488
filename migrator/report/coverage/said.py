"""What the forms of the coverage report have in common: the words for rungs, and for who can act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from migrator.coverage.ladder import Tally, shown
from migrator.coverage.operations import Actor, Operation
from migrator.model import Rung
from migrator.report.text import clean, command, counted

RUNGS: Mapping[Rung, str] = {
    Rung.ROOTWRAP: "sudo and rootwrap: whatever the filter admits",
    Rung.LAUNDERED: "a privsep function that takes any command",
    Rung.GUARDED: "a privsep function for one pattern of command",
    Rung.NARROW: "a privsep function with the command fixed inside",
    Rung.NATIVE: "a privsep function that makes the system call itself",
}
ACTORS: Mapping[Actor, str] = {
    Actor.DONE: "on rung 2 or above",
    Actor.READY: "`privmigrate rewrite` moves it",
    Actor.REVIEW: "`privmigrate rewrite --unsafe` moves it, when a person has confirmed something",
    Actor.REFUSED: "a person has to move it: it is known what runs",
    Actor.UNRESOLVED: "a person has to look at it: it is not known what runs",
}


def escaped(text: str) -> str:
    """Text for an element, or an attribute in double quotes, of HTML."""
    return escape(clean(text))


def number(rung: Rung) -> int:
    """The rung's number on the ladder, 0 to 4."""
    return list(Rung).index(rung)


def headline(whole: Tally) -> str:
    """The result in one sentence."""
    if not whole.total:
        return "no privileged operation"
    return (
        f"{shown(whole.covered, whole.total)} covered: {whole.covered} of {counted(whole.total, 'operation')} on rungs"
        f" 3 and 4, {shown(whole.of(Rung.NATIVE), whole.total)} native"
    )


def what(operation: Operation, width: int = 0) -> str:
    """What an operation runs, or the function that does it."""
    if operation.argv:
        return command(operation.argv, width)
    return f"{operation.function or operation.root}()"


def folded(tallies: Sequence[Tally], most: int) -> list[Tally]:
    """At most so many rows: the rest as one, so that the column still adds up."""
    if len(tallies) <= most + 1:
        return list(tallies)
    rest = tallies[most:]
    columns = zip(*(one.counts for one in rest), strict=True)
    return [*tallies[:most], Tally(f"{len(rest)} others", tuple(map(sum, columns)))]
