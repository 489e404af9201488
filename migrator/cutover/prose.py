"""Ties in documentation, scripts and settings of CI, and in comments: found by line, cut by people."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from migrator.cutover.mentions import PROGRAM
from migrator.cutover.ties import Kind, Standing, Tie
from migrator.cutover.tree import Tree, in_tests

_MENTION = re.compile(r"rootwrap", re.I)
_TOKEN = re.compile(r"[\w./-]+")
_FOLDERS = frozenset({"doc", "docs", "api-guide", "api-ref", "install-guide", "admin-guide"})
_PROSE = (".rst", ".md", ".txt", ".inc", ".html", ".tex", ".svg")
# What ends in an error when rootwrap, its files or a script that is about them are not there.
_RUNS = re.compile(rf"(?<![\w.-]){PROGRAM}(?![\w.])|rootwrap\.(?:conf|d)\b|[\w-]*rootwrap[\w-]*\.(?:sh|py)\b", re.I)
_TODO = {
    Kind.DOCS: "text for people: rewrite it",
    Kind.COMMENT: "rewrite the comment",
    Kind.SHELL: "speaks of rootwrap: mend it",
}
_RUNNING = "runs rootwrap, or needs its files: take it out first"


def ties(tree: Tree, told: Mapping[str, Collection[int]], going: Iterable[str]) -> Iterator[Tie]:
    """One tie for each file and kind, with its lines.

    told: by path, lines that are ties already, or that go. going: paths of files that go as a whole.
    """
    gone = frozenset(going)
    for path in tree.speaking:
        if path in gone:
            continue
        lines = [
            (number, line)
            for number, line in enumerate(tree.text(path).split("\n"), 1)
            if number not in told.get(path, ()) and _speaks(line, tree)
        ]
        if path.endswith(".py"):
            if not in_tests(path):
                yield from _tie(Kind.DOCS if _documents(path) else Kind.COMMENT, Standing.BY_HAND, path, lines)
        elif _documents(path):
            yield from _tie(Kind.DOCS, Standing.BY_HAND, path, lines)
        else:
            running = [(number, line) for number, line in lines if _runs(line)]
            yield from _tie(Kind.SHELL, Standing.BLOCKING, path, running)
            yield from _tie(Kind.SHELL, Standing.BY_HAND, path, [one for one in lines if one not in running])


def _tie(kind: Kind, standing: Standing, path: str, lines: list[tuple[int, str]]) -> Iterator[Tie]:
    if lines:
        todo = _RUNNING if standing is Standing.BLOCKING else _TODO[kind]
        yield Tie(kind, standing, path, tuple(number for number, _ in lines), lines[0][1].strip(), todo)


def _speaks(line: str, tree: Tree) -> bool:
    """Whether a line names rootwrap, and not a module of the project that is only called so."""
    return any(_MENTION.search(token) and not _own(token.strip("."), tree) for token in _TOKEN.findall(line))


def _own(token: str, tree: Tree) -> bool:
    return bool(re.search(r"(?:^|[/.])rootwrap(?:\.py)?$", token)) and (
        token in tree.data or token.replace(".", "/") + ".py" in tree.data
    )


def _documents(path: str) -> bool:
    return path.split("/")[0] in _FOLDERS or path.endswith(_PROSE)


def _runs(line: str) -> bool:
    """Whether a line of a script or of settings does something with rootwrap: a comment does not."""
    said = line.strip()
    return not said.startswith(("#", "echo ", "//")) and bool(_RUNS.search(said))
