"""Values back to source: what people read, and whether that source means the same at the call itself."""

from __future__ import annotations

import ast

from migrator.understand.events import Event
from migrator.understand.facts import bare
from migrator.understand.symbols import Attr, Global, Invoke, Named, Param, Unknown
from migrator.understand.syntax import terminal
from migrator.understand.values import Branch, Const, Either, Entry, Loop, Seq, Slice, Spread, Text, Value

_PURE = {"str", "int", "len", "repr", "join", "format", "text_type", "basename", "dirname", "abspath", "strip", "hex"}


def code_of(value: Value, event: Event) -> tuple[str, bool]:
    """A value's source, and whether that source means the same at the call itself."""
    if isinstance(value, (Named, Unknown, Invoke)):
        return value.frame.code(value.node), _holds(value, event)
    if isinstance(value, Param):
        mine = event.frame.function
        return value.name, mine is not None and mine.key == value.function.key and event.env.get(value.name) is value
    if isinstance(value, Entry):
        code, here = code_of(value.mapping, event)
        return f"{code}[{value.key!r}]", here
    if isinstance(value, Attr):
        code, here = code_of(value.base, event)
        return f"{code}.{value.name}", here
    if isinstance(value, Global):
        return value.name, value.source is event.frame.source
    if isinstance(value, Text):
        known = value.known
        if known is not None:
            return repr(known), True
        parts = [piece if isinstance(piece, str) else "{" + code_of(piece, event)[0] + "}" for piece in value.pieces]
        if len(value.pieces) == 1 and isinstance(value.pieces[0], Value):
            code, here = code_of(value.pieces[0], event)
            return f"str({code})", here
        return "f" + repr("".join(parts)), False
    if isinstance(value, Const):
        return repr(value.value), True
    if isinstance(value, Either):
        return " or ".join(dict.fromkeys(code_of(option, event)[0] for option in value.options)), False
    if isinstance(value, Seq):
        return "[" + ", ".join(_item(one, event) for one in value.items) + "]", False
    if isinstance(value, Slice):
        code, here = code_of(value.sequence, event)
        return f"{code}[{value.lower or ''}:{-value.upper if value.upper else ''}]", here
    if isinstance(value, Spread):
        code, here = code_of(value.value, event)
        return f"*{code}", here
    return "...", False


def _item(value: Value, event: Event) -> str:
    return "..." if isinstance(value, (Loop, Branch)) else code_of(value, event)[0]


def _holds(value: Named | Unknown | Invoke, event: Event) -> bool:
    """Whether an expression, put at the call, still gives the same value."""
    if value.frame.source is not event.frame.source or value.frame.qualname != event.frame.qualname:
        return False
    if value.env is event.env:
        return True
    for node in ast.walk(value.node):
        if isinstance(node, ast.Name) and value.env.get(node.id) is not event.env.get(node.id):
            return False
        if isinstance(node, ast.Call) and terminal(node.func) not in _PURE:
            return False  # it would be called at another moment
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            place = f"{node.value.id}.{node.attr}"
            if value.env.get(place) is not event.env.get(place):
                return False
    return True


def why(value: Value) -> str:
    """What stopped the reading of a value, in words."""
    inner = bare(value)
    if isinstance(inner, Param):
        return f"{inner.star}{inner.name} is a parameter of {inner.function.name}"
    if isinstance(inner, Entry):
        return f"{inner.key!r} of a mapping that the caller gives"
    if isinstance(inner, Invoke):
        return f"the result of {_short(inner.frame.code(inner.node.func))}() is not known"
    if isinstance(inner, Unknown):
        code = _short(inner.frame.code(inner.node)) if isinstance(inner.node, ast.expr) else "..."
        return f"`{code}` is not followed"
    if isinstance(inner, (Attr, Global)):
        name = inner.name
        return f"what `{name}` holds is not known"
    if isinstance(inner, Text):
        for piece in inner.pieces:
            if isinstance(piece, Value):
                return why(piece)
    if isinstance(inner, Either):
        return "it depends on the path taken"
    return ""


def _short(code: str) -> str:
    return code if len(code) <= 60 else code[:57] + "..."
