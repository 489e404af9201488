"""A time limit for the commands that synthesised functions run, where they have none of their own."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from migrator.model import Outcome, Privileged

# Release of oslo.concurrency whose processutils.execute() takes timeout= (3.x and 4.1 raise UnknownArgumentError).
RELEASE = (4, 2)
_RUNNERS = ("command.run", "processutils.execute")


def limited(outcomes: Sequence[Outcome], seconds: int) -> tuple[Outcome, ...]:
    """The outcomes with `timeout=SECONDS` in each function that runs a command; native ones start none, and stay.

    What takes longer is killed, and the caller gets subprocess.TimeoutExpired.
    """
    made: dict[Privileged, Privileged] = {}
    for outcome in outcomes:
        if outcome.function is not None and outcome.function not in made:
            made[outcome.function] = _limited(outcome.function, seconds)
    return tuple(
        replace(outcome, function=made[outcome.function]) if outcome.function is not None else outcome
        for outcome in outcomes
    )


def _limited(function: Privileged, seconds: int) -> Privileged:
    """The function with the keyword in its calls of a runner; unchanged when they have one or there is none."""
    lines = function.source.encode().splitlines(keepends=True)
    places = sorted(
        ((call.end_lineno or 0, call.end_col_offset or 0) for call in _calls(function.source)), reverse=True
    )
    for line, column in places:  # just before the closing parenthesis, the last call first
        before, after = lines[line - 1][: column - 1], lines[line - 1][column - 1 :]
        lines[line - 1] = before + f", timeout={seconds}".encode() + after
    return replace(function, source=b"".join(lines).decode()) if places else function


def _calls(source: str) -> list[ast.Call]:
    """The calls that run a command and set no limit: of our runners, or of one of the project that is told no root."""
    return [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and (ast.unparse(node.func) in _RUNNERS or _unprivileged(node))
        and (node.args or node.keywords)
        and not any(word.arg in ("timeout", None) for word in node.keywords)
    ]


def _unprivileged(call: ast.Call) -> bool:
    return any(word.arg == "run_as_root" and ast.unparse(word.value) == "False" for word in call.keywords)
