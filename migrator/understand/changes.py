"""What methods and assignments do to lists and dicts in place."""

from __future__ import annotations

import ast

from migrator.understand.evaluate import evaluate, item
from migrator.understand.executors import BECOME_ROOT
from migrator.understand.facts import as_map, bare, entry, plain, sliced
from migrator.understand.symbols import Class, Frame, Instance, Library, Module, Unknown
from migrator.understand.syntax import terminal
from migrator.understand.values import ABSENT, NONE, Const, Either, Env, Map, Seq, Slice, Spread, Text, Value

_READING_ONLY = {"len", "print", "join", "isinstance", "repr", "str", "sorted", "any", "all"}
_LOGGERS = {"LOG", "log", "logger", "logging", "self.log", "self.logger"}


_METHODS = {"append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "setdefault", "update"}


def place(node: ast.expr) -> str | None:
    """A name, or an attribute of a name: what may hold a list that is changed in place."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return None


def items_of(value: Value) -> tuple[Value, ...]:
    """What `extend` and `+=` add: the items of a known sequence, or all of one that is not."""
    inner = bare(value)
    return inner.items if isinstance(inner, Seq) else (Spread(value),)


def mutated(value: Value, call: ast.Call, method: str, env: Env, frame: Frame) -> Value | None:
    """A list or dict after a call of one of its methods; None when that leaves it as it is, or is not followed."""
    if method not in _METHODS:
        return None
    value = _grown(value, method)
    arguments = [item(argument, env, frame) for argument in call.args]
    if isinstance(value, Seq):
        return _changed_sequence(value, method, arguments, Unknown(call, env, frame))
    if method == "remove" and len(call.args) == 1 and isinstance(call.args[0], ast.Constant):
        return Slice(value, 1) if call.args[0].value in BECOME_ROOT else None
    held = as_map(value)
    if held is None:
        return None
    key = bare(arguments[0]) if arguments else None
    known = key.known if isinstance(key, Text) else None
    if method == "pop" and known is not None:
        return Map({**held.entries, known: ABSENT}, held.rest)
    if method == "setdefault" and known is not None:
        default = arguments[1] if len(arguments) > 1 else NONE
        return Map({**held.entries, known: entry(held, known, default)}, held.rest)
    if method == "update":
        return _updated(held, arguments, call, env, frame)
    return Map({}) if method == "clear" else None


def item_set(held: Value, target: ast.Subscript, value: Value, env: Env, frame: Frame) -> Value:
    """A list or dict after `held[key] = value`."""
    key = bare(evaluate(target.slice, env, frame))
    known = as_map(held)
    if known is not None:
        if isinstance(key, Text) and key.known is not None:
            return Map({**known.entries, key.known: value}, known.rest)
        return Map(known.entries, (*known.rest, Unknown(target, env, frame)))
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
        return Seq((Spread(Unknown(target, env, frame)),))
    return held


def item_deleted(held: Value, target: ast.Subscript, env: Env, frame: Frame) -> Value:
    """A dict after `del held[key]`; a list is taken to stay as it is."""
    key, known = bare(evaluate(target.slice, env, frame)), as_map(held)
    if known is None or not isinstance(key, Text) or key.known is None:
        return held
    return Map({**known.entries, key.known: ABSENT}, known.rest)


def effect(call: ast.Call, env: Env, frame: Frame, followed: bool) -> Env:
    """What a call does to the lists and dicts that names stand for. followed: the scan looks into it anyway."""
    func = call.func
    if isinstance(func, ast.Attribute):
        name = place(func.value)
        if name is not None and name in env:
            changed = mutated(env[name], call, func.attr, env, frame)
            if changed is not None:
                return {**env, name: changed}
        if place(func.value) in _LOGGERS:
            return env
    if terminal(func) in _READING_ONLY or followed:
        return env
    for argument in call.args:  # a list handed to a function that may add to it
        if isinstance(argument, ast.Name):
            held = bare(env.get(argument.id, NONE))
            if isinstance(held, Seq) and not isinstance(argument.ctx, ast.Store):
                more = Spread(Unknown(call, env, frame))
                env = {**env, argument.id: Seq((*held.items, more))}
    return env


def augmented(held: Value, node: ast.AugAssign, env: Env, frame: Frame) -> Value:
    """What a name stands for after `name += value` and its like."""
    if isinstance(node.op, ast.Add):
        right = item(node.value, env, frame)
        inner = bare(held)
        if isinstance(inner, Seq):
            return Seq((*inner.items, *items_of(right)))
        if isinstance(inner, Text):
            tail = bare(right)
            pieces = tail.pieces if isinstance(tail, Text) else (right,)
            return Text((*inner.pieces, *pieces))
        if isinstance(bare(right), Seq):
            return Seq((Spread(held), *items_of(right)))
    operand = ast.BinOp(left=_as_load(node.target), op=node.op, right=node.value)
    return Unknown(ast.copy_location(operand, node), env, frame)


def _changed_sequence(value: Seq, method: str, arguments: list[Value], otherwise: Value) -> Value | None:
    if method == "append" and len(arguments) == 1:
        return Seq((*value.items, arguments[0]))
    if method == "extend" and len(arguments) == 1:
        return Seq((*value.items, *items_of(arguments[0])))
    if method == "insert" and len(arguments) == 2:
        index = bare(arguments[0])
        if isinstance(index, Const) and isinstance(index.value, int):
            number = index.value
            single = all(map(plain, value.items[: max(number, 0)]))
            if number >= 0 and (number == 0 or (single and number <= len(value.items))):
                return Seq((*value.items[:number], arguments[1], *value.items[number:]))
    if method == "remove" and value.items:
        word, first = bare(arguments[0]) if arguments else None, bare(value.items[0])
        if isinstance(word, Text) and isinstance(first, Text) and word.known == first.known is not None:
            return Seq(value.items[1:])
    if method == "clear":
        return Seq(())
    if method in ("insert", "remove", "pop", "sort", "reverse"):
        return Seq((Spread(otherwise),))
    return None


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
