"""The statements of one function, read in order: which calls it makes, with what each name stands for just then."""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from migrator.model import Result
from migrator.understand.evaluate import evaluate, item
from migrator.understand.executors import BECOME_ROOT
from migrator.understand.values import (
    ABSENT,
    FALSE,
    NONE,
    Attr,
    Branch,
    Class,
    Const,
    Either,
    Entry,
    Env,
    Frame,
    Function,
    Has,
    Instance,
    Library,
    Loop,
    Map,
    Module,
    Param,
    Seq,
    Slice,
    Spread,
    Text,
    Unknown,
    Value,
    bare,
    either,
    entry,
    plain,
    same,
    sliced,
    truth,
)

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_NO_CALLS = frozenset(
    {
        *("ctx", "op", "ops", "id", "attr", "arg", "name", "kind", "type_comment", "conversion", "is_async", "simple"),
        *("annotation", "returns", "type_params", "rest", "names"),
    }
)
_READING_ONLY = {"len", "print", "join", "isinstance", "repr", "str", "sorted", "any", "all"}
_LOGGERS = {"LOG", "log", "logger", "logging", "self.log", "self.logger"}


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


class Reading:
    """What a function does: its wanted calls, the attributes of self that it sets, what it returns."""

    __slots__ = ("attributes", "events", "returns")

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.attributes: dict[str, list[Value]] = {}
        self.returns: list[Value] = []


def terminal(func: ast.expr) -> str:
    """The last name of a callee: `execute` of `self.driver.execute(...)`; "" when it has none."""
    if isinstance(func, ast.Attribute):
        return func.attr
    return func.id if isinstance(func, ast.Name) else ""


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


def bound(function: Function, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, frame: Frame) -> Env:
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


def calls_in(body: Sequence[ast.stmt]) -> list[ast.Call]:
    """All calls in statements, in no particular order."""
    found: list[ast.Call] = []
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        kind: type = node.__class__
        if isinstance(node, ast.Call):
            found.append(node)
        for name in _children(kind):
            child = getattr(node, name, None)
            if child.__class__ is list:
                waiting.extend(child)
            elif child is not None:
                waiting.append(child)
    return found


@cache
def _children(kind: type) -> tuple[str, ...]:
    """The fields of a node that may hold a call somewhere below them; none for what is no node."""
    if not issubclass(kind, ast.AST) or kind in (ast.Name, ast.Constant, ast.Import, ast.ImportFrom):
        return ()
    return tuple(name for name in kind._fields if name not in _NO_CALLS)


def read(
    body: Sequence[ast.stmt],
    env: Env,
    frame: Frame,
    calls: Sequence[ast.Call],
    nested: Callable[[Frame, ast.FunctionDef | ast.AsyncFunctionDef, Env], tuple[Function, Frame] | None],
) -> Reading:
    """Read a function's statements. calls: those to tell of. nested: makes the Function of an inner `def`."""
    reader = _Reader(frame, calls, nested)
    reader.block(body, env)
    return reader.reading


class _Reader:
    """The walk itself; `here` is what holds at the statement being read."""

    def __init__(
        self,
        frame: Frame,
        calls: Sequence[ast.Call],
        nested: Callable[[Frame, ast.FunctionDef | ast.AsyncFunctionDef, Env], tuple[Function, Frame] | None],
    ):
        self.frame = frame
        self.calls = {id(node) for node in calls}
        self.lines = sorted(node.lineno for node in calls)
        self.nested = nested
        self.reading = Reading()
        self.conditions: tuple[tuple[Value, bool], ...] = ()
        self.handlers: tuple[str, ...] = ()
        self.silent = 0  # the first of two passes over a loop body tells nothing
        self.exits: list[list[Env]] = []  # for each open loop: the names at its break and continue statements

    # --- blocks ------------------------------------------------------------------------------------

    def block(self, body: Sequence[ast.stmt], env: Env | None) -> Env | None:
        """Read statements; None when the end is not reached."""
        conditions = self.conditions
        for statement in body:
            if env is None:
                break
            env = self.statement(statement, env)
        self.conditions = conditions
        return env

    def statement(self, node: ast.stmt, env: Env) -> Env | None:
        reader = _STATEMENTS.get(type(node))
        if reader is not None:
            return reader(self, node, env)
        self.tell(node, env, "other")
        return env

    # --- calls -------------------------------------------------------------------------------------

    def holds_call(self, node: ast.AST) -> bool:
        first = getattr(node, "lineno", None)
        if first is None:
            return True
        index = bisect_left(self.lines, first)
        return index < len(self.lines) and self.lines[index] <= (getattr(node, "end_lineno", None) or first)

    def tell(self, node: ast.AST | None, env: Env, result: Result, frame: Frame | None = None) -> None:
        """Tell of the wanted calls inside a node; result: how the node's own value is used."""
        if node is None or self.silent or not self.calls or not self.holds_call(node):
            return
        frame = frame or self.frame
        if isinstance(node, ast.Call):
            if id(node) in self.calls:
                self.reading.events.append(Event(node, env, frame, self.conditions, self.handlers, result))
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

    # --- simple statements -------------------------------------------------------------------------

    def _expression(self, node: ast.Expr, env: Env) -> Env | None:
        self.tell(node.value, env, "ignored")
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        return self.effect(call, env) if isinstance(call, ast.Call) else env

    def effect(self, call: ast.Call, env: Env) -> Env:
        """What a call does to lists and dicts that names stand for."""
        func = call.func
        if isinstance(func, ast.Attribute):
            name = _place(func.value)
            if name is not None and name in env:
                changed = self._mutate(_grown(env[name], func.attr), func.attr, call, env)
                if changed is not None:
                    return {**env, name: changed}
            if _place(func.value) in _LOGGERS:
                return env
        if terminal(func) in _READING_ONLY or id(call) in self.calls:
            return env
        for argument in call.args:  # a list handed to a function that may add to it
            if isinstance(argument, ast.Name):
                held = bare(env.get(argument.id, NONE))
                if isinstance(held, Seq) and not isinstance(argument.ctx, ast.Store):
                    more = Spread(Unknown(call, env, self.frame))
                    env = {**env, argument.id: Seq((*held.items, more))}
        return env

    def _mutate(self, value: Value, method: str, call: ast.Call, env: Env) -> Value | None:
        arguments = [item(argument, env, self.frame) for argument in call.args]
        if isinstance(value, Seq):
            if method == "append" and len(arguments) == 1:
                return Seq((*value.items, arguments[0]))
            if method == "extend" and len(arguments) == 1:
                return Seq((*value.items, *_items(arguments[0])))
            if method == "insert" and len(arguments) == 2:
                index = bare(arguments[0])
                if isinstance(index, Const) and isinstance(index.value, int):
                    number = index.value
                    plain = all(not isinstance(one, (Spread, Loop, Branch)) for one in value.items[: max(number, 0)])
                    if number >= 0 and (number == 0 or (plain and number <= len(value.items))):
                        return Seq((*value.items[:number], arguments[1], *value.items[number:]))
            if method == "remove" and value.items:
                word, first = bare(arguments[0]) if arguments else None, bare(value.items[0])
                if isinstance(word, Text) and isinstance(first, Text) and word.known == first.known is not None:
                    return Seq(value.items[1:])
            if method in ("insert", "remove", "pop", "clear", "sort", "reverse"):
                if method == "clear":
                    return Seq(())
                return Seq((Spread(Unknown(call, env, self.frame)),))
            return None
        if method == "remove" and len(call.args) == 1 and isinstance(call.args[0], ast.Constant):
            return Slice(value, 1) if call.args[0].value in BECOME_ROOT else None
        if isinstance(value, Map) or (isinstance(value, Param) and value.star == "**"):
            held = value if isinstance(value, Map) else Map({}, (value,))
            key = bare(arguments[0]) if arguments else None
            known = key.known if isinstance(key, Text) else None
            if method == "pop" and known is not None:
                return Map({**held.entries, known: ABSENT}, held.rest)
            if method == "setdefault" and known is not None:
                default = arguments[1] if len(arguments) > 1 else NONE
                return Map({**held.entries, known: entry(held, known, default)}, held.rest)
            if method == "update":
                return _updated(held, arguments, call, env, self.frame)
            if method == "clear":
                return Map({})
        return None

    def _assign(self, node: ast.Assign, env: Env) -> Env | None:
        target = node.targets[0]
        self.tell(node.value, env, "unpacked" if isinstance(target, (ast.Tuple, ast.List)) else "other")
        value = evaluate(node.value, env, self.frame)
        env = self._effects_within(node.value, env)
        for target in node.targets:
            env = self._bind(target, value, node.value, env)
        return env

    def _effects_within(self, node: ast.expr, env: Env) -> Env:
        """`x = kwargs.pop('y', None)` takes y out of kwargs."""
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("pop", "setdefault")
        ):
            return self.effect(node, env)
        return env

    def _annotated(self, node: ast.AnnAssign, env: Env) -> Env | None:
        if node.value is None:
            return env
        self.tell(node.value, env, "other")
        value = evaluate(node.value, env, self.frame)
        return self._bind(node.target, value, node.value, self._effects_within(node.value, env))

    def _bind(self, target: ast.expr, value: Value, source: ast.expr, env: Env) -> Env:
        if isinstance(target, ast.Name):
            return {**env, target.id: value}
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            owner = bare(env.get(target.value.id, NONE))
            if isinstance(owner, (Instance, Class)) and not self.silent:
                self.reading.attributes.setdefault(target.attr, []).append(value)
            return {**env, f"{target.value.id}.{target.attr}": value}
        if isinstance(target, (ast.Tuple, ast.List)):
            held = bare(value)
            known = isinstance(held, Seq) and len(held.items) == len(target.elts)
            for index, element in enumerate(target.elts):
                if isinstance(held, Seq) and known and plain(held.items[index]):
                    env = self._bind(element, held.items[index], source, env)
                else:
                    inner = element.value if isinstance(element, ast.Starred) else element
                    env = self._bind(inner, Unknown(source, env, self.frame), source, env)
            return env
        if isinstance(target, ast.Subscript):
            name = _place(target.value)
            if name is None or name not in env:
                return env
            return {**env, name: self._set_item(bare(env[name]), target, value, env)}
        return env

    def _set_item(self, held: Value, target: ast.Subscript, value: Value, env: Env) -> Value:
        key = bare(evaluate(target.slice, env, self.frame))
        if isinstance(held, Map) or (isinstance(held, Param) and held.star == "**"):
            known = held if isinstance(held, Map) else Map({}, (held,))
            if isinstance(key, Text) and key.known is not None:
                return Map({**known.entries, key.known: value}, known.rest)
            return Map(known.entries, (*known.rest, Unknown(target, env, self.frame)))
        if isinstance(held, Seq):
            if isinstance(key, Const) and isinstance(key.value, int):
                index = key.value
                before = held.items[: index + 1] if index >= 0 else held.items
                if index == -1 and held.items and not plain(held.items[-1]):
                    return Seq((Spread(sliced(held, 0, 1)), value))
                if all(map(plain, before)) and -len(held.items) <= index < len(held.items):
                    items = list(held.items)
                    items[index] = value
                    return Seq(tuple(items))
            return Seq((Spread(Unknown(target, env, self.frame)),))
        return held

    def _augmented(self, node: ast.AugAssign, env: Env) -> Env | None:
        self.tell(node.value, env, "other")
        name = _place(node.target)
        if name is None:
            return env
        held = env.get(name)
        if held is None:
            return env
        if isinstance(node.op, ast.Add):
            right = item(node.value, env, self.frame)
            inner = bare(held)
            if isinstance(inner, Seq):
                return {**env, name: Seq((*inner.items, *_items(right)))}
            if isinstance(inner, Text):
                tail = bare(right)
                pieces = tail.pieces if isinstance(tail, Text) else (right,)
                return {**env, name: Text((*inner.pieces, *pieces))}
            if isinstance(bare(right), Seq):
                return {**env, name: Seq((Spread(held), *_items(right)))}
        operand = ast.BinOp(left=_as_load(node.target), op=node.op, right=node.value)
        return {**env, name: Unknown(ast.copy_location(operand, node), env, self.frame)}

    def _return(self, node: ast.Return, env: Env) -> Env | None:
        self.tell(node.value, env, "returned")
        if not self.silent:
            self.reading.returns.append(evaluate(node.value, env, self.frame) if node.value is not None else NONE)
        return None

    def _raise(self, node: ast.Raise, env: Env) -> Env | None:
        self.tell(node, env, "other")
        return None

    def _jump(self, node: ast.stmt, env: Env) -> Env | None:
        if self.exits:
            self.exits[-1].append(env)
        return None

    def _delete(self, node: ast.Delete, env: Env) -> Env | None:
        for target in node.targets:
            if isinstance(target, ast.Subscript):
                name = _place(target.value)
                held = bare(env[name]) if name is not None and name in env else None
                key = bare(evaluate(target.slice, env, self.frame))
                if name and isinstance(key, Text) and key.known is not None:
                    if isinstance(held, Map):
                        env = {**env, name: Map({**held.entries, key.known: ABSENT}, held.rest)}
                    elif isinstance(held, Param) and held.star == "**":
                        env = {**env, name: Map({key.known: ABSENT}, (held,))}
        return env

    # --- compound statements -----------------------------------------------------------------------

    def _if(self, node: ast.If, env: Env) -> Env | None:
        self.tell(node.test, env, "other")
        test = evaluate(node.test, env, self.frame)
        env = self._effects_within(node.test, env)
        known = truth(test)
        before = self.conditions
        after: Env | None = None
        if known is not False:
            self.conditions = (*before, (test, True))
            after = self.block(node.body, assume(node.test, True, env, self.frame))
        otherwise: Env | None = None
        if known is not True:
            self.conditions = (*before, (test, False))
            otherwise = self.block(node.orelse, assume(node.test, False, env, self.frame))
        self.conditions = before
        if after is None and otherwise is not None:
            self.conditions = (*before, (test, False))  # holds for the rest of this block
        elif otherwise is None and after is not None and known is None:
            self.conditions = (*before, (test, True))
        if known is True:
            return after
        if known is False:
            return otherwise
        return join([after, otherwise], test, self.frame.code(node.test))

    def _for(self, node: ast.For | ast.AsyncFor, env: Env) -> Env | None:
        self.tell(node.iter, env, "other")
        iterable = bare(evaluate(node.iter, env, self.frame))
        turns: Value | None = None
        if isinstance(iterable, Seq) and 0 < len(iterable.items) <= 8 and all(map(plain, iterable.items)):
            turns = either(iterable.items)

        def start(names: Env) -> Env:
            if turns is not None:
                return self._bind_turn(node.target, turns, node.iter, names)
            for name in ast.walk(node.target):
                if isinstance(name, ast.Name):
                    names = {**names, name.id: Unknown(name, names, self.frame)}
            return names

        return self._loop(node, start, env, self.frame.code(node.target), self.frame.code(node.iter))

    def _bind_turn(self, target: ast.expr, turns: Value, source: ast.expr, env: Env) -> Env:
        inner = bare(turns)
        if isinstance(target, (ast.Tuple, ast.List)) and isinstance(inner, Either):
            rows = [bare(option) for option in inner.options]
            width = len(target.elts)
            if all(isinstance(row, Seq) and len(row.items) == width for row in rows):
                for index, element in enumerate(target.elts):
                    column = tuple(row.items[index] for row in rows if isinstance(row, Seq))
                    env = self._bind(element, either(column), source, env)
                return env
        return self._bind(target, turns, source, env)

    def _while(self, node: ast.While, env: Env) -> Env | None:
        self.tell(node.test, env, "other")
        return self._loop(node, lambda names: names, env, "", self.frame.code(node.test))

    def _loop(
        self,
        node: ast.For | ast.AsyncFor | ast.While,
        start: Callable[[Env], Env],
        env: Env,
        target: str,
        iterable: str,
    ) -> Env | None:
        # First pass: what may one turn change? Second: read the body as a turn that may not be the first.
        self.exits.append([])
        self.silent += 1
        once = self.block(node.body, start(env))
        self.silent -= 1
        first_exits = self.exits.pop()
        entering = repeated(env, join([once, *first_exits], None, ""), target, iterable)
        self.exits.append([])
        after = self.block(node.body, start(entering))
        exits = self.exits.pop()
        left = repeated(env, join([after, *exits], None, ""), target, iterable)
        if node.orelse:
            return self.block(node.orelse, left)
        return left

    def _try(self, node: ast.Try, env: Env) -> Env | None:
        handlers = self.handlers
        names = tuple(name for handler in node.handlers for name in _caught(handler, self.frame))
        self.handlers = names + handlers
        after = self.block(node.body, env)
        self.handlers = handlers
        # An exception may have come from anywhere in the body.
        broken = join([env, after], None, "") or env
        ends: list[Env | None] = [self.block(node.orelse, after) if node.orelse and after is not None else after]
        for handler in node.handlers:
            inside = broken
            if handler.name and handler.type is not None:
                inside = {**broken, handler.name: Unknown(handler.type, broken, self.frame)}
            ends.append(self.block(handler.body, inside))
        joined = join(ends, None, "")
        if node.finalbody:
            finally_env = joined if joined is not None else broken
            done = self.block(node.finalbody, finally_env)
            return done if joined is not None else None
        return joined

    def _with(self, node: ast.With | ast.AsyncWith, env: Env) -> Env | None:
        for one in node.items:
            self.tell(one.context_expr, env, "other")
            if one.optional_vars is not None:
                value = evaluate(one.context_expr, env, self.frame)
                env = self._bind(one.optional_vars, value, one.context_expr, env)
        return self.block(node.body, env)

    def _match(self, node: ast.Match, env: Env) -> Env | None:
        self.tell(node.subject, env, "other")
        return join([*(self.block(case.body, env) for case in node.cases), env], None, "")

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef, env: Env) -> Env | None:
        made = self.nested(self.frame, node, env)
        if made is None:
            return env
        function, frame = made
        inner = {**env, node.name: function}
        function.closure = inner
        if self.silent:
            return inner
        if self.holds_call(node):
            reader = _Reader(frame, [], self.nested)
            reader.calls, reader.lines = self.calls, self.lines
            for default in (*node.args.defaults, *node.args.kw_defaults):
                self.tell(default, env, "other")
            reader.block(node.body, bound(function, node, frame))
            self.reading.events.extend(reader.reading.events)
        return inner

    def _class(self, node: ast.ClassDef, env: Env) -> Env | None:
        for statement in node.body:
            if isinstance(statement, _FUNCTIONS):
                self._define(statement, env)
        return env

    def _import(self, node: ast.Import | ast.ImportFrom, env: Env) -> Env | None:
        for alias in node.names:
            if isinstance(node, ast.Import):
                name = alias.asname or alias.name.split(".")[0]
                env = {**env, name: Module(alias.name if alias.asname else name)}
            elif not node.level and node.module:
                env = {**env, alias.asname or alias.name: Attr(Module(node.module), alias.name)}
        return env


def _place(node: ast.expr) -> str | None:
    """A name, or an attribute of a name: what may hold a list that is changed in place."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return None


def _grown(value: Value, method: str) -> Value:
    """A value that words are added to, as a sequence: a parameter, or a copy of one, that is used as a list."""
    inner = bare(value)
    if method in ("append", "extend") and not isinstance(inner, (Seq, Map, Text, Instance, Class, Module, Library)):
        if isinstance(inner, Either) and any(isinstance(bare(option), (Map, Instance)) for option in inner.options):
            return inner
        return Seq((Spread(value),))
    return inner


def _as_load(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Name):
        return ast.copy_location(ast.Name(id=node.id, ctx=ast.Load()), node)
    return node


def _items(value: Value) -> tuple[Value, ...]:
    """What `extend` adds: the items of a known sequence, or all of one that is not."""
    inner = bare(value)
    return inner.items if isinstance(inner, Seq) else (Spread(value),)


def _updated(held: Map, arguments: list[Value], call: ast.Call, env: Env, frame: Frame) -> Map:
    """`mapping.update(other, key=value)`."""
    entries, rest = dict(held.entries), held.rest
    for argument in arguments:
        other = bare(argument)
        if isinstance(other, Map) and not other.rest:
            entries.update(other.entries)
        else:
            # The other mapping may bring any key: what was known of ours lies below it.
            rest = (*rest, Map(entries), argument)
            entries = {}
    for keyword in call.keywords:
        if keyword.arg is not None:
            entries[keyword.arg] = item(keyword.value, env, frame)
    return Map(entries, rest)


def _caught(handler: ast.ExceptHandler, frame: Frame) -> list[str]:
    if handler.type is None:
        return ["BaseException"]
    if isinstance(handler.type, ast.Tuple):
        return [frame.code(element) for element in handler.type.elts]
    return [frame.code(handler.type)]


def assume(test: ast.expr, holds: bool, env: Env, frame: Frame) -> Env:
    """The names where a test is known to hold, or not: a flag that was tested is false in the else branch."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return assume(test.operand, not holds, env, frame)
    if isinstance(test, ast.BoolOp):
        if isinstance(test.op, ast.And) is holds:  # every operand is decided
            for operand in test.values:
                env = assume(operand, holds, env, frame)
            return env
        if isinstance(test.op, ast.And):
            # Not all of them hold. Where each that fails says the same of one flag, that much is known.
            keys = {_flag(operand) for operand in test.values}
            if len(keys) == 1 and None not in keys:
                for operand in test.values:
                    env = assume(operand, False, env, frame)
        return env
    flag = _flag(test)
    if flag is None or holds:
        return env
    name, key = flag
    held = bare(env.get(name, NONE))
    if key is None:
        if isinstance(held, (Param, Entry, Has)) and getattr(held, "star", "") == "":
            return {**env, name: FALSE}
        return env
    if isinstance(held, Map):
        return {**env, name: Map({**held.entries, key: FALSE}, held.rest)}
    if isinstance(held, Param) and held.star == "**":
        return {**env, name: Map({key: FALSE}, (held,))}
    return env


def _flag(test: ast.expr) -> tuple[str, str | None] | None:
    """What a test looks at: a name, or a key of a mapping."""
    if isinstance(test, ast.Name):
        return test.id, None
    if (
        isinstance(test, ast.Compare)
        and len(test.ops) == 1
        and isinstance(test.ops[0], ast.In)
        and isinstance(test.left, ast.Constant)
        and isinstance(test.left.value, str)
        and isinstance(test.comparators[0], ast.Name)
    ):
        return test.comparators[0].id, test.left.value
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (ast.Is, ast.Eq)):
        other = test.comparators[0]
        if isinstance(other, ast.Constant) and other.value is True:
            return _flag(test.left)
    if isinstance(test, ast.Subscript) and isinstance(test.value, ast.Name) and isinstance(test.slice, ast.Constant):
        return (test.value.id, test.slice.value) if isinstance(test.slice.value, str) else None
    if not (isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute) and test.func.attr in ("get", "pop")):
        return None
    if isinstance(test.func.value, ast.Name) and test.args and isinstance(test.args[0], ast.Constant):
        key = test.args[0].value
        return (test.func.value.id, key) if isinstance(key, str) else None
    return None


def join(envs: Sequence[Env | None], test: Value | None, condition: str) -> Env | None:
    """The names where several paths meet; with a test, the first path is where it holds and the second where not."""
    met = [env for env in envs if env is not None]
    if len(met) < 2:
        return met[0] if met else None
    if len(met) != len(envs):
        test, condition = None, ""
    first = met[0]
    if all(env is first for env in met):
        return first
    joined: Env = {}
    for name in {name: None for env in met for name in env}:
        values = [env[name] for env in met if name in env]
        if all(value is values[0] for value in values):
            joined[name] = values[0]
        elif len(values) == len(met):
            joined[name] = _meet(values, test, condition)
        else:
            joined[name] = either(tuple(values))
    return joined


def _meet(values: list[Value], test: Value | None, condition: str) -> Value:
    inner = [bare(value) for value in values]
    if any(isinstance(value, Seq) for value in inner):
        inner = [Seq((Spread(one),)) if isinstance(one, (Param, Unknown)) else one for one in inner]
    if all(isinstance(value, Seq) for value in inner):
        return _meet_sequences([value for value in inner if isinstance(value, Seq)], test, condition)
    if all(isinstance(value, Map) or (isinstance(value, Param) and value.star == "**") for value in inner):
        maps = [value if isinstance(value, Map) else Map({}, (value,)) for value in inner]
        return _meet_maps(maps, test, condition)
    return either(tuple(values), test if len(values) == 2 else None, condition)


def _meet_sequences(values: list[Seq], test: Value | None, condition: str) -> Value:
    """Sequences that share their beginning and end: what differs is a branch."""
    runs = [value.items for value in values]
    head = 0
    while all(head < len(run) for run in runs) and all(same(run[head], runs[0][head]) for run in runs[1:]):
        head += 1
    tail = 0
    while all(tail < len(run) - head for run in runs) and all(
        same(run[-1 - tail], runs[0][-1 - tail]) for run in runs[1:]
    ):
        tail += 1
    options = tuple(run[head : len(run) - tail] for run in runs)
    if not any(options):
        return values[0]
    ending = runs[0][len(runs[0]) - tail :] if tail else ()
    unique: list[tuple[Value, ...]] = []
    for option in options:
        if not any(len(option) == len(one) and all(map(same, option, one)) for one in unique):
            unique.append(option)
    if len(unique) != 2 or len(options) != 2:
        test = None
    return Seq((*runs[0][:head], Branch(tuple(unique), test, condition if test is not None else ""), *ending))


def _meet_maps(values: list[Map], test: Value | None, condition: str) -> Value:
    rest = values[0].rest
    if any(len(value.rest) != len(rest) or not all(map(same, value.rest, rest)) for value in values[1:]):
        return Either(tuple(values), test if len(values) == 2 else None, condition)
    entries: dict[str, Value] = {}
    for key in {key: None for value in values for key in value.entries}:
        below = Map({}, rest)
        options = tuple(value.entries.get(key, entry(below, key, ABSENT)) for value in values)
        entries[key] = either(options, test if len(values) == 2 else None, condition)
    return Map(entries, rest)


def repeated(before: Env, after: Env | None, target: str, iterable: str) -> Env:
    """The names after any number of turns of a loop, none included: what a turn adds to a list is a Loop."""
    if after is None:
        return before
    result: Env = {}
    for name, value in after.items():
        earlier = before.get(name)
        if earlier is None or earlier is value:
            result[name] = value
            continue
        old, new = bare(earlier), bare(value)
        if isinstance(old, Seq) and isinstance(new, Seq):
            count = len(old.items)
            if len(new.items) >= count and all(map(same, old.items, new.items[:count])):
                added = new.items[count:]
                if added and isinstance(added[0], Loop) and added[0].iterable == iterable:
                    added = added[1:] or added  # what an earlier turn has added
                if not added:
                    result[name] = earlier
                elif len(added) == 1 and isinstance(added[0], Loop) and added[0].iterable == iterable:
                    result[name] = value
                else:
                    result[name] = Seq((*old.items, Loop(added, target, iterable)))
                continue
        result[name] = _meet([earlier, value], None, "")
    return result


_STATEMENTS: dict[type, Callable[..., Env | None]] = {
    ast.Expr: _Reader._expression,
    ast.Assign: _Reader._assign,
    ast.AnnAssign: _Reader._annotated,
    ast.AugAssign: _Reader._augmented,
    ast.Return: _Reader._return,
    ast.Raise: _Reader._raise,
    ast.Break: _Reader._jump,
    ast.Continue: _Reader._jump,
    ast.Delete: _Reader._delete,
    ast.If: _Reader._if,
    ast.For: _Reader._for,
    ast.AsyncFor: _Reader._for,
    ast.While: _Reader._while,
    ast.Try: _Reader._try,
    ast.With: _Reader._with,
    ast.AsyncWith: _Reader._with,
    ast.Match: _Reader._match,
    ast.FunctionDef: _Reader._define,
    ast.AsyncFunctionDef: _Reader._define,
    ast.ClassDef: _Reader._class,
    ast.Import: _Reader._import,
    ast.ImportFrom: _Reader._import,
}
if hasattr(ast, "TryStar"):
    _STATEMENTS[ast.TryStar] = _Reader._try
