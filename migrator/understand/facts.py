"""What can be told of values without looking anything up: truth, sameness, entries of mappings, parts of sequences."""

from __future__ import annotations

from migrator.understand.symbols import Attr, Class, Function, Instance, Library, Module, Named, Param, Partial, Unknown
from migrator.understand.values import (
    ABSENT,
    FALSE,
    TRUE,
    Branch,
    Callable,
    Const,
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


def bare(value: Value) -> Value:
    """The value without the names it goes by."""
    while isinstance(value, Named):
        value = value.value
    return value


def called(value: Value) -> Value:
    """Whether a value can be called.

    `flag and function` gives the function, or a flag that is false: it can be called when it is true.
    """
    inner = bare(value)
    if isinstance(inner, (Function, Class, Partial)):
        return TRUE
    if isinstance(inner, (Const, Text, Seq, Map)):
        return FALSE
    if isinstance(inner, Logic) and inner.operator == "and" and called(inner.operands[-1]) is TRUE:
        return inner
    return Callable(value)


def truth(value: Value | None) -> bool | None:
    """Whether a value counts as true; None when that is not known."""
    if value is None:
        return None
    value = bare(value)
    if isinstance(value, Const):
        return False if value is ABSENT else bool(value.value)
    if isinstance(value, Text):
        known = value.known
        if known is not None:
            return bool(known)
        return True if any(isinstance(piece, str) and piece for piece in value.pieces) else None
    if isinstance(value, Seq):
        if not value.items:
            return False
        return True if any(not isinstance(item, (Spread, Loop, Branch)) for item in value.items) else None
    if isinstance(value, Logic):
        if value.operator == "not":
            told = truth(value.operands[0])
            return None if told is None else not told
        if value.operator == "and" and _contradicts(value):
            return False
        decisive, open_ones = value.operator == "or", False
        for operand in value.operands:
            told = truth(operand)
            if told is decisive:
                return decisive
            open_ones = open_ones or told is None
        return None if open_ones else not decisive
    if isinstance(value, Either):
        truths = [truth(option) for option in value.options]
        return truths[0] if truths and all(one is truths[0] for one in truths) else None
    if isinstance(value, (Function, Class, Module, Library, Partial, Instance)):
        return True
    return None


def _contradicts(value: Logic) -> bool:
    """Whether a conjunction asks for something and for its contrary."""
    waiting, asked, denied = [value], [], []
    while waiting:
        for operand in map(bare, waiting.pop().operands):
            if isinstance(operand, Logic) and operand.operator == "and":
                waiting.append(operand)
            if isinstance(operand, Either) and operand.test is not None and truth(operand.options[-1]) is False:
                asked.append(bare(operand.test))  # it is true where its first option is taken
            if isinstance(operand, Logic) and operand.operator == "not":
                denied.append(bare(operand.operands[0]))
            else:
                asked.append(operand)
    return any(_alike(one, other) for one in asked for other in denied)


def _alike(a: Value, b: Value) -> bool:
    """Whether two values are the same thing, which may have been copied when it was handed on."""
    a, b = bare(a), bare(b)
    if a is b or same(a, b):
        return True
    if isinstance(a, Logic) and isinstance(b, Logic):
        pairs = zip(a.operands, b.operands, strict=False)
        return a.operator == b.operator and len(a.operands) == len(b.operands) and all(_alike(*pair) for pair in pairs)
    if isinstance(a, Attr) and isinstance(b, Attr):
        return a.name == b.name and _alike(a.base, b.base)
    if isinstance(a, Instance) and isinstance(b, Instance):
        return _alike(a.of, b.of)
    return isinstance(a, Param) and isinstance(b, Param) and (a.function.key, a.name) == (b.function.key, b.name)


def entry(mapping: Value, key: str, default: Value) -> Value:
    """What a mapping has under a key."""
    mapping = bare(mapping)
    if isinstance(mapping, Map):
        if key in mapping.entries:
            found = mapping.entries[key]
            return default if found is ABSENT else found
        for rest in reversed(mapping.rest):
            default = entry(rest, key, default)
        return default
    if isinstance(mapping, Either):
        return either(tuple(entry(option, key, default) for option in mapping.options), mapping.test, mapping.condition)
    if isinstance(mapping, Const) and mapping.value is None:
        return default
    return Entry(mapping, key, default)


def as_map(value: Value) -> Map | None:
    """A mapping, which may be the `**` parameter of a function, as a Map; None for anything else."""
    value = bare(value)
    if isinstance(value, Map):
        return value
    return Map({}, (value,)) if isinstance(value, Param) and value.star == "**" else None


def has(mapping: Value, key: str) -> Value:
    """Whether a mapping has a key."""
    mapping = bare(mapping)
    if isinstance(mapping, Map):
        if key in mapping.entries:
            found = bare(mapping.entries[key])
            if found is ABSENT:
                return FALSE
            if isinstance(found, Either) and any(bare(option) is ABSENT for option in found.options):
                return Has(mapping, key)
            return TRUE
        if not mapping.rest:
            return FALSE
        if len(mapping.rest) == 1:
            return has(mapping.rest[0], key)
    return Has(mapping, key)


def plain(item: Value) -> bool:
    """Whether an item of a Seq is exactly one element."""
    return not isinstance(item, (Spread, Loop, Branch))


def flattened(sequence: Value) -> tuple[Value, ...] | None:
    """The items of a known sequence, with known sequences spread in it; None for one that is not known."""
    inner = bare(sequence)
    if not isinstance(inner, Seq):
        return None
    items: list[Value] = []
    for one in inner.items:
        spread = flattened(one.value) if isinstance(one, Spread) else None
        items.extend(spread if spread is not None else (one,))
    return tuple(items)


def starts(sequence: Value, word: str) -> Value:
    """Whether a sequence has a word as its first."""
    items = flattened(sequence)
    if items is None or (items and not plain(items[0])):
        return Starts(sequence, word)
    first = bare(items[0]) if items else None
    if first is None or not isinstance(first, (Text, Unknown, Const)):
        return FALSE if first is None else Starts(sequence, word)
    if isinstance(first, Text) and first.known is not None:
        return TRUE if first.known == word else FALSE
    return FALSE  # a word made at run time is not taken for the literal


def sliced(sequence: Value, lower: int, upper: int = 0) -> Value:
    """A sequence without its first `lower` items and its last `upper`."""
    items = flattened(sequence)
    if items is None:
        return Slice(sequence, lower, upper)
    head, tail = items[:lower], items[len(items) - upper :] if upper else ()
    if len(head) < lower or len(tail) < upper or not all(plain(one) for one in (*head, *tail)):
        return Slice(Seq(items), lower, upper)
    return Seq(items[lower : len(items) - upper])


def either(options: tuple[Value, ...], test: Value | None = None, condition: str = "") -> Value:
    """One of several values; the one that it must be when the test is decided or all are the same."""
    if len(options) == 2 and test is not None:
        decided = truth(test)
        if decided is not None:
            return options[0] if decided else options[1]
    first = options[0]
    if all(same(first, option) for option in options[1:]):
        return first
    return Either(options, test, condition)


def same(a: Value, b: Value) -> bool:
    """True when two values are surely equal."""
    if a is b:
        return True
    a, b = bare(a), bare(b)
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, Const) and isinstance(b, Const):
        return type(a.value) is type(b.value) and a.value == b.value
    if isinstance(a, Text) and isinstance(b, Text):
        return a.known is not None and a.known == b.known
    if isinstance(a, Seq) and isinstance(b, Seq):
        return len(a.items) == len(b.items) and all(same(x, y) for x, y in zip(a.items, b.items, strict=True))
    if isinstance(a, Library) and isinstance(b, Library):
        return a.name == b.name and a.called == b.called
    if isinstance(a, Module) and isinstance(b, Module):
        return a.name == b.name
    if isinstance(a, Function) and isinstance(b, Function):
        return a.key == b.key
    if isinstance(a, Class) and isinstance(b, Class):
        return a.source is b.source and a.definition is b.definition
    return False
