"""The codes of all findings, what each means, and which of them a project wants to be told of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from migrator.fault import Fault
from migrator.verify.boundary.codes import CODES as BOUNDARY
from migrator.verify.boundary.codes import IMPORT

ROOT_CALL = "PRV101"
UNUSED, UNREASONED = "PRV903", "PRV904"
STALE, EXPIRED, INCOMPLETE = "PRV905", "PRV906", "PRV907"
# A gate that lets pass what it could not read, or what no longer holds, is none.
ALWAYS = frozenset({"PRV901", "PRV902", STALE, EXPIRED, INCOMPLETE})
ROOT_EQUIVALENT, BROAD_FILTER, UNKNOWN_PROGRAM, EXCESS, UNTRUSTED = "PRV311", "PRV312", "PRV313", "PRV314", "PRV315"
UNADMITTED_CALL, UNNEEDED, UNSEEN, ORPHAN = "PRV321", "PRV322", "PRV323", "PRV324"
_PRIVSEP = "https://docs.openstack.org/oslo.privsep/latest/"
_ROOTWRAP = "https://docs.openstack.org/oslo.rootwrap/latest/user/usage.html"
_NOQA = "https://flake8.pycqa.org/en/latest/user/violations.html"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code stands for, in a line; what to do about it; an address that tells more."""

    meaning: str
    help: str
    uri: str = _PRIVSEP


_OWN = {
    ROOT_CALL: Meaning("a call that runs, or may run, a command as root", "move it to a function of oslo.privsep"),
    "PRV901": Meaning(
        "a file, or a function, that could not be understood: root calls in it are not known",
        "mend it, or exclude the file",
    ),
    "PRV902": Meaning("a file that could not be read", "mend its permissions or encoding, or exclude it"),
    UNUSED: Meaning("a `# noqa` that names one of our codes where there is no such finding", "remove it", _NOQA),
    UNREASONED: Meaning("a `# noqa` of one of our codes that gives no reason", "write the reason behind it", _NOQA),
    STALE: Meaning("an entry of the baseline whose finding is gone", "remove it: `privmigrate check --prune`"),
    EXPIRED: Meaning("an entry of the baseline whose until= has passed", "mend the code, or agree on another day"),
    INCOMPLETE: Meaning("an entry of the baseline that lacks what `baseline_requires` asks for", "write it"),
}
_REPLAY = {
    "PRV261": Meaning("a privileged call that does something else than the root call", "see docs/verify.md"),
    "PRV262": Meaning("a call of the replay that has no counterpart", "see docs/verify.md"),
}
_FILTERS = {
    UNADMITTED_CALL: Meaning(
        "a call that no filter admits: rootwrap answers with exit code 99",
        "add a filter, or remove the call",
        _ROOTWRAP,
    ),
    UNNEEDED: Meaning(
        "a filter that nobody needs: what it grants is there for attackers only",
        "remove it: `privmigrate filters prune --apply`",
        _ROOTWRAP,
    ),
    UNSEEN: Meaning(
        "a filter that rootwrap never sees: a later one has its name, or there is no such class",
        "give it a name of its own, or the class that was meant",
        _ROOTWRAP,
    ),
    ORPHAN: Meaning(
        "a line that starts the daemon of a context that nobody defines",
        "name the context that is there, or remove the line",
        _ROOTWRAP,
    ),
}
_AUDIT = {
    ROOT_EQUIVALENT: Meaning(
        "a filter that makes root of whoever is the service's user",
        "move its calls to privsep; until then `privmigrate filters tighten` narrows it",
        _ROOTWRAP,
    ),
    BROAD_FILTER: Meaning(
        "a filter that grants more than any one task needs: any file is read, any volume taken away",
        "move its calls to privsep; until then `privmigrate filters tighten` narrows it",
        _ROOTWRAP,
    ),
    UNKNOWN_PROGRAM: Meaning(
        "a filter for a program that is not in the table of what programs are good for: it is treated as broad",
        "read its manual for options that name a file or a program, and narrow the filter to the words that are used",
        _ROOTWRAP,
    ),
    EXCESS: Meaning(
        "a filter that admits what no known call asks for",
        "narrow it: `privmigrate filters tighten`",
        _ROOTWRAP,
    ),
    UNTRUSTED: Meaning(
        "a file or folder that decides what rootwrap runs, and that somebody other than root can change",
        "give it to root, and take the others' right to write",
        _ROOTWRAP,
    ),
}


def catalogue() -> dict[str, Meaning]:
    """Every code with its meaning, in order."""
    found = {**_OWN, **_REPLAY, **_FILTERS, **_AUDIT, **{one.code: Meaning(one.meaning, one.help) for one in BOUNDARY}}
    return dict(sorted(found.items()))


def judged() -> frozenset[str]:
    """The codes that a run of the gate looks for; importing, and replaying, is left to `verify`."""
    return frozenset({ROOT_CALL, UNUSED, UNREASONED, *(one.code for one in BOUNDARY)}) - {IMPORT.code}


@dataclass(frozen=True, slots=True)
class Selection:
    """Which codes count: those that begin with a text of `select`, or all when there is none, but not of `ignore`.

    The longer text decides where both fit, `ignore` where they are equal.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def admits(self, code: str) -> bool:
        """Whether findings of this code count; what could not be read, and the baseline's own faults, always do."""
        if code in ALWAYS:
            return True
        wanted = max((len(one) for one in self.select if code.startswith(one)), default=-1 if self.select else 0)
        unwanted = max((len(one) for one in self.ignore if code.startswith(one)), default=-1)
        return wanted > unwanted


def selection(select: Sequence[str], ignore: Sequence[str], source: str) -> Selection:
    """The selection that a configuration asks for. source: its file, for the message.

    Raises Fault for what is no code nor the beginning of one, and for codes that cannot be ignored.
    """
    if not select and not ignore:
        return Selection()
    known = catalogue()
    for key, codes in (("select", select), ("ignore", ignore)):
        for code in codes:
            if not any(one.startswith(code) for one in known):
                near = get_close_matches(code, known, n=1)
                hint = f", did you mean {near[0]!r}?" if near else ""
                raise Fault(f"{source}: {key}: no code is or begins with {code!r}{hint}; docs/reference.md lists them")
            if key == "ignore" and code in ALWAYS:
                why = "exclude the file" if code in ("PRV901", "PRV902") else "mend or prune the baseline"
                raise Fault(f"{source}: ignore: {code} cannot be ignored; {why} instead")
    return Selection(tuple(select), tuple(ignore))
