"""What a site ran and what its privileged call sends, for one set of samples after another."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migrator.model import Kind, Site
from migrator.understand.executors import FLAGS
from migrator.verify.replay.language import belongs
from migrator.verify.replay.pairing import Placed, Scope
from migrator.verify.replay.samples import FLAVOURS, Constant, Names, Sample, World
from migrator.verify.replay.walkthrough import Unknown, given, names_at, value
from migrator.words import Choice, Each, Literal, Rest, Value, Word

_ROOT = frozenset({*FLAGS, "root_helper"})
_LISTED = ("cmd", "command", "args")
_FLIPS = 4


@dataclass(frozen=True)
class File:
    """One text of a file: its tree, what its names import, and the constants at its top and in its classes.

    rooted: line and column of the calls in it that are root calls.
    """

    tree: ast.Module
    imported: Mapping[str, str]
    constants: Mapping[str, Any]
    rooted: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True)
class Ran:
    """What the old call ran: words as the executor got them, and its keywords without those that ask for root.

    inline: the words that stand at the call itself. refused: rootwrap runs none of it.
    """

    words: tuple[Any, ...]
    options: Mapping[str, Any]
    inline: tuple[Any, ...] = ()
    refused: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(str(each) for each in self.words)


@dataclass(frozen=True)
class Sent:
    """What the new call sends: its arguments; error: why they cannot be had."""

    args: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    error: str = ""


def constants(tree: ast.Module) -> dict[str, Any]:
    """Names at the top of a module and in its classes that are bound once, to a literal: "NAME", "Class.NAME"."""
    found: dict[str, Any] = {}
    twice: set[str] = set()

    def note(body: Sequence[ast.stmt], start: str) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef) and not start:
                note(node.body, f"{node.name}.")
            if not (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)):
                continue
            name = start + node.targets[0].id
            if name in found:
                twice.add(name)
            try:
                found[name] = ast.literal_eval(node.value)
            except (ValueError, TypeError, SyntaxError):
                twice.add(name)

    note(tree.body, "")
    return {name: each for name, each in found.items() if name not in twice}


# What an executor takes for these is text or a number: an object in their place would say nothing of the call.
_OPTIONS = {"process_input": "text", "cwd": "text", "check_exit_code": "number"}


def worlds(placed: Placed, old: Scope, file: File) -> list[World]:
    """The sets of samples for a site: a first reading tells which names are numbers, texts or hold others.

    Raises Unknown when not even the first reading comes to the call.
    """
    known = {**file.constants, **_own(file.constants, old.name)}
    first = World("plain", constants=known, noting=True)
    ran = reading(placed, old, file, first)
    for name, kind in _OPTIONS.items():
        if isinstance(ran.options.get(name), Sample):
            first.note(ran.options[name]._key, kind)
    known.update(_learned(placed, ran))
    words = placed.site.command.words
    for each, word in zip(ran.words, words, strict=False) if len(ran.words) == len(words) else ():
        if isinstance(each, Sample) and isinstance(word, Value) and word.text:
            first.note(each._key, "text")
    made = [World(flavour, dict(first.kinds), constants=known) for flavour in FLAVOURS]
    for key in first.tested[:_FLIPS]:
        made.append(World("plain", dict(first.kinds), {key: False}, known))
    return made


def _own(known: Mapping[str, Any], scope: str) -> dict[str, Any]:
    """The constants of a method's class, as it reaches them."""
    start = f"{scope.rpartition('.')[0]}."
    own = {name.removeprefix(start): each for name, each in known.items() if name.startswith(start)}
    return {f"{first}.{name}": each for name, each in own.items() for first in ("self", "cls")}


def _learned(placed: Placed, ran: Ran) -> dict[str, Any]:
    """Constants of other modules: the words that stand at the call as a name, and that the scan knows the text of."""
    words = placed.site.command.words
    if len(words) != len(ran.inline):
        return {}
    return {
        each._key: found.text
        for each, found in zip(ran.inline, words, strict=True)
        if isinstance(each, Sample) and isinstance(found, Literal) and re.fullmatch(r"[\w.]+", each._key)
    }


def inline(call: ast.Call, names: Names) -> tuple[list[Any], dict[str, Any]]:
    """The words and the keywords, but those that ask for root, that stand at a call of an executor. Raises Unknown."""
    words, keywords = given(names, call)
    options = {name: each for name, each in keywords.items() if name not in _ROOT}
    for name in _LISTED:
        if not words and name in options:
            words = [options.pop(name)]
    if len(words) == 1 and isinstance(words[0], (list, tuple)):
        words = list(words[0])
    return words, options


def reading(placed: Placed, old: Scope, file: File, world: World) -> Ran:
    """What the old call runs in one set of samples, read in two ways that have to agree. Raises Unknown."""
    names = names_at(old, placed.call, world, file.imported)
    words, options = inline(placed.call, names)
    for option in placed.site.options:
        if option.name in _ROOT or option.name in options:
            continue
        if option.name != "**":
            options[option.name] = value(names, option.code)
    told = _told(placed.site, names)
    at_call = tuple(words)
    if told is None:
        if not world.noting and not belongs(tuple(map(str, at_call)), placed.site.command):
            if placed.site.kind is not Kind.VIA_WRAPPER or placed.site.whole:
                raise Unknown("two readings of the call do not agree")
            return Ran(tuple(_completed(placed.site.command.words, names, world)), options, at_call)
        return Ran(at_call, options, at_call)
    first, second = (tuple(map(str, each)) for each in (at_call, told))
    if first == second:
        return Ran(at_call, options, at_call)
    handed_on = not placed.site.via or (placed.site.kind is not Kind.VIA_WRAPPER and len(at_call) == len(told))
    if handed_on and not world.noting:
        raise Unknown(f"two readings of the call do not agree: {_shown(first)} and {_shown(second)}")
    return Ran(told, options, at_call)


def _told(site: Site, names: Names) -> tuple[Any, ...] | None:
    """The words by the scan's reading; None when one of them is made of names that mean something else at the call."""
    found: list[Any] = []

    def add(words: Sequence[Word]) -> None:
        for each in words:
            if isinstance(each, Literal):
                found.append(each.text)
            elif not each.here:
                raise Unknown("not here")
            elif isinstance(each, Value):
                found.append(value(names, each.code))
            elif isinstance(each, Rest):
                found.extend(value(names, f"[*({each.code})]"))
            elif isinstance(each, Choice):
                raise Unknown("a choice")
            else:
                assert isinstance(each, Each)
                raise Unknown("a loop")

    try:
        add(site.command.words)
    except Unknown:
        return None
    return tuple(found)


def _completed(words: Sequence[Word], names: Names, world: World) -> Iterator[Any]:
    """One command that a wrapper can make of a call: what is made in the wrapper itself is a sample in its pieces."""
    for each in words:
        if isinstance(each, Literal):
            yield each.text
        elif isinstance(each, Choice):
            taken = each.options[-1 if world.truths else 0]
            yield from _completed(taken, names, world)
        elif isinstance(each, Each):
            yield from _completed(each.words, names, world)
        elif isinstance(each, Rest):
            yield world.text(each.code)
        elif each.here:
            yield value(names, each.code)
        else:
            made = world.text(each.code)
            yield "".join(made if piece is None else piece for piece in each.pieces or (None,))


def sending(scope: Scope, call: ast.Call, handed: ast.expr | None, file: File, world: World) -> Sent:
    """What the new call sends in one set of samples."""
    try:
        # What only the new code takes something out of holds something: the old code did not tell.
        first = World("plain", dict(world.kinds), constants=world.constants, noting=True)
        given(names_at(scope, call, first, file.imported), call, handed)
        for key, kind in first.kinds.items():
            if kind == "holder":
                world.kinds.setdefault(key, kind)
        names = names_at(scope, call, world, file.imported)
        args, keywords = given(names, call, handed)
    except Unknown as error:
        return Sent(error=str(error))
    return Sent(tuple(args), keywords)


def encoded(found: Any) -> Any:
    """A value as the harness reads it."""
    if found is None or isinstance(found, (bool, int, float, str)):
        return found
    if isinstance(found, bytes):
        return {"bytes": found.decode("latin-1")}
    if isinstance(found, (list, tuple)):
        return {"tuple" if isinstance(found, tuple) else "list": [encoded(each) for each in found]}
    if isinstance(found, (set, frozenset)):
        return {"set": [encoded(each) for each in found]}
    if isinstance(found, Mapping):
        return {"dict": [[encoded(key), encoded(each)] for key, each in found.items()]}
    if isinstance(found, Constant):
        return {"constant": found.name}
    return {"object": str(found)}


def _shown(texts: Sequence[str]) -> str:
    return " ".join(texts)


def jobs(site: Site, ran: Ran, sent: Sent) -> Iterator[tuple[str, Any]]:
    """The parts of a harness job that the two sides make."""
    old = {
        "words": encoded(list(ran.words)),
        "options": encoded(dict(ran.options)),
        "refused": ran.refused,
        "tried": site.tried,
    }
    if site.runner is not None:
        old |= {"entrypoint": site.runner.entrypoint, "prefix": site.runner.prefix}
    yield "old", old
    yield "new", {"args": encoded(list(sent.args)), "keywords": encoded(dict(sent.keywords))}
