"""What is parsed: everything in a small tree, in a gate and where a file is named; what may matter in a large one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.running import EXECUTE, run

BROKEN = "answer = = 42\n"
COMPLAINT = "service/broken.py:1:1: PRV901"


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A project of more than a megabyte, with a root call, and a file without one that no Python parses."""
    service = tmp_path / "project" / "service"
    service.mkdir(parents=True)
    (service / "__init__.py").write_text("")
    (service / "files.py").write_text(EXECUTE)
    (service / "broken.py").write_text(BROKEN)
    (service / "filler.py").write_text("# nothing to see here\n" * 60_000)
    return service.parent


def test_scan_of_a_large_tree_parses_what_may_hold_a_root_call(large: Path) -> None:
    done = run("scan", "service", cwd=large)
    assert done.returncode == 1
    assert done.stdout.count("PRV101") == 1
    assert "PRV901" not in done.stdout


def test_scan_of_a_small_tree_parses_all(large: Path) -> None:
    (large / "service" / "filler.py").unlink()
    assert COMPLAINT in run("scan", "service", cwd=large).stdout


@pytest.mark.parametrize("words", [("--strict",), ("--strict", "--no-index"), ("--strict", "--format", "text")])
def test_strict_parses_all(large: Path, words: tuple[str, ...]) -> None:
    run("scan", "service", cwd=large)  # what the index keeps of this one is not the answer
    done = run("scan", *words, "service", cwd=large)
    assert done.returncode == 1
    assert COMPLAINT in done.stdout
    assert done.stdout.count("PRV101") == 1


def test_a_file_that_is_named_is_parsed(large: Path) -> None:
    (large / "service" / "broken.py").write_text(BROKEN + "# and much more\n" * 80_000)
    done = run("scan", "service/broken.py", cwd=large)
    assert done.returncode == 1
    assert COMPLAINT in done.stdout


def test_the_gate_parses_all(large: Path) -> None:
    """Or a root call could be hidden from it in a file that only another Python reads."""
    broken = large / "service" / "broken.py"
    broken.write_text("answer = 42\n")
    assert run("baseline", "service", cwd=large).returncode == 0
    assert run("check", "service", cwd=large).returncode == 0
    broken.write_text(BROKEN)
    done = run("check", "service", cwd=large)
    assert done.returncode == 1
    assert COMPLAINT in done.stdout
    assert run("baseline", "service", cwd=large).returncode == 2
