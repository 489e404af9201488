"""The walk lists what the user means, once, and ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from migrator.fault import Fault
from migrator.understand.walk import spelled, walk


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (
        "nova/__init__.py",
        "nova/virt/driver.py",
        "nova/tests/unit/test_driver.py",
        "nova/virt/test/helper.py",
        "nova/notes.txt",
        "nova/.hidden/a.py",
        "nova/__pycache__/a.py",
        "nova/node_modules/a.py",
        "build/lib/nova/a.py",
        "dist/a.py",
        "nova/build/__init__.py",
        "nova/build/image.py",
        "env/pyvenv.cfg",
        "env/a.py",
        "env/lib/b.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def listed(*paths: str, tests: bool = False, exclude: tuple[str, ...] = ()) -> list[str]:
    return [path for path, _, _ in walk(paths, tests=tests, exclude=exclude).files]


PLAIN = ["nova/__init__.py", "nova/build/__init__.py", "nova/build/image.py", "nova/virt/driver.py"]


@pytest.mark.parametrize("spelling", [".", "nova", "nova/", "./nova", "nova/../nova//"])
def test_paths_are_spelled_from_the_current_folder(tree: Path, spelling: str) -> None:
    assert listed(spelling) == PLAIN
    assert listed(str(tree / spelling)) == PLAIN


def test_a_path_outside_keeps_its_spelling(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree / "nova" / "virt")
    assert listed("../build") == ["../build/__init__.py", "../build/image.py"]
    assert listed(str(tree / "nova" / "build" / "image.py")) == [str(tree / "nova" / "build" / "image.py")]


@pytest.mark.parametrize(("path", "expected"), [("a/b", "b"), ("/a", "."), ("/ab/c", "/ab/c"), ("", "."), ("/", "/")])
def test_spelling_at_the_edges(path: str, expected: str) -> None:
    assert spelled("/a/b" if path == "a/b" else path, "/a") == expected
    assert spelled("/x", "/") == "x"


def test_tests_only_when_asked_for(tree: Path) -> None:
    assert listed("nova", tests=True) == sorted([*PLAIN, "nova/tests/unit/test_driver.py", "nova/virt/test/helper.py"])


def test_what_is_named_is_taken_wherever_it_lies(tree: Path) -> None:
    assert listed("nova/tests") == ["nova/tests/unit/test_driver.py"]
    assert listed("nova/tests/unit/test_driver.py") == ["nova/tests/unit/test_driver.py"]
    assert listed("nova/.hidden") == ["nova/.hidden/a.py"]
    assert listed("nova/notes.txt") == ["nova/notes.txt"]
    assert listed("env") == ["env/a.py", "env/lib/b.py"]


def test_a_file_named_twice_is_listed_once(tree: Path) -> None:
    assert listed("nova/virt", "nova", "nova/virt/driver.py") == PLAIN


def test_excluded_by_name_and_by_path(tree: Path) -> None:
    assert listed(".", exclude=("build",)) == ["nova/__init__.py", "nova/virt/driver.py"]
    assert listed(".", exclude=(f"{tree}/nova/v*", "image.py")) == ["nova/__init__.py", "nova/build/__init__.py"]
    assert listed(".", exclude=(f"{tree}/nova/virt/",)) == PLAIN[:3]


def test_size_and_times_are_those_of_the_file(tree: Path) -> None:
    (tree / "nova" / "virt" / "driver.py").write_text("x = 1\n")
    status = os.stat("nova/virt/driver.py")
    found = walk(["nova/virt"], tests=False)
    assert found.files == [("nova/virt/driver.py", status.st_mtime_ns, 6)]
    assert found.changed == [status.st_ctime_ns]
    assert found.problems == []


def test_links_that_lead_back_are_not_followed(tree: Path) -> None:
    os.symlink("..", "nova/virt/loop")
    os.symlink(".", "nova/virt/self")
    os.symlink("virt", "nova/again")
    os.symlink("/", "nova/everything")
    assert listed("nova") == PLAIN
    assert listed(".") == PLAIN


def test_a_link_that_leads_out_is_followed_once(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "more.py").write_text("")
    os.symlink(outside, outside / "round")
    os.symlink(outside, "nova/virt/out")
    os.symlink(outside, "nova/virt/out2")
    (name,) = set(listed("nova")) - set(PLAIN)
    assert name in ("nova/virt/out/more.py", "nova/virt/out2/more.py")


def test_a_link_to_a_file_is_a_file(tree: Path) -> None:
    os.symlink("driver.py", "nova/virt/link.py")
    os.symlink("gone.py", "nova/virt/dangling.py")
    assert listed("nova/virt") == ["nova/virt/driver.py", "nova/virt/link.py"]


def test_a_folder_called_like_a_file_is_a_folder(tree: Path) -> None:
    (tree / "nova" / "odd.py").mkdir()
    (tree / "nova" / "odd.py" / "inner.py").write_text("")
    os.mkfifo("nova/pipe.py")
    assert listed("nova") == [*PLAIN[:3], "nova/odd.py/inner.py", PLAIN[3]]


def test_nothing_to_scan_is_a_fault(tree: Path) -> None:
    (tree / "empty").mkdir()
    os.mkfifo("pipe")
    with pytest.raises(Fault, match=r"^nowhere: no such file or directory; name"):
        walk(["nowhere"], tests=False)
    with pytest.raises(Fault, match=r"^empty: no Python file below it \(folders named tests are left out"):
        walk(["empty"], tests=False)
    with pytest.raises(Fault, match=r"^pipe: neither a file nor a folder"):
        walk(["pipe"], tests=False)
    with pytest.raises(Fault, match="embedded null"):
        walk(["a\0b"], tests=False)


def test_a_folder_that_cannot_be_listed_is_a_problem(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.scandir

    def refusing(path: str) -> object:
        if path == "nova/virt":
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", refusing)
    found = walk(["nova"], tests=False)
    assert found.problems == [("nova/virt", "cannot be listed: Permission denied")]
    assert [path for path, _, _ in found.files] == PLAIN[:3]


def test_it_imports_nothing_that_costs_start_up_time() -> None:
    code = "import sys; import migrator.understand.walk, migrator.index, migrator.config; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert {"typing", "re", "dataclasses", "enum", "pathlib", "json", "ast"}.isdisjoint(loaded)


def test_a_link_to_itself_hides_nothing_beside_it(tree: Path) -> None:
    for name in ("loop", "loop.py"):
        os.symlink(name, tree / "nova" / name)
    found = walk(["nova"], tests=False)
    assert [path for path, _, _ in found.files] == PLAIN
    assert [path for path, _ in found.problems] == ["nova/loop", "nova/loop.py"]
