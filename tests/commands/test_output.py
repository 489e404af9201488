"""A report lands whole or not at all, and keeps what the file was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from migrator.commands.output import put
from migrator.fault import Fault


def test_a_file_is_replaced_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "out.txt"
    file.write_text("something long that was there before")
    file.chmod(0o640)
    put("short\n", str(file))
    assert file.read_text() == "short\n"
    assert file.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["out.txt"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    put("new", str(tmp_path / "link.txt"))
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


def test_a_failure_leaves_the_old_file_and_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "out.txt"
    file.write_text("old")

    def failing(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(Fault, match=r"out\.txt: can't be written: No space left on device"):
        put("new", str(file))
    assert file.read_text() == "old"
    assert os.listdir(tmp_path) == ["out.txt"]


def test_a_device_is_written_to_and_not_replaced() -> None:
    put("x", "/dev/null")
    assert not os.path.isfile("/dev/null")
    with pytest.raises(Fault, match="No space left"):
        put("x", "/dev/full")


def test_standard_output_gets_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    put("x\n" * 100_000)
    assert capsys.readouterr().out == "x\n" * 100_000
