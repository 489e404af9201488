"""privmigrate verify PATH: a rewritten project, what breaks at its boundary and what its calls run now."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

from migrator import config
from migrator.commands import progress, verify_rules
from migrator.commands.output import form_of, put, say
from migrator.commands.survey import executors
from migrator.decide.load import Rulebook, rulebook
from migrator.fault import Fault
from migrator.report import codes, colour, verified
from migrator.report.noqa import suppressions
from migrator.verify import interpreter
from migrator.verify.boundary.checks import findings
from migrator.verify.boundary.codes import NOTES
from migrator.verify.boundary.finding import Boundary
from migrator.verify.replay.before import NothingBefore, before
from migrator.verify.replay.deployment import WAYS
from migrator.verify.replay.judging import Difference
from migrator.verify.replay.judging import Verdict as Word
from migrator.verify.replay.replay import Replay, replay
from migrator.verify.verdict import Verdict


def run(options: argparse.Namespace, paths: Sequence[str]) -> int:
    """Check, replay, prove. Exit status: 0 right, 1 not, 2 nothing could be judged."""
    for path in paths:
        if not os.path.exists(path):
            raise Fault(f"{path}: no such file or folder")
    settings, _ = config.scope(paths, options.config, options.rules)
    say(*settings.notes)
    wanted = codes.selection(settings.select, settings.ignore, settings.source)
    book = rulebook(settings.rules)
    python = options.python or sys.executable
    interpreter.needed(python)  # one that cannot be run is told of before the work, not after it
    with progress.of_stages(options.color) as stage:
        replays, unreplayed = _replayed(options, paths, settings, book, python, stage)
        stage("boundary: privileged functions, their calls, imports")
        boundary = findings(
            paths,
            unprivileged=settings.unprivileged,
            python=python,
            exclude=settings.exclude,
            executors=executors(settings),
        )
    if unreplayed and not boundary.entrypoints:
        raise Fault(f"{unreplayed}; and there is no privileged function to look at")
    boundary, suppressed = _unsuppressed(boundary)
    boundary = replace(boundary, findings=tuple(one for one in boundary.findings if wanted.admits(one.code)))
    replays = tuple(_selected(each, wanted) for each in replays)
    rules = sorted({name for each in replays for name in verified.repeated(each.sites)})
    proofs = () if options.no_rules else _proven(book, rules, options)
    report = verified.Report(boundary, replays, proofs, suppressed, unreplayed, _given(options, settings))
    put(_rendered(report, options), options.output)
    if report.wrong:
        return 1
    return 2 if verified.not_judged(report) else 0


def _replayed(
    options: argparse.Namespace,
    paths: Sequence[str],
    settings: config.Config,
    book: Rulebook,
    python: str,
    stage: Callable[[str], None],
) -> tuple[tuple[Replay, ...], str]:
    """The replays, one for each way to start the daemon; or none, and why. The boundary is checked in any case.

    Raises Fault when the tree before was named and is of no use.
    """
    found = []
    try:
        with before(paths, options.before, options.against or "HEAD") as (old, new):
            known = executors(settings)
            for method in dict.fromkeys(options.daemon or ["fork"]):
                stage(f"replay, daemon by {method}: each moved call, before and after")
                done = replay(
                    old,
                    new,
                    paths,
                    book,
                    daemon=WAYS[method],
                    python=python,
                    executors=known,
                    exclude=settings.exclude,
                )
                found.append(_asked_for(done, options.timeout) if options.timeout else done)
    except NothingBefore as fault:
        if options.before or options.against:
            raise
        return (), str(fault)
    return tuple(found), ""


def _asked_for(done: Replay, seconds: int) -> Replay:
    """The replay without the one difference that the user asked for: a time limit where there was none."""
    wanted = Difference("timeout", "None", str(seconds))
    sites = []
    for site in done.sites:
        others = tuple(each for each in site.differences if replace(each, when="") != wanted)
        same = site.verdict is Word.DIFFERENT and not others
        sites.append(replace(site, differences=others, verdict=Word.SAME if same else site.verdict))
    return replace(done, sites=tuple(sites))


def _selected(done: Replay, wanted: codes.Selection) -> Replay:
    """The replay without the verdicts that would be findings of a code that does not count."""
    found = {Word.DIFFERENT: verified.DIFFERENT, Word.UNPAIRED: verified.UNPAIRED}
    kept = tuple(site for site in done.sites if site.verdict not in found or wanted.admits(found[site.verdict]))
    return replace(done, sites=kept)


def _unsuppressed(boundary: Boundary) -> tuple[Boundary, int]:
    """Without the findings that a comment on their lines admits; how many those were."""
    told = (*boundary.findings, *boundary.notes)
    marked = suppressions((each.path, each.line, each.end_line or each.line, each.code) for each in told)
    kept = [each for each, out in zip(told, marked, strict=True) if not out]
    return replace(
        boundary,
        findings=tuple(each for each in kept if each.code not in NOTES),
        notes=tuple(each for each in kept if each.code in NOTES),
    ), sum(marked)


def _proven(book: Rulebook, names: Sequence[str], options: argparse.Namespace) -> tuple[Verdict, ...]:
    rules = [rule for name in names for rule in book.named(name)]
    return tuple(verify_rules.proven(rules, options)) if rules else ()


def _given(options: argparse.Namespace, settings: config.Config) -> tuple[str, ...]:
    """The options with which the project's rules are found again, from wherever this was started."""
    found = verify_rules.given(options)
    if not options.config and len(settings.rules) > len(options.rules):
        return ("--config", os.path.relpath(settings.source), *found)
    return found


def _rendered(report: verified.Report, options: argparse.Namespace) -> str:
    terminal = not options.output and sys.stdout.isatty()
    form = form_of(options.format, options.output)
    if form == "json":
        return verified.dumps(report)
    if form == "text":
        return verified.lines(report)
    return verified.table(report, colour.wanted(options.color, terminal, os.environ), sys.stdout.encoding)
