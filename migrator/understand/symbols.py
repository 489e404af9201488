"""Values that stand for something in the code: parameters, names, calls, functions, classes, modules."""

from __future__ import annotations

import ast
from typing import Any

from migrator.understand.outline import Definition
from migrator.understand.source import Source
from migrator.understand.values import Env, Map, Value


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
        """The line of the file on which a node starts."""
        return node.lineno + self.shift

    def code(self, node: ast.expr) -> str:
        """The node's own text, joined to one line."""
        source = self.source
        start = source.text_offset(node.lineno + self.shift, node.col_offset)
        end = source.text_offset((node.end_lineno or node.lineno) + self.shift, node.end_col_offset or 0)
        text = source.text[start:end]
        return " ".join(text.split()) if "\n" in text or "\r" in text else text


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
