"""However the tool ends, nothing of it is left: no process, and with the processes no namespace and no mount."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.running import COMMAND, environment
from tests.verify import ordinary
from tests.verify.ordinary import MARK, NEEDS_ROOT, ROOT

# A tool whose houses are full of what could be left: mounts, a network namespace, a daemon that left its session.
LITTERING = """
import os, subprocess, sys, time
from migrator.verify import house, sandbox

def litter():
    subprocess.run(
        "ip netns add left; ip link add left type bridge; mount -t tmpfs left /mnt;"
        "setsid sh -c 'trap \\"\\" INT TERM HUP; sleep 1000' > /dev/null 2>&1 & sleep 0.1",
        shell=True, env={"PATH": house.SECURE_PATH}, check=True,
    )
    os.write(1, b"littered\\n")
    if sys.argv[1] == "wait":
        time.sleep(1000)
    if sys.argv[1] == "fail":
        raise ValueError("as asked for")

def work():
    yield sandbox.world(litter, 1000)

for _ in house.stay(work, houses=2):
    pass
"""


def _marked(mark: str) -> dict[int, str]:
    """Processes that were started by the one with this mark in its environment: pid -> name."""
    found = {}
    for entry in os.listdir("/proc"):
        with contextlib.suppress(OSError, ValueError):
            if f"{MARK}={mark}".encode() in Path(f"/proc/{int(entry)}/environ").read_bytes():
                found[int(entry)] = Path(f"/proc/{entry}/comm").read_text().strip()
    return found


def _gone(mark: str) -> dict[int, str]:
    """What is left after at most five seconds."""
    until = time.monotonic() + 5
    while (left := _marked(mark)) and time.monotonic() < until:
        time.sleep(0.02)
    return left


def _traces() -> tuple[list[str], list[str], set[str]]:
    named = sorted(os.listdir("/run/netns")) if os.path.isdir("/run/netns") else []
    loops = sorted(name for name in os.listdir("/sys/block") if os.path.exists(f"/sys/block/{name}/loop"))
    with open("/proc/self/mountinfo") as file:
        return named, loops, {line.split()[4] for line in file}


def _as_oneself(mark: str, how: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", LITTERING, how],
        env=environment(folder, **{MARK: mark, "PYTHONPATH": str(ROOT)}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _as_another(mark: str, how: str, folder: Path) -> subprocess.Popen[str]:
    return ordinary.started(folder, sys.executable, "-c", LITTERING, how, mark=mark)


WHO = [
    pytest.param(_as_oneself, id="oneself", marks=NEEDS_ROOT),  # others' /proc/PID/environ is root's to read
    pytest.param(_as_another, id="an ordinary user", marks=NEEDS_ROOT),
]
Start = Callable[[str, str, Path], "subprocess.Popen[str]"]


def _littered(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None and process.stderr is not None
    for _ in range(2):
        line = process.stdout.readline()
        if line != "littered\n":
            told = process.stderr.read()
            if "HouseError" in told:
                pytest.skip(told.strip().splitlines()[-1])
            raise AssertionError(f"{line}{told}")


@pytest.mark.parametrize("start", WHO)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_after_a_signal(start: Start, number: signal.Signals, tmp_path: Path) -> None:
    mark, before = uuid.uuid4().hex, _traces()
    with start(mark, "wait", tmp_path) as process:
        _littered(process)
        # The tool, two keepers, houses, worlds and what they started.
        assert len(_marked(mark)) >= 9
        process.send_signal(number)
        process.communicate(timeout=20)
    assert process.returncode != 0
    assert _gone(mark) == {}
    assert _traces() == before


@pytest.mark.parametrize("start", WHO)
@pytest.mark.parametrize("how", ["end", "fail"])
def test_nothing_is_left_after_the_work(start: Start, how: str, tmp_path: Path) -> None:
    mark, before = uuid.uuid4().hex, _traces()
    with start(mark, how, tmp_path) as process:
        stdout, told = process.communicate(timeout=20)
    if "HouseError" in told:
        pytest.skip(told.strip().splitlines()[-1])
    assert "littered" in stdout
    assert (process.returncode == 0) == (how == "end"), told
    assert "ValueError: as asked for" in told or how == "end"
    assert _gone(mark) == {}
    assert _traces() == before


@pytest.mark.parametrize("start", WHO)
def test_a_keeper_that_is_killed_takes_its_house_along_and_the_tool_says_so(start: Start, tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    with start(mark, "wait", tmp_path) as process:
        _littered(process)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert len(children) == 2
        os.kill(int(children[0]), signal.SIGKILL)
        _, told = process.communicate(timeout=20)
    assert "HouseFell: it was killed" in told
    assert _gone(mark) == {}


def test_ctrl_c_ends_the_command_with_one_line(tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    process = subprocess.Popen(
        [*COMMAND, "verify", "rules", "--examples", "1000"],
        cwd=ROOT,
        env=environment(tmp_path, **{MARK: mark}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        until = time.monotonic() + 20
        while not _worlds(process.pid) and process.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        if process.poll() is not None:
            pytest.skip(process.communicate()[1])
        os.killpg(process.pid, signal.SIGINT)
        stdout, stderr = process.communicate(timeout=20)
    assert process.returncode == 130
    assert stdout == ""
    assert len(stderr.splitlines()) <= 1 and "Traceback" not in stderr
    assert _gone(mark) == {}


def _worlds(tool: int) -> bool:
    """Whether a house of this tool has begun: the keeper has a child, and that one too."""
    pids = [str(tool)]
    for _ in range(3):
        pids = [
            child
            for pid in pids
            for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            if os.path.exists(f"/proc/{child}")
        ]
    return bool(pids)
