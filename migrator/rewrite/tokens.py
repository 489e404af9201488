"""The tokens of a piece of code: on one line, its comments, its strings cut in two."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Sequence

_OPENERS = frozenset("([{")
_NO_SPACE_BEFORE = frozenset(",)]}:.")
_STRING = re.compile(r"([A-Za-z]*)(['\"])(?!\2\2)(?=(?:[^\\\n]|\\.)*\2\Z)")
_QUIET = frozenset({tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER, tokenize.INDENT, tokenize.DEDENT})


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


def split_string(code: str, room: int, last: int = 0) -> list[str]:
    """A string literal as several that stand one after the other, none over `room`, the last with `last` to spare.

    It is cut behind spaces, else behind commas, outside braces and away from escapes; what is no plain string, or has
    neither, stays whole.
    """
    opened = _STRING.match(code)
    if len(code) + last <= room or not opened or len(code) < len(opened.group()) + 2:
        return [code]
    for behind in (" ", ","):
        for cut in range(min(room - 1, len(code) - 2), len(opened.group()), -1):
            left = code[:cut]
            balanced = "f" not in opened.group(1).lower() or left.count("{") == left.count("}")
            if left.endswith(behind) and balanced and left[-2] != "\\":
                return [left + opened.group(2), *split_string(opened.group() + code[cut:], room, last)]
    return [code]
