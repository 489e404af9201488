"""The release note of a rewrite: which commands no longer go through rootwrap, and which filters nothing needs now."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace

from migrator.model import Kind, Outcome, Site
from migrator.rewrite import reno
from migrator.rewrite.pending import Pending
from migrator.rewrite.rewriting import Moved, Rewriting
from migrator.rootwrap.admission import ways
from migrator.rootwrap.filters import Filter
from migrator.rootwrap.project import filters_of
from migrator.words import Choice, Word

_MOST = 64  # command lines that one command is taken apart into
_SLUG = "root-calls-moved-to-privsep"


def noted(rewriting: Rewriting, kept: Sequence[Outcome]) -> Rewriting:
    """The rewriting with a release note for each project that keeps some; as it is where nothing moves.

    kept: outcomes that the user kept back, whose commands still go through rootwrap. Raises Fault for a file of filters
    that rootwrap could not load.
    """
    pending = Pending(rewriting.changes)
    staying = [outcome.site for outcome in (*rewriting.left, *kept)]
    for root in rewriting.roots:
        mine = [moved for moved in rewriting.moved if _below(moved.outcome.site, root)]
        moved = [one for one in mine if one.outcome.site.kind is not Kind.LAUNDERED and one.outcome.site.runner is None]
        sections = _sections(moved, [site for site in staying if _below(site, root)], root)
        if sections and reno.keeps_notes(root):
            reno.write(root, _SLUG, {"upgrade": sections}, pending)
    return replace(rewriting, changes=tuple(sorted(pending.changes, key=lambda change: change.path)))


def _below(site: Site, root: str) -> bool:
    return os.path.realpath(site.path).startswith(os.path.realpath(root).rstrip("/") + "/")


def _sections(moved: Sequence[Moved], staying: Sequence[Site], root: str) -> list[str]:
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
    free = unneeded(filters_of(root), [one.outcome.site for one in moved], [site for site in staying if _asks(site)])
    if not free:
        return [text]
    by_file: dict[str, list[str]] = {}
    for one in free:
        by_file.setdefault(os.path.relpath(one.path, root), []).append(one.name)
    where = "; ".join(
        f"{reno.listed(sorted(names))} in {reno.literal(path)}" for path, names in sorted(by_file.items())
    )
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
    return site.kind is not Kind.LAUNDERED and site.runner is None and not site.takes_argv


def unneeded(filters: Sequence[Filter], moved: Iterable[Site], staying: Iterable[Site]) -> list[Filter]:
    """The filters that admitted a command which moved, and can admit none that stays.

    Where what stays is not known, neither is what it needs: then nothing is said to be free.
    """
    needed = _admitting(filters, staying)
    served = _admitting(filters, moved)
    return [one for one in filters if one in served and one not in needed]


def _admitting(filters: Sequence[Filter], sites: Iterable[Site]) -> set[Filter]:
    """The filters without which there were one way less to admit a command."""
    found: set[Filter] = set()
    for site in sites:
        for line in _lines(site.command.words):
            some = ways(filters, line)
            found |= {way.filter for way in some}
            if any(way.filter.chaining for way in some):  # then another one has to admit the rest
                others = [one for one in filters if one not in found and not one.chaining]
                found |= {one for one in others if len(ways(_without(one, filters), line)) < len(some)}
    return found


def _without(one: Filter, filters: Sequence[Filter]) -> list[Filter]:
    return [other for other in filters if other != one]


def _lines(words: Sequence[Word]) -> list[tuple[Word, ...]]:
    """The command lines that the branches of a command make; the command itself where they are too many."""
    lines: list[tuple[Word, ...]] = [()]
    for word in words:
        options = word.options if isinstance(word, Choice) else ((word,),)
        lines = [(*line, *option) for line in lines for option in options]
        if len(lines) > _MOST:
            return [tuple(words)]
    return lines
