"""Python 2 and early Python 3 text made parseable for CPython of today, line for line."""

from __future__ import annotations

import re

# Each pattern names the stretch that is replaced `at`. They are held against lines whose strings are masked by
# quotes, and compiled when a file needs them, which few do.
# `async` and `await` became keywords in Python 3.7; before, they were names.
_ASYNC_NAME = r"(?P<at>\basync\b)(?!\s+(?:def|for|with)\b)"
_AWAIT_NAME = r"(?P<at>\bawait\b)(?=\s*(?:[=,)\]:.]|$))"
_EXCEPT_COMMA = r"^\s*except\s+(?:[\w.]+|\([^()]*\))(?P<at>\s*,\s*)\w+\s*:"
_RAISE_COMMA = r"^\s*raise\s+[\w.]+\s*(?P<at>,)"
_PRINT_TO = r"(?:^|:)\s*(?P<at>print)(?=\s*>>)"
_PRINT = r"(?:^|:)\s*(?P<at>print)(?=\s*$|\s*\"|\s+[^=\s(.,\[>]|\s+\((?!.*\)\s*$))"
_OCTAL = r"(?<![\w.])(?P<at>0)(?=[0-7]+\b(?!\.))"
_UNICODE_RAW = r"\b(?P<at>[uU])(?=[rR]\")"
_NOT_EQUAL = r"(?P<at><>)"
_BACKTICK = r"(?P<at>`)"
_LONG = r"(?<![\w.])(?:\d+|0[xX][\da-fA-F]+)(?P<at>[lL])\b"
_EXEC = r"^\s*(?P<at>exec)\s+(?=[^\s(=.,)])"
_LINE_END = re.compile(r"(\r\n|\r|\n)")
_TEXT = re.compile(r"[^\r\n]")
_TOKEN = re.compile(
    r"#[^\n]*"
    r'|"""(?:[^"\\]|\\.|"(?!""))*"""'
    r"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'(?:[^'\\\n]|\\.)*'",
    re.DOTALL,
)

# Text that CPython of today cannot parse where it stands outside strings and comments. Each begins with known text,
# which makes searching many times faster than one pattern with alternatives.
SUSPICIOUS = tuple(
    re.compile(pattern)
    for pattern in (
        rb"async[ \t]*[=,)]",
        rb"\.async\b",
        rb"except[ \t]*(?:[\w.]+|\([^()\n]*\))[ \t]*,[ \t]*\w+[ \t]*:",
        rb"<<<<<<< ",
        rb"print[ \t]+[\"'\w]",
    )
)


def tolerate(text: str) -> tuple[str, tuple[tuple[int, str], ...]]:
    """The text with what only older Pythons take replaced, and what was replaced on which line (from 1).

    Lines keep their number. Columns keep their place but on the lines of `except A, e:`, octal numbers and backticks.
    Strings and comments are left alone.
    """
    oddities: list[tuple[int, str]] = []
    lines = _LINE_END.split(text)
    masked = _LINE_END.split(_TOKEN.sub(_masked, text))
    for index in range(0, len(lines), 2):
        line, mask = lines[index], masked[index]
        for needle, pattern, replacement, what in _MENDINGS:
            if needle not in mask:
                continue
            for found in reversed(list(re.finditer(pattern, mask))):
                start, end = found.span("at")
                line = line[:start] + replacement + line[end:]
                mask = mask[:start] + replacement + mask[end:]
                oddities.append((index // 2 + 1, what))
        lines[index] = line
    return "".join(lines), tuple(dict.fromkeys(oddities))


def in_code(line: str, column: int) -> bool:
    """Whether a place in a line stands in code, and not in a comment or a string of that line."""
    return _TOKEN.sub(_masked, line)[column] == line[column] != '"'


def _masked(found: re.Match[str]) -> str:
    """A string or comment as long as it was, with nothing in it that could be taken for code."""
    token = found.group()
    if token.startswith("#"):
        return _TEXT.sub(" ", token)  # with its line ends: a lone carriage return is one, and stands in comments
    return _TEXT.sub('"', token)


_MENDINGS: tuple[tuple[str, str, str, str], ...] = (
    ("async", _ASYNC_NAME, "asynk", "`async` is a name here; it is a keyword since Python 3.7"),
    ("await", _AWAIT_NAME, "awayt", "`await` is a name here; it is a keyword since Python 3.7"),
    ("except", _EXCEPT_COMMA, " as ", "`except A, e:` is Python 2"),
    ("raise", _RAISE_COMMA, ";", "`raise A, text` is Python 2"),
    ("exec", _EXEC, "_ = ", "the `exec` statement is Python 2"),
    ("print", _PRINT_TO, "_=0  ", "the `print` statement is Python 2"),
    ("print", _PRINT, "_=0, ", "the `print` statement is Python 2"),
    ("r", _UNICODE_RAW, " ", "a `ur''` string is Python 2"),
    ("<>", _NOT_EQUAL, "!=", "`<>` is Python 2"),
    ("`", _BACKTICK, '"', "backticks are Python 2"),
    ("", _LONG, "", "a long integer literal is Python 2"),
    ("0", _OCTAL, "0o", "an octal number such as 0755 is Python 2"),
)
