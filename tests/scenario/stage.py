"""The house that the scenario is played in: what is there before, the log's listener, and what is there after."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrator.verify import house, kernel
from tests.scenario import sight
from tests.scenario.deployment import CONFIG, LOG, UID, Deployment

SAMPLE = Path(__file__).resolve().parents[1] / "fixtures" / "projects" / "moraine"
STATE, WORK = "/var/lib/moraine", "/var/lib/workloads"
# Programs that are not there, wherever the scenario is played: nobody can execute what stands in their place.
_ABSENT = ("qemu-img", "udevadm", "ovs-vsctl")
# An ordinary user's process, and one that has nothing to do with the agent.
_FOREIGN, _OTHER = 2001, 2002


@dataclass(frozen=True, slots=True)
class Playback:
    """steps: what the project's functions returned, raised and logged. world: what can be seen from outside, by kind.

    privileged: step -> the privileged functions it called, by full name. log: what came to /dev/log, the oldest first.
    errors: the program's standard error.
    """

    uid: int
    steps: list[dict[str, Any]]
    privileged: dict[str, list[str]]
    world: dict[str, Any]
    log: tuple[str, ...]
    errors: str


def play(deployment: Deployment) -> Playback:
    """Play the scenario in a house of its own; raises HouseError where none can be built."""
    (playback,) = house.stay(
        lambda: iter([_played(deployment)]),
        visible=[str(deployment.folder)],
        files=deployment.files,
        ids_as_outside=True,  # for sudo
    )
    return playback


def _played(deployment: Deployment) -> Playback:
    os.environ["PATH"] = house.SECURE_PATH
    # The house shows /proc read-only; the parameters of a network are its own.
    kernel.mount("/proc/sys/net", "/proc/sys/net", flags=kernel.MS_BIND)
    kernel.writable("/proc/sys/net")
    for program in filter(None, map(shutil.which, _ABSENT)):
        kernel.mount("/dev/null", program, flags=kernel.MS_BIND)
    old_mounts = sight.mount_points() | {LOG}
    _furnish()
    # The first processes of a new pid namespace: they have the same pids each time.
    pids = {
        "server": _process(_serve, uid=_FOREIGN),
        "worker": _process(signal.pause, uid=_FOREIGN),
        "stubborn": _process(signal.pause, ignored=(signal.SIGTERM,)),
        "bystander": _process(signal.pause, uid=_OTHER),
        "gone": _process(lambda: None),
    }
    os.waitpid(pids["gone"], 0)
    for name in ("server", "gone"):
        _write(f"{STATE}/{name}.pid", f"{pids[name]}\n", 0o600)
    with _listening() as log:
        sight.age()
        done = subprocess.run(
            [deployment.python, deployment.program, CONFIG, *(f"{name}={pid}" for name, pid in pids.items())],
            user=UID,
            group=UID,
            extra_groups=[],
            cwd=STATE,
            env={"PATH": house.SECURE_PATH, "HOME": "/var/empty", "LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        left = _left(pids.values())
    if done.returncode:
        raise AssertionError(done.stderr)
    report = json.loads(done.stdout)
    world = {
        "files": sight.files(old_mounts),
        "mounts": sight.mounts(old_mounts),
        "network": sight.network(),
        "processes": left,
        "ends": {name: _end(pid) for name, pid in pids.items() if name != "gone"},
    }
    return Playback(report["uid"], report["steps"], report["privileged"], world, tuple(log), done.stderr)


def _furnish() -> None:
    os.umask(0o022)
    os.makedirs("/var/empty")
    os.makedirs("/run/scratch")
    os.makedirs(WORK)
    os.makedirs(STATE)
    os.chown(STATE, UID, UID)
    _write(f"{WORK}/plain", "plain\n")
    _write(f"{WORK}/owned", "by root\n")
    with open(f"{WORK}/binary", "wb") as stream:
        stream.write(b"\xff\xfe caf\xc3\xa9\n")
    os.mkdir(f"{WORK}/private")
    _write(f"{WORK}/private/key", "old\n", 0o600)
    for path in (f"{WORK}/private", f"{WORK}/private/key"):
        os.chown(path, _FOREIGN, _FOREIGN)
    os.chmod(f"{WORK}/private", 0o700)
    os.makedirs(f"{WORK}/aside/kept")
    _write(f"{WORK}/aside/target", "through no link\n")
    os.symlink("aside/target", f"{WORK}/link")
    os.symlink("aside/target", f"{WORK}/loose")
    os.makedirs(f"{WORK}/tree/deep/er", 0o700)
    _write(f"{WORK}/tree/deep/leaf", "leaf\n", 0)
    os.symlink(f"{WORK}/aside", f"{WORK}/tree/out")
    words = ("ip", "link", "add", "br-host", "address", "02:00:00:00:01:00", "type", "bridge")
    subprocess.run(words, check=True)


def _write(path: str, text: str, mode: int = 0o644) -> None:
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.chmod(path, mode)


def _process(act: Callable[[], object], uid: int = 0, ignored: tuple[int, ...] = ()) -> int:
    """A child of the house's first process, that acts and ends."""
    ready, telling = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            for number in ignored:
                signal.signal(number, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP} if act is _serve else set())
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            os.closerange(3, telling)
            os.close(telling)
            act()
        finally:
            os._exit(0)
    os.close(telling)
    os.read(ready, 1)
    os.close(ready)
    return pid


def _serve() -> None:
    """A daemon that reads its configuration again on SIGHUP, and tells by a file how often it did."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP, signal.SIGUSR1})
    times = 0
    while signal.sigwait({signal.SIGHUP, signal.SIGUSR1}) == signal.SIGHUP:
        times += 1
    os._exit(times)


def _end(pid: int) -> str:
    """What became of a process: the server is asked how often it reloaded."""
    done, status = os.waitpid(pid, os.WNOHANG)
    if not done:
        os.kill(pid, signal.SIGUSR1)
        status = os.waitpid(pid, 0)[1]
    code = os.waitstatus_to_exitcode(status)
    return "lived" if code == -signal.SIGUSR1 else f"ended with {code}"


def _left(known: Collection[int]) -> list[str]:
    """The processes there are once a privsep daemon had time to see that its client is gone; known: not these."""
    for _ in range(100):
        left = {pid: text for pid, text in sight.processes().items() if pid not in known}
        for pid in left:
            with contextlib.suppress(ChildProcessError):  # an orphan's parent is this process, which has to reap it
                os.waitpid(pid, os.WNOHANG)
        if not left:
            break
        time.sleep(0.05)
    return sorted(left.values())


@contextlib.contextmanager
def _listening() -> Iterator[list[str]]:
    """Collect what is sent to /dev/log."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind("/run/log")
        os.chmod("/run/log", 0o666)
        kernel.mount("/run/log", LOG, flags=kernel.MS_BIND)
        os.unlink("/run/log")  # it goes on at its other place
        log: list[str] = []
        receiver.settimeout(0.1)
        over = threading.Event()

        def receive() -> None:
            while True:
                try:
                    log.append(receiver.recv(65536).decode(errors="replace"))
                except TimeoutError:
                    if over.is_set():
                        return

        thread = threading.Thread(target=receive)
        thread.start()
        try:
            yield log
        finally:
            over.set()
            thread.join()


def available() -> str:
    """What this machine lacks to play the scenario, '' when nothing is lacking."""
    if os.geteuid() != 0:
        return "needs root, for sudo in a house of its own"
    missing = [
        name
        for name in ("sudo", "ip", "bridge", "brctl", "kill", "lvs")
        if not shutil.which(name, path=house.SECURE_PATH)
    ]
    return (
        f"not installed: {', '.join(missing)} (Debian's sudo, iproute2, bridge-utils, procps, lvm2)" if missing else ""
    )
