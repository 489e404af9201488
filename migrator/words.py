"""The words of a command as the source has them: what is known of each, and what is not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Literal:
    """One word whose text is known."""

    text: str


@dataclass(frozen=True, slots=True)
class Value:
    """Exactly one word whose text is not known.

    code: the source of the expression that makes it, as it stands in the scanned file.
    pieces: what is known of its text, in order, with None for an unknown stretch: ("if=", None) for
    `'if=%s' % path`; empty when nothing is known.
    here: True when `code`, put at the call itself, still gives this word (its names are not bound anew
    between the place where the word is made and the call).
    why: the expression that stopped the reading, for people.
    text: True when it is surely a str, and no object that becomes one only when the executor calls str() on it.
    """

    code: str
    pieces: tuple[str | None, ...] = ()
    here: bool = True
    why: str = ""
    text: bool = False


@dataclass(frozen=True, slots=True)
class Rest:
    """Any number of words, none of them known: `*args`, or a list that comes from elsewhere."""

    code: str
    here: bool = True
    why: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several runs of words (a run may be empty); condition is its source, "" when several meet."""

    options: tuple[tuple[Word, ...], ...]
    condition: str = ""
    here: bool = True


@dataclass(frozen=True, slots=True)
class Each:
    """The words that one turn of a loop adds, any number of times: `for target in iterable`."""

    words: tuple[Word, ...]
    target: str = ""
    iterable: str = ""
    here: bool = True


Word = Literal | Value | Rest | Choice | Each


@dataclass(frozen=True, slots=True)
class Command:
    """What a site runs.

    words: the whole argv, prefixes such as `sudo` or `env LC_ALL=C` included.
    prefix: the words before the effective program, as text ("env LC_ALL=C", "ip netns exec {ns}").
    program: the effective program's name as written ("ip", "/lib/udev/scsi_id"), None when it is not known
    or is one of several.
    programs: the few it can be, where it is one of a few; (program,) when it is known.
    """

    words: tuple[Word, ...]
    prefix: str = ""
    program: str | None = None
    programs: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """True when the number of words is known: no Rest and no Each anywhere."""
        return _counted(self.words)

    @property
    def straight(self) -> bool:
        """True when the argv is one straight line of Literal and Value words."""
        return all(isinstance(word, (Literal, Value)) for word in self.words)


def _counted(words: tuple[Word, ...]) -> bool:
    for word in words:
        if isinstance(word, (Rest, Each)):
            return False
        if isinstance(word, Choice) and not all(_counted(option) for option in word.options):
            return False
    return True


# --- sites: the calls that may run a command as root ---------------------------------------------
