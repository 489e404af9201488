"""Whether a list of words is one of those that a command stands for."""

from __future__ import annotations

from collections.abc import Sequence

from migrator.words import Choice, Command, Each, Literal, Rest, Value, Word


def belongs(texts: Sequence[str], command: Command) -> bool:
    """Read the command as the regular expression over words that it is, and match the texts with it."""
    return len(texts) in _after(tuple(texts), frozenset({0}), command.words)


def _after(texts: tuple[str, ...], places: frozenset[int], words: Sequence[Word]) -> frozenset[int]:
    """Where one can be in the texts after these words, starting from any of the places."""
    for word in words:
        places = _step(texts, places, word)
    return places


def _step(texts: tuple[str, ...], places: frozenset[int], word: Word) -> frozenset[int]:
    if isinstance(word, Literal):
        return frozenset(place + 1 for place in places if texts[place : place + 1] == (word.text,))
    if isinstance(word, Value):
        return frozenset(place + 1 for place in places if place < len(texts) and _fits(texts[place], word.pieces))
    if isinstance(word, Rest):
        return frozenset(range(min(places), len(texts) + 1)) if places else places
    if isinstance(word, Choice):
        return frozenset[int]().union(*(_after(texts, places, option) for option in word.options))
    assert isinstance(word, Each)
    while True:
        more = places | _after(texts, places, word.words)
        if more == places:
            return places
        places = more


def _fits(text: str, pieces: Sequence[str | None]) -> bool:
    """Whether a text has what is known of it, in order; at its ends where those are known."""
    if not pieces:
        return True
    place = 0
    for piece in pieces:
        if piece is not None:
            place = text.find(piece, place)
            if place < 0:
                return False
            place += len(piece)
    first, last = pieces[0], pieces[-1]
    return text.startswith(first or "") and text.endswith(last or "")
