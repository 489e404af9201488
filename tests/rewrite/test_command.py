"""The generated command module does what rootwrap did around a command."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from oslo_concurrency import processutils

from migrator.rewrite import command


@pytest.fixture
def run() -> Callable[..., Any]:
    space: dict[str, Any] = {}
    exec("\n".join(command.IMPORTS) + "\n" + command.SOURCE, space)
    made: Callable[..., Any] = space["run"]
    return made


def test_the_umask_of_the_command_is_022_whatever_the_daemon_has(run: Callable[..., Any], tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        run("mkdir", str(tmp_path / "new"))
    finally:
        os.umask(before)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o755


def test_output_comes_back_as_a_pair(run: Callable[..., Any]) -> None:
    assert run("sh", "-c", "echo out; echo err >&2") == ("out\n", "err\n")


def test_a_missing_program_is_exit_code_96(run: Callable[..., Any]) -> None:
    with pytest.raises(processutils.ProcessExecutionError) as caught:
        run("no-such-program-here", "x")
    assert caught.value.exit_code == 96 and "no-such-program-here" in str(caught.value.stderr)
    assert caught.value.stdout == "", "handlers read it as text"


@pytest.mark.parametrize("codes", [False, [0, 96], (96,), 96])
def test_a_missing_program_may_be_expected(run: Callable[..., Any], codes: Any) -> None:
    assert run("no-such-program-here", check_exit_code=codes)[0] == ""


def test_a_missing_folder_is_not_taken_for_a_missing_program(run: Callable[..., Any]) -> None:
    with pytest.raises(OSError, match="No such file"):
        run("true", cwd="/no/such/folder")


def test_death_by_a_signal_is_128_and_its_number(run: Callable[..., Any]) -> None:
    with pytest.raises(processutils.ProcessExecutionError) as caught:
        run("sh", "-c", "kill -9 $$")
    assert caught.value.exit_code == 137


def test_variables_come_on_top_of_the_daemon_s_environment(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `env LC_ALL=C lvs` under sudo; processutils alone would leave no PATH."""
    monkeypatch.setenv("PRIVMIGRATE_KEPT", "1")
    out, _ = run("env", env_variables={"LC_ALL": "C", "HOME": "/nowhere"})
    seen = dict(line.partition("=")[::2] for line in out.splitlines())
    assert (seen["LC_ALL"], seen["HOME"], seen["PRIVMIGRATE_KEPT"]) == ("C", "/nowhere", "1")
    assert seen["PATH"] == os.environ["PATH"] and "LC_ALL" not in os.environ


def test_nobody_gets_sudo_through_it(run: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match="run_as_root"):
        run("true", run_as_root=True)


def test_the_module_fits_the_page() -> None:
    assert all(len(line) <= 79 for line in (command.DOCSTRING + command.SOURCE).splitlines())


def test_it_is_one_function_of_the_name_that_is_looked_for() -> None:
    body = ast.parse(command.SOURCE).body
    assert [node.name for node in body if isinstance(node, ast.FunctionDef)] == [command.FUNCTION] and len(body) == 1


def has_python2() -> bool:
    return (
        shutil.which("python2") is not None and subprocess.run(["python2", "-V"], capture_output=True).returncode == 0
    )


@pytest.mark.skipif(not has_python2(), reason="no Python 2 on this machine")
def test_it_compiles_on_python_2() -> None:
    code = "import sys; compile(sys.stdin.read(), 'f', 'exec')"
    subprocess.run(["python2", "-c", code], input=command.SOURCE.encode(), check=True)
