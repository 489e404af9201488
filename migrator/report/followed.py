"""What a rewrite does to the unit tests of its target: JSON (schema privmigrate.tests/1), and text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from migrator.expectations.follow import Tests
from migrator.report.text import clean, counted

SCHEMA = "privmigrate.tests/1"


def document(tests: Tests, root: str) -> dict[str, Any]:
    """The report as dictionaries and lists; docs/reference.md tells what the keys mean."""
    return {
        "schema": SCHEMA,
        "root": root,
        "changed": [asdict(one) for one in tests.changed],
        "left": [asdict(one) for one in tests.left],
        "summary": {
            "changed": len(tests.changed),
            "left": len(tests.left),
            "files": len({one.path for one in tests.changed}),
        },
    }


def lines(tests: Tests) -> Iterator[str]:
    """`path:line: what becomes of it`, in the order of files and lines."""
    every = [(one, "") for one in tests.changed] + [(one, "by hand: ") for one in tests.left]
    for one, how in sorted(every, key=lambda pair: (pair[0].path, pair[0].line)):
        yield f"{clean(one.path)}:{one.line}: {how}{clean(one.text)}"


def summary(tests: Tests) -> str:
    """One line for people."""
    files = counted(len({one.path for one in tests.changed}), "file")
    return f"{counted(len(tests.changed), 'place')} in {files} of unit tests would change, {len(tests.left)} by hand"
