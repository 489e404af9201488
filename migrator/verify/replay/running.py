"""The harness as a process: jobs in, results out, and an end to what never answers."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from migrator.fault import Fault
from migrator.verify import house, interpreter
from migrator.verify.replay import deployment
from migrator.verify.replay.deployment import Daemon

_BATCH = 20  # jobs that a house takes at once
_WORTH_A_HOUSE = 60  # jobs that take as long as a house's interpreter, imports and daemons
_START = 60.0  # seconds for the first answer: interpreter, imports and daemon


def inside(
    jobs: Sequence[Mapping[str, Any]], root: str, daemon: Daemon, python: str = sys.executable, houses: int = 0
) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    """Run the jobs in houses of their own, so many (0: one for each core) at once; (job, result) in any order.

    root: the folder that holds the target's top package. Raises Fault when the interpreter cannot run the harness,
    HouseError where no house can be made.
    """
    batches = [jobs[start : start + _BATCH] for start in range(0, len(jobs), _BATCH)]
    if not batches:
        return
    take = house.jobs(len(batches))

    def work() -> Iterator[tuple[Mapping[str, Any], dict[str, Any]] | Fault]:
        try:
            yield from run((job for number in iter(take, None) for job in batches[number]), root, daemon, python)
        except Fault as fault:
            yield fault

    count = min(houses or len(os.sched_getaffinity(0)), 1 + len(jobs) // _WORTH_A_HOUSE)
    visible = [root, *interpreter.needed(python)]
    outside = os.geteuid() == 0 and (
        daemon.method != "fork" or not interpreter.open_to_all([*visible, sys.base_prefix])
    )
    stay = house.stay(
        work, visible=visible, files=deployment.files(daemon, python), ids_as_outside=outside, houses=count
    )
    with contextlib.closing(stay) as results:
        for each in results:
            if isinstance(each, Fault):
                raise each
            yield each


def run(
    jobs: Iterable[Mapping[str, Any]], root: str, daemon: Daemon, python: str = sys.executable
) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    """(job, result) in order; a call that never came back has {"failed": why} for a result.

    Raises Fault when the interpreter cannot run the harness at all.
    """
    left = iter(jobs)
    failed: dict[str, str] = {}  # a function that hung or fell is not called again: each time costs a timeout
    more = True
    while more:
        more = False
        with _harness(root, daemon, python) as (process, log):
            for job, result in _conversation(process, left, daemon.timeout, log, failed):
                yield job, result
                if "failed" in result and job["function"] not in failed:
                    failed[job["function"]] = result["failed"]
                    more = True


@contextlib.contextmanager
def _harness(root: str, daemon: Daemon, python: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    with tempfile.TemporaryDirectory(prefix="privmigrate-replay-") as home:
        os.chmod(home, 0o755)
        stage = os.path.join(home, "stage")
        os.mkdir(stage)
        if daemon.user is not None:
            os.chown(stage, daemon.user, -1)
        settings = {
            "root": root,
            "daemon": daemon.method,
            "folder": stage,
            "helper_command": daemon.helper_command,
            "root_helper": daemon.root_helper,
        }
        os.makedirs(os.path.dirname(deployment.SETTINGS), exist_ok=True)
        Path(deployment.SETTINGS).write_text(json.dumps(settings), encoding="utf-8")
        log = os.path.join(home, "log")
        with open(log, "wb") as stderr:
            try:
                process = subprocess.Popen(
                    [python, "-B", deployment.CLIENT, deployment.SETTINGS],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                    cwd="/",
                    env={"PATH": house.SECURE_PATH, "LANG": "C.UTF-8"},
                    user=daemon.user,
                    start_new_session=True,
                )
            except OSError as error:
                raise Fault(
                    f"{python}: cannot be run ({error.strerror}); --python names the target's Python"
                ) from error
        try:
            yield process, log
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with contextlib.suppress(BrokenPipeError):
                        stream.close()


def _conversation(
    process: subprocess.Popen[bytes],
    jobs: Iterator[Mapping[str, Any]],
    timeout: float,
    log: str,
    failed: Mapping[str, str],
) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    """Answers until one is missing; the job that got none is the last."""
    assert process.stdin is not None and process.stdout is not None
    lines = _Lines(process.stdout.fileno())
    try:
        lines.next(_START)  # "ready"
    except _Silent as silence:
        raise Fault(f"the target's Python cannot run the replay: {_last(log) or silence}") from silence
    for job in jobs:
        if job["function"] in failed:
            yield job, {"failed": failed[job["function"]]}
            continue
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(job).encode("ascii") + b"\n")
            process.stdin.flush()
        try:
            answer = lines.next(timeout)
        except _Silent as silence:
            last = "" if silence.hangs else _last(log)
            yield job, {"failed": f"{silence}{f' ({last})' if last else ''}"}
            return
        yield job, json.loads(answer)


class _Silent(Exception):
    """No line came; hangs: the process still runs."""

    def __init__(self, text: str, *, hangs: bool) -> None:
        super().__init__(text)
        self.hangs = hangs


class _Lines:
    """The lines that come out of a pipe, each waited for."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.rest = b""

    def next(self, seconds: float) -> bytes:
        """The next line; raises _Silent when none comes in time, or the pipe is closed."""
        until = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self.descriptor, selectors.EVENT_READ)
            while b"\n" not in self.rest:
                if not selector.select(max(0.0, until - time.monotonic())):
                    raise _Silent(f"no answer after {seconds:g} seconds", hangs=True)
                more = os.read(self.descriptor, 1 << 20)
                if not more:
                    raise _Silent("the client ended", hangs=False)
                self.rest += more
        line, self.rest = self.rest.split(b"\n", 1)
        return line


def _last(log: str) -> str:
    """The last line that the client wrote to its log."""
    return next(reversed(Path(log).read_text("utf-8", "replace").strip().splitlines()), "")
