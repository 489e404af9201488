"""What the parts of a forecast on a terminal have in common: titles, tables, folded sentences."""

from __future__ import annotations

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from migrator.forecast.operations import Operation
from migrator.report.benchtable import shown
from migrator.report.text import clean, command, counted, folded


def title(text: str, about: str = "") -> Text:
    return Text.assemble((text, "bold"), f"  {about}" if about else "")


def table(*columns: str, left: int = 1) -> Table:
    """A table whose first columns stand left; the first of all gives way where there is no room."""
    made = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for number, name in enumerate(columns):
        made.add_column(name, justify="left" if number < left else "right", no_wrap=True, overflow="ellipsis")
    return made


def said(text: str, width: int, style: str = "", behind: str = "") -> Text:
    """A sentence folded to the width."""
    return Text("\n".join(folded(clean(text), width, behind)), style)


def runs(operation: Operation, width: int = 0) -> str:
    """What an operation runs, or the function that does it."""
    return command(operation.argv, width) if operation.argv else f"{operation.function}()"


def rest(number: int, noun: str, width: int) -> Iterator[RenderableType]:
    """That there is more than was shown."""
    if number > 0:
        yield said(f"and {counted(number, noun)} more: --all", width, "dim")


def signed(number: float) -> str:
    """What is saved; a loss has its sign."""
    return f"-{shown(-number)}" if number < 0 else shown(number)
