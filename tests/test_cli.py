"""The command line: help, version, formats, exit statuses, and two parsers that agree."""

from __future__ import annotations

import itertools
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from migrator import __version__, cli
from migrator.commands import COMMANDS, PARTS, command, every, scan
from migrator.fault import Fault
from tests.running import COMMAND, EXECUTE, environment, refused, run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "service").mkdir(parents=True)
    (folder / "service" / "__init__.py").write_text("")
    (folder / "service" / "files.py").write_text(EXECUTE)
    return folder


SWITCHES = ["--tests", "--strict", "--exit-zero", "--no-index", "--format=json", "--no", "-x", "--", "a.py", "dir/"]


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_the_quick_parser_agrees_with_argparse_wherever_it_answers(count: int) -> None:
    slow = cli.parser("scan", scan)
    answered = 0
    for words in itertools.permutations(SWITCHES, count):
        quick = scan.quick(words)
        if quick is not None:
            assert vars(quick) == vars(slow.parse_intermixed_args(list(words)))
            answered += 1
    assert answered >= 1


def test_the_quick_parser_leaves_what_argparse_refuses() -> None:
    for word in ("--no", "-x", "--format=yaml", "--bogus"):
        assert scan.quick([word, "a.py"]) is None
        with pytest.raises(Fault):
            cli.parser("scan", scan).parse_intermixed_args([word, "a.py"])


def test_every_command_is_there_and_says_how_it_is_called() -> None:
    for name, part in every():
        words = f"{name} {part}".strip()
        text = cli.parser(words, command(name, part)).format_help()
        assert f"usage: privmigrate {words}" in text
        assert "examples:" in text, name


def test_help_lists_every_command(tmp_path: Path) -> None:
    done = run("--help", cwd=tmp_path)
    assert done.returncode == 0
    assert [name for name in COMMANDS if f"\n  {name} " not in done.stdout] == []
    assert run("help", cwd=tmp_path).stdout == done.stdout
    assert run("help", "scan", cwd=tmp_path).stdout == run("scan", "--help", cwd=tmp_path).stdout


@pytest.mark.parametrize("name", PARTS)
def test_a_command_of_commands_lists_them(tmp_path: Path, name: str) -> None:
    done = run(name, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert [part for part in PARTS[name] if f"\n  {part} " not in done.stdout] == []
    alone = run(name, cwd=tmp_path)
    assert (alone.returncode, alone.stdout) == (2, done.stdout)
    part = next(iter(PARTS[name]))
    assert run(name, "help", part, cwd=tmp_path).stdout == run(name, part, "--help", cwd=tmp_path).stdout
    wrong = run(name, part[:-1], cwd=tmp_path)
    assert wrong.returncode == 2
    assert f"no command {part[:-1]!r}, did you mean {part!r}?; see privmigrate {name} --help" in wrong.stderr


def test_no_command_shows_the_help_and_is_a_mistake(tmp_path: Path) -> None:
    done = run(cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, run("--help", cwd=tmp_path).stdout)


def test_version(tmp_path: Path) -> None:
    assert run("--version", cwd=tmp_path).stdout.startswith(f"privmigrate {__version__} (Python 3.")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["scam"], "no command 'scam', did you mean 'scan'?; see privmigrate --help"),
        (["xyzzy"], "no command 'xyzzy'; see privmigrate --help"),
        (["--versoin"], "no option '--versoin', did you mean '--version'?; see privmigrate --help"),
        (["scan", "--bogus"], "unrecognized arguments: --bogus; see privmigrate scan --help"),
        (["scan", "--format", "yaml"], "argument --format: invalid choice: 'yaml'"),
        (["explain"], "the following arguments are required: PATH:LINE; see privmigrate explain --help"),
    ],
)
def test_a_mistake_is_one_line(words: list[str], said: str, tmp_path: Path) -> None:
    assert refused(run(*words, cwd=tmp_path)).startswith(said)


def test_findings_are_status_one_and_exit_zero_makes_it_none(project: Path) -> None:
    done = run("scan", "service", cwd=project)
    assert done.stdout.startswith("service/files.py:5:5: PRV101 runs as root: chown {uid} {path} (")
    assert (done.returncode, done.stderr) == (1, "")
    assert run("scan", "--exit-zero", "service", cwd=project).returncode == 0


def test_a_clean_tree_is_status_zero_and_silent(project: Path) -> None:
    (project / "service" / "files.py").write_text("x = 1\n")
    done = run("scan", cwd=project)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_second_run_is_answered_from_the_index_and_says_the_same(project: Path) -> None:
    os.utime(project / "service" / "files.py", ns=(10**18, 10**18))
    first = run("scan", "service", cwd=project)
    code = (
        "import sys; from migrator.cli import entry; status = entry()\n"
        "heavy = {'ast', 'argparse', 're', 'json', 'typing', 'dataclasses', 'enum', 'rich', 'migrator.model'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr); sys.exit(status)"
    )
    for _ in range(100):  # until the files are old enough to be relied on
        again = subprocess.run(
            [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}", "scan", "service"],
            cwd=project,
            env=environment(project.parent),
            capture_output=True,
            text=True,
        )
        assert (again.returncode, again.stdout) == (first.returncode, first.stdout)
        if again.stderr == "[]\n":
            break
    assert again.stderr == "[]\n"
    (project / "service" / "files.py").write_text(EXECUTE.replace("chown", "chgrp"))
    assert "chgrp {uid} {path}" in run("scan", "service", cwd=project).stdout


@pytest.mark.parametrize("switch", ["--no-index", "PRIVMIGRATE_NO_INDEX", "configuration"])
def test_the_index_can_be_switched_off(project: Path, switch: str) -> None:
    if switch == "configuration":
        (project / "pyproject.toml").write_text("[tool.privmigrate]\nindex = false\n")
    words = ["scan", "service", *([switch] if switch.startswith("--") else [])]
    for _ in range(2):
        assert run(*words, cwd=project, **({switch: "1"} if switch.isupper() else {})).returncode == 1
    assert not (project.parent / "cache").exists()


def test_json_goes_to_a_file_whole(project: Path) -> None:
    done = run("scan", "service", "--format", "json", "--output", "out.json", cwd=project)
    assert (done.returncode, done.stdout) == (1, "")
    report = json.loads((project / "out.json").read_text())
    assert [site["program"] for site in report["sites"]] == ["chown"]
    assert report["sites"][0]["path"] == "service/files.py"
    assert json.loads(run("scan", "service", "--format=json", cwd=project).stdout) == report


def test_json_is_the_same_wherever_the_index_stands(project: Path) -> None:
    outputs = {run("scan", "--format=json", *more, cwd=project).stdout for more in ([], [], ["--no-index"])}
    assert len(outputs) == 1


def on_a_terminal(words: list[str], cwd: Path, **more: str) -> str:
    """What the command writes to a terminal of 80 columns."""
    leader, follower = pty.openpty()
    env = environment(cwd.parent, TERM="xterm", COLUMNS="80", **more)
    with subprocess.Popen([*COMMAND, *words], cwd=cwd, env=env, stdout=follower, stderr=follower) as process:
        os.close(follower)
        written = b""
        while True:
            try:
                piece = os.read(leader, 65536)
            except OSError:  # the way a terminal ends
                break
            if not piece:
                break
            written += piece
        process.wait()
    os.close(leader)
    return written.decode().replace("\r\n", "\n")


def test_a_terminal_gets_a_coloured_table_and_a_pipe_plain_lines(project: Path) -> None:
    shown = on_a_terminal(["scan", "service"], project)
    assert "\x1b[" in shown
    assert "root calls" in shown
    assert "\x1b[" not in on_a_terminal(["scan", "service"], project, NO_COLOR="1")
    assert "\x1b[" not in on_a_terminal(["scan", "service", "--color", "never"], project)
    assert "\x1b[" not in run("scan", "service", "--format", "table", cwd=project).stdout
    assert "\x1b[" in run("scan", "service", "--format", "table", cwd=project, FORCE_COLOR="1").stdout
    assert "PRV101" in run("scan", "service", cwd=project, FORCE_COLOR="1").stdout


def test_noqa_takes_a_call_out_of_the_findings_but_not_out_of_the_report(project: Path) -> None:
    (project / "service" / "files.py").write_text(EXECUTE.replace("=True)", "=True)  # noqa: PRV101 no daemon yet"))
    done = run("scan", "service", cwd=project)
    assert (done.returncode, done.stdout) == (0, "")
    report = json.loads(run("scan", "service", "--format=json", cwd=project).stdout)
    assert [site["suppressed"] for site in report["sites"]] == [True]
    assert report["summary"]["suppressed"] == 1


def test_excluded_files_are_not_scanned(project: Path) -> None:
    (project / "tox.ini").write_text("[privmigrate]\nexclude = service/files.py\n")
    assert run("scan", "service", cwd=project).returncode == 0


def test_a_configured_executor_is_one(project: Path) -> None:
    (project / "service" / "files.py").write_text(
        "import ours\n\n\ndef f(p):\n    ours.launch('rm', p, run_as_root=True)\n"
    )
    (project / "service" / "more.py").write_text(
        "import ours\n\n\ndef g(*cmd, **kwargs):\n    return ours.launch(*cmd, run_as_root=True, **kwargs)\n\n\n"
        "def h():\n    g('sync')\n"
    )
    without = run("scan", "service", cwd=project).stdout
    (project / "tox.ini").write_text("[privmigrate]\nexecutors = ours.launch\n")
    with_it = run("scan", "service", "--format=json", cwd=project).stdout
    assert {site["executor"] for site in json.loads(with_it)["sites"]} == {"ours.launch"}
    assert "sync" in with_it
    assert without


def test_explain_tells_the_story_of_a_call(project: Path) -> None:
    done = run("explain", "service/files.py:5", cwd=project)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b[" not in done.stdout
    for part in (
        "service/files.py:5:5",
        "chown {uid} {path}",
        "program: chown",
        "chown: written out",
        "{uid}: one word",
        "outcome",
    ):
        assert part in done.stdout
    assert run("explain", "service/files.py:5:5", cwd=project).stdout == done.stdout
    assert "\x1b[1m" in run("explain", "service/files.py:5", "--color=always", cwd=project).stdout


def test_explain_finds_the_package_from_wherever_it_is_run(project: Path) -> None:
    (project / "elsewhere").mkdir()
    for path in ("../service/files.py", str(project / "service" / "files.py")):
        assert "chown {uid} {path}" in run("explain", f"{path}:5", cwd=project / "elsewhere").stdout
    assert "chown {uid} {path}" in run("explain", "files.py:5", cwd=project / "service").stdout
    (project / "service" / "__init__.py").unlink()
    assert "chown {uid} {path}" in run("explain", "service/files.py:5", cwd=project).stdout


def test_explain_of_another_line_names_the_lines_that_have_calls(project: Path) -> None:
    said = refused(run("explain", "service/files.py:2", cwd=project))
    assert said.startswith("service/files.py:2: no root call there; the file has some on line 5;")
    assert "nor anywhere in the file" in refused(run("explain", "service/__init__.py:1", cwd=project))
    assert "not a PATH:LINE" in refused(run("explain", "service/files.py", cwd=project))
    assert "no such file" in refused(run("explain", "service/gone.py:1", cwd=project))
    assert "--within PATH" in refused(run("explain", "service/files.py:5", "--within=service/__init__.py", cwd=project))
