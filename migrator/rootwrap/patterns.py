"""Texts that a pattern of a RegExpFilter takes: what has to be known to tell how loose it is."""

from __future__ import annotations

import functools
import importlib
import itertools
import os
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from migrator.rootwrap.conditions import matches

# The parser of the standard library; its old name is deprecated since 3.11.
_PARSER: Any = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
_SEVERAL = 12  # samples of one pattern
_CLASSES = {"CATEGORY_DIGIT": "1", "CATEGORY_WORD": "x", "CATEGORY_SPACE": " ", "CATEGORY_NOT_DIGIT": "x"}
_PLAIN = re.compile(r"^[\w./-]+$")
# Folders that are there on every host, and one below each: a `..` may not follow at once.
_BELOW = {
    "/": "etc",
    "/dev/": "shm",
    "/etc/": "default",
    "/usr/": "lib",
    "/var/": "lib",
    "/tmp/": "d",
    "/var/lib/": "d",
}
# Where everybody can make a folder of their own, with links in it. (In a sticky folder itself the kernel follows no
# link of another user's: proc_sys_fs(5), protected_symlinks.)
_ANYBODYS = ("/tmp/", "/var/tmp/", "/dev/shm/")


@functools.lru_cache(1024)
def samples(pattern: str) -> tuple[str, ...]:
    """A few texts that re.match(pattern + "$") takes, the shortest of each branch; () for a pattern that is none."""
    try:
        tree = _PARSER.parse(pattern)
    except re.error:
        return ()
    # A dot that is meant as one is mostly not escaped.
    found = itertools.islice(dict.fromkeys((*_PLAIN.findall(pattern), *_of_all(tree))), 50)
    return tuple(itertools.islice((text for text in found if matches(pattern, text)), _SEVERAL))


def fixed(pattern: str) -> str | None:
    """The one text that a pattern takes, None where there are more. A newline behind it, which `$` lets pass, aside."""
    try:
        tree = _PARSER.parse(pattern)
    except re.error:
        return None
    names = [str(name) for name, _ in tree]
    if any(name not in ("LITERAL", "AT") for name in names):
        return None
    return "".join(chr(value) for name, value in tree if str(name) == "LITERAL")


def open_ended(pattern: str) -> str:
    """What a pattern takes though it hardly means to, in words; "" where nothing of the kind is seen.

    An alternation at the top has the end of the word behind its last branch only, as rootwrap adds `$` to the text.
    """
    for text in samples(pattern):
        longer = text + "/../x"
        if matches(pattern, longer) and re.fullmatch(pattern, longer) is None:
            return f"{pattern!r} takes anything that begins with {text!r}"
    return ""


def places(pattern: str, before: str, after: str, wanted: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Words that the pattern takes and that lead to one of the wanted paths, each with how; the plainest first.

    before, after: what stands around the path in the word (`of=`). How: "" for the path as it is.
    """
    for path in wanted:
        if matches(pattern, before + path + after):
            yield before + path + after, ""
    inner = [one[len(before) : len(one) - len(after)] for one in samples(pattern) if one.startswith(before)]
    for path, sample in itertools.product(wanted, inner):
        for climbing in _climbing(sample, path):
            if matches(pattern, before + climbing + after):
                yield before + climbing + after, f"is {os.path.normpath(climbing)}"
    for sample in (*inner, *(f"{folder}d/x" for folder in _ANYBODYS)):
        word = before + sample + after
        if anybodys(sample) and matches(pattern, word):
            yield word, f"may be a link that leads to {wanted[0]}"


def anybodys(path: str) -> bool:
    """Whether a path lies in a folder that any user can make, below one that is for everybody."""
    return any(path.startswith(folder) and "/" in path[len(folder) :].rstrip("/") for folder in _ANYBODYS)


def _climbing(sample: str, path: str) -> Iterator[str]:
    """The path, reached by way of the folders that a sample begins with."""
    for number, letter in enumerate(sample):
        folder = sample[: number + 1]
        if letter != "/" or not folder.startswith("/"):
            continue
        up = "../" * (folder.count("/") - 1)
        yield folder + up + path.lstrip("/")
        if folder in _BELOW:
            yield f"{folder}{_BELOW[folder]}/../{up}{path.lstrip('/')}"


def _of_all(tree: Any) -> Iterator[str]:
    """Texts for the parts of a pattern, one after the other."""
    parts = [list(itertools.islice(_of(str(name), value), 4)) or [""] for name, value in tree]
    for some in itertools.islice(itertools.product(*parts), 50):
        yield "".join(some)


def _of(name: str, value: Any) -> Iterator[str]:
    if name == "LITERAL":
        yield chr(value)
    elif name in ("ANY", "NOT_LITERAL"):
        yield "x" if value != ord("x") else "y"
    elif name == "IN":
        yield from _in(value)
    elif name == "BRANCH":
        for branch in value[1]:
            yield from itertools.islice(_of_all(branch), 2)
    elif name == "SUBPATTERN":
        yield from _of_all(value[-1])
    elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, most, inner = value
        for text in itertools.islice(_of_all(inner), 2):
            yield text * least
            if int(most) > least:
                yield text * (least + 1)
    elif name == "ATOMIC_GROUP":
        yield from _of_all(value)


def _in(members: Any) -> Iterator[str]:
    """A letter of a class: of `[^/]` one that is not in it."""
    if str(members[0][0]) == "NEGATE":
        yield next((letter for letter in "xy1-_,=" if not any(_takes(member, letter) for member in members[1:])), "")
        return
    for name, value in members:
        if str(name) == "LITERAL":
            yield chr(value)
        elif str(name) == "RANGE":
            yield chr(value[0])
        elif str(name) == "CATEGORY":
            yield _CLASSES.get(str(value), "-")


def _takes(member: Any, letter: str) -> bool:
    name, value = str(member[0]), member[1]
    if name == "LITERAL":
        return bool(value == ord(letter))
    if name == "RANGE":
        return bool(value[0] <= ord(letter) <= value[1])
    return letter.isdigit() if str(value) == "CATEGORY_DIGIT" else str(value) == "CATEGORY_WORD"
