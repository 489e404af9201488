"""The project around the current folder, whose packages are taken where no path is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.commands.worktree import packages, root
from migrator.fault import Fault


def package(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    return folder


@pytest.mark.parametrize("mark", ["pyproject.toml", "setup.cfg", "setup.py", ".git"])
def test_the_packages_beside_the_nearest_mark(mark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text("")  # of something larger, further up
    project = tmp_path / "project"
    inside = package(project / "cloudy" / "virt")
    for name in ("cloudy", "other", "tests", "doc", "not-a-name"):
        (project / name).mkdir(exist_ok=True)
        (project / name / "__init__.py").write_text("")
    (project / "etc").mkdir()
    (project / mark).write_text("")
    monkeypatch.chdir(project)
    assert packages() == ["cloudy", "other"]
    monkeypatch.chdir(inside)
    assert packages() == ["..", "../../other"]
    assert root(str(inside)) == str(project)


def test_packages_in_src(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path / "src" / "cloudy")
    (tmp_path / "pyproject.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    assert packages() == ["src/cloudy"]


def test_a_project_without_a_package_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "setup.cfg").write_text("")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Fault, match=r"^\.: a project without a package .*; name a PATH$"):
        packages()


def test_no_project_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrator.commands.worktree._MARKS", (f"{tmp_path.name}.mark",))  # whatever lies above
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Fault, match=r"^no project here: .*; name a PATH$"):
        packages()
