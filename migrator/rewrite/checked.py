"""Values that the check of a rootwrap filter, at the beginning of a privileged function, lets pass or refuses."""

from __future__ import annotations

import ast
import itertools
import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

_REFUSAL = "Unauthorized command"
_MOST = 500
# What stands for a part of a pattern in a text that it matches.
_EXAMPLES = (
    (r"\(\?[!=<][^()]*\)", ""),
    (r"\(([^()|]*)[^()]*\)\?", ""),
    (r"\(([^()|]*)[^()]*\)", r"\1"),
    (r"(?:\[\^[^\]]+\]|\\S|\.)[*+]", "fake"),
    (r"(?:\\d|\[0-9\])[*+]?", "7"),
    (r"[\^$]", ""),
    (r"\\(\W)", r"\1"),
)


@dataclass(frozen=True)
class Check:
    """condition: under which the function refuses. raises: it raises then, and does not return. before: statements
    before the condition, which look up a process. after: those behind it, but for the canonical paths of parameters."""

    condition: ast.expr
    raises: bool
    before: int
    after: list[ast.stmt]


def check_of(function: ast.FunctionDef) -> Check | None:
    """The check that a function begins with, behind its docstring; None when it has none."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    for number, node in enumerate(body[:3]):
        if isinstance(node, ast.If) and any(_REFUSAL in _text(part) for part in ast.walk(node)):
            after = body[number + 1 :]
            while after and isinstance(after[0], ast.Assign) and _canonical(after[0]):
                after = after[1:]
            return Check(node.test, isinstance(node.body[-1], ast.Raise), number, after)
    return None


def _canonical(node: ast.Assign) -> bool:
    """Whether it puts the canonical path of a parameter in its place: what is tried here has no links in it."""
    return ast.unparse(node.value) == f"os.path.realpath({ast.unparse(node.targets[0])})"


def refused(check: Check, values: Mapping[str, object]) -> bool | None:
    """Whether it refuses these values of the parameters, no process being found; None when that cannot be told."""
    names = {node.id: "" for node in ast.walk(check.condition) if isinstance(node, ast.Name)}
    # Nothing but comparisons, re.match() and os.path: it was written by migrator.decide.constrained.
    code = compile(ast.fix_missing_locations(ast.Expression(check.condition)), "<check>", "eval")
    try:
        return bool(eval(code, {"__builtins__": {}, **names, **values, "re": re, "os": os, "len": len}))
    except (TypeError, ValueError, LookupError, AttributeError, re.error):
        return None


def programs(check: Check, parameters: Collection[str]) -> list[tuple[str, str]]:
    """(name, value) of what the process that it looks up may run: all that it compares what is no parameter with."""
    return [
        (node.left.id, part.value)
        for node in ast.walk(check.condition)
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and node.left.id not in parameters
        for part in ast.walk(node.comparators[0])
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and check.before
    ]


def values(
    check: Check, start: Mapping[str, object], *, wanted: bool, fixed: Mapping[str, object]
) -> dict[str, object]:
    """Values for the parameters of start that it refuses (wanted), or lets pass, as much like start as there are.

    fixed: the values of other parameters. Empty when none are found.
    """
    names = list(start)
    choices = [list(_choices(check.condition, name, start[name])) for name in names]
    for combination in itertools.islice(itertools.product(*choices), _MOST):
        tried = dict(zip(names, combination, strict=True))
        if refused(check, {**fixed, **tried}) is wanted:
            return tried
    return {}


def _choices(condition: ast.expr, name: str, start: object) -> Iterator[object]:
    yield start
    if not isinstance(start, str):
        return
    for node in ast.walk(condition):
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and node.left.id == name:
            for part in ast.walk(node.comparators[0]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "re.match" and len(node.args) == 2:
            pattern, subject = node.args
            if isinstance(subject, ast.Name) and subject.id == name and isinstance(pattern, ast.Constant):
                yield _example(str(pattern.value))
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == f"os.path.realpath({name}).startswith":
            yield os.path.join(_text(node.args[0]), "fake")
    yield "7"
    yield "fake\nfake"


def _example(pattern: str) -> str:
    """A text that the pattern may match; whoever uses it tries."""
    text = pattern
    for part, example in _EXAMPLES:
        text = re.sub(part, example, text)
    return text


def _text(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
