"""What filters grant, for a terminal: the answer, then the filters by how much they grant, the most first."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from migrator.report import console
from migrator.report.filters.audit import OWN, Audit, Judged, answer, asking
from migrator.report.text import clean, command, counted
from migrator.rootwrap.programs.gain import Gain, Level

if TYPE_CHECKING:
    from rich.console import RenderableType

_STYLE = {Level.ROOT: "red", Level.BROAD: "yellow", Level.BOUNDED: "cyan", Level.EXACT: "green"}
_UNKNOWN = "is not in the table: treated as broad"


def rendered(audit: Audit, coloured: bool, encoding: str, width: int = 0) -> str:
    """The audit as text that ends in a newline; width in columns, by default the terminal's."""
    return console.drawn(_parts(audit), coloured, encoding, width or console.width(least=60))


def _parts(audit: Audit) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    style = "bold red" if audit.rooted or audit.untrusted else "bold"
    yield Text(answer(audit), style)
    yield ""
    for one in audit.untrusted:
        yield Text(clean(one.path), "bold", no_wrap=True, overflow="ignore")
        yield Padding(Text(clean(one.why)), (0, 0, 0, 4))
    if audit.untrusted:
        yield ""
    for level in Level:
        some = [one for one in audit.judged if one.verdict.level is level]
        if some:
            yield Text(
                f"{level.word[0].upper()}{level.word[1:]}: {counted(len(some), 'filter')}", f"bold {_STYLE[level]}"
            )
            yield from _groups(some)
            yield ""
    yield from _sums(audit)


def _groups(judged: Sequence[Judged]) -> Iterator[RenderableType]:
    """Filters that grant the same in the same way together, with the command line of the first."""
    from rich.padding import Padding
    from rich.text import Text

    ordered = sorted(judged, key=_weight)
    for why, some in itertools.groupby(ordered, key=lambda one: one.verdict.why):
        yield Text(f"  {clean(why)}", "bold")
        groups: dict[tuple[object, ...], list[Judged]] = {}
        for one in some:
            groups.setdefault(_likeness(one), []).append(one)
        for group in groups.values():
            names = Text("", overflow="fold")
            for number, one in enumerate(group):
                names.append(", " if number else "")
                names.append(clean(one.verdict.filter.name))
                names.append(f" {_line(one)}", "dim")
            yield Padding(names, (0, 0, 0, 4), expand=False)
            for text, style in _about(group):
                yield Padding(Text(text, style, overflow="fold"), (0, 0, 0, 8), expand=False)


def _weight(one: Judged) -> tuple[int, bool, str]:
    gain = one.verdict.gain
    return len(Gain) if gain is None else gain.weight, one.verdict.unknown, one.verdict.why


def _likeness(one: Judged) -> tuple[object, ...]:
    """What makes two filters one entry: the words behind the program and its variables, and what there is to say."""
    verdict = one.verdict
    if not verdict.ways:
        return (verdict.why, verdict.remarks)
    way = verdict.ways[0]
    words = list(way.argv)
    while words[:1] == ["env"] or (words and "=" in words[0]):
        del words[0]
    return (tuple(words[1:]), way.notes, way.power.note, verdict.remarks)


def _line(one: Judged) -> str:
    return f"{clean(one.path.rpartition('/')[2])}:{one.line}" if one.path else f"({OWN} itself)"


def _about(group: Sequence[Judged]) -> Iterator[tuple[str, str]]:
    verdict = group[0].verdict
    if verdict.ways:
        way = verdict.ways[0]
        yield command(way.argv), "green"
        notes = [*way.notes, *([way.power.note] if way.power.note and way.power.note not in verdict.why else [])]
        yield clean("; ".join([*notes, way.power.source])), "dim"
    told = dict.fromkeys(filter(None, map(asking, group)))
    for text in told:
        names = [clean(one.verdict.filter.name) for one in group if asking(one) == text]
        about = f"{', '.join(names)}: " if len(told) > 1 or len(names) < len(group) else ""
        yield f"{about}{clean(text)}", "magenta"
    for remark in verdict.remarks:
        yield clean(remark), "yellow"


def _sums(audit: Audit) -> Iterator[RenderableType]:
    from rich.text import Text

    coded = [one for one in audit.judged if one.asked is not None]
    if coded:
        excess = sum(one.excess is not None for one in coded)
        unasked = sum(not one.asked for one in coded)
        more = f"{excess} of {counted(len(coded), 'filter')} admit what no known call asks for"
        yield Text(f"{more}; {unasked} are needed by none.")
    if audit.open:
        yield Text(f"{counted(audit.open, 'call')} whose program is not known may need more than that.")
