"""Functions that start no program: their text has to be a rule's, and what they are given what that rule says."""

from __future__ import annotations

import ast
import inspect
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from migrator.decide import filtered
from migrator.decide.constrained import Unfit
from migrator.decide.exits import checking
from migrator.decide.match import Behind, Given, Match, match
from migrator.decide.rule import NATIVE, Rule
from migrator.model import Privileged, Site
from migrator.rootwrap.admission import ways
from migrator.rootwrap.filters import Filter
from migrator.verify.replay.entrypoints import Entrypoint
from migrator.verify.replay.reading import Ran, Sent
from migrator.words import Word

# What an executor takes and a native function has no use for: nothing is started that could be logged of.
_IDLE = frozenset({"log_errors", "loglevel", "delay_on_retry", "binary"})
_SILENT = frozenset({"annotation", "ctx", "kind", "type_comment"})
TRIED = ("discard_warnings",)  # trycmd() keeps it to itself
_NOTHING: Mapping[str, tuple[object, ...]] = {"attempts": (1,), "shell": (False,)}


def rule_of(
    entry: Entrypoint, module: ast.Module, imported: Mapping[str, str], texts: Mapping[str, Rule]
) -> Rule | None:
    """The native rule that a privileged function is a copy of, None when it is none's.

    Compared are the statements and the parameters with their defaults. Decorators, docstrings, annotations, the
    function's name and `raise ... from` may differ: they are what a rewrite spells as the project does. A name that
    is something else in its module than in the rule makes it another function.
    imported: name -> dotted name, of the imports in the function's module. texts: what texts() gives.
    """
    rule = texts.get(_normal(entry.node))
    return rule if rule is not None and not _bound_otherwise(entry, module, imported, rule, rule.imports) else None


def checked_rule_of(
    entry: Entrypoint,
    module: ast.Module,
    imported: Mapping[str, str],
    texts: Mapping[str, Rule],
    sites: Sequence[Site],
    admitting: Sequence[Filter],
) -> tuple[Rule | None, str]:
    """The rule that a function for these sites is a copy of, with the checks that their filters ask for.

    And what is wrong with it: it is a copy without those checks.
    """
    plain = rule_of(entry, module, imported, texts)
    programs = {os.path.basename(site.command.program or "") for site in sites}
    for rule in (rule for rule in texts.values() if admitting and rule.form.program in programs):
        own = Privileged(
            rule.function.__name__,
            rule.module,
            rule.source,
            rule.imports,
            frozenset(),
            rule.kind,
            rule.name,
            helpers=rule.helpers,
        )
        try:
            checked = filtered.by_rule(own, rule, sites, admitting)
        except Unfit as error:
            if rule is plain:
                return plain, str(error)
            continue
        if checked == own:
            continue
        if rule is plain:
            names = sorted({way.filter.name for site in sites for way in ways(admitting, site.command.words)})
            return plain, f"only what the rootwrap filters {', '.join(names)} admit"
        wanted = ast.parse(checked.source).body[0]
        assert isinstance(wanted, ast.FunctionDef)
        if _normal(wanted) == _normal(entry.node):
            return (None if _bound_otherwise(entry, module, imported, rule, checked.imports) else rule), ""
    return plain, ""


def texts(rules: Iterable[Rule]) -> dict[str, Rule]:
    """The native rules by their texts, as rule_of() compares them."""
    return {_normal(_tree(rule.source)): rule for rule in rules if rule.kind is NATIVE}


def sends(rule: Rule, site: Site, ran: Ran, sent: Sent) -> tuple[str, str] | None:
    """None when the new call gives the rule's function what the old command says; else both sides in words."""
    wanted = expected(site, rule, ran.words, ran.options)
    if isinstance(wanted, str):
        return wanted, f"{rule.name} is called"
    given = {name: each for name, each in sent.keywords.items() if name not in TRIED}
    found = differences(rule, wanted, sent.args, given)
    return found[0] if found else None


def expected(site: Site, rule: Rule, words: Sequence[Any], options: Mapping[str, Any]) -> dict[str, Any] | str:
    """Parameter -> what the old call gives for it, with words and options evaluated; a sentence when the rule cannot.

    words: the values of the command's words, one each. A parameter that is not there keeps its default.
    """
    found = match(site.command, rule)
    if not isinstance(found, Match):
        return f"the rule {rule.name} does not take the old command: {found.reason}"
    for difference in rule.differences:
        if difference.when is not None and difference.when in site.uses:
            return f"the rule {rule.name} is not for a call like this: {difference.text}"
    if len(words) != len(site.command.words):
        return f"the old command has {len(words)} words, and {len(site.command.words)} by the scan's reading"
    parameters = rule.signature.parameters
    values = {id(word): each for word, each in zip(site.command.words, words, strict=True)}
    wanted = {name: _value(given, values) for name, given in found.given}
    for name, value in options.items():
        if name in ("check_exit_code", *TRIED) or name in _IDLE or value is None or value in _NOTHING.get(name, ()):
            continue
        if name != "process_input" or name not in parameters:
            return f"{name}={value!r} is lost: {rule.name} takes no {name}"
        wanted[name] = value
    checks = checking(rule, lambda code: _accepts(options.get("check_exit_code"), code))
    if isinstance(checks, str):
        return f"check_exit_code={options['check_exit_code']!r} is lost: {rule.name}: {checks}"
    return {**wanted, **checks}


def differences(
    rule: Rule, wanted: Mapping[str, Any], args: Sequence[Any], keywords: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """(by the old command, in the new call) of each argument that is not the wanted one; [] when they are the same."""
    try:
        bound = rule.signature.bind(*args, **keywords)
    except TypeError as error:
        return [(f"{rule.name}{rule.signature}", f"a call that does not fit: {error}")]
    bound.apply_defaults()
    whole = rule.signature.bind_partial(**wanted)
    whole.apply_defaults()
    found = []
    for name, parameter in rule.signature.parameters.items():
        want, got = whole.arguments.get(name, parameter.default), bound.arguments[name]
        if want is inspect.Parameter.empty:
            found.append((f"no {name}", f"{name}={_shown(got)}"))
        elif not _same(name, want, got):
            found.append((f"{name}={_shown(want)}", f"{name}={_shown(got)}"))
    return found


# --- the text ---------------------------------------------------------------------------------------


def _tree(text: str) -> ast.FunctionDef:
    tree = ast.parse(text).body[0]
    assert isinstance(tree, ast.FunctionDef)
    return tree


def _normal(node: object) -> str:
    """A piece of a function as text, without what says nothing of what the function does."""
    if isinstance(node, list):
        return f"[{','.join(map(_normal, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    parts = [getattr(node, name, None) for name in node._fields if name not in _SILENT]
    kind = type(node)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        documented = ast.get_docstring(node, clean=False) is not None
        parts = [node.args, node.body[1:] if documented else node.body]
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        kind, parts = ast.Assign, [[node.target], node.value]
    elif isinstance(node, ast.Raise):
        parts = [node.exc]
    return f"{kind.__name__}({','.join(map(_normal, parts))})"


def _bound_otherwise(
    entry: Entrypoint, module: ast.Module, imported: Mapping[str, str], rule: Rule, imports: Sequence[str]
) -> bool:
    """Whether a name that the function or its helpers read is something else there than by the rule's import lines."""
    own = {}
    for line in imports:
        for node in ast.parse(line).body:
            assert isinstance(node, (ast.Import, ast.ImportFrom))
            start = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                own[alias.asname or alias.name.partition(".")[0]] = start + alias.name
    if any(imported.get(name) != meant for name, meant in own.items()):
        return True
    functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    helpers = {helper.name for helper in rule.helpers}
    for helper in rule.helpers:
        if helper.name not in functions or _normal(functions[helper.name]) != _normal(_tree(helper.source)):
            return True
    bound = list(_bound(module.body))
    read = {name for one in (entry.node, *(functions[name] for name in helpers)) for name in _globals(one)}
    return bool((read - helpers) & set(bound)) or any(bound.count(name) > 1 for name in helpers)


def _globals(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    nodes = list(ast.walk(function))
    local = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    local |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)} - local


def _bound(body: Iterable[ast.stmt]) -> Iterable[str]:
    """Names that a module's statements bind by anything but an import."""
    for statement in body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield statement.name
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


# --- the arguments ----------------------------------------------------------------------------------


def _value(given: Given, values: Mapping[int, Any]) -> Any:
    if isinstance(given, bool):
        return given
    if isinstance(given, tuple):
        return [_text(word, values) for word in given]
    if isinstance(given, Behind):
        return _text(given.word, values).removeprefix(given.start)
    return _text(given, values)


def _text(word: Word, values: Mapping[int, Any]) -> str:
    """The text of a word: the one that the old call had; a part of a joined option is known only to the match."""
    if id(word) in values:
        return str(values[id(word)])
    text: str = getattr(word, "text", "")
    return text


def _accepts(given: Any, code: int) -> bool:
    """Whether a value of check_exit_code lets an exit code pass, as processutils.execute() reads it."""
    if given is None or given is True:
        return code == 0
    if given is False:
        return True
    return code in (given if isinstance(given, (list, tuple)) else [given])


def _same(name: str, want: Any, got: Any) -> bool:
    if name == "process_input":
        return bool(_bytes(want) == _bytes(got))
    if isinstance(want, (list, tuple)) and isinstance(got, (list, tuple)):
        return bool(list(want) == list(got))
    if isinstance(want, bool):
        return bool(got) is want
    return type(want) is type(got) and repr(want) == repr(got)


def _bytes(given: Any) -> Any:
    if isinstance(given, str):
        return given.encode("utf-8", "surrogateescape")
    return given if given is None or isinstance(given, bytes) else str(given).encode("utf-8", "surrogateescape")


def _shown(value: Any) -> str:
    return repr(value) if value is None or isinstance(value, (str, bytes, int, list, tuple)) else f"an object ({value})"
