"""A run of the gate as GitLab's code quality report: a JSON list, shown in merge requests."""

from __future__ import annotations

import json

from migrator.report.checked import Report, fingerprint, rooted
from migrator.report.findings import Rank

_SEVERITY = {
    Rank.UNREAD: "blocker",
    Rank.GRANTS: "blocker",
    Rank.EQUIVALENT: "critical",
    Rank.RUNS: "major",
    Rank.BREAKS: "major",
    Rank.UPKEEP: "minor",
}


def dumps(report: Report, top: str) -> str:
    """The report as JSON text; paths are relative to the top of the work tree, as GitLab asks."""
    entries = [
        {
            "description": f"{one.code} {one.message}. {one.advice}",
            "check_name": one.code,
            "fingerprint": fingerprint(one, top),
            "severity": _SEVERITY[one.rank],
            "location": {"path": rooted(one.path, top), "lines": {"begin": one.line, "end": one.end_line}},
        }
        for one in report.findings
    ]
    return json.dumps(entries, indent=2) + "\n"
