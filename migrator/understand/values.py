"""What an expression of the scanned code may stand for, as far as it can be told without running it.

A value is immutable once made. Values refer to parameters of the function they were read in, and to names that are
looked up only when somebody asks (`migrator.understand.lookup`); putting a caller's arguments in the place of
parameters is `substitute`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from migrator.understand.source import Definition, Source

Env = dict[str, "Value"]  # never changed once shared: an assignment makes a new one


_MOST_ITEMS = 2000
_LONGEST_TEXT = 1 << 23


class Beyond(Exception):
    """Code that grows without end when it is worked out, or is nested too deeply to be followed."""


class Frame:
    """Where code was read: file, what to add to line numbers, the function and the class around it."""

    __slots__ = ("function", "owner", "qualname", "shift", "source")

    def __init__(self, source: Source, shift: int, qualname: str, function: Function | None, owner: Definition | None):
        self.source = source
        self.shift = shift
        self.qualname = qualname
        self.function = function
        self.owner = owner

    def line(self, node: ast.expr | ast.stmt) -> int:
        return node.lineno + self.shift

    def code(self, node: ast.expr) -> str:
        """The node's own text, joined to one line."""
        source = self.source
        start = source.text_offset(node.lineno + self.shift, node.col_offset)
        end = source.text_offset((node.end_lineno or node.lineno) + self.shift, node.end_col_offset or 0)
        text = source.text[start:end]
        return " ".join(text.split()) if "\n" in text or "\r" in text else text


class Value:
    """The base of all; what is not known to be anything better is `Unknown`."""

    __slots__ = ()


class Const(Value):
    """None, a bool, a number or bytes."""

    __slots__ = ("value",)

    def __init__(self, value: object):
        self.value = value


class Text(Value):
    """A string in pieces: known text, and values for the stretches that are not known."""

    __slots__ = ("pieces",)

    def __init__(self, pieces: tuple[str | Value, ...]):
        if len(pieces) > _MOST_ITEMS or sum(len(one) for one in pieces if isinstance(one, str)) > _LONGEST_TEXT:
            raise Beyond("a text grows without end")
        self.pieces = pieces

    @property
    def known(self) -> str | None:
        """The whole text when all of it is known."""
        if len(self.pieces) == 1 and isinstance(self.pieces[0], str):
            return self.pieces[0]
        if not self.pieces:
            return ""
        return None


class Seq(Value):
    """A list or tuple: plain values, and the items Spread, Loop and Branch."""

    __slots__ = ("items",)

    def __init__(self, items: tuple[Value, ...]):
        if len(items) > _MOST_ITEMS:
            raise Beyond("a list grows without end")
        self.items = items


class Spread(Value):
    """In a Seq: the items of another sequence."""

    __slots__ = ("value",)

    def __init__(self, value: Value):
        self.value = value


class Loop(Value):
    """In a Seq: items added by each turn of a loop."""

    __slots__ = ("items", "iterable", "target")

    def __init__(self, items: tuple[Value, ...], target: str, iterable: str):
        self.items = items
        self.target = target
        self.iterable = iterable


class Branch(Value):
    """In a Seq: one of several runs of items, chosen by a test (None when several paths meet)."""

    __slots__ = ("condition", "options", "test")

    def __init__(self, options: tuple[tuple[Value, ...], ...], test: Value | None, condition: str):
        self.options = options
        self.test = test
        self.condition = condition


class Either(Value):
    """One of several values; with a test, the first when it holds and the second when it does not."""

    __slots__ = ("condition", "options", "test")

    def __init__(self, options: tuple[Value, ...], test: Value | None = None, condition: str = ""):
        self.options = options
        self.test = test
        self.condition = condition


class Map(Value):
    """A dict with string keys: known entries (ABSENT: surely not there) over mappings that are not known."""

    __slots__ = ("entries", "rest")

    def __init__(self, entries: Mapping[str, Value], rest: tuple[Value, ...] = ()):
        self.entries = entries
        self.rest = rest


class Entry(Value):
    """What a mapping that is not known has under a key; default when it has none."""

    __slots__ = ("default", "key", "mapping")

    def __init__(self, mapping: Value, key: str, default: Value):
        self.mapping = mapping
        self.key = key
        self.default = default


class Has(Value):
    """Whether a mapping that is not known has a key."""

    __slots__ = ("key", "mapping")

    def __init__(self, mapping: Value, key: str):
        self.mapping = mapping
        self.key = key


class Starts(Value):
    """Whether a sequence that is not known has a word as its first."""

    __slots__ = ("sequence", "word")

    def __init__(self, sequence: Value, word: str):
        self.sequence = sequence
        self.word = word


class Slice(Value):
    """A part of a sequence that is not known: without its first `lower` items and its last `upper`."""

    __slots__ = ("lower", "sequence", "upper")

    def __init__(self, sequence: Value, lower: int, upper: int = 0):
        self.sequence = sequence
        self.lower = lower
        self.upper = upper


class Logic(Value):
    """`not`, `and` or `or` over values."""

    __slots__ = ("operands", "operator")

    def __init__(self, operator: str, operands: tuple[Value, ...]):
        self.operator = operator
        self.operands = operands


class Param(Value):
    """A parameter of a function that is being read; star is "", "*" or "**"."""

    __slots__ = ("default", "function", "name", "star")

    def __init__(self, function: Function, name: str, star: str = "", default: Value | None = None):
        self.function = function
        self.name = name
        self.star = star
        self.default = default


class Unknown(Value):
    """An expression that is not followed."""

    __slots__ = ("env", "frame", "node")

    def __init__(self, node: ast.expr, env: Env, frame: Frame):
        self.node = node
        self.env = env
        self.frame = frame


class Named(Value):
    """The value of an expression, kept with the expression itself, so that people see the name and not its origin."""

    __slots__ = ("env", "frame", "node", "value")

    def __init__(self, node: ast.expr, env: Env, frame: Frame, value: Value):
        self.node = node
        self.env = env
        self.frame = frame
        self.value = value


class Global(Value):
    """A name of a module, looked up when asked."""

    __slots__ = ("name", "source")

    def __init__(self, source: Source, name: str):
        self.source = source
        self.name = name


class Attr(Value):
    """An attribute of a value, looked up when asked."""

    __slots__ = ("base", "name")

    def __init__(self, base: Value, name: str):
        self.base = base
        self.name = name


class Invoke(Value):
    """The result of a call, looked into when asked."""

    __slots__ = ("arguments", "env", "frame", "func", "keywords", "node")

    def __init__(
        self, func: Value, arguments: tuple[Value, ...], keywords: Map, node: ast.Call, env: Env, frame: Frame
    ):
        self.func = func
        self.arguments = arguments
        self.keywords = keywords
        self.node = node
        self.env = env
        self.frame = frame


class Function(Value):
    """A function or lambda of the scanned code.

    definition: its place in the outline, None for a lambda. closure: the names of the function around it. receiver:
    what `self` or `cls` is bound to.
    """

    __slots__ = ("closure", "definition", "frame", "node", "receiver", "source")

    def __init__(
        self,
        source: Source,
        definition: Definition | None,
        node: Any = None,
        closure: Env | None = None,
        frame: Frame | None = None,
        receiver: Value | None = None,
    ):
        self.source = source
        self.definition = definition
        self.node = node
        self.closure = closure
        self.frame = frame
        self.receiver = receiver

    @property
    def key(self) -> object:
        """One for each piece of code, whatever it is bound to."""
        return (self.source.path, self.definition.start) if self.definition is not None else id(self.node)

    @property
    def name(self) -> str:
        return self.definition.name if self.definition is not None else "<lambda>"

    @property
    def qualname(self) -> str:
        inside = self.definition.qualname if self.definition is not None else "<lambda>"
        return f"{self.source.module}.{inside}"


class Class(Value):
    """A class of the scanned code."""

    __slots__ = ("definition", "source")

    def __init__(self, source: Source, definition: Definition):
        self.source = source
        self.definition = definition


class Instance(Value):
    """An object of a class of the scanned code."""

    __slots__ = ("of",)

    def __init__(self, of: Class):
        self.of = of


class Super(Value):
    """`super()` in a method of a class."""

    __slots__ = ("of",)

    def __init__(self, of: Class):
        self.of = of


class Module(Value):
    """A module of the scanned project that has a file, or a package that may have none; name is dotted."""

    __slots__ = ("name",)

    def __init__(self, name: str):
        self.name = name


class Library(Value):
    """Something that is not in the scanned project, by its dotted name; called: it is the result of calling that."""

    __slots__ = ("called", "name")

    def __init__(self, name: str, called: bool = False):
        self.name = name
        self.called = called


class Partial(Value):
    """functools.partial: a callable with arguments put in beforehand."""

    __slots__ = ("arguments", "func", "keywords")

    def __init__(self, func: Value, arguments: tuple[Value, ...], keywords: Map):
        self.func = func
        self.arguments = arguments
        self.keywords = keywords


ABSENT = Const(Ellipsis)  # an entry that was taken out of a Map
TRUE, FALSE, NONE = Const(True), Const(False), Const(None)


def bare(value: Value) -> Value:
    """The value without the names it goes by."""
    while isinstance(value, Named):
        value = value.value
    return value


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
        truths = [truth(operand) for operand in value.operands]
        if value.operator == "not":
            return None if truths[0] is None else not truths[0]
        decisive = value.operator == "or"
        if decisive in truths:
            return decisive
        return None if None in truths else not decisive
    if isinstance(value, Either):
        truths = [truth(option) for option in value.options]
        return truths[0] if truths and all(one is truths[0] for one in truths) else None
    if isinstance(value, (Function, Class, Module, Library, Partial, Instance)):
        return True
    return None


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


def text(pieces: list[str | Value]) -> Text:
    """A Text whose neighbouring known pieces are joined."""
    joined: list[str | Value] = []
    for piece in pieces:
        if isinstance(piece, Value):
            inner = bare(piece)
            if isinstance(inner, Const) and isinstance(inner.value, (int, float)):
                piece = str(inner.value)
            elif isinstance(inner, Text) and inner.known is not None:
                piece = inner.known
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        elif piece != "":
            joined.append(piece)
    return Text(tuple(joined))
