"""The run itself: a house, the service in it as an ordinary user, and what it tells."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import tempfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import IO

from migrator.bench import service
from migrator.bench.machine import Target
from migrator.bench.plan import FOLDER, SECRET, Plan
from migrator.bench.results import Raw
from migrator.fault import Fault
from migrator.verify import house, interpreter
from migrator.verify.house import SECURE_PATH, UID

_SILENCE = 300.0  # seconds without a word, after which the service hangs
# Daemon -> what its command line has in it, and no other's.
_MARKS = {
    "daemon": "oslo-rootwrap-daemon",
    "privsep": ".contexts.default",
    "privsep-native": ".contexts.native",
    "privsep-wide": ".contexts.wide",
}


@dataclass(frozen=True, slots=True)
class _Failed:
    """Why the service came to no end."""

    why: str


def run(plan: Plan, target: Target) -> Generator[str | Raw, None, None]:
    """Measure; yields what is done now, in words, and at last the figures.

    All of it happens in a house (migrator.verify.house): nothing is written to the host, and however this ends, nothing
    of it is left. Needs root. Raises Fault where it cannot be done here, and says why.
    """
    files = service.files(plan, target)
    with contextlib.closing(
        house.stay(
            lambda: _lived(target),
            visible=interpreter.needed(target.python),
            files=files,
            ids_as_outside=True,  # for sudo
        )
    ) as items:
        for item in items:
            if isinstance(item, _Failed):
                raise Fault(f"the calls cannot be made here: {item.why}")
            yield item


def _lived(target: Target) -> Iterator[str | Raw | _Failed]:
    _furnish()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            service.client(target.python),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            bufsize=0,  # a line that waits in a buffer of ours is none that select() sees
            cwd="/tmp",
            env={"PATH": SECURE_PATH, "HOME": "/tmp", "LANG": "C.UTF-8", "PYTHONPATH": service.HOME},
            user=UID,
            group=UID,
            extra_groups=[],
            start_new_session=True,
        )
        try:
            yield from _conversation(process, errors)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _furnish() -> None:
    os.umask(0o022)
    os.makedirs(FOLDER)
    for name, text, mode in (("owned", "", 0o644), ("moded", "", 0o644), ("secret", f"{SECRET}\n", 0o600)):
        with open(f"{FOLDER}/{name}", "w", encoding="utf-8") as stream:
            stream.write(text)
        os.chmod(f"{FOLDER}/{name}", mode)


def _conversation(process: subprocess.Popen[bytes], errors: IO[bytes]) -> Iterator[str | Raw | _Failed]:
    assert process.stdin is not None and process.stdout is not None
    memory: dict[str, list[int]] = {}
    while True:
        if not select.select([process.stdout], [], [], _SILENCE)[0]:
            yield _Failed(f"no call has ended for {_SILENCE:.0f} s")
            return
        line = process.stdout.readline()
        if not line:
            process.wait()
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip().splitlines()
            yield _Failed(said[-1] if said else f"the service ended with {process.returncode}")
            return
        item = json.loads(line)
        if "stage" in item:
            yield str(item["stage"])
        elif "ask" in item:
            memory = _memory()
            process.stdin.write(b"\n")
            process.stdin.flush()
        else:
            yield Raw(item["done"], memory)
            return


def _memory() -> dict[str, list[int]]:
    """The daemons that run just now, with sudo's process where it stays; none where the kernel does not tell (PSS)."""
    found = {name: [0, 0] for name in _MARKS}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            with open(f"/proc/{pid}/cmdline", "rb") as stream:
                line = stream.read().replace(b"\0", b" ").decode(errors="replace")
            for name, mark in _MARKS.items():
                if mark in line:
                    found[name][0] += _pss(pid)
                    found[name][1] += 1
    return {name: figures for name, figures in found.items() if figures[0]}


def _pss(pid: str) -> int:
    """Proportional set size in KiB."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as stream:
        return next(int(line.split()[1]) for line in stream if line.startswith("Pss:"))
