"""Keep what a test expects of a command, at the seam where the privileged function runs it."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from migrator.decide.expressions import is_literal
from migrator.expectations.alike import alike
from migrator.expectations.calls import ROOT, Expected
from migrator.expectations.translation import as_text
from migrator.model import Reason, Rung
from migrator.rewrite import calls as reaching
from migrator.rewrite.rewriting import Moved
from migrator.rewrite.source import Source
from migrator.rewrite.spelling import PLACEHOLDER, Unfit
from migrator.rewrite.target import Target
from migrator.words import Value

_CHECKED = 3  # statements: a docstring, what admits the words, and the call; one more is a filter's check


@dataclass(frozen=True)
class Seam:
    """Where privileged functions that only run a command hand it on.

    name: dotted name of what they call, which a mock may stand for. contexts: dotted names of their contexts, which
    have to be off so that a test comes there.
    """

    name: str
    contexts: tuple[str, ...]


def shared(moved: Iterable[Moved], target: Target) -> Seam | None:
    """The seam of functions that all run their commands by the same name; None when one is native or is no such one.

    Raises Unfit for a function that first compares the words with what a filter asks: those of a test may be refused.
    """
    some = list(moved)
    if any(one.outcome.rung not in (Rung.NARROW, Rung.GUARDED) for one in some):
        return None
    names = {_name(one, target) for one in some}
    return Seam(names.pop(), tuple(sorted({one.context for one in some}))) if len(names) == 1 else None


def meets(moved: Moved, met: Seam, target: Target) -> bool:
    """Whether all that a function does is to run its command by a seam's name."""
    try:
        own = shared([moved], target)
    except Unfit:
        return False
    return own is not None and own.name == met.name


def expectation(source: Source, expected: Expected, moved: Moved) -> list[str]:
    """The arguments that the seam gets where the executor got those of an expectation: all but how root was got.

    Words stay as the test writes them, but for those that the call makes a text of. Raises Unfit where a keyword does
    not come there.
    """
    site = moved.outcome.site
    if alike(site.command.words, expected.words) is None:
        raise _unsure("its words are none that the call can have")
    if expected.open:
        raise _unsure("it may have any keyword")
    handed = {word.arg: word.value for word in _call(moved).keywords if word.arg}
    for name, code in expected.options.items():
        if name in ROOT:
            continue
        there = handed.pop(name, None)
        if there is None:
            raise _unsure(f"{name}={code} does not come to what runs the command")
        fixed = ast.unparse(there)
        if is_literal(fixed) and is_literal(code) and fixed != code:
            raise _unsure(f"{name} is {fixed} there and not {code}")
    kept = [reaching.argument(source, word) for word in expected.node.keywords if word.arg not in ROOT]
    added = [f"{name}={ast.unparse(value)}" for name, value in handed.items()]
    parameters = [each for each in added if not is_literal(each.partition("=")[2])]
    if parameters:
        raise _unsure(f"what {parameters[0]} is in the test")
    return [*_words(source, expected, moved), *kept, *added]


def _words(source: Source, expected: Expected, moved: Moved) -> list[str]:
    """The words, as text where the privileged call gets a text."""
    words = moved.outcome.site.command.words
    straight = len(words) == len(expected.node.args) and not any(
        isinstance(each, ast.Starred) for each in expected.node.args
    )
    found = []
    for number, node in enumerate(expected.node.args):
        code = source.text[slice(*source.span(node))]
        if isinstance(node, ast.Starred):
            # Of a list that is put together elsewhere, the words are what they are there.
            found.append(code)
        elif straight and moved.outcome.rung is Rung.NARROW:
            word = words[number]
            made = f"str({ast.unparse(ast.parse(word.code, mode='eval'))})" if isinstance(word, Value) else ""
            as_it_is = made != "" and made not in _given(moved)
            found.append(code if as_it_is else as_text(source, node))
        else:
            found.append(as_text(source, node))
    return found


def _given(moved: Moved) -> list[str]:
    """The arguments of the new call, without the names of those that are given by name."""
    nodes = [ast.parse(f"f({one})", mode="eval").body for one in moved.given]
    return [
        ast.unparse(each)
        for node in nodes
        if isinstance(node, ast.Call)
        for each in (*node.args, *(word.value for word in node.keywords))
    ]


def _name(moved: Moved, target: Target) -> str:
    function = moved.outcome.function
    assert function is not None
    called = ast.unparse(_call(moved).func)
    first, _, rest = called.partition(".")
    for line in function.imports:
        node = ast.parse(line.replace(PLACEHOLDER, target.package)).body[0]
        if isinstance(node, ast.ImportFrom):
            bound = next((alias.name for alias in node.names if (alias.asname or alias.name) == first), None)
            if bound is not None:
                return f"{node.module}.{bound}.{rest}"
    raise _unsure(f"what {called} is in {moved.function}()")


def _call(moved: Moved) -> ast.Call:
    """The call with which a function runs its command. Raises Unfit when it does something else as well."""
    assert moved.outcome.function is not None
    function = ast.parse(moved.outcome.function.source).body[0]
    assert isinstance(function, ast.FunctionDef)
    last = function.body[-1]
    if not isinstance(last, ast.Return) or not isinstance(last.value, ast.Call):
        raise _unsure(f"{moved.function}() does not only run a command")
    if len(function.body) > _CHECKED - (moved.outcome.rung is Rung.NARROW):
        raise _unsure(f"{moved.function}() first asks what rootwrap's filter asked, of these words too")
    return last.value


def _unsure(what: str) -> Unfit:
    return Unfit(Reason("expectation-not-sure", f"{what}; write this expectation by hand"))
