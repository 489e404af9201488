"""Lay out a call over lines the way OpenStack code does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from migrator.rewrite import breaking

_TAB = 8


@dataclass(frozen=True)
class Place:
    """Where a call goes: the text of its line before and after it, the line's indentation, and the limits.

    hanging: the code around breaks after the opening parenthesis. newline: the file's line end.
    """

    before: str = ""
    after: str = ""
    indent: str = ""
    width: int = 79
    hanging: bool = False
    newline: str = "\n"


def call(callee: str, arguments: Sequence[str], place: Place) -> str:
    """The call's text: on one line when it fits, else aligned with the parenthesis, else hanging.

    Lines are filled as far as they go; an argument that is itself longer than a line is broken.
    """
    flat = f"{callee}({', '.join(arguments)})"
    if _fits(place.before + flat + place.after, place):
        return flat
    head = place.before + callee + "("
    aligned = None
    if arguments and "\t" not in place.before and not place.hanging:
        aligned = _fill(arguments, len(head), " " * len(head), place)
    if aligned is not None:
        return callee + "(" + aligned
    step = "\t" if place.indent.endswith("\t") else "    "
    inner = place.indent + step
    if place.before.lstrip().startswith(("if ", "elif ", "while ", "with ", "for ")) and step == "    ":
        inner += step  # as pycodestyle's E129 has it: not at the depth of the block below
    if not arguments:
        return f"{callee}({place.newline}{inner})"
    hanging = _fill(arguments, len(inner.expandtabs(_TAB)), inner, place, must=True)
    assert hanging is not None
    if _fits(head, place) or not place.before.endswith(("= ", "return ")) or place.after:
        return callee + "(" + place.newline + inner + hanging
    deeper = Place(inner, ")", inner, place.width, place.hanging, place.newline)
    return f"({place.newline}{inner}{call(callee, arguments, deeper)})"


def _fits(line: str, place: Place) -> bool:
    return len(line.expandtabs(_TAB)) <= place.width


def _fill(arguments: Sequence[str], column: int, inner: str, place: Place, *, must: bool = False) -> str | None:
    """The arguments and the closing parenthesis, filled from a column on; None when one is too long."""
    out: list[str] = []
    used, inner_width = column, len(inner.expandtabs(_TAB))
    for number, argument in enumerate(arguments):
        final = number == len(arguments) - 1
        text = argument + (")" if final else ",")
        need = len(text) + (len(place.after) if final else 0)
        if not out:
            first = used + need
        else:
            first = used + 1 + need
            if first <= place.width:
                out.append(" ")
            else:
                out.append(place.newline + inner)
                first = inner_width + need
        if first > place.width and not must:
            return None
        if first > place.width and "\t" not in inner:
            ending = ")" + place.after if final else ","
            made = breaking.fitted(argument, inner, inner, ending, place.width)
            made[-1] = made[-1].removesuffix(place.after) if final else made[-1]
            out.append(place.newline.join(made)[len(inner) :])
            first = len(made[-1])
        else:
            out.append(text)
        used = first
    return "".join(out)
