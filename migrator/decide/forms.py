"""In which form a site can move, or every reason why it cannot in any."""

from __future__ import annotations

from dataclasses import dataclass

from migrator.decide import refusal
from migrator.model import Form, Kind, Reason, Site
from migrator.words import Choice, Each, Literal, Rest, Value, Word


@dataclass(frozen=True, slots=True)
class Way:
    """How a site moves.

    guarded: the function takes the words as they are and checks them. tried: a failure comes back as text. reasons:
    what a person has to confirm.
    """

    form: Form
    guarded: bool
    tried: bool = False
    reasons: tuple[Reason, ...] = ()


def way(site: Site, *, container: bool = False, inner: bool = False) -> Way | tuple[Reason, ...]:
    """The way of one site.

    container: it is the call inside a wrapper that is root by itself, and what its callers hand to it is known. inner:
    the site is one of those callers.
    """
    if inner:
        return Way(Form.INNER, guarded=True)
    reasons = _against(site, container)
    if reasons:
        return reasons
    tried = site.tried
    reasons = () if container else opened(site.command.words)
    straight = site.command.straight and not container
    if site.adds or _held(site) or (site.kind is Kind.VIA_WRAPPER and not straight):
        if not site.seams or not site.flag_name or tried:
            return refusal.added(site) or (_flag_lost(site),)
        return Way(Form.FLAG, guarded=not straight, reasons=reasons)
    form = Form.CONDITION if _conditional(site) else Form.CALL
    here = all(word.here for word in site.command.words if isinstance(word, Value))
    if straight and here:
        return Way(form, guarded=False, tried=tried)
    if site.whole:
        return Way(form, guarded=True, tried=tried, reasons=reasons)
    if site.seams and site.flag_name and not tried:
        return Way(Form.FLAG, guarded=not straight, reasons=reasons)
    return refusal.words(site.command)


def _held(site: Site) -> bool:
    """Whether a library's object stands between, which hands on what it is given and may do more."""
    return (
        bool(site.seams)
        and not site.via
        and not site.executor.endswith(("processutils.execute", "processutils.trycmd"))
    )


def _conditional(site: Site) -> bool:
    return site.kind in (Kind.CONDITIONAL, Kind.FORWARDER) or site.flag not in ("", "True")


def _against(site: Site, container: bool) -> tuple[Reason, ...]:
    """What speaks against every form."""
    reasons = []
    if site.takes_argv and not container:
        reasons.append(refusal.takes_argv(site))
    if site.kind is Kind.LITERAL_SUDO or (site.kind is Kind.FORWARDER and (site.takes_argv or not site.flag)):
        reasons.append(refusal.KINDS[site.kind])
    if site.kind is Kind.LAUNDERED and site.runner is None:
        reasons.append(refusal.KINDS[site.kind])
    if site.kind is Kind.DIRECT and not site.flag:
        reasons.append(Reason("flag-not-sure", "run_as_root is not literally True at the call; write it there"))
    reasons += [reason for reason in refusal.words(site.command) if reason.code == "relative-path"]
    return tuple(reasons)


def _flag_lost(site: Site) -> Reason:
    return Reason(
        "flag-lost",
        f"{site.callee}() does not hand its root flag on to where the command is run; hand run_as_root= on",
    )


def opened(words: tuple[Word, ...]) -> tuple[Reason, ...]:
    """What is to be confirmed where any number of unknown words follows."""
    open_ones = [word for word in _all(words) if isinstance(word, Rest)]
    return tuple(
        Reason(
            "words-open",
            f"*{word.code} is any number of words, so the function admits any there; see that nobody can hand it "
            "others than are meant",
        )
        for word in open_ones[:1]
    )


def _all(words: tuple[Word, ...]) -> list[Word]:
    found: list[Word] = []
    for word in words:
        found.append(word)
        if isinstance(word, Choice):
            for option in word.options:
                found += _all(option)
        elif isinstance(word, Each):
            found += _all(word.words)
    return found


def programs(words: tuple[Word, ...]) -> tuple[str, ...]:
    """The programs that a run of words can begin with, () when that is not known."""
    if not words:
        return ()
    first = words[0]
    if isinstance(first, Literal):
        return (first.text,)
    if isinstance(first, Choice):
        found: list[str] = []
        for option in first.options:
            some = programs((*option, *words[1:]))
            if not some:
                return ()
            found += some
        return tuple(dict.fromkeys(found))
    return ()
