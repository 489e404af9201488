"""A command line that gets something out of a filter: one that rootwrap admits through it."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrator.rootwrap import patterns
from migrator.rootwrap.admission import admitted, ways
from migrator.rootwrap.conditions import Condition, Matches, NoExec, OneOf, Unclear, Within, holds
from migrator.rootwrap.filters import Filter, leading_variables
from migrator.rootwrap.programs.gain import Power
from migrator.words import Literal, Value, Word

# What may stand for a word of a power, the plainest first.
KINDS: Mapping[str, tuple[str, ...]] = {
    # writing or owning one of them makes root of whoever can: passwd(5), sudoers(5), crontab(5), ld.so(8), core(5)
    "file": (
        *("/etc/passwd", "/etc/sudoers.d/x", "/etc/cron.d/x", "/etc/ld.so.preload", "/root/.ssh/authorized_keys"),
        *("/etc/systemd/system/x.service", "/usr/local/bin/x", "/usr/bin/x", "/lib/x", "/proc/sys/kernel/core_pattern"),
        *("/etc/passwd.gz", "/boot/x"),
    ),
    "folder": ("/etc", "/etc/cron.d", "/root", "/usr/local/bin", "/usr", "/dev", "/proc/sys/kernel", "/boot", "/"),
    "secret": ("/etc/shadow", "/root/.ssh/id_rsa", "/dev/sda", "/dev/mem"),
    "secrets": ("/root", "/etc", "/"),
    "disk": ("/dev/sda", "/dev/nvme0n1", "/dev/vda", "/dev/mem"),
    "unit": ("/etc/systemd/system/cron.service.d",),
    "new": ("/etc/x", "/usr/x", "/lib/x"),
    "nologin": ("/etc/nologin",),
    "mine": ("/tmp/d/x",),
    "any": ("x", "1", "-x", "x=x", "/etc/passwd"),
    "owner": ("1000", "nova", "1000:1000", "nova:nova"),
    "group": ("1000", "nova"),
    # modes that let the service user write, and then those that make a program run as its owner
    "mode": ("666", "0666", "777", "0777", "o+w", "a+w", "a+rwx", "ugo+rw", "ugo+rwx", "4755", "u+s", "6755"),
    "readable": ("644", "0644", "o+r", "a+r", "664", "755", "0755", "a+rX"),
    "size": ("1", "1M", "1G", "-s1"),
    "number": ("1", "-1", "-c1"),
}
REST = "..."  # the words that the filter asks for behind those of a power, whatever they are
_PATHS = frozenset({"file", "folder", "secret", "secrets", "disk", "unit", "new", "nologin", "mine"})
_HOLE = re.compile(r"\{(" + "|".join(KINDS) + r")\}")


@dataclass(frozen=True, slots=True)
class Crafted:
    """An argv that a filter admits, and what it does. notes: of words that are not what they look like."""

    power: Power
    argv: tuple[str, ...]
    notes: tuple[str, ...] = ()


def crafted(one: Filter, powers: Sequence[Power]) -> Iterator[Crafted]:
    """What each power gets out of a filter, in their order; those that it admits in no form are left out."""
    for power in powers:
        for words in _commands(one, power.words):
            found = _through(one, power, words)
            if found is not None:
                yield found
                break


def behind_env(one: Filter) -> tuple[tuple[str, ...], str]:
    """The variables that a filter has set before its program, as `NAME=`, and that program; () and "" where none are.

    Of an EnvFilter, and of a RegExpFilter for env(1), as far as it names variables and program.
    """
    if one.kind == "EnvFilter":
        return tuple(f"{name}=" for name in leading_variables(one.args)), one.executable
    if one.kind != "RegExpFilter" or os.path.basename(one.executable) != "env":
        return (), ""
    words = [next(iter(patterns.samples(pattern)), "") for pattern in one.args[1:]]
    names = leading_variables(words)
    return tuple(f"{name}=" for name in names), words[len(names)] if len(words) > len(names) else ""


def _commands(one: Filter, words: Sequence[str]) -> Iterator[list[str]]:
    """The words as the filter wants them: with the variables that it asks for, and as many as it asks for."""
    if words[-1] == REST:
        taken = one.args[len(words) - 1 :] if one.kind == "RegExpFilter" else ()
        words = [*words[:-1], *(next(iter(patterns.samples(pattern)), "") for pattern in taken)]
    names, program = behind_env(one)
    if names:
        given = dict(word.split("=", 1) for word in words[1:] if words[0] == "env" and "=" in word)
        rest = [program] if words[0] == "env" else [program, *words[1:]]
        values = [word.partition("=")[2] for word in one.args if word.startswith(names)]
        set_to = [given.get(name[:-1]) or value for name, value in zip(names, values, strict=False)]
        if one.kind == "RegExpFilter":
            set_to = [given.get(name[:-1]) or _value(one, number) for number, name in enumerate(names)]
        made = ["env", *(f"{name}{value or 'x'}" for name, value in zip(names, set_to, strict=False)), *rest]
        yield made + ["x"] * (len(one.args) + 1 - len(made) if one.kind == "EnvFilter" else 0)
        if words[0] == "env" and one.kind == "RegExpFilter":
            yield made + [next(iter(patterns.samples(pattern)), "x") for pattern in one.args[len(made) :]]
    elif words[0] != "env" or os.path.basename(one.executable) == "env":
        yield list(words)
        pattern = one.args[0] if one.kind == "RegExpFilter" and one.args else ""
        for name in (*patterns.samples(pattern), one.executable):
            yield [name, *words[1:]]  # a filter may call a program by any other name


def _value(one: Filter, number: int) -> str:
    """A value that a RegExpFilter for env(1) takes for the variable of this number."""
    return next(iter(patterns.samples(one.args[number + 1])), "").partition("=")[2]


def _through(one: Filter, power: Power, words: Sequence[str]) -> Crafted | None:
    """The words with something in each hole that the filter admits, None where there is nothing."""
    for way in ways([one], [_word(word) for word in words]):
        argv, notes = list(words), []
        for number, word in enumerate(words):
            asked = [each for each in way.conditions if _number(each) == number]
            found = next(_fills(word, asked), None) if _HOLE.search(word) else (word, "")
            if found is None:
                break
            argv[number], note = found
            if note:
                notes.append(f"{argv[number]} {note}")
        else:
            if admitted([one], argv) is not None:
                return Crafted(power, tuple(argv), tuple(notes))
    return None


def _word(text: str) -> Word:
    if not _HOLE.search(text):
        return Literal(text)
    pieces = [None if number % 2 else piece for number, piece in enumerate(_HOLE.split(text))]
    return Value(text, tuple(piece for piece in pieces if piece != ""))


def _fills(word: str, asked: Sequence[Condition]) -> Iterator[tuple[str, str]]:
    """What the word may be, under conditions on this word alone."""
    kinds = _HOLE.findall(word)
    before, _, after = _HOLE.sub("\0", word).partition("\0")
    candidates: Iterator[tuple[str, str]] = iter(())
    patterns_asked = [each.pattern for each in asked if isinstance(each, Matches)]
    if len(kinds) == 1 and kinds[0] in _PATHS and patterns_asked:
        candidates = patterns.places(patterns_asked[0], before, after, KINDS[kinds[0]])
    else:
        filled = itertools.product(*(KINDS[kind] for kind in kinds))
        candidates = ((_filled(word, some), "") for some in filled)
        if kinds[0] not in _PATHS:
            own = [text for pattern in patterns_asked for text in patterns.samples(pattern)] if kinds == ["any"] else []
            own += (
                [text for each in asked if isinstance(each, OneOf) for text in each.texts] if kinds == ["any"] else []
            )
            candidates = itertools.chain(candidates, ((text, "") for text in own))
        elif kinds[0] == "mine":
            inside = [each.folder for each in asked if isinstance(each, Within) and patterns.anybodys(each.folder)]
            candidates = itertools.chain(candidates, ((os.path.join(folder, "x"), "") for folder in inside))
    for text, note in candidates:
        if all(holds(each, [text] * (_number(each) + 1)) for each in asked):
            yield text, note


def _number(condition: Condition) -> int:
    """The word that a condition is about, -1 for one that is about several."""
    return -1 if isinstance(condition, (NoExec, Unclear)) else condition.word


def _filled(word: str, texts: Sequence[str]) -> str:
    left = iter(texts)
    return _HOLE.sub(lambda _: next(left), word)
