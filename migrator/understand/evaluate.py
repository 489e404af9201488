"""Expressions of the scanned code to values; names outside the function are left to be looked up later."""

from __future__ import annotations

import ast
from collections.abc import Callable

from migrator.understand.executors import BECOME_ROOT
from migrator.understand.facts import bare, either, has, starts, truth
from migrator.understand.results import SAME_TEXT, of_builtin, of_method, of_subscript
from migrator.understand.symbols import Attr, Frame, Function, Global, Invoke, Library, Named, Param, Partial, Unknown
from migrator.understand.syntax import terminal
from migrator.understand.texts import add, percent, text
from migrator.understand.values import (
    ABSENT,
    FALSE,
    NONE,
    TRUE,
    Const,
    Either,
    Env,
    Has,
    Logic,
    Loop,
    Map,
    Seq,
    Spread,
    Text,
    Value,
)


def evaluate(node: ast.expr, env: Env, frame: Frame) -> Value:
    """The value of an expression where these names are bound."""
    reader = _READERS.get(type(node))
    return reader(node, env, frame) if reader is not None else Unknown(node, env, frame)


def item(node: ast.expr, env: Env, frame: Frame) -> Value:
    """The value of an argument or list element, kept with its own source."""
    if isinstance(node, ast.Starred):
        return Spread(item(node.value, env, frame))
    value = evaluate(node, env, frame)
    if isinstance(value, (Named, Unknown, Const)) or (isinstance(value, Text) and value.known is not None):
        return value
    return Named(node, env, frame, value)


def keyword_map(keywords: list[ast.keyword], env: Env, frame: Frame) -> Map:
    """The keywords of a call; `**mapping` is what lies below them."""
    entries: dict[str, Value] = {}
    rest: list[Value] = []
    for keyword in keywords:
        value = item(keyword.value, env, frame)
        if keyword.arg is not None:
            entries[keyword.arg] = value
        else:
            rest.append(value)
    return Map(entries, tuple(rest))


def _name(node: ast.Name, env: Env, frame: Frame) -> Value:
    value = env.get(node.id)
    if value is None:
        return Named(node, env, frame, Global(frame.source, node.id))
    if isinstance(value, Const):
        return value
    return Named(node, env, frame, value)


def _constant(node: ast.Constant, env: Env, frame: Frame) -> Value:
    value = node.value
    if isinstance(value, str):
        return Text((value,)) if value else Text(())
    if value is True:
        return TRUE
    if value is False:
        return FALSE
    return NONE if value is None else Const(value)


def _joined(node: ast.JoinedStr, env: Env, frame: Frame) -> Value:
    pieces: list[str | Value] = []
    for part in node.values:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            pieces.append(part.value)
        elif isinstance(part, ast.FormattedValue):
            if part.format_spec is None and part.conversion in (-1, 115):
                pieces.append(item(part.value, env, frame))
            else:
                pieces.append(Unknown(part.value, env, frame))
    return text(pieces)


def _sequence(node: ast.List | ast.Tuple, env: Env, frame: Frame) -> Value:
    return Seq(tuple(item(element, env, frame) for element in node.elts))


def _dict(node: ast.Dict, env: Env, frame: Frame) -> Value:
    entries: dict[str, Value] = {}
    rest: list[Value] = []
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            rest.append(item(value, env, frame))
        elif isinstance(key, ast.Constant) and isinstance(key.value, str):
            entries[key.value] = item(value, env, frame)
        else:
            return Unknown(node, env, frame)
    return Map(entries, tuple(rest))


def _binary(node: ast.BinOp, env: Env, frame: Frame) -> Value:
    left, right = item(node.left, env, frame), item(node.right, env, frame)
    if isinstance(node.op, ast.Add):
        return add(left, right) or Unknown(node, env, frame)
    if isinstance(node.op, ast.Mod):
        template = bare(left)
        if isinstance(template, Text):
            return percent(template, right, node, env, frame)
        if isinstance(template, Either):
            return Either(
                tuple(
                    percent(option, right, node, env, frame) if isinstance(option, Text) else Unknown(node, env, frame)
                    for option in (bare(option) for option in template.options)
                ),
                template.test,
                template.condition,
            )
    return Unknown(node, env, frame)


def _conditional(node: ast.IfExp, env: Env, frame: Frame) -> Value:
    test = evaluate(node.test, env, frame)
    options = (item(node.body, env, frame), item(node.orelse, env, frame))
    return either(options, test, frame.code(node.test))


def _boolean(node: ast.BoolOp, env: Env, frame: Frame) -> Value:
    values = [item(value, env, frame) for value in node.values]
    if isinstance(node.op, ast.And):
        return Logic("and", tuple(values))
    kept: list[Value] = []
    for index, value in enumerate(values):
        known = truth(value)
        if known is False and index < len(values) - 1:
            continue
        kept.append(value)
        if known is True:
            break
    if len(kept) == 1:
        return kept[0]
    if any(isinstance(bare(value), (Has, Logic)) for value in kept):
        return Logic("or", tuple(kept))
    return Either(tuple(kept), kept[0] if len(kept) == 2 else None, frame.code(node.values[0]))


def _not(node: ast.UnaryOp, env: Env, frame: Frame) -> Value:
    if isinstance(node.op, ast.Not):
        return Logic("not", (evaluate(node.operand, env, frame),))
    operand = bare(evaluate(node.operand, env, frame))
    if isinstance(node.op, ast.USub) and isinstance(operand, Const) and isinstance(operand.value, (int, float)):
        return Const(-operand.value)
    return Unknown(node, env, frame)


def _compare(node: ast.Compare, env: Env, frame: Frame) -> Value:
    if len(node.ops) != 1:
        return Unknown(node, env, frame)
    operator, left = node.ops[0], node.left
    if isinstance(operator, (ast.In, ast.NotIn)) and isinstance(left, ast.Constant) and isinstance(left.value, str):
        mapping = bare(evaluate(node.comparators[0], env, frame))
        if isinstance(mapping, Map) or (isinstance(mapping, Param) and mapping.star == "**"):
            found = has(mapping, left.value)
            return found if isinstance(operator, ast.In) else Logic("not", (found,))
    other = node.comparators[0]
    if isinstance(operator, (ast.In, ast.NotIn)) and isinstance(left, ast.Constant) and left.value in BECOME_ROOT:
        # `if 'sudo' in command`: such code takes the word off again.
        found = starts(evaluate(other, env, frame), str(left.value))
        return found if isinstance(operator, ast.In) else Logic("not", (found,))
    if isinstance(operator, (ast.Eq, ast.NotEq)) and isinstance(left, ast.Subscript):
        first = isinstance(left.slice, ast.Constant) and left.slice.value == 0
        if first and isinstance(other, ast.Constant) and isinstance(other.value, str):
            found = starts(evaluate(left.value, env, frame), other.value)
            return found if isinstance(operator, ast.Eq) else Logic("not", (found,))
    if isinstance(other, ast.Constant) and (other.value is None or isinstance(other.value, bool)):
        value = bare(evaluate(left, env, frame))
        same = isinstance(operator, (ast.Is, ast.Eq))
        if isinstance(operator, (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)):
            if other.value is None:
                if isinstance(value, Const) and value is not ABSENT:
                    return TRUE if (value.value is None) is same else FALSE
                if isinstance(value, (Text, Seq, Map, Function, Library, Partial)):
                    return FALSE if same else TRUE
                return Unknown(node, env, frame)
            if other.value is same:
                return evaluate(left, env, frame)
            return Logic("not", (evaluate(left, env, frame),))
    return Unknown(node, env, frame)


def _attribute(node: ast.Attribute, env: Env, frame: Frame) -> Value:
    return _attribute_of(evaluate(node.value, env, frame), node, env, frame)


def _attribute_of(base: Value, node: ast.Attribute, env: Env, frame: Frame) -> Value:
    dotted = f"{node.value.id}.{node.attr}" if isinstance(node.value, ast.Name) else ""
    if dotted in env:  # an attribute that this function has set
        return Named(node, env, frame, env[dotted])
    return Named(node, env, frame, Attr(base, node.attr))


def _subscript(node: ast.Subscript, env: Env, frame: Frame) -> Value:
    return of_subscript(evaluate(node.value, env, frame), node.slice, Unknown(node, env, frame))


def _comprehension(node: ast.ListComp | ast.GeneratorExp, env: Env, frame: Frame) -> Value:
    """`[str(c) for c in cmd]` is cmd; anything else adds its element at each turn."""
    first = node.generators[0]
    iterable = item(first.iter, env, frame)
    inner = dict(env)
    for generator in node.generators:
        for name in ast.walk(generator.target):
            if isinstance(name, ast.Name):
                inner[name.id] = Unknown(name, env, frame)
    if len(node.generators) == 1 and not first.ifs and isinstance(first.target, ast.Name):
        element = node.elt
        if isinstance(element, ast.Call) and len(element.args) == 1 and not element.keywords:
            element = element.args[0] if terminal(element.func) in SAME_TEXT else element
        if isinstance(element, ast.Name) and element.id == first.target.id:
            return Seq((Spread(iterable),))
    if isinstance(node.elt, ast.Starred):
        return Unknown(node, env, frame)
    return Seq((Loop((item(node.elt, inner, frame),), frame.code(first.target), frame.code(first.iter)),))


def _lambda(node: ast.Lambda, env: Env, frame: Frame) -> Value:
    return Function(frame.source, None, node, env, frame)


def _walrus(node: ast.NamedExpr, env: Env, frame: Frame) -> Value:
    return evaluate(node.value, env, frame)


def _await(node: ast.Await, env: Env, frame: Frame) -> Value:
    return evaluate(node.value, env, frame)


def _call(node: ast.Call, env: Env, frame: Frame) -> Value:
    func = node.func
    arguments = tuple(item(argument, env, frame) for argument in node.args)
    keywords = keyword_map(node.keywords, env, frame)
    if isinstance(func, ast.Name) and func.id not in env:
        value = of_builtin(func.id, arguments, keywords, node)
        if value is not None:
            return value
    callee: Value | None = None
    if isinstance(func, ast.Attribute):
        receiver = evaluate(func.value, env, frame)
        value = of_method(receiver, func, arguments, keywords, node, env, frame)
        if value is not None:
            return value
        callee = _attribute_of(receiver, func, env, frame)
    called = terminal(func)
    if called == "partial" and arguments:
        return Partial(arguments[0], arguments[1:], keywords)
    if called in SAME_TEXT and len(arguments) == 1 and not keywords.entries:
        return text([arguments[0]])
    return Invoke(callee or evaluate(func, env, frame), arguments, keywords, node, env, frame)


_READERS: dict[type, Callable[..., Value]] = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.JoinedStr: _joined,
    ast.List: _sequence,
    ast.Tuple: _sequence,
    ast.Dict: _dict,
    ast.BinOp: _binary,
    ast.IfExp: _conditional,
    ast.BoolOp: _boolean,
    ast.UnaryOp: _not,
    ast.Compare: _compare,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.ListComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.Lambda: _lambda,
    ast.NamedExpr: _walrus,
    ast.Await: _await,
    ast.Call: _call,
}
