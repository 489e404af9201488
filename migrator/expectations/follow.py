"""Let a project's own unit tests follow a rewrite: what they expect of a moved call changes with it."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from migrator.expectations import calls, choosing, guard, inside, reached, retarget, seam, shared, stand_in
from migrator.expectations.choosing import Known, Tested
from migrator.model import Edit, Outcome, Reason, Rung
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
    wrapped = {one.function: one.given for one in rewriting.moved if one.outcome.site.takes_argv}
    staying = [Known(outcome.site) for outcome in (*rewriting.left, *kept) if not outcome.site.takes_argv]
    known = [Known(one.outcome.site, one) for one in rewriting.moved if not one.outcome.site.takes_argv]
    if not known:
        return rewriting, NONE
    for target in rewriting.targets:
        modules = reached.Modules(target, pending)
        paths = list(test_files(target))
        for path in paths:
            data = pending.data(path)
            if data is None or not any(word in data for word in _WORDS) or not os.path.exists(path):
                continue
            told = _file(path, data, [*known, *staying], target, pending, modules, wrapped)
            changed += told.changed
            left += told.left
        guarded = guard.add(target, paths, pending)
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


def _file(
    path: str,
    data: bytes,
    known: Sequence[Known],
    target: Target,
    pending: Pending,
    modules: reached.Modules,
    wrapped: Mapping[str, Sequence[str]],
) -> Tests:
    shown = relative(path)
    try:
        read = source.read(shown, data)
    except (SyntaxError, ValueError, LookupError) as error:
        told = Followed(shown, 1, f"does not parse with this Python ({error}); look at it by hand")
        return Tests(left=(told,) if _FLAG in data else ())
    tested = about(read, target)
    around = modules.around(tested.mirrored, tested.imported, {one.site.module for one in known if one.moved})
    near = choosing.replaced_near(known, tested)
    work = _Work(read, target, near, around)
    inner = dict(inside.setups(read, near))
    for above in inner.values():
        work.run_inside(above)
    replaced: dict[ast.AST, list[tuple[calls.Expected, list[Moved]]]] = {}
    lowered: dict[ast.FunctionDef, list[tuple[calls.Expected, list[Moved]]]] = {}
    split: set[ast.AST | None] = set()
    for each in calls.expected(read):
        sites = _come_to(each, choosing.meant(each, known, tested), around)
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
            elif (home := inside.within(read, each.node, inner)) is not None:
                work.expect_inside(each, moved[0], texts=inside.answers(home))
            else:
                replaced.setdefault(each.test, []).append((each, moved))
        elif each.test is not None and retarget.below(each.test, [one.site for one in sites if one.flag]):
            # The function is called before the command comes to what the test mocks.
            lowered.setdefault(each.test, []).append((each, [one.moved for one in sites if one.moved is not None]))
        else:
            work.name(each, sites)
    waiting = [shared.Waiting(test, some, "it is called above what the test mocks") for test, some in lowered.items()]
    for test, expectations in replaced.items():
        assert isinstance(test, ast.FunctionDef)
        why = work.retarget(test, expectations)
        if why:
            waiting.append(shared.Waiting(test, expectations, why))
    by_function = choosing.replaced_whole(known, tested)
    for node in read.nodes:
        if not isinstance(node, ast.FunctionDef) or node in replaced or node in split or node in lowered:
            continue
        if not inside.within(read, node, inner) and not work.ask(node, by_function):
            waiting.append(shared.Waiting(node))
    every = [one.moved for one in known if one.replaced and one.moved]
    privileged = modules.privileged(one.moved.function for one in known if one.moved)
    work.share(list(shared.followers(read, waiting, every, around, privileged, wrapped, target)), pending)
    work.finish()
    if work.edits:
        new = splice(data, [*work.edits, *imports.add(read, sorted(work.lines), target.top)])
        compile(new, shown, "exec", dont_inherit=True)
        pending.put(path, new)
    return Tests(tuple(work.changed), tuple(work.left))


def _come_to(expected: calls.Expected, sites: Sequence[Known], around: reached.Around) -> Sequence[Known]:
    """Those of several sites that the test comes to, all of them when it seems to come to none."""
    if len(sites) < 2 or expected.test is None:
        return sites
    found = reached.closure(reached.called(expected.test), around, ())
    return [one for one in sites if shared.stands_in(one.site) in found] or sites


class _Work:
    """The edits of one test file in the making."""

    def __init__(self, read: source.Source, target: Target, near: Sequence[Moved], around: reached.Around) -> None:
        """near: the replaced calls that the tests may come to, through the modules around."""
        self._read, self._target = read, target
        self._near, self._around = near, around
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

    def retarget(self, test: ast.FunctionDef, expectations: shared.Expectations) -> str:
        """Let a test mock the function that its command became; why not, where it cannot."""
        try:
            made = retarget.retargeted(self._read, test, expectations, self._target)
            self._check_inside(test, made.inside, [moved for _, some in expectations for moved in some])
        except Unfit as error:
            return error.reason.text
        for expected, some in expectations if self._put(test, made.edits, made.lines) else ():
            what = "call" if made.inside is None else "command"
            text = f"expects the {what} of {some[0].function}()"
            self.changed.append(Followed(self._read.path, expected.node.lineno, text))
        return ""

    def share(self, found: Sequence[shared.Follower | shared.Left], pending: Pending) -> None:
        """Let the mocks of tests stand for the functions too that their commands became."""
        by_mock: dict[tuple[str, int], list[shared.Follower]] = {}
        for one in found:
            if isinstance(one, shared.Left):
                self.leave(one.node, one.text)
            else:
                by_mock.setdefault((one.mock.name, one.mock.at), []).append(one)
        for some in by_mock.values():
            mock = some[0].mock
            moved = {each.function: each for one in some for each in one.moved}
            try:
                edits, lines = shared.seams(self._read, mock, moved.values(), self._target)
            except Unfit as error:
                for one in some:
                    self.leave(one.waiting.test, f"it comes to {', '.join(sorted(moved))}() now: {error.reason.text}")
                continue
            if not self._put(mock.node, edits, lines):
                continue
            stand_in.write(self._target, pending)
            text = f"{mock.name} stands for {', '.join(sorted(moved))}() too"
            self.changed.append(Followed(self._read.path, mock.node.lineno, text))
            for one in some:
                self._expect_shared(one)

    def _expect_shared(self, follower: shared.Follower) -> None:
        expectations = follower.waiting.expectations
        lines = inside.mock_needed(self._read, self._target)
        if not expectations or not self._put(expectations[0][0].node, follower.edits, lines):
            return
        for expected, some in expectations:
            if follower.texts and some[0].outcome.rung is not Rung.NATIVE:
                self._inside.append(expected)
            self.changed.append(Followed(self._read.path, expected.node.lineno, f"expects {some[0].function}()"))

    def ask(self, test: ast.FunctionDef, by_function: Mapping[str, Sequence[Moved]]) -> bool:
        """Let a test that asks whether a command ran at all ask the function that it became; whether it does.

        by_function: calls of functions that run nothing else as root.
        """
        if not retarget.asks(self._read, test):
            return False
        called = {
            node.func.attr
            for node in ast.walk(test)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        found = [by_function[name] for name in sorted(called & by_function.keys())]
        if len(found) != 1:
            return False
        try:
            made = retarget.asked(self._read, test, found[0], self._target)
            self._check_inside(test, made.inside, found[0])
        except Unfit:
            return False  # its mock may stand for several
        if self._put(test, made.edits, made.lines):
            text = f"asks whether {found[0][0].function}() is called"
            self.changed.append(Followed(self._read.path, test.lineno, text))
        return True

    def _check_inside(self, test: ast.FunctionDef, met: seam.Seam | None, mocked: Sequence[Moved]) -> None:
        """Raise Unfit where functions of a test would run in its process and do as this user what root was to do.

        met: where their commands are mocked, None where none run there. A context that is off for one is off for all:
        there may be none that the test comes to and that does more than to run a command there.
        """
        if met is None:
            return
        others = [one for one in self._near if one.context in met.contexts and one not in mocked]
        bare = [one for one in others if not seam.meets(one, met, self._target)]
        found = shared.comes_to(self._read, test, self._around, ()) if bare else frozenset()
        at_risk = sorted({one.function for one in bare if shared.stands_in(one.outcome.site) in found})
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
    return Tested((mirrored,), {*reached.imported(read.nodes), *_written_out(read, target)})


def _written_out(read: source.Source, target: Target) -> Iterator[str]:
    """The dotted names below the target's package that a file writes out: `import cinder` gives it all of them."""
    for node in read.nodes:
        if isinstance(node, ast.Name) and node.id == target.top:
            name = node.id
            for each in source.ancestors(node, read.above):
                if not isinstance(each, ast.Attribute):
                    break
                name += f".{each.attr}"
                yield name
