"""Texts put together and taken apart: joining pieces, `%`, `format`, `split` and `join`."""

from __future__ import annotations

import ast
import re

from migrator.understand.facts import bare, entry, plain
from migrator.understand.symbols import Frame, Named, Unknown
from migrator.understand.values import Const, Either, Env, Map, Seq, Spread, Text, Value

_FORMAT = re.compile(r"%(?:\((\w+)\))?([#0\- +]*)(\*|\d+)?(?:\.(?:\*|\d+))?([diouxXeEfFgGcrsa%])")
_BRACES = re.compile(r"\{\{|\}\}|\{(\w*)([.\[][^{}!:]*)?(?:!([rsa]))?(?::([^{}]*))?\}")


def text(pieces: list[str | Value]) -> Text:
    """A Text whose neighbouring known pieces are joined."""
    joined: list[str | Value] = []
    for piece in pieces:
        if isinstance(piece, Value):
            inner = bare(piece)
            if isinstance(inner, Const) and isinstance(inner.value, (int, float)):
                piece = str(inner.value)
            elif isinstance(inner, Text) and inner.known is not None:
                piece = inner.known
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        elif piece != "":
            joined.append(piece)
    return Text(tuple(joined))


def percent(template: Text, right: Value, node: ast.BinOp, env: Env, frame: Frame) -> Value:
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


def formatted(template: Text, arguments: tuple[Value, ...], keywords: Map, otherwise: Value) -> Value:
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


def split(value: Text, arguments: tuple[Value, ...], node: ast.Call, env: Env, frame: Frame) -> Value | None:
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


def joined_by(separator: Text, parts: Value) -> Value | None:
    if separator.known is None or not isinstance(parts, Seq):
        return None
    pieces: list[str | Value] = []
    for number, part in enumerate(parts.items):
        if not plain(part):
            return None
        if number:
            pieces.append(separator.known)
        inner = bare(part)
        pieces.extend(inner.pieces if isinstance(inner, Text) else (part,))
    return text(pieces)


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


def _split_word(pieces: list[str | Value], node: ast.Call, env: Env, frame: Frame) -> Value:
    if all(isinstance(piece, str) for piece in pieces):
        return text(pieces)
    return Spread(Named(node, env, frame, Unknown(node, env, frame)))
