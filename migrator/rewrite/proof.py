"""A second opinion on each replaced call: libcst, on its own way, must come to the same statement."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from migrator.model import Reason
from migrator.rewrite.source import Source, ancestors
from migrator.rewrite.spelling import Unfit

if TYPE_CHECKING:
    from libcst import BaseExpression


def check(source: Source, call: ast.Call, new: str) -> None:
    """Raise Unfit unless the statement with `new` spliced in the call's place is the statement that libcst makes.

    The splice goes by positions of `ast`; libcst finds the call in a tree of its own that keeps every blank and
    comment, replaces the node, and writes the statement out. Where both agree, nothing but the call has changed.
    """
    text, start, end = _statement(source, call)
    replaced = _replaced(text, start, end, new)
    if replaced != text[:start] + new + text[end:]:
        raise Unfit(
            Reason("edit-not-confirmed", "libcst does not confirm that only the call would change; edit it by hand")
        )


def _statement(source: Source, call: ast.Call) -> tuple[str, int, int]:
    """The statement around a call as a module of its own, and where the call stands in it."""
    start, end = source.span(call)
    for node in ancestors(call, source.above):
        if not isinstance(node, ast.stmt) or node.end_lineno is None:
            continue
        first = source.line_start(node.lineno)
        indent = source.text[first : source.span(node)[0]]
        last = source.line_start(node.end_lineno) + len(source.line_text(node.end_lineno))
        if indent.strip() or source.text[source.span(node)[1] : last].strip().startswith(";"):
            continue  # it shares its line with another statement: the one around both will do
        head = f"if 1:{source.newline}" if indent else ""
        text = head + source.text[first:last]
        return text, len(head) + start - first, len(head) + end - first
    return source.text, start, end


def _replaced(text: str, start: int, end: int, new: str) -> str | None:
    """The text that libcst makes with the call at [start, end) replaced; None when it finds no such call."""
    import libcst
    from libcst.metadata import MetadataWrapper, PositionProvider

    try:
        wrapper = MetadataWrapper(libcst.parse_module(text), unsafe_skip_copy=True)
        expression = _read(new, text)
    except libcst.ParserSyntaxError:
        return None
    if not isinstance(expression, (libcst.Call, libcst.IfExp)):
        return None
    before, inside = text[:start], text[:end]
    place = (_line(before), _column(before), _line(inside), _column(inside))
    for node, where in wrapper.resolve(PositionProvider).items():
        if isinstance(node, libcst.Call) and place == (
            where.start.line,
            where.start.column,
            where.end.line,
            where.end.column,
        ):
            kept = expression.with_changes(lpar=[*node.lpar, *expression.lpar], rpar=[*expression.rpar, *node.rpar])
            changed = wrapper.module.deep_replace(node, kept)
            return changed.code if isinstance(changed, libcst.Module) else None
    return None


def _read(new: str, text: str) -> BaseExpression:
    """The new call as libcst reads it; one whose callee goes over lines only reads inside of parentheses."""
    import libcst

    try:
        return _parsed(new, text)
    except libcst.ParserSyntaxError:
        inside = _parsed(f"({new})", text)
        if not isinstance(inside, libcst.Call):
            return inside
        return inside.with_changes(lpar=inside.lpar[1:], rpar=inside.rpar[:-1])


def _parsed(new: str, text: str) -> BaseExpression:
    """The new call as libcst reads it in a block as deep as the statement's, from which its other lines are counted."""
    import libcst

    head, _, rest = text.partition("\n")
    if not head.startswith("if 1:"):
        return libcst.parse_expression(new)
    indent = rest[: len(rest) - len(rest.lstrip(" \t\f"))]
    block = libcst.parse_module(f"if 1:\n{indent}{new}\n").body[0]
    assert isinstance(block, libcst.If)
    line = block.body.body[0]
    assert isinstance(line, libcst.SimpleStatementLine) and isinstance(line.body[0], libcst.Expr)
    return line.body[0].value


def _line(text: str) -> int:
    return text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1


def _column(text: str) -> int:
    return len(text) - max(text.rfind("\n"), text.rfind("\r")) - 1
