"""What a file says of names, whoever asks: made once, and kept with the file as long as it does not change."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from migrator.verify.boundary.names import Scope


@dataclass(frozen=True, slots=True)
class Mention:
    """A name that is read, or an attribute. place: of all in the file. call: the one that calls it, else None.

    taken: how that call's result is taken apart ("unpacks", "indexes" ...), "" when it is not.
    """

    place: int
    node: ast.Name | ast.Attribute = field(repr=False)
    scope: Scope = field(repr=False)
    call: ast.Call | None = field(repr=False)
    taken: str


@dataclass(frozen=True, slots=True)
class Mentions:
    """of: name -> where it is read. asked: the calls of getattr(). dotted: last parts of texts such as "a.b.name"."""

    of: dict[str, tuple[Mention, ...]]
    asked: tuple[tuple[ast.Call, Scope], ...]
    dotted: frozenset[str]

    def among(self, names: Iterable[str]) -> list[tuple[str, Mention]]:
        """Where some names are read, in the order of the file."""
        found = [(name, one) for name in names for one in self.of.get(name, ())]
        return sorted(found, key=lambda pair: pair[1].place)


def mentions(nodes: Iterable[tuple[ast.AST, Scope]]) -> Mentions:
    """Of the nodes of a file, parents before their children."""
    called: dict[int, ast.Call] = {}
    taken: dict[int, str] = {}
    found: dict[str, list[Mention]] = {}
    asked: list[tuple[ast.Call, Scope]] = []
    dotted: set[str] = set()
    for place, (node, scope) in enumerate(nodes):
        _note(node, called, taken)
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str) and "." in node.value:
                dotted.add(node.value.rpartition(".")[2])  # import_class("a.b.name")
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id == "getattr":
                asked.append((node, scope))
        elif isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            call = called.get(id(node))
            how = taken.get(id(call), "") if call is not None else ""
            found.setdefault(name, []).append(Mention(place, node, scope, call, how))
    return Mentions({name: tuple(ones) for name, ones in found.items()}, tuple(asked), frozenset(dotted))


def renamings(tree: ast.Module) -> dict[str, tuple[str, ...]]:
    """Name -> the local names under which it is imported or assigned."""
    found: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for one in node.names:
                if one.asname:
                    found.setdefault(one.name, []).append(one.asname)
        elif isinstance(node, ast.Assign) and isinstance(node.value, (ast.Name, ast.Attribute)):
            name = node.value.attr if isinstance(node.value, ast.Attribute) else node.value.id
            found.setdefault(name, []).extend(one.id for one in node.targets if isinstance(one, ast.Name))
    return {name: tuple(ones) for name, ones in found.items()}


def _note(node: ast.AST, called: dict[int, ast.Call], taken: dict[int, str]) -> None:
    """Remember what a node says of the calls in it, before they are met."""
    if isinstance(node, ast.Call):
        called[id(node.func)] = node
    elif isinstance(node, ast.Assign) and any(isinstance(one, (ast.Tuple, ast.List)) for one in node.targets):
        taken[id(node.value)] = "unpacks"
    elif isinstance(node, ast.Subscript):
        taken[id(node.value)] = "indexes"
    elif isinstance(node, ast.Attribute):
        taken[id(node.value)] = f"asks for `.{node.attr}` of"
    elif isinstance(node, (ast.For, ast.comprehension)):
        taken[id(node.iter)] = "loops over"
    elif isinstance(node, ast.Starred):
        taken[id(node.value)] = "unpacks"
