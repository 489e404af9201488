"""The tree that is worked on: the project around the current folder, and what git has not committed of it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

from migrator.fault import Fault
from migrator.understand.walk import TESTS

_MARKS = ("pyproject.toml", "setup.cfg", "setup.py", ".git")
_NOT_CODE = frozenset({"tests", "test", "doc", "docs", "build", "dist"})


def root(start: str) -> str | None:
    """The nearest folder at or above `start` that holds a pyproject.toml, setup.cfg, setup.py or .git; else None."""
    folder = os.path.realpath(start)
    while not any(os.path.exists(os.path.join(folder, mark)) for mark in _MARKS):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


def packages(start: str = ".") -> list[str]:
    """The top-level packages of the project around a folder, as paths from the current one.

    They lie beside the project's pyproject.toml or in its `src`; packages of tests and documentation are left out.
    Raises Fault when there is no project, or no package in it.
    """
    top = root(start)
    if top is None:
        raise Fault("no project here: no pyproject.toml, setup.cfg or .git at or above this folder; name a PATH")
    found = packages_of(top)
    if not found:
        raise Fault(f"{os.path.relpath(top)}: a project without a package (a folder with __init__.py); name a PATH")
    return [os.path.relpath(path, os.path.realpath(".")) for path in found]


def packages_of(top: str) -> list[str]:
    """The folders of the top-level packages of the project in this folder, as packages() has them."""
    return [
        os.path.join(folder, name)
        for folder in (top, os.path.join(top, "src"))
        if os.path.isdir(folder)
        for name in sorted(os.listdir(folder))
        if name.isidentifier() and name not in _NOT_CODE and os.path.isfile(os.path.join(folder, name, "__init__.py"))
    ]


def package(path: str) -> str:
    """The folder of the top package that a path lies in, spelled like the path; the path itself outside of any."""
    absolute = os.path.abspath(path)
    folder = absolute if os.path.isdir(absolute) else os.path.dirname(absolute)
    top = ""
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        top, folder = folder, os.path.dirname(folder)
    if not top or top == absolute:
        return path
    return top if os.path.isabs(path) else os.path.relpath(top)


def in_tests(path: str) -> bool:
    """Whether a folder of tests is, or is above, a path."""
    return not TESTS.isdisjoint(os.path.abspath(path).split("/"))


def refuse_dirty(paths: Sequence[str]) -> None:
    """Raise Fault when one of the files has changes that its git work tree has not committed."""
    by_top: dict[str, list[str]] = {}
    for path in paths:
        top = git_top(os.path.dirname(os.path.realpath(path)))
        if top:
            by_top.setdefault(top, []).append(os.path.realpath(path))
    for top, mine in sorted(by_top.items()):
        command = ["git", "-C", top, "status", "--porcelain", "-z", "--untracked-files=all", "--", *mine]
        try:
            done = subprocess.run(command, capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise Fault(f"{top}: git could not say what is uncommitted ({error}); --allow-dirty goes on") from error
        dirty = [os.fsdecode(entry[3:]) for entry in done.stdout.split(b"\0") if entry]
        if dirty:
            more = f" and {len(dirty) - 1} more" if len(dirty) > 1 else ""
            raise Fault(f"{dirty[0]}{more}: uncommitted changes; commit them first, or use --allow-dirty")


def git_top(folder: str) -> str:
    """The git work tree that a folder lies in, "" when it lies in none."""
    while not os.path.exists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return ""
        folder = above
    return folder
