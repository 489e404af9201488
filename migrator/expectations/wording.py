"""The words of a command as a unit test writes them, in a call of an executor that it expects."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from migrator.rewrite.source import Source, ancestors
from migrator.words import Literal, Rest, Value, Word

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef)
_FIELD = re.compile(r"%(?:\(\w+\))?[-#0 +]*\d*(?:\.\d+)?[a-zA-Z%]")
_DEEPEST = 8
_GROWING = frozenset({"append", "extend", "insert"})


def of(source: Source, arguments: Iterable[ast.expr]) -> tuple[Word, ...]:
    """The words that positional arguments stand for: a Literal where the text is known, else a Value or a Rest."""
    return tuple(word for node in arguments for word in _words(source, node, _DEEPEST))


def meant(source: Source, node: ast.Name) -> ast.expr | None:
    """What a name stands for that is set once and whose list does not grow; None where that is not known."""
    found, grows = _meant(source, node)
    return None if grows else found


def _words(source: Source, node: ast.expr, deep: int) -> list[Word]:
    if not isinstance(node, ast.Starred):
        return [_word(source, node, deep)]
    rest = Rest(ast.unparse(node.value))
    found, grows = _meant(source, node.value) if deep else (None, False)
    if not isinstance(found, (ast.List, ast.Tuple)):
        return [rest]
    words = [_words(source, each, deep - 1) for each in found.elts]
    # What is put in later may stand anywhere.
    return [word for some in words for word in (*some, *([rest] if grows else []))]


def _word(source: Source, node: ast.expr, deep: int) -> Word:
    code = ast.unparse(node)
    found, _ = _meant(source, node) if deep else (None, False)
    pieces = _pieces(source, found, deep - 1) if found is not None else None
    if pieces is None:
        return Value(code)
    if len(pieces) == 1 and pieces[0] is not None:
        return Literal(pieces[0])
    return Value(code, tuple(pieces))


def _pieces(source: Source, node: ast.expr, deep: int) -> list[str | None] | None:
    """The text of a word in order, None for a stretch that is not known; None when nothing is known."""
    if isinstance(node, ast.Constant):
        known = isinstance(node.value, (str, int)) and not isinstance(node.value, bool)
        return [str(node.value)] if known else None
    if isinstance(node, ast.JoinedStr):
        found: list[str | None] = []
        for part in node.values:
            found += [str(part.value)] if isinstance(part, ast.Constant) else [None]
        return _joined(found)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant):
        if not isinstance(node.left.value, str):
            return None
        found, last = [], 0
        for field in _FIELD.finditer(node.left.value):
            found += [node.left.value[last : field.start()], "%" if field.group() == "%%" else None]
            last = field.end()
        return _joined([*found, node.left.value[last:]])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and deep > 0:
        sides = [_word(source, side, deep - 1) for side in (node.left, node.right)]
        return _joined([piece for side in sides for piece in _known(side)])
    return None


def _known(word: Word) -> tuple[str | None, ...]:
    if isinstance(word, Literal):
        return (word.text,)
    return word.pieces or (None,) if isinstance(word, Value) else (None,)


def _joined(pieces: Iterable[str | None]) -> list[str | None]:
    found: list[str | None] = []
    for piece in pieces:
        if piece is not None and found and found[-1] is not None:
            found[-1] += piece
        elif piece != "" and (piece is not None or not found or found[-1] is not None):
            found.append(piece)
    return found or [""]


def _meant(source: Source, node: ast.expr) -> tuple[ast.expr | None, bool]:
    """The expression itself, or what a name stands for that its function, or else its module, sets once.

    And whether words are put into it afterwards.
    """
    if not isinstance(node, ast.Name):
        return node, False
    around = [each for each in ancestors(node, source.above) if isinstance(each, _SCOPES)]
    for scope in (*around, source.tree):
        if isinstance(scope, _SCOPES) and node.id in _parameters(scope):
            return None, False
        inside = scope.body if isinstance(scope, ast.Module) else list(ast.walk(scope))
        sets = [each for each in inside if _sets(each, node.id)]
        if sets:
            only = sets[0]
            value = only.value if len(sets) == 1 and isinstance(only, ast.Assign) else None
            return value, any(_grows(each, node.id) for each in inside)
    return None, False


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    return {each.arg for each in ast.walk(function.args) if isinstance(each, ast.arg)}


def _sets(node: ast.AST, name: str) -> bool:
    """Whether a statement gives a name a new value."""
    if isinstance(node, ast.Assign):
        targets: list[ast.expr] = node.targets
    elif isinstance(node, (ast.AnnAssign, ast.For)):
        targets = [node.target]
    elif isinstance(node, ast.With):
        targets = [item.optional_vars for item in node.items if item.optional_vars is not None]
    else:
        return False
    return any(isinstance(each, ast.Name) and each.id == name for target in targets for each in ast.walk(target))


def _grows(node: ast.AST, name: str) -> bool:
    """Whether a statement changes the list that a name stands for."""
    if isinstance(node, ast.AugAssign):
        changed: ast.expr = node.target
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _GROWING:
        changed = node.func.value
    else:
        return False
    return isinstance(changed, ast.Name) and changed.id == name
