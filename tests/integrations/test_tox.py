"""The tox environment of the page, run by tox, and the Zuul job that names it."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
from pathlib import Path

import yaml

from tests.integrations.pages import ROOT, SAMPLE, new_root_call, project, shown
from tests.running import run


def tox(copy: Path) -> subprocess.CompletedProcess[str]:
    """`tox -e privmigrate` with this checkout in the place of the released package."""
    environment = {**os.environ, "TOX_OVERRIDE": f"testenv:privmigrate.deps={ROOT}"}
    return subprocess.run(
        [sys.executable, "-m", "tox", "run", "-q", "-e", "privmigrate"],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_tox_holds_the_project_to_its_baseline(tmp_path: Path) -> None:
    copy = project(tmp_path, **{"tox.ini": (SAMPLE / "tox.ini").read_text() + "\n" + shown("tox", "ini")})
    for line in shown("tox", "sh").splitlines():
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=copy,
            env={**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    done = tox(copy)
    assert done.returncode == 0, done.stdout + done.stderr
    new_root_call(copy)
    done = tox(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "wipefs -a {path}" in done.stdout and run("check", "moraine", cwd=copy).returncode == 1


def test_zuuls_job_runs_that_environment_and_does_not_vote_at_first() -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(shown("tox", "ini"))
    job, pipelines = yaml.safe_load(shown("zuul", "yaml"))
    assert job["job"]["parent"] == "openstack-tox"
    assert f"testenv:{job['job']['vars']['tox_envlist']}" in parser.sections()
    (used,) = pipelines["project"]["check"]["jobs"]
    assert used == {job["job"]["name"]: {"voting": False}}
