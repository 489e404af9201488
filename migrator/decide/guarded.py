"""The pattern that a guarded function holds a command to, generated from what the scan knows of its words."""

from __future__ import annotations

from collections.abc import Sequence

from migrator.decide.expressions import escape
from migrator.words import Choice, Each, Literal, Rest, Value, Word

# part of a pattern: a text with %s for any stretch, a list of runs of which one is taken, a tuple that is repeated
Part = str | list["tuple[Part, ...]"] | tuple["Part", ...]


def pattern(words: Sequence[Word]) -> tuple[Part, ...]:
    """The words as a pattern of command.admitted(): "%s" stands for one word or a stretch of it."""
    return tuple(_part(word) for word in words)


def _part(word: Word) -> Part:
    if isinstance(word, Literal):
        return escape(word.text)
    if isinstance(word, Value):
        return template(word)
    if isinstance(word, Rest):
        return ("%s",)
    if isinstance(word, Each):
        return pattern(word.words)
    assert isinstance(word, Choice)
    runs: list[tuple[Part, ...]] = []
    for option in word.options:
        run = pattern(option)
        if run not in runs:
            runs.append(run)
    return runs


def template(word: Value) -> str:
    """What is known of a word, %s for each stretch that is not."""
    if not word.pieces:
        return "%s"
    return "".join("%s" if piece is None else escape(piece) for piece in word.pieces)


def either(commands: Sequence[Sequence[Word]]) -> tuple[Part, ...]:
    """One pattern for several commands: what they begin with alike, then the alternatives."""
    patterns = _distinct(commands)
    head = alike(patterns)
    tails = [each[head:] for each in patterns]
    return (*patterns[0][:head], *([tails] if len(tails) > 1 else tails[0]))


def alike(runs: Sequence[Sequence[object]]) -> int:
    """With how many items all of the runs begin."""
    count = 0
    while all(len(each) > count and each[count] == runs[0][count] for each in runs):
        count += 1
    return count


def _distinct(commands: Sequence[Sequence[Word]]) -> list[tuple[Part, ...]]:
    found: list[tuple[Part, ...]] = []
    for command in commands:
        made = pattern(command)
        if made not in found:
            found.append(made)
    return found


def source(parts: Sequence[Part]) -> list[str]:
    """The parts as Python source, one text for each."""
    return [_written(part) for part in parts]


def _written(part: Part) -> str:
    if isinstance(part, str):
        return repr(part)
    if isinstance(part, list):
        return "[" + ", ".join(_run(run) for run in part) + "]"
    return _run(part)


def _run(run: tuple[Part, ...]) -> str:
    inner = ", ".join(map(_written, run))
    return f"({inner},)" if len(run) == 1 else f"({inner})"


def is_open(parts: Sequence[Part]) -> bool:
    """Whether any number of words of any text is admitted somewhere."""
    return any(
        part == ("%s",)
        or (isinstance(part, list) and any(is_open(run) for run in part))
        or (isinstance(part, tuple) and is_open(part))
        for part in parts
    )
