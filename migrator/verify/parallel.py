"""Many rules proven at once, each in the kind of house that its trials need."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

from migrator.decide.rule import Rule, Trial
from migrator.verify import facilities, fixtures, house, proving, uids
from migrator.verify.trial import arguments
from migrator.verify.verdict import Verdict


def prove_all(
    rules: Sequence[Rule], examples: int, processes: int = 0, sweep: int | None = None
) -> Iterator[proving.Progress | Verdict]:
    """Prove every rule, `processes` (0: as this machine has cores for) at a time; the verdicts come as they are found.

    examples, sweep: as proving.prove() takes them. Raises house.HouseError where no sandbox can be made.
    """
    return (item for _, item in prove_each(rules, examples, processes, sweep))


def prove_each(
    rules: Sequence[Rule], examples: int, processes: int = 0, sweep: int | None = None
) -> Iterator[tuple[int, proving.Progress | Verdict]]:
    """The same, each with the number of its rule: rules may have the same name, where one is a changed copy."""
    proving.warm(rules)
    machine = proving.Machine(facilities.lacking(), uids.plan().many)
    files = sorted({rule.function.__code__.co_filename for rule in rules})
    devices = [] if "block" in machine.lacking else [facilities.BLOCK_DEVICE]
    for contained in (True, False):
        mine = [number for number, rule in enumerate(rules) if facilities.powers(rule) != contained]
        if not mine:
            continue
        # Without root nothing that needs its powers is tried, so that any house will do to say so.
        shown = files if contained else [*files, *devices]
        # The longest first, so that no house is left with it at the end.
        mine.sort(key=lambda number: -len(rules[number].trials))
        yield from _proven(rules, mine, machine, (examples, sweep), processes, shown, contained or os.geteuid() != 0)


def _proven(
    rules: Sequence[Rule],
    mine: Sequence[int],
    machine: proving.Machine,
    generated: tuple[int, int | None],
    processes: int,
    files: Sequence[str],
    contained: bool,
) -> Iterator[tuple[int, proving.Progress | Verdict]]:
    take = house.jobs(len(mine))

    def work() -> Iterator[tuple[int, proving.Progress | Verdict]]:
        while (place := take()) is not None:
            number = mine[place]
            for item in proving.prove(rules[number], machine, *generated):
                yield number, item

    # One more than cores: some trials wait for what does not come.
    houses = min(processes or len(os.sched_getaffinity(0)) + 1, len(mine))
    yield from house.stay(work, visible=files, contained=contained, houses=houses)


def compare_one(rule: Rule, line: str, stdin: str) -> proving.Comparison | str:
    """One trial of a rule, for people to look at; a sentence where it cannot be tried here.

    What is not said of it (stdin, what is left out) is as in the rule's trial of that line, else as in its first.
    Raises trial.Unfit, RuleError for an unknown fixture or shape, ValueError for an unfinished quote.
    """
    like = next((each for each in rule.trials if each.line == line), rule.trials[0] if rule.trials else Trial(line))
    trial = replace(like, line=line, stdin=stdin or like.stdin)
    rule.check_trial(trial)
    arguments(rule, trial)

    proving.warm([rule])

    def work() -> Generator[proving.Comparison | str, None, None]:
        try:
            yield proving.compare(rule, trial)
        except fixtures.NotHere as lack:
            yield str(lack)

    contained = not facilities.powers(rule) or os.geteuid() != 0
    visible = [rule.function.__code__.co_filename]
    if not contained and "block" not in facilities.lacking():
        visible.append(facilities.BLOCK_DEVICE)
    with contextlib.closing(house.stay(work, visible=visible, contained=contained)) as results:
        return next(results)
