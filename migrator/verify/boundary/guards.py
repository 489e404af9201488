"""What a function asks of its parameters before it uses them: tests that refuse, its own and those of what it calls."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from migrator.understand.syntax import terminal
from migrator.verify.boundary.names import Function, own, parameters

# Whether something is there, and of which kind, says nothing of where it is.
_WEAK = frozenset(
    {
        *("exists", "lexists", "isfile", "isdir", "islink", "ismount", "isabs", "access", "samefile"),
        *("isinstance", "issubclass", "callable", "hasattr", "len", "type", "bool"),
        *("stat", "lstat", "fstat", "S_ISREG", "S_ISDIR", "S_ISLNK", "S_ISBLK", "S_ISCHR", "S_ISFIFO", "S_ISSOCK"),
    }
)
_LEAVES = (ast.Raise, ast.Return, ast.Continue, ast.Break)

Callees = Mapping[int, Callable[[], "Asked"]]  # id of a call's node -> what its function asks


@dataclass(frozen=True, slots=True)
class Guard:
    """A test of parameters. first, last: the lines for which it holds."""

    names: frozenset[str]
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What a function asks. guards: in its own lines. always: it raises whatever it is given. names: its parameters."""

    guards: tuple[Guard, ...]
    always: bool
    names: tuple[str, ...]

    def at(self, line: int) -> frozenset[str]:
        """The parameters that were tested when a line is reached."""
        return frozenset().union(*(one.names for one in self.guards if one.first <= line <= one.last))

    @property
    def refused(self) -> frozenset[str]:
        """The parameters by which it may refuse to go on."""
        return frozenset().union(*(one.names for one in self.guards))


def asked(node: Function, callees: Mapping[int, Asked]) -> Asked:
    """What a function asks of its parameters. callees: what the functions of its calls ask, by id of the call."""
    names = parameters(node.args)
    held = _held(node, names)
    end = node.end_lineno or node.lineno
    guards: list[Guard] = []
    for one in own(node):
        if isinstance(one, ast.If):
            tested = _tested(one.test, held)
            if tested and _leaves(one.body, callees):
                guards.append(Guard(tested, one.body[-1].end_lineno or one.lineno, end))
            elif tested:
                guards.append(Guard(tested, one.body[0].lineno, one.body[-1].end_lineno or one.lineno))
            if tested and one.orelse and _leaves(one.orelse, callees):
                guards.append(Guard(tested, one.lineno, end))
        elif isinstance(one, ast.Assert):
            tested = _tested(one.test, held)
            if tested:
                guards.append(Guard(tested, one.lineno, end))
        elif isinstance(one, ast.Call) and id(one) in callees:
            tested = _given(one, callees[id(one)], held)
            if tested:
                guards.append(Guard(tested, one.lineno, end))
        elif isinstance(one, ast.Subscript) and isinstance(one.ctx, ast.Load) and _table(one):
            tested = _tested(one.slice, held)  # TABLE[name] raises KeyError for what is not in it
            if tested:
                guards.append(Guard(tested, one.lineno, end))
    last = node.body[-1]
    always = isinstance(last, ast.Raise) and not any(isinstance(one, ast.Return) for one in own(node))
    return Asked(tuple(guards), always, tuple(names))


def _held(node: Function, names: list[str]) -> dict[str, frozenset[str]]:
    """Local name -> the parameters that it was made of."""
    held = {name: frozenset({name}) for name in names}
    for _ in range(2):  # what a loop makes in one turn is read in the next
        for one in own(node):
            value: ast.AST | None = None
            targets: list[ast.expr] = []
            if isinstance(one, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
                value, targets = one.value, one.targets if isinstance(one, ast.Assign) else [one.target]
            elif isinstance(one, (ast.For, ast.comprehension)):
                value, targets = one.iter, [one.target]
            elif isinstance(one, ast.NamedExpr):
                value, targets = one.value, [one.target]
            elif isinstance(one, ast.withitem) and one.optional_vars is not None:
                value, targets = one.context_expr, [one.optional_vars]
            if value is None:
                continue
            found = frozenset().union(*(held.get(each.id, frozenset()) for each in _read(value)))
            for target in targets:
                for each in ast.walk(target):
                    if isinstance(each, ast.Name) and found:
                        held[each.id] = held.get(each.id, frozenset()) | found
    return held


def _read(node: ast.AST) -> list[ast.Name]:
    return [one for one in ast.walk(node) if isinstance(one, ast.Name)]


def _tested(test: ast.expr, held: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The parameters whose text a test looks at; whether they are there and of which kind is not their text."""
    if isinstance(test, ast.Name):
        return frozenset()
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _tested(test.operand, held)
    if isinstance(test, ast.BoolOp):
        return frozenset().union(*(_tested(one, held) for one in test.values))
    if isinstance(test, ast.Call) and terminal(test.func) in _WEAK:
        return frozenset()
    if isinstance(test, ast.Compare):
        nothing = all(
            isinstance(one, ast.Constant) and one.value in (None, "", True, False) for one in test.comparators
        )
        if nothing:
            return frozenset()
    found: set[str] = set()
    waiting: list[ast.AST] = [test]
    while waiting:
        one = waiting.pop()
        if isinstance(one, ast.Call) and terminal(one.func) in _WEAK:
            continue
        if isinstance(one, ast.Name):
            found |= held.get(one.id, frozenset())
        waiting.extend(ast.iter_child_nodes(one))
    return frozenset(found)


def _leaves(body: list[ast.stmt], callees: Mapping[int, Asked]) -> bool:
    """Whether a block ends the function, or the turn of a loop."""
    last = body[-1]
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        callee = callees.get(id(last.value))
        return callee is not None and callee.always
    return isinstance(last, _LEAVES)


def _given(call: ast.Call, callee: Asked, held: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The parameters that a call hands to a function which may refuse them."""
    found: frozenset[str] = frozenset()
    given = [*zip(callee.names, call.args, strict=False), *((word.arg, word.value) for word in call.keywords)]
    for name, value in given:
        if name in callee.refused:
            found |= frozenset().union(*(held.get(one.id, frozenset()) for one in _read(value)))
    return found


def _table(node: ast.Subscript) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id.isupper()
