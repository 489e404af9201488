"""What a run of the gate is told as: the parts that all forms share, and which module draws which form."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from migrator.report.baseline import Key
from migrator.report.findings import Finding, Rank
from migrator.report.text import counted

if TYPE_CHECKING:
    from migrator.rewrite.transaction import Change

SCHEMA = "privmigrate.check/1"


@dataclass(frozen=True, slots=True)
class Report:
    """A run of the gate. unread, new, upkeep: what makes it fail, each part the worst first; upkeep: of the baseline.

    against: the baseline, or the range of commits. admitting: the command line that admits what is new, "" for a range.
    known: findings that the baseline holds; stale, pruned: entries; moved: entries that follow a renamed file.
    old_format: the baseline holds root calls only, so that nothing else was judged. fixes: what a rewrite of just that
    call would change, by key, for forms that tell it; unfixed: for how many more calls that was not looked up.
    """

    unread: tuple[Finding, ...]
    new: tuple[Finding, ...]
    upkeep: tuple[Finding, ...]
    against: str
    admitting: str = ""
    known: int = 0
    stale: int = 0
    pruned: int = 0
    moved: int = 0
    old_format: bool = False
    fixes: Mapping[Key, tuple[Change, ...]] = field(default_factory=dict)
    unfixed: int = 0

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that makes the run fail, the worst first."""
        return (*self.unread, *self.new, *self.upkeep)

    @property
    def admissible(self) -> tuple[str, ...]:
        """The codes of new findings that one may want to admit; a comment that is wrong is mended instead."""
        if not self.admitting:
            return ()
        return tuple(dict.fromkeys(one.code for one in self.new if one.rank is not Rank.UPKEEP))


def lines(report: Report) -> Iterator[str]:
    """The text form: a line for each finding as flake8 prints it, and below it why it counts and what to do."""
    for one in report.findings:
        yield f"{one.place}: {one.code} {one.message}"
        yield f"    why: {one.why}"
        yield f"    do: {one.advice}"
    if report.admissible:
        codes = ",".join(report.admissible)
        yield f"To admit what is new: `{report.admitting}`, or `# noqa: {codes} REASON` on its line."


def summary(report: Report) -> Iterator[str]:
    """What to tell beside the report, a line each."""
    if report.old_format:
        yield (
            f"{report.against}: a baseline of version 1 holds root calls only, so nothing else was judged;"
            " `privmigrate baseline` writes it anew"
        )
    if report.moved:
        moved = counted(report.moved, "entry follows", "entries follow")
        yield f"{report.against}: {moved} renamed files; `privmigrate baseline` writes the new names"
    if report.pruned:
        yield f"{report.against}: {counted(report.pruned, 'stale entry', 'stale entries')} removed"
    care = len(report.upkeep) - report.stale
    parts = [f"{len(report.new)} new"]
    if report.admitting:
        parts += [f"{report.stale} stale", f"{report.known} as in {report.against}"]
    else:
        parts[0] += f" in {report.against}"
    if care:
        parts.append(counted(care, "entry needs care", "entries need care"))
    if report.unread:
        parts.append(f"{len({one.path for one in report.unread})} not read")
    yield ", ".join(parts)


def rendered(report: Report, form: str, *, coloured: bool, encoding: str, top: str) -> str:
    """The report in a form: text, table, json, sarif, github, junit or gitlab.

    top: the git work tree that other tools tell paths from, "" for the current folder.
    """
    if form == "text":
        return "".join(f"{line}\n" for line in lines(report))
    if form == "table":
        from migrator.report import checktable

        return checktable.rendered(report, coloured, encoding)
    if form == "json":
        return dumps(report)
    if form == "sarif":
        from migrator.report import sarif

        return sarif.dumps(report, top)
    if form == "github":
        from migrator.report import github

        return "".join(f"{line}\n" for line in github.commands(report, top))
    if form == "junit":
        from migrator.report import junit

        return junit.dumps(report, top)
    from migrator.report import gitlab

    return gitlab.dumps(report, top)


def dumps(report: Report) -> str:
    """The report as JSON text, schema `privmigrate.check/1`."""
    document = {
        "schema": SCHEMA,
        "against": report.against,
        "findings": [_entry(one, one in report.new) for one in report.findings],
        "summary": {
            "new": len(report.new),
            "unread": len(report.unread),
            "stale": report.stale,
            "care": len(report.upkeep) - report.stale,
            "known": report.known,
            "pruned": report.pruned,
            "moved": report.moved,
        },
    }
    return json.dumps(document, indent=2) + "\n"


def _entry(one: Finding, new: bool) -> dict[str, Any]:
    return {
        "code": one.code,
        "path": one.path,
        "line": one.line,
        "end_line": one.end_line,
        "column": one.column,
        "scope": one.key.scope,
        "rank": one.rank.name.lower(),
        "new": new,
        "message": one.message,
        "why": one.why,
        "advice": one.advice,
        "site": one.site,
        "steps": [{"path": step.path, "line": step.line, "text": step.text} for step in one.steps],
        "key": {"path": one.key.path, "command": list(one.key.command), "ordinal": one.key.ordinal},
    }


def rooted(path: str, top: str) -> str:
    """A path as tools that know the repository want it: from the top of its work tree, else from the current folder."""
    absolute, folder = os.path.realpath(path), os.path.realpath(top or ".")
    return os.path.relpath(absolute, folder) if absolute.startswith(folder.rstrip("/") + "/") else absolute


def fingerprint(one: Finding, top: str) -> str:
    """A digest of what makes a finding the same one later: not its line, and the same wherever this is run from."""
    parts = [one.code, rooted(one.path, top), one.key.scope, *one.key.command, str(one.key.ordinal)]
    return hashlib.sha256("\x1e".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
