"""All static checks of a project's privsep boundary in one call."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from migrator.decide import python2
from migrator.verify.boundary import calls, cycles, exceptions, forms, imports, state, surface
from migrator.verify.boundary import entrypoints as discovery
from migrator.verify.boundary.finding import Boundary, Entrypoint, Finding, Unverifiable
from migrator.verify.boundary.project import Project
from migrator.verify.boundary.reach import Reach, Reached
from migrator.verify.boundary.uses import uses


def entrypoints(paths: Sequence[str], *, exclude: Sequence[str] = ()) -> tuple[Entrypoint, ...]:
    """The entrypoints of the projects that paths lie in, sorted by name. Raises Fault as `findings` does."""
    return discovery.entrypoints(discovery.forms(Project(paths, exclude)))


def findings(
    paths: Sequence[str],
    *,
    unprivileged: Sequence[str] = (),
    python: str = sys.executable,
    exclude: Sequence[str] = (),
) -> Boundary:
    """Check what stands at the privsep boundary of the projects that paths lie in.

    paths: files and folders; callers are looked for in the whole top packages, findings told of the paths only.
    unprivileged: dotted names, globs too, of functions of the privsep package that are meant to have no decorator.
    python: the interpreter that imports the package; "" leaves the imports alone. exclude: as for walk().
    Raises Fault for a path that does not exist, without Python file, and an interpreter that cannot be run.
    """
    project = Project(paths, exclude)
    found = discovery.forms(project)
    exported = discovery.entrypoints(found)
    inside = surface.packages(project, found.contexts)
    told: list[Finding] = [one for form in found.forms for one in forms.check(form, project)]
    told += _functions(project, found, exported, inside, unprivileged)
    own = surface.modules(project, inside)
    told += cycles.check(project, own)
    told += surface.absent(project, inside)
    unverifiable: list[Unverifiable] = []
    imported: list[str] = []
    for package in inside if python else ():
        root = project.root(package)
        modules = [(name, project.names[name]) for name in surface.modules(project, [package])]
        answers = imports.check(root, package, modules, python, python2.runs_there(root))
        told += answers.findings
        unverifiable += answers.unverifiable
        imported += answers.imported
    problems = [one for path, one in project.problems.items() if path in project.given]
    return Boundary(
        findings=tuple(imports.merged(sorted({one for one in told if one.path in project.given}))),
        entrypoints=exported,
        unverifiable=tuple(sorted(set(unverifiable))),
        packages=inside,
        imported=tuple(sorted(set(imported))),
        unreadable=tuple(sorted(problems, key=lambda one: (one.path, one.line))),
    )


def _functions(
    project: Project,
    found: discovery.Forms,
    exported: Sequence[Entrypoint],
    inside: Sequence[str],
    unprivileged: Sequence[str],
) -> list[Finding]:
    """What is wrong in and around the entrypoints, and the functions that stand beside them in the package."""
    reach = Reach(project)
    beside = surface.functions(project, inside)
    by_name = {one.name: one for one in exported}
    used = uses(project, {*by_name, *beside}, inside)
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
    told += surface.undecorated(beside, exempt, inside, used, unprivileged)
    told += surface.uncalled(exported, used, project, {id(form.node) for form in found.forms})
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
