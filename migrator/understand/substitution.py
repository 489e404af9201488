"""A caller's arguments put in the place of a function's parameters."""

from __future__ import annotations

from collections.abc import Callable as Function

from migrator.understand.facts import bare, called, either, entry, has, sliced, starts
from migrator.understand.symbols import Attr, Invoke, Named, Param, Partial
from migrator.understand.texts import text
from migrator.understand.values import (
    Branch,
    Callable,
    Either,
    Entry,
    Has,
    Logic,
    Loop,
    Map,
    Seq,
    Slice,
    Spread,
    Starts,
    Text,
    Value,
)

Binding = dict[tuple[object, str], Value]  # (function key, parameter name) -> the caller's value


def substitute(value: Value, binding: Binding) -> Value:
    """The value with the parameters of a called function replaced by what its caller gives."""
    made = _BY_TYPE.get(type(value))
    return value if made is None else made(value, binding)


def _all(values: tuple[Value, ...], binding: Binding) -> tuple[Value, ...]:
    return tuple([substitute(value, binding) for value in values])


def _param(value: Param, binding: Binding) -> Value:
    return binding.get((value.function.key, value.name), value)


def _named(value: Named, binding: Binding) -> Value:
    inner = substitute(value.value, binding)
    return value if inner is value.value else inner


def _spread(value: Spread, binding: Binding) -> Value:
    return Spread(substitute(value.value, binding))


def _seq(value: Seq, binding: Binding) -> Value:
    return Seq(_all(value.items, binding))


def _text(value: Text, binding: Binding) -> Value:
    pieces: list[str | Value] = []
    for piece in value.pieces:
        if isinstance(piece, Value):
            piece = substitute(piece, binding)
            inner = bare(piece)
            if isinstance(inner, Text):
                pieces.extend(inner.pieces)
                continue
        pieces.append(piece)
    return text(pieces)


def _entry(value: Entry, binding: Binding) -> Value:
    return entry(substitute(value.mapping, binding), value.key, substitute(value.default, binding))


def _has(value: Has, binding: Binding) -> Value:
    return has(substitute(value.mapping, binding), value.key)


def _callable(value: Callable, binding: Binding) -> Value:
    return called(substitute(value.value, binding))


def _starts(value: Starts, binding: Binding) -> Value:
    return starts(substitute(value.sequence, binding), value.word)


def _slice(value: Slice, binding: Binding) -> Value:
    return sliced(substitute(value.sequence, binding), value.lower, value.upper)


def _logic(value: Logic, binding: Binding) -> Value:
    return Logic(value.operator, _all(value.operands, binding))


def _test(test: Value | None, binding: Binding) -> Value | None:
    return substitute(test, binding) if test is not None else None


def _either(value: Either, binding: Binding) -> Value:
    return either(_all(value.options, binding), _test(value.test, binding), value.condition)


def substitute_map(value: Map, binding: Binding) -> Map:
    """The same for a mapping."""
    entries = {key: substitute(one, binding) for key, one in value.entries.items()}
    return Map(entries, _all(value.rest, binding))


def _branch(value: Branch, binding: Binding) -> Value:
    options = tuple(_all(option, binding) for option in value.options)
    return Branch(options, _test(value.test, binding), value.condition)


def _loop(value: Loop, binding: Binding) -> Value:
    return Loop(_all(value.items, binding), value.target, value.iterable)


def _attr(value: Attr, binding: Binding) -> Value:
    return Attr(substitute(value.base, binding), value.name)


def _partial(value: Partial, binding: Binding) -> Value:
    return Partial(
        substitute(value.func, binding), _all(value.arguments, binding), substitute_map(value.keywords, binding)
    )


def _invoke(value: Invoke, binding: Binding) -> Value:
    func, keywords = substitute(value.func, binding), substitute_map(value.keywords, binding)
    return Invoke(func, _all(value.arguments, binding), keywords, value.node, value.env, value.frame)


_BY_TYPE: dict[type, Function[..., Value]] = {
    Param: _param,
    Named: _named,
    Spread: _spread,
    Seq: _seq,
    Text: _text,
    Entry: _entry,
    Has: _has,
    Callable: _callable,
    Starts: _starts,
    Slice: _slice,
    Logic: _logic,
    Either: _either,
    Map: substitute_map,
    Branch: _branch,
    Loop: _loop,
    Attr: _attr,
    Partial: _partial,
    Invoke: _invoke,
}
