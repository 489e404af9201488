"""Fail on what the baseline does not hold, or a git range added: root calls, and faults at the privsep boundary."""

from __future__ import annotations

import argparse
import datetime
import os
import sys
from dataclasses import replace

from migrator import config
from migrator.commands import gating, worktree
from migrator.commands.gating import DEFAULT
from migrator.commands.output import form_of, put, say
from migrator.commands.scan import add_reading
from migrator.fault import Fault
from migrator.report import baseline, checked, colour, gate
from migrator.report.findings import rewriting, unread
from migrator.report.gate import Verdict

FORMATS = ("auto", "text", "table", "json", "sarif", "github", "junit", "gitlab")
_EXAMPLES = f"""\
examples:
  privmigrate check nova/                       against {DEFAULT}
  privmigrate check --baseline etc/root-calls.txt nova/
  privmigrate check --prune nova/               remove the entries whose findings are gone, and nothing else
  privmigrate check --since origin/master nova/ what the commits since then added; no baseline is needed
  privmigrate check --format sarif --output privmigrate.sarif nova/

A finding is known by its file, its scope and what it runs or is about, not by its line: moving and reformatting code,
renaming a local, and renaming a file that git sees renamed, stays green. `# noqa: PRV101 REASON` on a line of the call
admits it.

Exit status: 0 as in the baseline, 1 new findings, stale or expired entries, or files that can't be read, 2 usage.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders (default: .)")
    add_reading(parser)
    against = parser.add_mutually_exclusive_group()
    against.add_argument("--baseline", default="", metavar="FILE", help=f"what is known (default: {DEFAULT})")
    against.add_argument("--since", default="", metavar="REF", help="or judge what the commits REF..HEAD, or A..B, add")
    parser.add_argument("--prune", action="store_true", help="remove stale entries from the baseline")
    parser.add_argument("--format", choices=FORMATS, default="auto", help="auto: table on a terminal, else text")
    parser.add_argument("--output", default="", metavar="FILE", help="write there, all or nothing, not to the terminal")
    parser.add_argument("--color", choices=colour.CHOICES, default="auto", help="NO_COLOR and FORCE_COLOR count too")


def run(options: argparse.Namespace) -> int:
    settings, options.paths = config.scope(options.paths, options.config, options.rules)
    if options.since:
        if options.prune:
            raise Fault("--prune removes entries of a baseline, and --since uses none")
        from migrator.commands import since

        say(*settings.notes)
        return _told(since.added(options, settings), options, settings)
    path = options.baseline or settings.baseline or DEFAULT
    held, written = gating.read(path)
    ledger = gating.surveyed(options.paths, tests=options.tests, indexed=options.indexed, settings=settings)
    folder = os.path.dirname(path)
    # `rewrite` leaves tests alone.
    command = None if options.tests else rewriting(options.paths, gating.scope_options(options))
    found = gating.found(ledger, folder, settings, command)
    wanted = gating.selection(settings)
    known = {entry.key for entry in held.entries}
    verdict = gate.judge(
        found,
        [unread(entry, folder) for entry in ledger["unreadable"]],
        held,
        name=path,
        covered=lambda key: wanted(key.code) and gating.covers(key, path, options, ledger),
        renamed=gating.renamed_since(path, [one.path for key, one in found.items() if key not in known]),
        required=settings.baseline_requires,
        today=datetime.date.today(),
    )
    pruned = _pruned(verdict, path, written) if options.prune else 0
    report = checked.Report(
        unread=verdict.unread,
        new=verdict.new,
        upkeep=(
            *(() if pruned else gate.stale_findings(verdict, path, _words(options, "check --prune"))),
            *verdict.care,
        ),
        against=path,
        admitting=_words(options, "baseline"),
        known=verdict.known,
        stale=len(verdict.stale) - pruned,
        pruned=pruned,
        moved=len(verdict.moved),
        old_format=held.root_calls_only,
    )
    return _told(report, options, settings)


def _told(report: checked.Report, options: argparse.Namespace, settings: config.Config) -> int:
    """Put the report where it belongs, a summary on standard error; the exit status."""
    form = form_of(options.format, options.output)
    terminal = not options.output and sys.stdout.isatty()
    if form == "sarif":
        from migrator.commands import fixing

        fixes, unfixed = fixing.fixes(report.new, options, settings)
        report = replace(report, fixes=fixes, unfixed=unfixed)
    coloured = colour.wanted(options.color, terminal, os.environ)
    top = worktree.git_top(os.path.realpath(options.paths[0]))
    put(checked.rendered(report, form, coloured=coloured, encoding=sys.stdout.encoding, top=top), options.output)
    if form == "github" and os.environ.get("GITHUB_STEP_SUMMARY"):
        from migrator.report import github

        _append(github.table(report, top), os.environ["GITHUB_STEP_SUMMARY"])
    for line in checked.summary(report):
        print(f"privmigrate: {line}", file=sys.stderr)
    return 1 if report.findings else 0


def _append(told: str, path: str) -> None:
    """Add to a file that other steps of a job write to as well."""
    try:
        with open(path, "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(told)
    except OSError as error:
        raise Fault(f"{path}: GITHUB_STEP_SUMMARY can't be written: {error.strerror}") from None


def _pruned(verdict: Verdict, path: str, written: str) -> int:
    """Remove the stale entries from the baseline, in one step; how many those were."""
    if verdict.stale:
        put(baseline.pruned(written, [entry.key for entry in verdict.stale], path), path)
    return len(verdict.stale)


def _words(options: argparse.Namespace, command: str) -> str:
    """The command line of another run over the same files and baseline."""
    import shlex

    words = ["privmigrate", *command.split(), *gating.scope_options(options), *(["--tests"] if options.tests else [])]
    words += options.paths
    if options.baseline:
        words += ["--output" if command == "baseline" else "--baseline", options.baseline]
    return shlex.join(words)
