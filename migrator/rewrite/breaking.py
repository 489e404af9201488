"""Break code over lines the way OpenStack code does it: at commas, else at operators and between strings."""

from __future__ import annotations

import tokenize
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from migrator.rewrite.tokens import split_string, tokens

OPEN, CLOSE = frozenset("([{"), frozenset(")]}")
BEFORE = frozenset({"for", "if", "else"})
AFTER = frozenset({"and", "or", "%", "+", "|"})
_COMPOUND = frozenset({"if", "elif", "while", "with", "for", "def", "except"})


@dataclass(frozen=True)
class Token:
    text: str
    spaced: bool


def fitted(code: str, start: str, margin: str, after: str, width: int) -> list[str]:
    """An expression inside brackets as lines: the first begins with `start`, the others with `margin`.

    The last one ends in `after`. A line is over `width` only where nothing can be done about it.
    """
    found = [one for one in tokens(code) if one.type not in (tokenize.NEWLINE, tokenize.ENDMARKER)]
    return laid_out(joined(found), start, margin, after, width, inside=True)


def joined(tokens: Sequence[tokenize.TokenInfo]) -> list[Token]:
    """The tokens of one logical line as they stand on one line."""
    out: list[Token] = []
    previous: tokenize.TokenInfo | None = None
    for token in tokens:
        if previous is None:
            spaced = False
        elif previous.end[0] == token.start[0]:
            spaced = previous.end[1] != token.start[1]
        else:
            spaced = previous.string not in OPEN and token.string not in (*CLOSE, ",", ":", ".")
        if token.string in CLOSE and out and out[-1].text == "," and out[-2].text not in OPEN and _optional(out):
            out.pop()
            spaced = False
        out.append(Token(token.string, spaced))
        previous = token
    return out


def _optional(out: Sequence[Token]) -> bool:
    """True when the comma at the end may go: it does not make a tuple of one."""
    depth = commas = 0
    for token in reversed(out[:-1]):
        depth += (token.text in CLOSE) - (token.text in OPEN)
        if depth < 0:
            return commas > 0 or token.text != "("
        commas += depth == 0 and token.text == ","
    return False


def _text(tokens: Sequence[Token]) -> str:
    return "".join((" " if token.spaced and number else "") + token.text for number, token in enumerate(tokens))


def overflow(lines: Sequence[str], width: int) -> int:
    return sum(max(0, len(line) - width) for line in lines)


def laid_out(
    tokens: Sequence[Token], start: str, margin: str, after: str, width: int, *, inside: bool = False
) -> list[str]:
    """Lines that begin with `start`, hold the tokens and end in `after`; margin: the statement's indentation.

    inside: a bracket is open around them, so that a line may end anywhere.
    """
    whole = start + _text(tokens) + after
    if len(whole) <= width:
        return [whole]
    if len(start) == len(margin) and (len(tokens) == 1 or (len(tokens) == 2 and tokens[1].text == ",")):
        after = _text(tokens[1:]) + after
        strings = split_string(tokens[0].text, width - len(start), len(after))
        strings[-1] += after
        return [start + strings[0], *(margin + string for string in strings[1:])]
    step = "        " if not start.strip() and tokens[0].text in _COMPOUND else "    "
    choices = [[whole]]
    for opened, closed in _groups(tokens):
        head = start + _text(tokens[: opened + 1])
        tail = _text(tokens[closed:]) + after
        pieces = _pieces(tokens[opened + 1 : closed])
        if len(head) <= width and pieces:
            if len(head) != len(margin) + 4 or tokens[0].text not in _COMPOUND:  # `if (`: pycodestyle's E129
                choices.append(_fill(pieces, head, " " * len(head), tail, width))
            inner = margin + step
            choices.append([head, *_fill(pieces, inner, inner, tail, width)])
    if inside:
        choices += _without_brackets(tokens, start, margin, after, width)
    return min(choices, key=lambda lines: (overflow(lines, width), _splits(lines), len(lines)))


def _without_brackets(tokens: Sequence[Token], start: str, margin: str, after: str, width: int) -> Iterable[list[str]]:
    """Ways to break an argument that need no bracket of its own, or put one around its value."""
    if len(tokens) > 2 and tokens[1].text == "=":
        head, inner = start + _text(tokens[:2]) + "(", margin + "    "
        value = [Token(tokens[2].text, False), *tokens[3:]]
        pieces = cut(value, AFTER, BEFORE)
        if len(pieces) > 1:
            yield _fill(pieces, head, " " * len(head), ")" + after, width)
        yield [head, *_fill(pieces, inner, inner, ")" + after, width)]
    else:
        pieces = cut(tokens, AFTER, BEFORE)
        if len(pieces) > 1:
            yield _fill(pieces, start, margin, after, width)


def _splits(lines: Sequence[str]) -> int:
    """How many lines end inside a string that was cut in two."""
    return sum(line.endswith((" '", ' "')) for line in lines)


def _groups(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """(opening, closing) positions of the outermost brackets that hold something."""
    found, depth, start = [], 0, 0
    for number, token in enumerate(tokens):
        if token.text in OPEN:
            depth += 1
            start = number if depth == 1 else start
        elif token.text in CLOSE:
            depth -= 1
            if depth == 0 and number > start + 1:
                found.append((start, number))
    return found


def _pieces(tokens: Sequence[Token]) -> list[list[Token]]:
    """What may stand on lines of its own: cut at commas, else at operators."""
    commas = cut(tokens, frozenset({","}), frozenset())
    return commas if len(commas) > 1 else cut(tokens, AFTER, BEFORE)


def cut(tokens: Sequence[Token], after: frozenset[str], before: frozenset[str]) -> list[list[Token]]:
    pieces: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text in OPEN) - (token.text in CLOSE)
        behind_string = bool(before and pieces[-1] and _is_string(pieces[-1][-1]) and _is_string(token))
        if depth == 0 and pieces[-1] and (token.text in before or behind_string):
            pieces.append([])
        pieces[-1].append(token)
        if depth == 0 and token.text in after:
            pieces.append([])
    return [piece for piece in pieces if piece]


def _is_string(token: Token) -> bool:
    return token.text[-1] in "'\""


def _fill(pieces: Sequence[list[Token]], head: str, inner: str, tail: str, width: int) -> list[str]:
    lines = [head]
    fresh = True
    for number, piece in enumerate(pieces):
        after = tail if number == len(pieces) - 1 else ""
        gap = "" if fresh else " "
        if not fresh and len(lines[-1] + gap + _text(piece) + after) > width:
            lines.append(inner)
            gap = ""
        made = laid_out(piece, lines[-1] + gap, inner, after, width, inside=True)
        lines[-1:] = made
        fresh = False
    return lines
