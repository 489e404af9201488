"""The files of a project in which a tie may stand: the one place of a cutover that reads them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from migrator.understand.walk import TESTS

SPEAKS = re.compile(rb"rootwrap|root_helper", re.I)
# Read whether they speak of rootwrap or not: what they install may go.
_PACKAGING = frozenset({"setup.cfg", "pyproject.toml", "setup.py", "MANIFEST.in"})
_NEVER = frozenset({"__pycache__", "node_modules", "build", "dist", "locale", "site-packages", "htmlcov"})
# What was: a release's history says rootwrap for ever.
_HISTORY = frozenset(
    {"ChangeLog", "PKG-INFO", "AUTHORS", "CHANGELOG.md", "CHANGELOG.rst", "CHANGES.rst", "RELEASES.rst"}
)
_NOTES = "releasenotes"
_DOCUMENTATION = frozenset({"doc", "docs", "api-guide", "api-ref", "install-guide", "admin-guide"})
_PROSE = (".rst", ".md", ".txt", ".inc", ".html", ".svg")
_MOST = 4 << 20  # bytes; what is larger is data


@dataclass(frozen=True)
class Tree:
    """A project's folder: paths of all its files, and the bytes of those that may hold a tie or reach one.

    Paths are POSIX, relative to root, sorted. data: every Python file, the packaging, and what names rootwrap.
    """

    root: str
    paths: tuple[str, ...]
    data: Mapping[str, bytes]

    def text(self, path: str) -> str:
        """A file as text; bytes that are no UTF-8 survive being written back."""
        return self.data[path].decode("utf-8", "surrogateescape")

    @property
    def speaking(self) -> Iterator[str]:
        """Paths of the files that name rootwrap or a root helper."""
        return (path for path, data in self.data.items() if SPEAKS.search(data))

    def file(self, path: str) -> str:
        """Where a file lies."""
        return os.path.join(self.root, path)


def documents(path: str) -> bool:
    """Whether a file is documentation, be it in Python as Sphinx's configuration."""
    return path.split("/")[0] in _DOCUMENTATION or path.endswith(_PROSE)


def in_tests(path: str) -> bool:
    """Whether a folder of tests is above a file."""
    return not TESTS.isdisjoint(path.split("/")[:-1])


def read(root: str) -> Tree:
    """Read the project below a folder. Raises OSError for a file that cannot be read.

    Left out: hidden folders but those of Zuul, virtual environments, build output, translations, release notes.
    """
    paths: list[str] = []
    data: dict[str, bytes] = {}
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if _wanted(folder, name))
        below = os.path.relpath(folder, root)
        for name in sorted(names):
            path = name if below == "." else f"{below}/{name}"
            file = os.path.join(folder, name)
            if name in _HISTORY or not os.path.isfile(file) or os.path.islink(file):
                continue
            paths.append(path)
            if os.path.getsize(file) > _MOST:
                continue
            with open(file, "rb") as opened:
                content = opened.read()
            if b"\0" not in content and (name.endswith(".py") or name in _PACKAGING or SPEAKS.search(content)):
                data[path] = content
    return Tree(root, tuple(sorted(paths)), dict(sorted(data.items())))


def _wanted(folder: str, name: str) -> bool:
    if name in _NEVER or name == _NOTES or name.endswith(".egg-info"):
        return False
    if name.startswith(".") and not name.startswith(".zuul"):
        return False
    return not os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))
