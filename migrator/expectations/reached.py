"""Which functions a test comes to, by the names that it calls and that those call."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from migrator.rewrite import source
from migrator.rewrite.pending import Pending
from migrator.rewrite.source import children
from migrator.rewrite.target import Target

# What a callee's name is taken from ("" for a plain name), and the name.
Call = tuple[str, str]
Names = Mapping[str, frozenset[Call]]


class Around:
    """Modules with their functions, and what each of those calls; read when they are first asked for."""

    def __init__(self, read: Callable[[], Mapping[str, Names]]) -> None:
        self._read = read

    @cached_property
    def modules(self) -> Mapping[str, Names]:
        return self._read()

    @cached_property
    def _having(self) -> Mapping[str, Sequence[str]]:
        """The modules that have a function of a name."""
        found: dict[str, list[str]] = {}
        for module, names in self.modules.items():
            for name in names:
                found.setdefault(name, []).append(module)
        return found

    def places(self, module: str, call: Call) -> list[tuple[str, str]]:
        """The functions that a call in a module may come to: its own, those of a module that it names, else any."""
        taken, name = call
        having = self._having.get(name, ())
        if not taken and module in having:
            return [(module, name)]  # a method of `self` may be one of a class that derives from this one elsewhere
        named = [one for one in having if one.rpartition(".")[2] == taken]
        return [(one, name) for one in named or having]


class Modules:
    """The functions of a target's modules and the names that each calls, read when asked for, once in a run."""

    def __init__(self, target: Target, pending: Pending) -> None:
        self._target, self._pending = target, pending
        self._read: dict[str, tuple[Names, frozenset[str]] | None] = {}
        self._privileged: dict[str, dict[str, ast.FunctionDef]] = {}

    def around(self, mirrored: Iterable[str], imported: Iterable[str], moving: Collection[str]) -> Around:
        """Those of the modules that a test file is about, and of what those import.

        moving: the modules that calls move in; of what an imported module imports only those count.
        """
        return Around(lambda: self._around(tuple(mirrored), tuple(imported), moving))

    def _around(self, mirrored: Sequence[str], imported: Sequence[str], moving: Collection[str]) -> Mapping[str, Names]:
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
        return _read(tree)


def _read(tree: ast.Module) -> tuple[Names, frozenset[str]]:
    """What the functions of each name call, with those inside of them; and what the module imports."""
    names: dict[str, set[Call]] = {}
    imports: set[str] = set()
    waiting: list[tuple[ast.AST, tuple[set[Call], ...]]] = [(tree, ())]
    for node, owners in waiting:  # which grows on the way
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            owners = (*owners, names.setdefault(node.name, set()))
        elif owners and isinstance(node, ast.Call):
            calls = set(_handed(node))
            for owner in owners:
                owner |= calls
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            imports.update(imported([node]))
        waiting += [(child, owners) for child in children(node)]
    return {name: frozenset(calls) for name, calls in names.items()}, frozenset(imports)


def imported(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Dotted names of what the import statements among nodes import, and of what those may be modules of."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def called(node: ast.AST) -> frozenset[Call]:
    """The functions and methods that code calls, or hands on to be called."""
    return frozenset(call for each in ast.walk(node) if isinstance(each, ast.Call) for call in _handed(each))


def _handed(node: ast.Call) -> Iterator[Call]:
    """What a call calls, and what it is given that may be called."""
    for one in (node.func, *node.args, *(word.value for word in node.keywords)):
        if isinstance(one, ast.Attribute):
            yield _last(one.value), one.attr
        elif isinstance(one, ast.Name):
            yield "", one.id


def _last(node: ast.expr) -> str:
    """The last name of what an attribute is taken from; "?" where it has none."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else "?"


def closure(first: Iterable[Call], around: Around, mocked: Collection[str]) -> frozenset[tuple[str, str]]:
    """The functions that these calls come to, each as its module and its name.

    What those call that is mocked leads nowhere. A call of an object's method comes to all methods of the name.
    """
    found: set[tuple[str, str]] = set()
    # The first ones count also where they are mocked, which may be for a moment.
    waiting = [place for call in first for place in around.places("", call)]
    while waiting:
        place = waiting.pop()
        if place not in found:
            found.add(place)
            module, name = place
            for call in around.modules[module][name]:
                if call[1] not in mocked:
                    waiting += around.places(module, call)
    return frozenset(found)
