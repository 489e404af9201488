"""Find out whether an import of a privileged module would close a circle."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator

from migrator.rewrite import source
from migrator.rewrite.target import Target


def closes(target: Target, area: str, dotted: str) -> bool:
    """True when the area's module, as it stands, already comes to import the module `dotted` at its top level.

    Modules written by the rewrite import only the standard library, oslo and the package itself, so only existing
    ones are followed.
    """
    seen: set[str] = set()
    waiting = [target.module(area), target.package]
    while waiting:
        module = waiting.pop()
        if module in seen or not (module + ".").startswith(target.top + "."):
            continue
        seen.add(module)
        path = _file(target.root, module)
        if path:
            waiting.extend(name for name in _imported(path, module, target.root) if name not in seen)
    return dotted in seen


def _file(root: str, module: str) -> str:
    base = os.path.join(root, *module.split("."))
    for path in (base + ".py", os.path.join(base, "__init__.py")):
        if os.path.isfile(path):
            return path
    return ""


def _imported(path: str, module: str, root: str) -> Iterator[str]:
    """Modules of the project that a module imports when it is imported: not inside functions."""
    try:
        with open(path, "rb") as file:
            tree = source.read(path, file.read()).tree
    except (OSError, SyntaxError, ValueError, LookupError):
        return
    package = module if os.path.basename(path) == "__init__.py" else module.rpartition(".")[0]
    stack: list[ast.AST] = list(tree.body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _with_parents(alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                start = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*start, *([node.module] if node.module else [])])
            yield from _with_parents(base)
            yield from (f"{base}.{alias.name}" for alias in node.names if _file(root, f"{base}.{alias.name}"))
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            stack.extend(ast.iter_child_nodes(node))


def _with_parents(module: str) -> Iterator[str]:
    parts = module.split(".")
    for count in range(1, len(parts) + 1):
        yield ".".join(parts[:count])
