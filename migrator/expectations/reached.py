"""Which functions a test comes to, by the names that it calls and that those call."""

from __future__ import annotations

import ast
import os
from collections.abc import Collection, Iterable, Mapping

from migrator.rewrite import source
from migrator.rewrite.pending import Pending
from migrator.rewrite.target import Target

Names = Mapping[str, frozenset[str]]


class Modules:
    """The functions of a target's modules and the names that each calls, read when asked for, once in a run."""

    def __init__(self, target: Target, pending: Pending) -> None:
        self._target, self._pending = target, pending
        self._read: dict[str, tuple[Names, frozenset[str]] | None] = {}
        self._privileged: dict[str, dict[str, ast.FunctionDef]] = {}

    def around(self, mirrored: Iterable[str], imported: Iterable[str], moving: Collection[str]) -> dict[str, Names]:
        """Those of the modules that a test file is about, and of what those import.

        moving: the modules that calls move in; of what an imported module imports only those count.
        """
        found: dict[str, Names] = {}
        near = [*mirrored, *imported]
        for module in mirrored:
            known = self._module(module)
            near += sorted(known[1]) if known else []
        for module in imported:
            known = self._module(module)
            near += sorted(known[1].intersection(moving)) if known else []
        for module in near:
            known = self._module(module)
            if known is not None:
                found[module] = known[0]
        return found

    def privileged(self, functions: Iterable[str]) -> dict[str, ast.FunctionDef]:
        """The functions of the target's privsep package by their dotted names, as they will be."""
        found: dict[str, ast.FunctionDef] = {}
        for module in sorted({name.rpartition(".")[0] for name in functions}):
            if module not in self._privileged:
                area = module.removeprefix(self._target.package).lstrip(".")
                data = self._pending.data(self._target.file(area)) or b""
                tree = source.read(module, data).tree
                self._privileged[module] = {
                    f"{module}.{node.name}": node for node in tree.body if isinstance(node, ast.FunctionDef)
                }
            found |= self._privileged[module]
        return found

    def _module(self, module: str) -> tuple[Names, frozenset[str]] | None:
        if module not in self._read:
            self._read[module] = self._parsed(module)
        return self._read[module]

    def _parsed(self, module: str) -> tuple[Names, frozenset[str]] | None:
        if module.split(".")[0] != self._target.top or module.startswith(self._target.package):
            return None
        place = os.path.join(self._target.root, *module.split("."))
        data = self._pending.data(f"{place}.py")
        if data is None:
            data = self._pending.data(os.path.join(place, "__init__.py"))
        try:
            tree = source.read(module, data).tree if data is not None else None
        except (SyntaxError, ValueError, LookupError):
            return None
        if tree is None:
            return None
        names: dict[str, frozenset[str]] = {}
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                names[node.name] = names.get(node.name, frozenset()) | called(node)
        return names, imports(tree)


def imports(tree: ast.Module) -> frozenset[str]:
    """Dotted names of what a module imports, and of what those may be modules of."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def called(node: ast.AST) -> frozenset[str]:
    """Names of the functions and methods that code calls, or hands on to be called."""
    found = set()
    for each in ast.walk(node):
        if isinstance(each, ast.Call):
            handed = [*each.args, *(word.value for word in each.keywords)]
            for one in (each.func, *handed):
                if isinstance(one, ast.Attribute):
                    found.add(one.attr)
                elif isinstance(one, ast.Name):
                    found.add(one.id)
    return frozenset(found)


def closure(first: Collection[str], modules: Mapping[str, Names], mocked: Collection[str]) -> frozenset[str]:
    """The functions that these names come to in these modules; what those call that is mocked leads nowhere."""
    found: set[str] = set()
    waiting = list(first)  # these too where they are mocked, which may be for a moment
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        for names in modules.values():
            waiting += [one for one in names.get(name, ()) if one not in found and one not in mocked]
    return frozenset(found)
