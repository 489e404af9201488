"""What a test expects of an executor, as the arguments of the privileged function that is called in its place."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from migrator.decide.expressions import is_literal
from migrator.expectations import wording
from migrator.expectations.calls import ROOT, Expected
from migrator.model import Option, Reason
from migrator.rewrite.rewriting import Moved
from migrator.rewrite.source import Source
from migrator.rewrite.spelling import Unfit
from migrator.words import Literal, Value, Word

# The parameters with which a native function is told which exit codes are no failure (migrator.decide.exits).
_EXIT_CODES = frozenset({"check", "check_exit_code"})
_NAMED = re.compile(r"([A-Za-z_]\w*)=(?!=)(.*)", re.DOTALL)


def arguments(source: Source, expected: Expected, moved: Moved) -> list[str]:
    """The arguments of a native function's call that a test's own words and keywords stand for.

    Every word of the old expectation is held against the site's: what the site fixes has to be what the test says, and
    what varies goes where the rewritten call puts it. Every keyword but how it got root has to be among the arguments,
    as it was or as the rule says it. Raises Unfit when one cannot be told for certain.
    """
    _check_keywords(expected, moved)
    words = moved.outcome.site.command.words
    if len(words) != len(expected.node.args) or any(isinstance(one, ast.Starred) for one in expected.node.args):
        raise _unsure("not as many words as the call has")
    values: dict[str, str] = {}
    for word, node in zip(words, expected.node.args, strict=True):
        _align(source, word, node, values)
    found = []
    for given in moved.given:
        named = _NAMED.fullmatch(given)
        name, code = (f"{named[1]}=", named[2]) if named else ("", given)
        found.append(name + _value(code, values, moved.outcome.site.options, expected))
    return found


def _check_keywords(expected: Expected, moved: Moved) -> None:
    """Every keyword of an expectation but how it gets root has to be one that the site says, to say the same, and to go
    to the function.
    """
    if expected.open:
        raise _unsure("it may have any keyword")
    said = {option.name: option for option in moved.outcome.site.options}
    given = [named.groups() if (named := _NAMED.fullmatch(one)) else ("", one) for one in moved.given]
    for name, code in expected.options.items():
        if name in ROOT:
            continue
        option = said.get(name)
        if option is None or (option.literal and is_literal(code) and ast.unparse(ast.parse(option.code)) != code):
            raise _unsure(f"{name}={code} is nothing that the call says")
        told = any(parameter in _EXIT_CODES for parameter, _ in given) if name == "check_exit_code" else False
        if not told and all(code != option.code for _, code in given):
            raise _unsure(f"{moved.function}() is not told {name}={code}, so nothing would ask for it")


def _align(source: Source, word: Word, node: ast.expr, values: dict[str, str]) -> None:
    """Note what a varying word of the site is in the test, as it is and as text."""
    code = source.text[slice(*source.span(node))]
    if isinstance(word, Literal):
        if not isinstance(node, ast.Constant) or str(node.value) != word.text:
            raise _unsure(f"{code} stands where the call has {word.text!r}")
        return
    assert isinstance(word, Value)
    values.setdefault(word.code, code)
    values.setdefault(f"str({word.code})", as_text(source, node))
    known = [piece for piece in word.pieces if piece]
    inner = _inner(word)
    if not known or inner is None:
        return
    formatted = _formatted_alike(word, node)
    if formatted is not None:
        part = source.text[slice(*source.span(formatted))]
        values.setdefault(f"str({inner})", as_text(source, formatted))
        values.setdefault(inner, part)
        return
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        raise _unsure(f"{code} cannot be taken apart as {word.code}")
    expression = "".join("(.*)" if piece is None else re.escape(piece) for piece in word.pieces)
    match = re.fullmatch(expression, node.value, re.DOTALL)
    if match is None:
        raise _unsure(f"{code} is not of the form {word.code}")
    values.setdefault(f"str({inner})", repr(match[1]))
    values.setdefault(inner, repr(match[1]))


def _inner(word: Value) -> str | None:
    """The one expression that varies inside a formatted text."""
    if word.pieces.count(None) != 1:
        return None
    node = ast.parse(word.code, mode="eval").body
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        right = node.right
        return ast.unparse(right.elts[0] if isinstance(right, ast.Tuple) and len(right.elts) == 1 else right)
    if isinstance(node, ast.JoinedStr):
        return next(ast.unparse(one.value) for one in node.values if isinstance(one, ast.FormattedValue))
    return None


def _formatted_alike(word: Value, node: ast.expr) -> ast.expr | None:
    """What a test puts into the very format that the site puts its one varying expression into: `'of=%s' % path`."""
    site = ast.parse(word.code, mode="eval").body
    if not (isinstance(site, ast.BinOp) and isinstance(node, ast.BinOp)):
        return None
    if not (isinstance(site.op, ast.Mod) and isinstance(node.op, ast.Mod) and isinstance(site.left, ast.Constant)):
        return None
    if ast.unparse(site.left) != ast.unparse(node.left):
        return None
    if isinstance(node.right, ast.Tuple):
        return node.right.elts[0] if len(node.right.elts) == 1 else None
    return node.right


def as_text(source: Source, node: ast.expr) -> str:
    """Source for the text that an executor would make of a word."""
    code = source.text[slice(*source.span(node))]
    if isinstance(node, ast.Name) and any(isinstance(word, Literal) for word in wording.of(source, [node])):
        found = wording.meant(source, node)
        return code if isinstance(found, ast.Constant) and isinstance(found.value, str) else f"str({code})"
    if isinstance(node, ast.Constant) and not isinstance(node.value, bytes):
        return code if isinstance(node.value, str) else repr(str(node.value))
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.BinOp) and _starts_as_text(node)):
        return code
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "str":
        return code
    return f"str({code})"


def _starts_as_text(node: ast.BinOp) -> bool:
    return isinstance(node.left, ast.JoinedStr) or (
        isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)
    )


def _value(code: str, values: dict[str, str], options: Iterable[Option], expected: Expected) -> str:
    plain = ast.unparse(ast.parse(code, mode="eval"))
    by_code = {ast.unparse(ast.parse(one, mode="eval")): text for one, text in values.items()}
    if plain in by_code:
        return by_code[plain]
    if is_literal(code):
        return code
    for option in options:
        if option.code == code and option.name in expected.options:
            return expected.options[option.name]
    raise _unsure(f"what {code} is in the test")


def _unsure(what: str) -> Unfit:
    return Unfit(Reason("expectation-not-sure", f"{what}; write this expectation by hand"))
