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
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from migrator.verify import channel, sandbox, world

N = TypeVar("N", bound=Hashable)
Q = TypeVar("Q")
A = TypeVar("A")
# The files and the processes that were seen afterwards; None where nobody looked.
Sights = tuple[world.Sight, world.Sight] | None

_MOST = 3  # that are open at once: one for each side, and one that changes
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
def rooms(
    enter: Callable[[N], Callable[[Q], tuple[A, Sights]]], networked: bool
) -> Iterator[Callable[[N, Q, float], A]]:
    """Yields ask(name, question, seconds): what is answered in the room of that name, made if need be.

    Inside a house. enter(name) is called when a room is made, in its process 1, and gives what answers there, together
    with what is to be seen afterwards: a room that is not as new but for its scratch folder is not used again.
    networked: each question has a network of its own. Asking raises WorldError and OutOfTime as sandbox.world() does.
    """
    opened: dict[N, _Served] = {}

    def ask(name: N, question: Q, seconds: float) -> A:
        room = opened.pop(name, None) or _started(
            lambda reading, writing: _serve(enter(name), networked, reading, writing),
            lambda life: sandbox.begun(life, networked),
        )
        usable = False
        try:
            answer, usable = _asked(room, question, seconds)
        finally:
            if usable:
                opened[name] = room  # now the one that was used last
            else:
                _close(room)
        if len(opened) > _MOST:
            _close(opened.pop(next(iter(opened))))
        told: A = answer
        return told

    try:
        yield ask
    finally:
        for room in opened.values():
            _close(room)


def servant(enter: Callable[[], object], act: Callable[[Q], A], patience: float) -> Callable[[Q, float], A]:
    """A child of this process that stays what enter() makes of it; gives what act() answers there.

    It is to be made before the room is used, and ends with it. patience: as in sandbox.awaited(). Asking raises
    WorldError and OutOfTime, after which there is nobody to ask.
    """

    def serve(reading: int, writing: int) -> None:
        enter()
        first = _oneself()
        while True:
            answer = act(channel.received(reading))
            channel.send(writing, ("done", answer, _oneself() == first))

    child = _started(serve, sandbox.stays)
    usable = True

    def ask(question: Q, seconds: float) -> A:
        nonlocal usable
        if not usable:
            raise sandbox.WorldError("it has ended")
        usable = False
        answer, usable = _asked(child, question, seconds, patience)
        if not usable:
            _close(child)
        told: A = answer
        return told

    return ask


def _started(serve: Callable[[int, int], None], begin: Callable[[Callable[[], None]], int]) -> _Served:
    questions, answers = os.pipe(), os.pipe()

    def life() -> None:
        os.close(questions[1])
        os.close(answers[0])
        try:
            serve(questions[0], answers[1])
        except EOFError:  # nobody asks any more
            pass
        except BaseException:  # this process ends here: whatever it was has to reach the one that asks
            channel.send(answers[1], ("fell", traceback.format_exc(), False))

    pid = begin(life)
    os.close(questions[0])
    os.close(answers[1])
    return _Served(pid, questions[1], answers[0])


def _close(served: _Served) -> None:
    os.close(served.asking)
    os.close(served.answering)
    sandbox.ended(served.pid)


def _asked(served: _Served, question: object, seconds: float, patience: float = 0.0) -> tuple[Any, bool]:
    until = time.monotonic() + seconds + patience
    try:
        channel.send(served.asking, question)
        sandbox.awaited(served.answering, seconds, patience)
        kind, answer, usable = channel.received(served.answering, until)
    except TimeoutError as error:
        raise sandbox.OutOfTime from error
    except (BrokenPipeError, EOFError) as error:
        raise sandbox.WorldError("it was killed") from error
    if kind == "fell":
        raise sandbox.WorldError(answer)
    return answer, usable


def _serve(act: Callable[[Any], tuple[Any, Sights]], networked: bool, reading: int, writing: int) -> None:
    staying = frozenset(_others())
    first = _beside(world.files(world.prepare())), _oneself()
    while True:
        question = channel.received(reading)
        sandbox.first_pid()
        answer, sights = act(question)
        usable = sights is not None and not _disturbed(sights[1]) and (_beside(sights[0]), _oneself()) == first
        usable = usable and sandbox.renewable() and staying <= frozenset(_others())
        channel.send(writing, ("done", answer, usable))
        if usable:
            _emptied(networked, staying)


def _emptied(networked: bool, staying: frozenset[int]) -> None:
    """End what a trial started, and throw away what it wrote to."""
    while left := frozenset(_others()) - staying:
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
