"""What a run of the gate is told as: the parts that all forms share, and which module draws which form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migrator.report.findings import Finding
from migrator.report.text import counted


@dataclass(frozen=True, slots=True)
class Report:
    """A run of the gate. unread, new, upkeep: what makes it fail, each part the worst first; upkeep: of the baseline.

    against: the baseline, or the range of commits. admitting: the command line that admits what is new, "" for a range.
    known: findings that the baseline holds; stale, pruned: entries; moved: entries that follow a renamed file.
    old_format: the baseline holds root calls only, so that nothing else was judged. fixes: see report.sarif.
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

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that makes the run fail, the worst first."""
        return (*self.unread, *self.new, *self.upkeep)


def lines(report: Report) -> Iterator[str]:
    """The text form: a line for each finding as flake8 prints it, and below it why it counts and what to do."""
    for one in report.findings:
        yield f"{one.place}: {one.code} {one.message}"
        yield f"    why: {one.why}"
        yield f"    do: {one.advice}"
    if report.new and report.admitting:
        codes = ",".join(dict.fromkeys(one.code for one in report.new))
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

    top: the git work tree that paths are told from where the form asks for that, "" for the current folder.
    """
    return "".join(f"{line}\n" for line in lines(report))
