"""The real daemon, started in each way, and what becomes of a call that never comes back."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from migrator.fault import Fault
from migrator.verify.house import UID, HouseError
from migrator.verify.replay import deployment, running

CONTEXT = """\
from oslo_privsep import priv_context

pctxt = priv_context.PrivContext(
    __name__, cfg_section='pkg_sys_admin', pypath=__name__ + '.pctxt', capabilities=[])
"""
FUNCTIONS = """\
import os
import sys
import threading

from oslo_concurrency import processutils

from pkg import privsep


@privsep.pctxt.entrypoint
def run(word):
    return processutils.execute('prog', word, process_input='in', cwd='/srv/none')


@privsep.pctxt.entrypoint
def hang(word):
    threading.Event().wait()


@privsep.pctxt.entrypoint
def leave(word):
    os._exit(3)


@privsep.pctxt.entrypoint
def odd(word):
    processutils.execute('prog', word)
    return {word}


@privsep.pctxt.entrypoint
def reads(word):
    return sys.stdin.read()


@privsep.pctxt.entrypoint
def writes(word):
    with open('/tmp/made', 'w') as file:
        file.write(word)


def plain(word):
    return processutils.execute('prog', word)
"""


@pytest.fixture
def target(tmp_path: Path) -> Path:
    package = tmp_path / "pkg" / "privsep"
    package.mkdir(parents=True)
    (tmp_path / "pkg" / "__init__.py").write_text("import a_module_that_is_not_installed\n")
    (package / "__init__.py").write_text(CONTEXT)
    (package / "area.py").write_text(FUNCTIONS)
    for path in (tmp_path, *tmp_path.rglob("*")):
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    return tmp_path


def job(name: str, word: Any = "word", number: int = 0, program: str = "recorder") -> Mapping[str, Any]:
    options = {"dict": [["process_input", "in"], ["cwd", "/srv/none"]]}
    return {
        "id": number,
        "function": f"pkg.privsep.area.{name}",
        "program": program,
        "plan": [{"exit": 0, "stdout": "out\n", "stderr": "err\xff"}],
        "old": {"words": {"list": ["prog", word]}, "options": options},
        "new": {"args": {"list": [word]}, "keywords": {"dict": []}},
    }


def answers(
    root: Path, *jobs: Mapping[str, Any], daemon: deployment.Daemon = deployment.FORK
) -> list[Mapping[str, Any]]:
    try:
        found = list(running.inside(jobs, str(root), daemon))
    except HouseError as error:
        pytest.skip(f"no house can be made here: {error}")
    return [result for _, result in sorted(found, key=lambda pair: pair[0]["id"])]


@pytest.mark.parametrize("way", ["fork", "sudo", "rootwrap"])
def test_both_sides_are_seen_through_a_daemon_that_is_started_like_this(target: Path, way: str) -> None:
    daemon = deployment.WAYS[way]
    if way != "fork" and shutil.which("sudo") is None:
        pytest.skip("sudo is not installed")
    odd = "line\nand \udcff"
    (result,) = answers(target, job("run", odd), daemon=daemon)
    for side in (result["old"], result["new"]):
        (run,) = side["runs"]
        assert run["argv"] == ["prog", odd.encode("utf-8", "surrogateescape").decode("latin-1")]
        assert (run["stdin"], run["cwd"]) == ("in", "/srv/none")
        assert side["returned"]["tuple"] == ["out\n", "err\udcff"]
    assert result["old"]["runs"][0]["umask"] == 0o022
    assert result["new"]["runs"][0]["umask"] == 0  # what the daemon hands on when a function does not set one
    (environment,) = result["new"]["daemon"]
    assert environment.get("SUDO_UID") == (None if way == "fork" else str(UID))
    assert ("privmigrate-rootwrap" in environment.get("SUDO_COMMAND", "")) == (way == "rootwrap")


def test_a_call_that_hangs_is_told_and_what_follows_is_run(target: Path) -> None:
    daemon = replace(deployment.FORK, timeout=3)
    found = answers(
        target, job("hang"), job("run", number=1), job("hang", number=2), job("run", number=3), daemon=daemon
    )
    assert found[0]["failed"] == found[2]["failed"] == "no answer after 3 seconds"
    assert found[1]["new"]["runs"] and found[3]["new"]["runs"]


def test_a_daemon_that_ends_is_an_exception_of_the_caller(target: Path) -> None:
    (found,) = answers(target, job("leave"))
    assert found["new"]["raised"]["class"].endswith("Error")
    assert not found["new"]["runs"]


def test_what_does_not_cross_is_an_exception_of_the_caller(target: Path) -> None:
    argument, result = answers(target, job("run", {"object": "word"}), job("odd", number=1))
    assert "serialize" in argument["new"]["raised"]["text"] and not argument["new"]["runs"]
    assert "serialize" in result["new"]["raised"]["text"] and result["new"]["runs"]


def test_a_function_cannot_eat_the_jobs_nor_write(target: Path) -> None:
    read, written, after = answers(target, job("reads"), job("writes", number=1), job("run", number=2))
    assert read["new"]["returned"] == ""
    assert written["new"]["touched"] == ["open('/tmp/made')"]
    assert after["new"]["runs"]


@pytest.mark.parametrize("program", ["absent", "locked"])
def test_a_program_that_cannot_be_started(target: Path, program: str) -> None:
    (found,) = answers(target, job("run", program=program))
    assert found["old"]["raised"]["exit_code"] == 96
    assert found["new"]["raised"]["errno"] in ("ENOENT", "EACCES")


def test_a_function_that_is_no_entrypoint(target: Path) -> None:
    (found,) = answers(target, job("plain"))
    assert "no entrypoint" in found["unusable"]


def test_a_module_that_lacks_something_says_what(target: Path) -> None:
    (target / "pkg" / "privsep" / "area.py").write_text("import not_there_at_all\n" + FUNCTIONS)
    (found,) = answers(target, job("run"))
    assert found["needs"] == "not_there_at_all"


def test_an_interpreter_that_is_none_is_a_fault(target: Path) -> None:
    with pytest.raises(Fault, match="cannot be run"):
        list(running.inside([job("run")], str(target), deployment.FORK, python=str(target / "python")))
