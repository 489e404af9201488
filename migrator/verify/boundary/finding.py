"""What the checks at the boundary say: findings, and what could not be judged."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from migrator.model import Unreadable


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A fault at a place. line, column: from 1, the column in characters. end_line: the last line of the statement.

    text: what breaks at run time. help: what to do. scope: qualified name of the function or class that it stands in,
    "<module>" outside of any; a definition stands in what is around it. symbol: what it is about, a dotted name without
    line numbers, so that it can be told from others after the code was moved.
    """

    path: str
    line: int
    column: int
    code: str
    text: str
    help: str
    end_line: int = 0
    scope: str = ""
    symbol: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Unverifiable:
    """A check that could not be made here. subject: a module's or function's dotted name. reason: why."""

    subject: str
    check: str
    reason: str


@dataclass(frozen=True, slots=True)
class Entrypoint:
    """A function that a context exports. name: dotted, as the daemon looks it up. context: dotted name of the context.

    path, line: where its `def` stands. parameters: names in order. node: its definition. direct: nothing stands between
    the decorator and the function, so that the signature is its own.
    """

    name: str
    context: str
    path: str
    line: int
    parameters: tuple[str, ...]
    direct: bool
    node: ast.FunctionDef | ast.AsyncFunctionDef = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Boundary:
    """The outcome for some paths.

    findings: sorted by path and line. packages: the dotted names of the privsep packages. imported: modules that a
    fresh interpreter has imported. unreadable: files that may matter and could not be read. notes: findings of codes
    that break nothing (`Code.note`).
    """

    findings: tuple[Finding, ...]
    entrypoints: tuple[Entrypoint, ...]
    unverifiable: tuple[Unverifiable, ...]
    packages: tuple[str, ...]
    imported: tuple[str, ...]
    unreadable: tuple[Unreadable, ...]
    notes: tuple[Finding, ...] = ()
