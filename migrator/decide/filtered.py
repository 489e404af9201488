"""Outcomes as the project's rootwrap filters have them: the executable that they name, and what they admit."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from migrator.decide import expressions, python2
from migrator.decide.constrained import Form, Spelled, Unfit, constrained
from migrator.decide.load import Rulebook
from migrator.decide.match import Behind, Match, match
from migrator.decide.options import admits
from migrator.decide.rule import BESIDE, Rule
from migrator.model import Outcome, Privileged, Reason, Rung, Site, Status
from migrator.rootwrap.admission import Way, unconditional, ways
from migrator.rootwrap.filters import Filter
from migrator.rootwrap.project import asked_of, filters_of
from migrator.rootwrap.shapes import shapes
from migrator.understand.notation import spelled
from migrator.words import Command, Literal, Value

# The folder of a Python file -> the filters of its project.
Filters = Mapping[str, tuple[Filter, ...]]


def filters(sites: Iterable[Site]) -> Filters:
    """The filters of the projects that sites lie in. Raises Fault for a file of filters that cannot be read."""
    of: dict[str, tuple[Filter, ...]] = {}
    read: dict[str, tuple[Filter, ...]] = {}
    for site in sites:
        folder = os.path.dirname(site.path)
        if folder not in of:
            root = python2.project_of(site.path)
            if root not in read:
                read[root] = filters_of(root)
            of[folder] = read[root]
    return of


def _of(site: Site, known: Filters) -> tuple[Filter, ...]:
    return asked_of(site, known.get(os.path.dirname(site.path), ()))


def resolved(site: Site, known: Filters) -> Site:
    """The site with the executable that its filters run, where they agree on one: `/opt/x/ifc_ctl` for ifc_ctl."""
    found = {(way.program, way.executable) for way in ways(_of(site, known), site.command.words)}
    words = site.command.words
    if len(found) != 1:
        return site
    ((number, executable),) = found
    old = words[number] if number < len(words) else None
    if not isinstance(old, Literal) or old.text == executable:
        return site
    changed = (*words[:number], Literal(executable), *words[number + 1 :])
    programs = tuple(executable if each == old.text else each for each in site.command.programs)
    program = executable if site.command.program == old.text else site.command.program
    return replace(site, command=Command(changed, site.command.prefix, program, programs))


def held(outcomes: Sequence[Outcome], sites: Sequence[Site], known: Filters, rulebook: Rulebook) -> tuple[Outcome, ...]:
    """The outcomes of resolved() sites, each for the site as it is in `sites`, held to what the filters admit.

    A function begins with checks of what its filters ask of its parameters. Sites that rootwrap runs as another user,
    or under a constraint that the function cannot check, are refused; one that no filter admits is told.
    """
    mine = [_as_asked(outcome, site) for outcome, site in zip(outcomes, sites, strict=True)]
    groups: dict[tuple[Privileged, tuple[Filter, ...]], list[int]] = {}
    for number, outcome in enumerate(mine):
        admitting = _of(outcome.site, known)
        if outcome.function is not None and admitting:
            groups.setdefault((outcome.function, admitting), []).append(number)
    called = {name for outcome in mine for name in outcome.site.via}
    for (function, admitting), numbers in groups.items():
        some = [_noted(mine[number], admitting) for number in numbers]
        try:
            # A wrapper's own call asks for what its callers do, who are judged themselves.
            asking = [each for each in some if not (each.site.takes_argv and each.site.qualname in called)]
            checked = _checked(function, [each for each in asking if each.function is not None], admitting, rulebook)
        except Unfit as error:
            reason = Reason("filter-constraint", f"{error}; check this in a function written by hand")
            some = [_refused(each, reason) if each.function is not None else each for each in some]
            checked = function
        for number, outcome in zip(numbers, some, strict=True):
            mine[number] = replace(outcome, function=checked) if outcome.function is not None else outcome
    return tuple(mine)


def _as_asked(outcome: Outcome, site: Site) -> Outcome:
    """The outcome for the site as it is: its executor hands on the program's name, not the filters' executable."""
    pairs = [
        (expressions.escape(old.text), expressions.escape(new.text))
        for old, new in zip(site.command.words, outcome.site.command.words, strict=True)
        if isinstance(old, Literal) and isinstance(new, Literal) and old != new
    ]
    if pairs and outcome.rung is Rung.GUARDED and outcome.function is not None:
        text = f"a filter runs {pairs[0][1]}, and the function runs the words that it is given; write it by hand"
        return replace(_refused(outcome, Reason("filter-constraint", text)), site=site)
    replaced = {new: old for old, new in pairs}
    return replace(outcome, site=site, pattern=tuple(replaced.get(part, part) for part in outcome.pattern))


def _refused(outcome: Outcome, reason: Reason) -> Outcome:
    return replace(outcome, status=Status.REFUSED, reasons=(reason, *outcome.reasons), function=None, arguments=())


def _noted(outcome: Outcome, admitting: Sequence[Filter]) -> Outcome:
    """The outcome, refused where the command is run as another user, with a note where it is never run."""
    found = ways(admitting, outcome.site.command.words)
    others = sorted({way.filter.run_as for way in found} - {"root"})
    if others:
        text = f"a filter runs it as {others[0]}, and a privileged function runs as root; run it as {others[0]} by hand"
        return _refused(outcome, Reason("run-as", text))
    if found:
        return outcome
    text = "no filter admits this command, so today rootwrap answers with exit code 99; see whether it is still called"
    return replace(outcome, reasons=(*outcome.reasons, Reason("not-admitted", text)))


def _checked(
    function: Privileged, outcomes: Sequence[Outcome], admitting: Sequence[Filter], rulebook: Rulebook
) -> Privileged:
    """The function with the checks that the filters make of the commands of these sites. Raises Unfit."""
    (rule,) = rulebook.named(function.rule) if function.rule else (None,)
    sites = [outcome.site for outcome in outcomes]
    return by_rule(function, rule, sites, admitting) if rule else _narrow(function, sites, admitting)


# --- functions that run the command ------------------------------------------------------------------


def _narrow(function: Privileged, sites: Sequence[Site], admitting: Sequence[Filter]) -> Privileged:
    call = _run_call(function.source)
    if call is None or any(isinstance(word, ast.Starred) for word in call.args):
        return _guarded(function, sites, admitting)
    forms = []
    for site in sites:
        found = ways(admitting, site.command.words)
        if not found:
            continue
        if any(unconditional(way, site.command.words) for way in found):
            return function
        words = [_spelled(word) for word in call.args]
        if any(word is None for word in words) or len(words) != len(site.command.words):
            raise _taken_as_they_come(found[0])
        plain = [_as_before(spelled, old) for spelled, old in zip(words, site.command.words, strict=True) if spelled]
        forms.append(Form(tuple(plain), ways(admitting, [each.word for each in plain])))
    if not forms:
        return function
    fixed = [(each.arg, ast.unparse(each.value)) for each in call.keywords if each.arg == "check_exit_code"]
    return constrained(function, forms, returns=admits(tuple(fixed), 99) is True)


def _guarded(function: Privileged, sites: Sequence[Site], admitting: Sequence[Filter]) -> Privileged:
    """The function, which admits the forms that these sites ask for, where the filters admit each in any case."""
    forms = [words for site in sites for words in shapes(site.command.words)]
    some = [ways(admitting, words) for words in forms]
    for words, found in zip(forms, some, strict=True):
        if found and not any(unconditional(way, words) for way in found):
            raise _taken_as_they_come(found[0])
        if not found and any(some):
            raise Unfit(f"no filter admits {' '.join(spelled(words))}, which the function takes as well")
    return function


def _taken_as_they_come(way: Way) -> Unfit:
    return Unfit(f"{way.filter.name} admits some words only, and the function takes them as they come")


def _run_call(source: str) -> ast.Call | None:
    """The call of command.run() in a function that does nothing else."""
    calls = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "command.run"
    ]
    return calls[0] if len(calls) == 1 else None


def _spelled(node: ast.expr) -> Spelled | None:
    """A word of command.run(): a text, a parameter, or a `%`-format with one parameter."""
    source = ast.unparse(node)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return Spelled(source, Literal(node.value))
    if isinstance(node, ast.Name):
        return Spelled(source, Value(source), parameter=node.id)
    if (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Mod)
        and isinstance(node.left, ast.Constant)
        and isinstance(node.left.value, str)
        and isinstance(node.right, ast.Name)
    ):
        before, percent, after = _unescaped(node.left.value)
        if percent:
            pieces = tuple(piece for piece in (before, None, after) if piece != "")
            return Spelled(source, Value(source, pieces), template=node.left.value, inner=node.right.id)
    return None


def _unescaped(template: str) -> tuple[str, str, str]:
    """What stands before and after the one %s or %d of a template."""
    marked = template.replace("%%", "\0").replace("%d", "%s")
    before, percent, after = marked.partition("%s")
    return before.replace("\0", "%"), percent, after.replace("\0", "%")


def _as_before(spelled: Spelled, old: object) -> Spelled:
    """The word as the old command had it: the filters compare the program's name, not what they run for it."""
    if not isinstance(spelled.word, Literal) or not isinstance(old, Literal):
        return spelled
    return Spelled(repr(old.text), old)


# --- functions of a rule -----------------------------------------------------------------------------------


def by_rule(function: Privileged, rule: Rule, sites: Sequence[Site], admitting: Sequence[Filter]) -> Privileged:
    """A rule's function with the checks that the filters make of it, when it stands for these sites. Raises Unfit.

    Every parameter counts as a word that is not known, whatever one site gives for it: they all call this function.
    """
    forms, tolerant = [], []
    for site in sites:
        if not ways(admitting, site.command.words):
            continue
        words, settled = _rule_words(rule, site)
        found = ways(admitting, [each.word for each in words])
        if any(unconditional(way, [each.word for each in words]) for way in found):
            return function
        forms.append(Form(words, found, settled))
        code = next((option.code for option in site.options if option.name == "check_exit_code"), "0")
        fixed = (("check_exit_code", code),)
        if admits(fixed, 1):
            tolerant.append(admits(fixed, 99) is True)
    if not forms:
        return function
    # One `check` stands for several values of check_exit_code; where some of them let 99 pass and some do not, it
    # is told as an exception, which nobody overlooks.
    return constrained(function, forms, check="check" in rule.signature.parameters and bool(tolerant) and all(tolerant))


def _rule_words(rule: Rule, site: Site) -> tuple[tuple[Spelled, ...], tuple[tuple[str, str], ...]]:
    """The words of a site with the rule's parameters in them, and the values of the parameters that no word gives."""
    found = match(site.command, rule)
    if not isinstance(found, Match):
        raise Unfit(f"the rule {rule.name} does not take {site.command.words}")
    words: list[Spelled | None] = [None] * len(site.command.words)
    settled: list[tuple[str, str]] = []
    given = dict(found.given)
    for name, parameter in rule.signature.parameters.items():
        if name in BESIDE:
            continue
        value = given.get(name, parameter.default)
        if isinstance(value, (Literal, Value)):
            _give(words, site, value, name)
        elif isinstance(value, Behind):
            template = expressions.escape(value.start) + "%s"
            source = f"{template!r} % {name}"
            number = next(number for number, old in enumerate(site.command.words) if old is value.word)
            words[number] = Spelled(source, Value(source, (value.start, None)), template=template, inner=name)
        elif isinstance(value, tuple):
            settled.append((f"len({name})", repr(len(value))))
            for number, word in enumerate(value):
                _give(words, site, word, f"{name}[{number}]")
        else:
            settled.append((name, repr(value)))
    for number, old in enumerate(site.command.words):
        if words[number] is None:
            if not isinstance(old, Literal):
                raise Unfit(f"{rule.name} has no parameter for a word that filters look at")
            words[number] = Spelled(repr(old.text), old)
    return tuple(each for each in words if each is not None), tuple(settled)


def _give(words: list[Spelled | None], site: Site, value: Literal | Value, source: str) -> None:
    """Put a parameter in the place of the word that it is given for, or of the end of one (`-9` gives `9`)."""
    name = source if source.isidentifier() else ""
    for number, old in enumerate(site.command.words):
        if old is value and words[number] is None:
            words[number] = Spelled(source, Value(source), parameter=name)
            return
    for number, old in enumerate(site.command.words):
        ends = isinstance(old, Literal) and isinstance(value, Literal) and old.text.endswith(value.text)
        if ends and words[number] is None and number:
            assert isinstance(old, Literal) and isinstance(value, Literal)
            before = old.text.removesuffix(value.text)
            template = expressions.escape(before) + "%s"
            spelled = f"{template!r} % {source}"
            words[number] = Spelled(spelled, Value(spelled, (before, None)), template=template, inner=source)
            return
    raise Unfit(f"what gives {source} is no word by itself")
