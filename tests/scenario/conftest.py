"""The sample project after its rewrite, which the scenario and the start of its daemons share."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scenario.stage import SAMPLE


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scenario")


@pytest.fixture(scope="session")
def rewritten(folder: Path) -> Path:
    """A copy of the sample after `rewrite --apply`."""
    copy = folder / "moraine"
    shutil.copytree(SAMPLE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    words = [sys.executable, "-m", "migrator", "rewrite", "--apply", "moraine/"]
    done = subprocess.run(words, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return copy
