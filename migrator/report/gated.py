"""Adds to a ledger what the gate judges beside root calls: faults at the privsep boundary, and comments of no use."""

# As the ledger, the result holds only what json and marshal take.
from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

from migrator.model import Scan
from migrator.report import codes, noqa
from migrator.report.findings import MODULE
from migrator.report.ledger import unread
from migrator.verify.boundary.finding import Boundary, Finding


def gated(ledger: dict[str, Any], scan: Scan, boundary: Boundary, paths: Sequence[str]) -> dict[str, Any]:
    """The ledger with three more keys: `boundary`, `comments`, and in each site `story`, its way to the executor.

    paths: the files that were walked. A finding at the boundary and a comment are dictionaries alike: path, line,
    end_line, column, code, scope, symbol, text, help, suppressed. Places that only the boundary's checks could not read
    are added to `unreadable`.
    """
    for entry, site in zip(ledger["sites"], scan.sites, strict=True):
        entry["story"] = [[step.where, step.text] for step in site.story]
    told = {entry["path"] for entry in ledger["unreadable"]}
    more = [one for one in boundary.unreadable if one.path not in told]
    ledger["unreadable"] += map(unread, more)
    ledger["summary"]["unreadable"] += len(more)
    # Notes too: what a new entrypoint grants breaks nothing, but it is what a call may have been moved to.
    judged = sorted({*boundary.findings, *boundary.notes})
    silent = noqa.suppressions((one.path, one.line, max(one.end_line, one.line), one.code) for one in judged)
    ledger["boundary"] = [_entry(one, out) for one, out in zip(judged, silent, strict=True)]
    ledger["comments"] = _comments(ledger, paths)
    return ledger


def _entry(one: Finding, suppressed: bool) -> dict[str, Any]:
    return {
        "path": one.path,
        "line": one.line,
        "end_line": max(one.end_line, one.line),
        "column": one.column,
        "code": one.code,
        "scope": one.scope or MODULE,
        "symbol": one.symbol,
        "text": one.text,
        "help": one.help,
        "suppressed": suppressed,
    }


def _comments(ledger: dict[str, Any], paths: Iterable[str]) -> list[dict[str, Any]]:
    """What is wrong with the comments that name a code of ours, but for files that could not be read."""
    spans: dict[str, list[tuple[int, int, str]]] = {}
    for one in [*ledger["sites"], *ledger["boundary"]]:
        spans.setdefault(one["path"], []).append((one["line"], one["end_line"], one["code"]))
    unread = {os.path.abspath(entry["path"]) for entry in ledger["unreadable"]}
    by_path: dict[str, list[noqa.Comment]] = {}
    for path, comment in noqa.ours(paths):
        if os.path.abspath(path) not in unread:
            by_path.setdefault(path, []).append(comment)
    judged = codes.judged()
    looked_for = {code: code in judged for code in codes.catalogue()}
    found: list[dict[str, Any]] = []
    for path, comments in sorted(by_path.items()):
        for comment, code in noqa.unused(comments, spans.get(path, ()), looked_for):
            if code in (codes.UNUSED, codes.UNREASONED):
                continue
            known = f"there is no {code} here" if code in looked_for else f"{code} is no code of privmigrate"
            found.append(_comment(path, comment, codes.UNUSED, code, f"`# noqa: {code}` suppresses nothing: {known}"))
        for comment in comments:
            if not comment.reason:
                named = ",".join(code for code in comment.codes if code.startswith(noqa.OURS))
                text = f"`# noqa: {named}` without a reason"
                found.append(_comment(path, comment, codes.UNREASONED, named, text))
        silenced = noqa.by_line(comments)
        for one in found:
            if one["path"] == path:
                one["suppressed"] = one["code"] in silenced.get(one["line"], ())
    return found


def _comment(path: str, comment: noqa.Comment, code: str, symbol: str, text: str) -> dict[str, Any]:
    return {
        "path": path,
        "line": comment.line,
        "end_line": comment.line,
        "column": comment.column,
        "code": code,
        "scope": MODULE,
        "symbol": symbol,
        "text": text,
        "help": codes.catalogue()[code].help,
        "suppressed": False,
    }
