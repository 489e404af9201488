"""A run of the gate for a terminal: findings by place, why each counts and what to do, and a summary."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from migrator.report import console
from migrator.report.checked import Report
from migrator.report.findings import Finding, Rank
from migrator.report.text import clean, counted

if TYPE_CHECKING:
    from rich.console import RenderableType

_STYLE = {Rank.UNREAD: "red", Rank.GRANTS: "red", Rank.EQUIVALENT: "red", Rank.RUNS: "yellow", Rank.BREAKS: "yellow"}
_TITLES = {
    Rank.UNREAD: "not read, may hold root calls",
    Rank.GRANTS: "gives root to whoever calls it",
    Rank.EQUIVALENT: "root, as good as without limits",
    Rank.RUNS: "runs as root",
    Rank.BREAKS: "breaks, or leaves a hole, at the privsep boundary",
    Rank.UPKEEP: "comments and entries that need care",
}


def rendered(report: Report, coloured: bool, encoding: str, width: int = 0) -> str:
    """The report as text that ends in a newline; width in columns, by default the terminal's."""
    return console.drawn(_parts(report), coloured, encoding, width or console.width())


def _parts(report: Report) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    for one in report.findings:
        yield from _finding(one)
    if report.admissible:
        yield Text("To admit what is new:")
        yield _whole(f"    {report.admitting}")
        yield Padding(Text(f"or `# noqa: {','.join(report.admissible)} REASON` on its line"), (0, 0, 0, 4))
        yield ""
    yield _summary(report)


def _finding(one: Finding) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    # A place is never folded: a terminal can open it only in one piece.
    title = Text.assemble((one.place, "bold"), " ", (one.code, _STYLE.get(one.rank, "")), no_wrap=True)
    title.overflow = "ignore"
    yield title
    yield Padding(Text(clean(one.message), overflow="fold"), (0, 0, 0, 4))
    yield Padding(Text(clean(one.why), "dim", overflow="fold"), (0, 0, 0, 4))
    command, rest = _split(one.advice)
    if command:
        yield _whole(f"    {command}")
    if rest:
        yield Padding(Text(clean(rest), overflow="fold"), (0, 0, 0, 4))
    yield ""


def _split(advice: str) -> tuple[str, str]:
    """The command line that an advice begins with, to be pasted, and what it says of it."""
    if not advice.startswith("`privmigrate "):
        return "", advice
    command, _, rest = advice[1:].partition("`")
    return command, rest.strip()


def _whole(line: str) -> RenderableType:
    """A line that is pasted, so never wrapped."""
    from rich.console import Group
    from rich.text import Text

    # In a group, since a text alone is printed as part of another one, which is wrapped.
    return Group(Text(clean(line), "green", no_wrap=True, overflow="ignore"))


def _summary(report: Report) -> RenderableType:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    shown.add_column(f"against {clean(report.against)}", overflow="fold")
    shown.add_column("", justify="right")
    for rank in Rank:
        some = [one for one in (*report.unread, *report.new) if one.rank is rank]
        if some:
            shown.add_row(
                f"new: {_TITLES[rank]}" if rank else _TITLES[rank], Text(str(len(some)), _STYLE.get(rank, ""))
            )
    if not report.new and not report.unread:
        shown.add_row("new", Text("0", "green"))
    if report.admitting:
        shown.add_row("stale entries", Text(str(report.stale), "yellow" if report.stale else "green"))
    care = len(report.upkeep) - report.stale
    if care:
        shown.add_row(f"{counted(care, 'entry', 'entries')} expired or incomplete", Text(str(care), "yellow"))
    shown.add_row("known", str(report.known))
    return shown
