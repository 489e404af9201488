"""What an expression of the scanned code may stand for, as far as it can be told without running it.

A value is immutable once made. Values refer to parameters of the function they were read in, and to names that are
looked up only when somebody asks (`migrator.understand.symbols`, `migrator.understand.resolve`).
"""

from __future__ import annotations

from collections.abc import Mapping

Env = dict[str, "Value"]  # what each name stands for; never changed once shared: an assignment makes a new one

_MOST_ITEMS = 2000
_LONGEST_TEXT = 1 << 23


class Beyond(Exception):
    """Code that grows without end when it is worked out, or is nested too deeply to be followed."""


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


class Callable(Value):
    """Whether a value can be called: what a wrapper asks of a root flag that may name a privileged function."""

    __slots__ = ("value",)

    def __init__(self, value: Value):
        self.value = value


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


ABSENT = Const(Ellipsis)  # an entry that was taken out of a Map
TRUE, FALSE, NONE = Const(True), Const(False), Const(None)
