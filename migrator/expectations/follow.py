"""Let a project's own unit tests follow a rewrite: what they expect of a moved call changes with it."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from migrator.expectations import calls, choosing, guard, inside, reached, retarget, seam
from migrator.expectations.choosing import Known, Tested
from migrator.model import Edit, Outcome, Reason
from migrator.rewrite import calls as reaching
from migrator.rewrite import flags, imports, source, tokens
from migrator.rewrite.pending import Pending
from migrator.rewrite.rewriting import Moved, Rewriting
from migrator.rewrite.spelling import Unfit
from migrator.rewrite.splice import splice
from migrator.rewrite.target import Target, files_below, module_name
from migrator.understand.walk import TESTS, relative

_FLAG = b"as_root"
_WORDS = (_FLAG, b"execute")


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
    staying = [Known(outcome.site) for outcome in (*rewriting.left, *kept) if not outcome.site.takes_argv]
    known = [Known(one.outcome.site, one) for one in rewriting.moved if not one.outcome.site.takes_argv]
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
        guarded = guard.add(target, test_files(target), pending)
        if guarded is not None:
            (left if guarded.left else changed).append(Followed(guarded.path, guarded.line, guarded.text))
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
        told = Followed(shown, 1, f"does not parse with this Python ({error}); look at it by hand")
        return Tests(left=(told,) if _FLAG in data else ())
    tested = about(read, target)
    near = choosing.replaced_near(known, tested)
    modules = {one.outcome.site.path: pending.data(one.outcome.site.path) for one in near}
    work = _Work(read, target, near, [data, *(text for text in modules.values() if text)])
    inner = dict(inside.setups(read, near))
    for above in inner.values():
        work.run_inside(above)
    replaced: dict[ast.AST, list[tuple[calls.Expected, list[Moved]]]] = {}
    split: set[ast.AST | None] = set()
    for each in calls.expected(read):
        sites = choosing.meant(each, known, tested)
        if each.root is False:
            if sites and all(one.split for one in sites):
                work.plain(each)
                split.add(each.test)
            continue
        if any(one.replaced for one in sites):
            moved = [one.moved for one in sites if one.moved is not None]
            if (
                each.test is None
                or each.root is None
                or len(moved) != len(sites)
                or not all(one.replaced for one in sites)
            ):
                work.leave(each.node, "some of the calls that it may come from stay; look at it by hand")
            elif inside.within(read, each.node, inner):
                home = inside.within(read, each.node, inner)
                work.expect_inside(each, moved[0], texts=home is not None and inside.answers(home))
            else:
                replaced.setdefault(each.test, []).append((each, moved))
        else:
            work.name(each, sites)
    for test, expectations in replaced.items():
        assert isinstance(test, ast.FunctionDef)
        work.retarget(test, expectations)
    by_function = choosing.replaced_whole(known, tested)
    for node in read.nodes:
        known_already = node in replaced or node in split
        if isinstance(node, ast.FunctionDef) and not known_already and not inside.within(read, node, inner):
            work.ask(node, by_function, near)
    work.finish()
    if work.edits:
        new = splice(data, [*work.edits, *imports.add(read, sorted(work.lines), target.top)])
        compile(new, shown, "exec", dont_inherit=True)
        pending.put(path, new)
    return Tests(tuple(work.changed), tuple(work.left))


class _Work:
    """The edits of one test file in the making."""

    def __init__(self, read: source.Source, target: Target, near: Sequence[Moved], modules: Sequence[bytes]) -> None:
        """near: the replaced calls that the tests may come to. modules: the texts that they and the tests stand in."""
        self._read, self._target = read, target
        self._near, self._modules = near, modules
        self.edits: list[Edit] = []
        self.lines: set[str] = set()
        self.changed: list[Followed] = []
        self.left: list[Followed] = []
        self._inside: list[calls.Expected] = []

    def finish(self) -> None:
        """Make the edits that all others ask for together."""
        made = inside.sentinels(self._read, self._inside)
        self.edits += made
        if made:
            line = self._read.data.count(b"\n", 0, made[0].start) + 1
            text = "has text for sentinels that are words of commands, which its stand-in compares"
            self.changed.append(Followed(self._read.path, line, text))

    def leave(self, node: ast.expr | ast.stmt, text: str) -> None:
        self.left.append(Followed(self._read.path, node.lineno, text))

    def name(self, expected: calls.Expected, sites: Sequence[Known]) -> None:
        """Name the function in an expectation on a call that keeps its executor."""
        functions = sorted({one.flag for one in sites})
        if functions in ([], [""]):
            return
        if len(functions) > 1:
            names = ", ".join(name or "True" for name in functions)
            self.leave(expected.node, f"run_as_root= is one of {names} now; write the right one")
            return
        if expected.test is not None and retarget.below(expected.test, [one.site for one in sites]):
            self.leave(expected.node, f"{functions[0]} runs it now, above what the test mocks; mock it there")
            return
        try:
            made, line, name = _named(self._read, expected, functions[0], self._target)
        except Unfit as error:
            self.leave(expected.node, f"run_as_root={functions[0]} now: {error.reason.text}")
            return
        if self._put(expected.node, made, {line}):
            self.changed.append(Followed(self._read.path, expected.node.lineno, f"expects run_as_root={name}"))

    def plain(self, expected: calls.Expected) -> None:
        """Expect the call without root, which says nothing of root any more."""
        try:
            made = retarget.without(self._read, expected.node, expected.flag, self._target.width)
        except Unfit as error:
            self.leave(expected.node, f"run_as_root=False is no longer said: {error.reason.text}")
            return
        if self._put(expected.node, made, ()):
            self.changed.append(Followed(self._read.path, expected.node.lineno, "expects no run_as_root=False"))

    def run_inside(self, above: ast.stmt) -> None:
        """Let the privileged functions that a class's tests come to run in its own process."""
        edit, lines = inside.contexts_off(self._read, above, self._target)
        self.edits.append(edit)
        self.lines.update(lines)
        self.changed.append(Followed(self._read.path, above.lineno, "runs privileged functions in its own process"))

    def expect_inside(self, expected: calls.Expected, moved: Moved, *, texts: bool) -> None:
        """Expect what a privileged function runs its command with; texts: sentinels among its words become texts."""
        try:
            made = inside.expectation(self._read, expected, self._target, texts=texts)
        except Unfit as error:
            self.leave(expected.node, f"{moved.function}() runs it now: {error.reason.text}")
            return
        if self._put(expected.node, made, ()):
            if texts:
                self._inside.append(expected)
            text = f"expects the command of {moved.function}()"
            self.changed.append(Followed(self._read.path, expected.node.lineno, text))

    def retarget(self, test: ast.FunctionDef, expectations: Sequence[tuple[calls.Expected, Sequence[Moved]]]) -> None:
        """Let a test mock the function that its command became."""
        try:
            made = retarget.retargeted(self._read, test, expectations, self._target)
            self._check_inside(test, made.inside, [moved for _, some in expectations for moved in some])
        except Unfit as error:
            for expected, some in expectations:
                call = f"{some[0].function}({', '.join(some[0].given)})"
                self.leave(expected.node, f"the call is {call} now, mock that: {error.reason.text}")
            return
        for expected, some in expectations if self._put(test, made.edits, made.lines) else ():
            what = "call" if made.inside is None else "command"
            text = f"expects the {what} of {some[0].function}()"
            self.changed.append(Followed(self._read.path, expected.node.lineno, text))

    def ask(self, test: ast.FunctionDef, by_function: Mapping[str, Sequence[Moved]], near: Sequence[Moved]) -> None:
        """Let a test that asks whether a command ran at all ask the function that it became.

        by_function: calls of functions that run nothing else as root. near: all calls that the test may come to, which
        are told where its mock is one of their executor.
        """
        called = {
            node.func.attr
            for node in ast.walk(test)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        whole = [by_function[name] for name in sorted(called & by_function.keys())]
        if retarget.asks(test) and len(whole) == 1:
            try:
                made = retarget.asked(self._read, test, whole[0], self._target)
                self._check_inside(test, made.inside, whole[0])
            except Unfit:
                pass  # what it mocks is told below
            else:
                if self._put(test, made.edits, made.lines):
                    text = f"asks whether {whole[0][0].function}() is called"
                    self.changed.append(Followed(self._read.path, test.lineno, text))
                return
        mocked = [one for one in near if one.outcome.site.enclosing.rpartition(".")[2] in called]
        functions = sorted({one.function for one in mocked if retarget.mocks(test, one.outcome.site)})
        if functions:
            self.leave(test, f"it comes to {', '.join(functions)}() now; mock that beside the executor")

    def _check_inside(self, test: ast.FunctionDef, met: seam.Seam | None, mocked: Sequence[Moved]) -> None:
        """Raise Unfit where functions of a test would run in its process and do as this user what root was to do.

        met: where their commands are mocked, None where none run there. A context that is off for one is off for all:
        there may be none that the test comes to and that does more than to run a command there.
        """
        if met is None:
            return
        others = [one for one in self._near if one.context in met.contexts and one not in mocked]
        bare = [one for one in others if not seam.meets(one, met, self._target)]
        found = reached.names((test.name, "setUp"), self._modules) if bare else frozenset()
        at_risk = sorted({one.function for one in bare if one.outcome.site.enclosing.rpartition(".")[2] in found})
        if at_risk:
            raise Unfit(Reason("runs-here", f"{at_risk[0]}() would run in the test's process: mock that too"))

    def _put(self, node: ast.expr | ast.stmt, edits: Sequence[Edit], lines: Iterable[str]) -> bool:
        """Take edits over, all or none: none where they touch what others change already, which is told."""
        if any(one.start < other.end and other.start < one.end for one in edits for other in self.edits):
            self.leave(node, "two changes meet here; look at it by hand")
            return False
        self.edits += edits
        self.lines.update(lines)
        return True


def _named(read: source.Source, expected: calls.Expected, function: str, target: Target) -> tuple[list[Edit], str, str]:
    """The edits that name a function in an expectation, the import line that they need, and how it is written."""
    module, _, name = function.rpartition(".")
    reach = reaching.reach(read, target, module.rpartition(".")[2], expected.node)
    written = f"{reach.name}.{name}"
    flag = expected.flag.value
    new = written if expected.root else f"{tokens.flat(read.text[slice(*read.span(flag))])} and {written}"
    return flags.replaced(read, expected.node, flag, new, target.width), reach.line, new


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
