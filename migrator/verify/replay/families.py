"""Calls that hand a command to a wrapper which is root by itself: they are as they were, and moved with it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import replace

from migrator.model import Kind, Site
from migrator.verify.replay.entrypoints import Usage
from migrator.verify.replay.judging import Replayed, Verdict
from migrator.verify.replay.pairing import Pair
from migrator.verify.replay.reading import File

Item = tuple[str, Pair, File, File]


def completed(items: Iterable[Item]) -> list[Item]:
    """The items, those that are kept and whose wrapper uses a privileged function now paired with that."""
    found = list(items)
    inside = {
        pair.placed.site.qualname: pair.usage
        for _, pair, _, _ in found
        if pair.placed is not None and pair.placed.site.takes_argv and pair.usage is not None
    }
    return [(path, _with_wrapper(pair, inside), old, new) for path, pair, old, new in found]


def _with_wrapper(pair: Pair, inside: dict[str, Usage]) -> Pair:
    site = pair.placed.site if pair.placed is not None else None
    if site is None or not pair.kept or pair.new is None or not _handed(site) or site.via[0] not in inside:
        return pair
    assert pair.placed is not None
    text = ast.dump(pair.placed.call)
    call = next(node for node in ast.walk(pair.new.node) if isinstance(node, ast.Call) and ast.dump(node) == text)
    wrapper = inside[site.via[0]]
    return replace(pair, usage=Usage(wrapper.function, call, None, inner=wrapper.call), kept=False)


def _handed(site: Site) -> bool:
    return site.kind is Kind.VIA_WRAPPER and bool(site.via) and not site.flag


def judged(results: Sequence[Replayed]) -> list[Replayed]:
    """The results, the call inside such a wrapper judged by those that hand it its commands."""
    callers: dict[str, list[Replayed]] = {}
    for each in results:
        if each.site is not None and _handed(each.site):
            callers.setdefault(each.site.via[0], []).append(each)
    return [_by_callers(each, callers) for each in results]


def _by_callers(each: Replayed, callers: dict[str, list[Replayed]]) -> Replayed:
    if each.site is None or not each.site.takes_argv or not each.function:
        return each
    mine = callers.get(each.site.qualname, [])
    bad = [one for one in mine if one.verdict is not Verdict.SAME]
    if not mine or bad:
        why = f"so is the call that hands it its command at {bad[0].path}:{bad[0].line}" if bad else each.why
        verdict = bad[0].verdict if bad else each.verdict
        return replace(each, verdict=verdict, why=why) if bad else each
    return replace(each, verdict=Verdict.SAME, differences=(), why="", runs=0)
