"""The rolling upgrade: which daemons and commands of old and new code go through old and new filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from migrator.bootstrap import rootwrap
from migrator.bootstrap.judging import Answer
from migrator.bootstrap.launch import HELPER, Launch
from migrator.bootstrap.project import Code
from migrator.decide.constrained import unconditional
from migrator.decide.filtered import through_rootwrap
from migrator.model import Kind, Site
from migrator.rootwrap.admission import ways
from migrator.rootwrap.filters import Filter
from migrator.rootwrap.lines import FiltersFile
from migrator.words import Literal


@dataclass(frozen=True, slots=True)
class Tree:
    """Code with its root calls, as the scan finds them. name: "old" or "new"."""

    name: str
    code: Code
    sites: tuple[Site, ...]


@dataclass(frozen=True, slots=True)
class Deployed:
    """Files of filters that stand together on a host. name: "old", "new" or "deployed"."""

    name: str
    files: tuple[FiltersFile, ...]

    @property
    def filters(self) -> tuple[Filter, ...]:
        return tuple(one for file in self.files for one in file.filters)


@dataclass(frozen=True, slots=True)
class Pair:
    """Some code with some filters.

    contexts: of the code, each with its answer. whole, partly, never, unknown: how many of the code's root calls are
    admitted with all of their words, with some, or not, and how many do not say what they run. lost: the calls that
    the code's own filters admit, wholly or partly, and these never do.
    """

    code: str
    filters: str
    contexts: tuple[tuple[str, Answer], ...]
    whole: int
    partly: int
    never: int
    unknown: int
    lost: tuple[Site, ...]

    @property
    def works(self) -> bool:
        """Whether all daemons start, and what the code's own filters admit is admitted."""
        return not self.lost and all(answer is not Answer.FAILS for _, answer in self.contexts)


def matrix(
    trees: Sequence[Tree], deployed: Sequence[Deployed], launch: Launch, *, own: bool = True
) -> tuple[Pair, ...]:
    """Every tree with every set of filters. own: rootwrap adds its line for privsep-helper, as it does since 5.0.0."""
    return tuple(_pair(tree, some, launch, own) for tree in trees for some in deployed)


def asking(sites: Sequence[Site]) -> tuple[Site, ...]:
    """The calls that rootwrap is asked for: a wrapper's own, which hand on what its callers ask for, are none."""
    wrappers = {name for site in sites for name in site.via}
    return tuple(
        site
        for site in sites
        if through_rootwrap(site)
        and not (site.takes_argv and (site.kind is Kind.FORWARDER or site.qualname in wrappers))
    )


def _pair(tree: Tree, deployed: Deployed, launch: Launch, own: bool) -> Pair:
    home = tuple(one for file in tree.code.filters for one in file.filters)
    counts = {"whole": 0, "partly": 0, "never": 0, "unknown": 0}
    lost = []
    for site in tree.sites:
        said = _admitted(site, deployed.filters)
        counts[said] += 1
        if said == "never" and _admitted(site, home) != "never":
            lost.append(site)
    contexts = tuple((context, _started(context, deployed.filters, launch, own)) for context in tree.code.contexts)
    return Pair(tree.name, deployed.name, contexts, lost=tuple(lost), **counts)


def _started(context: str, filters: Sequence[Filter], launch: Launch, own: bool) -> Answer:
    argv = (HELPER, *launch.arguments(context))
    if any(rootwrap.starts(one, argv) for one in filters):
        return Answer.STARTS
    return Answer.BUILT_IN if own else Answer.FAILS


def _admitted(site: Site, filters: Sequence[Filter]) -> str:
    words = site.command.words
    if not words or not isinstance(words[0], Literal):
        return "unknown"
    found = ways(filters, words)
    if any(unconditional(way, words) for way in found):
        return "whole"
    return "partly" if found else "never"
