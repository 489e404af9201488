"""Wrappers that are root by themselves, with the calls that hand their commands to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from migrator.decide import forms
from migrator.model import Kind, Reason, Site
from migrator.words import Word

_Words = tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """The call inside a wrapper, and every command that it may run; reasons: what a person has to confirm."""

    container: Site
    commands: tuple[_Words, ...]
    programs: tuple[str, ...]
    reasons: tuple[Reason, ...]
    callers: tuple[Site, ...] = ()


@dataclass(frozen=True, slots=True)
class Families:
    """Families by the qualified name of their wrapper."""

    by_wrapper: Mapping[str, Family]

    def around(self, site: Site) -> Family | None:
        """The family that a site belongs to, as its container or as one that has no other way."""
        own = self.by_wrapper.get(site.qualname)
        if own is not None and own.container is site:
            return own
        return self.by_wrapper.get(site.via[0]) if _has_no_other_way(site) else None


def of(sites: Sequence[Site]) -> Families:
    """The families among the sites: one call in the wrapper, and callers whose words are all known."""
    inside: dict[str, list[Site]] = {}
    callers: dict[str, list[Site]] = {}
    for site in sites:
        if site.takes_argv and site.kind in (Kind.DIRECT, Kind.VIA_WRAPPER):
            inside.setdefault(site.qualname, []).append(site)
        elif _has_no_other_way(site):
            callers.setdefault(site.via[0], []).append(site)
    found = {}
    for name, containers in inside.items():
        some = callers.get(name, [])
        programs = tuple(dict.fromkeys(each for one in some for each in forms.programs(one.command.words)))
        known = some and all(forms.programs(one.command.words) for one in some)
        if len(containers) == 1 and known:
            commands = tuple(dict.fromkeys(one.command.words for one in some))
            opened = [reason for one in some for reason in forms.opened(one.command.words)]
            found[name] = Family(containers[0], commands, programs, (*opened[:1], *_confirm(name)), tuple(some))
    return Families(found)


def _has_no_other_way(site: Site) -> bool:
    """Whether a call says nothing of root and could not: its wrapper decides that."""
    return site.kind is Kind.VIA_WRAPPER and bool(site.via) and not site.seams and not site.flag


def _confirm(name: str) -> tuple[Reason, ...]:
    if name.rpartition(".")[2].startswith("_"):
        return ()
    return (
        Reason(
            "wrapper-public",
            f"{name}() can be called from outside this tree; see that nobody hands it other commands than these calls",
        ),
    )
