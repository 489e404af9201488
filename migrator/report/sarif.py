"""A run of the gate as SARIF 2.1.0, for code scanning (the OASIS standard; limits: GitHub's page on SARIF support)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any
from urllib.parse import quote

from migrator import __version__
from migrator.report import codes
from migrator.report.checked import Report, fingerprint, rooted
from migrator.report.findings import MODULE, Finding, Rank
from migrator.rewrite.transaction import Change

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# GitHub orders alerts by these: 9 and more is critical, 7 high, 4 medium.
_SEVERITY = {Rank.GRANTS: "9.0", Rank.RUNS: "7.5", Rank.BREAKS: "5.0"}
_LEVEL = {Rank.BREAKS: "warning", Rank.UPKEEP: "warning"}


def dumps(report: Report, top: str) -> str:
    """The report as SARIF text. top: the folder that locations are relative to, "" for the current one."""
    findings = report.findings
    known = codes.catalogue()
    used = sorted({one.code for one in findings})
    places = {code: number for number, code in enumerate(used)}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "privmigrate",
                "semanticVersion": __version__,
                "informationUri": "https://docs.openstack.org/oslo.privsep/latest/",
                "rules": [_rule(code, known[code], findings) for code in used],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report, top)],
        "results": [_result(one, places[one.code], report, top) for one in findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str, known: codes.Meaning, findings: Sequence[Finding]) -> dict[str, Any]:
    rank = min(one.rank for one in findings if one.code == code)
    properties: dict[str, Any] = {"tags": ["security", "privilege"] if rank <= Rank.BREAKS else ["maintainability"]}
    severity = _SEVERITY.get(Rank.RUNS if rank is Rank.EQUIVALENT else rank)
    if severity:
        properties["security-severity"] = severity
    return {
        "id": code,
        "shortDescription": {"text": _sentence(known.meaning)},
        "fullDescription": {"text": _sentence(known.meaning)},
        "help": {"text": _sentence(known.help), "markdown": f"{_sentence(known.meaning)}\n\n{_sentence(known.help)}"},
        "helpUri": known.uri,
        "defaultConfiguration": {"level": _LEVEL.get(rank, "error")},
        "properties": properties,
    }


def _invocation(report: Report, top: str) -> dict[str, Any]:
    made: dict[str, Any] = {"executionSuccessful": not report.unread}
    notes = [
        {"level": "error", "message": {"text": one.message}, "locations": [_location(one.path, one.line, top)]}
        for one in report.unread
    ]
    if report.unfixed:
        text = f"{report.unfixed} more calls can be rewritten than have `fixes`; `privmigrate rewrite` shows all"
        notes.append({"level": "note", "message": {"text": text}})
    if notes:
        made["toolExecutionNotifications"] = notes
    return made


def _result(one: Finding, rule: int, report: Report, top: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "ruleId": one.code,
        "ruleIndex": rule,
        "level": _LEVEL.get(one.rank, "error"),
        "message": {"text": "\n".join(_sentence(text) for text in (one.message, one.why, one.advice))},
        "locations": [_location(one.path, one.line, top, one.end_line, one.column, one.key.scope)],
        "partialFingerprints": {"privmigrate/v1": fingerprint(one, top)},
    }
    if one in report.new:
        made["baselineState"] = "new"
    if one.steps:
        made["codeFlows"] = [_flow(one, top)]
    changes = report.fixes.get(one.key)
    if changes:
        description = {"text": _sentence(f"Move it to privsep; {one.advice}")}
        made["fixes"] = [{"description": description, "artifactChanges": [_change(each, top) for each in changes]}]
    return made


def _location(
    path: str, line: int, top: str, end: int = 0, column: int = 0, scope: str = "", text: str = ""
) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": max(line, 1)}
    if column:
        region["startColumn"] = column
    if end > line:
        region["endLine"] = end
    made: dict[str, Any] = {"physicalLocation": {"artifactLocation": _artifact(path, top), "region": region}}
    if scope and scope != MODULE:
        made["logicalLocations"] = [{"fullyQualifiedName": scope}]
    if text:
        made["message"] = {"text": text}
    return made


def _artifact(path: str, top: str) -> dict[str, Any]:
    place = rooted(path, top)
    if place.startswith("/"):
        return {"uri": f"file://{quote(place)}"}
    return {"uri": quote(place), "uriBaseId": "%SRCROOT%"}


def _flow(one: Finding, top: str) -> dict[str, Any]:
    """The way of a call through its wrappers; what is no file of the tree is told where it was reached from."""
    first = _location(one.path, one.line, top, one.end_line, one.column, text=one.message)
    steps = [first]
    path, line = one.path, one.line
    for step in one.steps:
        if step.line:
            path, line = step.path, step.line
        steps.append(_location(path, line, top, text=step.text))
    return {"threadFlows": [{"locations": [{"location": each} for each in steps]}]}


def _change(change: Change, top: str) -> dict[str, Any]:
    return {
        "artifactLocation": _artifact(change.path, top),
        "replacements": list(replacements((change.old or b"").decode("utf-8", "replace"), change.new.decode())),
    }


def replacements(old: str, new: str) -> Iterator[dict[str, Any]]:
    """What turns one text into the other, as replacements of whole lines."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    for kind, start, end, first, last in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        region = {"startLine": start + 1, "startColumn": 1, "endLine": end + 1, "endColumn": 1}
        if end == len(before) and before and not before[-1].endswith(("\n", "\r")):
            # the last line has no end, so that there is no line behind it
            region |= {"endLine": end, "endColumn": len(before[-1]) + 1}
            if start == end:
                region |= {"startLine": end, "startColumn": len(before[-1]) + 1}
        made: dict[str, Any] = {"deletedRegion": region}
        if first != last:
            made["insertedContent"] = {"text": "".join(after[first:last])}
        yield made


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."
