"""Sample values for the names at a site: the same ones for the old call and for the new one."""

from __future__ import annotations

import ast
import os.path
import re
import signal
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

# How a word is disguised in a set of samples; {} is the word that is derived from the code.
FLAVOURS: Mapping[str, str] = {
    "plain": "{}",
    "spaces": "a {} 'q' \"$d\" *;",
    "dash": "-{}",
    "newline": "{}\nb\n",
    "bytes": "{}\udcff\udc80",
    "not ascii": "{}\u00fc",
    "empty": "",
    "number": "{}",
    "object": "{}",
}
_TEXT_METHODS = frozenset(name for name in dir(str) if not name.startswith("_")) - {"count", "index", "format", "title"}
_PURE_PATH = ("join", "basename", "dirname", "normpath", "split", "splitext", "commonprefix", "isabs")
_BUILTINS: Mapping[str, Any] = {
    one.__name__: one
    for one in (str, int, float, bool, bytes, len, repr, hex, oct, abs, min, max, sum, list, tuple, dict, set)
} | {one.__name__: one for one in (sorted, reversed, enumerate, zip, range, map, filter, any, all, frozenset, ord, chr)}
# What may really be called: it looks at nothing but its arguments.
PURE: Mapping[str, Any] = {
    **{f"os.path.{name}": getattr(os.path, name) for name in _PURE_PATH},
    **{f"{module}.text_type": str for module in ("six", "six.text_type")},
    "os.sep": "/",
    "unicode": str,
    **{f"signal.{each.name}": int(each) for each in signal.Signals},
}
_MODULES = frozenset(name.rpartition(".")[0] for name in PURE) | {"os"}
_CONSTANT = re.compile(r"(oslo_concurrency\.processutils|logging)\.[A-Z][A-Z_]+")


@dataclass(frozen=True)
class Constant:
    """A constant of a library that only the target's interpreter can tell: "logging:INFO"."""

    name: str


@dataclass
class World:
    """One set of samples, and what a first reading notes about the names.

    flavour: key of FLAVOURS. kinds: key -> "text", "number" or "holder", from how the old code uses the value.
    truths: keys that are false in this set. constants: keys whose value is known. noting: this is the first
    reading, in which every value is a Sample that writes down its use. tested: the keys whose truth was asked for.
    given: the keys that a word was given for.
    """

    flavour: str = "plain"
    kinds: dict[str, str] = field(default_factory=dict)
    truths: Mapping[str, bool] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    noting: bool = False
    tested: list[str] = field(default_factory=list)
    given: list[str] = field(default_factory=list)
    stores: dict[str, Any] = field(default_factory=dict)

    def value(self, key: str) -> Any:
        """The sample of a piece of code: a str, an int, or an object."""
        for known in (self.stores, self.constants, PURE):
            if key in known:
                return known[key]
        if _CONSTANT.fullmatch(key):
            return Constant(":".join(key.rsplit(".", 1)))
        if self.noting or key in _MODULES:
            return Sample(self, key)
        kind = self.kinds.get(key) or {"number": "number", "object": "holder"}.get(self.flavour, "text")
        if not self.truths.get(key, True) and kind != "holder":
            return {"text": "", "number": 0}[kind] if key in self.kinds else None
        if kind == "holder":
            return Sample(self, key)
        return number(key) if kind == "number" else self.text(key)

    def text(self, key: str) -> str:
        """The word of a piece of code in this set, another one for each piece."""
        self.given.append(key)
        return FLAVOURS[self.flavour].replace("{}", word(key))

    def note(self, key: str, kind: str) -> None:
        if self.noting:
            self.kinds.setdefault(key, kind)

    def truth(self, key: str) -> bool:
        if key not in self.tested:
            self.tested.append(key)
        return self.truths.get(key, True)


def word(key: str) -> str:
    """A word that tells which code it stands for."""
    slug = re.sub(r"[^A-Za-z0-9]+", "-", key).strip("-")[-24:].strip("-")
    return f"{slug}-{zlib.crc32(key.encode()) % 0x10000:04x}"


def number(key: str) -> int:
    return zlib.crc32(key.encode()) % 5000 + 2


class Sample:
    """A value that nothing is known of: what is taken out of it, or done with it, is a sample again."""

    def __init__(self, world: World, key: str):
        self.__dict__["_world"] = world
        self.__dict__["_key"] = key

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        if f"{self._key}.{name}" in PURE or self._plain(name):
            return self._world.value(f"{self._key}.{name}")
        return _Method(self, name)

    def _plain(self, name: str) -> bool:
        if name in _TEXT_METHODS and self._world.noting:
            return False
        self._world.note(self._key, "holder")
        return True

    def __setattr__(self, name: str, value: Any) -> None:
        self._world.stores[f"{self._key}.{name}"] = value

    def __setitem__(self, name: Any, value: Any) -> None:
        self._world.stores[f"{self._key}[{_inside(name)}]"] = value

    def __getitem__(self, name: Any) -> Any:
        if not isinstance(name, slice):
            self._world.note(self._key, "holder")
        return self._world.value(f"{self._key}[{_inside(name)}]")

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        self._world.note(self._key, "holder")
        given = [_inside(one) for one in args] + [f"{name}={_inside(one)}" for name, one in keywords.items()]
        return self._world.value(f"{self._key}({', '.join(given)})")

    def __iter__(self) -> Iterator[Any]:
        self._world.note(self._key, "holder")
        return iter([self._world.value(f"{self._key}[{number}]") for number in range(2)])

    def __contains__(self, item: object) -> bool:
        return bool(self._world.truth(f"{_inside(item)} in {self._key}"))

    def __len__(self) -> int:
        return 2

    def __bool__(self) -> bool:
        return bool(self._world.truth(self._key))

    def __str__(self) -> str:
        return str(self._world.text(self._key))

    def __repr__(self) -> str:
        return str(self)

    def __format__(self, form: str) -> str:
        if form and form[-1] in "bcdoxXneEfFgG%":
            return format(int(self), form)
        return format(str(self), form)

    def __fspath__(self) -> str:
        self._world.note(self._key, "text")
        return str(self)

    def __int__(self) -> int:
        self._world.note(self._key, "number")
        return number(self._key)

    __index__ = __trunc__ = __int__

    def __float__(self) -> float:
        return float(int(self))

    def __hash__(self) -> int:
        return hash(self._key)

    def __enter__(self) -> Any:
        return self._world.value(f"{self._key}.__enter__()")

    def __exit__(self, *_: object) -> None:
        return None


class _Method:
    """A text's method on a value not known yet: called, it says that the value is a text."""

    def __init__(self, of: Sample, name: str):
        self.of, self.name = of, name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._value(), name)

    def _value(self) -> Any:
        self.of._world.note(self.of._key, "holder")
        return self.of._world.value(f"{self.of._key}.{self.name}")

    def __str__(self) -> str:
        return str(self._value())

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        self.of._world.note(self.of._key, "text")
        return getattr(str(self.of), self.name)(*args, **keywords)


def joined(separator: Any, items: Any) -> Any:
    """`separator.join(items)`: what is joined is text, so the first reading notes it."""
    if isinstance(separator, str):
        items = list(items)
        for each in items:
            if isinstance(each, Sample) and each._world.noting:
                each._world.note(each._key, "text")
        items = [str(each) if isinstance(each, Sample) and each._world.noting else each for each in items]
    return separator.join(items)


def _inside(value: Any) -> str:
    if isinstance(value, Sample):
        return str(value._key)
    if isinstance(value, slice):
        return ":".join("" if one is None else _inside(one) for one in (value.start, value.stop))
    return repr(value)


def _binary(sign: str, swapped: bool) -> Callable[[Sample, Any], Any]:
    def combine(self: Sample, other: Any) -> Any:
        texts = (sign == "+" and isinstance(other, str)) or (sign == "%" and not isinstance(other, (int, float)))
        numbers = sign not in ("+", "%") or isinstance(other, (int, float))
        if isinstance(other, Sample) and sign == "+":
            return self._world.value(f"({self._key} + {other._key})")
        if texts:
            self._world.note(self._key, "text")
            return str(other) + str(self) if swapped else (str(self) + other if sign == "+" else str(self) % other)
        if numbers and isinstance(other, (int, float, Sample)):
            left, right = (other, int(self)) if swapped else (int(self), other)
            return _ARITHMETIC[sign](int(left) if isinstance(left, Sample) else left, right)
        return NotImplemented

    return combine


def _quotient(left: Any, right: Any) -> Any:
    return left / (int(right) or 1)


_ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": lambda left, right: left + int(right),
    "-": lambda left, right: left - int(right),
    "*": lambda left, right: left * int(right),
    "/": _quotient,
    "//": lambda left, right: left // (int(right) or 1),
    "%": lambda left, right: left % (int(right) or 1),
    "&": lambda left, right: left & int(right),
    "|": lambda left, right: left | int(right),
}
_METHODS = {"+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod", "&": "and", "|": "or"}
for _sign, _name in _METHODS.items():
    setattr(Sample, f"__{_name}__", _binary(_sign, False))
    setattr(Sample, f"__r{_name}__", _binary(_sign, True))


def _compared(sign: str) -> Callable[[Sample, object], Any]:
    def compare(self: Sample, other: object) -> Any:
        return self._world.truth(f"{self._key} {sign} {_inside(other)}")

    return compare


for _sign, _name in {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}.items():
    setattr(Sample, f"__{_name}__", _compared(_sign))


def _made(found: Any) -> bool:
    """Whether a value is a sample, and none of the constants of a library."""
    return isinstance(found, Sample) or not (isinstance(found, Constant) or callable(found))


class Names(dict[str, Any]):
    """The names of a function: what its statements bound, else a sample.

    aliases: name -> dotted name imported. results: calls that are not looked into -> the name of what they return.
    """

    def __init__(self, world: World, aliases: Mapping[str, str], results: Mapping[ast.Call, str]):
        super().__init__(__builtins__={})
        self.world, self.aliases, self.results = world, aliases, results

    def __missing__(self, name: str) -> Any:
        if name in self.aliases:
            found = self.world.value(self.aliases[name])
            known = {*self.world.constants, *self.world.stores, *self.world.kinds}
            # A module, or what was imported of one: it has attributes, even where the old code used none of them.
            return Sample(self.world, self.aliases[name]) if _made(found) and self.aliases[name] not in known else found
        if name in self.world.constants:
            return self.world.constants[name]
        return _BUILTINS[name] if name in _BUILTINS else self.world.value(name)
