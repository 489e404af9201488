"""The operations as CSV, one row each."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from migrator.coverage.operations import Coverage, Operation
from migrator.report.coverage import said
from migrator.report.text import command

HEAD = (
    *("project", "path", "line", "scope", "package", "rung", "rung_name", "actor", "reason"),
    *("program", "command", "root", "function", "becomes", "target"),
)
# What a spreadsheet takes for a formula; with an apostrophe before it is text (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def dumps(projects: Sequence[Coverage]) -> str:
    """A head and one row for each operation, RFC 4180 but for the line ends."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEAD)
    for project in projects:
        for operation in project.operations:
            writer.writerow([_cell(value) for value in _row(project.name, operation)])
    return out.getvalue()


def _row(name: str, one: Operation) -> Iterator[object]:
    yield from (name, one.path, one.line, one.scope, one.package)
    yield from (said.number(one.rung), one.rung.value, one.actor.value, one.reason)
    yield from (one.program, command(one.argv) if one.argv else "", one.root, one.function)
    yield from (one.becomes.value if one.becomes else "", one.target)


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
