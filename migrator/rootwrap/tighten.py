"""Filters made from what the code asks for: each command line of it is admitted, and nothing that it never asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from migrator.rootwrap import narrowed
from migrator.rootwrap.admission import admitted, ways
from migrator.rootwrap.asked import Form, can_be, forms
from migrator.rootwrap.audit import Verdict, audited
from migrator.rootwrap.conditions import Condition, OneOf
from migrator.rootwrap.daemons import is_daemon_line
from migrator.rootwrap.filters import Filter, defined
from migrator.rootwrap.join import Asking, Join, Whose
from migrator.words import Literal

_FORMS = 64  # of one command
_LINES = 16  # that take the place of one
_LOOSE = frozenset({"CommandFilter", "EnvFilter", "IpFilter"})


@dataclass(frozen=True, slots=True)
class Tightened:
    """What takes the place of a filter.

    verdict: on the old one. definitions: `name: class, ...` lines; () where it stays, and kept says why. after: on the
    worst of the new ones. calls: how many ask for it. assumed: what is taken for granted of their words. denied: what
    was admitted, and is no more, the worst first.
    """

    verdict: Verdict
    definitions: tuple[str, ...] = ()
    kept: str = ""
    after: Verdict | None = None
    calls: int = 0
    assumed: tuple[str, ...] = ()
    denied: tuple[tuple[str, ...], ...] = ()

    @property
    def filter(self) -> Filter:
        return self.verdict.filter


def tightened(verdicts: Sequence[Verdict], every: Sequence[Filter], join: Join) -> tuple[Tightened, ...]:
    """What can take the place of each filter that is in a file, in their order.

    Raises AssertionError where the new filters refuse what the code asks for, or admit what it never does: a fault of
    this module, and nothing is written.
    """
    asking = [one for one in join.asking if one.whose is not Whose.TESTS]
    taken = {one.name for one in every}
    found = []
    for verdict in verdicts:
        if verdict.filter.path:
            one = _tightened(verdict, every, asking, taken)
            taken.update(line.partition(":")[0] for line in one.definitions)
            found.append(one)
    found = _without_env(found)
    _prove(found, every, asking)
    return tuple(found)


def _without_env(some: Sequence[Tightened]) -> list[Tightened]:
    """The same, with all EnvFilters kept where one of them stays.

    EnvFilter.match() takes `env` out of the words that the filters behind it are shown, so that no RegExpFilter for
    `env` ever matches; and rootwrap reads files in any order.
    """
    stays = next((one for one in some if one.filter.kind == "EnvFilter" and not one.definitions), None)
    if stays is None:
        return list(some)
    why = f"{stays.filter.name}, an EnvFilter that stays, would take `env` away from what its new filters see"
    return [
        Tightened(one.verdict, kept=why, calls=one.calls) if one.filter.kind == "EnvFilter" and one.definitions else one
        for one in some
    ]


def _prove(some: Sequence[Tightened], every: Sequence[Filter], asking: Sequence[Asking]) -> None:
    """All that the code is known to ask for is admitted by all of the new filters together where it was before."""
    new: list[Filter] = []
    for one in every:
        made = next((each for each in some if each.filter is one), None)
        new += [_parsed(text, one.path) for text in made.definitions] if made and made.definitions else [one]
    for each in asking:
        found = forms(each.site.command.words, _FORMS)
        for argv in () if isinstance(found, str) else (argv for form in found for argv in narrowed.samples(form)):
            if admitted(new, argv) is None and admitted(every, argv) is not None:
                raise AssertionError(f"{argv} would be refused")


def _tightened(verdict: Verdict, every: Sequence[Filter], asking: Sequence[Asking], taken: set[str]) -> Tightened:
    one = verdict.filter
    if is_daemon_line(one) or one.chaining:
        return Tightened(verdict, kept="it starts a daemon" if is_daemon_line(one) else "it runs what others admit")
    if one.kind not in _LOOSE:
        return Tightened(verdict, kept=f"a {one.kind} is about its words already")
    mine = [each for each in asking if (one.path, one.name) in each.by]
    if not mine:
        return Tightened(verdict, kept="no known call needs it: `privmigrate filters prune` tells whether it can go")
    asked: list[Form] = []
    for each in mine:
        found = _forms(each, one, every)
        if isinstance(found, str):
            return Tightened(verdict, kept=f"{each.site.path}:{each.site.line}: {found}", calls=len(mine))
        asked += found
    lines = narrowed.merged([narrowed.patterns(form) for form in asked])
    if len(lines) > _LINES:
        return Tightened(verdict, kept=f"it would take {len(lines)} filters in its place", calls=len(mine))
    new = tuple(_definitions(one, lines, taken))
    made = [_parsed(text, one.path) for text in new]
    denied = tuple(dict.fromkeys(way.argv for way in verdict.ways if admitted(made, way.argv) is None))
    for way in verdict.ways:
        if way.argv not in denied and not any(can_be(form, way.argv) for form in asked):
            raise AssertionError(f"{one.name}: {way.argv} would still be admitted")
    after = min(audited(made), key=lambda each: each.level)
    assumed = tuple(dict.fromkeys(text for form in asked for text in narrowed.assumed(form)))
    return Tightened(verdict, new, "", after, len(mine), assumed, denied)


def _forms(asking: Asking, one: Filter, every: Sequence[Filter]) -> tuple[Form, ...] | str:
    """The forms of a call that a filter admits, as the filter sees them; or why that cannot be told."""
    if asking.runs:
        return "of its command only the program is known"
    found = forms(asking.site.command.words, _FORMS)
    if isinstance(found, str):
        return found
    return tuple(dict.fromkeys(seen for form in found for seen in _seen(form, one, every)))


def _seen(form: Form, one: Filter, every: Sequence[Filter]) -> Iterator[Form]:
    for way in ways(every, form):
        if way.filter == one:
            yield from _named(form, way.conditions)
        elif way.inner == one:
            start = len(way.filter.args) if way.filter.kind == "ChainingRegExpFilter" else 4
            first = form[start]
            assert isinstance(first, Literal)
            yield (Literal(first.text.rpartition("/")[2]), *form[start + 1 :])


def _named(form: Form, conditions: Sequence[Condition]) -> Iterator[Form]:
    """The form with the texts that a filter asks for in the place of words that are not known, the program's name."""
    for condition in conditions:
        if isinstance(condition, OneOf):
            for text in condition.texts:
                named = (*form[: condition.word], Literal(text), *form[condition.word + 1 :])
                yield from _named(named, [each for each in conditions if each is not condition])
            return
    yield form


def _definitions(one: Filter, lines: Sequence[tuple[str, ...]], taken: set[str]) -> Iterator[str]:
    number = 1
    for words in lines:
        name = one.name
        if number > 1:
            while (name := f"{one.name}_{number}") in taken:
                number += 1
        number += 1
        program = "env" if one.kind == "EnvFilter" and words[0] == "env" else one.executable
        yield f"{name}: RegExpFilter, {program}, {one.run_as}, {', '.join(words)}"


def _parsed(line: str, path: str) -> Filter:
    name, _, text = line.partition(": ")
    made = defined(name, text, path)
    assert made is not None
    return made
