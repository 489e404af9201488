"""Functions of the scanned code: which object a method is bound to, and what is read of each, once."""

from __future__ import annotations

import ast
from collections.abc import Callable

from migrator.understand.binding import bound, bound_arguments
from migrator.understand.events import Reading
from migrator.understand.statements import read
from migrator.understand.substitution import Binding
from migrator.understand.symbols import Class, Frame, Function, Instance
from migrator.understand.syntax import calls_in
from migrator.understand.values import Env, Map, Value

Node = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_MOST = 8  # values that a function returns


def canonical(function: Function) -> Function:
    """The function as its own class sees it: bound to an object of that class, or to the class."""
    definition = function.definition
    if definition is None or definition.owner is None or function.closure is not None:
        return function
    static, of_class = binding_kind(function)
    owner = Class(function.source, definition.owner)
    receiver: Value | None = None if static else owner if of_class else Instance(owner)
    return Function(function.source, definition, receiver=receiver)


def binding_kind(function: Function) -> tuple[bool, bool]:
    """Whether a method is static, and whether it is a class method."""
    definition = function.definition
    if definition is None or definition.owner is None:
        return True, False
    decorators = function.source.decorators(definition)
    of_class = any(one.endswith("classmethod") for one in decorators) or definition.name == "__new__"
    return any(one.endswith("staticmethod") for one in decorators), of_class


def bind(function: Function, receiver: Value) -> Function:
    """A method as `receiver.method` gives it."""
    static, of_class = binding_kind(function)
    if static:
        return function
    if of_class:
        owner = receiver.of if isinstance(receiver, Instance) else receiver
        return Function(function.source, function.definition, receiver=owner)
    if isinstance(receiver, Instance):
        return Function(function.source, function.definition, receiver=receiver)
    return function


def decorators_of(function: Function) -> tuple[str, ...]:
    """The decorators of a function as written, without the `@`."""
    if function.definition is None:
        return ()
    return function.source.decorators(function.definition)


def frame_of(function: Function, shift: int) -> Frame:
    """Where a function's own statements stand; shift: what to add to the line numbers of its tree."""
    definition = function.definition
    if definition is None:
        assert function.frame is not None
        outer = function.frame
        return Frame(outer.source, outer.shift, outer.qualname, function, outer.owner)
    return Frame(function.source, shift, definition.qualname, function, definition.owner)


def nested(frame: Frame, node: ast.FunctionDef | ast.AsyncFunctionDef, env: Env) -> tuple[Function, Frame] | None:
    """The Function of a `def` inside another function."""
    line = node.lineno + frame.shift
    definition = next(
        (one for one in frame.source.outline.definitions if one.line == line and one.name == node.name), None
    )
    if definition is None:
        return None
    function = Function(frame.source, definition, node, env, frame)
    return function, Frame(frame.source, frame.shift, definition.qualname, function, frame.owner)


class Functions:
    """What was read of functions, kept.

    known: how many wrappers are known by name; with more of them, more calls are told of, and functions are read anew.
    """

    def __init__(self) -> None:
        self.known = 0
        self._nodes: dict[object, tuple[Node, int] | None] = {}
        self._calls: dict[int, list[ast.Call]] = {}
        self._readings: dict[tuple[object, int], Reading | None] = {}
        self._returned: dict[object, list[Value]] = {}
        self._attributes: dict[object, dict[str, list[Value]]] = {}

    def node(self, function: Function) -> tuple[Node, int] | None:
        """A function's syntax tree and line shift; None when it cannot be parsed."""
        if function.node is not None and function.frame is not None:
            return function.node, function.frame.shift
        key = function.key
        if key not in self._nodes:
            self._nodes[key] = None
            if function.definition is not None:
                try:
                    statement, shift = function.source.parse(function.definition)
                except SyntaxError:
                    statement, shift = None, 0
                if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    self._nodes[key] = (statement, shift)
        return self._nodes[key]

    def reading(self, function: Function, wanted: Callable[[ast.Call], bool] | None) -> Reading | None:
        """What a function does; None when it cannot be parsed. wanted: which calls to tell of, None for none."""
        key = (function.key, self.known if wanted is not None else -1)
        if key in self._readings:
            return self._readings[key]
        if wanted is None:  # any reading tells what is returned and set
            for other in (self.known, 0):
                if (function.key, other) in self._readings:
                    return self._readings[function.key, other]
        reading = self._readings[key] = self.read(function, wanted)
        return reading

    def read(self, function: Function, wanted: Callable[[ast.Call], bool] | None) -> Reading | None:
        """The same, read anew and not kept."""
        found = self.node(function)
        if found is None:
            return None
        node, shift = found
        frame = frame_of(function, shift)
        env = bound(function, node, frame)
        body: list[ast.stmt]
        if isinstance(node, ast.Lambda):
            body = [ast.copy_location(ast.Return(value=node.body), node.body)]
        else:
            body = node.body
        calls: list[ast.Call] = []
        if wanted is not None:
            if id(node) not in self._calls:
                self._calls[id(node)] = calls_in(body)
            calls = [call for call in self._calls[id(node)] if wanted(call)]
        return read(body, env, frame, calls, nested)

    def returned(self, function: Function) -> list[Value]:
        """The values that a function returns, in terms of its parameters."""
        own = canonical(function)
        if own.key not in self._returned:
            reading = self.reading(own, None)
            self._returned[own.key] = reading.returns[:_MOST] if reading is not None else []
        return self._returned[own.key]

    def attributes(self, function: Function) -> dict[str, list[Value]]:
        """The values that a method gives attributes of its object, in terms of its parameters."""
        own = canonical(function)
        if own.key not in self._attributes:
            reading = self.reading(own, None)
            self._attributes[own.key] = reading.attributes if reading is not None else {}
        return self._attributes[own.key]

    def bound_arguments(self, function: Function, arguments: tuple[Value, ...], keywords: Map) -> Binding:
        """Which value each parameter of a function gets from a call; empty when its source cannot be parsed."""
        found = self.node(function)
        return bound_arguments(function, found[0], found[1], arguments, keywords) if found is not None else {}
