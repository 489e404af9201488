"""A caller's arguments put in the place of a function's parameters."""

from __future__ import annotations

from migrator.understand.facts import bare, either, entry, has, sliced, starts
from migrator.understand.symbols import Attr, Invoke, Named, Param, Partial
from migrator.understand.texts import text
from migrator.understand.values import (
    Branch,
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
    if isinstance(value, Param):
        return binding.get((value.function.key, value.name), value)
    if isinstance(value, Named):
        inner = substitute(value.value, binding)
        return value if inner is value.value else inner
    if isinstance(value, Spread):
        return Spread(substitute(value.value, binding))
    if isinstance(value, Seq):
        return Seq(_substitute_all(value.items, binding))
    if isinstance(value, Text):
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
    if isinstance(value, Entry):
        return entry(substitute(value.mapping, binding), value.key, substitute(value.default, binding))
    if isinstance(value, Has):
        return has(substitute(value.mapping, binding), value.key)
    if isinstance(value, Starts):
        return starts(substitute(value.sequence, binding), value.word)
    if isinstance(value, Slice):
        return sliced(substitute(value.sequence, binding), value.lower, value.upper)
    if isinstance(value, Logic):
        return Logic(value.operator, _substitute_all(value.operands, binding))
    if isinstance(value, Either):
        options = _substitute_all(value.options, binding)
        return either(options, substitute(value.test, binding) if value.test is not None else None, value.condition)
    if isinstance(value, Map):
        entries = {key: substitute(one, binding) for key, one in value.entries.items()}
        return Map(entries, _substitute_all(value.rest, binding))
    if isinstance(value, Branch):
        test = substitute(value.test, binding) if value.test is not None else None
        return Branch(tuple(_substitute_all(option, binding) for option in value.options), test, value.condition)
    if isinstance(value, Loop):
        return Loop(_substitute_all(value.items, binding), value.target, value.iterable)
    if isinstance(value, Attr):
        return Attr(substitute(value.base, binding), value.name)
    if isinstance(value, Partial):
        keywords = substitute(value.keywords, binding)
        assert isinstance(keywords, Map)
        return Partial(substitute(value.func, binding), _substitute_all(value.arguments, binding), keywords)
    if isinstance(value, Invoke):
        keywords = substitute(value.keywords, binding)
        assert isinstance(keywords, Map)
        return Invoke(
            substitute(value.func, binding),
            _substitute_all(value.arguments, binding),
            keywords,
            value.node,
            value.env,
            value.frame,
        )
    return value


def _substitute_all(values: tuple[Value, ...], binding: Binding) -> tuple[Value, ...]:
    return tuple(substitute(value, binding) for value in values)
