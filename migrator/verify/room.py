"""A world for one trial after another: each finds it new, and one that leaves something behind is the last.

What a trial changes below the scratch folder, or starts, is thrown away with them. Whatever else it changed stays for
the next one to stumble over, so that it is looked for: mounts, files in the other places, what the process itself is.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import resource
import select
import signal
import struct
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from migrator.verify import sandbox, world

Q = TypeVar("Q")
A = TypeVar("A")
Ask = Callable[[str, Q, float], A]
# The files and the processes that were seen afterwards; None where nobody looked.
Sights = tuple[world.Sight, world.Sight] | None
Act = Callable[[Q], tuple[A, Sights]]

_LENGTH = struct.Struct("!Q")
# Of proc(5)'s status: who the process is, what it may do, how it takes signals.
_OWN = (
    "Uid:",
    "Gid:",
    "Groups:",
    "CapPrm:",
    "CapEff:",
    "CapBnd:",
    "CapAmb:",
    "SigBlk:",
    "SigIgn:",
    "SigCgt:",
    "NoNewPrivs:",
    "Seccomp:",
    "Threads:",
)


@dataclass(frozen=True, slots=True)
class _Room:
    """One that is open: its process 1, and where it is asked and answers."""

    pid: int
    asking: int
    answering: int


@contextlib.contextmanager
def rooms(act: Act[Q, A], networked: bool) -> Iterator[Ask[Q, A]]:
    """Yields ask(name, question, seconds): what act(question) answers in the room of that name, made if need be.

    Inside a house. act gives its answer with what is to be seen afterwards: a room that is not as new but for its
    scratch folder is not used again. networked: each question has a network of its own. Asking raises WorldError and
    OutOfTime as sandbox.world() does.
    """
    opened: dict[str, _Room] = {}

    def ask(name: str, question: Q, seconds: float) -> A:
        if name not in opened:
            opened[name] = _open(act, networked)
        usable = False
        answer: Any
        try:
            kind, answer, usable = _asked(opened[name], question, time.monotonic() + seconds)
        finally:
            if not usable:
                _close(opened.pop(name))
        if kind == "fell":
            raise sandbox.WorldError(answer)
        told: A = answer
        return told

    try:
        yield ask
    finally:
        for room in opened.values():
            _close(room)


def _open(act: Act[Q, A], networked: bool) -> _Room:
    questions, answers = os.pipe(), os.pipe()

    def life() -> None:
        os.close(questions[1])
        os.close(answers[0])
        try:
            _serve(act, networked, questions[0], answers[1])
        except BaseException:  # this process ends here: whatever it was has to reach the house
            _send(answers[1], ("fell", traceback.format_exc(), False))

    pid = sandbox.begun(life, networked)
    os.close(questions[0])
    os.close(answers[1])
    return _Room(pid, questions[1], answers[0])


def _close(room: _Room) -> None:
    os.close(room.asking)
    os.close(room.answering)
    sandbox.ended(room.pid)


def _asked(room: _Room, question: object, until: float) -> tuple[str, object, bool]:
    try:
        _send(room.asking, question)
    except BrokenPipeError as error:
        raise sandbox.WorldError("it was killed") from error
    answer = _received(room.answering, until)
    if answer is None:
        raise sandbox.WorldError("it was killed")
    found: tuple[str, object, bool] = pickle.loads(answer)
    return found


def _serve(act: Act[Q, A], networked: bool, reading: int, writing: int) -> None:
    first = _beside(world.files(world.prepare())), _oneself()
    while (question := _received(reading, None)) is not None:
        sandbox.first_pid()
        answer, sights = act(pickle.loads(question))
        usable = sights is not None and not _running(sights[1]) and (_beside(sights[0]), _oneself()) == first
        _send(writing, ("done", answer, usable and sandbox.renewable()))
        _emptied(networked)


def _emptied(networked: bool) -> None:
    """End what a trial started, and throw away what it wrote to."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    os.chdir("/")
    sandbox.renewed(networked)


def _beside(files: world.Sight) -> world.Sight:
    """Of what is seen, all that the next trial would find: what lies elsewhere than below the scratch folder."""
    inside = f"{sandbox.SCRATCH}/"
    return {
        name: thing
        for name, thing in files.items()
        if not (thing.get("point", "") if name.startswith("mount ") else f"{name}/").startswith(inside)
    }


def _running(processes: world.Sight) -> bool:
    return any(name.startswith("left running") for name in processes)


def _oneself() -> tuple[object, ...]:
    """What a function could change of the process that it is called in, but for what is set for each trial."""
    with open("/proc/self/status", encoding="ascii", errors="replace") as stream:
        own = tuple(line for line in stream if line.startswith(_OWN))
    limits = tuple(resource.getrlimit(number) for name, number in vars(resource).items() if name.startswith("RLIMIT_"))
    return own, limits, len(os.listdir("/proc/self/fd")), os.getpriority(os.PRIO_PROCESS, 0)


def _send(descriptor: int, item: object) -> None:
    body = pickle.dumps(item)
    view = memoryview(_LENGTH.pack(len(body)) + body)
    while view:
        view = view[os.write(descriptor, view) :]


def _received(descriptor: int, until: float | None) -> bytes | None:
    """The next pickled item, None when the other side has ended; raises OutOfTime when that takes too long."""
    head = _exactly(descriptor, _LENGTH.size, until)
    return None if head is None else _exactly(descriptor, _LENGTH.unpack(head)[0], until)


def _exactly(descriptor: int, size: int, until: float | None) -> bytes | None:
    parts = []
    while size:
        left = None if until is None else max(until - time.monotonic(), 0)
        if not select.select([descriptor], [], [], left)[0]:
            raise sandbox.OutOfTime
        part = os.read(descriptor, min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
