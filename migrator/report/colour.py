"""Decides whether output may be coloured."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

CHOICES = ("auto", "always", "never")


def wanted(choice: str, terminal: bool, environ: Mapping[str, str]) -> bool:
    """Whether to colour: `--color` decides, then NO_COLOR, then FORCE_COLOR, then TERM=dumb, then the terminal.

    choice: one of CHOICES. terminal: the output is one. Sources: no-color.org, force-color.org (empty is unset).
    """
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return terminal and environ.get("TERM") != "dumb"
