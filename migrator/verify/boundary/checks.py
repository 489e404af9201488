"""All static checks of a project's privsep boundary in one call."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from migrator.decide import python2
from migrator.understand.executors import Executor
from migrator.verify.boundary import (
    calls,
    codes,
    cycles,
    exceptions,
    forms,
    grants,
    handlers,
    imports,
    inside,
    logged,
    privileges,
    starting,
    state,
    surface,
)
from migrator.verify.boundary import entrypoints as discovery
from migrator.verify.boundary.effects import Effects, effects
from migrator.verify.boundary.finding import Boundary, Entrypoint, Finding, Unverifiable
from migrator.verify.boundary.project import Project
from migrator.verify.boundary.reach import Reach, Reached
from migrator.verify.boundary.uses import Uses, uses


def entrypoints(paths: Sequence[str], *, exclude: Sequence[str] = ()) -> tuple[Entrypoint, ...]:
    """The entrypoints of the projects that paths lie in, sorted by name. Raises Fault as `findings` does."""
    return discovery.entrypoints(discovery.forms(Project(paths, exclude)))


def findings(
    paths: Sequence[str],
    *,
    unprivileged: Sequence[str] = (),
    python: str = sys.executable,
    exclude: Sequence[str] = (),
    executors: Mapping[str, Executor] | None = None,
) -> Boundary:
    """Check what stands at the privsep boundary of the projects that paths lie in.

    paths: files and folders; callers are looked for in the whole top packages, findings told of the paths only.
    unprivileged: dotted names, globs too, of functions of the privsep package that are meant to have no decorator.
    python: the interpreter that imports the package; "" leaves the imports alone. exclude: as for walk().
    executors: further library functions that run commands.
    Raises Fault for a path that does not exist, without Python file, and an interpreter that cannot be run.
    """
    project = Project(paths, exclude)
    found = discovery.forms(project)
    exported = discovery.entrypoints(found)
    packages = surface.packages(project, found.contexts)
    told: list[Finding] = [one for form in found.forms for one in forms.check(form, project)]
    unverifiable: list[Unverifiable] = []
    does = effects(project, exported, executors)
    told += _functions(project, found, exported, packages, unprivileged, does, unverifiable)
    own = surface.modules(project, packages)
    told += cycles.check(project, own)
    told += surface.absent(project, packages)
    imported: list[str] = []
    for package in packages if python else ():
        root = project.root(package)
        modules = [(name, project.names[name]) for name in surface.modules(project, [package])]
        answers = imports.check(root, package, modules, python, python2.runs_there(root))
        told += answers.findings
        unverifiable += answers.unverifiable
        imported += answers.imported
    problems = [one for path, one in project.problems.items() if path in project.given]
    shown = tuple(imports.merged(sorted({one for one in told if one.path in project.given})))
    return Boundary(
        findings=tuple(one for one in shown if one.code not in codes.NOTES),
        notes=tuple(one for one in shown if one.code in codes.NOTES),
        entrypoints=exported,
        unverifiable=tuple(sorted(set(unverifiable))),
        packages=packages,
        imported=tuple(sorted(set(imported))),
        unreadable=tuple(sorted(problems, key=lambda one: (one.path, one.line))),
    )


def _functions(
    project: Project,
    found: discovery.Forms,
    exported: Sequence[Entrypoint],
    packages: Sequence[str],
    unprivileged: Sequence[str],
    does: Mapping[str, Effects],
    unverifiable: list[Unverifiable],
) -> list[Finding]:
    """What is wrong in and around the entrypoints, and the functions that stand beside them in the package."""
    reach = Reach(project)
    beside = surface.functions(project, packages)
    by_name = {one.name: one for one in exported}
    used = uses(project, {*by_name, *beside}, packages)
    behind = {name: frozenset(reach.all(name)) for name in by_name}
    daemon = frozenset().union(*behind.values())
    known: dict[str, state.Globals] = {}
    told: list[Finding] = []
    for one in exported:
        reached = reach.function(one.name)
        if reached is None:
            continue
        older = python2.runs_there(project.root(reached.module.name))
        told += exceptions.check(one, reach)
        if one.direct:
            told += calls.results(reached, project, older)
            told += calls.unread(one, reached)
        told += state.check(one, reach, known, daemon)
    for name, places in used.of.items():
        entrypoint = by_name.get(name)
        reached = reach.function(name)
        if reached is None or _doubtful(reached, entrypoint):
            continue
        older = python2.runs_there(project.root(reached.module.name))
        for use in places:
            told += calls.check(use, reached.node, entrypoint, project, older)
    exempt = {*by_name, *_made_elsewhere(project, found, beside)}
    told += surface.undecorated(beside, exempt, packages, used, unprivileged)
    told += _behind(project, found, exported, does, used, unverifiable)
    using = {use.module.name: use.module for name in by_name for use in used.of.get(name, ())}
    own = (project.module(name) for name in surface.modules(project, packages))
    using.update({one.name: one for one in own if one is not None})
    told += handlers.check(using.values(), project)
    told += starting.services(exported, [one.path for one in using.values()], project)
    told += surface.uncalled(exported, used, project, {id(form.node) for form in found.forms})
    return told


def _behind(
    project: Project,
    found: discovery.Forms,
    exported: Sequence[Entrypoint],
    does: Mapping[str, Effects],
    used: Uses,
    unverifiable: list[Unverifiable],
) -> list[Finding]:
    """What is wrong with what the entrypoints do, and with the contexts that they do it in."""
    told: list[Finding] = []
    quiet = logged.kept_at_info(project)
    for one in exported:
        context = found.contexts.get(one.context)
        effect = does.get(one.name)
        if effect is not None:
            told += grants.check(one, effect, project)
            told += inside.check(one, effect, project, used.of.get(one.name, ()))
            told += privileges.check(one, effect, context, project, unverifiable)
        else:
            unverifiable.append(
                Unverifiable(one.name, "effects", "more functions, or forms of its values, than are followed")
            )
        told += logged.check(one, context, quiet, project)
    told += privileges.broad(found.contexts, does, exported, project)
    told += starting.paths(found.contexts, project)
    told += starting.filters({one.context for one in exported}, project)
    return told


def _doubtful(reached: Reached, entrypoint: Entrypoint | None) -> bool:
    """Whether a call's function may be another than the one that was found, or have another signature."""
    bindings = reached.module.scope.names[reached.node.name]
    if entrypoint is None:
        return bool(reached.node.decorator_list) or len(bindings) != 1
    return sum(one.kind == "function" for one in bindings) != 1


def _made_elsewhere(project: Project, found: discovery.Forms, beside: dict[str, surface.Placed]) -> list[str]:
    """Functions that a decorator of the project makes entrypoints, those decorators, and forms that have a finding."""
    names = list(found.appliers)
    for form in found.forms:
        node = discovery.definition(form)
        if node is not None:
            names.append(f"{form.module.name}.{node.name}")
    for name, (module, node) in beside.items():
        for decorator in node.decorator_list:
            if set(project.meanings(decorator, module, module.scope)) & found.appliers:
                names.append(name)
    return names
