"""What stands around a privileged call: the condition it is root under, the handlers, the statement it is part of."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from migrator.understand.executors import FLAGS
from migrator.verify.replay.entrypoints import Usage
from migrator.verify.replay.judging import Difference
from migrator.verify.replay.pairing import Scope, head
from migrator.verify.replay.reading import Ran, inline
from migrator.verify.replay.samples import Names, World
from migrator.verify.replay.walkthrough import Unknown, names_at, value

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def differences(old: Scope, call: ast.Call, new: Scope, usage: Usage) -> Iterator[Difference]:
    """How the handlers around the two calls, and the statements that use what they return, differ."""
    first, second = (" / ".join(_handlers(scope, node)) for scope, node in ((old, call), (new, usage.call)))
    if first != second:
        yield Difference("handlers around the call", first or "none", second or "none")
    before, after = _statement(old, call), _statement(new, usage.call)
    if before is None or after is None or not isinstance(before, (ast.Assign, ast.Return)) or _thrown_away(before):
        return
    first = _without(before, old.results)
    if isinstance(after, ast.Expr):
        yield Difference("what becomes of the result", first, "nothing")
    elif type(before) is type(after) and first != (second := _without(after, new.results)):
        yield Difference("what becomes of the result", first, second)


def _thrown_away(statement: ast.Assign | ast.Return) -> bool:
    """Whether all that a statement binds has a name that says that nobody reads it."""
    if isinstance(statement, ast.Return):
        return False
    names = [node.id for target in statement.targets for node in ast.walk(target) if isinstance(node, ast.Name)]
    return all(name.startswith("_") for name in names) and not any(
        isinstance(node, (ast.Attribute, ast.Subscript)) for target in statement.targets for node in ast.walk(target)
    )


def condition(
    old: Scope, call: ast.Call, old_run: Ran, new: Scope, usage: Usage, imported: Mapping[str, str], world: World
) -> Difference | None:
    """A call that was root under a condition: it has to be privileged under the same, and to run without root else."""
    flags = [word.value for word in call.keywords if word.arg in FLAGS]
    if not flags or isinstance(flags[0], ast.Constant):
        return None
    flag = ast.unparse(flags[0])
    if not _varies(flags[0], names_at(old, call, replace(world, truths={flag: False}), imported)):
        return None
    always = Difference("root", f"only if {flag}", "always")
    guard = _guard(new, usage.call)
    if guard is None:
        return always
    body = guard.body if isinstance(guard.body, list) else [guard.body]
    inside = any(_holds(each, usage.call) for each in body)
    for truth in (True, False):
        try:
            names = names_at(new, usage.call, replace(world, truths={flag: truth}), imported)
            privileged = bool(value(names, guard.test)) == inside
        except Unknown as error:
            return Difference("root", f"only if {flag}", f"under a condition that cannot be told: {error}")
        if privileged != truth:
            said = "not then" if truth else "also if not"
            return Difference("root", f"only if {flag}", f"{said}: the condition is {ast.unparse(guard.test)}")
    other = guard.orelse if inside else guard.body
    return _plain(call, old_run, new, other if isinstance(other, list) else [other], imported, world)


def _varies(flag: ast.expr, names: Names) -> bool:
    """Whether a flag can be false: with its sample false it is."""
    try:
        return not value(names, flag)
    except Unknown:
        return True


def _plain(
    call: ast.Call, old_run: Ran, new: Scope, other: list[Any], imported: Mapping[str, str], world: World
) -> Difference | None:
    """The call without root in the other branch has to run the old command."""
    name = ast.unparse(call.func)
    before = " ".join(old_run.texts)
    for node in (each for part in other for each in ast.walk(part)):
        if not (isinstance(node, ast.Call) and ast.unparse(node.func) == name):
            continue
        root = [word for word in node.keywords if word.arg in FLAGS]
        if any(not (isinstance(word.value, ast.Constant) and not word.value.value) for word in root):
            return Difference("without root", before, f"asks for root: {ast.unparse(node)}")
        try:
            words, options = inline(node, names_at(new, node, world, imported))
        except Unknown as error:
            return Difference("without root", before, f"cannot be told: {error}")
        after = " ".join(map(str, words))
        if after != before:
            return Difference("without root", before, after)
        if str(options) != str(dict(old_run.options)):
            return Difference("without root", f"with {dict(old_run.options)}", f"with {options}")
        return None
    return Difference("without root", before, "runs nothing")


def _guard(scope: Scope, call: ast.Call) -> ast.If | ast.IfExp | None:
    """The innermost condition that decides whether a call is reached; None when there is none."""
    found: ast.If | ast.IfExp | None = None
    for node in ast.walk(scope.node):
        if isinstance(node, (ast.If, ast.IfExp)) and not _holds(node.test, call) and _holds(node, call):
            found = node  # ast.walk() goes from the outer to the inner
    return found


def _holds(tree: ast.AST, node: ast.AST) -> bool:
    return any(each is node for each in ast.walk(tree))


def _handlers(scope: Scope, call: ast.Call) -> list[str]:
    """What the try statements around a call catch, the outermost first."""
    found = []
    for node in ast.walk(scope.node):
        if isinstance(node, ast.Try) and any(_holds(each, call) for each in node.body):
            found += [ast.unparse(each.type) if each.type else "everything" for each in node.handlers]
        elif isinstance(node, (ast.With, ast.AsyncWith)) and any(_holds(each, call) for each in node.body):
            for item in node.items:
                text = ast.unparse(item.context_expr)
                if "suppress(" in text or "save_and_reraise" in text:
                    found.append(text)
    return found


def _statement(scope: Scope, call: ast.Call) -> ast.stmt | None:
    return next((each for each in scope.statements if any(_holds(part, call) for part in head(each))), None)


def _without(statement: ast.stmt, results: Any) -> str:
    """A statement's text with `...` for the calls that were paired, and for a condition that chooses one."""
    calls = {id(call): call for call in results}
    # Copied with the calls themselves in place: they are known by their identity.
    return ast.unparse(ast.fix_missing_locations(_Dots(results).visit(copy.deepcopy(statement, dict(calls)))))


class _Dots(ast.NodeTransformer):
    def __init__(self, results: Any) -> None:
        self.results = results

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.Call) and node in self.results:
            return ast.Constant(...)
        if isinstance(node, ast.IfExp) and any(each in self.results for each in (node.body, node.orelse)):
            return ast.Constant(...)
        return self.generic_visit(node)
