"""The workflow of the page: its own steps, run as GitHub runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integrations.pages import new_root_call, project, shown
from tests.running import run


def steps() -> list[dict[str, Any]]:
    (job,) = yaml.safe_load(shown("github", "yaml"))["jobs"].values()
    return list(job["steps"])


def play(copy: Path) -> tuple[list[int], str]:
    """Exit status of each command of ours in the workflow, with all that they print; pip is left out."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "GITHUB_STEP_SUMMARY": str(copy.parent / "summary.md"),
    }
    ended, told, failed = [], "", False
    for step in steps():
        words = step.get("run", "")
        if not words.startswith("privmigrate ") or (failed and step.get("if") != "always()"):
            continue
        done = subprocess.run(["bash", "-e", "-c", words], cwd=copy, env=environment, capture_output=True, text=True)
        ended.append(done.returncode)
        told += done.stdout
        failed = failed or done.returncode != 0
    return ended, told


@pytest.fixture
def moraine(tmp_path: Path) -> Path:
    copy = project(tmp_path)
    assert run("baseline", "moraine", cwd=copy).returncode == 0
    return copy


def test_a_change_without_new_root_calls_passes(moraine: Path) -> None:
    ended, told = play(moraine)
    assert ended == [0, 0] and "::error" not in told
    assert json.loads((moraine / "privmigrate.sarif").read_text())["runs"][0]["results"] == []


def test_a_new_root_call_shows_in_the_change_the_summary_and_code_scanning(moraine: Path) -> None:
    changed = new_root_call(moraine)
    line = changed.read_text().splitlines().index("    utils.execute('wipefs', '-a', path, run_as_root=True)") + 1
    ended, told = play(moraine)
    assert ended == [1, 1]
    assert f"::error file=moraine/image.py,line={line}," in told
    assert "wipefs -a {path}" in (moraine.parent / "summary.md").read_text()
    (result,) = json.loads((moraine / "privmigrate.sarif").read_text())["runs"][0]["results"]
    assert result["ruleId"] == "PRV101"
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("moraine/image.py", line)


def test_the_report_that_is_uploaded_is_the_one_that_is_written() -> None:
    (upload,) = (step for step in steps() if "upload-sarif" in step.get("uses", ""))
    assert any(f"--output {upload['with']['sarif_file']}" in step.get("run", "") for step in steps())
