"""Whether a command that a test writes down can be one that a site runs, and how much of it is the same."""

from __future__ import annotations

import functools
import re

from migrator.words import Choice, Each, Literal, Rest, Value, Word

_MOST_STEPS = 4000


def alike(run: tuple[Word, ...], written: tuple[Word, ...]) -> int | None:
    """How many words of known text the two have in common at best; None when they can never be the same.

    run: what a site runs. written: what a test expects, of Literal, Value and Rest words.
    """
    left = [_MOST_STEPS]

    @functools.cache
    def best(run: tuple[Word, ...], written: tuple[Word, ...]) -> int | None:
        left[0] -= 1
        if left[0] < 0:
            return 0  # too many ways: take them to be alike, which leaves the choice to what else is known
        if run and isinstance(run[0], Choice):
            return _most(*(best((*option, *run[1:]), written) for option in run[0].options))
        if run and isinstance(run[0], Each):
            loop = run[0]
            again = run if not (written and isinstance(written[0], Rest)) else run[1:]
            more = best((*loop.words, *again), written) if loop.words and written else None
            return _most(best(run[1:], written), more)
        if written and isinstance(written[0], Rest):
            return _most(best(run, written[1:]), best(run[1:], written) if run else None)
        if run and isinstance(run[0], Rest):
            return _most(best(run[1:], written), best(run, written[1:]) if written else None)
        if not run or not written:
            return 0 if not run and not written else None
        same = _same(run[0], written[0])
        rest = best(run[1:], written[1:]) if same is not None else None
        return None if same is None or rest is None else same + rest

    return best(run, written)


def begins(run: tuple[Word, ...], written: tuple[Word, ...]) -> int:
    """How many words of known text both begin with, up to the first that is not known to be the same."""
    same = 0
    for one, other in zip(run, written, strict=False):
        if not isinstance(one, Literal) or one != other:
            break
        same += 1
    return same


def _most(*counts: int | None) -> int | None:
    found = [count for count in counts if count is not None]
    return max(found) if found else None


def _same(run: Word, written: Word) -> int | None:
    """1 for two words with known text in common, 0 for two that may be the same, None for two that never are."""
    assert isinstance(run, (Literal, Value)) and isinstance(written, (Literal, Value))
    if isinstance(run, Literal) and isinstance(written, Literal):
        return 1 if run.text == written.text else None
    if isinstance(run, Literal) and isinstance(written, Value):
        return _fits(written, run.text)
    if isinstance(run, Value) and isinstance(written, Literal):
        return _fits(run, written.text)
    assert isinstance(run, Value) and isinstance(written, Value)
    if run.pieces and written.pieces:
        start, other = run.pieces[0] or "", written.pieces[0] or ""
        if not (start.startswith(other) or other.startswith(start)):
            return None
        return 1 if start and other else 0
    return 0


def _fits(word: Value, text: str) -> int | None:
    if not word.pieces:
        return 0
    pattern = "".join(".*" if piece is None else re.escape(piece) for piece in word.pieces)
    if not re.fullmatch(pattern, text, re.DOTALL):
        return None
    return 1 if any(word.pieces) else 0
