"""The ledger as tables for a terminal: one for each file, and a summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from rich.box import ROUNDED, SIMPLE_HEAD
from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from migrator.report import console
from migrator.report.text import clean, command, counted

# The eight basic colours only, and none for what must be read: a terminal's own theme keeps them legible.
_STATUS = {"ready": "green", "review": "cyan", "refused": "magenta", "unresolved": "red"}
_NARROW, _WIDE, _TOP = 100, 120, 12


def rendered(ledger: dict[str, Any], coloured: bool, encoding: str, width: int = 0) -> str:
    """The tables as text that ends in a newline; width in columns, by default the terminal's (80 when it has none)."""
    columns = max(width, 40) if width else console.width()
    return console.drawn(_parts(ledger, columns), coloured, encoding, columns)


def _parts(ledger: dict[str, Any], width: int) -> Iterator[RenderableType]:
    sites = [site for site in ledger["sites"] if not site["suppressed"]]
    first = True
    for _, group in groupby(sites, key=lambda site: site["path"]):
        yield _file(list(group), width, headed=first)
        yield ""
        first = False
    for name, title in (("unreadable", "Not understood, may hold root calls"), ("tolerated", "Read tolerantly")):
        if ledger[name]:
            yield _unread(ledger[name], title)
            yield ""
    yield _summary(ledger, width)


def _file(sites: list[dict[str, Any]], width: int, headed: bool) -> RenderableType:
    """One file's calls; the columns of all files stand below each other, and the first one names them."""
    narrow = width < _NARROW
    table = Table(box=None, pad_edge=False, padding=(0, 1), expand=True, show_header=headed, header_style="bold")
    table.add_column("line", justify="right", width=6, style="dim")
    table.add_column("runs", ratio=1, overflow="fold")
    if not narrow:
        table.add_column("kind", width=12)
    table.add_column("becomes root", width=21 if narrow else width // 4, overflow="fold")
    table.add_column("outcome", width=12 if narrow else 26 if width >= _WIDE else 22, overflow="fold")
    for site in sites:
        how = [Text(_short(site))] if narrow else [Text(site["kind"]), Text(_root(site))]
        table.add_row(str(site["line"]), _runs(site), *how, _outcome(site["outcome"], narrow))
    # A path is never folded: a terminal can open it only in one piece.
    title = Text.assemble((clean(sites[0]["path"]), "bold"), f"  {counted(len(sites), 'root call')}", no_wrap=True)
    title.overflow = "ignore"
    return Group(title, table)


def _root(site: dict[str, Any]) -> str:
    """How a call becomes root, with the names of its wrappers without their modules."""
    root: str = site["root"]
    for wrapper in sorted(site["via"], key=len, reverse=True):
        root = root.replace(wrapper, ".".join(wrapper.split(".")[-2:]))
    return clean(root)


def _short(site: dict[str, Any]) -> str:
    """Kind and root in one narrow cell."""
    if site["kind"] == "conditional" and site["flag"]:
        return f"when {clean(site['flag'])}"
    if site["kind"] == "via_wrapper" and site["via"]:
        return f"via {site['via'][0].rpartition('.')[2]}"
    return _root(site) if site["kind"] == "direct" and site["root"] else str(site["kind"])


def _runs(site: dict[str, Any]) -> Text:
    text = Text(command(site["argv"], 240))
    for name in (site["program"], *site["programs"]):
        start = text.plain.find(name) if name else -1
        if start >= 0:
            text.stylize("bold", start, start + len(name))
    return text


def _outcome(outcome: dict[str, Any], narrow: bool) -> Text:
    status = outcome["status"]
    text = Text(status, style=_STATUS.get(status, ""))
    if status in ("ready", "review"):
        text.append(f" {outcome['rung']}", style="default")
    elif not narrow and outcome["reasons"]:
        text.append(f" {outcome['reasons'][0]['code']}", style="default")
    return text


def _unread(entries: list[dict[str, Any]], title: str) -> RenderableType:
    rows: list[RenderableType] = [Text(title, style="bold")]
    for entry in entries:
        where = clean(entry["path"]) + (f":{entry['line']}" if entry["line"] else "")
        rows.append(Text(f"  {where}", no_wrap=True, overflow="ignore"))
        rows.append(Padding(Text(clean(entry["reason"])), (0, 0, 0, 6)))
    return Group(*rows)


def _summary(ledger: dict[str, Any], width: int) -> RenderableType:
    summary = ledger["summary"]
    kinds = _tally("kind", summary["by_kind"].items(), summary["sites"])
    statuses = _tally("outcome", summary["by_status"].items(), summary["sites"], _STATUS)
    programs = _tally("program", _top(summary["by_program"]), summary["sites"])
    head = Text(
        f"{counted(summary['sites'], 'call')} that can run a command as root"
        f" in {counted(len(summary['by_file']), 'file')} of {summary['files']}"
    )
    notes = Text()
    if summary["suppressed"]:
        notes.append(f"\n{summary['suppressed']} of them suppressed by # noqa: PRV101, not listed")
    if summary["unreadable"]:
        notes.append(
            f"\n{counted(summary['unreadable'], 'place')} not understood: what is there is not counted", style="red"
        )
    if summary["tolerated"]:
        notes.append(f"\n{counted(summary['tolerated'], 'file')} that this Python rejects, read tolerantly")
    parts: list[RenderableType] = [head]
    if summary["sites"]:
        tallies = Columns([programs, Group(kinds, Text(), statuses)], padding=(0, 4))
        parts += [Text(), tallies]
    if notes.plain:
        parts.append(notes)
    return Panel(
        Group(*parts), box=ROUNDED, title="root calls", title_align="left", padding=(0, 1), width=min(width, 100)
    )


def _tally(name: str, counts: Iterable[tuple[str, int]], total: int, styles: dict[str, str] | None = None) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column(name, max_width=34, overflow="ellipsis", no_wrap=True)
    table.add_column("calls", justify="right")
    table.add_column("", justify="right", style="dim")
    for value, count in counts:
        if count:
            share = f"{100 * count / total:.0f} %" if total else ""
            table.add_row(Text(clean(value), style=(styles or {}).get(value, "")), str(count), share)
    return table


def _top(counts: dict[str, int]) -> list[tuple[str, int]]:
    """The most frequent, and the rest in one row, so that the column still adds up."""
    items = list(counts.items())
    if len(items) <= _TOP + 1:
        return items
    rest = items[_TOP:]
    return [*items[:_TOP], (f"{len(rest)} others", sum(count for _, count in rest))]
