"""A tree of many projects: twice as many take twice the work, counted in calls and not in time."""

from __future__ import annotations

import sys
from pathlib import Path

from migrator.understand.scan import scan

EXECUTOR = """\
from oslo_concurrency import processutils


def execute(*cmd, **kwargs):
    return processutils.execute(*cmd, **kwargs)
"""
# Each class keeps an executor, which heirs might replace, and has a wrapper whose name is common.
DRIVER = """\
from {package} import utils


class Driver{number}:
    def __init__(self):
        self._execute = utils.execute

    def _run(self, *cmd, **kwargs):
        return self._execute(*cmd, run_as_root=True, **kwargs)

    def sync(self):
        return self._run("sync")
"""


def projects(folder: Path, number: int) -> Path:
    """So many projects that differ in the name of their package only."""
    for each in range(number):
        package = folder / f"project_{each}"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "utils.py").write_text(EXECUTOR)
        for driver in range(6):
            text = DRIVER.format(package=package.name, number=driver)
            (package / f"driver_{driver}.py").write_text(text)
    return folder


def work(tree: Path) -> tuple[int, int]:
    """How many sites a scan finds, and how many calls of Python functions and turns of generators it takes."""
    calls = 0

    def counted(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        found = scan([str(tree)])
    finally:
        sys.setprofile(before)
    return len(found.sites), calls


def test_twice_as_many_projects_take_twice_the_work(tmp_path: Path) -> None:
    (small, few), (large, many) = (work(projects(tmp_path / str(number), number)) for number in (8, 16))
    assert large == 2 * small > 0
    assert many < 2.15 * few
