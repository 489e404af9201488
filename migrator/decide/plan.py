"""Sites and rules -> outcomes: a native rule where one fits, else a narrow function, else the reasons why not."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import replace

from migrator.decide import expressions, naming, narrow, refusal, usable
from migrator.decide.exits import checking
from migrator.decide.load import Rulebook
from migrator.decide.match import Given, Match, match
from migrator.decide.options import Carried, admits, carried
from migrator.decide.rule import Rule
from migrator.model import Argument, Literal, Outcome, Privileged, Reason, Scan, Site, Status, Unreadable, Value

_EXEC_DIRS = {"", "/bin", "/sbin", "/usr/bin", "/usr/sbin"}


def plan(site: Site, rulebook: Rulebook, allowed: frozenset[str] = frozenset()) -> Outcome:
    """The outcome of one site on its own; names may differ from those that plan_all() gives it beside others.

    allowed: libraries that functions may import though the project does not require them yet.
    """
    place = usable.place(site.path, allowed)
    return _settled([_considered(site, rulebook, place)], rulebook, {place})[0]


def plan_all(scan: Scan, rulebook: Rulebook, allowed: frozenset[str] = frozenset()) -> tuple[Outcome, ...]:
    """The outcomes of all sites, in their order. Sites of one command shape share one function."""
    asked: dict[str, usable.Place] = {}
    for site in scan.sites:
        folder = os.path.dirname(site.path)
        if folder not in asked:
            asked[folder] = usable.place(site.path, allowed)
    considered = [_considered(site, rulebook, asked[os.path.dirname(site.path)]) for site in scan.sites]
    outcomes = _settled(considered, rulebook, set(asked.values()))
    old = {one.path: one for one in scan.tolerated}
    return tuple(_not_in_old(one, old[one.site.path]) if one.site.path in old else one for one in outcomes)


def _not_in_old(outcome: Outcome, oddity: Unreadable) -> Outcome:
    """What a file allows that only the tolerant reading takes: the change could not be checked by parsing it."""
    if outcome.status not in (Status.READY, Status.REVIEW):
        return outcome
    text = f"line {oddity.line}: {oddity.reason}; mend that first, so that the changed file can be parsed and checked"
    return replace(outcome, status=Status.REFUSED, reasons=(Reason("old-python", text), *outcome.reasons))


def _considered(
    site: Site, rulebook: Rulebook, place: usable.Place
) -> Outcome | tuple[narrow.Draft, tuple[Reason, ...]]:
    """An outcome, or a draft of a narrow function with the reasons why no rule took the site."""
    unknown = refusal.unresolved(site.command)
    if unknown is not None:
        others = tuple(each for each in refusal.refused(site) if each.code not in ("words-open", "words-branch"))
        return Outcome(site, refusal.status(unknown), refusal.rung(site), (unknown, *others))
    keywords = carried(site)
    reasons = refusal.refused(site) + (keywords if isinstance(keywords, tuple) else ())
    if reasons or isinstance(keywords, tuple):
        return Outcome(site, Status.REFUSED, refusal.rung(site), _once(reasons))
    program = site.command.program
    assert program is not None
    folder, name = os.path.split(program)
    misses: list[Reason] = []
    unusable: list[Reason] = []
    for rule in rulebook.rules_for(name) if folder in _EXEC_DIRS else ():
        taken = _by_rule(site, rule, keywords)
        lacking = usable.lacking(rule, place) if isinstance(taken, Outcome) else ""
        if isinstance(taken, Outcome) and not lacking:
            return taken
        (unusable if lacking else misses).append(Reason("not-by-rule", f"{rule.name}: {lacking or taken}"))
    # Where a rule covers the command, nobody asks why the others do not.
    return narrow.draft(site, program, keywords), tuple(unusable or misses)


def _once(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    return tuple(dict.fromkeys(reasons))


# --- by a rule -------------------------------------------------------------------------------------------


def _by_rule(site: Site, rule: Rule, keywords: Carried) -> Outcome | str:
    """The outcome when the rule covers the site, else why it does not."""
    found = match(site.command, rule)
    if not isinstance(found, Match):
        return found.reason
    for difference in rule.differences:
        if difference.when is not None and difference.when in site.uses:
            return difference.text
    parameters = rule.signature.parameters
    given = [Argument(name, _source(value)) for name, value in found.given]
    for name, code in keywords.fixed:
        if name == "process_input" and name in parameters:
            given.append(Argument(name, code))
        elif name != "check_exit_code":
            return f"it does not know {name}="
    if keywords.stdin:
        if "process_input" not in parameters:
            return "it does not know process_input="
        given.append(Argument("process_input", keywords.stdin))
    checks = checking(rule, lambda code: admits(keywords.fixed, code))
    if isinstance(checks, str):
        return checks
    given += [Argument(name, repr(value)) for name, value in checks.items()]
    order = list(parameters)
    given.sort(key=lambda argument: order.index(argument.name))
    near = [_near(rule, word) for _, value in found.given for word in _words(value)]
    function = Privileged(
        rule.function.__name__,
        rule.module,
        rule.source,
        rule.imports,
        frozenset(rule.capabilities).union(*near),
        rule.kind,
        rule.name,
    )
    unproven = (refusal.unproven(rule.name, rule.review),) if rule.review else ()
    return Outcome(site, Status.REVIEW if unproven else Status.READY, rule.kind, unproven, function, tuple(given))


def _words(given: Given) -> tuple[Literal | Value, ...]:
    if isinstance(given, tuple):
        return given
    return () if isinstance(given, bool) else (given,)


def _source(given: Given) -> str:
    if isinstance(given, bool):
        return repr(given)
    if isinstance(given, tuple):
        return f"[{', '.join(_source(word) for word in given)}]"
    return repr(given.text) if isinstance(given, Literal) else expressions.crossing(given.code, text=given.text)


def _near(rule: Rule, word: Literal | Value) -> frozenset[str]:
    start = word.text if isinstance(word, Literal) else (word.pieces[0] or "") if word.pieces else ""
    return frozenset(name for prefix, names in rule.near if start.startswith(prefix) for name in names)


# --- all sites together ------------------------------------------------------------------------------


def _settled(
    considered: Sequence[Outcome | tuple[narrow.Draft, tuple[Reason, ...]]],
    rulebook: Rulebook,
    places: Collection[usable.Place],
) -> tuple[Outcome, ...]:
    """Give each shape its function and each rule's function the capabilities that all its sites need."""
    drafts: dict[narrow.Shape, list[narrow.Draft]] = {}
    needed: dict[str, frozenset[str]] = {}
    for each in considered:
        if isinstance(each, tuple):
            drafts.setdefault(each[0].shape, []).append(each[0])
        elif each.function is not None:
            needed[each.function.rule] = needed.get(each.function.rule, frozenset()) | each.function.capabilities
    functions = _functions(drafts, rulebook, places)
    outcomes = []
    for each in considered:
        if isinstance(each, tuple):
            draft, misses = each
            function, names = functions[draft.shape]
            given = narrow.arguments(draft, names)
            outcomes.append(_ready(Outcome(draft.site, Status.READY, function.rung, misses, function, given)))
        elif each.function is not None:
            capabilities = needed[each.function.rule]
            outcomes.append(_ready(replace(each, function=replace(each.function, capabilities=capabilities))))
        else:
            outcomes.append(each)
    return tuple(outcomes)


def _ready(outcome: Outcome) -> Outcome:
    """The outcome, or the same for review where something only a person can confirm is left."""
    unsure = refusal.unsure(outcome.site)
    return replace(outcome, status=Status.REVIEW, reasons=unsure + outcome.reasons) if unsure else outcome


def _functions(
    drafts: dict[narrow.Shape, list[narrow.Draft]], rulebook: Rulebook, places: Collection[usable.Place]
) -> dict[narrow.Shape, tuple[Privileged, tuple[str, ...]]]:
    """A function for each shape, with names that are unique in their module whatever the order of the sites."""
    taken = {
        (rule.module, rule.function.__name__)
        for program in sorted({shape.program for shape in drafts})
        for rule in rulebook.rules_for(os.path.basename(program))
        if not all(usable.lacking(rule, place) for place in places)
    }
    functions = {}
    for shape in sorted(drafts, key=_order):
        some = drafts[shape]
        names = narrow.parameter_names(some)
        told = (*names, *(["process_input"] if shape.stdin else []))
        for name in naming.function_names(shape.program, some[0].tail, shape.fixed, told):
            if (shape.area, name) not in taken:
                taken.add((shape.area, name))
                functions[shape] = (narrow.function(shape, name, names), names)
                break
    return functions


def _order(shape: narrow.Shape) -> tuple[object, ...]:
    return len(shape.fixed), len(shape.words), shape.stdin, repr(shape)
