"""Rootwrap's part in an old call: what it refuses, what it makes of the words, and samples that it admits."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from migrator.decide import filtered
from migrator.model import Site
from migrator.rootwrap.admission import Way, admitted, ways
from migrator.rootwrap.conditions import Condition, Matches, OneOf, Unclear, Within, holds
from migrator.rootwrap.filters import Filter
from migrator.rootwrap.project import asked_of
from migrator.verify.replay import reading
from migrator.verify.replay.pairing import Placed, Scope
from migrator.verify.replay.reading import File, Ran
from migrator.verify.replay.samples import Sample, World, number, word
from migrator.verify.replay.walkthrough import Unknown
from migrator.words import Value


def filters(before: str, sites: Sequence[Site]) -> Mapping[str, tuple[Filter, ...]]:
    """The filters that the sites of the tree before were run through, by the folders of their files."""
    found = filtered.filters([replace(site, path=os.path.join(before, site.path)) for site in sites])
    return {os.path.relpath(folder, before): each for folder, each in found.items()}


def shipped(site: Site, known: Mapping[str, tuple[Filter, ...]]) -> tuple[Filter, ...]:
    """The filters of its project that a site is run through."""
    return asked_of(site, known.get(os.path.normpath(os.path.dirname(site.path)), ()))


def of(site: Site, known: Mapping[str, tuple[Filter, ...]]) -> tuple[Filter, ...]:
    """The filters of a site; () for one that none of them admits: rewriting holds it to none."""
    admitting = shipped(site, known)
    return admitting if ways(admitting, site.command.words) else ()


def through(ran: Ran, admitting: Sequence[Filter]) -> Ran:
    """What rootwrap runs for a command; `refused` where it runs none."""
    if not admitting:
        return ran
    way = admitted(admitting, ran.texts)
    if way is None:
        return replace(ran, refused=True)
    made = zip(ran.words, ran.texts, way.run(ran.texts), strict=True)
    return replace(ran, words=tuple(old if text == new else new for old, text, new in made))


def fitting(
    placed: Placed, old: Scope, file: File, admitting: Sequence[Filter], worlds: Sequence[World]
) -> World | None:
    """A set of samples with which the filters admit the command, where the plain one is refused; None for none."""
    plain = worlds[0]
    try:
        texts = reading.reading(placed, old, file, plain).texts
        if not admitting or admitted(admitting, texts) is not None:
            return None
        noting = World("plain", dict(plain.kinds), constants=plain.constants, noting=True)
        noted = reading.reading(placed, old, file, noting).words
    except Unknown:
        return None
    # A result is known by the call with what it is given: the plain samples, or in the first reading the names.
    keys = [*(each._key for each in noted if isinstance(each, Sample)), *noting.kinds, *_inside(placed.site)]
    keys += plain.given
    for way in ways(admitting, placed.site.command.words):
        given = _given(way, texts, keys, plain)
        if given is None:
            continue
        world = replace(plain, kinds=dict(plain.kinds), constants={**plain.constants, **given})
        try:
            if admitted(admitting, reading.reading(placed, old, file, world).texts) is not None:
                return world
        except Unknown:
            continue
    return None


def _inside(site: Site) -> Iterator[str]:
    """The pieces of code that the words of a site are made of."""
    for each in site.command.words:
        if isinstance(each, Value):
            try:
                tree = ast.parse(each.code, mode="eval")
            except SyntaxError:
                continue
            yield from (ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.expr))


def _given(way: Way, texts: Sequence[str], keys: Sequence[str], plain: World) -> dict[str, Any] | None:
    """Values for pieces of code with which the words meet the conditions of a way."""
    found: dict[str, Any] = {}
    for condition in way.conditions:
        if isinstance(condition, Unclear) or holds(condition, texts):
            continue
        if not isinstance(condition, (OneOf, Matches, Within)):
            return None
        text = texts[condition.word]
        for key in dict.fromkeys(keys):
            digits = plain.kinds.get(key) == "number"
            sample = str(number(key)) if digits else word(key)
            if text.count(sample) != 1:
                continue
            before, _, after = text.partition(sample)
            inner = _inner(condition, before, after, sample, digits)
            if inner is not None:
                found[key] = int(inner) if digits else inner
                break
        else:
            return None
    return found


def _inner(condition: Condition, before: str, after: str, sample: str, digits: bool) -> str | None:
    """What has to stand between two texts for the whole to meet the condition."""
    for text in _texts(condition, before, after, sample):
        if text.startswith(before) and text.endswith(after) and len(text) >= len(before + after):
            inner = text[len(before) : len(text) - len(after)]
            if inner.isdigit() or not digits:
                return inner
    return None


def _texts(condition: Condition, before: str, after: str, sample: str) -> Iterator[str]:
    if isinstance(condition, OneOf):
        yield from condition.texts
    elif isinstance(condition, Within):
        yield os.path.join(condition.folder, ".", sample) + after  # what is run is the canonical path
    elif isinstance(condition, Matches):
        from hypothesis import Phase, find, settings
        from hypothesis import strategies as st
        from hypothesis.errors import NoSuchExample

        def fits(text: str) -> bool:
            return text.startswith(before) and text.endswith(after) and text.isprintable()

        known = settings(database=None, derandomize=True, max_examples=100, phases=[Phase.generate])
        try:
            yield find(st.from_regex(rf"\A(?:{condition.pattern})\Z"), fits, settings=known)
        except NoSuchExample:
            return
