"""Which operations a command of a log can be of, by what is known of the words that they run."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from migrator.forecast.operations import Operation
from migrator.model import Rung
from migrator.rootwrap.asked import can_be
from migrator.words import Choice, Each, Literal, Rest, Value, Word

_REMEMBERED = 1 << 16
Words = tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class _Form:
    """number: of the operation. strict: its words; loose: the same where a word may have been split at blanks."""

    number: int
    strict: Words
    loose: Words
    known: int


def matcher(
    operations: Sequence[Operation],
) -> Callable[[tuple[str, ...], bool, bool], tuple[int, ...]]:
    """A function of (argv, whether its words are known apart, whether it went through rootwrap).

    It gives the numbers of the operations that say most of this command and admit it, none when there is none. An
    operation whose program is not known would admit anything, and is none of them.
    """
    forms: dict[tuple[str, bool], list[_Form]] = {}
    for number, one in enumerate(operations):
        for command in one.commands:
            for words in _spellings(command.words):
                for name in _programs(words):
                    form = _Form(number, words, tuple(_loosened(words)), _known(words))
                    forms.setdefault((name, one.before is Rung.ROOTWRAP), []).append(form)

    @functools.lru_cache(_REMEMBERED)
    def found(argv: tuple[str, ...], apart: bool, root: bool) -> tuple[int, ...]:
        name = os.path.basename(argv[0]) if argv else ""
        some = forms.get((name, root), [])
        spellings = dict.fromkeys((argv, (name, *argv[1:])))
        for loose in (False,) if apart else (False, True):
            fit = [
                form
                for form in some
                if any(can_be(form.loose if loose else form.strict, spelling) for spelling in spellings)
            ]
            if fit:
                most = max(form.known for form in fit)
                return tuple(dict.fromkeys(form.number for form in fit if form.known == most))
        return ()

    return found


def _spellings(words: Words) -> Iterator[Words]:
    """A command, and without the variables that `env` sets: rootwrap's EnvFilter takes them off before it logs."""
    yield words
    if words and words[0] == Literal("env"):
        rest = words[1:]
        while rest and isinstance(rest[0], (Literal, Value)) and "=" in _start(rest[0]):
            rest = rest[1:]
        if rest:
            yield rest


def _start(word: Literal | Value) -> str:
    return word.text if isinstance(word, Literal) else (word.pieces[0] or "") if word.pieces else ""


def _programs(words: Words) -> Iterator[str]:
    """The names that the first word can be; none where it is not known."""
    if not words:
        return
    first = words[0]
    if isinstance(first, Literal):
        yield os.path.basename(first.text)
    elif isinstance(first, Choice):
        for option in first.options:
            yield from _programs(option or words[1:])


def _loosened(words: Words) -> Iterator[Word]:
    for word in words:
        if isinstance(word, Literal):
            yield from map(Literal, word.text.split(" "))
        elif isinstance(word, Value):
            yield word
            yield Rest(word.code)
        elif isinstance(word, Choice):
            yield Choice(tuple(tuple(_loosened(option)) for option in word.options))
        elif isinstance(word, Each):
            yield Each(tuple(_loosened(word.words)))
        else:
            yield word


def _known(words: Words) -> int:
    """How much a command says: two for each word that is known, one for a word of which a part is."""
    count = 0
    for word in words:
        if isinstance(word, Literal):
            count += 2
        elif isinstance(word, Value):
            count += any(piece for piece in word.pieces)
        elif isinstance(word, Choice):
            count += min((_known(option) for option in word.options), default=0)
        elif isinstance(word, Each):
            count += _known(word.words)
    return count
