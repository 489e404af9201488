"""What verifying a rewritten project found: lines for a pipe, tables for a terminal, JSON (privmigrate.verify/1)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from migrator.report.text import clean, command, counted, unreadable
from migrator.report.verdicts import WORDS, drawn
from migrator.report.verdicts import lines as rule_lines
from migrator.verify.boundary.codes import NOTES
from migrator.verify.boundary.finding import Boundary, Finding
from migrator.verify.replay.judging import Difference, Replayed, Verdict
from migrator.verify.replay.replay import Replay
from migrator.verify.verdict import Verdict as Proof
from migrator.verify.verdict import Word

if TYPE_CHECKING:
    from rich.console import RenderableType

SCHEMA = "privmigrate.verify/1"
# Beside the codes of migrator.verify.boundary.codes.
DIFFERENT, UNPAIRED = "PRV261", "PRV262"
_STYLE = {Verdict.SAME: "green", Verdict.DIFFERENT: "red", Verdict.UNPAIRED: "red", Verdict.UNVERIFIABLE: "yellow"}


@dataclass(frozen=True, slots=True)
class Report:
    """boundary: what was read of it, without suppressed findings. replays: one for each way to start the daemon.

    proofs: the verdicts on the rules that the project's native functions come from. suppressed: findings left out by a
    comment. unreplayed: why there is no replay. given: options with which the rules are found again.
    """

    boundary: Boundary
    replays: tuple[Replay, ...]
    proofs: tuple[Proof, ...]
    suppressed: int = 0
    unreplayed: str = ""
    given: tuple[str, ...] = ()

    @property
    def wrong(self) -> bool:
        """Whether something is not right: what could not be judged here is not."""
        return bool(
            self.boundary.findings
            or any(each.count(Verdict.DIFFERENT) + each.count(Verdict.UNPAIRED) for each in self.replays)
            or any(proof.word in (Word.DIFFERS, Word.CLAIMS) for proof in self.proofs)
        )


def dumps(report: Report) -> str:
    """The report as JSON text."""
    boundary = report.boundary
    document = {
        "schema": SCHEMA,
        "packages": list(boundary.packages),
        "entrypoints": [
            {"name": each.name, "context": each.context, "path": each.path, "line": each.line}
            for each in boundary.entrypoints
        ],
        "findings": [_finding(each) for each in boundary.findings],
        "notes": [_finding(each) for each in boundary.notes],
        "unverifiable": [
            {"subject": each.subject, "check": each.check, "reason": each.reason} for each in boundary.unverifiable
        ],
        "unreadable": [{"path": each.path, "line": each.line, "reason": each.reason} for each in boundary.unreadable],
        "replays": [
            {"daemon": replay.daemon, "runs": replay.runs, "sites": [_site(each) for each in replay.sites]}
            for replay in report.replays
        ],
        "unreplayed": report.unreplayed,
        "rules": {proof.rule: proof.word.value for proof in report.proofs},
        "summary": {
            "findings": len(boundary.findings),
            "notes": len(boundary.notes),
            "suppressed": report.suppressed,
            "sites": {verdict.value: _count(report, verdict) for verdict in Verdict},
        },
    }
    return json.dumps(document, indent=2) + "\n"


def _finding(each: Finding) -> dict[str, Any]:
    return {
        "path": each.path,
        "line": each.line,
        "column": each.column,
        "code": each.code,
        "scope": each.scope,
        "symbol": each.symbol,
        "text": each.text,
        "help": each.help,
    }


def _site(each: Replayed) -> dict[str, Any]:
    return {
        "path": each.path,
        "line": each.line,
        "was": None if each.site is None else each.site.line,
        "function": each.function,
        "rule": each.rule,
        "verdict": each.verdict.value,
        "runs": each.runs,
        "why": each.why,
        "differences": [
            {"aspect": one.aspect, "before": one.before, "after": one.after, "when": one.when}
            for one in each.differences
        ],
    }


def lines(report: Report) -> str:
    """One line for each finding, as `scan` prints them, what differs below it; then what was judged."""
    text = [f"{line}\n" for line in _findings(report)]
    unproven = [proof for proof in report.proofs if proof.word is not Word.PROVEN]
    if unproven:
        text.append(rule_lines(unproven, report.given))
    text += [f"{line}\n" for line in _told(report)]
    return "".join(text)


def _findings(report: Report) -> Iterator[str]:
    for each in report.boundary.unreadable:
        yield unreadable(asdict(each))
    for finding in (*report.boundary.findings, *report.boundary.notes):
        yield _line(finding)
    for replay in report.replays:
        for one in replay.sites:
            if one.verdict in (Verdict.DIFFERENT, Verdict.UNPAIRED):
                yield from _replayed(one, replay.daemon)


def _line(finding: Finding) -> str:
    place = f"{clean(finding.path)}:{finding.line}:{finding.column}"
    return f"{place}: {finding.code} {clean(finding.text)}; {clean(finding.help)}"


def _replayed(each: Replayed, daemon: str) -> Iterator[str]:
    place = f"{clean(each.path)}:{each.line}:1"
    was = f" for line {each.site.line} before: {command(_words(each), 60)}" if each.site is not None else ""
    if each.verdict is Verdict.UNPAIRED:
        yield f"{place}: {UNPAIRED} {each.why}{was}"
        return
    yield f"{place}: {DIFFERENT} {each.function}() does not do what the root call did{was} (daemon by {daemon})"
    for difference in each.differences:
        yield from _difference(difference)


def _words(each: Replayed) -> tuple[str, ...]:
    from migrator.understand.notation import spelled

    return tuple(spelled(each.site.command.words)) if each.site is not None else ()


def _difference(each: Difference) -> Iterator[str]:
    yield f"    {each.aspect}{f' ({each.when})' if each.when else ''}"
    yield f"      - {clean(each.before) or 'nothing'}"
    yield f"      + {clean(each.after) or 'nothing'}"


def _told(report: Report) -> Iterator[str]:
    """What was judged, and what was not, in a few lines."""
    boundary = report.boundary
    packages = ", ".join(boundary.packages) or "no privsep package"
    yield (
        f"boundary: {counted(len(boundary.findings), 'finding')} in {packages}, "
        f"{counted(len(boundary.entrypoints), 'entrypoint')}, {counted(len(boundary.imported), 'module')} imported"
        + (f", {counted(len(boundary.notes), 'note')}" if boundary.notes else "")
        + (f", {report.suppressed} suppressed" if report.suppressed else "")
    )
    reasons = Counter(f"{each.check}: {each.reason}" for each in boundary.unverifiable)
    for reason, count in reasons.items():
        yield f"  not verifiable here: {reason} ({count})"
    for replay in report.replays:
        native = sum(1 for each in replay.sites if each.verdict is Verdict.SAME and each.rule)
        counts = [f"{replay.count(verdict)} {verdict.value}" for verdict in Verdict if replay.count(verdict)]
        by_rule = f" same ({native} by a native rule)" if native else " same"
        judged = ", ".join(counts).replace(" same", by_rule, 1)
        yield f"replay, daemon by {replay.daemon}: {judged}; {counted(replay.runs, 'run')} of both sides"
        for each in replay.sites:
            if each.verdict is Verdict.UNVERIFIABLE:
                yield f"  not verifiable here: {clean(each.path)}:{each.line} {each.function}(): {each.why}"
    if report.unreplayed:
        yield f"not replayed: {report.unreplayed}"
    if report.proofs:
        proven = sum(proof.word is Word.PROVEN for proof in report.proofs)
        yield f"rules of native functions: {proven} of {len(report.proofs)} proven"


def table(report: Report, coloured: bool, encoding: str, width: int = 0) -> str:
    """The same for a terminal (width: so wide): findings by place, then a table of what was judged."""
    from migrator.report import console

    return console.drawn(_parts(report), coloured, encoding, width or console.width(least=60))


def _parts(report: Report) -> Iterator[RenderableType]:
    from rich.text import Text

    for line in _findings(report):
        if line.startswith(" "):
            yield from drawn([line])
            continue
        place, _, told = line.partition(": ")
        code, _, meaning = told.partition(" ")
        yield Text.assemble((place, "bold"), " ", (code, "yellow" if code in NOTES else "red"))
        yield from drawn([f"    {meaning}"])
    unproven = [proof for proof in report.proofs if proof.word is not Word.PROVEN]
    if unproven:
        yield from drawn(rule_lines(unproven, report.given).splitlines())
    if report.wrong or report.boundary.notes:
        yield ""
    yield _summary(report)
    yield ""
    yield from drawn([line.strip() for line in _told(report) if line.startswith("  ")])


def _summary(report: Report) -> RenderableType:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    shown.add_column("check")
    shown.add_column("result")
    findings = len(report.boundary.findings)
    shown.add_row(
        f"boundary, {counted(len(report.boundary.entrypoints), 'entrypoint')}",
        Text(counted(findings, "finding"), "red" if findings else "green"),
    )
    if report.boundary.notes:
        shown.add_row("", Text(counted(len(report.boundary.notes), "note"), "yellow"))
    for replay in report.replays:
        first = f"replay, daemon by {replay.daemon}, {counted(replay.runs, 'run')}"
        for verdict in Verdict:
            if replay.count(verdict):
                shown.add_row(first, Text(f"{replay.count(verdict)} {verdict.value}", _STYLE.get(verdict, "")))
                first = ""
    if report.unreplayed:
        shown.add_row("replay", Text(f"none: {report.unreplayed}", "yellow"))
    for proof in report.proofs:
        shown.add_row(f"rule {proof.rule}", Text(proof.word.value, WORDS[proof.word]))
    return shown


def not_judged(report: Report) -> bool:
    """Whether nothing at all could be judged."""
    judged = sum(_count(report, verdict) for verdict in (Verdict.SAME, Verdict.DIFFERENT, Verdict.UNPAIRED))
    return not judged and not report.boundary.entrypoints


def _count(report: Report, verdict: Verdict) -> int:
    return sum(replay.count(verdict) for replay in report.replays)


def repeated(sites: Sequence[Replayed]) -> frozenset[str]:
    """The rules that native functions come from."""
    return frozenset(each.rule for each in sites if each.rule)
