"""What built-in functions, methods of texts, lists and dicts, and subscripts give back."""

from __future__ import annotations

import ast
from collections.abc import Callable

from migrator.understand.facts import bare, called, entry, plain
from migrator.understand.symbols import Attr, Frame, Param, Unknown
from migrator.understand.texts import formatted, joined_by, split, text
from migrator.understand.values import NONE, Env, Logic, Map, Seq, Slice, Spread, Text, Value

SAME_TEXT = {"str", "text_type", "unicode", "u"}  # str(x), six.text_type(x): the word that x makes

_Builtin = Callable[[tuple[Value, ...], Map, ast.Call], "Value | None"]


def _str(arguments: tuple[Value, ...], keywords: Map, node: ast.Call) -> Value | None:
    return text([arguments[0]]) if len(arguments) == 1 and not isinstance(arguments[0], Spread) else None


def _list(arguments: tuple[Value, ...], keywords: Map, node: ast.Call) -> Value | None:
    if not arguments:
        return Seq(())
    inner = bare(arguments[0])
    return inner if isinstance(inner, Seq) else Seq((Spread(arguments[0]),))


def _dictionary(arguments: tuple[Value, ...], keywords: Map, node: ast.Call) -> Value | None:
    return Map(keywords.entries, tuple(arguments) + keywords.rest)


def _mapped(arguments: tuple[Value, ...], keywords: Map, node: ast.Call) -> Value | None:
    if len(node.args) == 2 and isinstance(node.args[0], ast.Name) and node.args[0].id in SAME_TEXT:
        return Seq((Spread(arguments[1]),))
    return None


def _getattr(arguments: tuple[Value, ...], keywords: Map, node: ast.Call) -> Value | None:
    if len(arguments) >= 2:
        name = bare(arguments[1])
        if isinstance(name, Text) and name.known:
            return Attr(arguments[0], name.known)
    return None


def _bool(arguments: tuple[Value, ...], keywords: Map, node: ast.Call) -> Value | None:
    return Logic("not", (Logic("not", (arguments[0],)),)) if len(arguments) == 1 else None


def _callable(arguments: tuple[Value, ...], keywords: Map, node: ast.Call) -> Value | None:
    return called(arguments[0]) if len(arguments) == 1 else None


_BUILTINS: dict[str, _Builtin] = {
    "str": _str,
    "list": _list,
    "tuple": _list,
    "dict": _dictionary,
    "map": _mapped,
    "getattr": _getattr,
    "bool": _bool,
    "callable": _callable,
}


def of_builtin(name: str, arguments: tuple[Value, ...], keywords: Map, node: ast.Call) -> Value | None:
    """What a built-in function gives back; None when that cannot be told, or when it is none."""
    known = _BUILTINS.get(name)
    return known(arguments, keywords, node) if known is not None else None


def of_method(
    receiver: Value,
    func: ast.Attribute,
    arguments: tuple[Value, ...],
    keywords: Map,
    node: ast.Call,
    env: Env,
    frame: Frame,
) -> Value | None:
    """What a method of a text, a sequence or a mapping gives back; None when that cannot be told."""
    value, name = bare(receiver), func.attr
    if isinstance(value, Text):
        if name == "format":
            return formatted(value, arguments, keywords, Unknown(node, env, frame))
        if name == "split":
            return split(value, arguments, node, env, frame)
        if name in ("strip", "lower", "upper", "rstrip", "lstrip") and value.known is not None and not arguments:
            return Text((getattr(value.known, name)(),))
        if name == "join" and len(arguments) == 1:
            return joined_by(value, bare(arguments[0]))
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
            return split(line, (), node, env, frame)
        return Seq((Spread(arguments[0]),))
    if name in ("copy", "deepcopy") and frame.code(func.value) == "copy" and arguments:
        return arguments[0]
    return None


def of_subscript(held: Value, index: ast.expr, otherwise: Value) -> Value:
    """What `held[index]` is; `otherwise` when that cannot be told."""
    value = bare(held)
    if isinstance(index, ast.Constant) and isinstance(index.value, str):
        if isinstance(value, Map) or (isinstance(value, Param) and value.star == "**"):
            return entry(value, index.value, otherwise)
    elif isinstance(value, Seq):
        single = [plain(one) for one in value.items]
        if isinstance(index, ast.Constant) and isinstance(index.value, int):
            number = index.value
            return value.items[number] if 0 <= number < len(single) and all(single[: number + 1]) else otherwise
        if isinstance(index, ast.Slice) and index.step is None:
            lower, upper = _number(index.lower, 0), _number(index.upper, len(single))
            if lower is None or upper is None or not 0 <= lower <= upper <= len(single):
                return otherwise
            if all(single[:lower]) and (upper == len(single) or all(single[:upper])):
                return Seq(value.items[lower:upper])
    elif isinstance(index, ast.Slice) and index.step is None:
        lower, upper = _number(index.lower, 0), _number(index.upper, 0)
        if index.lower is None and index.upper is None:
            return held
        if lower is not None and lower >= 0 and upper is not None and (upper < 0 or index.upper is None):
            return Slice(held, lower, -upper)
    return otherwise


def _number(node: ast.expr | None, default: int) -> int | None:
    """The number that a bound of a slice is, None when it is not known; default where none is written."""
    if node is None:
        return default
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _number(node.operand, default)
        return -inner if inner is not None else None
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int) else None
