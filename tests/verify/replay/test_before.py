"""The tree before the rewrite: a folder, or what git has."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from migrator.fault import Fault
from migrator.verify.replay.before import before

IDENTITY = ("-c", "user.name=Test", "-c", "user.email=test@example.com")


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *IDENTITY, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project in git, its file changed since."""
    folder = tmp_path / "project"
    (folder / "pkg").mkdir(parents=True)
    (folder / "pkg" / "__init__.py").write_bytes(b"")
    (folder / "pkg" / "sp \udcff ace.py").write_bytes(b"old = '\xff'\n")
    (folder / ".gitattributes").write_text("pkg export-ignore\n")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "before")
    (folder / "pkg" / "sp \udcff ace.py").write_bytes(b"new\n")
    return folder


def test_git_gives_the_bytes_of_the_commit_even_of_what_no_archive_has(tree: Path) -> None:
    with before([str(tree / "pkg")]) as (old, new):
        assert Path(new) == tree.resolve()
        assert (Path(old) / "pkg" / "sp \udcff ace.py").read_bytes() == b"old = '\xff'\n"
        assert (Path(old) / "pkg" / "__init__.py").read_bytes() == b""
    assert not Path(old).exists()


def test_another_commit_can_be_named(tree: Path) -> None:
    git(tree, "commit", "--quiet", "--all", "--message", "after")
    with before([str(tree / "pkg")], ref="HEAD~1") as (old, _):
        assert (Path(old) / "pkg" / "sp \udcff ace.py").read_bytes().startswith(b"old")


@pytest.mark.parametrize("below", ["", "pkg"])
def test_a_folder_is_found_by_what_lies_in_it(tree: Path, tmp_path: Path, below: str) -> None:
    other = tmp_path / "other"
    (other / "pkg").mkdir(parents=True)
    (other / "pkg" / "__init__.py").write_bytes(b"")
    (other / "pkg" / "sp \udcff ace.py").write_bytes(b"")
    (other / ".gitattributes").write_bytes(b"")
    old, new = _roots(tree / "pkg", other / below)
    assert Path(old) == other / below
    assert Path(new) == tree / below


def _roots(path: Path, folder: Path) -> tuple[str, str]:
    with before([str(path)], str(folder)) as roots:
        return roots


def test_what_cannot_be_compared_is_one_line(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "loose.py").write_bytes(b"")
    for paths, folder, ref, says in (
        ([str(tree / "pkg")], "", "no-such-ref", "no-such-ref"),
        ([str(tmp_path / "loose.py")], "", "HEAD", "--before DIR"),
        ([str(tree / "pkg")], str(tmp_path / "nothing"), "HEAD", "--before takes a folder"),
        ([str(tree / "pkg")], str(Path(__file__).parent), "HEAD", "no Python file in common"),
    ):
        with pytest.raises(Fault, match=says) as raised, before(paths, folder, ref):
            pass
        assert "\n" not in str(raised.value)
