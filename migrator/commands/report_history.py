"""privmigrate report --history: coverage over a git history."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter

from migrator import config, index
from migrator.commands.output import put
from migrator.commands.progress import of_items
from migrator.commands.survey import executors
from migrator.coverage.history import Sample, Settings, history
from migrator.coverage.kept import kept
from migrator.coverage.projection import Projection, projection
from migrator.coverage.repository import Commit, found, sampled
from migrator.fault import Fault
from migrator.report import colour, console


def run(options: argparse.Namespace) -> int:
    """Exit status 0; Fault for what a history cannot be of."""
    paths = options.paths or ["."]
    if len(paths) > 1 or options.projects:
        raise Fault("--history takes one project; run it for each")
    if options.compare:
        raise Fault("--history and --compare exclude each other; --history BEFORE..AFTER compares two commits")
    if options.bench:
        raise Fault("--history and --bench exclude each other; --bench is shown with the state of today")
    if options.format == "badge":
        raise Fault("--format badge has no history; use text, json, markdown, csv or html")
    (path,) = paths
    if not options.paths and os.path.isdir(options.history):
        raise Fault(f"--history {options.history}: a folder, not a range; write it before --history")
    repository = found(path)
    if not os.path.lexists(path):  # not checked out: its configuration is not there either
        settings = config.configuration(repository.folder, options.config, options.rules)
    else:
        settings = config.configuration(path, options.config, options.rules)
    # A pattern with a slash is a place in the work tree, which is not what is read.
    plain = tuple(pattern for pattern in settings.exclude if "/" not in pattern)
    if len(plain) < len(settings.exclude):
        print("privmigrate: patterns of exclude with a slash do not count for a history", file=sys.stderr)
    asked = Settings(options.tests, plain, executors(settings))
    commits = sampled(repository, options.history, options.every)
    home = index.home(os.environ) if options.indexed and settings.index else None
    way = (
        options.tests,
        plain,
        tuple(settings.executors),
        tuple(settings.wrappers),
        os.path.basename(repository.path),
        index.fingerprint(),
    )
    how: Counter[str] = Counter()
    with of_items(len(commits), "commits", options.color) as shown:

        def tell(commit: Commit, known: str) -> None:
            how[known] += 1
            shown(commit.name)

        samples = list(history(repository, commits, asked, kept(home, way), tell))
    told = ", ".join(f"{count} {known}" for known, count in how.items())
    print(f"privmigrate: {len(commits)} commits: {told}", file=sys.stderr)
    if len(samples) < 3 and options.every == "tag":
        print("privmigrate: hardly any tag in that range; --every week sees more", file=sys.stderr)
    name = os.path.basename(repository.path or repository.folder)
    put(_rendered(name, samples, projection(samples), options), options.output)
    return 0


def _rendered(name: str, samples: list[Sample], end: Projection | None, options: argparse.Namespace) -> str:
    from migrator.report.coverage import burndown

    if options.format == "json":
        return burndown.dumps(name, options.every, samples, end)
    if options.format == "csv":
        return burndown.table(samples)
    if options.format == "markdown":
        return burndown.lines(name, samples, end)
    if options.format == "html":
        from migrator.report.coverage import html

        return html.over_time(name, samples[-1].tally, burndown.section(samples, end))
    coloured = colour.wanted(options.color, not options.output and sys.stdout.isatty(), os.environ)
    encoding = "utf-8" if options.output else sys.stdout.encoding
    return burndown.rendered(name, samples, end, coloured, encoding, console.width(least=60))
