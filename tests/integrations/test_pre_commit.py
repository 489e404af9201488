"""The hooks that other repositories name, installed and run by pre-commit itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.integrations.pages import ROOT, commit, git, new_root_call, project, shown
from tests.running import run


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This checkout as a repository of hooks: pre-commit clones what it installs."""
    copy = tmp_path_factory.mktemp("hooks") / "privmigrate"
    git(ROOT, "-c", "safe.directory=*", "clone", "--quiet", "--no-hardlinks", ".", str(copy))
    for name in (".pre-commit-hooks.yaml", "pyproject.toml"):
        (copy / name).write_text((ROOT / name).read_text())
    subprocess.run(["cp", "-r", str(ROOT / "migrator"), str(ROOT / "rules"), str(copy)], check=True)
    if subprocess.run(["git", "status", "--porcelain"], cwd=copy, capture_output=True, check=True).stdout:
        commit(copy)
    return copy


def pre_commit(copy: Path, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--verbose"],
        cwd=copy,
        env={**os.environ, "PRE_COMMIT_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_both_hooks(hooks: Path, tmp_path: Path) -> None:
    page = yaml.safe_load(shown("pre-commit", "yaml"))
    (repository,) = page["repos"]
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=hooks, capture_output=True, text=True, check=True)
    repository.update(repo=str(hooks), rev=head.stdout.strip())
    copy = project(tmp_path, **{".pre-commit-config.yaml": yaml.safe_dump(page)})
    # The migration's end: what can move has moved, the rest is known.
    assert run("rewrite", "--apply", "moraine", cwd=copy).returncode == 0
    assert run("baseline", cwd=copy).returncode == 0
    commit(copy)
    changed = new_root_call(copy)
    git(copy, "add", ".")
    done = pre_commit(copy, tmp_path / "home")
    told = done.stdout + done.stderr
    assert done.returncode == 1, told
    assert "privmigrate check....." in told and "wipefs -a {path}" in told, told
    assert "files were modified by this hook" in told, told
    assert "    moraine.privsep.fs.wipefs(str(path))\n" in changed.read_text(), told
    git(copy, "add", ".")
    assert pre_commit(copy, tmp_path / "home").returncode == 0
