"""The straight lines of words that a command can be: one for each way through its branches."""

from __future__ import annotations

from collections.abc import Sequence

from migrator.words import Choice, Word

_MOST = 64  # lines of one command; where it has more, branches are left as they are


def shapes(words: Sequence[Word], most: int = _MOST) -> tuple[tuple[Word, ...], ...]:
    """The lines of words, each once, without the branches as far as they give no more than `most` lines.

    Loops and words of unknown number stay: what stands behind the first of those is not at a known place.
    """
    lines: list[tuple[Word, ...]] = [()]
    for number, word in enumerate(words):
        options: Sequence[tuple[Word, ...]] = ((word,),)
        if isinstance(word, Choice):
            options = [line for option in word.options for line in shapes(option, most)]
            if len(lines) * len(options) > most:
                options = word.options
        if len(lines) * len(options) > most:
            rest = tuple(words[number:])
            return tuple((*line, *rest) for line in lines)
        lines = list(dict.fromkeys((*line, *option) for line in lines for option in options))
    return tuple(lines)
