"""Take out of Python files what a cutover cuts, and what only that used."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable

from migrator.cutover.code import Cut
from migrator.cutover.mentions import Definition
from migrator.cutover.tree import Tree
from migrator.model import Edit
from migrator.rewrite import leftovers
from migrator.rewrite.pending import Pending
from migrator.rewrite.source import Source
from migrator.rewrite.splice import splice
from migrator.rewrite.target import module_name

_SUDO = "['sudo']"  # what oslo.privsep puts before privsep-helper when it is told nothing else


def cut(cuts: Iterable[Cut], tree: Tree, pending: Pending) -> None:
    """Let the pending files be without what goes; imports that nothing reads any more go too.

    Every new text is compiled: SyntaxError from there means a fault of ours.
    """
    texts = [(tree.file(path), data) for path, data in tree.data.items() if path.endswith(".py")]
    for one in cuts:
        read = one.module.source
        if read is None or not (one.statements or one.options or one.arguments):
            continue
        edits = [_statement(node, read) for node in one.statements]
        edits += [_element(node, read) for node in one.options]
        edits += [_replaced(node, read) for node in one.arguments]
        gone = (*one.statements, *one.options, *one.arguments)
        names = frozenset(node.id for some in gone for node in ast.walk(some) if isinstance(node, ast.Name))
        data = splice(read.data, edits)
        placed = module_name(read.path)
        if placed is not None:
            others = [(path, pending.data(path) or b"") for path, _ in texts]
            reached = leftovers.reacher(placed[1], others, os.path.abspath(read.path))
            data = leftovers.clear(read.path, data, [leftovers.Candidate(names, "")], reached)
        compile(data, read.path, "exec", dont_inherit=True)
        pending.put(read.path, data)


def _statement(node: ast.stmt, read: Source) -> Edit:
    """Take a statement's lines, with its decorators and the empty lines behind it; before it where it is the last."""
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
    assert node.end_lineno is not None
    after = node.end_lineno + 1
    last = len(read.starts)
    if isinstance(node, Definition):
        while after <= last and not read.line_text(after).strip():
            after += 1
        column = node.col_offset
        deeper = after <= last and len(read.line_text(after)) - len(read.line_text(after).lstrip()) >= column
        if not deeper:  # the last of its block
            after = node.end_lineno + 1
            while first > 1 and not read.line_text(first - 1).strip():
                first -= 1
    elif after <= last and not read.line_text(after).strip() and _opens(read, first):
        after += 1
    return Edit(read.path, read.byte(read.line_start(first)), read.byte(read.line_start(after)), b"")


def _opens(read: Source, line: int) -> bool:
    """Whether an empty line would stand first in its block, or second, when a line goes."""
    above = read.line_text(line - 1).strip() if line > 1 else ""
    return not above or above.endswith(":")


def _element(node: ast.expr, read: Source) -> Edit:
    """Take an element of a list, with its comma: the lines, where it has them for itself."""
    start, end = read.span(node)
    while end < len(read.text) and read.text[end] in " \t\r\n":
        end += 1
    comma = end < len(read.text) and read.text[end] == ","
    end = end + 1 if comma else read.span(node)[1]
    first = read.line_start(read.line_of(start))
    behind = read.line_start(read.line_of(end - 1) + 1)
    if not read.text[first:start].strip() and not read.text[end:behind].strip():
        start, end = first, behind
    elif comma and read.text[end : end + 1] == " ":
        end += 1
    return Edit(read.path, read.byte(start), read.byte(end), b"")


def _replaced(node: ast.expr, read: Source) -> Edit:
    start, end = read.span(node)
    return Edit(read.path, read.byte(start), read.byte(end), _SUDO.encode())
