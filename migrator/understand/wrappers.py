"""What a wrapper does beyond handing a command on: what a rewrite that goes around it would lose."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from migrator.understand.functions import decorators_of
from migrator.understand.symbols import Function

if TYPE_CHECKING:
    from migrator.understand.calls import Calls

_PLAIN_DECORATORS = ("staticmethod", "classmethod", "abstractmethod", "functools.wraps")


def additions(calls: Calls, via: Sequence[Function]) -> tuple[str, ...]:
    """One sentence for each thing that the wrappers on the way add; empty when they only forward."""
    found: list[str] = []
    for function in via:
        known = calls.added.get(function.key)
        if known is None:
            known = calls.added[function.key] = _added(calls, function)
        found.extend(known)
    return tuple(found)


def _added(calls: Calls, function: Function) -> tuple[str, ...]:
    name = function.qualname
    found = calls.resolver.functions.node(function)
    if found is None:
        return (f"{name}: cannot be read",)
    node = found[0]
    if isinstance(node, ast.Lambda):
        return ()
    sentences = [
        f"{name}: decorated with @{decorator}"
        for decorator in decorators_of(function)
        if not decorator.startswith(_PLAIN_DECORATORS) and ".entrypoint" not in decorator
    ]
    for statement in ast.walk(node):
        what = _WHAT.get(type(statement))
        if what is not None and not (isinstance(statement, ast.If) and _about_root(statement.test)):
            sentences.append(f"{name}: {what}")
    return tuple(dict.fromkeys(sentences))


_WHAT: dict[type, str] = {
    ast.Try: "handles exceptions",
    ast.For: "runs it in a loop",
    ast.AsyncFor: "runs it in a loop",
    ast.While: "runs it in a loop",
    ast.With: "runs it inside a with block",
    ast.AsyncWith: "runs it inside a with block",
    ast.If: "runs it on a condition",
}


def _about_root(test: ast.expr) -> bool:
    """Whether a condition only decides how to become root."""
    for node in ast.walk(test):
        text = node.id if isinstance(node, ast.Name) else getattr(node, "attr", getattr(node, "value", ""))
        if isinstance(text, str) and "root" in text:
            return True
    return False
