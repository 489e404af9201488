"""The privileged operations of a project before and after what `rewrite` would do."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrator.coverage.entrypoints import Boundary, of_entrypoints
from migrator.coverage.operations import counted, program, standing
from migrator.model import Outcome, Rung, Site
from migrator.rewrite.rewriting import Moved, Rewriting
from migrator.understand.notation import spelled
from migrator.understand.walk import relative
from migrator.verify.boundary.entrypoints import contexts as contexts_of
from migrator.words import Command

NETLINK = "pyroute2"


@dataclass(frozen=True, slots=True)
class Context:
    """A privsep context, which is one daemon for each process that uses it.

    name: dotted. section: of the configuration. new: `rewrite` writes it.
    """

    name: str
    section: str
    new: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """A place in the service's code that has root work done, before and after.

    path, line, column: of the call. program: for a list. argv: the command as docs/reference.md spells it. commands:
    what it runs, or ran before it became native; none where that is not known. before, after: rungs.
    context_before, context_after: dotted names, "" where no daemon of privsep does it. function: dotted name of the
    function that does it after, "" for none. source: its text, "" where it is not known. netlink: it opens a socket of
    pyroute2. why: code of the reason for which it stays on its rung, "" where it moves or has arrived.
    """

    path: str
    line: int
    column: int
    program: str
    argv: tuple[str, ...]
    commands: tuple[Command, ...]
    before: Rung
    after: Rung
    context_before: str = ""
    context_after: str = ""
    function: str = ""
    source: str = ""
    netlink: bool = False
    why: str = ""

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}"

    @property
    def moves(self) -> bool:
        return self.before is not self.after


@dataclass(frozen=True, slots=True)
class Project:
    """What is told of: operations by path and line; contexts: those that are there first, then the new ones."""

    name: str
    operations: tuple[Operation, ...]
    contexts: tuple[Context, ...]


def project(name: str, sites: Sequence[Site], rewriting: Rewriting, around: Boundary) -> Project:
    """The operations of a project: root calls, moved or left, and calls of the entrypoints that are there already."""
    found = [*_root_calls(sites, rewriting, around), *_calls_of_entrypoints(sites, around)]
    found.sort(key=lambda one: (one.path, one.line, one.column))
    there = {dotted: one.cfg_section for dotted, one in contexts_of(around.project).items()}
    added = {one.context: one.section for one in rewriting.moved if one.context and one.context not in there}
    contexts = [Context(dotted, section, False) for dotted, section in sorted(there.items())]
    contexts += [Context(dotted, section, True) for dotted, section in sorted(added.items())]
    return Project(name, tuple(found), tuple(contexts))


def _root_calls(sites: Sequence[Site], rewriting: Rewriting, around: Boundary) -> Iterator[Operation]:
    own = {site.id for site in counted(sites)}
    for moved in rewriting.moved:
        site = moved.outcome.site
        if site.id in own and not around.holds(site.module):
            yield _moved(moved, around)
    for outcome in rewriting.left:
        site = outcome.site
        if site.id in own and not around.holds(site.module):
            yield _left(outcome, around)


def _moved(moved: Moved, around: Boundary) -> Operation:
    site, function = moved.outcome.site, moved.outcome.function
    assert function is not None
    return Operation(
        path=site.path,
        line=site.line,
        column=site.column,
        program=program(site),
        argv=tuple(spelled(site.command.words)),
        commands=(site.command,),
        before=standing(site, around.laundering),
        after=function.rung,
        context_before=_daemon(site, around),
        context_after=moved.context,
        function=moved.function,
        source="\n".join([function.source, *(helper.source for helper in function.helpers)]),
        netlink=any(NETLINK in line.split() for line in function.imports),
    )


def _left(outcome: Outcome, around: Boundary) -> Operation:
    site = outcome.site
    stands, daemon = standing(site, around.laundering), _daemon(site, around)
    return Operation(
        path=site.path,
        line=site.line,
        column=site.column,
        program=program(site),
        argv=tuple(spelled(site.command.words)),
        commands=(site.command,) if site.command.words else (),
        before=stands,
        after=stands,
        context_before=daemon,
        context_after=daemon,
        why=outcome.reasons[0].code if outcome.reasons else "",
    )


def _daemon(site: Site, around: Boundary) -> str:
    """The context whose daemon runs a laundered call; as its source has it where the entrypoint is a library's."""
    known = next((around.entrypoints[name].context for name in site.via if name in around.entrypoints), "")
    return known or (site.runner.context if site.runner is not None else "")


def _calls_of_entrypoints(sites: Sequence[Site], around: Boundary) -> Iterator[Operation]:
    for one in of_entrypoints(around, sites):
        entrypoint = around.entrypoints[one.function]
        effects = around.effects.get(one.function)
        source = ast.unparse(entrypoint.node)
        yield Operation(
            path=relative(one.path),
            line=one.line,
            column=one.column,
            program=one.program,
            argv=one.argv,
            commands=effects.commands if effects is not None else (),
            before=one.rung,
            after=one.rung,
            context_before=entrypoint.context,
            context_after=entrypoint.context,
            function=one.function,
            source=source,
            netlink=NETLINK in source,
        )


def used(operations: Sequence[Operation], after: bool) -> Mapping[str, tuple[Operation, ...]]:
    """The operations of each context, by its dotted name; those that no daemon of privsep does are not in it."""
    found: dict[str, list[Operation]] = {}
    for one in operations:
        name = one.context_after if after else one.context_before
        if name:
            found.setdefault(name, []).append(one)
    return {name: tuple(some) for name, some in found.items()}
