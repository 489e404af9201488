"""The index answers for exactly the tree it was made from, and is never a reason to fail."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from migrator import index
from migrator.understand.walk import Walk, walk

LEDGER: dict[str, Any] = {"schema": "x", "sites": [{"path": "odd\udcff", "line": 1, "ok": True, "none": None}]}
OLD = 1_500_000_000_000_000_000


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "code").mkdir()
    for name in ("a.py", "b.py"):
        (tmp_path / "code" / name).write_text("x = 1\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def slot(
    tree: Path, paths: tuple[str, ...] = ("code",), options: tuple[object, ...] = (), rules: tuple[str, ...] = ()
) -> index.Index:
    return index.slot(str(tree / "cache"), paths, options, rules)


def walked() -> Walk:
    return walk(["code"], tests=False)


def later() -> int:
    """A time from which the files of the tree look old."""
    return time.time_ns() + 10_000_000_000


def test_what_is_kept_is_recalled(tree: Path) -> None:
    assert index.recall(slot(tree), walked()) is None
    assert index.keep(slot(tree), walked(), LEDGER, later())
    assert index.recall(slot(tree), walked()) == LEDGER


def test_equal_options_are_equal_however_they_were_made(tree: Path) -> None:
    assert index.keep(slot(tree, paths=("code",), options=(["x"],)), walked(), LEDGER, later())
    name, option = "".join(["co", "de"]), ["".join(["x"])]
    assert index.recall(slot(tree, paths=(name,), options=(option,)), walked()) == LEDGER


def test_the_filters_and_the_metadata_of_the_projects_are_told(tree: Path) -> None:
    assert index.beside(walked()) == []
    (tree / "code" / "__init__.py").write_text("")
    (tree / "code" / "etc").mkdir()
    (tree / "code" / "etc" / "no.filters").write_text("")
    (tree / "setup.cfg").write_text("")
    filters = tree / "etc" / "code" / "rootwrap.d" / "code.filters"
    filters.parent.mkdir(parents=True)
    filters.write_text("[Filters]\n")
    assert [path for path, _, _ in index.beside(walked())] == [str(filters), str(tree / "setup.cfg")]
    before = index.beside(walked())
    filters.write_text("[Filters]\nlvs: CommandFilter, lvs, root\n")
    assert index.beside(walked()) != before


@pytest.mark.parametrize("change", ["content", "size", "new", "gone", "renamed", "same size, old mtime put back"])
def test_a_changed_tree_is_not_recalled(tree: Path, change: str) -> None:
    file = tree / "code" / "a.py"
    assert index.keep(slot(tree), walked(), LEDGER, later())
    before = file.stat()
    if change == "new":
        (tree / "code" / "c.py").write_text("")
    elif change == "gone":
        file.unlink()
    elif change == "renamed":
        file.rename(tree / "code" / "c.py")
    else:
        changed_at = before.st_ctime_ns
        while file.stat().st_ctime_ns == changed_at:  # until the clock of the file system has moved on
            file.write_text("x = 10\n" if change == "size" else "x = 2\n")
        if change.startswith("same"):
            os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
            assert file.stat().st_mtime_ns == before.st_mtime_ns
    assert index.recall(slot(tree), walked()) is None


def test_other_options_paths_and_folders_have_their_own_slot(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert index.keep(slot(tree), walked(), LEDGER, later())
    assert index.recall(slot(tree, options=(True,)), walked()) is None
    assert index.recall(slot(tree, paths=("./code",)), walked()) is None
    files = walked()
    (tree / "elsewhere").mkdir()
    monkeypatch.chdir(tree / "elsewhere")
    assert index.recall(slot(tree), files) is None


def test_another_version_or_python_is_not_trusted(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert index.keep(slot(tree), walked(), LEDGER, later())
    with monkeypatch.context() as patch:
        patch.setattr(index, "__version__", "99")
        assert index.recall(slot(tree), walked()) is None
    with monkeypatch.context() as patch:
        patch.setattr("sys.version", "3.99")
        assert index.recall(slot(tree), walked()) is None
    assert index.recall(slot(tree), walked()) == LEDGER


def test_a_changed_rule_is_noticed(tree: Path) -> None:
    (tree / "rules").mkdir()
    (tree / "rules" / "chown.py").write_text("one")
    assert index.keep(slot(tree, rules=("rules",)), walked(), LEDGER, later())
    assert index.recall(slot(tree, rules=("rules",)), walked()) == LEDGER
    (tree / "rules" / "chown.py").write_text("three")
    assert index.recall(slot(tree, rules=("rules",)), walked()) is None


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "foreign", "other shape"])
def test_a_damaged_entry_is_not_used_and_then_replaced(tree: Path, damage: str) -> None:
    place = slot(tree)
    assert index.keep(place, walked(), LEDGER, later())
    file = Path(place.path)
    data = file.read_bytes()
    middle = len(data) // 2
    file.write_bytes(
        {
            "empty": b"",
            "cut": data[:middle],
            "flipped": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
            "foreign": b"\x80\x04." * 100,
            "other shape": data[:28],
        }[damage]
    )
    assert index.recall(place, walked()) is None
    assert index.keep(place, walked(), LEDGER, later())
    assert index.recall(place, walked()) == LEDGER


def test_a_file_as_young_as_the_scan_is_not_relied_on(tree: Path) -> None:
    files = walked()
    youngest = max(files.changed)
    assert not index.keep(slot(tree), files, LEDGER, youngest)
    assert not index.keep(slot(tree), files, LEDGER, youngest + 1_000_000)
    assert index.keep(slot(tree), files, LEDGER, youngest + 3_000_000_000)


def test_a_time_in_the_future_is_not_relied_on(tree: Path) -> None:
    os.utime("code/a.py", ns=(0, later() * 2))
    assert not index.keep(slot(tree), walked(), LEDGER, later())


def test_whole_seconds_are_taken_for_a_coarse_clock() -> None:
    def kept(time_ns: int, since: int) -> bool:
        return index.keep(index.Index("/dev/null/x.index", ""), Walk([("a.py", OLD, 1)], [time_ns], []), {}, since)

    assert index._young(OLD, OLD + 1_500_000_000)
    assert not index._young(OLD + 1, OLD + 1_500_000_000)
    assert not kept(OLD, OLD)


def test_a_folder_that_cannot_be_written_only_means_no_index(tree: Path) -> None:
    (tree / "cache").write_text("a file stands here")
    assert not index.keep(slot(tree), walked(), LEDGER, later())
    assert index.recall(slot(tree), walked()) is None


def test_nobody_else_can_read_it_and_no_draft_stays(tree: Path) -> None:
    place = slot(tree)
    assert index.keep(place, walked(), LEDGER, later())
    assert os.stat(place.path).st_mode & 0o777 == 0o600
    assert os.stat(tree / "cache").st_mode & 0o777 == 0o700
    assert os.listdir(tree / "cache") == [os.path.basename(place.path)]


def test_an_entry_of_another_user_is_not_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert index.keep(slot(tree), walked(), LEDGER, later())
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert index.recall(slot(tree), walked()) is None


def test_it_keeps_a_bounded_number_and_removes_the_oldest(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_MOST_ENTRIES", 3)
    for number in range(6):
        place = slot(tree, options=(number,))
        assert index.keep(place, walked(), LEDGER, later())
        os.utime(place.path, ns=(number, number))
    assert len(os.listdir(tree / "cache")) == 3
    recalled = [index.recall(slot(tree, options=(number,)), walked()) for number in range(6)]
    assert [entry is not None for entry in recalled] == [False, False, False, True, True, True]


def test_it_keeps_a_bounded_number_of_bytes(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert index.keep(slot(tree), walked(), LEDGER, later())
    size = os.stat(slot(tree).path).st_size
    monkeypatch.setattr(index, "_MOST_BYTES", size * 2 + size // 2)
    for number in range(6):
        assert index.keep(slot(tree, options=(number,)), walked(), LEDGER, later())
    assert len(os.listdir(tree / "cache")) == 2
    monkeypatch.setattr(index, "_ENTRY_BYTES", size - 20)
    assert not index.keep(slot(tree), walked(), LEDGER, later())


def test_drafts_of_killed_runs_are_removed_and_foreign_files_left(tree: Path) -> None:
    assert index.keep(slot(tree), walked(), LEDGER, later())
    for name in ("0.index.77.1", "1.index.78.2", "notes.txt"):
        (tree / "cache" / name).write_text("")
    os.utime(tree / "cache" / "0.index.77.1", ns=(OLD, OLD))
    os.utime(tree / "cache" / "notes.txt", ns=(OLD, OLD))
    assert index.keep(slot(tree), walked(), LEDGER, later())
    assert {"1.index.78.2", "notes.txt"} <= set(os.listdir(tree / "cache"))
    assert "0.index.77.1" not in os.listdir(tree / "cache")


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"XDG_CACHE_HOME": "/x"}, "/x/privmigrate"),
        ({"XDG_CACHE_HOME": "relative"}, "/home/u/.cache/privmigrate"),
        ({}, "/home/u/.cache/privmigrate"),
        ({"XDG_CACHE_HOME": "/x", "PRIVMIGRATE_NO_INDEX": "1"}, None),
        ({"XDG_CACHE_HOME": "/x", "PRIVMIGRATE_NO_INDEX": ""}, "/x/privmigrate"),
    ],
)
def test_where_it_lies(environ: dict[str, str], folder: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/u")
    assert index.home(environ) == folder
