"""Calls as they are reached: with what each name stands for, on which conditions, and what is caught around them."""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Sequence

from migrator.model import Result
from migrator.understand.binding import bound
from migrator.understand.symbols import Frame, Function, Unknown
from migrator.understand.values import Env, Value


class Event:
    """A call as it is reached: conditions are (test, holds) pairs of the path, handlers what is caught around it."""

    __slots__ = ("conditions", "env", "frame", "handlers", "node", "result")

    def __init__(
        self,
        node: ast.Call,
        env: Env,
        frame: Frame,
        conditions: tuple[tuple[Value, bool], ...],
        handlers: tuple[str, ...],
        result: Result,
    ):
        self.node = node
        self.env = env
        self.frame = frame
        self.conditions = conditions
        self.handlers = handlers
        self.result = result


class Record:
    """The events of one function; tells only of the calls that are asked for.

    conditions, handlers: what holds at the statement being read. silent: above 0 nothing is told.
    """

    __slots__ = ("_calls", "_frame", "_lines", "conditions", "events", "handlers", "silent")

    def __init__(self, frame: Frame, calls: Sequence[ast.Call]):
        self._frame = frame
        self._calls = {id(node) for node in calls}
        self._lines = sorted(node.lineno for node in calls)
        self.events: list[Event] = []
        self.conditions: tuple[tuple[Value, bool], ...] = ()
        self.handlers: tuple[str, ...] = ()
        self.silent = 0

    def inside(self, frame: Frame) -> Record:
        """The record for a function inside this one: of the same calls, to the same list, with a path of its own."""
        inner = Record(frame, ())
        inner._calls, inner._lines, inner.events = self._calls, self._lines, self.events
        return inner

    def wants(self, call: ast.Call) -> bool:
        """Whether a call is one of those asked for."""
        return id(call) in self._calls

    def holds_call(self, node: ast.AST) -> bool:
        """Whether a call that is asked for may stand inside a node."""
        first = getattr(node, "lineno", None)
        if first is None:
            return True
        index = bisect_left(self._lines, first)
        return index < len(self._lines) and self._lines[index] <= (getattr(node, "end_lineno", None) or first)

    def tell(self, node: ast.AST | None, env: Env, result: Result, frame: Frame | None = None) -> None:
        """Tell of the wanted calls inside a node; result: how the node's own value is used."""
        if node is None or self.silent or not self._calls or not self.holds_call(node):
            return
        frame = frame or self._frame
        if isinstance(node, ast.Call):
            if id(node) in self._calls:
                self.events.append(Event(node, env, frame, self.conditions, self.handlers, result))
            self.tell(node.func, env, "other", frame)
            for argument in node.args:
                self.tell(argument, env, "other", frame)
            for keyword in node.keywords:
                self.tell(keyword.value, env, "other", frame)
            return
        if isinstance(node, ast.Lambda):
            function = Function(frame.source, None, node, env, frame)
            inner = Frame(frame.source, frame.shift, frame.qualname, function, frame.owner)
            self.tell(node.body, bound(function, node, inner), "returned", inner)
            return
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            inside = dict(env)
            for generator in node.generators:
                self.tell(generator.iter, inside, "other", frame)
                for name in ast.walk(generator.target):
                    if isinstance(name, ast.Name):
                        inside[name.id] = Unknown(name, env, frame)
            for child in ast.iter_child_nodes(node):
                if not isinstance(child, ast.comprehension):
                    self.tell(child, inside, "other", frame)
            for generator in node.generators:
                for test in generator.ifs:
                    self.tell(test, inside, "other", frame)
            return
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and node.slice.value == 0:
            self.tell(node.value, env, "stdout", frame)
            return
        if isinstance(node, (ast.Await, ast.Starred)):
            self.tell(node.value, env, result, frame)
            return
        if isinstance(node, (ast.BoolOp, ast.IfExp)) and result in ("unpacked", "returned", "ignored"):
            for child in ast.iter_child_nodes(node):
                self.tell(child, env, result, frame)
            return
        for child in ast.iter_child_nodes(node):
            self.tell(child, env, "other", frame)


class Reading:
    """What a function does: its wanted calls, the attributes of self that it sets, what it returns."""

    __slots__ = ("attributes", "events", "returns")

    def __init__(self, events: list[Event], attributes: dict[str, list[Value]], returns: list[Value]):
        self.events = events
        self.attributes = attributes
        self.returns = returns
