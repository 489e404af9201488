"""Spells a command for people and for what is kept: a text for each word."""

from __future__ import annotations

from collections.abc import Iterable

from migrator.words import Choice, Each, Literal, Rest, Value, Word


def spelled(words: Iterable[Word]) -> list[str]:
    """Spell an argv, one text for each word.

    Known text stands as it is; `{expr}` is one word, `*{expr}` any number of words that are not known;
    `*{[..] if condition else [..]}`, `*{[..] or [..]}` a branch, `*{[..] for x in y}` a loop, with Python lists. Only
    `{` and `*{` at the start are notation: known text that starts so is spelled as an expression, `{'{...'}`.
    """
    return [_word(word) for word in words]


def shape(words: Iterable[Word]) -> list[str]:
    """Spell an argv as `spelled` does, without what renaming a local would change: `{}` for what is not known."""
    return [_shape(word) for word in words]


def _word(word: Word) -> str:
    if isinstance(word, Literal):
        return "{" + repr(word.text) + "}" if word.text.startswith(("{", "*{")) else word.text
    if isinstance(word, Value):
        return "{" + _line(word.code) + "}"
    if isinstance(word, Rest):
        return "*{" + _line(word.code) + "}"
    return "*{" + _inner(word) + "}"


def _inner(word: Choice | Each) -> str:
    """A branch or a loop as a Python expression that gives a list."""
    if isinstance(word, Each):
        return f"{_list(word.words)} for {_line(word.target) or '_'} in {_line(word.iterable) or '...'}"
    if word.condition and len(word.options) == 2:
        then, other = word.options
        if not other:
            return f"{_list(then)} if {_line(word.condition)}"
        if not then:
            return f"{_list(other)} if not ({_line(word.condition)})"
        return f"{_list(then)} if {_line(word.condition)} else {_list(other)}"
    return " or ".join(_list(option) for option in word.options)


def _list(words: tuple[Word, ...]) -> str:
    return "[" + ", ".join(_item(word) for word in words) + "]"


def _item(word: Word) -> str:
    if isinstance(word, Literal):
        return repr(word.text)
    if isinstance(word, Value):
        return _line(word.code)
    if isinstance(word, Rest):
        return "*" + _line(word.code)
    return f"*({_inner(word)})" if isinstance(word, Choice) else f"*[{_inner(word)}]"


def _line(code: str) -> str:
    return " ".join(part.strip() for part in code.splitlines()) if "\n" in code else code


def _shape(word: Word) -> str:
    if isinstance(word, Literal):
        return "{" + repr(word.text) + "}" if "{" in word.text else word.text
    if isinstance(word, Value):
        # A constant that happens to hold a brace is spelled as the unknown stretch it can't be told from.
        return "".join("{}" if piece is None or "{" in piece else piece for piece in word.pieces) or "{}"
    if isinstance(word, Rest):
        return "*{}"
    if isinstance(word, Each):
        return "*{" + _shapes(word.words) + "...}"
    return "*{" + "|".join(sorted(_shapes(option) for option in word.options)) + "}"


def _shapes(words: tuple[Word, ...]) -> str:
    return "[" + ", ".join(repr(_shape(w)) if isinstance(w, (Literal, Value)) else _shape(w) for w in words) + "]"
