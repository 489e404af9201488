"""Which filters can admit a command, and under what conditions: the question for words that are not all known."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from migrator.rootwrap.conditions import (
    EXEC,
    INNER,
    NETNS,
    Condition,
    Matches,
    NoExec,
    OneOf,
    Runs,
    Unclear,
    Within,
    holds,
    matches,
    may_be,
    object_fixed,
)
from migrator.rootwrap.filters import Filter, leading_variables, names_of
from migrator.words import Literal, Value, Word


@dataclass(frozen=True, slots=True)
class Way:
    """One way to be admitted.

    filter: the one that admits; for a chaining one a filter for the inner command agrees. conditions: what has to hold
    for the words that are not known, numbered as in the command; none: it admits whatever they are. program: the number
    of the word in whose place `executable` is run. canonical: the words that are replaced by their canonical paths.
    inner: the filter that agrees to the inner command of a chaining one, None where that command is not known.
    """

    filter: Filter
    conditions: tuple[Condition, ...]
    program: int
    canonical: tuple[int, ...] = ()
    inner: Filter | None = None

    @property
    def executable(self) -> str:
        return self.filter.executable

    def run(self, argv: Sequence[str]) -> list[str]:
        """The words that rootwrap runs for this command; an EnvFilter's variables stay before them."""
        words = [os.path.realpath(word) if number in self.canonical else word for number, word in enumerate(argv)]
        words[self.program] = self.executable
        return words


_Line = tuple[tuple[int, Literal | Value], ...]


class _Never(Exception):
    """The filter does not admit the command, whatever the unknown words are."""


def ways(filters: Sequence[Filter], words: Sequence[Word]) -> tuple[Way, ...]:
    """Every way in which one of the filters can admit a command, in the order of the filters."""
    straight: list[tuple[int, Literal | Value]] = []
    for number, word in enumerate(words):
        if not isinstance(word, (Literal, Value)):
            break
        straight.append((number, word))
    return tuple(_ways(filters, tuple(straight), len(straight) < len(words)))


def unconditional(way: Way, words: Sequence[Word]) -> bool:
    """Whether a way admits a command whatever its unknown words are."""
    return all(certain(each, words) for each in way.conditions)


def certain(condition: Condition, words: Sequence[Word]) -> bool:
    """Whether a condition holds for a command whatever its unknown words are."""
    return isinstance(condition, NoExec) and object_fixed(words[condition.start + 1 :])


def admitted(filters: Sequence[Filter], argv: Sequence[str]) -> Way | None:
    """The way in which a command is admitted on this machine and now, None when rootwrap refuses it with 99.

    Programs that are not installed count as if they were.
    """
    some = ways(filters, [Literal(word) for word in argv])
    return next((way for way in some if all(holds(each, argv) for each in way.conditions)), None)


def _ways(filters: Sequence[Filter], line: _Line, more: bool) -> Iterator[Way]:
    unsure: tuple[Condition, ...] = ()
    named = _first(line)
    for one in filters:
        if one.kind == "CommandFilter" and named is not None and not one.executable.endswith(named):
            continue  # most filters are this one, and most are for other programs
        try:
            for way in _by(one, filters, line, more):
                yield replace(way, conditions=way.conditions + unsure)
        except _Never:
            pass
        # EnvFilter.match() takes `env` out of the list that the next filter is given.
        if one.kind == "EnvFilter" and line and may_be(line[0][1], "env"):
            if isinstance(line[0][1], Literal):
                line = line[1:]
                named = _first(line)
            else:
                unsure = (Unclear("the first word may be env"),)


def _first(line: _Line) -> str | None:
    """The first word, None when it is not known or there is none."""
    return line[0][1].text if line and isinstance(line[0][1], Literal) else None


def _by(one: Filter, filters: Sequence[Filter], line: _Line, more: bool) -> Iterator[Way]:
    if not line:
        if more and one.kind != "ChainingFilter":
            yield Way(one, (Unclear("the program is not known"),), 0)
        return
    program = line[0][0]
    if one.kind == "CommandFilter":
        yield Way(one, _all([_one_of(line[0], names_of(one))]), program)
    elif one.kind == "RegExpFilter":
        _counted(line, more, len(one.args))
        yield Way(one, _unless(more, [_like(*each) for each in zip(line, one.args, strict=False)]), program)
    elif one.kind == "PathFilter":
        yield _path_filter(one, line, more)
    elif one.kind == "KillFilter":
        yield _kill_filter(one, line, more)
    elif one.kind == "ReadFileFilter":
        _counted(line, more, 2)
        texts = [_one_of(each, (text,)) for each, text in zip(line, ("cat", one.args[0]), strict=False)]
        yield Way(one, _unless(more, texts), program)
    elif one.kind == "IpFilter":
        yield Way(one, _all([_one_of(line[0], ("ip",)), *_no_exec(line, more)]), program)
    elif one.kind == "EnvFilter":
        yield _env_filter(one, line, more)
    elif one.kind == "IpNetnsExecFilter" and one.run_as == "root":
        texts = [_one_of(each, names) for each, names in zip(line, (("ip",), NETNS, EXEC), strict=False)]
        yield from _chained(one, filters, line, more, 4, texts)
    elif one.kind == "ChainingRegExpFilter":
        patterns = [_like(*each) for each in zip(line, one.args, strict=False)]
        yield from _chained(one, filters, line, more, len(one.args), patterns)


# --- one class each ----------------------------------------------------------------------------------


def _path_filter(one: Filter, line: _Line, more: bool) -> Way:
    _counted(line, more, len(one.args) + 1)
    if not one.args:
        raise _Never
    found = [_one_of(line[0], names_of(one))]
    canonical = []
    for (number, word), arg in zip(line[1:], one.args, strict=False):
        if os.path.isabs(arg):
            found.append((Within(number, arg),))
            canonical.append(number)
        elif arg != "pass":
            found.append(_one_of((number, word), (arg,)))
    return Way(one, _unless(more, found), line[0][0], tuple(canonical))


def _kill_filter(one: Filter, line: _Line, more: bool) -> Way:
    program, *signals = one.args
    found = [_one_of(line[0], ("kill",))]
    if more:
        return Way(one, _unless(more, found), line[0][0])
    if len(line) == 3:
        found.append(_one_of(line[1], tuple(signals)))
    elif len(line) != 2 or signals:
        raise _Never
    return Way(one, _all([*found, (Runs(line[-1][0], program),)]), line[0][0])


def _env_filter(one: Filter, line: _Line, more: bool) -> Way:
    if line[0][1] == Literal("env"):
        line = line[1:]
    elif isinstance(line[0][1], Value) and may_be(line[0][1], "env"):
        return Way(one, (Unclear("the first word may be env"),), line[0][0])
    if len(line) < len(one.args) and not more:
        raise _Never
    names = []
    ended = not more
    for _, word in line:
        name = _variable(word)
        if name is None:
            return Way(one, (Unclear("a word before the program may set a variable"),), line[0][0])
        if not name:
            ended = True
            break
        names.append(name)
    if not one.variables or frozenset(names) - one.variables or (ended and frozenset(names) != one.variables):
        raise _Never
    rest = line[len(set(names)) :]
    if not rest or len(line) < len(one.args):
        if more:
            return Way(one, (Unclear("the words before the program are not all known"),), line[0][0] if line else 0)
        raise _Never
    if frozenset(names) != one.variables:
        raise _Never
    return Way(one, _all([_one_of(rest[0], names_of(one))]), rest[0][0])


def _variable(word: Literal | Value) -> str | None:
    """The name in a NAME=VALUE word, "" for a word without `=`, None when it cannot be told."""
    if isinstance(word, Literal):
        return next(iter(leading_variables((word.text,))), "")
    start = (word.pieces[0] or "") if word.pieces else ""
    return start.partition("=")[0] if "=" in start else None


def _chained(
    one: Filter, filters: Sequence[Filter], line: _Line, more: bool, length: int, found: Sequence[_Some]
) -> Iterator[Way]:
    """The ways of a chaining filter, whose first words are judged already: one for each way of the inner command."""
    outer = _all(found)
    inner = line[length:]
    if not inner:
        if more:
            yield Way(one, (*outer, INNER), line[0][0])
        return
    number, first = inner[0]
    if isinstance(first, Value):
        yield Way(one, (*outer, INNER), line[0][0])
        return
    leaves = [each for each in filters if each.run_as == one.run_as and not each.chaining]
    for way in _ways(leaves, ((number, Literal(os.path.basename(first.text))), *inner[1:]), more):
        yield Way(one, (*outer, *way.conditions), line[0][0], inner=way.filter)


# --- one word each -----------------------------------------------------------------------------------

# The conditions that a word has to meet: none when it does in any case.
_Some = tuple[Condition, ...]


def _all(found: Sequence[_Some]) -> tuple[Condition, ...]:
    return tuple(condition for some in found for condition in some)


def _unless(more: bool, found: Sequence[_Some]) -> tuple[Condition, ...]:
    """The conditions; for a command of unknown length, whose words are counted, that it cannot be told."""
    return (*_all(found), Unclear("how many words there are is not known")) if more else _all(found)


def _counted(line: _Line, more: bool, length: int) -> None:
    if len(line) > length or (len(line) < length and not more):
        raise _Never


def _one_of(place: tuple[int, Literal | Value], texts: Sequence[str]) -> _Some:
    number, word = place
    if isinstance(word, Literal):
        if word.text not in texts:
            raise _Never
        return ()
    possible = tuple(text for text in texts if may_be(word, text))
    if not possible:
        raise _Never
    return (OneOf(number, possible),)


def _like(place: tuple[int, Literal | Value], pattern: str) -> _Some:
    number, word = place
    try:
        re.compile(pattern + "$")
    except re.error:
        raise _Never from None
    if isinstance(word, Value):
        return (Matches(number, pattern),)
    if not matches(pattern, word.text):
        raise _Never
    return ()


def _no_exec(line: _Line, more: bool) -> list[_Some]:
    """The condition of an IpFilter, where two words that follow each other can be `netns exec`."""
    unsure: list[_Some] = [(NoExec(line[0][0]),)]
    open_to_netns = False
    for (_, first), (_, second) in itertools.pairwise(line[1:]):
        if not any(may_be(first, text) for text in NETNS):
            continue
        runs = any(may_be(second, text) for text in EXEC)
        if isinstance(first, Value):
            open_to_netns = True
            if runs:
                return unsure
        elif not runs:
            return []
        elif isinstance(second, Value) or open_to_netns:
            return unsure
        else:
            raise _Never
    return unsure if more else []
