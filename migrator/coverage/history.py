"""Coverage over a git history: each commit is analysed only where it changes something that was looked at."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

from migrator.coverage import repository as git
from migrator.coverage.kept import Analysis, Kept
from migrator.coverage.ladder import RUNGS, Tally
from migrator.coverage.repository import Blobs, Changed, Commit, Repository
from migrator.understand.executors import Executor
from migrator.understand.walk import TESTS
from migrator.verify.boundary.project import Module, Text

NOTHING = Analysis((0,) * len(RUNGS), 0, frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Sample:
    """A commit and its operations by rung. unreadable: files that may hold more."""

    commit: Commit
    tally: Tally
    unreadable: int


@dataclass(frozen=True, slots=True)
class Settings:
    """How trees are analysed: as projects.Asked has it, exclude without patterns that name a place of this machine."""

    tests: bool = False
    exclude: tuple[str, ...] = ()
    executors: Mapping[str, Executor] = field(default_factory=dict)


def history(
    repository: Repository,
    commits: Collection[Commit],
    settings: Settings,
    kept: Kept,
    tell: Callable[[Commit, str], None] = lambda commit, how: None,
) -> Iterator[Sample]:
    """A sample for each commit, in their order.

    What a tree holds is analysed once, and kept by the tree's own digest; a run that was broken off goes on there.
    Between two commits only changed files are read, and a new analysis is only made when one of them was read closer
    in the last one, or holds one of the words that were looked for, before or after: else nothing can have changed. A
    file that comes or goes may be what an import leads to, and always counts.
    tell: is given each commit with how it was known ("kept", "the same" or "analysed").
    """
    with ExitStack() as stack:
        reader: list[Blobs] = []

        def blobs() -> Blobs:
            if not reader:
                reader.append(stack.enter_context(git.blobs(repository)))
            return reader[0]

        scratch = _Scratch(stack.enter_context(tempfile.TemporaryDirectory(prefix="privmigrate-")), repository)
        last: tuple[str, Analysis] | None = None
        parsed: dict[Text, Module] = {}
        for commit in commits:
            tree = git.tree(repository, commit.sha)
            known = kept.load(tree) if tree else NOTHING  # a commit from before the path was there, or after it
            how = "kept"
            if known is None and last is not None and _unchanged(repository, last, tree, blobs, settings):
                known, how = last[1], "the same"
                kept.save(tree, known)
            if known is None:
                scratch.become(tree, blobs, settings)
                known, parsed = analysed(scratch.home, settings, parsed)
                how = "analysed"
                kept.save(tree, known)
            last = (tree, known)
            tell(commit, how)
            yield Sample(commit, Tally(commit.name, known.counts), known.unreadable)


def _unchanged(
    repository: Repository, last: tuple[str, Analysis], tree: str, blobs: Callable[[], Blobs], settings: Settings
) -> bool:
    """Whether the outcome of one tree is that of the next one too."""
    before, analysis = last
    if not before or not tree:
        return before == tree
    for one in git.changes(repository, before, tree):
        if not _counts(one.path, settings):
            continue
        if not one.before or not one.after or one.path in analysis.read:
            return False
        texts = (blobs().read(one.before), blobs().read(one.after))
        if any(word in text for text in texts for word in analysis.words):
            return False
    return True


def _counts(path: str, settings: Settings) -> bool:
    return settings.tests or TESTS.isdisjoint(path.split("/")[:-1])


class _Scratch:
    """A folder that holds the Python files of one tree after the other; only what differs is written."""

    def __init__(self, folder: str, repository: Repository):
        # The path's last part is the name of the package that its modules belong to.
        self.home = os.path.join(folder, os.path.basename(repository.path) or "project")
        self._repository = repository
        self._tree = ""
        os.mkdir(self.home)

    def become(self, tree: str, blobs: Callable[[], Blobs], settings: Settings) -> None:
        for one in git.changes(self._repository, self._tree, tree):
            if _counts(one.path, settings):
                self._write(one, blobs())
        self._tree = tree

    def _write(self, one: Changed, blobs: Blobs) -> None:
        path = os.path.join(self.home, one.path)
        if not one.after:
            os.unlink(path)
            return
        data = blobs.read(one.after)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)


def analysed(
    home: str, settings: Settings, parsed: Mapping[Text, Module] | None = None
) -> tuple[Analysis, dict[Text, Module]]:
    """The operations below a folder, counted, and what the answer rests on; with the modules that were parsed for it.

    parsed: those of the tree before: what has not changed since is not parsed again.
    """
    from migrator.coverage.entrypoints import boundary, of_entrypoints
    from migrator.coverage.operations import counted, standing
    from migrator.fault import Fault
    from migrator.understand.scan import scan
    from migrator.understand.tree import Tree
    from migrator.understand.walk import walk

    try:
        files = walk([home], tests=settings.tests, exclude=settings.exclude)
    except Fault:  # no Python file at all
        return NOTHING, {}
    tree = Tree([path for path, _, _ in files.files])
    found = scan([home], tests=settings.tests, files=files, executors=settings.executors, tree=tree)
    around = boundary([home], settings.exclude, settings.executors, parsed)
    counts = dict.fromkeys(RUNGS, 0)
    for site in counted([site for site in found.sites if not around.holds(site.module)]):
        counts[standing(site, around.laundering)] += 1
    for operation in of_entrypoints(around, found.sites):
        counts[operation.rung] += 1
    other = around.project.tree
    read = {os.path.relpath(path, home) for path in tree.read_closer | other.read_closer | around.project.read}
    words = tree.store.words | other.store.words
    return Analysis(tuple(counts.values()), len(found.unreadable), words, frozenset(read)), around.project.parsed
