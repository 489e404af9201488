"""The privileged operations of a project, one for each place in the service's code that has root work done."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from migrator.decide.refusal import rung
from migrator.model import Kind, Outcome, Reason, Rung, Site, Status, Unreadable
from migrator.understand.notation import shape, spelled

UNKNOWN, NO_PROGRAM = "(unknown)", "(no process)"


class Actor(str, enum.Enum):
    """Who can move an operation up; the scan's outcomes, and those that are there."""

    DONE = "done"  # guarded, narrow or native
    READY = "ready"  # the tool
    REVIEW = "review"  # the tool, when a person has confirmed something
    REFUSED = "refused"  # a person: what runs is known, and why it is not moved
    UNRESOLVED = "unresolved"  # a person: it is not known what runs


@dataclass(frozen=True, slots=True)
class Link:
    """A step from the call to what runs as root: its qualified name, and where it is defined ("", 0: elsewhere)."""

    name: str
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Operation:
    """A place in the service's code that has root work done.

    path, line, end_line, column: of the call, as a Site has them. module: dotted name. scope: class and function
    around it, "<module>" outside of any. program: its name, "mkfs or mkswap", UNKNOWN, or NO_PROGRAM where no process
    is started. argv: the command spelled as docs/reference.md has it. shape: the same without names of variables.
    root: how it becomes root, in words. function: dotted name of the privsep entrypoint that does it, "" on the rungs
    below. becomes, target: rung and function that `rewrite` would give it, None and "" where it gives none.
    reasons: why it is not moved by the tool. chain: from the first wrapper to what runs it.
    """

    path: str
    line: int
    end_line: int
    column: int
    module: str
    scope: str
    rung: Rung
    actor: Actor
    program: str
    argv: tuple[str, ...]
    shape: tuple[str, ...]
    root: str
    function: str = ""
    becomes: Rung | None = None
    target: str = ""
    reasons: tuple[Reason, ...] = ()
    chain: tuple[Link, ...] = ()

    @property
    def package(self) -> str:
        """Dotted name of the package that the call's module lies in; the module itself at the top."""
        if self.path.endswith("__init__.py"):
            return self.module
        return self.module.rpartition(".")[0] or self.module

    @property
    def reason(self) -> str:
        """Code of the first reason, "" when there is none: what stands first has to go first."""
        return self.reasons[0].code if self.reasons else ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The operations of one project, by path and line. name: for people. unreadable: what may hold more of them."""

    name: str
    operations: tuple[Operation, ...]
    unreadable: tuple[Unreadable, ...] = ()
    files: int = 0


def of_sites(outcomes: Sequence[Outcome], laundering: Collection[str] = ()) -> Iterator[Operation]:
    """The operations that are still root calls, rungs 0 and 1.

    laundering: qualified names of the privsep entrypoints that take any command; what goes through one is laundered.
    A call inside a wrapper that only hands on what the wrapper's callers ask for is none of its own: its callers are.
    """
    own = {site.id for site in counted([outcome.site for outcome in outcomes])}
    for outcome in outcomes:
        if outcome.site.id in own:
            yield _operation(outcome, standing(outcome.site, laundering))


def counted(sites: Sequence[Site]) -> tuple[Site, ...]:
    """The sites that are operations of their own."""
    wrappers = {name for site in sites for name in site.via}
    return tuple(
        site for site in sites if not (site.takes_argv and (site.kind is Kind.FORWARDER or site.qualname in wrappers))
    )


def standing(site: Site, laundering: Collection[str] = ()) -> Rung:
    """The rung of a root call, 0 or 1."""
    return rung(site) if set(laundering).isdisjoint(site.via) else Rung.LAUNDERED


def _operation(outcome: Outcome, stands: Rung) -> Operation:
    site, function = outcome.site, outcome.function
    return Operation(
        path=site.path,
        line=site.line,
        end_line=site.end_line,
        column=site.column,
        module=site.module,
        scope=site.enclosing,
        rung=stands,
        actor=Actor(outcome.status.value),
        program=program(site),
        argv=tuple(spelled(site.command.words)),
        shape=tuple(shape(site.command.words)),
        root=site.root,
        becomes=outcome.rung if outcome.status in (Status.READY, Status.REVIEW) else None,
        target=f"{function.module}.{function.name}" if function else "",
        reasons=outcome.reasons,
        chain=_chain(site),
    )


def program(site: Site) -> str:
    """The program of a site, for a list."""
    return site.command.program or " or ".join(site.command.programs) or UNKNOWN


def _chain(site: Site) -> tuple[Link, ...]:
    links = []
    for name, step in zip(site.via, site.story, strict=False):
        path, _, line = step.where.rpartition(":")
        links.append(Link(name, path, int(line)) if line.isdecimal() else Link(name, step.where))
    if site.executor:
        links.append(Link(site.executor))
    return tuple(links)
