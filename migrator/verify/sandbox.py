"""One world of the house: fresh namespaces, an empty scratch folder, a clock that runs out."""

from __future__ import annotations

import contextlib
import functools
import os
import pickle
import re
import select
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from migrator.verify import kernel

T = TypeVar("T")

SCRATCH = "/scratch"
# Where a trial can write, each empty in every world, and their modes. Not /root: the interpreter may lie below it.
PLACES = {SCRATCH: "755", "/tmp": "1777", "/run": "755", "/var": "755", "/dev/shm": "1777"}
_LAST_PID = "/proc/sys/kernel/ns_last_pid"
_LOOK = 0.03  # seconds between two looks at whether anything runs
_NAMESPACES = kernel.CLONE_NEWNS | kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS


class WorldError(Exception):
    """What went on in a world ended in a way that is no result: an exception of ours, or killed; carries its text."""


class OutOfTime(Exception):
    """What went on in a world, or in a child of it, did not end in time."""


def world(life: Callable[[], T], seconds: float = 20.0, networked: bool = False) -> T:
    """Run life() in a new world inside the house; returns its (pickled) result. networked: with /sys/class/net of it.

    It is process 1 of its pid namespace: whatever it starts ends with it. Raises WorldError, and OutOfTime.
    """
    with _as_process_1():
        return _forked(lambda: _settled(life, networked), seconds)


def begun(life: Callable[[], None], networked: bool = False) -> int:
    """Run life() in a new world, and do not wait for it; returns the pid of its process 1, which is for ended()."""
    with _as_process_1():
        return stays(lambda: _settled(life, networked))


def stays(life: Callable[[], None]) -> int:
    """Run life() in a child that dies with this process, and do not wait for it; returns its pid, for ended()."""
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            kernel.die_with_parent(parent)
            life()
        finally:
            os._exit(0)
    return pid


def ended(pid: int) -> None:
    """End a child and, where it is a world's process 1, all that lives there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


@contextlib.contextmanager
def _as_process_1() -> Iterator[None]:
    """What is forked here is process 1 of a pid namespace."""
    below_places()  # asked for once, in the house: its children inherit the answer
    # Only children enter a new pid namespace, and the next one can be made only from our own.
    with open("/proc/self/ns/pid", "rb") as own:
        kernel.unshare(kernel.CLONE_NEWPID)
        try:
            yield
        finally:
            kernel.setns(own.fileno(), kernel.CLONE_NEWPID)


def child(act: Callable[[], T], seconds: float = 10.0, patience: float = 0.0) -> T:
    """Run act() in a child of this process, which may change what it is; returns its (pickled) result.

    patience: as in awaited(). Raises WorldError, and OutOfTime; both after the child has ended.
    """
    return _forked(act, seconds, patience)


def in_thread(act: Callable[[], T]) -> T:
    """Run act() in a thread of this process, which may give up capabilities; returns its result when it has ended."""

    def started() -> T:
        told.append(threading.get_native_id())
        return act()

    told: list[int] = []
    with ThreadPoolExecutor(1) as threads:
        result = threads.submit(started).result()
    while os.path.exists(f"/proc/self/task/{told[0]}"):  # Python lets go of it a little earlier
        time.sleep(0.0001)
    return result


def awaited(reading: int, seconds: float, patience: float) -> None:
    """Inside a world: wait until there is something to read. Raises OutOfTime.

    It takes too long when nothing runs after so many seconds: a busy machine gets `patience` seconds more.
    """
    until = time.monotonic() + seconds
    last = until + patience
    while not select.select([reading], [], [], max(until - time.monotonic(), 0))[0]:
        if not patience or time.monotonic() > last or asleep():
            raise OutOfTime
        until = time.monotonic() + _LOOK


def asleep() -> bool:
    """Inside a world: whether all that lives in it, but for this process, waits for something."""
    before = _switches()
    if before is None:
        return False
    time.sleep(_LOOK)
    return before == _switches()


def _switches() -> dict[str, list[str]] | None:
    """Process -> how often it was run; None when one is running, or ready to."""
    found = {}
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        with contextlib.suppress(FileNotFoundError, ProcessLookupError), open(f"/proc/{name}/status", "rb") as stream:
            lines = stream.read().decode(errors="replace").splitlines()
            if any(line.startswith("State:\t") and line[7] in "RD" for line in lines):
                return None
            found[name] = [line for line in lines if "ctxt_switches" in line]
    return found


def _settled(life: Callable[[], T], networked: bool) -> T:
    kernel.unshare(_NAMESPACES)
    quiet = kernel.MS_NOSUID | kernel.MS_NODEV
    shown = [(path, os.open(path, os.O_PATH | os.O_CLOEXEC)) for path in below_places()]
    for folder, mode in PLACES.items():
        kernel.mount("world", folder, "tmpfs", kernel.MS_NODEV, f"mode={mode}")
    for path, descriptor in shown:
        _show_again(path, descriptor)
    with contextlib.suppress(FileExistsError):  # where the house shows something there
        os.symlink("/run", "/var/run")
    kernel.mount("proc", "/proc", "proc", quiet | kernel.MS_NOEXEC)
    if networked:
        _devices()
    return life()


def renewable() -> bool:
    """Whether renewed() can give a new scratch folder: not where the house shows something of the host's below it."""
    return not any(path.startswith(f"{SCRATCH}/") for path in below_places())


def renewed(networked: bool) -> None:
    """Inside a world whose other processes have ended: a scratch folder as in a new one; networked: a network too."""
    kernel.unmount(SCRATCH, kernel.MNT_DETACH)
    kernel.mount("world", SCRATCH, "tmpfs", kernel.MS_NODEV, f"mode={PLACES[SCRATCH]}")
    if networked:
        kernel.unshare(kernel.CLONE_NEWNET)
        with contextlib.suppress(OSError):  # the house's, as in _settled()
            kernel.unmount("/sys", kernel.MNT_DETACH)
        _devices()


def first_pid() -> None:
    """The next process of this world gets the pid that the first one of a new world has: commands print them."""
    with contextlib.suppress(OSError), open(_LAST_PID, "w", encoding="ascii") as stream:
        stream.write("1")


def last_pid() -> str:
    """The pid of the process, or thread, that was started last in this world; "" where the kernel does not tell."""
    with contextlib.suppress(OSError), open(_LAST_PID, encoding="ascii") as stream:
        return stream.read().strip()
    return ""


@functools.cache
def below_places() -> tuple[str, ...]:
    """What the house shows below the folders that are new in each world: the interpreter may lie in /tmp."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as stream:
        escaped = [line.split()[4] for line in stream]
    points = [re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), point) for point in escaped]
    return tuple(sorted(path for path in points if any(path.startswith(f"{place}/") for place in PLACES)))


def _show_again(path: str, descriptor: int) -> None:
    held = f"/proc/self/fd/{descriptor}"
    if os.path.isdir(held):
        os.makedirs(path, exist_ok=True)
    elif not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "xb"):
            pass
    kernel.mount(held, path, flags=kernel.MS_BIND | kernel.MS_REC)
    os.close(descriptor)


def _devices() -> None:
    """Mount a /sys that shows this world's network devices, and has nothing else that can be written."""
    # In a container that covers parts of its own /sys nobody may: then /sys shows the house's devices, not the
    # world's, and commands tell what they lack.
    with contextlib.suppress(PermissionError):
        kernel.mount("sysfs", "/sys", "sysfs", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
        kernel.read_only("/sys")
        for folder in ("/sys/devices/virtual/net", "/sys/class/net"):
            kernel.mount(folder, folder, flags=kernel.MS_BIND)
            kernel.writable(folder)


def _forked(act: Callable[[], T], seconds: float, patience: float = 0.0) -> T:
    reading, writing = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        try:
            kernel.die_with_parent(parent)
            told: tuple[str, object] = ("done", act())
        except BaseException:  # this process ends here: whatever it was has to reach the parent
            told = ("fell", traceback.format_exc())
        try:
            with os.fdopen(writing, "wb") as stream:
                stream.write(pickle.dumps(told))
        finally:
            os._exit(0)
    os.close(writing)
    try:
        until = time.monotonic() + seconds + patience
        awaited(reading, seconds, patience)
        body = _all(reading, until)
    finally:
        os.close(reading)
        ended(pid)
    if not body:
        raise WorldError("it was killed")
    kind, value = pickle.loads(body)
    if kind == "fell":
        raise WorldError(str(value))
    result: T = value
    return result


def _all(reading: int, until: float) -> bytes:
    parts: list[bytes] = []
    while True:
        left = until - time.monotonic()
        ready = select.select([reading], [], [], max(left, 0))[0]
        if not ready:
            raise OutOfTime
        part = os.read(reading, 1 << 20)
        if not part:
            return b"".join(parts)
        parts.append(part)
