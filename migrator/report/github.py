"""A run of the gate for GitHub Actions: annotations as workflow commands, and a table for the job's summary."""

from __future__ import annotations

from collections.abc import Iterator

from migrator.report.checked import Report, rooted, summary
from migrator.report.findings import Finding, Rank

_MOST_ROWS = 100  # a summary holds 1 MiB; who has more wants the report of another format


def commands(report: Report, top: str) -> Iterator[str]:
    """A workflow command for each finding, the worst first: GitHub shows ten errors and ten warnings of a step."""
    for one in report.findings:
        kind = "warning" if one.rank >= Rank.BREAKS else "error"
        fields = {"file": rooted(one.path, top), "line": str(one.line), "endLine": str(one.end_line)}
        if one.end_line == one.line:
            fields["col"] = str(one.column)
        fields["title"] = f"{one.code} {_title(one)}"
        given = ",".join(f"{name}={_property(value)}" for name, value in fields.items())
        yield f"::{kind} {given}::{_data(f'{one.message}{chr(10)}{one.why}{chr(10)}{one.advice}')}"


def table(report: Report, top: str) -> str:
    """The findings as markdown, for the file that GITHUB_STEP_SUMMARY names."""
    lines = ["### privmigrate check", "", *(f"{line}." for line in summary(report)), ""]
    if report.findings:
        lines += ["| | where | what | what to do |", "| --- | --- | --- | --- |"]
        for one in report.findings[:_MOST_ROWS]:
            where = f"{rooted(one.path, top)}:{one.line}"
            lines.append(f"| {one.code} | `{_cell(where)}` | {_cell(one.message)} | {_cell(one.advice)} |")
        if len(report.findings) > _MOST_ROWS:
            lines.append(f"| | | and {len(report.findings) - _MOST_ROWS} more | |")
        lines.append("")
    return "\n".join(lines) + "\n"


def _title(one: Finding) -> str:
    return {Rank.UNREAD: "not read", Rank.UPKEEP: "needs care"}.get(one.rank, "new")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _cell(text: str) -> str:
    """Text in a table's cell: no column ends in it, no line, and nothing that is taken for markup."""
    plain = " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")
    return plain.replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_") if "`" not in plain else plain
