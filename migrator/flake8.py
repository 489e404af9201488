"""The flake8 extension: the root calls that can be told from one file alone, for editors and `tox -e pep8`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migrator import __version__

if TYPE_CHECKING:
    import ast

_STANDARD_INPUT = frozenset({"-", "stdin", "/dev/stdin"})


class Checker:
    """Checks one file; flake8 makes one for each.

    flake8 hands over one file at a time, possibly in several processes, so a call through a wrapper of another file
    is not found here, nor is it held against the baseline: `privmigrate check` does both. Suppression is flake8's own.
    """

    name = "privmigrate"
    version = __version__

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:
        """tree: asked for so that flake8 knows this for a check of whole files."""
        self._filename = filename
        self._lines = lines

    def run(self) -> Iterator[tuple[int, int, str, type[Checker]]]:
        """Line (from 1), column (from 0), code and text of each finding. Raises Fault for a configuration at fault."""
        if self._filename in _STANDARD_INPUT:
            with tempfile.TemporaryDirectory(prefix="privmigrate-") as folder:
                place = Path(folder, "stdin.py")
                place.write_text("".join(self._lines), encoding="utf-8")
                found = _found(str(place), os.getcwd())
        elif _tests(self._filename):
            return
        else:
            found = _found(self._filename, self._filename)
        for line, column, text in found:
            yield line, column, text, type(self)


def _tests(path: str) -> bool:
    """Whether `privmigrate scan .` leaves this file out as one of the tests."""
    from migrator.understand.walk import TESTS

    return not TESTS.isdisjoint(Path(os.path.relpath(path)).parts[:-1])


def _found(path: str, start: str) -> list[tuple[int, int, str]]:
    """The findings of a file; start: where the configuration is looked for."""
    from migrator.understand.search import SEEDS

    with open(path, "rb") as file:
        data = file.read()
    if not any(seed in data for seed in SEEDS):
        return []
    from migrator import config
    from migrator.commands.survey import executors
    from migrator.report import text
    from migrator.report.ledger import ledger
    from migrator.understand.scan import scan

    settings = config.configuration(start)
    found: dict[str, Any] = ledger(scan([path], executors=executors(settings), thorough=True), None)
    return [
        *((max(one["line"], 1), 0, f"{one['code']} {text.clean(one['reason'])}") for one in found["unreadable"]),
        *((site["line"], site["column"] - 1, text.message(site)) for site in found["sites"]),
    ]
