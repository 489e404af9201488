"""A rule's verdict: its trials, generated ones, its declared differences, its claim of capabilities."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from migrator.decide.fixture_names import SHAPES
from migrator.decide.rule import Difference, Rule, Trial
from migrator.verify import capabilities, fixtures, generate
from migrator.verify.trial import ENDLESS, PATIENT, QUICK, Place, Seen, Unfit, by_command, by_function, compared, rooms
from migrator.verify.verdict import Divergence, Finding, Found, Verdict

EXAMPLES = 100  # trials of each rule that hypothesis draws, beside the sweep
_BATCH = 25
_FOREIGN_IDS = {"CAP_CHOWN", "CAP_SETUID", "CAP_SETGID"}
_NOT_TRIED = "not tried"
_TOLD = 5  # findings that are told of one rule: the rest says the same again


@dataclass(frozen=True, slots=True)
class Machine:
    """What can be judged here. lacking: need -> sentence (facilities.lacking). many: user ids beside root's."""

    lacking: Mapping[str, str]
    many: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """So many trials of a rule were compared by now."""

    rule: str
    trials: int


@dataclass
class _Tally:
    """What came up so far with one rule."""

    rule: Rule
    machine: Machine
    place: Place  # for a first look: what differs there is looked at again in worlds of its own
    compared: int = 0
    findings: list[Finding] = field(default_factory=list)
    shown: Counter[str] = field(default_factory=Counter)
    lacking: Counter[str] = field(default_factory=Counter)
    cut: bool = False  # enough was found that differs: what was not tried may still show a declared difference
    done: dict[Trial, bool] = field(default_factory=dict)
    right: dict[Trial, Seen] = field(default_factory=dict)  # what the function did where nothing at all differs
    wanting: list[Trial] = field(
        default_factory=list
    )  # on which the function does the same only with more capabilities


def prove(
    rule: Rule, machine: Machine, examples: int = EXAMPLES, sweep: int | None = None
) -> Iterator[Progress | Verdict]:
    """Compare function and command of a rule on every trial, then look for its capabilities; the verdict comes last.

    sweep: so many trials of the sweep, None for all; what the rule says is missed only after a look at all of them.
    Runs inside a house. The same rule on the same machine gives the same trials.
    """
    with rooms(rule) as place:
        yield from _proven(_Tally(rule, machine, place), examples, sweep)


def _proven(tally: _Tally, examples: int, sweep: int | None) -> Iterator[Progress | Verdict]:
    since = time.monotonic()
    rule, machine = tally.rule, tally.machine
    if not machine.many and rule.capabilities & _FOREIGN_IDS:
        tally.lacking[fixtures.ONE_USER] = len(rule.trials)
        yield _verdict(tally, None, since)
        return
    for trial in rule.trials:
        _differs(tally, trial, "written")
    yield Progress(rule.name, tally.compared)
    for difference in rule.differences:
        if difference.trial is not None:
            _has_to_show(tally, difference, difference.trial)
    chosen, others = generate.sample(rule, list(generate.sweep(rule)), sweep)
    for number, trial in enumerate(chosen):
        if len(tally.findings) >= _TOLD:
            tally.cut = True
            break
        _differs(tally, trial, "generated")
        if number % _BATCH == 0:
            yield Progress(rule.name, tally.compared)
    for difference in rule.differences:
        for trial in others:
            if tally.shown[difference.text] or tally.cut:
                break
            if _marks(trial) & set(difference.on):
                _differs(tally, trial, "generated")
    if examples and not tally.findings:  # else it differs: one reason is enough, and shrinking another takes long
        _mixed(tally, examples)
        yield Progress(rule.name, tally.compared)
    found = None
    if not machine.many:
        # On files of one user alone every claim would look too large.
        tally.lacking[f"which capabilities it needs: {fixtures.ONE_USER}"] += 1
    elif tally.compared and not tally.findings:
        found = _smallest(tally)
        if others and not rule.capabilities <= found.capabilities:  # before a claim is called too large, all is tried
            for trial in others:
                _differs(tally, trial, "generated")
            found = None if tally.findings else _smallest(tally)
    yield _verdict(tally, found, since)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One trial both ways. check: False where they agree but for the function's answer when it may not raise."""

    command: Seen
    function: Seen
    divergences: tuple[Divergence, ...]
    check: bool = True


def compare(rule: Rule, trial: Trial, seconds: float = PATIENT, place: Place | None = None) -> Comparison:
    """One trial both ways, each with so much time; place: None for worlds of their own. Raises NotHere and Unfit."""
    held = _held(rule, trial)
    command = by_command(rule, trial, seconds, place)
    hangs = command.status == ENDLESS
    function = by_function(rule, trial, held, seconds=seconds, alone=hangs, place=place)
    found = compared(command, function, trial.apart)
    if function.status.startswith("exit ") and int(function.status.split()[1]) not in {0, *rule.failures}:
        claimed = ", ".join(map(str, sorted(rule.failures)))
        found = (Divergence("status", "", f"the exit codes that are claimed: {claimed}", function.status), *found)
    asked = not {"check", "check_exit_code"}.isdisjoint(rule.signature.parameters)
    if not found and asked and command.status != "exit 0" and not hangs:
        wanted = replace(command, status="exit 0")
        told = by_function(rule, trial, held, check=False, seconds=seconds, place=place)
        found = compared(wanted, told, trial.apart)
        if found:
            return Comparison(wanted, told, found, check=False)
    return Comparison(command, function, found)


def _smallest(tally: _Tally) -> Found:
    tried = list(dict.fromkeys([*_plain(tally), *tally.wanting]))
    return capabilities.smallest(tally.rule, tried, tally.place, tally.right)


def _plain(tally: _Tally) -> list[Trial]:
    """The trials on which capabilities are looked for: those that ran, in plain spelling."""
    return [trial for trial, ran in tally.done.items() if ran and not _marks(trial) & set(SHAPES)]


def _verdict(tally: _Tally, found: Found | None, since: float) -> Verdict:
    rule = tally.rule
    absent = []
    for difference in rule.differences:
        if (
            (difference.on or difference.trial)
            and not tally.shown[difference.text]
            and not (tally.lacking or tally.cut)
        ):
            absent.append(difference.text)
    return Verdict(
        rule=rule.name,
        written=len(rule.trials),
        trials=tally.compared,
        claimed=frozenset(rule.capabilities),
        found=found,
        findings=tuple(tally.findings[:_TOLD]),
        absent=tuple(absent),
        shown=dict(tally.shown),
        lacking=dict(tally.lacking),
        seconds=time.monotonic() - since,
    )


def _differs(tally: _Tally, trial: Trial, origin: str) -> bool:
    """Compare on one trial; whether the two differ in a way that the rule does not declare."""
    if trial in tally.done:
        return False
    found = _outcome(tally, trial, QUICK, tally.place)
    tally.done[trial] = found is not None
    if found is not None and _odd(tally, trial, found):
        # A run that was cut short, a busy machine, what an earlier trial left: only what shows again counts.
        found = _outcome(tally, trial, PATIENT)
    if found is None:
        return False
    tally.compared += 1
    if not found.divergences:
        tally.right[trial] = found.function
    for each in found.divergences:
        tally.shown.update(_declared(tally.rule, trial, each.aspect))
    odd = _odd(tally, trial, found)
    if odd and found.command.status != _NOT_TRIED and _agree_with_more(tally.rule, trial, found):
        tally.wanting.append(trial)
        return False
    if odd:
        tally.findings.append(Finding(trial.line, _told_stdin(tally.rule, trial), origin, odd, found.check))
    return bool(odd)


def _agree_with_more(rule: Rule, trial: Trial, found: Comparison) -> bool:
    """Whether the function does what the command does once it has all capabilities."""
    return not compared(found.command, by_function(rule, trial, None, check=found.check), trial.apart)


def _odd(tally: _Tally, trial: Trial, found: Comparison) -> tuple[Divergence, ...]:
    """What the rule does not declare."""
    return tuple(each for each in found.divergences if not _declared(tally.rule, trial, each.aspect))


def usual_stdin(rule: Rule) -> str:
    """What the trials of a rule read, where nothing else is said."""
    return rule.trials[0].stdin if rule.trials else ""


def _told_stdin(rule: Rule, trial: Trial) -> str:
    return "" if trial.stdin == usual_stdin(rule) else trial.stdin


def _declared(rule: Rule, trial: Trial, aspect: str) -> list[str]:
    """The declared differences that this one can be, by their texts."""
    marks = _marks(trial)
    return [each.text for each in rule.differences if each.on and marks & set(each.on) and aspect in each.aspects]


def _marks(trial: Trial) -> set[str]:
    """The fixtures and shapes that a trial has."""
    found = set()
    for word in fixtures.words(trial.line):
        for spot in fixtures.spots(word):
            found |= {spot.fixture, *spot.shapes}
        if not word:
            found.add("blank")
    return found


def _has_to_show(tally: _Tally, difference: Difference, trial: Trial) -> None:
    found = _outcome(tally, trial, PATIENT)
    if found is None:
        return
    tally.compared += 1
    if any(each.aspect in difference.aspects for each in found.divergences):
        tally.shown[difference.text] += 1
    odd = tuple(each for each in found.divergences if each.aspect not in difference.aspects)
    if odd:
        tally.findings.append(Finding(trial.line, _told_stdin(tally.rule, trial), "written", odd, found.check))


def _outcome(tally: _Tally, trial: Trial, seconds: float, place: Place | None = None) -> Comparison | None:
    """The two compared on a trial; None when it cannot be tried here."""
    for need in trial.needs:
        if need in tally.machine.lacking:
            tally.lacking[tally.machine.lacking[need]] += 1
            return None
    try:
        found = compare(tally.rule, trial, seconds, place)
    except fixtures.NotHere as lack:
        tally.lacking[str(lack)] += 1
        return None
    except Unfit as error:
        nothing = Seen(_NOT_TRIED, "", "")
        found = Comparison(nothing, nothing, (Divergence("status", "", "runs this line", f"not covered: {error}"),))
    return found


def _held(rule: Rule, trial: Trial) -> frozenset[str]:
    """The capabilities that the function is run with: those it claims, for these words."""
    held = frozenset(rule.capabilities)
    for prefix, more in rule.near:
        if any(word.startswith(prefix) for word in fixtures.words(trial.line)):
            held |= more
    return held


class _Differs(Exception):
    """Tells hypothesis that an example failed."""


def _mixed(tally: _Tally, examples: int) -> None:
    """Trials that hypothesis draws; a failing one is made as simple as it gets, and only that one is kept."""
    import hypothesis

    before = len(tally.findings)

    def check(trial: Trial) -> None:
        if _differs(tally, trial, "generated") or any(
            finding.line == trial.line for finding in tally.findings[before:]
        ):
            raise _Differs

    quiet = hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=False,
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
        suppress_health_check=list(hypothesis.HealthCheck),
        print_blob=False,
        report_multiple_bugs=False,
        verbosity=hypothesis.Verbosity.quiet,
    )
    try:
        hypothesis.seed(0)(quiet(hypothesis.given(generate.trials(tally.rule))(check)))()
    except _Differs:
        tally.findings[before:] = tally.findings[-1:]


def warm(rules: Sequence[Rule]) -> None:
    """Import what functions and trials will import, once: each of the forked children would import it again."""
    import gc
    import importlib
    from contextlib import suppress

    for name in ("hypothesis", "hypothesis.strategies", "msgpack", "oslo_privsep.capabilities"):
        importlib.import_module(name)
    for line in {line for rule in rules for line in rule.imports}:
        words = line.split()
        names = [words[1], f"{words[1]}.{words[3]}"] if words[0] == "from" else [words[1]]
        for name in names:
            with suppress(ImportError):  # `from module import function`; one that is really missing fails in its trial
                importlib.import_module(name)
    gc.collect()
    gc.freeze()
