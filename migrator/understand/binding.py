"""The parameters of a function, and what they stand for: as it starts, and in a call of it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from migrator.understand.evaluate import evaluate, item, keyword_map
from migrator.understand.facts import bare, entry
from migrator.understand.substitution import Binding
from migrator.understand.symbols import Attr, Frame, Function, Global, Named, Param, Unknown
from migrator.understand.values import ABSENT, Env, Map, Seq, Spread, Value

_Node = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


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


def bound(function: Function, node: _Node, frame: Frame) -> Env:
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


def bound_arguments(
    function: Function, node: _Node, shift: int, arguments: tuple[Value, ...], keywords: Map
) -> Binding:
    """Which value each parameter gets from a call; shift: what to add to the line numbers of the function's tree."""
    outer = Frame(function.source, shift, "<module>", None, None)
    key = function.key
    binding: Binding = {}
    given = list(arguments)
    entries = dict(keywords.entries)
    below = Map({}, keywords.rest)
    names = list(parameters(node.args))
    if function.receiver is not None and names:
        names = names[1:]
    for name, star, default in names:
        if star == "*":
            binding[key, name] = Seq(tuple(given))
            given = []
        elif star == "**":
            binding[key, name] = Map(entries, keywords.rest)
        elif star == "" and given and not isinstance(given[0], Spread):
            binding[key, name] = given.pop(0)
        elif name in entries:
            binding[key, name] = entries.pop(name)
        elif star == "" and given and isinstance(given[0], Spread):
            binding[key, name] = _first_of(given[0])
        else:
            fallback = evaluate(default, function.closure or {}, outer) if default is not None else None
            if keywords.rest:
                binding[key, name] = entry(below, name, fallback or ABSENT)
            elif fallback is not None:
                binding[key, name] = fallback
    return binding


def _first_of(spread: Spread) -> Value:
    """A positional parameter that is filled from `*args`."""
    inner = bare(spread.value)
    return Named(inner.node, inner.env, inner.frame, inner) if isinstance(inner, Unknown) else inner


def given_arguments(
    node: ast.Call, env: Env, frame: Frame, concrete: Callable[[Value], list[Value]]
) -> tuple[tuple[Value, ...], Map]:
    """The arguments of a call; a mapping splatted into it is looked up where it is a constant of a module or class."""
    arguments = tuple(item(argument, env, frame) for argument in node.args)
    keywords = keyword_map(node.keywords, env, frame)
    if any(isinstance(bare(rest), (Global, Attr)) for rest in keywords.rest):
        keywords = Map(keywords.entries, tuple(_mapping(rest, concrete) for rest in keywords.rest))
    return arguments, keywords


def _mapping(value: Value, concrete: Callable[[Value], list[Value]]) -> Value:
    """A mapping that is splatted into a call, as a Map where that is known."""
    found = concrete(value) if isinstance(bare(value), (Global, Attr)) else []
    return found[0] if len(found) == 1 and isinstance(found[0], Map) else value
