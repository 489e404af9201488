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

RUN = command.PARTS["run"]


@pytest.fixture
def run() -> Callable[..., Any]:
    space: dict[str, Any] = {}
    exec("\n".join(RUN.imports) + "\n" + RUN.text, space)
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


@pytest.mark.parametrize("name", command.PARTS)
def test_each_part_is_one_function_that_fits_the_page(name: str) -> None:
    part = command.PARTS[name]
    assert all(len(line) <= 79 for line in (command.DOCSTRING + part.text).splitlines())
    body = ast.parse(part.text).body
    assert [node.name for node in body if isinstance(node, ast.FunctionDef)] == [name] and len(body) == 1


def module(*names: str) -> dict[str, Any]:
    """The names of a command module that has these parts, and what they need."""
    space: dict[str, Any] = {}
    for part in command.needed(f"command.{name}(" for name in names):
        exec("\n".join(part.imports) + "\n" + part.text, space)
    return space


def test_operands_are_what_varies() -> None:
    operands = module("operands")["operands"]
    assert operands(["dd", "if=/x", "of=/dev/null", 5], "dd", "if=%s", "of=/dev/null", "%s") == ["/x", "5"]
    assert operands(["ls", "100%", "a\nb"], "ls", "100%%", "%s") == ["a\nb"]
    for words in (["dd"], ["dd", "if=/x", "of=/y", "5"], ["dd", "if=/x", "of=/dev/null", "5", "6"]):
        with pytest.raises(processutils.ProcessExecutionError) as caught:
            operands(words, "dd", "if=%s", "of=/dev/null", "%s")
        assert caught.value.exit_code == 99


PATTERN = ("mount", "-t", "%s", [(), ("-o", "%s")], ("--opt=%s",), "%s")


@pytest.mark.parametrize(
    ("line", "fits"),
    [
        ("mount -t nfs /x", True),
        ("mount -t nfs -o ro /x", True),
        ("mount -t nfs --opt=1 --opt=2 /x", True),
        ("mount -t nfs -o ro --opt=1 /x", True),
        ("mount -t nfs", False),
        ("mount -t nfs -o", True),  # one word is enough for the operand, whatever it looks like
        ("mount -t nfs -o ro", False),
        ("umount -t nfs /x", False),
        ("mount -t nfs -o ro --other=1 /x", False),
        ("mount -t nfs /x /y", False),
    ],
)
def test_admitted_words_are_those_of_the_pattern(line: str, fits: bool) -> None:
    admitted = module("admitted")["admitted"]
    if fits:
        assert admitted(line.split(), *PATTERN) == line.split()
    else:
        with pytest.raises(processutils.ProcessExecutionError) as caught:
            admitted(line.split(), *PATTERN)
        assert (caught.value.exit_code, caught.value.cmd) == (99, line.split()[0])


def test_admitted_ends_where_a_repeated_run_may_be_empty() -> None:
    assert module("admitted")["admitted"](["x"], "x", ((),)) == ["x"]


def test_trycmd_gives_a_failure_as_text() -> None:
    trycmd = module("trycmd")["trycmd"]

    def failing(path: str) -> tuple[str, str]:
        raise processutils.ProcessExecutionError(stderr=f"no {path}", exit_code=1)

    out, err = trycmd(failing, "x", discard_warnings=True)
    assert out == "" and "no x" in err
    assert trycmd(lambda: ("out", "warning"), discard_warnings=True) == ("out", "")
    assert trycmd(lambda: ("out", "warning")) == ("out", "warning")


def test_execute_calls_the_function_that_the_flag_names(tmp_path: Path) -> None:
    execute = module("execute")["execute"]
    seen: list[Any] = []
    execute("a", "b", run_as_root=lambda *words, **options: seen.append((words, options["attempts"])), attempts=2)
    assert seen == [(("a", "b"), 2)]
    assert execute("echo", "x", run_as_root=False)[0] == "x\n"


def has_python2() -> bool:
    return (
        shutil.which("python2") is not None and subprocess.run(["python2", "-V"], capture_output=True).returncode == 0
    )


@pytest.mark.skipif(not has_python2(), reason="no Python 2 on this machine")
def test_it_compiles_on_python_2() -> None:
    code = "import sys; compile(sys.stdin.read(), 'f', 'exec')"
    subprocess.run(["python2", "-c", code], input=RUN.text.encode(), check=True)
