"""Which functions of the project an entrypoint comes to in the daemon, and which exceptions are handled on the way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from migrator.verify.boundary.names import Function, Scope, own, scope_of, within
from migrator.verify.boundary.project import Module, Project

_FOLLOWED = 400  # functions behind one entrypoint


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """A module-level function that runs in the daemon. name: dotted. scope: of its body."""

    name: str
    module: Module
    node: Function = field(repr=False)
    scope: Scope = field(repr=False)


class Reach:
    """Follows calls and names from functions to functions of the project; each function is read once."""

    def __init__(self, project: Project):
        self.project = project
        self._references: dict[str, tuple[tuple[str, ast.expr], ...]] = {}

    def function(self, name: str) -> Reached | None:
        """The function of a canonical name."""
        home, _, leaf = name.rpartition(".")
        module = self.project.module(home)
        bindings = module.scope.names.get(leaf, ()) if module is not None else ()
        nodes = [one.node for one in bindings if isinstance(one.node, (ast.FunctionDef, ast.AsyncFunctionDef))]
        if module is None or not nodes:
            return None
        node = nodes[-1]
        return Reached(name, module, node, scope_of(node, module.scope))

    def references(self, reached: Reached) -> tuple[tuple[str, ast.expr], ...]:
        """The functions of the project that a function names, each with the expression that names it."""
        known = self._references.get(reached.name)
        if known is None:
            found: list[tuple[str, ast.expr]] = []
            for node, scope in within(reached.scope):
                if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
                    for dotted in self.project.meanings(node, reached.module, scope):
                        if self._is_function(dotted):
                            found.append((dotted, node))
            known = self._references[reached.name] = tuple(found)
        return known

    def _is_function(self, dotted: str) -> bool:
        home = dotted.rpartition(".")[0]
        return home in self.project.names and self.function(dotted) is not None

    def all(self, name: str) -> dict[str, Reached]:
        """The functions that run when one does, itself first; those that it only hands on count too."""
        found: dict[str, Reached] = {}
        waiting = [name]
        while waiting and len(found) < _FOLLOWED:
            one = waiting.pop()
            reached = self.function(one) if one not in found else None
            if reached is not None:
                found[one] = reached
                waiting.extend(dotted for dotted, _ in self.references(reached))
        return found

    def raising(self, name: str) -> Iterator[tuple[Reached, frozenset[str]]]:
        """The functions whose exceptions can leave the one of that name, with the handlers that are around all calls.

        A handler is the last name of what it catches, "*" for a bare one and what cannot be told.
        """
        seen: set[tuple[str, frozenset[str]]] = set()
        waiting: list[tuple[str, frozenset[str]]] = [(name, frozenset())]
        while waiting and len(seen) < _FOLLOWED:
            one, handlers = waiting.pop()
            reached = self.function(one) if (one, handlers) not in seen else None
            if reached is None:
                continue
            seen.add((one, handlers))
            yield reached, handlers
            around = handled(reached.node)
            named = {id(node): dotted for dotted, node in self.references(reached)}
            for call in own(reached.node):
                if isinstance(call, ast.Call) and id(call.func) in named:
                    waiting.append((named[id(call.func)], handlers | around.get(id(call), frozenset())))


def handled(node: Function) -> dict[int, frozenset[str]]:
    """id of each node in a try body -> what the handlers around it catch, by last name; "*" for all."""
    found: dict[int, frozenset[str]] = {}
    waiting: list[tuple[ast.AST, frozenset[str]]] = [(one, frozenset()) for one in node.body]
    while waiting:
        one, handlers = waiting.pop()
        if handlers:
            found[id(one)] = handlers
        if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        if isinstance(one, ast.Try):
            inner = handlers | {name for handler in one.handlers for name in _caught(handler.type)}
            waiting.extend((child, inner) for child in one.body)
            rest: list[ast.AST] = [*one.handlers, *one.orelse, *one.finalbody]
            waiting.extend((child, handlers) for child in rest)
        elif isinstance(one, (ast.With, ast.AsyncWith)):  # a context manager may swallow what is raised
            managed = any(isinstance(item.context_expr, ast.Call) for item in one.items)
            inner = handlers | {"?"} if managed else handlers
            waiting.extend((child, inner) for child in one.body)
            waiting.extend((item, handlers) for item in one.items)
        else:
            waiting.extend((child, handlers) for child in ast.iter_child_nodes(one))
    return found


def _caught(node: ast.expr | None) -> list[str]:
    if node is None:
        return ["*"]
    if isinstance(node, ast.Tuple):
        return [name for one in node.elts for name in _caught(one)]
    if isinstance(node, ast.Attribute):
        return [node.attr]
    return [node.id] if isinstance(node, ast.Name) else ["*"]
