"""The privileged functions of a tree, and the places in a file that use one."""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from migrator.rewrite.adapters import adapted
from migrator.rewrite.target import files_below, module_name

_DECORATORS = ("entrypoint", "entrypoint_with_timeout")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, eq=False)
class Entrypoint:
    """A privileged function: its dotted name, the file and folder it stands in (absolute), and its tree.

    behind: for an adapter, which takes the argv of an executor and is not privileged itself, the function it calls.
    """

    name: str
    path: str
    root: str
    node: ast.FunctionDef | ast.AsyncFunctionDef
    behind: Entrypoint | None = None


@dataclass(frozen=True, eq=False)
class Usage:
    """A place that calls a privileged function, or hands it to what calls it.

    call: the call whose arguments it gets. handed: the argument that is the function, None when it is called itself.
    named: it is the root flag of the call that names the function. inner: the call is as it was, and a wrapper on its
    way uses the function, in this call.
    """

    function: Entrypoint
    call: ast.Call
    handed: ast.expr | None
    named: bool = False
    inner: ast.Call | None = None

    @property
    def tried(self) -> bool:
        """Whether a helper gives a failure back as text: trycmd() of the command module."""
        return self.handed is not None and not self.named and getattr(self.call.func, "attr", "") == "trycmd"


def parse(data: bytes) -> ast.Module | None:
    """A file's tree, None when this Python does not read it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(data)
        except (SyntaxError, ValueError):
            return None


def entrypoints(roots: list[str]) -> dict[str, Entrypoint]:
    """The privileged functions below folders of top-level packages, by dotted name."""
    found = {}
    for top in roots:
        for path in files_below(top):
            with open(path, "rb") as file:
                data = file.read()
            placed = module_name(path) if b"entrypoint" in data else None
            tree = parse(data) if placed is not None else None
            if placed is None or tree is None:
                continue
            for node in tree.body:
                if isinstance(node, _DEFINITIONS) and any(map(_privileged, node.decorator_list)):
                    name = f"{placed[1]}.{node.name}"
                    found[name] = Entrypoint(name, os.path.abspath(path), placed[0], node)
            for node in tree.body:
                behind = found.get(f"{placed[1]}.{adapted(node)}")
                if behind is not None and isinstance(node, _DEFINITIONS):
                    name = f"{placed[1]}.{node.name}"
                    found[name] = Entrypoint(name, behind.path, behind.root, node, behind)
    return found


def _privileged(decorator: ast.expr) -> bool:
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(node, ast.Attribute) and node.attr in _DECORATORS


def aliases(tree: ast.AST, module: str, *, package: bool) -> dict[str, str]:
    """Name -> dotted name, for every import in a tree; module: of the file, package: the file is an __init__."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                found[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom):
            base = _above(module, node.level, package=package)
            start = ".".join(part for part in (base, node.module) if part)
            for alias in node.names:
                found[alias.asname or alias.name] = f"{start}.{alias.name}"
    return found


def _above(module: str, level: int, *, package: bool) -> str:
    if not level:
        return ""
    parts = module.split(".")
    return ".".join(parts[: len(parts) - level + package])


def dotted(node: ast.AST, imported: Mapping[str, str]) -> str:
    """The dotted name that a chain of attributes stands for, "" for any other expression."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    return ".".join([imported.get(node.id, node.id), *parts]) if isinstance(node, ast.Name) else ""


def usages(tree: ast.AST, imported: Mapping[str, str], known: Mapping[str, Entrypoint]) -> Iterator[Usage]:
    """The places of a tree that use a privileged function, in the order of the text."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        name = dotted(call.func, imported)
        if name in known:
            yield Usage(known[name], call, None)
        for argument in call.args:
            name = dotted(argument, imported)
            if name in known:
                yield Usage(known[name], call, argument)
        for word in call.keywords:
            name = dotted(flag_of(word.value), imported) if word.arg else ""
            if name in known and known[name].behind is not None:
                yield Usage(known[name], _splatting(tree, call), word.value, named=True)


def flag_of(node: ast.expr) -> ast.expr:
    """What a root flag names: itself, or the last of `flag and function`."""
    return node.values[-1] if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And) else node


def _splatting(tree: ast.AST, call: ast.Call) -> ast.Call:
    """The call that a mapping goes to which is made by `name = dict(...)`; any other call is that itself."""
    if not (isinstance(call.func, ast.Name) and call.func.id == "dict"):
        return call
    for function in ast.walk(tree):
        if not isinstance(function, _DEFINITIONS):
            continue
        inside = list(ast.walk(function))
        names = {ast.unparse(node.targets[0]) for node in inside if isinstance(node, ast.Assign) and node.value is call}
        for node in inside:
            if isinstance(node, ast.Call) and any(
                word.arg is None and ast.unparse(word.value) in names for word in node.keywords
            ):
                return node
    return call
