"""What a wrapper does beyond handing a command on: what a rewrite that goes around it would lose."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from migrator.understand.values import Function

if TYPE_CHECKING:
    from migrator.understand.calls import Calls

_PLAIN_DECORATORS = ("staticmethod", "classmethod", "abstractmethod", "functools.wraps")


def additions(calls: Calls, via: Sequence[Function]) -> tuple[str, ...]:
    """One sentence for each thing that the wrappers on the way add; empty when they only forward."""
    found: list[str] = []
    for function in via:
        found.extend(f"{function.qualname}: {what}" for what in _added(calls, function))
    return tuple(found)


def _added(calls: Calls, function: Function) -> list[str]:
    found = calls.resolver.node(function)
    if found is None:
        return ["cannot be read"]
    node = found[0]
    if isinstance(node, ast.Lambda):
        return []
    sentences = [
        f"decorated with @{decorator}"
        for decorator in calls.resolver.decorators(function)
        if not decorator.startswith(_PLAIN_DECORATORS) and ".entrypoint" not in decorator
    ]
    for statement in ast.walk(node):
        if isinstance(statement, (ast.Try,)):
            sentences.append("handles exceptions")
        elif isinstance(statement, (ast.For, ast.While, ast.AsyncFor)):
            sentences.append("runs it in a loop")
        elif isinstance(statement, (ast.With, ast.AsyncWith)):
            sentences.append("runs it inside a with block")
        elif isinstance(statement, ast.If) and not _about_root(statement.test):
            sentences.append("runs it on a condition")
    return list(dict.fromkeys(sentences))


def _about_root(test: ast.expr) -> bool:
    """Whether a condition only decides how to become root."""
    text = ast.dump(test)
    return "root" in text
