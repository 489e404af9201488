"""What a rewrite did, or would do: JSON (schema privmigrate.rewrite/1), and a summary for people."""

from __future__ import annotations

import shlex
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from migrator.expectations import follow
from migrator.model import Outcome, Reason, Status, Unreadable
from migrator.report import followed
from migrator.report.text import clean, counted
from migrator.rewrite.rewriting import Moved, Rewriting
from migrator.understand.notation import spelled

SCHEMA = "privmigrate.rewrite/1"
_WIDEST = 100  # columns of prose, however wide the terminal is
_PROGRAMS, _PLACES = 12, 4
# What notes speak of, in the order of importance: first what keeps the rewritten service from starting.
_FIRST = ("requirement", "priv_context.init", "new context", "stands for something else", "logs at INFO")
_TIE = "\N{NO-BREAK SPACE}"  # no line ends there; it is a blank in the end


@dataclass(frozen=True)
class Run:
    """One run of rewrite. Every site of the scan is in `rewriting` or in `kept`.

    kept: outcomes that the user kept back: not named by --only, named by --skip, declined or undecided with -i.
    confirmed: ids of the sites that were for review and that --unsafe made ready. applied: the files are written.
    tests: what becomes of the unit tests that were there.
    """

    rewriting: Rewriting
    kept: tuple[Outcome, ...]
    confirmed: frozenset[str]
    unreadable: tuple[Unreadable, ...]
    root: str
    applied: bool
    tests: follow.Tests = follow.NONE

    @property
    def total(self) -> int:
        return len(self.rewriting.moved) + len(self.rewriting.left) + len(self.kept)


# --- JSON --------------------------------------------------------------------------------------------


def document(run: Run) -> dict[str, Any]:
    """The report as dictionaries and lists; docs/reference.md tells what the keys mean."""
    entries = [_entry(moved.outcome, run, moved.function) for moved in run.rewriting.moved]
    entries += [_entry(outcome, run) for outcome in run.rewriting.left]
    entries += [_entry(outcome, run, chosen=False) for outcome in run.kept]
    entries.sort(key=lambda entry: (entry["path"], entry["line"], entry["column"]))
    outcomes = [moved.outcome for moved in run.rewriting.moved]
    return {
        "schema": SCHEMA,
        "root": run.root,
        "applied": run.applied,
        "sites": entries,
        "changes": [{"path": change.path, "created": change.old is None} for change in run.rewriting.changes],
        "look_first": list(look_first(run)),
        "unreadable": [asdict(entry) for entry in run.unreadable],
        "summary": {
            "sites": run.total,
            "moved": len(outcomes),
            "left": len(run.rewriting.left),
            "not_chosen": len(run.kept),
            "by_status": {status.value: 0 for status in Status} | _counted(entry["status"] for entry in entries),
            "moved_by_rung": _counted(outcome.rung.value for outcome in outcomes),
            "moved_by_program": _counted(map(_program, outcomes)),
            "left_by_reason": _counted(map(_reason, run.rewriting.left)),
        },
    }


def _entry(outcome: Outcome, run: Run, function: str = "", chosen: bool = True) -> dict[str, Any]:
    site = outcome.site
    status = Status.REVIEW if site.id in run.confirmed and outcome.status is Status.READY else outcome.status
    return {
        "id": site.id,
        "path": site.path,
        "line": site.line,
        "end_line": site.end_line,
        "column": site.column,
        "program": site.command.program,
        "argv": spelled(site.command.words),
        "status": status.value,
        "chosen": chosen,
        "moved": bool(function),
        "rung": outcome.rung.value,
        "form": outcome.form.value,
        "rule": outcome.function.rule if outcome.function else "",
        "reasons": [{"code": reason.code, "text": reason.text} for reason in outcome.reasons],
        "function": function,
        "arguments": {argument.name: argument.code for argument in outcome.arguments},
    }


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(_most_first(Counter(values)))


def _most_first(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _program(outcome: Outcome) -> str:
    return outcome.site.command.program or " or ".join(outcome.site.command.programs) or "(unknown)"


def _reason(outcome: Outcome) -> str:
    return outcome.reasons[0].code if outcome.reasons else "(none)"


# --- for people --------------------------------------------------------------------------------------


def look_first(run: Run) -> Iterator[str]:
    """What a person should look at, the most important first, a sentence each."""
    confirmed: dict[Reason, list[Moved]] = {}
    for moved in run.rewriting.moved:
        if moved.outcome.site.id in run.confirmed and moved.outcome.reasons:
            confirmed.setdefault(moved.outcome.reasons[0], []).append(moved)
    for reason, some in sorted(confirmed.items(), key=lambda item: (-len(item[1]), item[0].code, item[0].text)):
        text = reason.text.removesuffix(", then rewrite with --unsafe")
        yield f"{counted(len(some), 'call')} moved by --unsafe, {reason.code}: {text} ({_places(some)})"
    yield from sorted(run.rewriting.notes, key=_weight)


def _weight(note: str) -> int:
    return next((number for number, words in enumerate(_FIRST) if words in note), len(_FIRST))


def _places(some: Sequence[Moved]) -> str:
    places = [f"{clean(moved.outcome.site.path)}:{moved.outcome.site.line}" for moved in some]
    more = f" and {len(places) - _PLACES} more" if len(places) > _PLACES else ""
    return ", ".join(places[:_PLACES]) + more


def summary(run: Run, columns: int) -> str:
    """The short form, for a diff: how many calls move and in which form, and what is left."""
    return "\n".join(_folded(line, columns) for line in _counts(run))


def afterwards(run: Run, paths: Sequence[str], columns: int, *, in_git: bool, limit: int = 0) -> str:
    """What --apply tells: counts by form and program, what to look at first, the next commands.

    columns: of the terminal. in_git: git has the tree as it was. limit: the seconds of --timeout, 0 for none.
    """
    lines = [*_counts(run, named=True)]
    found = list(look_first(run))
    if found:
        lines += ["", "look at first:"]
        lines += [f"  {number}. {text}" for number, text in enumerate(found, 1)]
    if run.tests.left:
        lines += ["", "unit tests to mend by hand:"]
        lines += [f"  {line}" for line in followed.lines(follow.Tests(left=run.tests.left))]
    where = " ".join(shlex.quote(path) for path in paths)
    before = "" if in_git else "--before COPY-OF-THE-OLD-TREE "
    allowed = f"--timeout {limit} " if limit else ""
    steps = (
        (f"privmigrate verify {before}{allowed}{where}", "nothing breaks at the boundary, each call does what it did"),
        ("the unit tests", _follow(run.tests)),
        (f"privmigrate baseline {where}", "what is left, and what the new functions grant: `check` keeps all else out"),
    )
    width = max(len(step) for step, _ in steps)
    lines += ["", "next:"]
    told = [f"  {step:{width}}  {why}" for step, why in steps]
    fits = all(len(line) <= columns for line in told)
    lines += told if fits else [part for step, why in steps for part in (f"  {step}", f"      {why}")]
    return "\n".join(_folded(line, columns) for line in lines)


def _follow(tests: follow.Tests) -> str:
    if not tests.changed and not tests.left:
        return "they still expect the old calls"
    follow_it = f"{counted(len(tests.changed), 'place')} of them changed with the calls"
    return f"{follow_it}, {len(tests.left)} to mend by hand" if tests.left else follow_it


def _counts(run: Run, *, named: bool = False) -> Iterator[str]:
    moved, left = run.rewriting.moved, run.rewriting.left
    created = sum(change.old is None for change in run.rewriting.changes)
    done = "moved" if run.applied else "would move"
    changed = len(run.rewriting.changes) - created
    if not moved:
        yield f"nothing to do: {f'none of {run.total} root calls moves' if run.total else 'no root call'}"
    else:
        yield (
            f"{len(moved)} of {counted(run.total, 'root call')} {done}; "
            f"{counted(changed, 'file')} changed, {created} created"
        )
    forms = Counter(one.outcome.rung.value for one in moved)
    for form, number in _most_first(forms):
        programs = Counter(_program(one.outcome) for one in moved if one.outcome.rung.value == form)
        yield f"  {number} {form}: {_listed(programs, _PROGRAMS if named else _PLACES)}"
    if left:
        reasons = Counter(map(_reason, left))
        yield f"  {len(left)} left: {_listed(reasons)} (`privmigrate explain PATH:LINE` tells why)"
    if run.kept:
        yield f"  {len(run.kept)} not chosen"


def _listed(counter: Counter[str], most: int = 100) -> str:
    ordered = _most_first(counter)
    rest = sum(number for _, number in ordered[most:])
    parts = [f"{number}{_TIE}{name}" for name, number in ordered[:most]]
    return ", ".join([*parts, f"{rest}{_TIE}other{'s' if rest > 1 else ''}"] if rest else parts)


def _folded(line: str, columns: int) -> str:
    """A line folded to the width, what follows its first line set in below its text."""
    width = min(columns, _WIDEST)
    if len(line) <= width:
        return line.replace(_TIE, " ")
    indent = line[: len(line) - len(line.lstrip())]
    hanging = indent + ("   " if line.lstrip()[:1].isdigit() and ". " in line[:8] else "    ")
    text = textwrap.fill(line, width, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)
    return text.replace(_TIE, " ")
