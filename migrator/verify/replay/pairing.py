"""Which use of a privileged function took the place of which site: told from the two texts alone."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import TypeVar

from migrator.model import Kind, Site
from migrator.verify.replay.entrypoints import Usage

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_WORD = re.compile(r"\w+")
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Scope:
    """A function, or the statements of a module outside of functions: its dotted name and its statements in order.

    results: its calls that were paired -> a name that both calls of the pair have in common, for what they return.
    """

    name: str
    node: ast.AST
    statements: tuple[ast.stmt, ...]
    results: Mapping[ast.Call, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Placed:
    """A site with its call in the tree of the text before."""

    site: Site
    call: ast.Call


@dataclass(frozen=True, eq=False)
class Pair:
    """A site and what took its place: usage None when nothing privileged did; old, new: the functions they stand in.

    kept: the call is still there as it was. why: what keeps the two from being compared. placed None: a new use of a
    privileged function that replaces no site.
    """

    placed: Placed | None
    usage: Usage | None
    old: Scope | None
    new: Scope | None
    kept: bool = False
    why: str = ""


def scopes(tree: ast.Module) -> dict[str, Scope]:
    """The functions of a module by dotted name, nested ones apart from the one around them; "<module>" for the rest."""
    found: dict[str, Scope] = {}

    def visit(body: Sequence[ast.stmt], name: str) -> Iterator[ast.stmt]:
        for statement in body:
            if isinstance(statement, _DEFINITIONS):
                inner = f"{name}.{statement.name}" if name else statement.name
                own = tuple(visit(statement.body, inner))
                if isinstance(statement, ast.ClassDef):
                    yield from own
                else:
                    while inner in found:  # defined twice: under a condition, or a property and its setter
                        inner += "'"
                    found[inner] = Scope(inner, statement, own)
                continue
            yield statement
            for block in ("body", "orelse", "finalbody"):
                yield from visit(getattr(statement, block, None) or (), name)
            for handler in getattr(statement, "handlers", ()) or ():
                yield from visit(handler.body, name)

    found["<module>"] = Scope("<module>", tree, tuple(visit(tree.body, "")))
    return found


def head(statement: ast.stmt) -> Iterator[ast.AST]:
    """The parts of a statement that are not statements in it."""
    for _, value in ast.iter_fields(statement):
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST) and not isinstance(part, (ast.stmt, ast.ExceptHandler)):
                yield part


def _shape(statement: ast.stmt) -> str:
    return type(statement).__name__ + "|".join(ast.dump(part) for part in head(statement))


def pairs(
    sites: Sequence[Placed], before: ast.Module, uses: Sequence[Usage], present: Sequence[Usage], after: ast.Module
) -> Iterator[Pair]:
    """Pair the sites of a file with the uses of privileged functions in the same file afterwards.

    uses: those of the text after, present: those of the text before, which replace no site.
    """
    old, new = scopes(before), scopes(after)
    site_calls = {id(placed.call): placed for placed in sites}
    use_calls = {id(usage.call): usage for usage in uses}
    known = Counter(ast.dump(usage.call) for usage in present)
    for name in sorted({*old, *new}):
        first, second = old.get(name), new.get(name)
        mine = _calls(first, site_calls)
        theirs = _calls(second, use_calls)
        if mine or theirs:
            yield from _scope(first, second, mine, theirs, known)


def _calls(scope: Scope | None, wanted: Mapping[int, T]) -> list[tuple[int, T]]:
    """(number of the statement, what stands for the call) of each wanted call, in the order of the text."""
    found = []
    for number, statement in enumerate(scope.statements if scope else ()):
        calls = [
            node
            for part in head(statement)
            for node in ast.walk(part)
            if isinstance(node, ast.Call) and id(node) in wanted
        ]
        calls.sort(key=lambda node: (node.lineno, node.col_offset))
        found += [(number, wanted[id(node)]) for node in calls]
    return found


def _scope(
    old: Scope | None,
    new: Scope | None,
    sites: list[tuple[int, Placed]],
    uses: list[tuple[int, Usage]],
    known: Counter[str],
) -> Iterator[Pair]:
    before = [_shape(statement) for statement in old.statements] if old else []
    after = [_shape(statement) for statement in new.statements] if new else []
    found: list[Pair] = []
    matched = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for tag, start, end, first, last in matched:
        mine = [placed for number, placed in sites if start <= number < end]
        theirs = [usage for number, usage in uses if first <= number < last]
        still = Counter(
            ast.dump(_without_seam(node))
            for statement in (new.statements[first:last] if new else ())
            for part in head(statement)
            for node in ast.walk(part)
            if isinstance(node, ast.Call)
        )
        added = []
        for usage in theirs:
            text = ast.dump(usage.call)
            laundered = any(each.site.kind is Kind.LAUNDERED and ast.dump(each.call) == text for each in mine)
            if known[text] and (tag == "equal" or laundered or not mine):
                known[text] -= 1
            else:
                added.append(usage)
        gone = []
        for placed in mine:
            text = ast.dump(placed.call)
            privileged = any(ast.dump(usage.call) == text for usage in added)
            if still[text] and not privileged:
                still[text] -= 1
                found.append(Pair(placed, None, old, new, kept=True))
            else:
                gone.append(placed)
        for each, use in _zipped(gone, added):
            found.append(Pair(each, use, old, new))
    yield from _with_results(found)


def _without_seam(call: ast.Call) -> ast.Call:
    """A call whose callee is `flag if callable(flag) else run`, as it was: `run`."""
    func = call.func
    if isinstance(func, ast.IfExp) and ast.unparse(func.test) == f"callable({ast.unparse(func.body)})":
        return ast.Call(func.orelse, call.args, call.keywords)
    return call


def _with_results(found: Sequence[Pair]) -> Iterator[Pair]:
    """The pairs of a scope, their two sides told which calls give the same result as which of the other."""
    results: dict[ast.Call, str] = {}
    for number, pair in enumerate(found, 1):
        if pair.placed is not None and pair.usage is not None:
            results[pair.placed.call] = results[pair.usage.call] = f"result_{number}"
    for pair in found:
        old = replace(pair.old, results=results) if pair.old is not None else None
        new = replace(pair.new, results=results) if pair.new is not None else None
        yield replace(pair, old=old, new=new)


def _zipped(sites: Sequence[Placed], uses: Sequence[Usage]) -> Iterator[tuple[Placed | None, Usage | None]]:
    """In order; where there are more of one kind, those are left over that have least in common with the others."""
    if len(sites) == len(uses):
        yield from zip(sites, uses, strict=True)
        return
    rows, columns = len(sites) + 1, len(uses) + 1
    best = [[0.0] * columns for _ in range(rows)]
    for row in range(rows - 2, -1, -1):
        for column in range(columns - 2, -1, -1):
            both = 1 + _common(sites[row].call, uses[column].call) + best[row + 1][column + 1]
            best[row][column] = max(both, best[row + 1][column], best[row][column + 1])
    row = column = 0
    while row < len(sites) or column < len(uses):
        if row == len(sites):
            yield None, uses[column]
            column += 1
        elif column == len(uses):
            yield sites[row], None
            row += 1
        elif best[row][column] > max(best[row + 1][column], best[row][column + 1]):
            yield sites[row], uses[column]
            row, column = row + 1, column + 1
        elif best[row + 1][column] >= best[row][column + 1]:
            yield sites[row], None
            row += 1
        else:
            yield None, uses[column]
            column += 1


def _common(left: ast.AST, right: ast.AST) -> float:
    """How much two calls have in common: the part of their words that is in both, below 1."""
    first, second = (Counter(_WORD.findall(ast.unparse(node))) for node in (left, right))
    return (first & second).total() / (1 + max(first.total(), second.total()))
