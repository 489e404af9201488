"""Finds the `# noqa: PRV101 reason` comments, which findings they suppress, and which of them suppress none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

# As flake8 spells it, but a code must be named: a bare one, put there for a long line, admits no root call.
_COMMENT = re.compile(rb"#\s*noqa\s*:\s*", re.IGNORECASE)
_CODE = re.compile(rb"([A-Z]{1,3}[0-9]{1,3})(?![0-9A-Z_])[,\s]*", re.IGNORECASE)
_LINE_END = re.compile(rb"\r\n|\r|\n")
# Comments, and the strings that could be mistaken for one. Not by tokenize, which gives up on code of older Pythons.
_TOKEN = re.compile(
    rb"(?P<comment>#[^\r\n]*)"
    rb'|"""(?:[^"\\]|\\.|"(?!""))*"""'
    rb"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    rb'|"(?:[^"\\\r\n]|\\.)*"'
    rb"|'(?:[^'\\\r\n]|\\.)*'",
    re.DOTALL,
)
OURS = "PRV"


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment that names codes. line, column: of its `#`, from 1. reason: what follows the codes."""

    line: int
    column: int
    codes: tuple[str, ...]
    reason: str


def comments(data: bytes) -> tuple[Comment, ...]:
    """The comments of a Python file that suppress something by its code, in order; what stands in strings is none."""
    if not _COMMENT.search(data):
        return ()
    starts = [0, *(found.end() for found in _LINE_END.finditer(data))]
    found: list[Comment] = []
    line = 0
    for token in _TOKEN.finditer(data):
        text = token["comment"]
        if not text:
            continue
        while line + 1 < len(starts) and starts[line + 1] <= token.start():
            line += 1
        for start in _COMMENT.finditer(text):
            codes, end = _codes(text, start.end())
            if codes:
                reason = _COMMENT.split(text[end:])[0].strip(b" \t:;,.-#").decode("utf-8", "replace")
                before = data[starts[line] : token.start() + start.start()]
                column = len(before.decode("utf-8", "replace")) + 1
                found.append(Comment(line + 1, column, codes, reason))
    return tuple(found)


def _codes(text: bytes, at: int) -> tuple[tuple[str, ...], int]:
    codes: list[str] = []
    while found := _CODE.match(text, at):
        codes.append(found[1].decode().upper())
        at = found.end()
    return tuple(codes), at


def suppressions(findings: Iterable[tuple[str, int, int, str]]) -> list[bool]:
    """For each finding (path, first line, last line, code), whether a comment on one of its lines suppresses it.

    Only files that have findings are read; one that can't be read any more suppresses nothing.
    """
    known: dict[str, dict[int, set[str]]] = {}
    found = []
    for path, first, last, code in findings:
        if path not in known:
            known[path] = by_line(comments(_read(path)))
        lines = known[path]
        found.append(bool(lines) and any(code in lines.get(line, ()) for line in range(first, last + 1)))
    return found


def by_line(found: Iterable[Comment]) -> dict[int, set[str]]:
    """The codes that comments name, by line."""
    lines: dict[int, set[str]] = {}
    for comment in found:
        lines.setdefault(comment.line, set()).update(comment.codes)
    return lines


def ours(paths: Iterable[str]) -> Iterator[tuple[str, Comment]]:
    """The comments in these files that name a code of ours, each with its path; what can't be read has none."""
    for path in paths:
        data = _read(path)
        if b"noqa" in data.lower() and OURS.encode() in data.upper():
            for comment in comments(data):
                if any(code.startswith(OURS) for code in comment.codes):
                    yield path, comment


def unused(
    found: Iterable[Comment], findings: Iterable[tuple[int, int, str]], judged: Mapping[str, bool]
) -> Iterator[tuple[Comment, str]]:
    """The codes of ours in one file's comments that suppress nothing, each with its comment.

    findings: (first line, last line, code) of that file, suppressed ones too. judged: the codes there are, and whether
    this run looked for them: one that it did not look for may well have its use.
    """
    spans = list(findings)
    for comment in found:
        for code in dict.fromkeys(comment.codes):
            if not code.startswith(OURS) or not judged.get(code, True):
                continue
            if not any(code == other and first <= comment.line <= last for first, last, other in spans):
                yield comment, code


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
