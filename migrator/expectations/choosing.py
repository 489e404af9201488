"""Which of a project's sites a call that a test expects comes from."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from migrator.decide.expressions import is_literal
from migrator.expectations.alike import alike, begins
from migrator.expectations.calls import Expected
from migrator.model import Form, Site
from migrator.rewrite.rewriting import Moved

# What an executor takes on its way and does not hand on, so that a test may leave it out or add it.
_ON_THE_WAY = frozenset({"root_helper", "run_as_root"})
_FAR = 2
_ENOUGH = 2  # words: the program, and what it is to do


@dataclass(frozen=True)
class Known:
    """A site, and how it moved; None for one that stays."""

    site: Site
    moved: Moved | None = None

    @property
    def flag(self) -> str:
        """Dotted name of the function that its root flag names after the rewrite, "" for none."""
        return self.moved.flag if self.moved else ""

    @property
    def split(self) -> bool:
        """Whether the call without root stands on its own now, and no longer says that it is without."""
        return self.moved is not None and self.moved.outcome.form is Form.CONDITION

    @property
    def replaced(self) -> bool:
        """Whether another call stands in its place."""
        return self.moved is not None and not self.moved.flag


@dataclass(frozen=True)
class Tested:
    """The modules that a test file is about: the one that its own name mirrors, and those that it imports."""

    mirrored: Collection[str]
    imported: Collection[str]


def meant(expected: Expected, known: Iterable[Known], tested: Tested) -> tuple[Known, ...]:
    """The sites that a call may come from, after what tells them apart best; none when no site runs such a command.

    First the test's own module, then what the test calls, then the keywords, then how many words agree. Where no site
    can run just these words, as the test puts some of its own in the place of what a method returns, a site of the
    modules that it is about has to begin with the same program and the same word behind it.
    """
    sites = tuple(known)
    near = [one for one in sites if _distance(one.site, tested) < _FAR]
    likely = _alike(expected, near) or _alike(expected, sites)
    if not likely:
        started = [(begins(one.site.command.words, expected.words), one) for one in near]
        likely = [(same, one) for same, one in started if same >= _ENOUGH]
    ranked = [
        (
            (
                _distance(one.site, tested),
                one.site.enclosing.rpartition(".")[2] not in expected.called,
                _differing(one.site, expected),
                -same,
            ),
            one,
        )
        for same, one in likely
    ]
    best = min((rank for rank, _ in ranked), default=None)
    return tuple(one for rank, one in ranked if rank == best)


def _alike(expected: Expected, sites: Iterable[Known]) -> list[tuple[int, Known]]:
    """The sites that can run these words, each with how many of them it says itself."""
    found = [(alike(one.site.command.words, expected.words), one) for one in sites]
    return [(same, one) for same, one in found if same]


def replaced_near(known: Iterable[Known], tested: Tested) -> list[Moved]:
    """The replaced calls of the modules that a test file is about."""
    near = [one for one in known if one.replaced and _distance(one.site, tested) < _FAR]
    return [one.moved for one in near if one.moved is not None]


def replaced_whole(known: Iterable[Known], tested: Tested) -> dict[str, list[Moved]]:
    """Functions of the modules that a test file is about, by their names, whose commands all became one function.

    A name that several functions have is left out.
    """
    found: dict[str, list[Known]] = {}
    for one in known:
        if _distance(one.site, tested) < _FAR:
            found.setdefault(one.site.enclosing.rpartition(".")[2], []).append(one)
    whole: dict[str, list[Moved]] = {}
    for name, some in found.items():
        moved = [one.moved for one in some if one.moved is not None and one.replaced]
        alone = len({one.site.qualname for one in some}) == 1 and len({one.function for one in moved}) == 1
        if alone and len(moved) == len(some):
            whole[name] = moved
    return whole


def _distance(site: Site, tested: Tested) -> int:
    if site.module in tested.mirrored:
        return 0
    return 1 if site.module in tested.imported else _FAR


def _differing(site: Site, expected: Expected) -> int:
    """How many keywords the two do not share, those counted double that both say to be something else."""
    options = {option.name: option for option in site.options if option.name not in _ON_THE_WAY}
    theirs = {name: code for name, code in expected.options.items() if name not in _ON_THE_WAY}
    missing = 0 if expected.open else len(options.keys() - theirs.keys())
    unlike = sum(
        2
        for name, code in theirs.items()
        if name in options and options[name].literal and is_literal(code) and options[name].code != code
    )
    return missing + len(theirs.keys() - options.keys()) + unlike
