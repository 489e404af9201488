"""The forms in which code hands a root helper to what runs commands: which of them go with rootwrap."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping

from migrator.cutover.mentions import Mention, What
from migrator.cutover.ties import Kind
from migrator.rewrite.source import ancestors, block_of, statement_of

_FLAGS = frozenset({"run_as_root", "as_root"})
_HELPER = "root_helper"


def start_of(node: ast.AST, above: Mapping[ast.AST, ast.AST]) -> ast.expr | None:
    """The root helper that `priv_context.init()` is given, for privsep's daemons, when a node stands in it."""
    for outer in ancestors(node, above):
        if isinstance(outer, ast.Call) and _is_init(outer.func):
            value = next((word.value for word in outer.keywords if word.arg == _HELPER), None)
            value = value or (outer.args[0] if outer.args else None)
            return value if value is not None and node in ast.walk(value) else None
    return None


def _is_init(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and function.attr == "init"
        and isinstance(function.value, (ast.Name, ast.Attribute))
        and ast.unparse(function.value).rpartition(".")[2] == "priv_context"
    )


def going(mention: Mention, above: Mapping[ast.AST, ast.AST]) -> ast.stmt | None:
    """The statement that only serves calls as root, and so goes when there are none; None where there is no such one.

    Known are `kwargs['root_helper'] = ...`, `kwargs.setdefault('root_helper', ...)`, a condition with nothing but these
    in it, `if run_as_root: ...` without `else`, and a call of what is about rootwrap whose result nobody takes.
    """
    if isinstance(mention.node, ast.alias):
        return None
    statement = statement_of(mention.node, above)
    branch = next((outer for outer in (statement, *ancestors(statement, above)) if _asks_for_root(outer, above)), None)
    if isinstance(branch, ast.If):
        return branch
    if _gives_helper(statement):
        outer = above[statement]
        if _plain(outer, above) and isinstance(outer, ast.If) and all(map(_gives_helper, outer.body)):
            return outer
        return statement if len(block_of(statement, above)) > 1 else None
    if mention.what is What.NAME and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        called = statement.value.func
        if called is mention.node and len(block_of(statement, above)) > 1:
            return statement
    return None


def _gives_helper(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        return isinstance(target, ast.Subscript) and _is_helper(target.slice)
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        return (
            isinstance(call.func, ast.Attribute)
            and call.func.attr == "setdefault"
            and len(call.args) == 2
            and _is_helper(call.args[0])
        )
    return False


def _is_helper(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == _HELPER


def _plain(node: ast.AST, above: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether a node is an `if` that can be taken out: no else, no elif, and not all that its block holds."""
    if not isinstance(node, ast.If) or node.orelse:
        return False
    outer = above[node]
    elif_of = isinstance(outer, ast.If) and node in outer.orelse and len(outer.orelse) == 1
    return not elif_of and len(block_of(node, above)) > 1


def _asks_for_root(node: ast.AST, above: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether a node is `if run_as_root:`, in any spelling that lets nothing but the flag turn it on."""
    if not isinstance(node, ast.If) or not _plain(node, above):
        return False
    terms = node.test.values if isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.And) else [node.test]
    return any(_is_flag(term) for term in terms)


def _is_flag(term: ast.expr) -> bool:
    if isinstance(term, ast.Name):
        return term.id in _FLAGS
    if isinstance(term, ast.Subscript):
        return isinstance(term.slice, ast.Constant) and term.slice.value in _FLAGS
    if isinstance(term, ast.Call) and isinstance(term.func, ast.Attribute) and term.func.attr == "get" and term.args:
        default = term.args[1] if len(term.args) > 1 else None
        falsy = default is None or (isinstance(default, ast.Constant) and not default.value)
        return isinstance(term.args[0], ast.Constant) and term.args[0].value in _FLAGS and falsy
    return False


def kind_of(mention: Mention, helpers: Collection[str]) -> Kind:
    """What a mention is that goes in no form that is known; helpers: names of functions, whose value is handed on."""
    if mention.what is What.COMMAND:
        return Kind.COMMAND
    if mention.what is What.IMPORT:
        return Kind.IMPORT
    if mention.what is What.NAME and mention.name in helpers:
        return Kind.HANDED
    return Kind.CODE
