"""Fail on root calls that the baseline does not hold, and on entries of it that are no longer there."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from migrator import config
from migrator.commands.baseline import DEFAULT
from migrator.commands.output import put
from migrator.commands.scan import add_reading
from migrator.commands.survey import survey
from migrator.fault import Fault
from migrator.report import baseline, text
from migrator.report.baseline import Entry

_EXAMPLES = f"""\
examples:
  privmigrate check nova/                       against {DEFAULT}
  privmigrate check --baseline etc/root-calls.txt nova/

A call is known by its file, its scope and what it runs, not by its line: moving and reformatting code, or renaming a
local, stays green. `# noqa: PRV101` on a line of the call admits it.

Exit status: 0 as in the baseline, 1 new root calls, stale entries or files that can't be read, 2 usage.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument("paths", nargs="*", default=["."], metavar="PATH", help="files or folders (default: .)")
    add_reading(parser)
    parser.add_argument("--baseline", default="", metavar="FILE", help=f"the known calls (default: {DEFAULT})")
    parser.add_argument("--output", default="", metavar="FILE", help="write the findings there")


def run(options: argparse.Namespace) -> int:
    settings = config.configuration(options.paths[0], options.config, options.rules)
    path = options.baseline or settings.baseline or DEFAULT
    entries = _read(path)
    folder = os.path.dirname(path)
    # Strict: a gate may not let a file pass because nobody can tell what is in it.
    ledger, _ = survey(options.paths, tests=options.tests, indexed=options.indexed, settings=settings, strict=True)
    sites = baseline.keys(ledger, folder)
    known = {entry.key for entry in entries}
    new = [site for key, site in sites.items() if key not in known]
    unread = {entry["path"] for entry in ledger["unreadable"]}
    stale = [
        entry
        for entry in entries
        if entry.key not in sites and _covered(os.path.join(folder, entry.key.path), options.paths, unread)
    ]
    again = _again(options, path)
    lines = [text.unreadable(entry) for entry in ledger["unreadable"]]
    for site in new:
        lines += [text.finding(site), f"    new: {_advice(site, again)}"]
    for entry in stale:
        lines.append(f"{path}:{entry.at}:1: {entry.key.code} stale entry: {_gone(entry)}")
    if stale:
        lines.append(f"    stale: the calls are gone or changed; `{again}` writes the baseline anew")
    put("".join(f"{line}\n" for line in lines), options.output)
    print(
        f"privmigrate: {len(new)} new, {len(stale)} stale, {len(sites) - len(new)} as in {path}"
        f"{f', {len(unread)} not read' if unread else ''}",
        file=sys.stderr,
    )
    return 1 if lines else 0


def _read(path: str) -> list[Entry]:
    try:
        with open(path, encoding="utf-8") as file:
            return baseline.loads(file.read(), path)
    except FileNotFoundError:
        raise Fault(f"{path}: no such baseline; `privmigrate baseline` writes one, --baseline names another") from None
    except OSError as error:
        raise Fault(f"{path}: the baseline can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise Fault(f"{path}: not a baseline: byte {error.start} is not UTF-8") from None


def _covered(path: str, paths: Sequence[str], unread: Iterable[str]) -> bool:
    """Whether this run would have seen a call in `path`: an entry elsewhere, or in an unread file, is not stale."""
    absolute = os.path.abspath(path)
    if any(_holds(os.path.abspath(one), absolute) for one in unread):
        return False
    return any(_holds(os.path.abspath(one), absolute) for one in paths)


def _holds(folder: str, path: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _gone(entry: Entry) -> str:
    hint = f" (line {entry.line} when it was written)" if entry.line else ""
    return f"{text.clean(entry.key.path)} {entry.key.scope}: {baseline.spelled(entry.key)}{hint}"


def _advice(site: dict[str, Any], again: str) -> str:
    outcome = site["outcome"]
    if outcome["status"] == "ready":
        advice = f"`privmigrate rewrite {site['path']}` moves it to privsep ({outcome['rung']})"
    elif outcome["status"] == "review":
        advice = f"`privmigrate rewrite --unsafe {site['path']}` moves it, when this holds: {_reasons(outcome)}"
    else:
        advice = _reasons(outcome) or "write a privsep function for it"
    return f"{advice.rstrip('.')}; to admit it: `{again}`, or `# noqa: {site['code']}` with the reason"


def _reasons(outcome: dict[str, Any]) -> str:
    return "; ".join(reason["text"].rstrip(".") for reason in outcome["reasons"])


def _again(options: argparse.Namespace, path: str) -> str:
    words = ["privmigrate baseline", *(["--tests"] if options.tests else []), *options.paths]
    return " ".join(words) + ("" if path == DEFAULT else f" --output {path}")
