"""Break lines that are too long, in functions that were written for a wider page."""

from __future__ import annotations

import re
import textwrap
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from migrator.rewrite import layout

_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_BEFORE = frozenset({"for", "if", "else"})
_AFTER = frozenset({"and", "or", "%", "+", "|"})
_COMPOUND = frozenset({"if", "elif", "while", "with", "for", "def", "except"})
_CONDITIONS = frozenset({"if", "elif", "while", "return", "assert"})
_SKIPPED = frozenset({tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})


@dataclass(frozen=True)
class _Token:
    text: str
    spaced: bool


def reflow(text: str, width: int) -> str:
    """The same code with no line over `width` where that can be had; lines that fit are not touched, but that a `def`
    over several lines becomes one where it fits now.

    text: code that parses and ends in a newline. Comments inside a bracket keep a statement as it is.
    """
    lines = text.split("\n")
    out: list[str] = []
    done = 0
    for first, last, tokens in _statements(text):
        out += _comments(lines[done : first - 1], width)
        done = last
        old = lines[first - 1 : last]
        defined = len(old) > 1 and tokens[0].string == "def" and tokens[-1].type != tokenize.COMMENT
        if all(len(line) <= width for line in old) and not defined:
            out += old
        elif len(tokens) == 1 and tokens[0].type == tokenize.STRING:
            out += _docstring(old, width)
        elif any(token.type == tokenize.COMMENT for token in tokens[:-1]) or _multiline_string(tokens):
            out += old
        else:
            indent = re.match(r" *", old[0])
            margin = indent.group() if indent else ""
            if tokens[-1].type == tokenize.COMMENT:
                out += _comments([margin + tokens[-1].string], width)
                tokens = tokens[:-1]
            out += _statement(_flat(tokens), margin, width)
    return "\n".join(out + _comments(lines[done:], width))


def _statements(text: str) -> Iterator[tuple[int, int, list[tokenize.TokenInfo]]]:
    """(first line, last line, tokens) of each logical line."""
    tokens: list[tokenize.TokenInfo] = []
    for token in layout.tokens(text):
        if token.type == tokenize.NEWLINE:
            yield tokens[0].start[0], token.start[0], tokens
            tokens = []
        elif token.type not in _SKIPPED and (tokens or token.type != tokenize.COMMENT):
            tokens.append(token)


def _multiline_string(tokens: Sequence[tokenize.TokenInfo]) -> bool:
    return any(token.start[0] != token.end[0] for token in tokens)


def _comments(lines: Sequence[str], width: int) -> list[str]:
    """Comment lines and empty lines; a long comment is filled anew together with the lines that go on with it."""
    out: list[str] = []
    waiting = list(lines)
    while waiting:
        line = waiting.pop(0)
        if len(line) <= width:
            out.append(line)
            continue
        margin = line[: len(line) - len(line.lstrip())] + "# "
        text = [line.strip().lstrip("# ")]
        while waiting and re.match(re.escape(margin) + r"\w", waiting[0]):
            text.append(waiting.pop(0).strip().lstrip("# "))
        out += textwrap.wrap(" ".join(text), width, initial_indent=margin, subsequent_indent=margin)
    return out


def _docstring(old: Sequence[str], width: int) -> list[str]:
    margin = old[0][: len(old[0]) - len(old[0].lstrip())]
    quotes = '"""' if '"""' in old[0] else "'''"
    out = []
    for line in old:
        indent = line[: len(line) - len(line.lstrip())]
        out += [line] if len(line) <= width else _wrapped(line.strip(), indent, width)
    if len(old) == 1 and len(out) > 1:  # a summary that became several lines: the quotes close on their own line
        out[-1] = out[-1].removesuffix(quotes)
        out.append(margin + quotes)
    return out


def _wrapped(line: str, indent: str, width: int) -> list[str]:
    return textwrap.wrap(
        line, width, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _flat(tokens: Sequence[tokenize.TokenInfo]) -> list[_Token]:
    out: list[_Token] = []
    previous: tokenize.TokenInfo | None = None
    for token in tokens:
        if previous is None:
            spaced = False
        elif previous.end[0] == token.start[0]:
            spaced = previous.end[1] != token.start[1]
        else:
            spaced = previous.string not in _OPEN and token.string not in (*_CLOSE, ",", ":", ".")
        if token.string in _CLOSE and out and out[-1].text == "," and out[-2].text not in _OPEN and _optional(out):
            out.pop()
            spaced = False
        out.append(_Token(token.string, spaced))
        previous = token
    return out


def _optional(out: Sequence[_Token]) -> bool:
    """True when the comma at the end may go: it does not make a tuple of one."""
    depth = commas = 0
    for token in reversed(out[:-1]):
        depth += (token.text in _CLOSE) - (token.text in _OPEN)
        if depth < 0:
            return commas > 0 or token.text != "("
        commas += depth == 0 and token.text == ","
    return False


def _text(tokens: Sequence[_Token]) -> str:
    return "".join((" " if token.spaced and number else "") + token.text for number, token in enumerate(tokens))


def _statement(tokens: list[_Token], margin: str, width: int) -> list[str]:
    plain = _layout(tokens, margin, margin, "", width)
    wrapped = _in_parentheses(tokens)
    if not wrapped:
        return plain
    other = _layout(wrapped, margin, margin, "", width)
    # `f(a,\n  b) and c` hides the `and`: where there is one outside all brackets, the parentheses are better.
    order = [other, plain] if len(_cut(tokens, _AFTER, _BEFORE)) > 1 and tokens[0].text != "for" else [plain, other]
    return min(order, key=lambda lines: _overflow(lines, width))


def _overflow(lines: Sequence[str], width: int) -> int:
    return sum(max(0, len(line) - width) for line in lines)


def _layout(tokens: Sequence[_Token], start: str, margin: str, after: str, width: int) -> list[str]:
    """Lines that begin with `start`, hold the tokens and end in `after`; margin: the statement's indentation."""
    whole = start + _text(tokens) + after
    if len(whole) <= width:
        return [whole]
    if len(start) == len(margin) and (len(tokens) == 1 or (len(tokens) == 2 and tokens[1].text == ",")):
        after = _text(tokens[1:]) + after
        strings = layout.split_string(tokens[0].text, width - len(start), len(after))
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
    return min(choices, key=lambda lines: (_overflow(lines, width), _splits(lines), len(lines)))


def _splits(lines: Sequence[str]) -> int:
    """How many lines end inside a string that was cut in two."""
    return sum(line.endswith((" '", ' "')) for line in lines)


def _groups(tokens: Sequence[_Token]) -> list[tuple[int, int]]:
    """(opening, closing) positions of the outermost brackets that hold something."""
    found, depth, start = [], 0, 0
    for number, token in enumerate(tokens):
        if token.text in _OPEN:
            depth += 1
            start = number if depth == 1 else start
        elif token.text in _CLOSE:
            depth -= 1
            if depth == 0 and number > start + 1:
                found.append((start, number))
    return found


def _pieces(tokens: Sequence[_Token]) -> list[list[_Token]]:
    """What may stand on lines of its own: cut at commas, else at operators."""
    commas = _cut(tokens, frozenset({","}), frozenset())
    return commas if len(commas) > 1 else _cut(tokens, _AFTER, _BEFORE)


def _cut(tokens: Sequence[_Token], after: frozenset[str], before: frozenset[str]) -> list[list[_Token]]:
    pieces: list[list[_Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text in _OPEN) - (token.text in _CLOSE)
        if depth == 0 and token.text in before and pieces[-1]:
            pieces.append([])
        pieces[-1].append(token)
        if depth == 0 and token.text in after:
            pieces.append([])
    return [piece for piece in pieces if piece]


def _fill(pieces: Sequence[list[_Token]], head: str, inner: str, tail: str, width: int) -> list[str]:
    lines = [head]
    fresh = True
    for number, piece in enumerate(pieces):
        after = tail if number == len(pieces) - 1 else ""
        gap = "" if fresh else " "
        if not fresh and len(lines[-1] + gap + _text(piece) + after) > width:
            lines.append(inner)
            gap = ""
        made = _layout(piece, lines[-1] + gap, inner, after, width)
        lines[-1:] = made
        fresh = False
    return lines


def _in_parentheses(tokens: list[_Token]) -> list[_Token] | None:
    """The statement with its expression in parentheses, None when there is nothing to put them around."""
    start, end = 0, len(tokens)
    if tokens[0].text in _CONDITIONS:
        start = 1
        end -= tokens[-1].text == ":"
    else:
        depth = 0
        for number, token in enumerate(tokens):
            depth += (token.text in _OPEN) - (token.text in _CLOSE)
            if depth == 0 and re.fullmatch(r"[-+*/%|&]?=", token.text):
                start = number + 1
                break
    if not 0 < start < end:
        return None
    inner = [_Token(tokens[start].text, False), *tokens[start + 1 : end]]
    return [*tokens[:start], _Token("(", True), *inner, _Token(")", False), *tokens[end:]]
