"""Which functions a test may come to, by the names that are called on the way."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable


def names(starts: Iterable[str], modules: Iterable[bytes]) -> frozenset[str]:
    """These names and all that the functions of these names call, in modules given by their text, at any distance.

    Functions are told apart by their own names alone, so that more are found than are called, and none too few in these
    modules. A module that does not parse is taken to call nothing.
    """
    known: dict[str, set[str]] = {}
    for data in modules:
        for name, called in _called(data):
            known.setdefault(name, set()).update(called)
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += known.get(name, ())
    return frozenset(found)


@functools.lru_cache(maxsize=64)  # many tests are about the same few modules
def _called(data: bytes) -> tuple[tuple[str, frozenset[str]], ...]:
    """Each function of a module by its own name, with the names that stand in it: what is handed on may be called."""
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError):
        return ()
    return tuple(
        (node.name, frozenset(_names(node)))
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    )


def _names(function: ast.AST) -> Iterable[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Name):
            yield node.id
