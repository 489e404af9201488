"""The join of filters and calls as text: findings in lines, pages for people, JSON (schema privmigrate.filters/1)."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from migrator.model import Site
from migrator.report import codes, text
from migrator.rootwrap.join import Admission, Asking, Join, Line, Need, Whose
from migrator.understand.notation import spelled
from migrator.understand.walk import relative

SCHEMA = "privmigrate.filters/1"
_SITES = 3  # calls that are named for one filter; JSON has all
_TOLD = {
    Need.NOBODY: "Nobody needs",
    Need.OVERRIDDEN: "rootwrap never sees",
    Need.UNKNOWN: "rootwrap does not know the class of",
    Need.PERHAPS: "No known call needs, but it cannot be excluded",
    Need.OTHERS: "Other projects need",
    Need.TESTS: "Only tests need",
}
_SUMMED = {
    Need.CODE: "needed by the code",
    Need.TESTS: "by tests only",
    Need.OTHERS: "by other projects",
    Need.PERHAPS: "perhaps",
    Need.NOBODY: "by nobody",
    Need.OVERRIDDEN: "never seen",
    Need.UNKNOWN: "of no class",
}


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """path, line, column: where; all three count from 1, path as it is shown."""

    path: str
    line: int
    column: int
    code: str
    text: str


def findings(join: Join, admitted: Collection[str] = ()) -> tuple[Finding, ...]:
    """What is wrong: calls that fail today, lines for nobody, those that rootwrap never sees, contexts without a line.

    admitted: ids of sites that a comment admits.
    """
    return tuple(sorted(_findings(join, admitted)))


def _findings(join: Join, admitted: Collection[str]) -> Iterator[Finding]:
    for one in failing(join):
        site = one.site
        if site.id not in admitted:
            more = f" and {text.counted(len(one.refused) - 1, 'other form')} of it" if one.refused[1:] else ""
            what = f"no filter admits {text.command(one.refused[0], 72)}{more}: exit code 99"
            yield Finding(site.path, site.line, site.column, codes.UNADMITTED_CALL, what)
    for line in join.lines:
        name, start = line.definition.name, line.definition.start
        if line.need is Need.NOBODY:
            code = codes.ORPHAN if line.why else codes.UNNEEDED
            yield Finding(line.path, start, 1, code, f"{name}: {line.why or 'no call can need it'}")
        elif line.need in (Need.OVERRIDDEN, Need.UNKNOWN):
            yield Finding(line.path, start, 1, codes.UNSEEN, f"{name}: {line.why}")


def failing(join: Join) -> tuple[Asking, ...]:
    """The calls of the project's code of which some form is never admitted."""
    return tuple(one for one in join.asking if one.refused and not one.passing and one.whose is Whose.CODE)


def lines(found: Sequence[Finding]) -> list[str]:
    """One line for each finding, as flake8 and editors read it."""
    return [f"{text.clean(one.path)}:{one.line}:{one.column}: {one.code} {text.clean(one.text)}" for one in found]


# --- for people ------------------------------------------------------------------------------------


def page(join: Join, width: int) -> str:
    """What to look at, the worst first, then the sums. width: in columns."""
    parts = (_failing(join, width), _lines(join, width), _open(join, width), _partly(join, width), _sums(join, width))
    return "".join(f"{line}\n" for part in parts for line in part)


def _failing(join: Join, width: int) -> Iterator[str]:
    some = failing(join)
    if some:
        yield "No filter admits: these fail with exit code 99 where they are deployed"
        for one in some:
            yield f"  {_place(one.site)}"
            for argv in one.refused:
                yield from folded(text.command(argv), width, 6)
        yield ""


def _partly(join: Join, width: int) -> Iterator[str]:
    partly = [one for one in join.asking if one.conditions and not one.passing and one.whose is Whose.CODE]
    if partly:
        yield "Admitted only where"
        for one in partly:
            yield f"  {_place(one.site)}: {text.command(spelled(one.site.command.words), max(width - 40, 30))}"
            for number, asked in enumerate(one.conditions):
                yield from folded(("or " if number else "") + text.clean(asked), width, 6)
        yield ""


def _open(join: Join, width: int) -> Iterator[str]:
    if join.open:
        yield "What these run is not known, so any filter may be theirs: --runs FUNCTION=PROGRAM says it"
        for one in join.open:
            yield f"  {_place(one.site)} in {one.site.qualname}"
            yield from folded(text.command(spelled(one.site.command.words), 2 * width), width, 6)
        yield ""


def _lines(join: Join, width: int) -> Iterator[str]:
    for need, title in _TOLD.items():
        some = [line for line in join.lines if line.need is need]
        if not some:
            continue
        yield title
        for line in some:
            yield f"  {where(line)}: {_defined(line)}"
            if need is not Need.PERHAPS:
                yield from folded(line.why, width, 6)
            if line.need in (Need.TESTS, Need.OTHERS) and line.sites:
                yield from folded(_named(line.sites), width, 6)
        yield ""


def _sums(join: Join, width: int) -> Iterator[str]:
    needs = Counter(line.need for line in join.lines)
    mine = [one for one in join.asking if one.whose is Whose.CODE and not one.passing]
    admitted = Counter(one.admission for one in mine)
    told = ", ".join(f"{needs[need]} {words}" for need, words in _SUMMED.items() if needs[need])
    yield from folded(f"{text.counted(len(join.lines), 'filter')}: {told}", width, 2, "")
    told = ", ".join(f"{admitted[one]} {one.value}" for one in Admission if admitted[one])
    yield from folded(f"{text.counted(len(mine), 'call')}: admitted {told}", width, 2, "")
    for name in join.unadmitted:
        why = "no line starts its daemon; rootwrap >= 5.0.0 starts any"
        yield from folded(f"context {name}: {why}", width, 2, "")


def where(line: Line) -> str:
    """The place of a definition."""
    return f"{text.clean(relative(line.path))}:{line.definition.start}"


def _place(site: Site) -> str:
    return f"{text.clean(site.path)}:{site.line}"


def _defined(line: Line) -> str:
    one = line.definition.filter
    return text.clean(f"{line.definition.name} ({one.kind})" if one is not None else line.definition.name)


def _named(sites: Sequence[Site]) -> str:
    some = ", ".join(_place(site) for site in sites[:_SITES])
    return some + (f" and {len(sites) - _SITES} more" if len(sites) > _SITES else "")


def folded(words: str, width: int, indent: int, first: str | None = None) -> list[str]:
    """The words in lines of `width` columns, `indent` columns in; first: what begins the first line instead."""
    start = " " * indent
    return textwrap.wrap(
        words,
        max(width, 40),
        initial_indent=start if first is None else first,
        subsequent_indent=start,
        break_long_words=False,
        break_on_hyphens=False,
    )


# --- for programs ----------------------------------------------------------------------------------


def document(join: Join, found: Sequence[Finding]) -> dict[str, Any]:
    """Everything: each definition with the calls that need it, each call with the filters that admit it."""
    needs = Counter(line.need.value for line in join.lines)
    mine = [one for one in join.asking if not one.passing]
    return {
        "schema": SCHEMA,
        "filters": [
            {
                "path": relative(line.path),
                "line": line.definition.start,
                "end_line": line.definition.end,
                "name": line.definition.name,
                "class": line.definition.filter.kind if line.definition.filter else "",
                "program": line.definition.filter.executable if line.definition.filter else "",
                "need": line.need.value,
                "calls": [site.id for site in line.sites],
                "why": line.why,
            }
            for line in join.lines
        ],
        "calls": [
            {
                "id": one.site.id,
                "path": one.site.path,
                "line": one.site.line,
                "function": one.site.qualname,
                "argv": spelled(one.site.command.words),
                "in": one.whose.value,
                "admitted": one.admission.value,
                "filters": [{"path": relative(path), "name": name} for path, name in sorted(one.by)],
                "conditions": list(one.conditions),
                "refused": [list(argv) for argv in one.refused],
                "passes_on": one.passing,
                "runs": list(one.runs),
            }
            for one in join.asking
        ],
        "contexts_without_line": list(join.unadmitted),
        "findings": [
            {"path": one.path, "line": one.line, "column": one.column, "code": one.code, "text": one.text}
            for one in found
        ],
        "summary": {
            "filters": len(join.lines),
            "by_need": {need.value: needs[need.value] for need in Need},
            "calls": len(mine),
            "by_admission": {kind.value: sum(one.admission is kind for one in mine) for kind in Admission},
            "findings": len(found),
        },
    }
