"""What `rewrite` would change for single calls, for reports that carry it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from migrator import config
from migrator.commands.choosing import chosen
from migrator.commands.survey import executors
from migrator.model import Status
from migrator.report.baseline import Key
from migrator.report.findings import Finding
from migrator.rewrite.transaction import Change

# Each is a rewrite of its own, which takes a second or more in a tree as large as nova.
MOST = 10


def fixes(
    findings: Sequence[Finding], options: argparse.Namespace, settings: config.Config
) -> tuple[dict[Key, tuple[Change, ...]], int]:
    """For the first of the calls that are ready, what rewriting that call alone would change, by its key.

    Also how many more there are. The same as `rewrite --only PATH:LINE` shows, but for unit tests of new functions.
    """
    ready = [one for one in findings if one.ready]
    if not ready:
        return {}, 0
    from migrator.decide.load import rulebook
    from migrator.decide.plan import plan_all
    from migrator.rewrite.rewriting import rewrite
    from migrator.rewrite.surroundings import Wanted
    from migrator.understand.scan import scan
    from migrator.understand.walk import walk

    files = walk(options.paths, tests=False, exclude=settings.exclude)
    found = scan(options.paths, files=files, executors=executors(settings), thorough=True)
    outcomes = plan_all(found, rulebook(settings.rules), frozenset(settings.allow_requirements))
    by_place = {(one.site.path, one.site.line, one.site.column): one for one in outcomes}
    made: dict[Key, tuple[Change, ...]] = {}
    for one in ready[:MOST]:
        outcome = by_place.get((one.path, one.line, one.column))
        if outcome is None or outcome.status is not Status.READY:
            continue  # read with less around it than the gate reads it with
        wanted, _ = chosen(outcomes, [f"{one.path}:{one.line}"], [])
        changes = rewrite(
            wanted, wanted=Wanted(tests=False, package=settings.privsep_package, contexts=tuple(settings.contexts))
        ).changes
        if changes:
            made[one.key] = changes
    return made, len(ready) - min(len(ready), MOST)
