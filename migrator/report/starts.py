"""Which daemons an installation starts, and which an upgrade would: text, JSON (privmigrate.bootstrap-check/1)."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from migrator.bootstrap.judging import Answer, Line, Start
from migrator.bootstrap.launch import Launch
from migrator.bootstrap.project import Code
from migrator.bootstrap.upgrade import Pair
from migrator.model import Site
from migrator.report.text import clean, counted, folded
from migrator.understand.notation import spelled

SCHEMA = "privmigrate.bootstrap-check/1"
_PLACES = 2  # of the calls of one program that are named


@dataclass(frozen=True, slots=True)
class Report:
    """starts, lines: of an installation, empty when none was given. unread: files of filters that rootwrap leaves out.

    pairs: of an upgrade, empty when no tree from before was given.
    """

    code: Code
    launch: Launch
    starts: tuple[Start, ...]
    lines: tuple[Line, ...]
    unread: tuple[str, ...]
    pairs: tuple[Pair, ...]

    @property
    def judged(self) -> bool:
        """Whether the installation's files say anything of a daemon."""
        return any(each.answer is not Answer.UNKNOWN for each in self.starts)

    @property
    def failing(self) -> int:
        """How many daemons do not start, and pairs of code and filters do not work."""
        return sum(each.answer is Answer.FAILS for each in self.starts) + sum(not each.works for each in self.pairs)


def dumps(report: Report) -> str:
    """The report as JSON text."""
    document = {
        "schema": SCHEMA,
        "project": report.code.name,
        "user": report.launch.user,
        "configuration": list(report.launch.configuration),
        "contexts": [
            {
                "context": each.context,
                "answer": each.answer.name.lower(),
                "command": list(each.command),
                "set_by": each.set_by,
                "why": list(each.why),
            }
            for each in report.starts
        ],
        "lines": [
            {
                "path": each.path,
                "line": each.line,
                "kind": each.kind,
                "text": each.text,
                "starts": list(each.starts),
                "refuses": [{"context": context, "why": why} for context, why in each.refuses],
                "open": list(each.open),
                "loose": each.loose,
            }
            for each in report.lines
        ],
        "unread": list(report.unread),
        "upgrade": [_pair(each) for each in report.pairs],
        "summary": {"failing": report.failing, "open": sum(bool(each.open) for each in report.lines)},
    }
    return json.dumps(document, indent=2) + "\n"


def _pair(each: Pair) -> dict[str, object]:
    return {
        "code": each.code,
        "filters": each.filters,
        "works": each.works,
        "contexts": [{"context": context, "answer": answer.name.lower()} for context, answer in each.contexts],
        "commands": {"wholly": each.wholly, "partly": each.partly, "never": each.never, "unknown": each.unknown},
        "lost": [{"path": site.path, "line": site.line, "argv": spelled(site.command.words)} for site in each.lost],
    }


def lines(report: Report, width: int) -> str:
    """The report as text, sentences folded to so many columns."""
    parts = [*_installation(report, width), *_upgrade(report, width)]
    return "".join(f"{line}\n" for line in parts)


def _installation(report: Report, width: int) -> Iterator[str]:
    if not report.starts:
        return
    launch = report.launch
    told = shlex.join(launch.configuration) or "no configuration file"
    yield from folded(f"{report.code.name}: daemons of {launch.user}, started with {told}", width)
    for alike in _alike(report.starts):
        first = alike[0]
        yield ""
        for start in alike:
            yield f"{start.context}: {start.answer.value}"
        words = [word if word != first.context or len(alike) == 1 else "CONTEXT" for word in first.command]
        yield from _inner(shlex.join(words), width)
        yield from _inner(f"asked by {first.set_by}", width)
        for why in first.why:
            yield from _inner(why.replace(first.context, "CONTEXT") if len(alike) > 1 else why, width)
    for path in report.unread:
        yield ""
        yield from folded(f"{clean(path)}: rootwrap does not read it, as no filters_path has its folder", width)
    for line in report.lines:
        yield ""
        place = f"{line.path}:{line.line}" if line.line else line.path
        yield from folded(f"{clean(place)}: {clean(line.text)}", width, "    ")
        if line.starts:
            yield from _inner(f"starts {', '.join(line.starts)}", width)
        for why, contexts in _by_reason(line).items():
            yield from _inner(f"not {', '.join(contexts)}: {why}", width)
        if line.loose:
            yield from _inner("starts other contexts as well, also such as there are not", width)
        if line.open:
            text = f"gives root to {launch.user}, as it also admits {'; '.join(line.open)}"
            yield from _inner(text, width)
    yield ""
    yield from folded(_summary(report), width)


def _alike(starts: Sequence[Start]) -> list[list[Start]]:
    """Contexts of which the same is to be said, but for their names."""
    groups: dict[tuple[object, ...], list[Start]] = {}
    for each in starts:
        words = tuple(word if word != each.context else "" for word in each.command)
        why = tuple(text.replace(each.context, "") for text in each.why)
        groups.setdefault((each.answer, words, each.set_by, why), []).append(each)
    return list(groups.values())


def _inner(text: str, width: int) -> Sequence[str]:
    return [f"  {line}" for line in folded(clean(text), width - 2, "  ")]


def _by_reason(line: Line) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for context, why in line.refuses:
        found.setdefault(why, []).append(context)
    return found


def _summary(report: Report) -> str:
    counts = {answer: sum(each.answer is answer for each in report.starts) for answer in Answer}
    told = [f"{answer.value} {number}" for answer, number in counts.items() if number]
    opened = sum(bool(each.open) for each in report.lines)
    text = f"{counted(len(report.starts), 'context')}: {', '.join(told)}"
    return f"{text}; {counted(opened, 'line gives', 'lines give')} root to {report.launch.user}" if opened else text


# --- the upgrade ---------------------------------------------------------------------------------------


def _upgrade(report: Report, width: int) -> Iterator[str]:
    if not report.pairs:
        return
    if report.starts:
        yield ""
    yield from folded("During a rolling upgrade, on a host where daemons are started through rootwrap:", width)
    rows = [("code", "filters", "daemons", "commands", ""), *map(_row, report.pairs)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    yield ""
    for row in rows:
        cells = [cell.ljust(size) for cell, size in zip(row, widths, strict=False)]
        yield f"  {'  '.join(cells)}  {row[4]}".rstrip()
    yield from _terms(report, width)
    for pair in report.pairs:
        if pair.lost:
            yield ""
            text = f"{counted(len(pair.lost), 'call')} of the {pair.code} code that the {pair.filters} filters refuse"
            yield from folded(f"{text}, and its own admit:", width)
            yield from _by_program(pair.lost, width)
    yield ""
    yield from folded(_advice(report), width)


def _terms(report: Report, width: int) -> Iterator[str]:
    told = []
    if any(answer is Answer.BUILT_IN for pair in report.pairs for _, answer in pair.contexts):
        told.append("Built in: by the line that oslo.rootwrap since 5.0.0 adds, and by no filter.")
    if any(pair.partly for pair in report.pairs):
        told.append("Partly: where the words that vary are as a filter asks.")
    if told:
        yield ""
        yield from folded(" ".join(told), width)


def _by_program(sites: Sequence[Site], width: int) -> Iterator[str]:
    """How many calls there are of each program, the most first, and where the first of them stand."""
    places: dict[str, list[str]] = {}
    for site in sites:
        name = site.command.program or " or ".join(site.command.programs) or spelled(site.command.words[:1])[0]
        places.setdefault(name, []).append(f"{site.path}:{site.line}")
    for name, some in sorted(places.items(), key=lambda item: (-len(item[1]), item[0])):
        more = f" and {len(some) - _PLACES} more" if len(some) > _PLACES else ""
        yield from _inner(f"{len(some):3} {name}: {', '.join(some[:_PLACES])}{more}", width)


def _row(pair: Pair) -> tuple[str, str, str, str, str]:
    total = pair.wholly + pair.partly + pair.never + pair.unknown
    started = sum(answer is not Answer.FAILS for _, answer in pair.contexts)
    by_own_line = sum(answer is Answer.BUILT_IN for _, answer in pair.contexts)
    daemons = f"{started} of {len(pair.contexts)}" if pair.contexts else "none"
    if by_own_line:
        daemons += f", {by_own_line} built in"
    admitted = f"{pair.wholly + pair.partly} of {total}" if total else "none"
    if pair.partly:
        admitted += f", {pair.partly} partly"
    return pair.code, pair.filters, daemons, admitted, "works" if pair.works else "does not work"


def _advice(report: Report) -> str:
    broken = [pair for pair in report.pairs if not pair.works]
    if not broken:
        return "Code and filters can be upgraded in any order."
    if all((pair.code, pair.filters) == ("old", "new") for pair in broken):
        return "Keep the old filters beside the new ones until the last service of a host runs the new code."
    if all((pair.code, pair.filters) == ("new", "old") for pair in broken):
        return "Install the new filters on a host before any of its services runs the new code."
    return "Keep both sets of filters on a host from before the first service is upgraded until after the last."
