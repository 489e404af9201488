"""The rolling upgrade: which daemons and commands of old and new code go through old and new filters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from migrator.bootstrap import rootwrap
from migrator.bootstrap.judging import Answer
from migrator.bootstrap.launch import Launch
from migrator.bootstrap.project import Code
from migrator.model import Site
from migrator.rootwrap.daemons import HELPER
from migrator.rootwrap.filters import Filter
from migrator.rootwrap.join import Admission, Asking, Whose, judged
from migrator.rootwrap.lines import FiltersFile
from migrator.rootwrap.project import through_rootwrap

NEVER = Admission.NEVER


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
        return _filters(self.files)


@dataclass(frozen=True, slots=True)
class Pair:
    """Some code with some filters.

    contexts: of the code, each with its answer. wholly, partly, never, unknown: how many of the code's root calls are
    admitted with all of their words, with some, or not, and how many do not say what they run. lost: the calls that
    the code's own filters admit, wholly or partly, and these never do.
    """

    code: str
    filters: str
    contexts: tuple[tuple[str, Answer], ...]
    wholly: int
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


def _pair(tree: Tree, deployed: Deployed, launch: Launch, own: bool) -> Pair:
    here = [each for each in _asking(tree.sites, deployed.filters) if not each.passing]
    home = {id(each.site): each.admission for each in _asking(tree.sites, _filters(tree.code.filters))}
    lost = [each.site for each in here if each.admission is NEVER and home[id(each.site)] is not NEVER]
    counts = Counter(each.admission for each in here)
    contexts = tuple((context, _started(context, deployed.filters, launch, own)) for context in tree.code.contexts)
    return Pair(
        code=tree.name,
        filters=deployed.name,
        contexts=contexts,
        wholly=counts[Admission.WHOLLY],
        partly=counts[Admission.PARTLY],
        never=counts[NEVER],
        unknown=counts[Admission.UNKNOWN],
        lost=tuple(lost),
    )


def _asking(sites: Sequence[Site], filters: Sequence[Filter]) -> list[Asking]:
    return [judged(site, Whose.CODE, filters) for site in sites if through_rootwrap(site)]


def _filters(files: Sequence[FiltersFile]) -> tuple[Filter, ...]:
    return tuple(one for file in files for one in file.filters)


def _started(context: str, filters: Sequence[Filter], launch: Launch, own: bool) -> Answer:
    argv = (HELPER, *launch.arguments(context))
    if any(rootwrap.starts(one, argv) for one in filters):
        return Answer.STARTS
    return Answer.BUILT_IN if own else Answer.FAILS
