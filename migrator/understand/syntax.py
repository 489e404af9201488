"""What can be told from a syntax tree alone."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cache

_NO_CALLS = frozenset(
    {
        *("ctx", "op", "ops", "id", "attr", "arg", "name", "kind", "type_comment", "conversion", "is_async", "simple"),
        *("annotation", "returns", "type_params", "rest", "names"),
    }
)


def terminal(func: ast.expr) -> str:
    """The last name of a callee: `execute` of `self.driver.execute(...)`; "" when it has none."""
    if isinstance(func, ast.Attribute):
        return func.attr
    return func.id if isinstance(func, ast.Name) else ""


def calls_in(body: Sequence[ast.stmt]) -> list[ast.Call]:
    """All calls in statements, in no particular order."""
    found: list[ast.Call] = []
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        kind: type = node.__class__
        if isinstance(node, ast.Call):
            found.append(node)
        for name in _children(kind):
            child = getattr(node, name, None)
            if child.__class__ is list:
                waiting.extend(child)
            elif child is not None:
                waiting.append(child)
    return found


@cache
def _children(kind: type) -> tuple[str, ...]:
    """The fields of a node that may hold a call somewhere below them; none for what is no node."""
    if not issubclass(kind, ast.AST) or kind in (ast.Name, ast.Constant, ast.Import, ast.ImportFrom):
        return ()
    return tuple(name for name in kind._fields if name not in _NO_CALLS)


def abstract(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> bool:
    """Whether a function only stands for those that its subclasses put in its place."""
    if isinstance(node, ast.Lambda):
        return False
    for statement in node.body:
        empty = isinstance(statement, ast.Pass) or (
            isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        )
        raises = isinstance(statement, ast.Raise) and "NotImplemented" in ast.dump(statement)
        if not empty and not raises:
            return False
    return True
