"""Let a project's own unit tests follow a rewrite: what they expect of a moved call changes with it."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from migrator.expectations import calls, choosing
from migrator.expectations.choosing import Known, Tested
from migrator.model import Edit, Outcome
from migrator.rewrite import calls as reaching
from migrator.rewrite import flags, imports, source
from migrator.rewrite.pending import Pending
from migrator.rewrite.rewriting import Rewriting
from migrator.rewrite.spelling import Unfit
from migrator.rewrite.splice import splice
from migrator.rewrite.target import Target, files_below, module_name
from migrator.understand.walk import TESTS, relative

_WORDS = (b"run_as_root", b"as_root")


@dataclass(frozen=True)
class Followed:
    """One place in a test that a rewrite touches: path, line from 1, and what becomes of it, one sentence."""

    path: str
    line: int
    text: str


@dataclass(frozen=True)
class Tests:
    """What a rewrite does to the unit tests that were there: places that change with it, and those left to a person."""

    changed: tuple[Followed, ...] = ()
    left: tuple[Followed, ...] = ()


NONE = Tests()


def follow(rewriting: Rewriting, kept: Sequence[Outcome]) -> tuple[Rewriting, Tests]:
    """The rewriting with the changes of the tests that it touches, and what those are.

    kept: outcomes that the user kept back. Raises OSError when a test file cannot be read.
    """
    pending = Pending(rewriting.changes)
    changed: list[Followed] = []
    left: list[Followed] = []
    staying = [Known(outcome.site, "") for outcome in (*rewriting.left, *kept) if not outcome.site.takes_argv]
    known = [Known(one.outcome.site, one.flag) for one in rewriting.moved if not one.outcome.site.takes_argv]
    if not known:
        return rewriting, NONE
    for target in rewriting.targets:
        for path in test_files(target):
            data = pending.data(path)
            if data is None or not any(word in data for word in _WORDS) or not os.path.exists(path):
                continue
            told = _file(path, data, [*known, *staying], target, pending)
            changed += told.changed
            left += told.left
    changes = tuple(sorted(pending.changes, key=lambda change: change.path))
    return replace(rewriting, changes=changes), Tests(tuple(changed), tuple(left))


def test_files(target: Target) -> Iterator[str]:
    """The Python files of a target's tests, inside its package and beside it."""
    homes = [os.path.join(target.root, target.top), *(os.path.join(target.root, name) for name in sorted(TESTS))]
    for home in homes:
        for path in files_below(home):
            if TESTS & set(os.path.relpath(path, target.root).split(os.sep)):
                yield path


def _file(path: str, data: bytes, known: Sequence[Known], target: Target, pending: Pending) -> Tests:
    shown = relative(path)
    try:
        read = source.read(shown, data)
    except (SyntaxError, ValueError, LookupError) as error:
        return Tests(left=(Followed(shown, 1, f"does not parse with this Python ({error}); look at it by hand"),))
    tested = about(read, target)
    edits: list[Edit] = []
    lines: set[str] = set()
    changed, left = [], []
    for each in calls.expected(read):
        sites = choosing.meant(each, known, tested)
        flags_named = sorted({one.flag for one in sites})
        if not flags_named or flags_named == [""]:
            continue
        if len(flags_named) > 1:
            names = ", ".join(name or "True" for name in flags_named)
            left.append(Followed(shown, each.node.lineno, f"run_as_root= is one of {names} now; write the right one"))
            continue
        try:
            made, line, name = _named(read, each, flags_named[0], target)
        except Unfit as error:
            left.append(Followed(shown, each.node.lineno, f"run_as_root={flags_named[0]} now: {error.reason.text}"))
            continue
        edits += made
        lines.add(line)
        changed.append(Followed(shown, each.node.lineno, f"expects run_as_root={name}"))
    if edits:
        new = splice(data, [*edits, *imports.add(read, sorted(lines), target.top)])
        compile(new, shown, "exec", dont_inherit=True)
        pending.put(path, new)
    return Tests(tuple(changed), tuple(left))


def _named(read: source.Source, expected: calls.Expected, function: str, target: Target) -> tuple[list[Edit], str, str]:
    """The edits that name a function in an expectation, the import line that they need, and how it is written."""
    module, _, name = function.rpartition(".")
    reach = reaching.reach(read, target, module.rpartition(".")[2], expected.node)
    written = f"{reach.name}.{name}"
    return flags.replaced(read, expected.node, expected.flag.value, written, target.width), reach.line, written


def about(read: source.Source, target: Target) -> Tested:
    """The modules that a test file is about."""
    placed = module_name(read.path)
    parts = placed[1].split(".") if placed else []
    mirrored = ".".join(part.removeprefix("test_") for part in parts if part not in (*TESTS, "unit"))
    found: set[str] = set()
    for node in ast.walk(read.tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return Tested((mirrored,), found)
