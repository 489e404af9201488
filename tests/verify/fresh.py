"""Shipped rules proven in a process without pytest: a trial is a few forks, and the process is what they copy."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from migrator.decide.load import rulebook
from migrator.decide.rule import Rule
from migrator.verify import house, parallel
from migrator.verify.verdict import Verdict


def prove(rules: Sequence[Rule], examples: int, sweep: int | None) -> list[Verdict]:
    """The verdict on each rule, in their order, proven here. Raises house.HouseError."""
    found = dict(parallel.prove_each(rules, examples, len(os.sched_getaffinity(0)), sweep))  # the verdict comes last
    return [verdict for _, verdict in sorted(found.items(), key=lambda pair: pair[0]) if isinstance(verdict, Verdict)]


def prove_elsewhere(rules: Sequence[Rule], examples: int, sweep: int) -> list[Verdict]:
    """The same of shipped rules, in a process of their own. Raises house.HouseError."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        verdicts = process.submit(_named, [rule.name for rule in rules], examples, sweep).result()
    if isinstance(verdicts, str):
        raise house.HouseError(verdicts)
    return verdicts


def _named(names: Sequence[str], examples: int, sweep: int) -> list[Verdict] | str:
    book = rulebook()
    try:
        return prove([rule for name in names for rule in book.named(name)], examples, sweep)
    except house.HouseError as error:
        return str(error)
