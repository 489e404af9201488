"""A command line that gets something out of a filter: one that rootwrap admits through it."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrator.rootwrap import patterns
from migrator.rootwrap.admission import admitted, ways
from migrator.rootwrap.conditions import Condition, Matches, NoExec, OneOf, Unclear, Within, holds, matches
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
        for words in _commands(one, power):
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
    words = [_sample(pattern) for pattern in one.args[1:]]
    names = leading_variables(words)
    return tuple(f"{name}=" for name in names), words[len(names)] if len(words) > len(names) else ""


def _commands(one: Filter, power: Power) -> Iterator[list[str]]:
    """The words as the filter wants them: with the variables that it asks for, and as many as it asks for."""
    words = power.words
    names, program = behind_env(one)
    tail = [] if words[0] == "env" and names else list(words[1:])
    if one.kind == "EnvFilter":
        given = dict(word.split("=", 1) for word in words[1:] if words[0] == "env" and "=" in word)
        values = [given.get(name[:-1]) or word.partition("=")[2] for name, word in zip(names, one.args, strict=False)]
        made = ["env", *(f"{name}{value or 'x'}" for name, value in zip(names, values, strict=True))]
        made += [program, *(word for word in tail if word != REST)]
        yield made + ["x"] * (len(one.args) + 1 - len(made))
        return
    if words[0] == "env" and not names and os.path.basename(one.executable) != "env":
        return
    if one.kind != "RegExpFilter":
        plain = [word for word in tail if word != REST]
        yield from ([name, *plain] for name in dict.fromkeys((words[0], one.executable)))
        return
    start = len(names) + 1 if names else 0
    for first in patterns.samples(one.args[0]) if one.args else ():
        before = [first]
        if names:
            set_to = [word for word in words[1:] if words[0] == "env" and "=" in word]
            given = {word.partition("=")[0]: word for word in set_to}
            before += [given.get(name[:-1]) or _sample(one.args[number + 1]) for number, name in enumerate(names)]
            before.append(program)
        asked = one.args[start + 1 :]
        behind = None if power.alone and len(asked) != len(tail) else _embedded(tail, asked)
        if behind is not None:
            yield [*before, *behind]


def _embedded(words: Sequence[str], asked: Sequence[str]) -> list[str] | None:
    """The words at places where the patterns take them, in their order and as far back as can be, samples elsewhere.

    What a filter has between them are options and their values, which leave the operands what they are.
    """
    made = [_sample(pattern) for pattern in asked]
    if words[-1:] == [REST]:
        words = words[:-1]
        return [*words, *made[len(words) :]] if len(words) <= len(made) else None
    place = len(asked)
    for word in reversed(words):
        place -= 1
        while place >= 0 and not _takes(asked[place], word):
            place -= 1
        if place < 0:
            return None
        made[place] = word
    return made


def _takes(pattern: str, word: str) -> bool:
    if not _HOLE.search(word):
        return matches(pattern, word)
    return next(_fills(word, [Matches(0, pattern)]), None) is not None


def _sample(pattern: str) -> str:
    return next(iter(patterns.samples(pattern)), "")


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
