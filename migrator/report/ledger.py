"""Turns a scan and its outcomes into the one dictionary that every report is drawn from."""

# The result holds only what json and marshal take: dict, list, str, int, bool, None.
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from migrator.model import Kind, Option, Outcome, Rung, Scan, Site, Status, Unreadable
from migrator.report.noqa import suppressions
from migrator.understand.notation import shape, spelled

SCHEMA = "privmigrate.scan/1"


def ledger(scan: Scan, outcomes: Sequence[Outcome] | None) -> dict[str, Any]:
    """The report of a scan, schema `privmigrate.scan/1` (docs/design.md, section 8).

    outcomes: one for each site, in the order of the sites; None for a report that does not tell them, which spares
    loading the rules and planning. Each count in `summary` that starts with `by_` adds up to
    the number of sites. A suppressed site (`# noqa: PRV101` on its lines) is listed, marked, and counted.
    """
    if outcomes is not None and [outcome.site.id for outcome in outcomes] != [site.id for site in scan.sites]:
        raise ValueError("outcomes and sites differ")
    silent = suppressions((site.path, site.line, site.end_line, site.code) for site in scan.sites)
    sites = [_entry(site, suppressed) for site, suppressed in zip(scan.sites, silent, strict=True)]
    for entry, outcome in zip(sites, outcomes or (), strict=False):
        entry["outcome"] = _outcome(outcome)
    return {
        "schema": SCHEMA,
        "root": scan.root,
        "sites": sites,
        "unreadable": [unread(entry) for entry in scan.unreadable],
        "tolerated": [unread(entry) for entry in scan.tolerated],
        "summary": _summary(scan, sites, outcomes is not None),
    }


def _entry(site: Site, suppressed: bool) -> dict[str, Any]:
    return {
        "id": site.id,
        "path": site.path,
        "line": site.line,
        "end_line": site.end_line,
        "column": site.column,
        "code": site.code,
        "kind": site.kind.value,
        "enclosing": site.enclosing,
        "callee": site.callee,
        "via": list(site.via),
        "executor": site.executor,
        "program": site.command.program,
        "programs": list(site.command.programs),
        "prefix": site.command.prefix,
        "argv": spelled(site.command.words),
        "shape": shape(site.command.words),
        "complete": site.command.complete,
        "flag": site.flag,
        "root": site.root,
        "takes_argv": site.takes_argv,
        "options": _options(site),
        "result": site.result,
        "uses": sorted(use.value for use in site.uses),
        "handlers": list(site.handlers),
        "adds": list(site.adds),
        "suppressed": suppressed,
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "status": outcome.status.value,
        "rung": outcome.rung.value,
        "rule": outcome.function.rule if outcome.function else "",
        "reasons": [{"code": reason.code, "text": reason.text} for reason in outcome.reasons],
    }
    if outcome.function:
        entry["function"] = f"{outcome.function.module}.{outcome.function.name}"
        entry["arguments"] = {argument.name: argument.code for argument in outcome.arguments}
        entry["capabilities"] = sorted(outcome.function.capabilities)
    return entry


def _options(site: Site) -> dict[str, str]:
    found: dict[str, str] = {}
    for option in site.options:
        found[_free_name(option, found)] = option.code
    return found


def _free_name(option: Option, taken: dict[str, str]) -> str:
    """A call can splat two mappings: the second is "** 2"."""
    name, number = option.name, 1
    while name in taken:
        number += 1
        name = f"{option.name} {number}"
    return name


def unread(entry: Unreadable) -> dict[str, Any]:
    """A place that could not be understood, as a ledger has it."""
    return {"path": entry.path, "line": entry.line, "code": entry.code, "reason": entry.reason}


def _summary(scan: Scan, sites: list[dict[str, Any]], planned: bool) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "files": scan.files,
        "sites": len(sites),
        "suppressed": sum(site["suppressed"] for site in sites),
        "unreadable": len(scan.unreadable),
        "tolerated": len(scan.tolerated),
        "by_kind": _counts((site["kind"] for site in sites), [kind.value for kind in Kind]),
        "by_program": _most_first(_counts(map(program, sites))),
        "by_file": _counts(site["path"] for site in sites),
    }
    if planned:
        outcomes = [site["outcome"] for site in sites]
        summary["by_status"] = _counts((one["status"] for one in outcomes), [status.value for status in Status])
        summary["by_rung"] = _counts((one["rung"] for one in outcomes), [rung.value for rung in Rung])
    return summary


def program(site: dict[str, Any]) -> str:
    """The program of a ledger's site, for a list: "ip", "mkfs or mkswap", "(unknown)" when it is not known."""
    return site["program"] or " or ".join(site["programs"]) or "(unknown)"


def _counts(values: Iterable[str], names: Iterable[str] = ()) -> dict[str, int]:
    counts = dict.fromkeys(names, 0)
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return counts


def _most_first(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
