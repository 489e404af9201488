"""Expressions of the scanned code to values; names outside the function are left to be looked up later."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from migrator.understand.executors import BECOME_ROOT
from migrator.understand.values import (
    ABSENT,
    FALSE,
    NONE,
    TRUE,
    Attr,
    Const,
    Either,
    Env,
    Frame,
    Function,
    Global,
    Has,
    Invoke,
    Library,
    Logic,
    Loop,
    Map,
    Named,
    Param,
    Partial,
    Seq,
    Slice,
    Spread,
    Text,
    Unknown,
    Value,
    bare,
    either,
    entry,
    has,
    starts,
    text,
    truth,
)

_FORMAT = re.compile(r"%(?:\((\w+)\))?([#0\- +]*)(\*|\d+)?(?:\.(?:\*|\d+))?([diouxXeEfFgGcrsa%])")
_BRACES = re.compile(r"\{\{|\}\}|\{(\w*)([.\[][^{}!:]*)?(?:!([rsa]))?(?::([^{}]*))?\}")
_SAME_TEXT = {"str", "text_type", "unicode", "u"}  # str(x), six.text_type(x): the word that x makes


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
            return _percent(template, right, node, env, frame)
        if isinstance(template, Either):
            return Either(
                tuple(
                    _percent(option, right, node, env, frame) if isinstance(option, Text) else Unknown(node, env, frame)
                    for option in (bare(option) for option in template.options)
                ),
                template.test,
                template.condition,
            )
    return Unknown(node, env, frame)


def add(left: Value, right: Value) -> Value | None:
    """left + right, where one of them is known to be a text or a sequence; None otherwise."""
    a, b = bare(left), bare(right)
    if isinstance(a, Either) and isinstance(b, (Text, Seq)):
        return Either(tuple(add(option, right) or option for option in a.options), a.test, a.condition)
    if isinstance(b, Either) and isinstance(a, (Text, Seq)):
        return Either(tuple(add(left, option) or option for option in b.options), b.test, b.condition)
    if isinstance(a, Text) or isinstance(b, Text):
        head = a.pieces if isinstance(a, Text) else (left,)
        tail = b.pieces if isinstance(b, Text) else (right,)
        return text([*head, *tail])
    if isinstance(a, Seq) or isinstance(b, Seq):
        first = a.items if isinstance(a, Seq) else (Spread(left),)
        last = b.items if isinstance(b, Seq) else (Spread(right),)
        return Seq(first + last)
    if isinstance(a, Const) or isinstance(b, Const):
        return None
    # Two things that are not known: where a list of words is asked for, they are its two parts.
    return Seq((Spread(left), Spread(right)))


def _percent(template: Text, right: Value, node: ast.BinOp, env: Env, frame: Frame) -> Value:
    """`template % right`, where the template may itself hold unknown stretches."""
    arguments = bare(right)
    by_key = arguments if isinstance(arguments, Map) else None
    in_order = list(arguments.items) if isinstance(arguments, Seq) else [right]
    if any(isinstance(one, Spread) for one in in_order):
        return Unknown(node, env, frame)
    pieces: list[str | Value] = []
    for part in template.pieces:
        if not isinstance(part, str):
            pieces.append(part)
            continue
        position = 0
        for found in _FORMAT.finditer(part):
            pieces.append(part[position : found.start()])
            position = found.end()
            key, flags, width, conversion = found.groups()
            if conversion == "%":
                pieces.append("%")
                continue
            if key is not None:
                value = entry(by_key, key, Unknown(node, env, frame)) if by_key is not None else None
            else:
                value = in_order.pop(0) if in_order and by_key is None else None
            if value is None:
                value = Unknown(node, env, frame)
            plain = conversion in "sdiu" and not flags and not width
            pieces.append(value if plain else Unknown(node, env, frame))
        pieces.append(part[position:])
    return text(pieces)


def _format(template: Text, arguments: tuple[Value, ...], keywords: Map, otherwise: Value) -> Value:
    """`template.format(...)`."""
    pieces: list[str | Value] = []
    counter = 0
    for part in template.pieces:
        if not isinstance(part, str):
            pieces.append(part)
            continue
        position = 0
        for found in _BRACES.finditer(part):
            pieces.append(part[position : found.start()])
            position = found.end()
            if found.group() in ("{{", "}}"):
                pieces.append(found.group()[0])
                continue
            field, path, conversion, form = found.groups()
            if not field or field.isdigit():
                index = int(field) if field else counter
                counter += 1
                value = arguments[index] if index < len(arguments) else otherwise
                if any(isinstance(one, Spread) for one in arguments[: index + 1]):
                    value = otherwise
            else:
                value = entry(keywords, field, otherwise)
            plain = not path and conversion in (None, "s") and not form
            pieces.append(value if plain else otherwise)
        pieces.append(part[position:])
    return text(pieces)


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
    dotted = f"{node.value.id}.{node.attr}" if isinstance(node.value, ast.Name) else ""
    if dotted in env:  # an attribute that this function has set
        return Named(node, env, frame, env[dotted])
    return Named(node, env, frame, Attr(evaluate(node.value, env, frame), node.attr))


def _subscript(node: ast.Subscript, env: Env, frame: Frame) -> Value:
    value = bare(evaluate(node.value, env, frame))
    index = node.slice
    if isinstance(index, ast.Constant) and isinstance(index.value, str):
        if isinstance(value, Map) or (isinstance(value, Param) and value.star == "**"):
            return entry(value, index.value, Unknown(node, env, frame))
    elif isinstance(value, Seq):
        plain = [not isinstance(one, (Spread, Loop)) and type(one).__name__ != "Branch" for one in value.items]
        if isinstance(index, ast.Constant) and isinstance(index.value, int):
            number = index.value
            if 0 <= number < len(plain) and all(plain[: number + 1]):
                return value.items[number]
        if isinstance(index, ast.Slice) and index.step is None:
            lower, upper = _number(index.lower, 0), _number(index.upper, len(plain))
            if lower is None or upper is None or not 0 <= lower <= upper <= len(plain):
                return Unknown(node, env, frame)
            if all(plain[:lower]) and (upper == len(plain) or all(plain[:upper])):
                return Seq(value.items[lower:upper])
    elif isinstance(index, ast.Slice) and index.step is None:
        lower, upper = _number(index.lower, 0), _number(index.upper, 0)
        if index.lower is None and index.upper is None:
            return evaluate(node.value, env, frame)
        if lower is not None and lower >= 0 and upper is not None and (upper < 0 or index.upper is None):
            return Slice(evaluate(node.value, env, frame), lower, -upper)
    return Unknown(node, env, frame)


def _number(node: ast.expr | None, default: int) -> int | None:
    if node is None:
        return default
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _number(node.operand, default)
        return -inner if inner is not None else None
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int) else None


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
            called = element.func.attr if isinstance(element.func, ast.Attribute) else getattr(element.func, "id", "")
            if called in _SAME_TEXT:
                element = element.args[0]
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
        known = _BUILTINS.get(func.id)
        if known is not None:
            value = known(arguments, keywords, node, env, frame)
            if value is not None:
                return value
    if isinstance(func, ast.Attribute):
        value = _method(func, arguments, keywords, node, env, frame)
        if value is not None:
            return value
    called = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    if called == "partial" and arguments:
        return Partial(arguments[0], arguments[1:], keywords)
    if called in _SAME_TEXT and len(arguments) == 1 and not keywords.entries:
        return text([arguments[0]])
    return Invoke(evaluate(func, env, frame), arguments, keywords, node, env, frame)


def _method(
    func: ast.Attribute, arguments: tuple[Value, ...], keywords: Map, node: ast.Call, env: Env, frame: Frame
) -> Value | None:
    """Calls of methods of texts, sequences and mappings whose result can be told."""
    value, name = bare(evaluate(func.value, env, frame)), func.attr
    if isinstance(value, Text):
        if name == "format":
            return _format(value, arguments, keywords, Unknown(node, env, frame))
        if name == "split":
            return _split(value, arguments, node, env, frame)
        if name in ("strip", "lower", "upper", "rstrip", "lstrip") and value.known is not None and not arguments:
            return Text((getattr(value.known, name)(),))
        if name == "join" and len(arguments) == 1:
            return _join(value, bare(arguments[0]))
        if name in ("encode", "decode"):
            return value
    if name == "copy" and not arguments and isinstance(value, (Seq, Map, Param)):
        return value
    if isinstance(value, Map) or (isinstance(value, Param) and value.star == "**"):
        key = bare(arguments[0]) if arguments else None
        known_key = key.known if isinstance(key, Text) else None
        if known_key is not None and name in ("get", "pop", "setdefault"):
            return entry(value, known_key, arguments[1] if len(arguments) > 1 else NONE)
    if name == "split" and frame.code(func.value) == "shlex" and arguments:
        line = bare(arguments[0])
        if isinstance(line, Text):
            return _split(line, (), node, env, frame)
        return Seq((Spread(arguments[0]),))
    if name in ("copy", "deepcopy") and frame.code(func.value) == "copy" and arguments:
        return arguments[0]
    return None


def _split(value: Text, arguments: tuple[Value, ...], node: ast.Call, env: Env, frame: Frame) -> Value | None:
    separator: str | None = None
    if arguments:
        known = bare(arguments[0])
        separator = known.known if isinstance(known, Text) else ""
        if not separator or len(arguments) > 1:
            return None
    if value.known is not None:
        return Seq(tuple(Text((word,)) for word in value.known.split(separator)))
    if separator not in (None, " "):
        return None
    # A stretch that is not known may hold blanks of its own: what comes out is words only around it.
    words: list[Value] = []
    current: list[str | Value] = []
    for piece in value.pieces:
        if isinstance(piece, str):
            parts = re.split(r"\s+", piece)
            for number, part in enumerate(parts):
                if number and current:
                    words.append(_split_word(current, node, env, frame))
                    current = []
                if part:
                    current.append(part)
        else:
            current.append(piece)
    if current:
        words.append(_split_word(current, node, env, frame))
    return Seq(tuple(words))


def _split_word(pieces: list[str | Value], node: ast.Call, env: Env, frame: Frame) -> Value:
    if all(isinstance(piece, str) for piece in pieces):
        return text(pieces)
    return Spread(Named(node, env, frame, Unknown(node, env, frame)))


def _join(separator: Text, parts: Value) -> Value | None:
    if separator.known is None or not isinstance(parts, Seq):
        return None
    pieces: list[str | Value] = []
    for number, part in enumerate(parts.items):
        if isinstance(part, (Spread, Loop)) or type(part).__name__ == "Branch":
            return None
        if number:
            pieces.append(separator.known)
        inner = bare(part)
        pieces.extend(inner.pieces if isinstance(inner, Text) else (part,))
    return text(pieces)


_Builtin = Callable[[tuple[Value, ...], Map, ast.Call, Env, Frame], "Value | None"]


def _str(arguments: tuple[Value, ...], keywords: Map, node: ast.Call, env: Env, frame: Frame) -> Value | None:
    return text([arguments[0]]) if len(arguments) == 1 and not isinstance(arguments[0], Spread) else None


def _list(arguments: tuple[Value, ...], keywords: Map, node: ast.Call, env: Env, frame: Frame) -> Value | None:
    if not arguments:
        return Seq(())
    inner = bare(arguments[0])
    return inner if isinstance(inner, Seq) else Seq((Spread(arguments[0]),))


def _dictionary(arguments: tuple[Value, ...], keywords: Map, node: ast.Call, env: Env, frame: Frame) -> Value | None:
    return Map(keywords.entries, tuple(arguments) + keywords.rest)


def _mapped(arguments: tuple[Value, ...], keywords: Map, node: ast.Call, env: Env, frame: Frame) -> Value | None:
    if len(node.args) == 2 and isinstance(node.args[0], ast.Name) and node.args[0].id in _SAME_TEXT:
        return Seq((Spread(arguments[1]),))
    return None


def _getattr(arguments: tuple[Value, ...], keywords: Map, node: ast.Call, env: Env, frame: Frame) -> Value | None:
    if len(arguments) >= 2:
        name = bare(arguments[1])
        if isinstance(name, Text) and name.known:
            return Attr(arguments[0], name.known)
    return None


def _bool(arguments: tuple[Value, ...], keywords: Map, node: ast.Call, env: Env, frame: Frame) -> Value | None:
    return Logic("not", (Logic("not", (arguments[0],)),)) if len(arguments) == 1 else None


_BUILTINS: dict[str, _Builtin] = {
    "str": _str,
    "list": _list,
    "tuple": _list,
    "dict": _dictionary,
    "map": _mapped,
    "getattr": _getattr,
    "bool": _bool,
}

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
