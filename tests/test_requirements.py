"""Functions that need a library: what the commands make of a project that requires it, may require it, or does not."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tests.running import run

NET = """\
from oslo_concurrency import processutils


def set_up(device):
    processutils.execute('ip', 'link', 'set', device, 'up', run_as_root=True, check_exit_code=[0, 2, 254])
"""
PYROUTE2 = "pyroute2>=0.7.1\n"
OPTION = ("--allow-requirement", "pyroute2")
ALLOWED = '[tool.privmigrate]\nallow_requirements = ["pyroute2"]\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "cloud").mkdir(parents=True)
    (folder / "cloud" / "__init__.py").write_text("")
    (folder / "cloud" / "net.py").write_text(NET)
    (folder / "requirements.txt").write_text("oslo.privsep>=1.23\n")
    for path in folder.rglob("*"):  # old enough for the index
        os.utime(path, (time.time() - 60,) * 2)
    return folder


def rung(project: Path, *words: str) -> str:
    """What a scan of the project, which may come from the index, says of its one call."""
    done = run("scan", "--format", "json", *words, "cloud", cwd=project)
    (site,) = json.loads(done.stdout)["sites"]
    return str(site["outcome"]["rung"])


def test_the_outcome_follows_the_requirements_and_what_is_allowed(project: Path) -> None:
    assert rung(project) == "narrow"
    assert rung(project, *OPTION) == "native"
    assert rung(project) == "narrow"
    (project / "requirements.txt").write_text(PYROUTE2)
    assert rung(project) == "native"
    (project / "requirements.txt").write_text("oslo.privsep>=1.23\n")
    assert rung(project) == "narrow"
    (project / "pyproject.toml").write_text(ALLOWED)
    assert rung(project) == "native"


def test_rewrite_imports_a_library_only_where_it_may(project: Path) -> None:
    done = run("rewrite", "cloud", cwd=project)
    assert "pyroute2" not in done.stdout and "'ip', 'link', 'set', device, 'up'" in done.stdout
    done = run("rewrite", *OPTION, "cloud", cwd=project)
    assert "+import pyroute2\n" in done.stdout and "check_exit_code=[0, 2])" in done.stdout


def test_explain_says_what_to_do(project: Path) -> None:
    said = "".join(run("explain", "cloud/net.py:5", cwd=project).stdout.split())
    assert "itimportspyroute2,whichtheprojectdoesnotrequire;--allow-requirementpyroute2addsit" in said
    assert said.count("not-by-rule") == 1
    assert "set_link_up" in run("explain", *OPTION, "cloud/net.py:5", cwd=project).stdout
