"""A whole cutover: the ties of a project, and the changes that cut them when nothing needs rootwrap any more."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrator.cutover import calls, code, edits, installed, mentions, notes, packaging, prose
from migrator.cutover.code import Code
from migrator.cutover.ties import Kind, Standing, Start, Tie
from migrator.cutover.tree import Tree
from migrator.model import Site
from migrator.rewrite.pending import Pending
from migrator.rewrite.transaction import Change

_KINDS = tuple(Kind)


@dataclass(frozen=True)
class Cutover:
    """What ties a project to rootwrap, and what cuts that.

    root: the project's folder. ties: by kind, path and line. changes: none while a tie blocks. note: path of the
    release note among them, "" where the project keeps none.
    """

    root: str
    ties: tuple[Tie, ...]
    changes: tuple[Change, ...]
    note: str = ""

    def standing(self, standing: Standing) -> tuple[Tie, ...]:
        """The ties that somebody, or `--apply`, has to cut."""
        return tuple(tie for tie in self.ties if tie.standing is standing)


def cutover(tree: Tree, sites: Sequence[Site], start: Start | None) -> Cutover:
    """Find the ties of a project, and compute the changes; nothing is written.

    sites: what a scan of the project's packages found, with absolute paths. start: how privsep's daemons are to be
    started without rootwrap, None when nobody said. Raises Fault for a file of rootwrap's that cannot be read.
    """
    found = mentions.find(tree)
    called = calls.ties(tree, found, sites)
    going = installed.going(tree)
    written = code.ties(found, calls.lines(tree, sites), start)
    packed = packaging.ties(tree, going)
    ties = [*called, *written.ties, *installed.ties(tree, going, start), *packed.ties]
    if start is Start.FORK:
        ties += installed.unforked(tree)
    told = _told([*ties], packed.lines, written)
    ties += prose.ties(tree, told, going)
    ordered = tuple(sorted(ties, key=lambda tie: (_KINDS.index(tie.kind), tie.order)))
    done = Cutover(tree.root, ordered, ())
    if done.standing(Standing.BLOCKING) or not done.standing(Standing.REMOVABLE):
        return done
    pending = Pending(())
    for path in going:
        pending.remove(tree.file(path))
    for path, lines in packed.lines.items():
        pending.put(tree.file(path), packaging.without(tree.text(path), lines))
    edits.cut(written.cuts, tree, pending)
    note = notes.write(tree, ordered, written, start, pending)
    changes = sorted(pending.changes, key=lambda change: change.path)
    return Cutover(tree.root, ordered, tuple(changes), note)


def _told(ties: Iterable[Tie], packed: Mapping[str, Sequence[int]], written: Code) -> dict[str, Collection[int]]:
    """By path, the lines that need no tie of their own: those of ties, and all that goes with one."""
    told: dict[str, set[int]] = {}
    for tie in ties:
        told.setdefault(tie.path, set()).update(tie.lines)
    for path, lines in packed.items():
        told.setdefault(path, set()).update(lines)
    for cut in written.cuts:
        nodes: Iterator[ast.stmt | ast.expr] = iter((*cut.statements, *cut.options))
        for node in nodes:
            told.setdefault(cut.module.path, set()).update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return dict(told)
