"""Finds the `# noqa: PRV101` comments that stand on the lines of findings."""

from __future__ import annotations

import re
from collections.abc import Iterable

# As flake8 spells it, but a code must be named: a bare one, put there for a long line, admits no root call.
_COMMENT = re.compile(rb"#\s*noqa\s*:\s*((?:[A-Z]+[0-9]+[,\s]*)+)", re.IGNORECASE)
_CODE = re.compile(rb"[A-Z]+[0-9]+", re.IGNORECASE)
_LINE_END = re.compile(rb"\r\n|\r|\n")


def suppressions(findings: Iterable[tuple[str, int, int, str]]) -> list[bool]:
    """For each finding (path, first line, last line, code), whether a comment on one of its lines suppresses it.

    Only files that have findings are read; one that can't be read any more suppresses nothing.
    """
    codes: dict[str, dict[int, set[str]]] = {}
    found = []
    for path, first, last, code in findings:
        if path not in codes:
            codes[path] = _codes(path)
        lines = codes[path]
        found.append(bool(lines) and any(code in lines.get(line, ()) for line in range(first, last + 1)))
    return found


def _codes(path: str) -> dict[int, set[str]]:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return {}
    if b"noqa" not in data.lower():
        return {}
    codes: dict[int, set[str]] = {}
    for number, line in enumerate(_LINE_END.split(data), start=1):
        comment = _COMMENT.search(line)
        if comment:
            codes[number] = {code.decode().upper() for code in _CODE.findall(comment[1])}
    return codes
