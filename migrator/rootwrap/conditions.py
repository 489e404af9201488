"""What a filter asks of the words that are not known before the command runs."""

from __future__ import annotations

import itertools
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from migrator.words import Literal, Value, Word

NETNS = ("net", "netn", "netns")
EXEC = ("e", "ex", "exe", "exec")
# `ip -netns NAME OBJECT`: these options take a word; the object stands behind it.
_IP_TAKING = frozenset({"-n", "-netns", "-f", "-family", "-l", "-loops", "-rc", "-rcvbuf"})
_IP_BATCH = frozenset({"-b", "-batch"})  # whose file may hold any command


@dataclass(frozen=True, slots=True)
class OneOf:
    """The word with this number is one of these texts."""

    word: int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matches:
    """The word matches the pattern of a RegExpFilter, from its start to its end (a newline may follow)."""

    word: int
    pattern: str


@dataclass(frozen=True, slots=True)
class Within:
    """The word's canonical path begins with this text: the folder of a PathFilter."""

    word: int
    folder: str


@dataclass(frozen=True, slots=True)
class Runs:
    """The word is the pid of a process that runs this program, as a KillFilter finds out."""

    word: int
    program: str


@dataclass(frozen=True, slots=True)
class NoExec:
    """The words from this number on are an ip(8) command that is no `ip netns exec`, as an IpFilter tells."""

    start: int


@dataclass(frozen=True, slots=True)
class Unclear:
    """Whether the filter admits the command depends on what cannot be told of its words; text says on what."""

    text: str


# Of a chain whose outer words are as a filter has them, and of whose inner command nothing is known.
INNER = Unclear("the inner program is not known")
Condition = OneOf | Matches | Within | Runs | NoExec | Unclear


def holds(condition: Condition, argv: Sequence[str]) -> bool:
    """Whether it holds for this command, on this machine and now. Raises ValueError for an Unclear one."""
    if isinstance(condition, OneOf):
        return argv[condition.word] in condition.texts
    if isinstance(condition, Matches):
        return matches(condition.pattern, argv[condition.word])
    if isinstance(condition, Within):
        return os.path.realpath(argv[condition.word]).startswith(condition.folder)
    if isinstance(condition, Runs):
        return _runs(argv[condition.word], condition.program)
    if isinstance(condition, NoExec):
        return no_exec(argv[condition.start :])
    raise ValueError(condition.text)


def matches(pattern: str, text: str) -> bool:
    """RegExpFilter.match for one word; a pattern that is none denies."""
    try:
        return re.match(pattern + "$", text) is not None
    except re.error:
        return False


def no_exec(words: Sequence[str]) -> bool:
    """IpFilter.match, the name of the program left out: the first word that can be `netns` decides."""
    for first, second in itertools.pairwise(words[1:]):
        if first in NETNS:
            return second not in EXEC
    return True


def may_be(word: Literal | Value, text: str) -> bool:
    """Whether a word can be this text, by what is known of it."""
    if isinstance(word, Literal):
        return word.text == text
    if not word.pieces:
        return True
    known = "".join(".*" if piece is None else re.escape(piece) for piece in word.pieces)
    return re.fullmatch(known, text, re.DOTALL) is not None


def object_fixed(words: Sequence[Word]) -> bool:
    """Whether an ip command is about something else than namespaces, whatever its unknown words are."""
    taken = False
    for word in words:
        if taken and isinstance(word, (Literal, Value)):
            taken = False
        elif taken or not isinstance(word, Literal) or word.text in _IP_BATCH:
            return False
        elif not word.text.startswith("-"):
            return word.text not in NETNS
        else:
            taken = word.text in _IP_TAKING
    return False


def _runs(pid: str, program: str) -> bool:
    try:
        found = _executable(int(pid))
    except ValueError:
        return False
    if os.path.isabs(program):
        return program == found
    folders = os.get_exec_path()
    return os.path.isabs(found) and os.path.basename(found) == program and os.path.dirname(found) in folders


def _executable(pid: int) -> str:
    """KillFilter._program: what /proc says a process runs, by the name that it had before it was replaced."""
    try:
        found = os.readlink(f"/proc/{pid}/exe").partition("\0")[0].removesuffix(" (deleted)")
        if os.path.isfile(found):
            return found
        with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="surrogateescape") as file:
            started = file.read().partition("\0")[0]
    except (OSError, ValueError):
        return ""
    started = shutil.which(started) or started
    return started if os.path.isfile(started) else found
