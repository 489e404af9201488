"""More trials than a rule writes down: its own lines on every fixture and every spelling, and any mixture of them."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from migrator.decide.fixture_names import CONNECTIONS, DEVICES, NAMESPACES, PATHS, PROCESSES, RULED, SETS, SHAPES
from migrator.decide.rule import Rule, Trial
from migrator.verify import fixtures
from migrator.verify.trial import Unfit, arguments

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_FIELD = re.compile(r"\{([a-z]+)(?::[a-z,]+)?\}")
_WHOLE = re.compile(rf"([a-z][a-z0-9_]*=)?{_FIELD.pattern}")  # a fixture is all that the word, or its value, says
_NAMING = ("space", "quote", "newline", "byte", "long", "overlong", "dash", "blank")  # one of these at most
# Combined with "relative" they would say the same thing twice, or nothing.
_PLAIN = ("relative",)
_KINDS = (PATHS, DEVICES, NAMESPACES, RULED, SETS, CONNECTIONS, PROCESSES)


def sweep(rule: Rule) -> Iterator[Trial]:
    """Each line of the rule's own trials, once for each set of options, on each fixture and each shape."""
    for template in _templates(rule):
        for index, word in enumerate(template):
            if not _FIELD.search(word):
                continue
            for fixture in sorted(_kind(word)):
                yield from _fitting(rule, template, index, _FIELD.sub(f"{{{fixture}}}", word, count=1))
            if _kind(word) is PATHS:
                for shape in _shapes(word):
                    for fixture in ("file", "dir", "missing"):
                        yield from _fitting(rule, template, index, _FIELD.sub(f"{{{fixture}:{shape}}}", word, count=1))


def sample(rule: Rule, swept: Sequence[Trial], most: int | None) -> tuple[list[Trial], list[Trial]]:
    """At most so many trials of a sweep (None: all), and the others; the same of a rule each time, others of another.

    Rules of one program have the same sweep: together they cover more of it than each of them does.
    """
    if most is None or len(swept) <= most:
        return list(swept), []
    drawn = set(random.Random(rule.name).sample(range(len(swept)), most))
    return (
        [trial for number, trial in enumerate(swept) if number in drawn],
        [trial for number, trial in enumerate(swept) if number not in drawn],
    )


def trials(rule: Rule) -> SearchStrategy[Trial]:
    """Any of the rule's own lines, each operand one of those it has anywhere, on any fixture in any spelling."""
    from hypothesis import strategies

    mixing = _mixing(rule)
    lines = [fixtures.words(trial.line) for trial in mixing]
    others = _words_by_parameter(rule)

    @strategies.composite
    def drawn(draw: Any) -> Trial:
        number = draw(strategies.integers(0, len(lines) - 1))
        given = arguments(rule, mixing[number])
        line = list(lines[number])
        for name, value in sorted(given.items()):
            key = rule.form.key(name)
            if isinstance(value, str) and key + value in line[1:]:
                place = line.index(key + value, 1)
                line[place] = key + _respelled(draw, draw(strategies.sampled_from(others[name])))
        trial: Trial = replace(mixing[number], line=fixtures.joined(line))
        return trial

    return drawn().filter(lambda trial: _fits(rule, trial))


def _respelled(draw: Any, word: str) -> str:
    from hypothesis import strategies

    field = _FIELD.search(word)
    if not field:
        return word
    fixture = draw(strategies.sampled_from(sorted(_kind(word))))
    shapes: list[str] = []
    if fixture in PATHS and fixture not in _PLAIN:
        naming = draw(strategies.sampled_from(("", *(shape for shape in _NAMING if shape in _shapes(word)))))
        way = draw(strategies.sampled_from(("", "slash", "dotdot", "double", "near", "slash,dotdot")))
        shapes = [shape for shape in (naming, way) if shape]
    spelled = f"{{{fixture}{':' if shapes else ''}{','.join(shapes)}}}"
    return word[: field.start()] + spelled + word[field.end() :]


def _shapes(word: str) -> tuple[str, ...]:
    """How the path in a word can be spelled. Nothing in its place would leave what stands after it at the root."""
    return tuple(shape for shape in SHAPES if shape != "blank" or _WHOLE.fullmatch(word))


def _mixing(rule: Rule) -> list[Trial]:
    """The rule's own trials of which others may be made."""
    return [trial for trial in rule.trials if not trial.alone]


def _words_by_parameter(rule: Rule) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for trial in _mixing(rule):
        for name, value in arguments(rule, trial).items():
            if isinstance(value, str):
                found.setdefault(name, {})[value] = None
    return {name: list(words) for name, words in found.items()}


def _templates(rule: Rule) -> list[list[str]]:
    """For each set of options and each number of fixtures, the first of the rule's lines with a plain fixture."""
    found: dict[object, list[str]] = {}
    for trial in _mixing(rule):
        line = fixtures.words(trial.line)
        options = tuple(sorted(word for word in line if word.startswith("-") and word != "--"))
        if any(_WHOLE.fullmatch(word) for word in line):
            found.setdefault((options, len(line)), line)
    return list(found.values())


def _kind(word: str) -> dict[str, str]:
    """The fixtures that can stand in the place of the one that a word names."""
    field = _FIELD.search(word)
    assert field is not None
    return next(kind for kind in _KINDS if field[1] in kind)


def _fitting(rule: Rule, template: list[str], index: int, word: str) -> Iterator[Trial]:
    line = [*template[:index], word, *template[index + 1 :]]
    first = next(trial for trial in rule.trials if fixtures.words(trial.line) == template)
    trial = replace(first, line=fixtures.joined(line))
    if _fits(rule, trial):
        yield trial


def _fits(rule: Rule, trial: Trial) -> bool:
    try:
        arguments(rule, trial)
    except Unfit:
        return False
    return True
