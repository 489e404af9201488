"""Changes of files as a unified diff."""

from __future__ import annotations

import difflib


def unified(path: str, old: bytes | None, new: bytes | None, context: int = 3) -> str:
    """A unified diff of one file, "" when nothing changes.

    old None: the file is new; new None: it goes away. Lines end at newlines only, so that a carriage return or a form
    feed stays inside its line as `patch` and git have it. Bytes that are not UTF-8 are shown as `\\xNN`; such a diff
    is for reading, not for applying.
    """
    if old == new:
        return ""
    before, after = _lines(old or b""), _lines(new or b"")
    name = path.lstrip("/")
    heads = ("/dev/null" if old is None else f"a/{name}", "/dev/null" if new is None else f"b/{name}")
    out: list[str] = []
    # difflib.unified_diff would take lines that occur often, such as "try:", for noise and show them as changed.
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for group in matcher.get_grouped_opcodes(context):
        out.append(f"@@ -{_range(group[0][1], group[-1][2])} +{_range(group[0][3], group[-1][4])} @@\n")
        for tag, start, end, other_start, other_end in group:
            if tag == "equal":
                out += [_marked(" ", line) for line in before[start:end]]
                continue
            out += [_marked("-", line) for line in before[start:end]]
            out += [_marked("+", line) for line in after[other_start:other_end]]
    return f"--- {heads[0]}\n+++ {heads[1]}\n" + "".join(out)


def _marked(mark: str, line: str) -> str:
    return mark + line if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"


def _range(start: int, end: int) -> str:
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _lines(data: bytes) -> list[str]:
    pieces = data.decode("utf-8", "backslashreplace").split("\n")
    lines = [piece + "\n" for piece in pieces[:-1]]
    return [*lines, pieces[-1]] if pieces[-1] else lines


def coloured(diff: str) -> str:
    """A unified diff with the colours that git gives it."""
    return "\n".join(map(_line_coloured, diff.split("\n")))


def _line_coloured(line: str) -> str:
    code = {"+": "32", "-": "31", "@": "36"}.get(line[:1])
    if line.startswith(("--- ", "+++ ")):
        code = "1"
    return f"\033[{code}m{line}\033[0m" if code else line
