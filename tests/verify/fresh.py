"""Shipped rules proven in a process without pytest: a trial is a few forks, and the process is what they copy."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from migrator.decide.load import load_file
from migrator.decide.rule import Rule
from migrator.verify import house, parallel
from migrator.verify.verdict import Verdict


def prove(rules: Sequence[Rule], examples: int, sweep: int | None) -> list[Verdict]:
    """The verdict on each rule, in their order, proven here. Raises house.HouseError."""
    found = dict(parallel.prove_each(rules, examples, len(os.sched_getaffinity(0)), sweep))  # the verdict comes last
    return [verdict for _, verdict in sorted(found.items(), key=lambda pair: pair[0]) if isinstance(verdict, Verdict)]


def prove_elsewhere(rules: Sequence[Rule], examples: int, sweep: int) -> list[Verdict]:
    """The same in a process of their own, which reads the rules from their files anew. Raises house.HouseError."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        verdicts = process.submit(_named, [(_file(rule), rule.name) for rule in rules], examples, sweep).result()
    if isinstance(verdicts, str):
        raise house.HouseError(verdicts)
    return verdicts


def _file(rule: Rule) -> str:
    """The file, or the folder of files, that is named after the rule's program."""
    path = Path(rule.function.__code__.co_filename)
    return str(path if path.stem == rule.form.program else path.parent)


def _named(named: Sequence[tuple[str, str]], examples: int, sweep: int) -> list[Verdict] | str:
    read: dict[tuple[str, str], Rule] = {}
    for path in dict.fromkeys(path for path, _ in named):
        read.update(((path, rule.name), rule) for rule in load_file(Path(path)))
    try:
        return prove([read[each] for each in named], examples, sweep)
    except house.HouseError as error:
        return str(error)
