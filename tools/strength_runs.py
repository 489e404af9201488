"""The two processes in which strength.py has a project's tests run, and the file that keeps what they answered."""

from __future__ import annotations

import configparser
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from strength_places import Entry, Point
from suite import standins

HARNESS = Path(__file__).with_name("strength_harness.py")
HOUSE = Path(__file__).with_name("strength_house.py")


class Unusable(Exception):
    """The comparison cannot be made; one line says why and what to do."""


@dataclass(frozen=True)
class Job:
    """tests: names, in order. mutations: by point; none for a control. as they are given to strength_harness.py."""

    tests: tuple[str, ...]
    mutations: str  # JSON, as a job is a key

    @property
    def key(self) -> str:
        names = hashlib.sha256("\n".join(self.tests).encode()).hexdigest()[:12]
        return f"{names} {self.mutations}"


@dataclass(frozen=True)
class Observed:
    """What one run of all tests showed. words: for each point the rows of words that it was called with, as
    strength_words.identities names them. passed: names of tests."""

    passed: frozenset[str]
    tests: dict[str, tuple[str, ...]]
    words: dict[str, tuple[tuple[Any, ...], ...]]
    keywords: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Kept:
    """What has been answered, by tree and key, and the file that more is written to."""

    path: Path | None
    answers: dict[str, Any]
    lock: threading.Lock = field(default_factory=threading.Lock)

    @staticmethod
    def read(path: Path | None, trees: Sequence[Path], names: str) -> Kept:
        """Raises Unusable where the file is of other trees."""
        if path is None:
            return Kept(None, {})
        of = {"of": [*(_digest(tree, "*.py") for tree in trees), _digest(HARNESS.parent, "strength*.py"), names]}
        if not path.exists():
            path.write_text(json.dumps(of) + "\n")
            return Kept(path, {})
        first, *rest = path.read_text().split("\n")
        try:
            told = json.loads(first)
        except ValueError:
            told = None
        if told != of:
            raise Unusable(f"{path}: made of other trees, tools or names; remove it or name another with --results")
        rows = [json.loads(line) for line in rest[:-1]]  # the last is empty, or was cut off
        if rest and rest[-1]:
            path.write_text("\n".join([first, *rest[:-1]]) + "\n")
        return Kept(path, {row["key"]: row["answer"] for row in rows})

    def keep(self, key: str, answer: Any) -> None:
        with self.lock:
            self.answers[key] = answer
            if self.path:
                with self.path.open("a") as stream:
                    stream.write(json.dumps({"key": key, "answer": answer}) + "\n")


def _digest(tree: Path, names: str) -> str:
    digest = hashlib.sha256()
    for path in sorted(tree.rglob(names)):
        digest.update(f"{path.relative_to(tree)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def plan(root: Path) -> list[Entry]:
    """What `privmigrate rewrite` says of every call of a project. Raises Unusable where it fails."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch, "rewrite.json")
        command = [sys.executable, "-m", "migrator", "rewrite", "--format", "json", "--output", str(out)]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1) or not out.exists():
            raise Unusable(f"{root}: privmigrate rewrite: {done.stderr.strip()}")
        return read_plan(out)


def read_plan(path: Path) -> list[Entry]:
    """The sites of a report of `rewrite`. Raises Unusable where it is none."""
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise Unusable(f"{path}: {error}; name what `privmigrate rewrite --format json` wrote") from None
    if not isinstance(document, dict) or document.get("schema") != "privmigrate.rewrite/1":
        raise Unusable(f"{path}: is no report of `privmigrate rewrite --format json`")
    sites = document["sites"]
    assert isinstance(sites, list)
    return sites


@dataclass(frozen=True)
class Project:
    """One tree and the process that runs its tests. log: what the process printed."""

    title: str
    root: Path
    process: subprocess.Popen[str]
    kept: Kept
    log: Path
    asked: threading.Lock = field(default_factory=threading.Lock)

    def observed(self) -> Observed:
        """Run all tests once, and see which come to the points and with which words."""
        for name in self._answer()["broken"]:
            print(f"{self.title}: cannot be imported, and is left out: {name}", file=sys.stderr)
        key = f"{self.title} observed"
        if key not in self.kept.answers:
            self._order({"observe": True})
            self.kept.keep(key, self._answer())
        told = self.kept.answers[key]
        points = told["points"]
        if points is None:
            raise Unusable(f"{self.root}: its tests ended before all had run; see --limit\n{self._tail()}")
        passed = frozenset(told["passed"])
        if not passed:
            raise Unusable(f"{self.root}: no test passed\n{self._tail()}")
        return Observed(
            passed,
            {name: tuple(test for test in point["tests"] if test in passed) for name, point in points.items()},
            {name: tuple(tuple(map(tuple, row)) for row in point["words"]) for name, point in points.items()},
            {name: tuple(point["keywords"]) for name, point in points.items()},
        )

    def run(self, jobs: Sequence[Job]) -> dict[Job, frozenset[str]]:
        """The tests that pass without a job's mutation and do not pass with it."""
        every = dict.fromkeys([*(Job(job.tests, "{}") for job in jobs), *jobs])
        open_jobs = [job for job in every if job.tests and self._key(job) not in self.kept.answers]
        orders = [
            {"id": self._key(job), "tests": job.tests, "mutations": json.loads(job.mutations)} for job in open_jobs
        ]
        if orders:
            self._order({"jobs": orders})
        for number in range(len(orders)):
            told = self._answer()
            self.kept.keep(told["id"], told["failed"])
            if sys.stderr.isatty():
                print(f"\r{self.title}: {number + 1} of {len(orders)} ", end="", file=sys.stderr, flush=True)
        failed = {job: frozenset(self.kept.answers[self._key(job)]) if job.tests else frozenset() for job in every}
        return {job: failed[job] - failed[Job(job.tests, "{}")] for job in jobs}

    def _key(self, job: Job) -> str:
        return f"{self.title} {job.key}"

    def _order(self, order: dict[str, Any]) -> None:
        assert self.process.stdin
        print(json.dumps(order), file=self.process.stdin, flush=True)

    def _answer(self) -> Any:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise Unusable(f"{self.root}: its tests cannot be run\n{self._tail()}")
        return json.loads(line)

    def _tail(self) -> str:
        return self.log.read_text(errors="replace")[-2000:].strip()


@contextmanager
def project(
    title: str,
    root: Path,
    points: Sequence[Point],
    python: Path,
    names: str,
    limit: float,
    concurrency: int,
    kept: Kept,
) -> Iterator[Project]:
    """Start the process for one tree; it is ended when the block is left."""
    start, top = _configured(root)
    spec = {
        "root": str(root),
        "tests": start,
        "top": top,
        "names": names,
        "points": [asdict(point) for point in _merged(points)],
        "limit": limit,
        "concurrency": concurrency,
    }
    with standins() as (environment, _), tempfile.NamedTemporaryFile(suffix=".log") as log:
        environment = {**environment, "OS_TEST_TIMEOUT": str(int(limit)), "PYTHONHASHSEED": "0"}
        programs = environment["PATH"].partition(os.pathsep)[0]
        shown = [str(root), str(HARNESS.parent), programs]
        process = subprocess.Popen(
            [sys.executable, str(HOUSE), str(python), *shown, "--", str(python), str(HARNESS)],
            cwd=root,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            assert process.stdin
            print(json.dumps(spec), file=process.stdin, flush=True)
            yield Project(title, root, process, kept, Path(log.name))
        finally:
            process.terminate()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream:
                    stream.close()


def _merged(points: Sequence[Point]) -> Iterator[Point]:
    """Each point once: a function that several sites share knows the texts of all."""
    for name in dict.fromkeys(point.id for point in points):
        same = [point for point in points if point.id == name]
        texts = {text for point in same for text in point.literals}
        yield replace(same[0], literals=tuple(sorted(texts)))


def _configured(root: Path) -> tuple[str, str]:
    """The folder of a project's tests and the one they are imported from, as .stestr.conf says."""
    path = root / ".stestr.conf"
    parser = configparser.ConfigParser(interpolation=None)
    if not parser.read(path) or "test_path" not in parser["DEFAULT"]:
        raise Unusable(f"{path}: names no test_path; write one")
    defaults = parser["DEFAULT"]
    return re.sub(r"\$\{\w+:-(.*)\}", r"\1", defaults["test_path"]), defaults.get("top_dir", "./")
