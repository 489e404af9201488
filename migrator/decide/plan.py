"""Sites and rules -> outcomes: a native rule where one fits, else a narrow function, else the reasons why not."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from migrator.decide import expressions, families, filtered, forms, naming, narrow, refusal, usable
from migrator.decide.exits import checking
from migrator.decide.families import Families
from migrator.decide.load import Rulebook
from migrator.decide.match import Behind, Given, Match, known_start, match
from migrator.decide.options import Carried, admits, carried, handed_on
from migrator.decide.rule import Rule
from migrator.model import Argument, Form, Outcome, Privileged, Reason, Rung, Scan, Site, Status, Unreadable
from migrator.words import Literal, Value

_EXEC_DIRS = {"", "/bin", "/sbin", "/usr/bin", "/usr/sbin"}


def plan(site: Site, rulebook: Rulebook, allowed: frozenset[str] = frozenset(), *, unproven: bool = False) -> Outcome:
    """The outcome of one site on its own; names may differ from those that plan_all() gives it beside others.

    allowed: libraries that functions may import though the project does not require them yet. unproven: rules for
    review are used, and their calls are for review; else what such a rule covers is as if there were none.
    """
    place = usable.place(site.path, allowed, unproven=unproven)
    known = filtered.filters([site])
    considered = _considered(filtered.resolved(site, known), rulebook, place, Families({}))
    return filtered.held(_settled([considered], rulebook, {place}), [site], known, rulebook)[0]


def plan_all(
    scan: Scan, rulebook: Rulebook, allowed: frozenset[str] = frozenset(), *, unproven: bool = False
) -> tuple[Outcome, ...]:
    """The outcomes of all sites, in their order. Sites of one command shape share one function."""
    asked: dict[str, usable.Place] = {}
    for site in scan.sites:
        folder = os.path.dirname(site.path)
        if folder not in asked:
            asked[folder] = usable.place(site.path, allowed, unproven=unproven)
    known = filtered.filters(scan.sites)
    sites = [filtered.resolved(site, known) for site in scan.sites]
    handing = families.of(sites)
    considered = [_considered(site, rulebook, asked[os.path.dirname(site.path)], handing) for site in sites]
    outcomes = _settled(considered, rulebook, set(asked.values()))
    outcomes = filtered.held(outcomes, scan.sites, known, rulebook)
    old = {one.path: one for one in scan.tolerated}
    return tuple(_not_in_old(one, old[one.site.path]) if one.site.path in old else one for one in outcomes)


def _not_in_old(outcome: Outcome, oddity: Unreadable) -> Outcome:
    """What a file allows that only the tolerant reading takes: the change could not be checked by parsing it."""
    if outcome.status not in (Status.READY, Status.REVIEW):
        return outcome
    text = f"line {oddity.line}: {oddity.reason}; mend that first, so that the changed file can be parsed and checked"
    return replace(outcome, status=Status.REFUSED, reasons=(Reason("old-python", text), *outcome.reasons))


def _considered(site: Site, rulebook: Rulebook, place: usable.Place, known: Families) -> Outcome | Drafted:
    """An outcome, or a draft of a function with what is told beside it."""
    family = known.around(site)
    commands = family.commands if family else (site.command.words,)
    program = site.command.program or next(iter(family.programs if family else forms.programs(commands[0])), None)
    if program is None:
        unknown = refusal.unresolved(site.command)
        assert unknown is not None
        other = forms.way(site)
        others = other if isinstance(other, tuple) else ()
        return Outcome(site, refusal.status(unknown), refusal.rung(site), (unknown, *others))
    inner = family is not None and site is not family.container
    way = forms.way(site, container=family is not None and not inner, inner=inner)
    source = family.container if family else site
    handed = isinstance(way, forms.Way) and way.form in (Form.FLAG, Form.INNER)
    keywords = handed_on(source, family.callers, handed=handed) if family else carried(source, handed=handed)
    reasons = (way if isinstance(way, tuple) else ()) + (keywords if isinstance(keywords, tuple) else ())
    if isinstance(way, tuple) or isinstance(keywords, tuple):
        return Outcome(site, Status.REFUSED, refusal.rung(site), _once(reasons))
    if way.tried and keywords.settings:
        return Outcome(site, Status.REFUSED, refusal.rung(site), (refusal.settings_of_trycmd(keywords.settings),))
    told = (*way.reasons, *(family.reasons if family else ()))
    tried = keywords.tried if way.tried else None
    shared = Outcome(site, Status.REVIEW if told else Status.READY, Rung.NARROW, told, form=way.form, tried=tried)
    if way.guarded:
        drafted = narrow.guarded_draft(source, program, keywords, commands)
        return Drafted(drafted, shared)
    misses: list[Reason] = []
    unusable: list[Reason] = []
    for rule in _rules(rulebook, program):
        taken = _by_rule(shared, rule, keywords)
        lacking = usable.lacking(rule, place) if isinstance(taken, Outcome) else ""
        if isinstance(taken, Outcome) and not lacking:
            return taken
        (unusable if lacking else misses).append(Reason("not-by-rule", f"{rule.name}: {lacking or taken}"))
    # Where a rule covers the command, nobody asks why the others do not.
    shared = replace(shared, reasons=(*told, *(unusable or misses)))
    return Drafted(narrow.draft(site, program, keywords, handed=handed), shared)


def _rules(rulebook: Rulebook, program: str) -> Sequence[Rule]:
    folder, name = os.path.split(program)
    return rulebook.rules_for(name) if folder in _EXEC_DIRS else ()


def _once(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    return tuple(dict.fromkeys(reasons))


# --- by a rule -------------------------------------------------------------------------------------------


def _by_rule(shared: Outcome, rule: Rule, keywords: Carried) -> Outcome | str:
    """The outcome when the rule covers the site, else why it does not. shared: what is settled of it."""
    site = shared.site
    found = match(site.command, rule)
    if not isinstance(found, Match):
        return found.reason
    for difference in rule.differences:
        if difference.when is not None and difference.when in site.uses:
            return difference.text
    parameters = rule.signature.parameters
    places: dict[int, str] = {}
    pattern: tuple[str, ...] = ()
    if shared.form is Form.FLAG:
        varying = [word for word in site.command.words if isinstance(word, Value)]
        places = {id(word): f"words[{number}]" for number, word in enumerate(varying)}
        parts = [part for _, value in found.given for part in _words(value)]
        starts = {id(part.word): expressions.escape(part.start) for part in parts if isinstance(part, Behind)}
        pattern = tuple(
            expressions.escape(word.text) if isinstance(word, Literal) else f"{starts.get(id(word), '')}%s"
            for word in site.command.words
        )
        if any(isinstance(part, Value) and id(part) not in places for part in parts):
            return "a part of a word is one of its operands"
    if keywords.settings:
        return f"it does not know {keywords.settings[0][0]}="
    given = [Argument(name, _source(value, places)) for name, value in found.given]
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
        samples=rule.samples,
        helpers=rule.helpers,
    )
    unproven = (refusal.unproven(rule.name, rule.review),) if rule.review else ()
    return replace(
        shared,
        status=Status.REVIEW if unproven else shared.status,
        rung=rule.kind,
        reasons=(*unproven, *shared.reasons),
        function=function,
        arguments=tuple(given),
        pattern=pattern,
    )


def _words(given: Given) -> tuple[Literal | Value | Behind, ...]:
    if isinstance(given, tuple):
        return given
    return () if isinstance(given, bool) else (given,)


def _source(given: Given, places: Mapping[int, str]) -> str:
    if isinstance(given, bool):
        return repr(given)
    if isinstance(given, tuple):
        return f"[{', '.join(_source(word, places) for word in given)}]"
    if isinstance(given, Behind):
        return places.get(id(given.word)) or expressions.behind(given.word.code, given.start)
    if isinstance(given, Literal):
        return repr(given.text)
    return places.get(id(given)) or expressions.crossing(given.code, text=given.text)


def _near(rule: Rule, word: Literal | Value | Behind) -> frozenset[str]:
    start = known_start(word.word).removeprefix(word.start) if isinstance(word, Behind) else known_start(word)
    return frozenset(name for prefix, names in rule.near if start.startswith(prefix) for name in names)


# --- all sites together ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Drafted:
    """A site with its part in a function that is still to be written, and what is settled of its outcome."""

    draft: narrow.Draft
    outcome: Outcome


def _settled(
    considered: Sequence[Outcome | Drafted], rulebook: Rulebook, places: Collection[usable.Place]
) -> tuple[Outcome, ...]:
    """Give each shape its function and each rule's function the capabilities that all its sites need."""
    drafts: dict[narrow.Shape, list[narrow.Draft]] = {}
    needed: dict[str, frozenset[str]] = {}
    for each in considered:
        if isinstance(each, Drafted):
            drafts.setdefault(each.draft.shape, []).append(each.draft)
        elif each.function is not None:
            needed[each.function.rule] = needed.get(each.function.rule, frozenset()) | each.function.capabilities
    functions = _functions(drafts, rulebook, places)
    outcomes = []
    for each in considered:
        if isinstance(each, Drafted):
            function, names = functions[each.draft.shape]
            given = narrow.arguments(each.draft, names)
            made = replace(each.outcome, rung=function.rung, function=function, arguments=given)
            outcomes.append(_ready(replace(made, pattern=each.draft.pattern)))
        elif each.function is not None:
            capabilities = needed[each.function.rule]
            outcomes.append(_ready(replace(each, function=replace(each.function, capabilities=capabilities))))
        else:
            outcomes.append(each)
    return tuple(outcomes)


def _ready(outcome: Outcome) -> Outcome:
    """The outcome, or the same for review where something only a person can confirm is left."""
    unsure = () if outcome.form in (Form.FLAG, Form.INNER) else refusal.unsure(outcome.site)
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
        told = (*names, *shape.settings, *(["process_input"] if shape.stdin else []))
        for name in naming.function_names(shape.program, some[0].tail, shape.fixed, told):
            if (shape.area, name) not in taken:
                taken.add((shape.area, name))
                functions[shape] = (narrow.function(shape, name, names, narrow.said(some)), names)
                break
    return functions


def _order(shape: narrow.Shape) -> tuple[object, ...]:
    return len(shape.fixed), len(shape.words), bool(shape.pattern), shape.stdin, repr(shape)
