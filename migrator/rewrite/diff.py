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
    out: list[str] = []
    for line in difflib.unified_diff(
        before,
        after,
        "/dev/null" if old is None else f"a/{name}",
        "/dev/null" if new is None else f"b/{name}",
        n=context,
        lineterm="\n",
    ):
        if line.endswith("\n"):
            out.append(line)
        else:
            out.append(line + "\n\\ No newline at end of file\n")
    if not out:  # an empty file appears or goes: no line differs
        return f"--- {'/dev/null' if old is None else 'a/' + name}\n+++ {'/dev/null' if new is None else 'b/' + name}\n"
    return "".join(out)


def _lines(data: bytes) -> list[str]:
    pieces = data.decode("utf-8", "backslashreplace").split("\n")
    lines = [piece + "\n" for piece in pieces[:-1]]
    return [*lines, pieces[-1]] if pieces[-1] else lines
