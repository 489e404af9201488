"""What a test that holds, or does not, tells of the names that it looks at."""

from __future__ import annotations

import ast

from migrator.understand.facts import as_map, bare
from migrator.understand.symbols import Param
from migrator.understand.values import FALSE, NONE, Entry, Env, Has, Map


def assume(test: ast.expr, holds: bool, env: Env) -> Env:
    """The names where a test is known to hold, or not: a flag that was tested is false in the else branch."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return assume(test.operand, not holds, env)
    if isinstance(test, ast.BoolOp):
        if isinstance(test.op, ast.And) is holds:  # every operand is decided
            for operand in test.values:
                env = assume(operand, holds, env)
            return env
        if isinstance(test.op, ast.And):
            # Not all of them hold. Where each that fails says the same of one flag, that much is known.
            keys = {_flag(operand) for operand in test.values}
            if len(keys) == 1 and None not in keys:
                for operand in test.values:
                    env = assume(operand, False, env)
        return env
    flag = _flag(test)
    if flag is None or holds:
        return env
    name, key = flag
    held = bare(env.get(name, NONE))
    if key is None:
        if isinstance(held, (Param, Entry, Has)) and getattr(held, "star", "") == "":
            return {**env, name: FALSE}
        return env
    mapping = as_map(held)
    return env if mapping is None else {**env, name: Map({**mapping.entries, key: FALSE}, mapping.rest)}


def _flag(test: ast.expr) -> tuple[str, str | None] | None:
    """What a test looks at: a name, or a key of a mapping."""
    if isinstance(test, ast.Name):
        return test.id, None
    if (
        isinstance(test, ast.Compare)
        and len(test.ops) == 1
        and isinstance(test.ops[0], ast.In)
        and isinstance(test.left, ast.Constant)
        and isinstance(test.left.value, str)
        and isinstance(test.comparators[0], ast.Name)
    ):
        return test.comparators[0].id, test.left.value
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (ast.Is, ast.Eq)):
        other = test.comparators[0]
        if isinstance(other, ast.Constant) and other.value is True:
            return _flag(test.left)
    if isinstance(test, ast.Subscript) and isinstance(test.value, ast.Name) and isinstance(test.slice, ast.Constant):
        return (test.value.id, test.slice.value) if isinstance(test.slice.value, str) else None
    if not (isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute) and test.func.attr in ("get", "pop")):
        return None
    if isinstance(test.func.value, ast.Name) and test.args and isinstance(test.args[0], ast.Constant):
        key = test.args[0].value
        return (test.func.value.id, key) if isinstance(key, str) else None
    return None
