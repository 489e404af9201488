"""What strength.py makes of its runs: the mutants of a site, where each stands after the rewrite, and who notices."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from strength_places import Point, Target
from strength_runs import Job, Observed

_ROOT = {"run_as_root", "root_helper"}  # what a rewrite is there to take away
_WIDEST = 40


@dataclass(frozen=True)
class Mutant:
    """act: drop, change, swap or keyword. word, other: as strength_words.identities names them. name: the keyword's."""

    act: str
    word: tuple[Any, ...] = ()
    other: tuple[Any, ...] = ()
    name: str = ""

    @property
    def text(self) -> str:
        if self.act == "keyword":
            return f"drop {self.name}="
        return " ".join([self.act, *(_text(word) for word in (self.word, self.other) if word)])

    @property
    def order(self) -> dict[str, Any]:
        """As strength_harness.py takes it, without what the site's function has for it."""
        return {"act": self.act, "word": self.word, "other": self.other, "name": self.name}


def _text(word: tuple[Any, ...]) -> str:
    if word[0] == "literal":
        return f"'{word[1]}'" + (f" (#{word[2] + 1} from the end)" if word[2] else "")
    return f"word that varies #{word[1] + 1} from the end"


@dataclass(frozen=True)
class Place:
    """Where a mutant is made: before, or at the call or in the body after. fair: the tests that count."""

    site: str
    mutant: Mutant
    name: str
    job: Job
    fair: frozenset[str]

    @property
    def before(self) -> bool:
        return self.name == "before"


@dataclass(frozen=True)
class Noticed:
    """How many tests notice a mutant. call, body: after, None where the command is not said there. lost: names of
    tests that noticed before and do so at no place after, with a word on those that no longer pass at all."""

    mutant: str
    before: int
    call: int | None
    body: int | None
    lost: tuple[str, ...]

    @property
    def after(self) -> int:
        return max(self.call or 0, self.body or 0)

    def weaker(self, strict: bool) -> str:
        """Why the tests are weaker, "" when they are not. strict: at every place as many have to notice."""
        if self.call is None and self.body is None and self.before:
            return "is said nowhere that a test comes to"
        if self.after < self.before:
            return f"is noticed by {self.after}, before by {self.before}"
        if self.body is not None and self.body < (self.before if strict else min(self.before, 1)):
            return f"is noticed by {self.body} in the function, before by {self.before} at the call"
        return ""


@dataclass(frozen=True)
class Judged:
    """One site. before, after: tests that notice, over all mutants. reasons: why the tests are weaker, by mutant."""

    id: str
    path: str
    line: int
    function: str
    form: str
    rung: str
    noticed: tuple[Noticed, ...]
    before: int
    after: int
    reasons: dict[str, str]


def mutants(target: Target, seen: Observed) -> list[Mutant]:
    """All mutants of a site's command, of the words and keywords that tests have it run."""
    rows = seen.words.get(target.before.id, ())
    words = dict.fromkeys(word for row in rows for word in row)
    pairs = dict.fromkeys(pair for row in rows for pair in itertools.pairwise(row))
    keywords = [name for name in seen.keywords.get(target.before.id, ()) if name not in _ROOT]
    return [
        *(Mutant("drop", word) for word in words),
        *(Mutant("change", word) for word in words),
        *(Mutant("swap", first, second) for first, second in pairs if first[:2] != second[:2] or first[0] == "value"),
        *(Mutant("keyword", name=name) for name in keywords),
    ]


def places(target: Target, mutant: Mutant, mates: frozenset[str], seen: Observed, now: Observed) -> Iterator[Place]:
    """Where a mutant is made, with the tests that come there.

    mates: the points of other calls of the same function; a test that comes to it by these alone does not count.
    """

    def place(name: str, points: Sequence[Point], observed: Observed, fair: frozenset[str]) -> Place:
        tests = sorted({test for point in points for test in observed.tests.get(point.id, ())})
        order = mutant.order | {
            "parameter": target.values.get(_key(mutant.word), ""),
            "other_parameter": target.values.get(_key(mutant.other), ""),
            "named": target.entry["rung"] == "native",
        }
        mutations = json.dumps({point.id: order for point in points}, sort_keys=True)
        return Place(target.id, mutant, name, Job(tuple(tests), mutations), fair)

    yield place("before", [target.before], seen, seen.passed)
    here = {test for point in (target.call, target.other) if point for test in now.tests.get(point.id, ())}
    elsewhere = {test for name in mates for test in now.tests.get(name, ())}
    fair = now.passed - (elsewhere - here)
    body = target.body
    inside = body is not None and _holds(body, mutant, target, now)
    if target.call.kind == "command":
        if _holds(target.call, mutant, target, now):
            yield place("call", [target.call], now, fair)
        if inside and body:
            yield place("body", [body], now, fair)
        return
    points = [target.other] if target.other and _holds(target.other, mutant, target, now) else []
    if _holds(target.call, mutant, target, now):
        points.append(target.call)
    elif inside and body and body.kind == "command":
        points.append(body)
    if points:
        yield place("call", points, now, fair)
    if inside and body and body not in points:
        yield place("body", [body], now, fair)


def _holds(point: Point, mutant: Mutant, target: Target, now: Observed) -> bool:
    """Whether what a mutant changes is said at a point."""
    if mutant.act == "keyword":
        return mutant.name in now.keywords.get(point.id, ()) or mutant.name in point.parameters
    if point.kind == "command":
        # a guarded function hands the words of its callers on
        if point is target.body and target.entry["rung"] == "guarded":
            return False
        rows = now.words.get(point.id, ())
        wanted = {word for word in (mutant.word, mutant.other) if word}
        return any(wanted <= set(row) for row in rows)
    if point.words:
        return True
    known = [_key(word) in target.values for word in (mutant.word, mutant.other) if word]
    if mutant.act == "swap":
        return all(known)
    return all(known) or (target.entry["rung"] == "native" and mutant.word[0] == "literal")


def _key(word: tuple[Any, ...]) -> str:
    return "" if not word else f"={word[1]}" if word[0] == "literal" else str(word[1])


def judged(
    target: Target,
    its: Sequence[Mutant],
    made: Sequence[Place],
    before: Mapping[Job, frozenset[str]],
    after: Mapping[Job, frozenset[str]],
    passed: frozenset[str],
    strict: bool,
) -> Judged:
    """What the runs say of one site. made: of all sites. passed: the tests that pass after the rewrite, unchanged."""
    noticed = []
    mine = [place for place in made if place.site == target.id]
    for mutant in its:
        who: dict[str, frozenset[str]] = {}
        for place in mine:
            if place.mutant == mutant:
                who[place.name] = (before if place.before else after)[place.job] & place.fair
        then = who.pop("before")
        if not who and mutant.act == "swap":
            continue  # two words of which the rewritten call says one and the function the other cannot be swapped
        still = frozenset().union(*who.values())
        count = {name: len(tests) for name, tests in who.items()}
        lost = tuple(f"{test}{'' if test in passed else ' (does not pass)'}" for test in sorted(then - still))
        noticed.append(Noticed(mutant.text, len(then), count.get("call"), count.get("body"), lost))
    return Judged(
        target.id,
        target.entry["path"],
        target.entry["line"],
        target.entry["function"],
        target.entry["form"],
        target.entry["rung"],
        tuple(noticed),
        sum(one.before for one in noticed),
        sum(one.after for one in noticed),
        {one.mutant: why for one in noticed if (why := one.weaker(strict))},
    )


def lines(results: Sequence[Judged]) -> Iterator[str]:
    """The table, then each weaker mutant, then the figures."""
    yield f"{'site':<{_WIDEST}} {'rung':8} {'mutants':>7} {'before':>6} {'after':>6}"
    for one in results:
        site = f"{one.path}:{one.line}"
        short = site if len(site) <= _WIDEST else f"...{site[3 - _WIDEST :]}"
        end = "  weaker" if one.reasons else ""
        yield f"{short:<{_WIDEST}} {one.rung:8} {len(one.noticed):7} {one.before:6} {one.after:6}{end}"
    for one in results:
        for mutant in one.noticed:
            if mutant.mutant in one.reasons:
                yield f"{one.path}:{one.line}: {mutant.mutant}: {one.reasons[mutant.mutant]}"
                yield from (f"    {test}" for test in mutant.lost)
    every = [mutant for one in results for mutant in one.noticed]
    then, now = (_figures(counts) for counts in ([one.before for one in every], [one.after for one in every]))
    yield f"{len(every)} mutants of {len(results)} calls"
    yield f"{then} noticed before, {now} after"
    twice = [one for one in every if one.call is not None and one.body is not None and one.before]
    fewer = sum(one.body < one.before for one in twice if one.body is not None)
    yield f"{len(twice)} of those noticed before are said in the function as well, where fewer tests notice {fewer}"
    yield f"{sum(bool(one.reasons) for one in results)} of {len(results)} calls are weaker"


def _figures(counts: Sequence[int]) -> str:
    return f"{sum(count > 0 for count in counts)} ({sum(counts)} times)"
