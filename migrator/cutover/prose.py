"""Ties in documentation, scripts and settings of CI, and texts of the code: found by line, cut by people."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from migrator.cutover.mentions import PROGRAM
from migrator.cutover.ties import Kind, Standing, Tie
from migrator.cutover.tree import Tree, documents, in_tests
from migrator.rewrite import source

_MENTION = re.compile(r"rootwrap", re.I)
_TOKEN = re.compile(r"[\w./-]+")
# What ends in an error when rootwrap, its files or a script that is about them are not there.
_RUNS = re.compile(rf"(?<![\w.-]){PROGRAM}(?![\w.])|rootwrap\.(?:conf|d)\b|[\w-]*rootwrap[\w-]*\.(?:sh|py)\b", re.I)
_TODO = {
    Kind.DOCS: "text for people: rewrite it",
    Kind.SHELL: "speaks of rootwrap: mend it",
}
_RUNNING = "runs rootwrap, or needs its files: take it out first"

Lines = list[tuple[int, str]]


def ties(tree: Tree, told: Mapping[str, Collection[int]], going: Iterable[str]) -> Iterator[Tie]:
    """One tie for each file and kind, with its lines.

    Of code only what its users read counts, texts that are no docstrings: a comment ties nothing. told: by path, lines
    that are ties already, or that go. going: paths of files that go as a whole.
    """
    gone = frozenset(going)
    for path in tree.speaking:
        if path in gone or (path.endswith(".py") and in_tests(path)):
            continue
        lines = [(number, line) for number, line in _speaking(path, tree) if number not in told.get(path, ())]
        if documents(path) or path.endswith(".py"):
            yield from _tie(Kind.DOCS, Standing.BY_HAND, path, lines)
        else:
            running = [(number, line) for number, line in lines if _runs(line)]
            yield from _tie(Kind.SHELL, Standing.BLOCKING, path, running)
            yield from _tie(Kind.SHELL, Standing.BY_HAND, path, [one for one in lines if one not in running])


def _tie(kind: Kind, standing: Standing, path: str, lines: Lines) -> Iterator[Tie]:
    if lines:
        todo = _RUNNING if standing is Standing.BLOCKING else _TODO[kind]
        yield Tie(kind, standing, path, tuple(number for number, _ in lines), lines[0][1].strip(), todo)


def _speaking(path: str, tree: Tree) -> Lines:
    """The lines that name rootwrap, and not a module of the project that is only called so."""
    text = tree.text(path)
    lines = list(enumerate(text.split("\n"), 1))
    if path.endswith(".py") and not documents(path):
        read = _texts(text)
        lines = [(number, line) for number, line in lines if number in read]
    return [
        (number, line)
        for number, line in lines
        if any(_MENTION.search(token) and not _own(token.strip("."), tree) for token in _TOKEN.findall(line))
    ]


def _texts(code: str) -> frozenset[int]:
    """The lines of strings that name rootwrap and are no docstrings; none of what does not parse, a tie of its own."""
    try:
        whole = source.parse(code)
    except (SyntaxError, ValueError):
        return frozenset()
    docstrings = {node.value for node in ast.walk(whole) if isinstance(node, ast.Expr)}
    return frozenset(
        line
        for node in ast.walk(whole)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings
        if _MENTION.search(node.value)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    )


def _own(token: str, tree: Tree) -> bool:
    return bool(re.search(r"(?:^|[/.])rootwrap(?:\.py)?$", token)) and (
        token in tree.data or token.replace(".", "/") + ".py" in tree.data
    )


def _runs(line: str) -> bool:
    """Whether a line of a script or of settings does something with rootwrap: a comment does not."""
    said = line.strip()
    return not said.startswith(("#", "echo ", "//")) and bool(_RUNS.search(said))
