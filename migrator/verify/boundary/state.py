"""PRV231: module globals that the client sets and the daemon reads; each has its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from migrator.verify.boundary import codes
from migrator.verify.boundary.finding import Entrypoint, Finding
from migrator.verify.boundary.names import Scope, within
from migrator.verify.boundary.project import Module, Project
from migrator.verify.boundary.reach import Reach, Reached
from migrator.verify.boundary.uses import around

_CHANGES = frozenset({"append", "add", "update", "setdefault", "extend", "insert", "pop", "remove", "clear", "popitem"})
_CONTAINERS = frozenset({"dict", "list", "set", "OrderedDict", "defaultdict", "deque", "Counter"})


@dataclass(frozen=True, slots=True)
class Setting:
    """A place that sets or changes a module global at run time. within: dotted name of the function around it."""

    name: str
    path: str
    line: int
    within: str


@dataclass(frozen=True, slots=True)
class Globals:
    """What is set of modules that were looked at. The settings of a global, by its dotted name."""

    settings: dict[str, list[Setting]] = field(default_factory=dict)
    at_import: set[str] = field(default_factory=set)


def check(entrypoint: Entrypoint, reach: Reach, known: dict[str, Globals], behind: frozenset[str]) -> Iterator[Finding]:
    """Globals that an entrypoint reads, or a function that it calls, and that only the client ever sets.

    known: what was found out of modules by now, filled here. behind: all functions that run in the daemon.
    """
    told: set[str] = set()
    for reached in reach.all(entrypoint.name).values():
        facts = known.get(reached.module.name)
        if facts is None:
            facts = known[reached.module.name] = _globals(reached.module, reach.project)
        for name in sorted(_read(reached)):
            dotted = f"{reached.module.name}.{name}"
            settings = facts.settings.get(dotted, [])
            if not settings or dotted in told:
                continue
            if any(one.within in behind or one.within in facts.at_import for one in settings):
                continue  # the daemon sets its own
            told.add(dotted)
            first = settings[0]
            node = entrypoint.node
            module = reach.project.module(entrypoint.name.rpartition(".")[0])
            if node is not None and module is not None:
                via = "" if reached.name == entrypoint.name else f" (in `{reached.name}`)"
                text = (
                    f"`{node.name}` reads the global `{name}`{via}, which `{first.within}` sets at run time"
                    f" ({first.path}:{first.line}): the daemon has its own, as the module made it"
                )
                yield module.finding(codes.GLOBAL, node, text, f"{entrypoint.name}:{name}", node.body[0].lineno)


def _read(reached: Reached) -> set[str]:
    """Names of its module's globals that a function reads."""
    top = reached.scope.top
    found = set()
    for node, scope in within(reached.scope):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            _, owner = scope.find(node.id)
            if owner is top or (owner is None and node.id in scope.globals):
                found.add(node.id)
    return found


def _globals(module: Module, project: Project) -> Globals:
    facts = Globals()
    containers = {name for name, bound in module.scope.names.items() if any(map(_container, (b.node for b in bound)))}
    for node, scope in module.nodes:
        if scope.function is None:
            if isinstance(node, ast.Call):  # called when the module is imported, on both sides
                facts.at_import.update(project.meanings(node.func, module, scope))
            continue
        for name in _changed(node, scope, containers):
            _note(facts, f"{module.name}.{name}", module, node, scope)
    leaf = module.name.rpartition(".")[2]
    names = set(module.scope.names)
    for other in project.holding(f"{leaf}."):
        if other == module.name or not _may_set(other, leaf, names, project):
            continue
        outside = project.module(other)
        for node, scope in outside.nodes if outside is not None else ():
            stored = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr in names
            if not stored or not isinstance(node, ast.Attribute) or outside is None:
                continue
            if module.name in project.meanings(node.value, outside, scope):
                _note(facts, f"{module.name}.{node.attr}", outside, node, scope)
    return facts


def _may_set(other: str, leaf: str, names: set[str], project: Project) -> bool:
    """Whether the text of a file has `leaf.NAME =`."""
    data = project.tree.store.data(project.names[other]).decode("latin-1")
    position = -1
    while (position := data.find(f"{leaf}.", position + 1)) >= 0:
        rest = data[position + len(leaf) + 1 : position + len(leaf) + 81].partition("\n")[0]
        name, equals, after = rest.partition("=")
        if equals and not after.startswith("=") and name.strip() in names:
            return True
    return False


def _note(facts: Globals, dotted: str, module: Module, node: ast.AST, scope: Scope) -> None:
    within_name = around(module, scope)
    facts.settings.setdefault(dotted, []).append(Setting(dotted, module.path, getattr(node, "lineno", 0), within_name))


def _container(node: ast.AST | None) -> bool:
    if isinstance(node, (ast.Dict, ast.List, ast.Set, ast.DictComp, ast.ListComp)):
        return True
    if not isinstance(node, ast.Call):
        return False
    return (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")) in _CONTAINERS


def _changed(node: ast.AST, scope: Scope, containers: set[str]) -> Iterator[str]:
    """The module's globals that a node inside a function sets or changes."""
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) and node.id in scope.globals:
        yield node.id
    held: ast.expr | None = None
    if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
        held = node.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
        held = node.func.value
    if isinstance(held, ast.Name) and held.id in containers and scope.find(held.id)[1] is scope.top:
        yield held.id
