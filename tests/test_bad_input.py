"""What is wrong with the input is said in one line; nothing crashes, and nothing that was not read looks clean."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.running import COMMAND, EXECUTE, environment, refused, run

CALL = "chown {uid} {path}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "service").mkdir(parents=True)
    (folder / "service" / "__init__.py").write_text("")
    (folder / "service" / "files.py").write_text(EXECUTE)
    return folder


def scanned(project: Path, *words: str) -> list[str]:
    """The findings of `privmigrate scan service`, which must end with findings and no complaint."""
    done = run("scan", "service", *words, cwd=project)
    assert (done.returncode, done.stderr) == (1, ""), (done.stdout, done.stderr)
    return done.stdout.splitlines()


def without_privileges(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run privmigrate so that permission bits bind it even when the tests run as root."""

    def drop() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
            if libc.prctl(24, capability, 0, 0, 0):  # PR_CAPBSET_DROP: the next exec does not get it back
                os._exit(77)

    done = subprocess.run(
        [*COMMAND, *words],
        cwd=cwd,
        env=environment(cwd.parent),
        capture_output=True,
        text=True,
        preexec_fn=drop if os.geteuid() == 0 else None,
    )
    if done.returncode == 77:
        pytest.skip("root that may not give up CAP_DAC_OVERRIDE: permission bits can't be tested here")
    return done


def test_filters_that_rootwrap_cannot_load(project: Path) -> None:
    path = project / "etc" / "service" / "rootwrap.d" / "service.filters"
    path.parent.mkdir(parents=True)
    path.write_text("[Filters]\nchown: CommandFilter, chown\n")
    told = refused(run("rewrite", "service", cwd=project))
    assert told.startswith(
        "etc/service/rootwrap.d/service.filters:2: chown: CommandFilter takes a program and a user; "
    )
    path.write_bytes(b"[Filters]\nchown: CommandFilter, ch\xffown, root\n")
    assert "rootwrap cannot read this file" in refused(run("rewrite", "service", cwd=project))


def test_a_path_that_does_not_exist(project: Path) -> None:
    assert refused(run("scan", "service", "gone", cwd=project)).startswith("gone: no such file or directory")
    assert refused(run("check", "gone", "--baseline", "service/files.py", cwd=project)).startswith(
        "service/files.py:1:"
    )


def test_a_tree_without_python_files(project: Path) -> None:
    (project / "empty").mkdir()
    assert refused(run("scan", "empty", cwd=project)).startswith("empty: no Python file below it")


def test_a_file_without_read_permission_is_a_finding(project: Path) -> None:
    (project / "service" / "secret.py").write_text(EXECUTE)
    (project / "service" / "secret.py").chmod(0)
    done = without_privileges("scan", "service", cwd=project)
    assert (done.returncode, done.stderr) == (1, "")
    assert "service/secret.py:1:1: PRV902 cannot be read: Permission denied\n" in done.stdout
    assert CALL in done.stdout


def test_a_folder_without_read_permission_is_a_finding(project: Path) -> None:
    (project / "service" / "secret").mkdir(mode=0)
    done = without_privileges("scan", "service", cwd=project)
    (project / "service" / "secret").chmod(0o700)
    assert (done.returncode, done.stderr) == (1, "")
    assert [
        line
        for line in done.stdout.splitlines()
        if line == "service/secret:1:1: PRV902 cannot be listed: Permission denied"
    ]


def test_folders_linked_in_a_circle(project: Path) -> None:
    (project / "service" / "loop").symlink_to("..")
    (project / "service" / "self").symlink_to(".")
    assert len(scanned(project)) == 1


@pytest.mark.parametrize("cookie", [b"", b"# -*- coding: latin-1 -*-\n", b"# -*- coding: nonesuch -*-\n"])
def test_a_file_that_is_not_utf_8(project: Path, cookie: bytes) -> None:
    (project / "service" / "odd.py").write_bytes(cookie + EXECUTE.encode() + b"\nNAME = '\xe9'\n")
    lines = scanned(project)
    about = [line for line in lines if line.startswith("service/odd.py:")]
    assert len(about) >= 1
    if b"latin" in cookie:
        assert [CALL in line for line in about] == [True]


def test_a_nul_byte(project: Path) -> None:
    (project / "service" / "nul.py").write_bytes(EXECUTE.encode() + b"\x00\n")
    assert [line for line in scanned(project) if line.startswith("service/nul.py:")]


def test_a_file_of_fifty_megabytes(project: Path) -> None:
    (project / "service" / "big.py").write_text("# nothing\n" * 5_000_000 + EXECUTE)
    lines = scanned(project)
    assert [line for line in lines if line.startswith("service/big.py:")]
    assert [line for line in lines if line.startswith("service/files.py:5:5: PRV101")]


def test_source_nested_deeper_than_the_parser_goes(project: Path) -> None:
    (project / "service" / "deep.py").write_text("x = " + "(" * 5000 + ")" * 5000 + "\n" + EXECUTE)
    (project / "service" / "sums.py").write_text("x = " + "+".join(["1"] * 20000) + "\n" + EXECUTE)
    lines = scanned(project)
    for name in ("deep", "sums"):
        assert [line for line in lines if line.startswith(f"service/{name}.py:")], name


def test_a_folder_named_like_a_file(project: Path) -> None:
    (project / "service" / "folder.py").mkdir()
    assert len(scanned(project)) == 1
    assert refused(run("scan", "service/folder.py", cwd=project)).startswith("service/folder.py: no Python file")


def test_a_pipe_is_not_waited_for(project: Path) -> None:
    os.mkfifo(project / "service" / "pipe.py")
    assert len(scanned(project)) == 1
    assert "neither a file nor a folder" in refused(run("scan", "service/pipe.py", cwd=project))


def test_a_name_that_is_not_text(project: Path) -> None:
    with open(os.fsencode(project / "service") + b"/\xff\n.py", "wb") as file:
        file.write(EXECUTE.encode())
    lines = scanned(project)
    assert len(lines) == 2
    assert "service/\\udcff\\n.py:5:5: PRV101" in "\n".join(lines)
    assert run("scan", "service", "--format=json", cwd=project).returncode == 1
    assert run("scan", "service", "--format=table", cwd=project).returncode == 1


@pytest.mark.parametrize("text", ["[tool.privmigrate\n", "[tool.privmigrate]\nexcludes = []\n"])
@pytest.mark.parametrize("command", ["scan", "check", "baseline"])
def test_a_broken_configuration(project: Path, text: str, command: str) -> None:
    (project / "pyproject.toml").write_text(text)
    assert "pyproject.toml: " in refused(run(command, "service", cwd=project))


def test_an_unknown_option(project: Path) -> None:
    assert refused(run("scan", "--frobnicate", cwd=project)).startswith("unrecognized arguments: --frobnicate")


@pytest.mark.parametrize("output", ["nowhere/out.json", ".", "service/files.py/out.json"])
def test_an_output_that_cannot_be_written(project: Path, output: str) -> None:
    before = sorted(project.rglob("*"))
    assert refused(run("scan", "service", "--output", output, cwd=project)).startswith(str(output))
    assert sorted(project.rglob("*")) == before


def test_a_full_disk(project: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMMAND, "scan", "service"],
            cwd=project,
            env=environment(project.parent),
            stdout=full,
            stderr=-1,
            text=True,
        )
    assert (done.returncode, done.stderr) == (2, "privmigrate: output: No space left on device\n")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-"])
def test_a_closed_stream_changes_nothing_else(project: Path, closed: str) -> None:
    command = f"exec '{COMMAND[0]}' -m migrator scan service {closed}"
    done = subprocess.run(
        ["sh", "-c", command], cwd=project, env=environment(project.parent), capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert (CALL in done.stdout) == (not closed.startswith(">"))


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_goes_away(project: Path, unbuffered: str) -> None:
    body = "".join(f"def f{number}():\n    execute('x{number}', run_as_root=True)\n" for number in range(4000))
    (project / "service" / "many.py").write_text("from service.utils import execute\n" + body)
    (project / "service" / "utils.py").write_text("from oslo_concurrency.processutils import execute\n")
    with subprocess.Popen(
        [*COMMAND, "scan", "service"],
        cwd=project,
        env=environment(project.parent, PYTHONUNBUFFERED=unbuffered),
        stdout=-1,
        stderr=-1,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert b"PRV101" in process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_an_interrupt(project: Path) -> None:
    os.mkfifo(project / "pyproject.toml")  # reading the configuration waits for a writer, until it is interrupted
    with subprocess.Popen(
        [*COMMAND, "scan", "service"], cwd=project, env=environment(project.parent), stdout=-1, stderr=-1
    ) as process:
        descriptor = _writer(project / "pyproject.toml")
        for _ in range(30):
            # One that comes just before the read begins is only seen by Python after it: a user presses again.
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                said, complained = process.communicate(timeout=1)
                break
        else:
            process.kill()
            raise AssertionError("it cannot be interrupted")
        os.close(descriptor)
    assert (process.returncode, said, complained) == (130, b"", b"privmigrate: interrupted\n")


def _writer(pipe: Path) -> int:
    """Open a named pipe for writing as soon as somebody reads it."""
    for _ in range(3000):
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            time.sleep(0.01)
    raise AssertionError("nobody reads it")


def test_an_error_of_our_own_is_one_line_too(project: Path) -> None:
    code = (
        "import sys; from migrator import cli, config\n"
        "def broken(*_): raise KeyError('lost')\n"
        "config.configuration = broken; sys.exit(cli.entry())"
    )
    command = [COMMAND[0], "-c", code, "scan", "service"]
    done = subprocess.run(command, cwd=project, env=environment(project.parent), capture_output=True, text=True)
    assert refused(done).startswith("internal error: KeyError: 'lost' (PRIVMIGRATE_TRACEBACK=1 shows where")
    shown = subprocess.run(
        command, cwd=project, env=environment(project.parent, PRIVMIGRATE_TRACEBACK="1"), capture_output=True, text=True
    )
    assert "Traceback" in shown.stderr
