"""What the code asks rootwrap for: whether a command can come to an argv, and the forms that it can have."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from migrator.rootwrap.conditions import may_be
from migrator.rootwrap.shapes import shapes
from migrator.words import Choice, Each, Literal, Rest, Value, Word


def can_be(words: Sequence[Word], argv: Sequence[str]) -> bool:
    """Whether a command can be run as these words, by what is known of it: what is not known may be anything."""
    return len(argv) in _ends(tuple(words), tuple(argv), 0)


@functools.lru_cache(4096)
def _ends(words: tuple[Word, ...], argv: tuple[str, ...], start: int) -> frozenset[int]:
    """How far the words of a command can reach in an argv, from a word on."""
    reached = frozenset({start})
    for word in words:
        reached = frozenset(end for here in reached for end in _after(word, argv, here))
        if not reached:
            break
    return reached


def _after(word: Word, argv: tuple[str, ...], start: int) -> frozenset[int]:
    if isinstance(word, Rest):
        return frozenset(range(start, len(argv) + 1))
    if isinstance(word, Choice):
        return frozenset(end for option in word.options for end in _ends(option, argv, start))
    if isinstance(word, Each):
        reached = frozenset({start})
        while (
            more := frozenset(end for here in reached for end in _ends(word.words, argv, here)) | reached
        ) != reached:
            reached = more
        return reached
    return frozenset({start + 1}) if start < len(argv) and may_be(word, argv[start]) else frozenset()


Form = tuple[Literal | Value, ...]


def forms(words: Sequence[Word], most: int) -> tuple[Form, ...] | str:
    """The straight lines that a command can be; where there are more than `most`, or no end of them, why not."""
    found: list[Form] = []
    for line in shapes(words, most):
        straight = tuple(word for word in line if isinstance(word, (Literal, Value)))
        if len(straight) < len(line):
            return _endless(next(word for word in line if isinstance(word, (Rest, Each, Choice))), most)
        found.append(straight)
    return tuple(found)


def _endless(word: Rest | Each | Choice, most: int) -> str:
    if isinstance(word, Rest):
        return f"how many words {word.code} is cannot be told"
    if isinstance(word, Each):
        return f"it has words for each of {word.iterable or 'a list'}, whose number cannot be told"
    return f"it has more than {most} forms"
