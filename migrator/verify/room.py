"""A world for one trial after another: each finds it new, and one that leaves something behind is the last.

What a trial changes below the scratch folder, or starts, is thrown away with them. Whatever else it changed stays for
the next one to stumble over, so that it is looked for: mounts, files in the other places, what the process itself is.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from migrator.verify import channel, sandbox, world

Q = TypeVar("Q")
A = TypeVar("A")
# The files and the processes that were seen afterwards; None where nobody looked.
Sights = tuple[world.Sight, world.Sight] | None

# Of proc(5)'s status: who the process is, what it may do, how it takes signals.
_OWN = ("Uid:", "Gid:", "Groups:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:", "NoNewPrivs:", "Seccomp:", "Threads:")
_SIGNALS = ("SigBlk:", "SigIgn:", "SigCgt:")


@dataclass(frozen=True, slots=True)
class _Served:
    """A process that answers: its pid, and where it is asked and answers."""

    pid: int
    asking: int
    answering: int


@contextlib.contextmanager
def rooms(act: Callable[[Q], tuple[A, Sights]], networked: bool) -> Iterator[Callable[[str, Q, float], A]]:
    """Yields ask(name, question, seconds): what act() answers in the room of that name, made if need be.

    Inside a house. act() is called in the room's process 1, and tells together with its answer what is to be seen
    afterwards: a room that is not as new but for its scratch folder is not used again. networked: each question has a
    network of its own. Asking raises WorldError and OutOfTime as sandbox.world() does.
    """
    opened: dict[str, _Served] = {}

    def ask(name: str, question: Q, seconds: float) -> A:
        room = opened.pop(name, None) or _started(act, networked)
        usable = False
        try:
            answer, usable = _asked(room, question, seconds)
        finally:
            if usable:
                opened[name] = room
            else:
                _close(room)
        told: A = answer
        return told

    try:
        yield ask
    finally:
        for room in opened.values():
            _close(room)


def _started(act: Callable[[Any], tuple[Any, Sights]], networked: bool) -> _Served:
    questions, answers = os.pipe(), os.pipe()

    def life() -> None:
        os.close(questions[1])
        os.close(answers[0])
        try:
            _serve(act, networked, questions[0], answers[1])
        except EOFError:  # nobody asks any more
            pass
        except BaseException:  # this process ends here: whatever it was has to reach the one that asks
            channel.send(answers[1], ("fell", traceback.format_exc(), False))

    pid = sandbox.begun(life, networked)
    os.close(questions[0])
    os.close(answers[1])
    return _Served(pid, questions[1], answers[0])


def _close(served: _Served) -> None:
    os.close(served.asking)
    os.close(served.answering)
    sandbox.ended(served.pid)


def _asked(served: _Served, question: object, seconds: float) -> tuple[Any, bool]:
    until = time.monotonic() + seconds
    try:
        channel.send(served.asking, question)
        sandbox.awaited(served.answering, seconds, 0)
        kind, answer, usable = channel.received(served.answering, until)
    except TimeoutError as error:
        raise sandbox.OutOfTime from error
    except (BrokenPipeError, EOFError) as error:
        raise sandbox.WorldError("it was killed") from error
    if kind == "fell":
        raise sandbox.WorldError(answer)
    return answer, usable


def _serve(act: Callable[[Any], tuple[Any, Sights]], networked: bool, reading: int, writing: int) -> None:
    # What a process keeps of a first thread (it catches a signal more), and of a first look, is not the trial's.
    sandbox.in_thread(int)
    before = world.prepare(networked)
    if networked:
        world.network(before)
    first = _beside(world.files(before)), _oneself()
    while True:
        question = channel.received(reading)
        sandbox.first_pid()
        answer, sights = act(question)
        usable = sights is not None and not _disturbed(sights[1]) and (_beside(sights[0]), _oneself()) == first
        usable = usable and sandbox.renewable()
        channel.send(writing, ("done", answer, usable))
        if usable:
            _emptied(networked)


def _emptied(networked: bool) -> None:
    """End what a trial started, and throw away what it wrote to."""
    while left := frozenset(_others()):
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for pid in left:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
    os.chdir("/")
    sandbox.renewed(networked)


def _others() -> Iterator[int]:
    return (int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1")


def _beside(files: world.Sight) -> world.Sight:
    """Of what is seen, all that the next trial would find: what lies elsewhere than below the scratch folder."""
    inside = f"{sandbox.SCRATCH}/"
    return {
        name: thing
        for name, thing in files.items()
        if not (thing.get("point", "") if name.startswith("mount ") else f"{name}/").startswith(inside)
    }


def _disturbed(processes: world.Sight) -> bool:
    return any(name.startswith(("left running", world.OURSELVES)) for name in processes)


def _oneself() -> tuple[object, ...]:
    """What a function could change of the process that it is called in, but for what is set for each trial."""
    with open("/proc/self/status", encoding="ascii", errors="replace") as stream:
        own = tuple(line for line in stream if line.startswith((*_OWN, *_SIGNALS)))
    limits = tuple(resource.getrlimit(number) for name, number in vars(resource).items() if name.startswith("RLIMIT_"))
    return own, limits, len(os.listdir("/proc/self/fd")), os.getpriority(os.PRIO_PROCESS, 0)
