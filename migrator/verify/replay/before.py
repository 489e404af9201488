"""The tree as it was before it was rewritten: a folder, or what git has of it."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence

from migrator.fault import Fault


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
        packed = _git(top, "archive", "--format=tar", ref, why=f"{top}: {ref}")
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            members = [
                one for one in archive.getmembers() if one.isdir() or (one.isfile() and one.name.endswith(".py"))
            ]
            _extract(archive, members, home)
        yield home, top


def _extract(archive: tarfile.TarFile, members: list[tarfile.TarInfo], home: str) -> None:
    if hasattr(tarfile, "data_filter"):  # Python 3.12, and the security releases of those before
        archive.extractall(home, members, filter="data")
    else:
        archive.extractall(home, members)


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


def _git(folder: str, *words: str, why: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", folder, *words], capture_output=True, check=False)
    except OSError as error:
        raise Fault(f"git cannot be run ({error.strerror}); give the tree before the rewrite with --before") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Fault(f"{why}: git has nothing to compare with ({said[-1] if said else 'it failed'}); give --before DIR")
    return done.stdout
