"""The program that really runs behind sudo, env and their like."""

from __future__ import annotations

import os

from migrator.words import Choice, Command, Each, Literal, Rest, Word
from migrator.words import Value as Unsure

_SUDO_TAKES_VALUE = {"-u", "-g", "-p", "-C", "-h", "-r", "-t", "-T", "-U", "--user", "--group", "--prompt"}


_NICE_TAKES_VALUE = {"-n", "--adjustment"}


_IONICE_TAKES_VALUE = {"-c", "-n", "--class", "--classdata"}


_TIMEOUT_TAKES_VALUE = {"-k", "-s", "--kill-after", "--signal"}


_PREFIXES: dict[str, tuple[set[str], int]] = {
    # prefix -> its options that take a value of their own, and how many operands stand before the command
    "sudo": (_SUDO_TAKES_VALUE, 0),
    "nice": (_NICE_TAKES_VALUE, 0),
    "ionice": (_IONICE_TAKES_VALUE, 0),
    "timeout": (_TIMEOUT_TAKES_VALUE, 1),
    "stdbuf": ({"-i", "-o", "-e"}, 0),
    "nohup": (set(), 0),
    "setsid": (set(), 0),
    "cgexec": ({"-g"}, 0),
    "systemd-run": ({"-p", "--property", "--unit", "--slice", "--uid", "--gid"}, 0),
    "prlimit": (set(), 0),
    "taskset": (set(), 1),
}


_DEEPEST_PREFIX = 5
_MOST_OPTIONS = 6


def command(words: tuple[Word, ...]) -> Command:
    """The Command of an argv: prefixes told apart from the program that runs in the end."""
    found: dict[str, str] = {}
    unknown = False
    for run in _openings(words):
        program, prefix = _effective(run)
        if program is None:
            unknown = True
        else:
            found.setdefault(program, prefix)
    programs = tuple(found)
    names = {os.path.basename(program) for program in programs}
    if len(programs) > 1 and len(names) == 1:
        # One program in several places: the driver runs it here or there.
        shortest = min(programs, key=len)
        return Command(words, found[shortest], shortest, programs)
    if len(programs) == 1 and not unknown:
        return Command(words, found[programs[0]], programs[0], programs)
    if len(programs) == 1:
        return Command(words, found[programs[0]], programs[0], programs)
    return Command(words, "", None, programs)


def _openings(words: tuple[Word, ...], depth: int = 0) -> list[tuple[Word, ...]]:
    """The argv with the choices near its beginning taken in turn."""
    for index, word in enumerate(words[:8]):
        if isinstance(word, Choice) and depth < 3:
            runs: list[tuple[Word, ...]] = []
            for option in word.options[:_MOST_OPTIONS]:
                runs.extend(_openings((*words[:index], *option, *words[index + 1 :]), depth + 1))
            return runs[:24]
    return [words]


def _effective(words: tuple[Word, ...]) -> tuple[str | None, str]:
    """The program of an argv without choices, and the prefix before it as text."""
    position = 0
    for _ in range(_DEEPEST_PREFIX):
        if position >= len(words):
            return None, ""
        word = words[position]
        if isinstance(word, (Rest, Each)):
            # Words that come first and are not known, with a known program behind them: a prefix of its own.
            following = words[position + 1] if position + 1 < len(words) else None
            if isinstance(following, Literal) and not following.text.startswith("-"):
                position += 1
                continue
            return None, ""
        if not isinstance(word, Literal):
            return None, ""
        after = _after_prefix(words, position)
        if after is None:
            return word.text, " ".join(_spelled(one) for one in words[:position])
        position = after
    return None, ""


def _after_prefix(words: tuple[Word, ...], position: int) -> int | None:
    """Where the command behind a prefix starts; None when the word at `position` is no prefix."""
    first = words[position]
    assert isinstance(first, Literal)
    name = os.path.basename(first.text)
    rest = words[position + 1 :]
    if name == "env":
        index = 0
        while index < len(rest):
            word = rest[index]
            assigned = isinstance(word, Literal) and "=" in word.text and not word.text.startswith("/")
            built = isinstance(word, Unsure) and any(piece and "=" in piece for piece in word.pieces)
            option = isinstance(word, Literal) and word.text.startswith("-")
            if not (assigned or built or option):
                break
            index += 2 if isinstance(word, Literal) and word.text in ("-u", "--unset", "-C", "--chdir") else 1
        return position + 1 + index if index < len(rest) else None
    if name == "ip":
        texts = [word.text if isinstance(word, Literal) else None for word in rest[:2]]
        if texts == ["netns", "exec"] and len(rest) > 3:
            return position + 4
        return None
    known = _PREFIXES.get(name)
    if known is None:
        if name.endswith("-rootwrap") and len(rest) > 1:
            return position + 2
        return None
    takes_value, operands = known
    index = 0
    while index < len(rest):
        word = rest[index]
        if isinstance(word, Literal) and word.text == "--":
            index += 1
            break
        if isinstance(word, Literal) and word.text.startswith("-") and len(word.text) > 1:
            index += 2 if word.text in takes_value else 1
        elif name == "sudo" and isinstance(word, Literal) and "=" in word.text:
            index += 1
        elif name == "ionice" and isinstance(word, Unsure) and index == 0 and not word.pieces:
            index += 1  # `ionice '-c3'` built elsewhere
        else:
            break
    index += operands
    return position + 1 + index if index < len(rest) else None


def _spelled(word: Word) -> str:
    if isinstance(word, Literal):
        return word.text
    if isinstance(word, Unsure):
        return "{" + word.code + "}"
    return "*{" + word.code + "}" if isinstance(word, Rest) else "..."
