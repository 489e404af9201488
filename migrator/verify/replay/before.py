"""The tree as it was before it was rewritten: a folder, or what git has of it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Sequence

from migrator import revisions
from migrator.fault import Fault


class NothingBefore(Fault):
    """There is no tree before to compare with, or it is the same one."""


@contextlib.contextmanager
def before(paths: Sequence[str], folder: str = "", ref: str = "HEAD") -> Iterator[tuple[str, str]]:
    """(root before, root after): a path relative to one root names the same file below the other.

    folder: the tree before, as a folder that corresponds to the one of `paths` (or to the folder it lies in). ref: else
    this commit of the git work tree that `paths` lie in. Raises Fault when neither can be had.
    """
    if folder:
        yield _folders(paths, folder)
        return
    try:
        top = revisions.top_of(os.path.abspath(paths[0]))
        with tempfile.TemporaryDirectory(prefix="privmigrate-before-") as home:
            revisions.lay_out(top, ref, home)
            yield os.path.realpath(home), os.path.realpath(top)
    except revisions.NoGit as fault:
        raise NothingBefore(f"{fault}: nothing to compare with; give --before DIR") from fault


def _folders(paths: Sequence[str], folder: str) -> tuple[str, str]:
    if not os.path.isdir(folder):
        raise Fault(f"{folder}: --before takes a folder, the tree as it was before the rewrite")
    after = os.path.abspath(paths[0])
    if not os.path.isdir(after):
        after = os.path.dirname(after)
    old = os.path.abspath(folder)
    # The same folder of both trees, or the one above it: `verify --before old new/pkg` and `... old/pkg new/pkg`.
    while not _alike(old, after):
        if not os.path.isfile(os.path.join(after, "__init__.py")):
            raise Fault(
                f"{folder}: has no Python file in common with {paths[0]}; give the same tree before the rewrite"
            )
        after = os.path.dirname(after)
    return old, after


def _alike(left: str, right: str) -> bool:
    """Whether the two folders look like two states of the same: most of the names below them are the same."""
    first, second = set(os.listdir(left)), set(os.listdir(right))
    mark = "__init__.py"
    return (mark in first) == (mark in second) and len(first & second) * 2 > len(first - {mark})
