"""Name a privileged function in the root flag of a call that stays as it is otherwise."""

from __future__ import annotations

import ast

from migrator.model import Edit, Reason, Site
from migrator.rewrite import breaking, layout, proof, tokens
from migrator.rewrite.calls import argument, place_of
from migrator.rewrite.source import Source, ancestors
from migrator.rewrite.spelling import Unfit
from migrator.understand.flags import is_flag_name

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_ATOMS = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant)


def name(source: Source, call: ast.Call, site: Site, function: str, width: int) -> list[Edit]:
    """Edits that put a function where the call, or the mapping that it splats, says run_as_root.

    `run_as_root=True` becomes the function, any other flag `flag and function`, so that it goes on deciding. Raises
    Unfit when there is no such place.
    """
    given = next((word for word in call.keywords if word.arg and is_flag_name(word.arg)), None)
    if given is not None:
        return replaced(source, call, given.value, _flag(source, given.value, function), width)
    splatted = next((word.value for word in call.keywords if word.arg is None), None)
    if splatted is not None:
        made = _mapping(splatted, call, source)
        entry = _entry(made) if made is not None else None
        if entry is None:
            raise Unfit(
                Reason("flag-not-found", f"where {ast.unparse(splatted)} says run_as_root was not found; say it here")
            )
        start, end = source.span(entry)
        text = _flag(source, entry, function)
        return [Edit(source.path, source.byte(start), source.byte(end), source.encode(text))]
    if site.flag:
        raise Unfit(Reason("flag-not-found", "the root flag is not given by its name; write run_as_root="))
    return _added(source, call, f"{site.flag_name}={function}", width)


def _flag(source: Source, value: ast.expr, function: str) -> str:
    if isinstance(value, ast.Constant) and value.value is True:
        return function
    text = tokens.flat(source.text[slice(*source.span(value))])
    return f"{text} and {function}" if isinstance(value, _ATOMS) else f"({text}) and {function}"


def replaced(source: Source, call: ast.Call, value: ast.expr, flag: str, width: int) -> list[Edit]:
    """The call with one keyword's value exchanged, laid out anew where a line would become too long. Raises Unfit."""
    start, end = source.span(call)
    first, last = source.span(value)
    text = source.text[start:first] + flag + source.text[last:end]
    if too_long(source, call, text, width):
        text = _on_its_own_line(source, call, value, flag, width)
    if too_long(source, call, text, width) and not tokens.comments(source.text[start:end]):
        words = [_word(source, node, value, flag) for node in _arguments(call)]
        text = _laid_out(source, call, words, width)
    proof.check(source, call, text)
    return [Edit(source.path, source.byte(start), source.byte(end), source.encode(text))]


def _added(source: Source, call: ast.Call, word: str, width: int) -> list[Edit]:
    start, end = source.span(call)
    if tokens.comments(source.text[start:end]):
        raise Unfit(Reason("comment-in-call", "a comment inside the call would be lost; move it above the statement"))
    words = [*(_word(source, node, None, "") for node in _arguments(call)), word]
    text = _laid_out(source, call, words, width)
    proof.check(source, call, text)
    return [Edit(source.path, source.byte(start), source.byte(end), source.encode(text))]


def _on_its_own_line(source: Source, call: ast.Call, value: ast.expr, flag: str, width: int) -> str:
    """The call with one value exchanged, its keyword below the first argument and the other lines as they are."""
    start, end = source.span(call)
    first = _arguments(call)[0]
    word = next(word for word in call.keywords if word.value is value)
    line = source.text[source.line_start(first.lineno) : source.span(first)[0]]
    behind = source.text[source.span(value)[1] : end]
    if "\t" in line or (word.lineno, word.col_offset) == (first.lineno, first.col_offset):
        return source.text[start : source.span(value)[0]] + flag + behind
    margin = " " * len(line)
    after, _, rest = behind.partition(source.newline)
    if not rest:
        after += place_of(source, call, width).after
    made = breaking.fitted(f"{word.arg}={flag}", margin, margin, after, width)
    text = source.text[start : source.span(word)[0]].rstrip() + source.newline + source.newline.join(made)
    return text[: len(text) - len(after)] + behind


def _laid_out(source: Source, call: ast.Call, words: list[str], width: int) -> str:
    callee = source.text[slice(*source.span(call.func))]
    return layout.call(tokens.flat(callee), words, place_of(source, call, width))


def _arguments(call: ast.Call) -> list[ast.expr | ast.keyword]:
    nodes: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    return sorted(nodes, key=lambda node: (node.lineno, node.col_offset))


def _word(source: Source, node: ast.expr | ast.keyword, value: ast.expr | None, flag: str) -> str:
    if isinstance(node, ast.keyword) and node.value is value:
        return f"{node.arg}={flag}"
    try:
        return argument(source, node)
    except ValueError as error:
        raise Unfit(Reason("argument-not-movable", f"an argument cannot be put on one line: {error}")) from error


def too_long(source: Source, call: ast.Call, text: str, width: int) -> bool:
    """Whether a call's new text makes a line longer than that, where it was not before."""
    place = place_of(source, call, width)
    old = (place.before + source.text[slice(*source.span(call))] + place.after).splitlines()
    new = (place.before + text + place.after).splitlines()
    return any(len(line) > width for line in new if line not in old)


def _mapping(node: ast.expr, call: ast.Call, source: Source) -> ast.expr | None:
    """What a name that is splatted into the call stands for, where it is made once and splatted nowhere else."""
    if isinstance(node, (ast.Dict, ast.Call)):
        return node
    around = next((outer for outer in ancestors(call, source.above) if isinstance(outer, _FUNCTIONS)), None)
    if around is None or not isinstance(node, ast.Name):
        return None
    made = [
        each.value
        for each in ast.walk(around)
        if isinstance(each, ast.Assign) and any(isinstance(to, ast.Name) and to.id == node.id for to in each.targets)
    ]
    uses = [each for each in ast.walk(around) if isinstance(each, ast.Name) and each.id == node.id]
    reads = [each for each in uses if isinstance(each.ctx, ast.Load)]
    return made[0] if len(made) == 1 and len(reads) == 1 else None


def _entry(made: ast.expr) -> ast.expr | None:
    """The value of the flag in `dict(run_as_root=True)` or `{'run_as_root': True}`."""
    if isinstance(made, ast.Call) and isinstance(made.func, ast.Name) and made.func.id == "dict":
        return next((word.value for word in made.keywords if word.arg and is_flag_name(word.arg)), None)
    if isinstance(made, ast.Dict):
        for key, value in zip(made.keys, made.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str) and is_flag_name(key.value):
                return value
    return None
