"""The tree as it was before it was rewritten: a folder, or what git has of it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence

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
    top = _git(os.path.dirname(os.path.abspath(paths[0])) or "/", "rev-parse", "--show-toplevel", why=paths[0]).decode()
    top = top.rstrip("\n")
    with tempfile.TemporaryDirectory(prefix="privmigrate-before-") as home:
        listed = _git(top, "ls-tree", "-r", "-z", ref, why=f"{top}: {ref}")
        _unpack(top, listed, home)
        yield os.path.realpath(home), os.path.realpath(top)


def _unpack(top: str, listed: bytes, home: str) -> None:
    """Write the Python files and what is below etc, for rootwrap's filters.

    Not by `git archive`, which leaves out what is export-ignore.
    """
    entries = [entry.partition(b"\t") for entry in listed.split(b"\0") if entry]
    wanted = [
        (head.split()[2], path)
        for head, _, path in entries
        if head.split()[1] == b"blob" and (path.endswith(b".py") or b"etc" in path.split(b"/")[:-1])
    ]
    given = b"".join(name + b"\n" for name, _ in wanted)
    data = _git(top, "cat-file", "--batch", why=top, stdin=given)
    place = 0
    for _, path in wanted:
        end = data.index(b"\n", place)
        size = int(data[place:end].split()[2])
        target = os.path.join(os.fsencode(home), path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(data[end + 1 : end + 1 + size])
        place = end + 1 + size + 1


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


def _git(folder: str, *words: str, why: str, stdin: bytes | None = None) -> bytes:
    try:
        done = subprocess.run(["git", "-C", folder, *words], input=stdin, capture_output=True, check=False)
    except OSError as error:
        raise NothingBefore(
            f"git cannot be run ({error.strerror}); give the tree before the rewrite with --before"
        ) from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise NothingBefore(
            f"{why}: git has nothing to compare with ({said[-1] if said else 'it failed'}); give --before DIR"
        )
    return done.stdout
