"""The operations that have left rootwrap: calls of privsep entrypoints from the service's own code."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrator.coverage.operations import NO_PROGRAM, UNKNOWN, Actor, Link, Operation
from migrator.decide.refusal import KINDS
from migrator.model import Kind, Reason, Rung, Site
from migrator.understand.notation import shape, spelled
from migrator.verify.boundary import entrypoints as discovery
from migrator.verify.boundary import surface
from migrator.verify.boundary.effects import Effects, effects
from migrator.verify.boundary.finding import Entrypoint
from migrator.verify.boundary.project import Module, Project, Text
from migrator.verify.boundary.reach import Reach
from migrator.verify.boundary.uses import Use, uses

if TYPE_CHECKING:
    from migrator.understand.executors import Executor

_NOT_FOLLOWED = Reason(
    "not-followed", "what its privsep function does could not be followed to its end; read it, and fix its command"
)
_ORDER = tuple(Rung)


@dataclass(frozen=True, slots=True)
class Boundary:
    """A project's entrypoints and what they do. packages: dotted names of the privsep packages.

    effects: by the entrypoint's dotted name. carriers: undecorated functions of the packages -> the entrypoints that
    they call, such as adapters that stand between an executor and an entrypoint.
    """

    project: Project
    packages: tuple[str, ...]
    entrypoints: Mapping[str, Entrypoint]
    effects: Mapping[str, Effects]
    carriers: Mapping[str, tuple[str, ...]]

    def holds(self, module: str) -> bool:
        """Whether a module belongs to a privsep package."""
        return any((module + ".").startswith(package + ".") for package in self.packages)

    @property
    def laundering(self) -> frozenset[str]:
        """The entrypoints that run any command."""
        return frozenset(name for name, one in self.effects.items() if one.rung is Rung.LAUNDERED)


def boundary(
    paths: Sequence[str],
    exclude: Sequence[str] = (),
    executors: Mapping[str, Executor] | None = None,
    parsed: Mapping[Text, Module] | None = None,
) -> Boundary:
    """Read the privsep boundary of the project that paths lie in; parsed: as Project has it. Raises Fault as walk()."""
    project = Project(paths, exclude, parsed)
    found = discovery.forms(project)
    exported = {one.name: one for one in discovery.entrypoints(found)}
    packages = surface.packages(project, found.contexts)
    known = effects(project, exported.values(), executors)
    return Boundary(project, packages, exported, known, _carriers(project, packages, exported))


def _carriers(project: Project, packages: Sequence[str], exported: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Undecorated functions of the packages that come to an entrypoint, through others like them too."""
    reach = Reach(project)
    direct: dict[str, set[str]] = {}
    for name in surface.functions(project, packages) if exported else ():
        reached = reach.function(name)
        if name not in exported and reached is not None:
            direct[name] = {dotted for dotted, _ in reach.references(reached)} - {name}
    found: dict[str, tuple[str, ...]] = {}
    for name in direct:
        seen, waiting = {name}, [name]
        while waiting:
            more = direct.get(waiting.pop(), set()) - seen
            seen |= more
            waiting.extend(more)
        behind = tuple(sorted(seen & set(exported)))
        if behind:
            found[name] = behind
    return found


def of_entrypoints(found: Boundary, sites: Iterable[Site]) -> Iterator[Operation]:
    """The operations on rungs 1 to 4: a call of an entrypoint, or its name handed on, from outside of the packages.

    sites: the root calls that the scan tells of. What stands in one of them is that call; and the callers of what they
    go through are root calls too. What an entrypoint calls runs in the daemon already and counts no more.
    """
    spans: dict[str, list[tuple[int, int]]] = {}
    targets = {*found.entrypoints, *found.carriers}
    for site in sites:
        spans.setdefault(site.path, []).append((site.line, site.end_line))
        targets -= set(site.via) - set(found.entrypoints)
    places: dict[tuple[str, int, int], Operation] = {}
    for name, used in uses(found.project, targets, found.packages).of.items():
        for use in used:
            place = use.call if use.call is not None else use.node
            path = use.module.path
            if (
                path not in found.project.given
                or found.holds(use.module.name)
                or use.within in targets
                or _decorates(use)
                or any(first <= place.lineno <= last for first, last in spans.get(path, ()))
            ):
                continue
            operation = _operation(found, name, use)
            key = (path, place.lineno, place.col_offset)
            other = places.get(key)
            if other is None or _ORDER.index(operation.rung) < _ORDER.index(other.rung):
                places[key] = operation
    yield from places.values()


def _decorates(use: Use) -> bool:
    """Whether the use makes an entrypoint: `touch = context.entrypoint(_touch)`."""
    return use.call is None and use.scope.parent is None and isinstance(use.node, ast.Name) and not use.within


def _operation(found: Boundary, name: str, use: Use) -> Operation:
    place = use.call if use.call is not None else use.node
    behind = (name,) if name in found.entrypoints else found.carriers[name]
    effects = [found.effects.get(one) for one in behind]
    known = [one for one in effects if one is not None]
    lost = len(known) < len(effects)
    rung = Rung.LAUNDERED if lost else min((one.rung for one in known), key=_ORDER.index)
    programs = sorted({program for one in known for program in one.programs})
    commands = [command for one in known for command in one.commands]
    words = commands[0].words if len(commands) == 1 else ()
    reasons: tuple[Reason, ...] = ()
    if rung is Rung.LAUNDERED:
        reasons = (_NOT_FOLLOWED if lost else KINDS[Kind.LAUNDERED],)
    return Operation(
        path=use.module.path,
        line=place.lineno,
        end_line=place.end_lineno or place.lineno,
        column=place.col_offset + 1,
        module=use.module.name,
        scope=use.module.around(place),
        rung=rung,
        actor=Actor.UNRESOLVED if reasons else Actor.DONE,
        program=" or ".join(programs) or (NO_PROGRAM if rung is Rung.NATIVE else UNKNOWN),
        argv=tuple(spelled(words)),
        shape=tuple(shape(words)),
        root=f"calls {name}" if use.call is not None else f"hands on {name}",
        function=behind[0],
        reasons=reasons,
        chain=tuple(_link(found, one) for one in dict.fromkeys((name, *behind))),
    )


def _link(found: Boundary, name: str) -> Link:
    """A function of the project, where it is defined."""
    entrypoint = found.entrypoints.get(name)
    if entrypoint is not None:
        return Link(name, entrypoint.path, entrypoint.line)
    definition = found.project.definition(name)
    return Link(name, definition[0].path, definition[1].lineno) if definition is not None else Link(name)
