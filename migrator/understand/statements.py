"""The statements of one function, read in order: which calls it makes, with what each name stands for just then."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from migrator.understand.binding import bound
from migrator.understand.changes import augmented, effect, item_deleted, item_set, place
from migrator.understand.evaluate import evaluate
from migrator.understand.events import Reading, Record
from migrator.understand.facts import bare, either, plain, truth
from migrator.understand.meeting import join, repeated
from migrator.understand.symbols import Attr, Class, Frame, Function, Instance, Module, Unknown
from migrator.understand.tested import assume
from migrator.understand.values import NONE, Either, Env, Seq, Value

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def read(
    body: Sequence[ast.stmt],
    env: Env,
    frame: Frame,
    calls: Sequence[ast.Call],
    nested: Callable[[Frame, ast.FunctionDef | ast.AsyncFunctionDef, Env], tuple[Function, Frame] | None],
) -> Reading:
    """Read a function's statements. calls: those to tell of. nested: makes the Function of an inner `def`."""
    reader = _Reader(frame, Record(frame, calls), nested)
    reader.block(body, env)
    return Reading(reader.record.events, reader.attributes, reader.returns)


class _Reader:
    """The walk itself: each method takes the names before a statement and gives those after it, None for no way on."""

    def __init__(
        self,
        frame: Frame,
        record: Record,
        nested: Callable[[Frame, ast.FunctionDef | ast.AsyncFunctionDef, Env], tuple[Function, Frame] | None],
    ):
        self.frame = frame
        self.nested = nested
        self.record = record
        self.tell = record.tell
        self.attributes: dict[str, list[Value]] = {}
        self.returns: list[Value] = []
        self.exits: list[list[Env]] = []  # for each open loop: the names at its break and continue statements

    # --- blocks ------------------------------------------------------------------------------------

    def block(self, body: Sequence[ast.stmt], env: Env | None) -> Env | None:
        """Read statements; None when the end is not reached."""
        conditions = self.record.conditions
        for statement in body:
            if env is None:
                break
            env = self.statement(statement, env)
        self.record.conditions = conditions
        return env

    def statement(self, node: ast.stmt, env: Env) -> Env | None:
        reader = _STATEMENTS.get(type(node))
        if reader is not None:
            return reader(self, node, env)
        self.tell(node, env, "other")
        return env

    # --- simple statements -------------------------------------------------------------------------

    def _expression(self, node: ast.Expr, env: Env) -> Env | None:
        self.tell(node.value, env, "ignored")
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        return self._effect(call, env) if isinstance(call, ast.Call) else env

    def _effect(self, call: ast.Call, env: Env) -> Env:
        return effect(call, env, self.frame, self.record.wants(call))

    def _effect_within(self, node: ast.expr, env: Env) -> Env:
        """`x = kwargs.pop('y', None)` takes y out of kwargs."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            return self._effect(node, env) if node.func.attr in ("pop", "setdefault") else env
        return env

    def _assign(self, node: ast.Assign, env: Env) -> Env | None:
        target = node.targets[0]
        self.tell(node.value, env, "unpacked" if isinstance(target, (ast.Tuple, ast.List)) else "other")
        value = evaluate(node.value, env, self.frame)
        env = self._effect_within(node.value, env)
        for target in node.targets:
            env = self._bind(target, value, node.value, env)
        return env

    def _annotated(self, node: ast.AnnAssign, env: Env) -> Env | None:
        if node.value is None:
            return env
        self.tell(node.value, env, "other")
        value = evaluate(node.value, env, self.frame)
        return self._bind(node.target, value, node.value, self._effect_within(node.value, env))

    def _bind(self, target: ast.expr, value: Value, source: ast.expr, env: Env) -> Env:
        if isinstance(target, ast.Name):
            return {**env, target.id: value}
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            holder, around = target.value.id, self.frame.owner
            owner = bare(env.get(holder, NONE))
            by_name = around is not None and holder == around.name and holder not in env
            if (by_name or isinstance(owner, (Instance, Class))) and not self.record.silent:
                self.attributes.setdefault(target.attr, []).append(value)
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
            name = place(target.value)
            if name is None or name not in env:
                return env
            return {**env, name: item_set(bare(env[name]), target, value, env, self.frame)}
        return env

    def _augmented(self, node: ast.AugAssign, env: Env) -> Env | None:
        self.tell(node.value, env, "other")
        name = place(node.target)
        if name is None or name not in env:
            return env
        return {**env, name: augmented(env[name], node, env, self.frame)}

    def _return(self, node: ast.Return, env: Env) -> Env | None:
        self.tell(node.value, env, "returned")
        if not self.record.silent:
            self.returns.append(evaluate(node.value, env, self.frame) if node.value is not None else NONE)
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
                name = place(target.value)
                if name is not None and name in env:
                    env = {**env, name: item_deleted(env[name], target, env, self.frame)}
        return env

    # --- compound statements -----------------------------------------------------------------------

    def _if(self, node: ast.If, env: Env) -> Env | None:
        self.tell(node.test, env, "other")
        test = evaluate(node.test, env, self.frame)
        env = self._effect_within(node.test, env)
        known = truth(test)
        before = self.record.conditions
        after: Env | None = None
        if known is not False:
            self.record.conditions = (*before, (test, True))
            after = self.block(node.body, assume(node.test, True, env))
        otherwise: Env | None = None
        if known is not True:
            self.record.conditions = (*before, (test, False))
            otherwise = self.block(node.orelse, assume(node.test, False, env))
        self.record.conditions = before
        if after is None and otherwise is not None:
            self.record.conditions = (*before, (test, False))  # holds for the rest of this block
        elif otherwise is None and after is not None and known is None:
            self.record.conditions = (*before, (test, True))
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
        self.record.silent += 1
        once = self.block(node.body, start(env))
        self.record.silent -= 1
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
        handlers = self.record.handlers
        names = tuple(name for handler in node.handlers for name in _caught(handler, self.frame))
        self.record.handlers = names + handlers
        after = self.block(node.body, env)
        self.record.handlers = handlers
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
        if self.record.silent:
            return inner
        if self.record.holds_call(node):
            for default in (*node.args.defaults, *node.args.kw_defaults):
                self.tell(default, env, "other")
            reader = _Reader(frame, self.record.inside(frame), self.nested)
            reader.block(node.body, bound(function, node, frame))
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


def _caught(handler: ast.ExceptHandler, frame: Frame) -> list[str]:
    if handler.type is None:
        return ["BaseException"]
    if isinstance(handler.type, ast.Tuple):
        return [frame.code(element) for element in handler.type.elts]
    return [frame.code(handler.type)]


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
