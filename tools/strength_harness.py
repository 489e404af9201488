"""Run a project's unit tests with single words of its commands changed, in the project's own Python, for strength.py.

Reads JSON lines and answers each: first what to watch, then `observe`, then any number of `jobs`. The tests are
imported once. The watched calls are compiled with a detour that changes nothing until a mutation is set, and each job
is a fork of the process that has all imported and no test run.
"""

from __future__ import annotations

import ast
import builtins
import gc
import importlib.machinery
import json
import os
import re
import signal
import sys
import tempfile
import types
import unittest
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from os import WNOHANG, _exit, fork, waitpid  # as they are before a project replaces them (eventlet)
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TextIO

from strength_words import Mutation, Point, command_call, function_call, identities, parameters

NOTHING = ("", "")  # what a command that did not run seems to have printed
_TICK = 0.005


# --- the detours -------------------------------------------------------------------------------------


def instrumented(source: bytes, path: str, points: Sequence[Point]) -> types.CodeType:
    """A module's code with a detour at each of these points. Raises SystemExit where one is not there."""
    tree = ast.parse(source)
    wanted = {tuple(point["at"]): point for point in points}
    found = set()

    class Detours(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.AST:
            self.generic_visit(node)
            point = wanted.get(_span(node))
            if point is None or point["kind"] == "operation":
                return node
            found.add(_span(node))
            keys = [None if keyword.arg is None else ast.Constant(keyword.arg) for keyword in node.keywords]
            keywords = ast.Dict(keys, [keyword.value for keyword in node.keywords])  # type: ignore[arg-type]
            arguments = ast.Tuple(node.args, ast.Load())
            return _call("__strength_call__", ast.Constant(point["id"]), node.func, arguments, keywords)

        def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
            self.generic_visit(node)
            point = wanted.get(_span(node))
            if point is None:
                return node
            found.add(_span(node))
            names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
            given = "{" + ", ".join(f"{name!r}: {name}" for name in names) + "}"
            lines = [f"__strength__ = __strength_entry__({point['id']!r}, {given})"]
            lines += ["if __strength__ is None: return '', ''"]
            lines += [f"{name} = __strength__[{name!r}]" for name in names]
            at = 1 if ast.get_docstring(node) is not None else 0
            node.body[at:at] = [ast.parse(line).body[0] for line in lines]
            for statement in node.body[at : at + len(lines)]:
                for inner in ast.walk(statement):
                    inner.lineno = inner.end_lineno = node.lineno  # type: ignore[attr-defined]
                    inner.col_offset = inner.end_col_offset = 0  # type: ignore[attr-defined]
            return node

    Detours().visit(tree)
    if missing := wanted.keys() - found:
        raise SystemExit(f"{path}: nothing to watch at {sorted(missing)}")
    return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)


def _span(node: ast.expr | ast.stmt) -> tuple[int, ...]:
    return node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def watch(root: Path, points: Sequence[Point], active: dict[str, Mutation], seen: Callable[..., None]) -> None:
    """Have modules below root that hold points compiled with detours, which ask `active` for what to do and tell
    `seen` of each pass."""
    by_path: dict[str, list[Point]] = {}
    by_id = {point["id"]: point for point in points}
    for point in points:
        by_path.setdefault(str(root / point["path"]), []).append(point)
    loader = importlib.machinery.SourceFileLoader
    plain = loader.get_code

    def get_code(self: importlib.machinery.SourceFileLoader, fullname: str) -> types.CodeType | None:
        path = self.get_filename(fullname)
        if path in by_path:
            return instrumented(self.get_data(path), path, by_path[path])
        return plain(self, fullname)

    def call(name: str, function: Any, arguments: Any, keywords: dict[str, Any]) -> Any:
        point = by_id[name]
        seen(point, arguments, keywords)
        if name in active:
            turn = command_call if point["kind"] == "command" else function_call
            turned = turn(point, active[name], arguments, keywords)
            if turned is None:
                return NOTHING
            arguments, keywords = turned
        return function(*arguments, **keywords)

    def entry(name: str, given: dict[str, Any]) -> dict[str, Any] | None:
        point = by_id[name]
        seen(point, (), given)
        if name not in active:
            return given
        turned = parameters(active[name], given)
        return None if turned is None else dict.fromkeys(given, "") | turned

    loader.get_code = get_code  # type: ignore[method-assign,assignment]
    builtins.__strength_call__ = call  # type: ignore[attr-defined]
    builtins.__strength_entry__ = entry  # type: ignore[attr-defined]


# --- the tests ---------------------------------------------------------------------------------------


class Told(unittest.TestResult):
    """Writes a line as each test begins and as it passes: a process that is killed has told how far it came."""

    def __init__(self, out: TextIO) -> None:
        super().__init__()
        self.out = out
        self.current = ""

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self.current = test.id()
        print(f"begun {self.current}", file=self.out, flush=True)

    def addSuccess(self, test: unittest.TestCase) -> None:
        print(f"passed {test.id()}", file=self.out, flush=True)


def loaded(start: str, top: str, names: str) -> tuple[dict[str, unittest.TestCase], list[str]]:
    """All tests whose names match, by name, and the names of modules that cannot be imported."""
    found: dict[str, unittest.TestCase] = {}
    broken = []
    suites: list[Any] = [unittest.TestLoader().discover(start, top_level_dir=top)]
    while suites:
        for test in suites.pop():
            if isinstance(test, unittest.TestSuite):
                suites.append(test)
            elif type(test).__name__ == "_FailedTest":
                broken.append(test.id())
            elif re.search(names, test.id()):
                found[test.id()] = test
    return dict(sorted(found.items())), broken


def forked(
    tests: Sequence[unittest.TestCase], out: Path, before: Callable[[Told], None], after: Callable[[], None]
) -> int:
    """Run tests in a copy of this process, which is a group of its own; return its pid."""
    pid = fork()
    if pid:
        return pid
    try:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        quiet = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(quiet, number)
        with out.open("a") as stream:
            result = Told(stream)
            before(result)
            for test in tests:
                unittest.TestSuite([test]).run(result)
        after()
    finally:
        _exit(0)


def ended(pid: int, out: Path, limit: float) -> Iterator[bool]:
    """Whether the process has ended, asked again and again; it is killed when one test takes longer than the limit."""
    size, since, alive = -1, monotonic(), True
    try:
        while alive := not waitpid(pid, WNOHANG)[0]:
            now = out.stat().st_size
            if now != size:
                size, since = now, monotonic()
            if monotonic() - since > limit:
                break
            yield False
    finally:  # also when this process is told to end
        if alive:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            waitpid(pid, 0)
    yield True


def states(out: Path) -> tuple[set[str], list[str]]:
    """The tests that passed, and those that have begun, of what `Told` wrote."""
    lines = [line.split(" ", 1) for line in out.read_text().splitlines()]
    return {name for state, name in lines if state == "passed"}, [name for state, name in lines if state == "begun"]


def outcome(
    tests: Sequence[str], start: Callable[[Sequence[str], Path], int], limit: float
) -> Iterator[list[str] | None]:
    """None until all tests have run, then the names of those that did not pass."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch, "out")
        out.touch()
        left = list(tests)
        while left:
            for done in ended(start(left, out), out, limit):
                if not done:
                    yield None
            begun = set(states(out)[1])
            # A process that dies before its first test would otherwise be started forever.
            left = [name for name in left if name not in begun] if begun & set(left) else []
        passed, _ = states(out)
    yield [name for name in tests if name not in passed]


def work(orders: TextIO, answers: TextIO) -> None:
    """Answer orders until there are no more."""

    def answer(**told: Any) -> None:
        print(json.dumps(told), file=answers, flush=True)

    spec = json.loads(orders.readline())
    root = Path(spec["root"])
    os.chdir(root)
    sys.path[0] = str(root)
    active: dict[str, Mutation] = {}
    passes: dict[str, dict[str, Any]] = {}
    result: list[Told] = []  # one, while the first run observes

    def seen(point: Point, arguments: Any, keywords: dict[str, Any]) -> None:
        if not result:
            return
        known = passes.setdefault(point["id"], {"tests": {}, "words": {}, "keywords": {}})
        known["tests"][result[0].current] = None
        names = [identity for identity, _ in identities(arguments, frozenset(point["literals"]))]
        known["words"][json.dumps(names)] = None
        known["keywords"].update({name: None for name in keywords if isinstance(name, str)})

    watch(root, spec["points"], active, seen)
    tests, broken = loaded(spec["tests"], spec["top"], spec["names"])
    gc.freeze()  # else the collector of each fork would touch, and so copy, what all share
    answer(tests=len(tests), broken=broken)

    def start(mutations: dict[str, Mutation], names: Sequence[str], out: Path) -> int:
        return forked([tests[name] for name in names], out, lambda _: active.update(mutations), lambda: None)

    for line in orders:
        order = json.loads(line)
        if order.get("observe"):
            answer(**_observed(list(tests.values()), result, passes, spec["limit"]))
            continue
        waiting = list(order["jobs"])
        running: dict[str, Iterator[list[str] | None]] = {}
        while waiting or running:
            while waiting and len(running) < spec["concurrency"]:
                job = waiting.pop(0)
                running[job["id"]] = outcome(job["tests"], partial(start, job["mutations"]), spec["limit"])
            for name, progress in list(running.items()):
                failed = next(progress)
                if failed is not None:
                    del running[name]
                    answer(id=name, failed=failed)
            sleep(_TICK)


def _observed(
    tests: Sequence[unittest.TestCase], result: list[Told], passes: dict[str, dict[str, Any]], limit: float
) -> dict[str, Any]:
    """What all tests do when nothing is changed; no points where their process did not come to its end."""
    with tempfile.TemporaryDirectory() as scratch:
        out, kept = Path(scratch, "out"), Path(scratch, "kept")
        out.touch()
        pid = forked(tests, out, result.append, lambda: _keep(passes, kept))
        for done in ended(pid, out, limit * 10):
            if not done:
                sleep(_TICK)
        points = json.loads(kept.read_text()) if kept.exists() else None
        return {"passed": sorted(states(out)[0]), "points": points}


def _keep(passes: dict[str, dict[str, Any]], path: Path) -> None:
    told = {}
    for name, known in passes.items():
        words = [json.loads(text) for text in known["words"]]
        told[name] = {"tests": sorted(known["tests"]), "words": words, "keywords": sorted(known["keywords"])}
    path.write_text(json.dumps(told))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # What tests print goes to the log; the answers have a stream of their own.
    answering = os.fdopen(os.dup(1), "w")
    asking = os.fdopen(os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    work(asking, answering)
