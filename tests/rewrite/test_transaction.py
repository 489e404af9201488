"""All files of a run are written or none, whatever ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from migrator.fault import Fault
from migrator.rewrite.transaction import JOURNAL, Change, commit, recover

STEPS = ["journal", *["prepared"] * 4, *["replaced"] * 4]
BEFORE = {"a.py": b"old a", "b.py": b"old b", "etc/d/gone": b"old d"}


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def changes(folder: Path) -> list[Change]:
    (folder / "a.py").write_bytes(b"old a")
    (folder / "b.py").write_bytes(b"old b")
    (folder / "etc" / "d").mkdir(parents=True)
    (folder / "etc" / "d" / "gone").write_bytes(b"old d")
    return [
        Change(str(folder / "a.py"), b"old a", b"new a"),
        Change(str(folder / "b.py"), b"old b", b"new b"),
        Change(str(folder / "etc" / "d" / "gone"), b"old d", b"", removed=True),
        Change(str(folder / "deep" / "er" / "c.py"), None, b"new c"),
    ]


def test_every_file_is_written_and_nothing_else_stays(tmp_path: Path) -> None:
    commit(changes(tmp_path), str(tmp_path))
    assert tree(tmp_path) == {"a.py": b"new a", "b.py": b"new b", "deep/er/c.py": b"new c"}
    assert not (tmp_path / "etc").exists()


@pytest.mark.parametrize("stop", range(len(STEPS)))
def test_ctrl_c_at_any_step_leaves_everything_as_it_was(tmp_path: Path, stop: int) -> None:
    seen: list[str] = []

    def step(name: str) -> None:
        seen.append(name)
        if len(seen) == stop + 1:
            raise KeyboardInterrupt

    planned = changes(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        commit(planned, str(tmp_path), step=step)
    assert tree(tmp_path) == BEFORE
    assert not (tmp_path / "deep").exists()
    assert seen == STEPS[: stop + 1]


KILLED = """
import os, signal, sys
from migrator.rewrite.transaction import Change, commit
seen = []
def step(name):
    seen.append(name)
    if len(seen) == int(sys.argv[2]) + 1:
        os.kill(os.getpid(), signal.SIGKILL)
folder = sys.argv[1]
commit([Change(folder + "/a.py", b"old a", b"new a"), Change(folder + "/b.py", b"old b", b"new b"),
        Change(folder + "/etc/d/gone", b"old d", b"", removed=True),
        Change(folder + "/deep/er/c.py", None, b"new c")], folder, step=step)
"""


@pytest.mark.parametrize("stop", range(len(STEPS)))
def test_after_a_kill_the_next_run_puts_everything_back(tmp_path: Path, stop: int) -> None:
    changes(tmp_path)
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(stop)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / JOURNAL).exists()
    assert recover([str(tmp_path / "a.py")]) == [str(tmp_path / JOURNAL)]
    assert tree(tmp_path) == BEFORE
    assert recover([str(tmp_path)]) == []


def test_a_file_edited_after_a_kill_is_not_overwritten(tmp_path: Path) -> None:
    changes(tmp_path)
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), "6"], check=False)
    (tmp_path / "a.py").write_bytes(b"by hand")
    with pytest.raises(Fault, match=r"a\.py: changed after an interrupted run"):
        recover([str(tmp_path)])
    assert (tmp_path / "a.py").read_bytes() == b"by hand"


def test_a_second_run_is_kept_out_while_one_writes(tmp_path: Path) -> None:
    planned = changes(tmp_path)

    def step(name: str) -> None:
        if name != "journal":
            return
        with pytest.raises(Fault, match="another run"):
            recover([str(tmp_path)])
        with pytest.raises(Fault, match="another run"):
            commit(planned, str(tmp_path))

    commit(planned, str(tmp_path), step=step)


def test_a_file_changed_since_it_was_read_stops_the_run(tmp_path: Path) -> None:
    planned = changes(tmp_path)
    (tmp_path / "b.py").write_bytes(b"by hand")
    with pytest.raises(Fault, match=r"b\.py: changed since"):
        commit(planned, str(tmp_path))
    assert tree(tmp_path) == {**BEFORE, "b.py": b"by hand"}


def test_a_read_only_file_stops_the_run(tmp_path: Path) -> None:
    planned = changes(tmp_path)
    (tmp_path / "b.py").chmod(0o444)
    with pytest.raises(Fault, match=r"b\.py: read-only"):
        commit(planned, str(tmp_path))
    assert (tmp_path / "a.py").read_bytes() == b"old a"


def test_the_mode_is_kept(tmp_path: Path) -> None:
    planned = changes(tmp_path)
    (tmp_path / "a.py").chmod(0o750)
    commit(planned, str(tmp_path))
    assert (tmp_path / "a.py").stat().st_mode & 0o7777 == 0o750


def test_a_link_inside_the_tree_stays_a_link(tmp_path: Path) -> None:
    planned = changes(tmp_path)
    (tmp_path / "link.py").symlink_to("a.py")
    commit([Change(str(tmp_path / "link.py"), b"old a", b"new a"), *planned[1:]], str(tmp_path))
    assert (tmp_path / "link.py").is_symlink()
    assert (tmp_path / "a.py").read_bytes() == b"new a"


def test_a_link_out_of_the_tree_is_refused(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out.py"
    inside.mkdir()
    outside.write_bytes(b"old")
    os.symlink(outside, inside / "link.py")
    with pytest.raises(Fault, match="symbolic link"):
        commit([Change(str(inside / "link.py"), b"old", b"new")], str(inside))
    assert outside.read_bytes() == b"old"
