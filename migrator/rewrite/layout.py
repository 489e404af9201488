"""Lay out a call over lines the way OpenStack code does it."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_TAB = 8
_OPENERS = frozenset("([{")
_NO_SPACE_BEFORE = frozenset(",)]}:.")
_STRING = re.compile(r"([A-Za-z]*)(['\"])(?!\2\2)(?=(?:[^\\\n]|\\.)*\2\Z)")
_QUIET = frozenset({tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER, tokenize.INDENT, tokenize.DEDENT})


@dataclass(frozen=True)
class Place:
    """Where a call goes: the text of its line before and after it, the line's indentation, and the limits.

    hanging: the code around breaks after the opening parenthesis. newline: the file's line end.
    """

    before: str = ""
    after: str = ""
    indent: str = ""
    width: int = 79
    hanging: bool = False
    newline: str = "\n"


def call(callee: str, arguments: Sequence[str], place: Place) -> str:
    """The call's text: on one line when it fits, else aligned with the parenthesis, else hanging.

    Lines are filled as far as they go. An argument that is itself longer than a line stays whole.
    """
    flat = f"{callee}({', '.join(arguments)})"
    if _fits(place.before + flat + place.after, place):
        return flat
    head = place.before + callee + "("
    aligned = None
    if arguments and "\t" not in place.before and not place.hanging:
        aligned = _fill(arguments, len(head), " " * len(head), place)
    if aligned is not None:
        return callee + "(" + aligned
    step = "\t" if place.indent.endswith("\t") else "    "
    inner = place.indent + step
    if place.before.lstrip().startswith(("if ", "elif ", "while ", "with ", "for ")) and step == "    ":
        inner += step  # as pycodestyle's E129 has it: not at the depth of the block below
    if not arguments:
        return f"{callee}({place.newline}{inner})"
    hanging = _fill(arguments, len(inner.expandtabs(_TAB)), inner, place, must=True)
    assert hanging is not None
    return callee + "(" + place.newline + inner + hanging


def _fits(line: str, place: Place) -> bool:
    return len(line.expandtabs(_TAB)) <= place.width


def _fill(arguments: Sequence[str], column: int, inner: str, place: Place, *, must: bool = False) -> str | None:
    """The arguments and the closing parenthesis, filled from a column on; None when one is too long."""
    out: list[str] = []
    used, inner_width = column, len(inner.expandtabs(_TAB))
    for number, argument in enumerate(arguments):
        final = number == len(arguments) - 1
        text = argument + (")" if final else ",")
        need = len(text) + (len(place.after) if final else 0)
        if not out:
            first = used + need
        else:
            first = used + 1 + need
            if first <= place.width:
                out.append(" ")
            else:
                out.append(place.newline + inner)
                first = inner_width + need
        if first > place.width and not must:
            return None
        if first > place.width:
            pieces = _halves(argument, place.width - inner_width - 1)
            out.append((place.newline + inner).join(pieces) + text[len(argument) :])
            first = inner_width + len(pieces[-1]) + 1
        else:
            out.append(text)
        used = first
    return "".join(out)


def _halves(argument: str, room: int) -> list[str]:
    """A string that is too long for a line, cut; other arguments whole."""
    if argument[:1] not in "'\"" or len([one for one in tokens(argument) if one.type == tokenize.STRING]) != 1:
        return [argument]
    return split_string(argument, room)


def split_string(code: str, room: int, last: int = 0) -> list[str]:
    """A string literal as several that stand one after the other, none over `room`, the last with `last` to spare.

    It is cut behind spaces, outside braces and away from escapes; what is no plain string, or has no such space, stays
    whole.
    """
    opened = _STRING.match(code)
    if len(code) + last <= room or not opened or len(code) < len(opened.group()) + 2:
        return [code]
    for cut in range(min(room - 1, len(code) - 2), len(opened.group()), -1):
        left = code[:cut]
        balanced = "f" not in opened.group(1).lower() or left.count("{") == left.count("}")
        if left.endswith(" ") and balanced and left[-2] != "\\":
            return [left + opened.group(2), *split_string(opened.group() + code[cut:], room, last)]
    return [code]


def flat(code: str) -> str:
    """An expression on one line: line breaks between its tokens go, everything else stays as written.

    Raises ValueError when a comment or a string over several lines stands in the way.
    """
    if "\n" not in code and "\r" not in code:
        return code.strip()
    inner = [token for token in tokens(f"({code})") if token.type not in _QUIET][1:-1]
    out: list[str] = []
    previous: tokenize.TokenInfo | None = None
    for token in inner:
        if token.type == tokenize.COMMENT:
            raise ValueError("a comment stands inside the expression")
        if token.start[0] != token.end[0]:
            raise ValueError("a string over several lines stands inside the expression")
        if previous is not None:
            if previous.end[0] == token.start[0]:
                out.append(" " * (token.start[1] - previous.end[1]))
            elif previous.string not in _OPENERS and token.string not in _NO_SPACE_BEFORE:
                out.append(" ")
        out.append(token.string)
        previous = token
    return "".join(out)


def comments(code: str) -> tuple[str, ...]:
    """The comments inside a piece of code that starts with an expression, in order."""
    return tuple(token.string for token in tokens(f"({code})") if token.type == tokenize.COMMENT)


def tokens(code: str) -> Iterator[tokenize.TokenInfo]:
    """The tokens of a piece of code, an f-string being one of them on every Python."""
    lines = code.splitlines(keepends=True)
    depth = 0
    start = (0, 0)
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        name = tokenize.tok_name[token.type]
        if name in ("FSTRING_START", "TSTRING_START"):  # since 3.12
            start = start if depth else token.start
            depth += 1
        elif name in ("FSTRING_END", "TSTRING_END"):
            depth -= 1
            if depth == 0:
                text = _between(lines, start, token.end)
                yield tokenize.TokenInfo(tokenize.STRING, text, start, token.end, token.line)
        elif depth == 0:
            yield token


def _between(lines: Sequence[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    if start[0] == end[0]:
        return lines[start[0] - 1][start[1] : end[1]]
    middle = lines[start[0] : end[0] - 1]
    return "".join([lines[start[0] - 1][start[1] :], *middle, lines[end[0] - 1][: end[1]]])
