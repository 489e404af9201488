"""What rich draws, as text for whoever prints it."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterable

from rich.console import Console, RenderableType


def drawn(parts: Iterable[RenderableType], coloured: bool, encoding: str, width: int) -> str:
    """The parts below each other, lines without blanks at their end, a newline at the end of the text.

    encoding: of the output: what it lacks is escaped, and boxes are drawn with what it has. width: in columns.
    """
    bytes_drawn = io.BytesIO()
    buffer = io.TextIOWrapper(bytes_drawn, encoding=encoding, errors="backslashreplace")
    console = Console(
        file=buffer,
        width=width,
        force_terminal=coloured,
        no_color=not coloured,
        color_system="standard" if coloured else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    for part in parts:
        console.print(part, crop=False)  # a text that may not be wrapped is what somebody pastes
    buffer.flush()
    lines = bytes_drawn.getvalue().decode(encoding).split("\n")
    return "\n".join(line.rstrip() for line in lines)


def width(least: int = 40) -> int:
    """The terminal's columns, 80 where there is none, `least` at the least."""
    return max(shutil.get_terminal_size((80, 24)).columns, least)
