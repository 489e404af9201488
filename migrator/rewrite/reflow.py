"""Break lines that are too long, in functions that were written for a wider page."""

from __future__ import annotations

import re
import textwrap
import tokenize
from collections.abc import Iterator, Sequence

from migrator.rewrite.breaking import AFTER, BEFORE, CLOSE, OPEN, Token, cut, joined, laid_out, overflow
from migrator.rewrite.tokens import tokens as tokens_of

_CONDITIONS = frozenset({"if", "elif", "while", "return", "assert"})
_SKIPPED = frozenset({tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})


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
            out += _statement(joined(tokens), margin, width)
    return "\n".join(out + _comments(lines[done:], width))


def _statements(text: str) -> Iterator[tuple[int, int, list[tokenize.TokenInfo]]]:
    """(first line, last line, tokens) of each logical line."""
    tokens: list[tokenize.TokenInfo] = []
    for token in tokens_of(text):
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


def _statement(tokens: list[Token], margin: str, width: int) -> list[str]:
    plain = laid_out(tokens, margin, margin, "", width)
    wrapped = _in_parentheses(tokens)
    if not wrapped:
        return plain
    other = laid_out(wrapped, margin, margin, "", width)
    # `f(a,\n  b) and c` hides the `and`: where there is one outside all brackets, the parentheses are better.
    order = [other, plain] if len(cut(tokens, AFTER, BEFORE)) > 1 and tokens[0].text != "for" else [plain, other]
    return min(order, key=lambda lines: overflow(lines, width))


def _in_parentheses(tokens: list[Token]) -> list[Token] | None:
    """The statement with its expression in parentheses, None when there is nothing to put them around."""
    start, end = 0, len(tokens)
    if tokens[0].text in _CONDITIONS:
        start = 1
        end -= tokens[-1].text == ":"
    else:
        depth = 0
        for number, token in enumerate(tokens):
            depth += (token.text in OPEN) - (token.text in CLOSE)
            if depth == 0 and re.fullmatch(r"[-+*/%|&]?=", token.text):
                start = number + 1
                break
    if not 0 < start < end:
        return None
    inner = [Token(tokens[start].text, False), *tokens[start + 1 : end]]
    return [*tokens[:start], Token("(", True), *inner, Token(")", False), *tokens[end:]]
