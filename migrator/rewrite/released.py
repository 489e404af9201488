"""The release note of a rewrite: which commands no longer go through rootwrap, and which filters nothing needs now."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from migrator.model import Outcome, Site
from migrator.rewrite import reno
from migrator.rewrite.pending import Pending
from migrator.rewrite.rewriting import Moved, Rewriting
from migrator.rootwrap.project import through_rootwrap

_SLUG = "root-calls-moved-to-privsep"


def noted(rewriting: Rewriting, kept: Sequence[Outcome], gone: Sequence[tuple[str, Sequence[str]]]) -> Rewriting:
    """The rewriting with a release note for each project that keeps some; as it is where nothing moves.

    kept: outcomes that the user kept back, whose commands still go through rootwrap. gone: paths of files of filters,
    each with the names of those that go.
    """
    pending = Pending(rewriting.changes)
    staying = [outcome.site for outcome in (*rewriting.left, *kept)]
    for root in rewriting.roots:
        mine = [moved for moved in rewriting.moved if _below(moved.outcome.site.path, root)]
        moved = [one for one in mine if through_rootwrap(one.outcome.site)]
        sections = _sections(moved, [site for site in staying if _below(site.path, root)], gone, root)
        if sections and reno.keeps_notes(root):
            reno.write(root, _SLUG, {"upgrade": sections}, pending)
    return replace(rewriting, changes=tuple(sorted(pending.changes, key=lambda change: change.path)))


def _below(path: str, root: str) -> bool:
    return os.path.realpath(path).startswith(os.path.realpath(root).rstrip("/") + "/")


def _sections(
    moved: Sequence[Moved], staying: Sequence[Site], gone: Sequence[tuple[str, Sequence[str]]], root: str
) -> list[str]:
    programs = sorted({program for one in moved for program in _programs(one.outcome.site)})
    if not programs:
        return []
    contained = sorted({one.function.rpartition(".")[0] for one in moved})
    text = (
        f"Calls of {reno.listed(programs)} are made by privileged functions in {reno.listed(contained)} now, in a "
        "daemon of oslo.privsep, and no longer through rootwrap."
    )
    still = sorted({program for site in staying if _asks(site) for program in _programs(site)} & set(programs))
    if still:
        text += f" Some calls of {reno.listed(still)} still are."
    mine = [(os.path.relpath(path, root), names) for path, names in gone if _below(path, root)]
    if not mine:
        return [text]
    where = "; ".join(f"{reno.listed(sorted(names))} in {reno.literal(path)}" for path, names in sorted(mine))
    return [
        text,
        f"These filters of rootwrap are no longer needed and can be removed where they are installed: {where}.",
    ]


def _programs(site: Site) -> tuple[str, ...]:
    """Names of the programs that a site may run; none where that is not known."""
    command = site.command
    return tuple(os.path.basename(name) for name in ((command.program,) if command.program else command.programs))


def _asks(site: Site) -> bool:
    """Whether a site that stays goes through rootwrap; a wrapper only hands on, and its callers are sites."""
    return through_rootwrap(site) and not site.takes_argv
