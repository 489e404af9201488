"""The parameters of a function, and what they stand for: as it starts, and in a call of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrator.understand.evaluate import evaluate
from migrator.understand.symbols import Frame, Function, Param
from migrator.understand.values import Env


def parameters(arguments: ast.arguments) -> Iterator[tuple[str, str, ast.expr | None]]:
    """Name, star and default of each parameter, in the order in which positional arguments fill them."""
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults))
    defaults += arguments.defaults
    for one, default in zip(plain, defaults, strict=True):
        yield one.arg, "", default
    if arguments.vararg:
        yield arguments.vararg.arg, "*", None
    for one, keyword_default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield one.arg, "only", keyword_default
    if arguments.kwarg:
        yield arguments.kwarg.arg, "**", None


def bound(function: Function, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, frame: Frame) -> Env:
    """The names of a function as it starts: its parameters, over the names of the function around it."""
    env = dict(function.closure or {})
    outer = Frame(frame.source, frame.shift, frame.qualname, None, None)
    for position, (name, star, default) in enumerate(parameters(node.args)):
        if position == 0 and function.receiver is not None:
            env[name] = function.receiver
            continue
        value = evaluate(default, function.closure or {}, outer) if default is not None else None
        env[name] = Param(function, name, "" if star == "only" else star, value)
    return env
