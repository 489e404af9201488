"""The files of a rewrite in the making: what they will hold, so that a second change goes on top of the first."""

from __future__ import annotations

import os
from collections.abc import Iterable

from migrator.rewrite.transaction import Change
from migrator.understand.walk import relative


class Pending:
    """Changes by file; local to one rewrite. A file that is not there reads as None."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self._by_path = {os.path.abspath(change.path): change for change in changes}

    def data(self, path: str) -> bytes | None:
        """The bytes that the file will have. Raises OSError when it is there and cannot be read."""
        change = self._by_path.get(os.path.abspath(path))
        if change is not None:
            return change.after
        try:
            with open(path, "rb") as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def before(self, path: str) -> bytes | None:
        """The bytes that the file has now, for one that changes; None when it is new or stays."""
        change = self._by_path.get(os.path.abspath(path))
        return change.old if change else None

    def text(self, path: str) -> str | None:
        """The same as text; bytes that are no UTF-8 survive put()."""
        data = self.data(path)
        return None if data is None else data.decode("utf-8", "surrogateescape")

    def put(self, path: str, new: str | bytes) -> None:
        """Let the file hold this; nothing happens when it does already."""
        data = new.encode("utf-8", "surrogateescape") if isinstance(new, str) else new
        before = self.data(path)
        if data == before:
            return
        known = self._by_path.get(os.path.abspath(path))
        self._by_path[os.path.abspath(path)] = (
            Change(known.path, known.old, data) if known else Change(relative(path), before, data)
        )

    def remove(self, path: str) -> None:
        """Let the file go away; nothing happens when it is not there."""
        before = self.data(path)
        if before is None:
            return
        known = self._by_path.get(os.path.abspath(path))
        self._by_path[os.path.abspath(path)] = (
            Change(known.path, known.old, b"", removed=True) if known else Change(relative(path), before, b"", True)
        )

    @property
    def changes(self) -> list[Change]:
        return list(self._by_path.values())
