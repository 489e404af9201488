"""The extension in flake8 itself, alone and with hacking."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tests.integrations.pages import project
from tests.running import EXECUTE, run

CALL = "    processutils.execute('chown', uid, path, run_as_root=True)"


def flake8(*words: str, cwd: Path, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flake8", *words], cwd=cwd, input=text, capture_output=True, text=True, check=False
    )


def test_flake8_finds_the_extension() -> None:
    (found,) = entry_points(group="flake8.extension", name="PRV")
    assert found.value == "migrator.flake8:Checker"


def test_file_local_calls_of_a_project_are_those_of_the_scan(tmp_path: Path) -> None:
    copy = project(tmp_path)
    scanned = run("scan", "--format", "text", "moraine", cwd=copy).stdout.splitlines()
    done = flake8("--isolated", "--select", "PRV", "moraine", cwd=copy)
    found = done.stdout.splitlines()
    assert done.returncode == 1 and not done.stderr, done.stderr
    assert found and set(found) <= {line.replace("./", "") for line in scanned}
    assert not any("/tests/" in line for line in found)
    # `self._execute` is what the driver base class of another file makes of it.
    assert len(found) < len(scanned)


def test_hacking_runs_beside_it(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("# TODO mend this\n" + EXECUTE)
    done = flake8("--isolated", "--select", "PRV,H", "a.py", cwd=tmp_path)
    assert [line.split()[1].strip(":") for line in done.stdout.splitlines()] == ["H101", "PRV101"], (
        done.stdout + done.stderr
    )


def test_standard_input_and_the_place_in_it(tmp_path: Path) -> None:
    done = flake8("--isolated", "--select", "PRV", "-", cwd=tmp_path, text=EXECUTE)
    line = EXECUTE.splitlines().index(CALL) + 1
    assert done.stdout.startswith(f"stdin:{line}:5: PRV101 runs as root: chown {{uid}} {{path}}"), done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mark, told", [("  # noqa: PRV101", 0), ("  # noqa: E501", 1)])
def test_suppression_is_flake8s_own(tmp_path: Path, mark: str, told: int) -> None:
    (tmp_path / "a.py").write_text(EXECUTE.replace(CALL, CALL + mark))
    done = flake8("--isolated", "--select", "PRV", "a.py", cwd=tmp_path)
    assert len(done.stdout.splitlines()) == told


def test_configured_executors_count(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("from far import away\n\n\naway('sudo', 'rm', x)\n")
    before = flake8("--isolated", "--select", "PRV", "a.py", cwd=tmp_path).stdout
    (tmp_path / "tox.ini").write_text("[privmigrate]\nexecutors = far.away\n")
    after = flake8("--isolated", "--select", "PRV", "a.py", cwd=tmp_path).stdout
    assert (before.count("PRV101"), after.count("PRV101")) == (0, 1)


def test_files_below_a_folder_of_tests_are_left_out_but_not_a_project_that_lies_in_one(tmp_path: Path) -> None:
    home = tmp_path / "tests" / "project"
    (home / "tests").mkdir(parents=True)
    (home / "a.py").write_text(EXECUTE)
    (home / "tests" / "a.py").write_text(EXECUTE)
    done = flake8("--isolated", "--select", "PRV", str(home), cwd=home)
    assert len(done.stdout.splitlines()) == 1, done.stdout
