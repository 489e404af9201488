"""What goes on just now, on standard error where that is a terminal; nothing of it stays there, or goes to a pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from migrator.report import colour

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

    from migrator.verify.proving import Progress as Proving
    from migrator.verify.verdict import Verdict


@contextmanager
def of_rules(total: int, choice: str) -> Iterator[Callable[[Proving | Verdict], None]]:
    """A bar for the proving of so many rules; give it each item that comes. choice: of colour.CHOICES."""
    if not sys.stderr.isatty():
        yield lambda item: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn

    from migrator.verify.verdict import Verdict

    text = TextColumn("{task.description}")
    with _shown((text, BarColumn(bar_width=16), MofNCompleteColumn(), TextColumn("rules")), choice) as progress:
        task = progress.add_task("proving", total=total)
        trials: dict[str, int] = {}

        def tell(item: Proving | Verdict) -> None:
            trials[item.rule] = item.trials
            done = 1 if isinstance(item, Verdict) else 0
            progress.update(task, advance=done, description=f"{item.rule:<24.24}{sum(trials.values()):>6} trials")

        yield tell


@contextmanager
def of_stages(choice: str) -> Iterator[Callable[[str], None]]:
    """A line that says what is done now and since when; give it the words for each stage."""
    if not sys.stderr.isatty():
        yield lambda stage: None
        return
    from rich.progress import SpinnerColumn, TextColumn

    with _shown((SpinnerColumn("line"), TextColumn("{task.description}")), choice) as progress:
        task = progress.add_task("", total=None)
        yield lambda stage: progress.update(task, description=stage)


@contextmanager
def of_items(total: int, noun: str, choice: str) -> Iterator[Callable[[str], None]]:
    """A bar for so many items; give it the name of each one that is done."""
    if not sys.stderr.isatty():
        yield lambda name: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=16), MofNCompleteColumn(), TextColumn(noun))
    with _shown(columns, choice) as progress:
        task = progress.add_task("reading", total=total)
        yield lambda name: progress.update(task, advance=1, description=f"{name:<24.24}")


def _shown(columns: tuple[ProgressColumn, ...], choice: str) -> Progress:
    from rich.console import Console
    from rich.progress import Progress, TimeElapsedColumn

    console = Console(stderr=True, no_color=not colour.wanted(choice, True, os.environ))
    # What else is written while it runs is none of its business, in this process or in one that was forked from it.
    return Progress(
        *columns,
        TimeElapsedColumn(),
        console=console,
        transient=True,
        refresh_per_second=5,
        redirect_stdout=False,
        redirect_stderr=False,
    )
