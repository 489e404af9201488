"""The smallest set of capabilities with which a function still does what it does with all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from migrator.decide.rule import Rule, Trial
from migrator.verify import privileges
from migrator.verify.trial import PATIENT, Place, Seen, by_function, compared
from migrator.verify.verdict import Found


def smallest(
    rule: Rule, trials: Sequence[Trial], place: Place | None = None, right: Mapping[Trial, Seen] | None = None
) -> Found:
    """Look for it over several trials: on files of root, of others, with set-id bits ... one set for all of them.

    Of several such sets, the one without the stronger capabilities (privileges.ordered). A function that fails fails
    in the same way. place: where it is looked at first, None for worlds of their own. right: what the function did on
    trials where it did all that the command does, and would do with any capabilities. Raises fixtures.NotHere.
    """
    known = right or {}
    free = {trial: known.get(trial) or by_function(rule, trial, None, place=place) for trial in trials}
    # With more than it needs a function does the same.
    sufficed = {trial: [seen.enough] if seen.enough is not None else [] for trial, seen in free.items()}
    last: dict[str, Trial] = {}
    lacking: dict[frozenset[str], Trial] = {}

    def enough(names: frozenset[str]) -> bool:
        if names in lacking:
            return False
        # The trial that failed last is the likeliest to fail again.
        ordered = sorted(trials, key=lambda trial: trial is not last.get("failed"))
        for trial in ordered:
            if any(less <= names for less in sufficed[trial]):
                continue
            if not _same(rule, trial, names, free[trial], place):
                last["failed"] = lacking[names] = trial
                return False
            sufficed[trial].append(names)
        return True

    if enough(frozenset()):
        return Found(frozenset(), {})
    every = privileges.ordered()
    kept = frozenset(every)
    claimed = frozenset(rule.capabilities)
    if claimed <= kept and enough(claimed):  # most rules claim right: then only claimed ones are looked at
        kept = claimed
    kept = _reduced(kept, every, enough, claimed)
    needed = {}
    for name in sorted(kept):
        if not enough(kept - {name}):
            needed[name] = lacking[kept - {name}].line
    return Found(kept, needed)


def _reduced(
    kept: frozenset[str], every: Sequence[str], enough: Callable[[frozenset[str]], bool], claimed: frozenset[str]
) -> frozenset[str]:
    """Take out what is not needed, strongest first; a claimed one also when weaker ones can stand in for it."""
    groups = _grouped([name for name in every if name in kept])
    while groups:
        group = groups.pop(0)
        if enough(kept - group):
            kept -= group
        elif len(group) > 1:
            ordered = [name for name in every if name in group]
            groups[:0] = [frozenset(ordered[: len(ordered) // 2]), frozenset(ordered[len(ordered) // 2 :])]
        elif group <= claimed:
            weaker = every[max(map(every.index, group)) + 1 :]
            if not kept.issuperset(weaker) and enough((kept - group).union(weaker)):
                kept = (kept - group).union(weaker)
                groups = _grouped(weaker)
    return kept


def _grouped(names: Sequence[str]) -> list[frozenset[str]]:
    """Together where there are many: most are not needed, and to take eight out takes as long as to take out one."""
    size = 8 if len(names) > 8 else 1
    return [frozenset(names[at : at + size]) for at in range(0, len(names), size)]


def _same(rule: Rule, trial: Trial, names: frozenset[str], free: Seen, place: Place | None) -> bool:
    if not compared(free, by_function(rule, trial, names, bounded=True, place=place)):
        return True
    # A busy machine, or a kernel that settles a network in its own time, is no want of a capability.
    free = by_function(rule, trial, None, seconds=PATIENT, place=place)
    return not compared(free, by_function(rule, trial, names, bounded=True, seconds=PATIENT, place=place))
