"""What a filter admits and the code never asks for: one example, the worst that is known."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from migrator.rootwrap import patterns
from migrator.rootwrap.admission import admitted
from migrator.rootwrap.asked import can_be
from migrator.rootwrap.audit import Verdict
from migrator.rootwrap.filters import Filter
from migrator.rootwrap.programs.gain import Gain
from migrator.words import Word


@dataclass(frozen=True, slots=True)
class Excess:
    """A command line that is admitted through a filter, and that no known call comes to. gain: None when harmless."""

    argv: tuple[str, ...]
    gain: Gain | None = None


def excess(verdict: Verdict, filters: Sequence[Filter], asked: Sequence[Sequence[Word]]) -> Excess | None:
    """The worst example for a filter, None where the known calls come to all of those that are looked at.

    asked: the commands of the known calls. What is not known of their words may be anything.
    """
    for one in _examples(verdict):
        if _through(verdict.filter, filters, one.argv) and not any(can_be(words, one.argv) for words in asked):
            return one
    return None


def _through(one: Filter, filters: Sequence[Filter], argv: Sequence[str]) -> bool:
    """Whether a filter admits a command, as it stands among the others."""
    alone = one.chaining or admitted([one], argv) is not None
    return alone and admitted(filters, argv) is not None


def _examples(verdict: Verdict) -> Iterator[Excess]:
    for way in verdict.ways:
        yield Excess(way.argv, way.power.gain)
    one = verdict.filter
    if one.kind == "RegExpFilter":
        for words in itertools.islice(itertools.product(*map(patterns.samples, one.args)), 20):
            yield Excess(words)
    elif one.kind == "CommandFilter":
        yield Excess((one.executable, "x"))
