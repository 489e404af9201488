"""privmigrate bench: what it measures for real, what is left when it is ended, and what it refuses."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from migrator.report import benched
from migrator.verify.house import SECURE_PATH
from tests.bench.made import run as made
from tests.running import COMMAND, environment, refused, run

lacking = [name for name in ("sudo", "ip") if not shutil.which(name, path=SECURE_PATH)]
as_root = pytest.mark.skipif(
    os.geteuid() != 0 or bool(lacking), reason="calls are NOT timed: needs root, and Debian's sudo and iproute2"
)


@as_root
def test_every_way_is_measured_and_native_is_the_fastest(tmp_path: Path) -> None:
    done = run("bench", "--quick", "--rounds", "2", "--only", "chown", "--json", "run.json", cwd=tmp_path)
    if "nobody make" in done.stderr or "no user namespace" in done.stderr:
        pytest.skip(f"calls are NOT timed: {done.stderr}")
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "run.json").read_text())
    assert {way: of_way["chown"]["n"] for way, of_way in found["ways"].items()} == {
        "rootwrap": 2,
        "daemon": 8,
        "exec": 8,
        "native": 8,
    }
    # Ratios are below a tenth of what they are anywhere: a busy machine does not fail this.
    ratios = {name: one["min"] for name, one in found["ratios"]["chown"].items()}
    assert ratios["rootwrap/native"] > 20 and ratios["exec/native"] > 2
    assert set(found["startup"]) == {"daemon", "privsep", "privsep-rootwrap"}
    rates = {
        (one["operation"], one["way"], one["pool"], one["threads"]): one["per_second"] for one in found["throughput"]
    }
    assert rates["wait", "native", 8, 8] > 2 * rates["wait", "native", 8, 1]
    assert all(one["pss_kib"] > 1000 for one in found["memory"].values())
    daemons = {name: one["processes"] for name, one in found["memory"].items()}
    assert daemons.pop("daemon") in (1, 2)  # with sudo's, where that stays
    assert daemons == {"privsep": 1, "privsep-native": 1, "privsep-wide": 1}
    again = benched.loads((tmp_path / "run.json").read_text(), "run.json")
    assert json.loads(benched.dumps(again)).keys() == found.keys()
    assert "privsep, native" in done.stdout


@as_root
def test_nothing_is_left_however_it_is_ended(tmp_path: Path) -> None:
    words = [*COMMAND, "bench", "--only", "chown", "--rounds", "1000", "--json", "run.json"]
    signals = {signal.SIGINT: 130, signal.SIGTERM: -signal.SIGTERM, signal.SIGKILL: -signal.SIGKILL}
    running = {
        number: subprocess.Popen(
            words, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for number in signals
    }
    try:
        below = {number: _daemons(process.pid) for number, process in running.items()}
        for number, process in running.items():
            if not below[number]:
                process.kill()
                pytest.skip(f"calls are NOT timed: {process.communicate()[1].decode()}")
            process.send_signal(number)
        for number, process in running.items():
            process.communicate(timeout=30)
            assert process.returncode == signals[number]
    finally:
        for process in running.values():
            process.kill()
            process.wait()
    until = time.monotonic() + 10
    left = {pid for pids in below.values() for pid in pids}
    while left and time.monotonic() < until:
        left = {pid for pid in left if os.path.exists(f"/proc/{pid}")}
        time.sleep(0.05)
    assert left == set()
    assert os.listdir(tmp_path) == []
    assert not os.path.exists("/etc/privmigrate-bench")


def _daemons(parent: int) -> set[int]:
    """The processes below one, once a daemon is among them; empty when it ends before that."""
    until = time.monotonic() + 60
    while time.monotonic() < until and os.path.exists(f"/proc/{parent}/exe"):
        below = _below(parent)
        if any(b"oslo-rootwrap-daemon" in _line(pid) for pid in below):
            return below
        time.sleep(0.05)
    return set()


def _line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has ended
        return b""


def _below(parent: int) -> set[int]:
    found: set[int] = set()
    waiting = [parent]
    for pid in waiting:  # it grows
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            continue
        waiting += map(int, children)
        found |= set(map(int, children))
    return found


def test_an_ordinary_user_is_told_what_it_needs(tmp_path: Path) -> None:
    code = (
        "import os, sys; from migrator import cli; os.geteuid = lambda: 65534; "
        "sys.argv[0] = '/opt/bin/privmigrate'; sys.exit(cli.main(['bench']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    (line,) = refused(done).splitlines()
    assert "run `sudo /opt/bin/privmigrate bench`" in line
    assert line.endswith(" ALL=(root) NOPASSWD: /opt/bin/privmigrate bench, /opt/bin/privmigrate bench --json -")


@pytest.mark.parametrize(
    "words, told",
    [
        (["--rounds", "-3"], "--rounds -3"),
        (["--only", "mount"], "invalid choice: 'mount'"),
        (["--compare", "no.json"], "no.json: the figures can't be read: No such file"),
        (["--json", "no/run.json"], "no/run.json: can't be written"),
        (["--json", "."], ".: can't be written"),
        (["--compare", "."], ".: the figures can't be read: Is a directory"),
    ],
)
def test_wrong_usage_is_one_line(tmp_path: Path, words: list[str], told: str) -> None:
    assert told in refused(run("bench", *words, cwd=tmp_path))


@as_root
def test_an_interpreter_without_the_libraries_is_named(tmp_path: Path) -> None:
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    bare.chmod(0o755)
    told = refused(run("bench", "--python", bare, cwd=tmp_path))
    assert told.startswith(f"{bare}: oslo.rootwrap, oslo.privsep, oslo.concurrency, pyroute2 not installed there")
    none = tmp_path / "none"
    assert refused(run("bench", "--python", none, cwd=tmp_path)).startswith(f"{none}: cannot be run (No such file")
    told = refused(run("bench", "--python", "false", cwd=tmp_path))
    assert "cannot be run (it ends with status 1); --python names" in told


def test_the_report_shows_a_run_on_its_page_only(tmp_path: Path) -> None:
    folder = tmp_path / "service"
    folder.mkdir()
    (folder / "a.py").write_text("x = 1\n")
    (folder / "run.json").write_text(benched.dumps(made()))
    done = run("report", ".", "--format", "html", "--bench", "run.json", cwd=folder)
    assert done.returncode == 0 and "What one call costs" in done.stdout and "1,000x" in done.stdout
    assert "--format html" in refused(run("report", ".", "--bench", "run.json", cwd=folder))
    assert "exclude" in refused(run("report", ".", "--history", "--bench", "run.json", cwd=folder))
