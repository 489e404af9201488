"""Keep both ways of a call that is root under a condition: the privileged function, and the plain call."""

from __future__ import annotations

import ast

from migrator.model import Edit, Reason
from migrator.rewrite import layout, proof, tokens
from migrator.rewrite.calls import argument, place_of
from migrator.rewrite.source import Source
from migrator.rewrite.spelling import Unfit
from migrator.understand.flags import is_flag_name

_HELPERS = frozenset({"root_helper"})


def split(source: Source, call: ast.Call, callee: str, words: list[str], width: int) -> list[Edit]:
    """Edits that make a call `callee(words)` where its root flag holds, and what it was without root where not.

    A statement becomes `if flag: ... else: ...`; where the result is used, a conditional expression. Raises Unfit.
    """
    start, end = source.span(call)
    if tokens.comments(source.text[start:end]):
        raise Unfit(Reason("comment-in-call", "a comment inside the call would be lost; move it above the statement"))
    flag = next((word.value for word in call.keywords if word.arg and is_flag_name(word.arg)), None)
    if flag is None:
        raise Unfit(Reason("flag-not-found", "the root flag is not given by its name; write run_as_root="))
    try:
        test = tokens.flat(source.text[slice(*source.span(flag))])
        name = tokens.flat(source.text[slice(*source.span(call.func))])
        plain = [argument(source, node) for node in _kept(call)]
    except ValueError as error:
        raise Unfit(Reason("argument-not-movable", f"an argument cannot be put on one line: {error}")) from error
    statement = source.above[call]
    place = place_of(source, call, width)
    indent = place.indent
    alone = isinstance(statement, ast.Expr) and place.before.strip() == ""
    if alone and not place.after.split("#")[0].strip():
        step = "\t" if indent.endswith("\t") else "    "
        inner = layout.Place(indent + step, "", indent + step, width, newline=source.newline)
        text = (
            f"if {test}:{source.newline}{inner.before}{layout.call(callee, words, inner)}{source.newline}"
            f"{indent}else:{source.newline}{inner.before}{layout.call(name, plain, inner)}"
        )
    else:
        text = _expression(place, (callee, words), test, (name, plain))
        proof.check(source, call, text)
    return [Edit(source.path, source.byte(start), source.byte(end), source.encode(text))]


def _expression(place: layout.Place, privileged: tuple[str, list[str]], test: str, plain: tuple[str, list[str]]) -> str:
    flat = f"({privileged[0]}({', '.join(privileged[1])}) if {test} else {plain[0]}({', '.join(plain[1])}))"
    if len(place.before + flat + place.after) <= place.width:
        return flat
    margin = " " * (len(place.before.expandtabs(8)) + 1)
    first = layout.call(*privileged, layout.Place(margin, f" if {test}", margin, place.width, newline=place.newline))
    start = f"{margin}else "
    second = layout.call(*plain, layout.Place(start, ")" + place.after, margin, place.width, newline=place.newline))
    return f"({first} if {test}{place.newline}{start}{second})"


def _kept(call: ast.Call) -> list[ast.expr | ast.keyword]:
    """The arguments of the plain call: without what asks for root."""
    nodes: list[ast.expr | ast.keyword] = [
        *call.args,
        *(word for word in call.keywords if not (word.arg and (is_flag_name(word.arg) or word.arg in _HELPERS))),
    ]
    return sorted(nodes, key=lambda node: (node.lineno, node.col_offset))
