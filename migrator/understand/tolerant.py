"""Python 2 and early Python 3 text made parseable for CPython of today, line for line."""

from __future__ import annotations

import re

# `async` and `await` became keywords in Python 3.7; before, they were names.
_ASYNC_NAME = re.compile(r"\basync\b(?!\s+(?:def|for|with)\b)")
_AWAIT_NAME = re.compile(r"\bawait\b(?=\s*(?:[=,)\]:.]|$))")
_EXCEPT_COMMA = re.compile(r"^(\s*except\s+(?:[\w.]+|\([^()]*\)))\s*,\s*(\w+)\s*:")
_RAISE_COMMA = re.compile(r"^(\s*raise\s+[\w.]+)\s*,\s*(.+)$")
_PRINT = re.compile(r"^(\s*)print(?=\s*$|\s+[^=\s(.,\[]|\s+\((?!.*\)\s*$)|\s*>>)")
_PRINT_SAME_LINE = re.compile(r"(:\s+)print(?=\s+[\"'\w])")
_OCTAL = re.compile(r"(?<![\w.])0(?=[0-7]+\b(?!\.))")
_UNICODE_RAW = re.compile(r"\b[uU][rR](?=[\"'])")
_NOT_EQUAL = re.compile(r"<>")
_BACKTICKS = re.compile(r"`([^`\n]+)`")
_LONG = re.compile(r"(?<![\w.])(\d+|0[xX][\da-fA-F]+)[lL]\b")
_EXEC = re.compile(r"^(\s*)exec\s+(?=[^\s(=.,)])")

# Text that CPython of today cannot parse where it stands outside strings and comments. Each begins with known text,
# which makes searching many times faster than one pattern with alternatives.
_SUSPICIOUS = tuple(
    re.compile(pattern)
    for pattern in (
        rb"async[ \t]*[=,)]",
        rb"await[ \t]*[=,)]",
        rb"except[ \t]+[\w.]+[ \t]*,[ \t]*\w+[ \t]*:",
        rb"except[ \t]*\([^()\n]*\)[ \t]*,[ \t]*\w+[ \t]*:",
        rb"\n<<<<<<< ",
    )
)
_PRINT_STATEMENT = re.compile(rb"print[ \t]+[\"'\w]")


def suspicious(data: bytes) -> bool:
    """Whether a file's bytes show signs of a Python that cannot be parsed today; the cheap test of a whole file."""
    if any(pattern.search(data) for pattern in _SUSPICIOUS):
        return True
    for found in _PRINT_STATEMENT.finditer(data):
        if not data[data.rfind(b"\n", 0, found.start()) + 1 : found.start()].strip():
            return True
    return False


def tolerate(text: str) -> tuple[str, tuple[tuple[int, str], ...]]:
    """The text with what only older Pythons take replaced, and what was replaced on which line (from 1).

    Lines keep their number. Columns keep their place but on the lines of `except A, e:`, octal numbers and backticks.
    """
    oddities: list[tuple[int, str]] = []
    lines = re.split(r"(\r\n|\r|\n)", text)
    for index in range(0, len(lines), 2):
        line = lines[index]
        if not line or line.lstrip().startswith("#"):
            continue
        number = index // 2 + 1
        for needle, pattern, replacement, what in _MENDINGS:
            if needle not in line:
                continue
            changed = pattern.sub(replacement, line)
            if changed != line:
                oddities.append((number, what))
                line = changed
        lines[index] = line
    return "".join(lines), tuple(oddities)


_MENDINGS: tuple[tuple[str, re.Pattern[str], str, str], ...] = (
    ("async", _ASYNC_NAME, "asynk", "`async` is a name here; it is a keyword since Python 3.7"),
    ("await", _AWAIT_NAME, "awayt", "`await` is a name here; it is a keyword since Python 3.7"),
    ("except", _EXCEPT_COMMA, r"\1 as \2:", "`except A, e:` is Python 2"),
    ("raise", _RAISE_COMMA, r"\1; \2", "`raise A, text` is Python 2"),
    ("exec", _EXEC, r"\1_ =  ", "the `exec` statement is Python 2"),
    ("print", _PRINT, r"\1_=0, ", "the `print` statement is Python 2"),
    ("print", _PRINT_SAME_LINE, r"\1_=0, ", "the `print` statement is Python 2"),
    ("r", _UNICODE_RAW, " r", "a `ur''` string is Python 2"),
    ("<>", _NOT_EQUAL, "!=", "`<>` is Python 2"),
    ("`", _BACKTICKS, r"repr(\1)", "backticks are Python 2"),
    ("", _LONG, r"\1 ", "a long integer literal is Python 2"),
    ("0", _OCTAL, "0o", "an octal number such as 0755 is Python 2"),
)
