"""`privmigrate rewrite -i`: what is asked, what is done with the answers, and what is remembered of them."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from migrator.cli import main
from tests.rewrite import sample
from tests.running import COMMAND, environment

DRIVER = "cloudy/driver.py"
MORE = """\
from cloudy import utils


def own(path, uid):
    utils.execute('chown', uid, path, run_as_root=True)


def drop(path):
    utils.execute('lvremove', '-f', path, run_as_root=True)
    utils.execute('lvremove', '-f', path, run_as_root=True)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = sample.project(tmp_path / "home", **{"cloudy/more.py": MORE})
    monkeypatch.chdir(home)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return home


@pytest.fixture
def ask(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Asked:
    return Asked(monkeypatch, capsys)


class Asked:
    """Runs rewrite -i in this process with lines on its standard input; out and err are those of the last run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys
        self.out = self.err = ""

    def __call__(self, *answers: str, words: tuple[str, ...] = ()) -> int:
        self.monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in answers)))
        status = main(["rewrite", "-i", *words, "cloudy"])
        self.out, self.err = self.capsys.readouterr()
        return status

    @property
    def shown(self) -> list[str]:
        """The calls that were asked for, as `path:line`."""
        return [line.split(" ")[1].rstrip(":") for line in self.err.splitlines() if line.startswith("(")]


def memory(project: Path) -> Path:
    (file,) = (project.parent / "state" / "privmigrate" / "decisions").iterdir()
    return file


def test_each_change_is_shown_and_the_accepted_ones_make_the_diff(ask: Asked) -> None:
    assert ask("y", "n", "y", "n", "n") == 1
    assert ask.shown == [f"{DRIVER}:15", f"{DRIVER}:19", "cloudy/more.py:5", "cloudy/more.py:9", "cloudy/more.py:10"]
    first = ask.err.split("move this call?")[0]
    assert "(1/5) cloudy/driver.py:15: chown {uid} {path}\n  native: cloudy.privsep.path.chown\n" in first
    assert (
        "\n-        utils.execute('chown', uid, path, run_as_root=True)\n+        cloudy.privsep.path.chown(" in first
    )
    assert "lvremove" not in first
    assert "lvremove" not in "".join(line for line in ask.out.splitlines() if line.startswith(("+", "-")))
    assert ask.out.count("+        cloudy.privsep.path.chown(") == ask.out.count("+    cloudy.privsep.path.chown(") == 1
    assert "2 of 6 root calls would move" in ask.err and "3 not chosen" in ask.err


def test_a_session_goes_on_where_it_broke_off(ask: Asked, project: Path) -> None:
    ask("y", "n", "q")
    assert ask.shown == [f"{DRIVER}:15", f"{DRIVER}:19", "cloudy/more.py:5"]
    ask("y", "y", "y")
    assert "2 of 5 changes were decided before" in ask.err
    assert ask.shown == ["cloudy/more.py:5", "cloudy/more.py:9", "cloudy/more.py:10"]
    assert ask() == 1
    assert ask.shown == [] and "4 of 6 root calls would move" in ask.err
    ask("q", words=("--forget",))
    assert ask.shown == [f"{DRIVER}:15"]
    assert not (project / "cloudy" / "privsep").exists()


def test_only_apply_writes_and_what_was_moved_is_forgotten(ask: Asked, project: Path) -> None:
    assert ask("n", "n", "n", "y", "n", words=("--apply",)) == 0
    text = (project / "cloudy" / "more.py").read_text()
    assert text.count("cloudy.privsep.lvm.lvremove(") == text.count("utils.execute('lvremove'") == 1
    # The second lvremove is now the first of its kind in its function; the yes was not said for it.
    assert ask("n", words=("--apply",)) == 0
    assert ask.shown == ["cloudy/more.py:11"], "one line further down, below the import"
    assert (project / "cloudy" / "more.py").read_text() == text


def test_the_end_of_input_is_a_quit_that_keeps_what_was_accepted(ask: Asked, project: Path) -> None:
    assert ask("y", words=("--apply",)) == 0
    assert ask.shown == [f"{DRIVER}:15", f"{DRIVER}:19"]
    assert "cloudy.privsep.path.chown(" in (project / DRIVER).read_text()
    assert "utils.execute('lvremove'" in (project / DRIVER).read_text()


def test_s_leaves_the_rest_of_the_file(ask: Asked) -> None:
    ask("y", "s", "s")
    assert ask.shown == [f"{DRIVER}:15", f"{DRIVER}:19", "cloudy/more.py:5"]
    assert ask() == 1
    assert ask.shown == [] and "1 of 6 root calls would move" in ask.err


def test_a_new_name_goes_for_all_calls_of_the_function(ask: Asked) -> None:
    assert ask("e", "give_to", "y", "n", "y", "q") == 1
    assert "  native: cloudy.privsep.path.give_to\n" in ask.err
    assert "+def give_to(owner: str, path: str" in ask.out and "def chown" not in ask.out
    assert ask.out.count("cloudy.privsep.path.give_to(") == 2
    ask("y", "y")
    assert ask.out.count("cloudy.privsep.path.give_to(") == 2, "the name is remembered as well"
    ask("q", words=("--forget",))
    assert "  native: cloudy.privsep.path.chown\n" in ask.err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("class", "class is no name that a function can have"),
        ("print", "print is no name that a function can have"),
        ("9a", "9a is no name"),
        ("a b", "a b is no name"),
        ("größe", "is no name"),
        ("open", "open is built into Python"),
        ("processutils", "processutils is what functions of path import"),
        ("taken", "taken stands for something else in cloudy.privsep.path"),
    ],
)
def test_a_name_that_does_not_fit_is_refused_and_asked_for_again(
    name: str, said: str, ask: Asked, project: Path
) -> None:
    context = "from oslo_privsep import priv_context\n\ndefault = priv_context.PrivContext(__name__)\n"
    (project / "cloudy" / "privsep").mkdir()
    (project / "cloudy" / "privsep" / "__init__.py").write_text(context)
    (project / "cloudy" / "privsep" / "path.py").write_text("def taken():\n    return 1\n")
    ask("e", name, "", "q")
    assert said in ask.err
    assert ask.err.count("name of the function [chown]: ") == 2
    assert "cloudy.privsep.path.chown" in ask.err


def test_two_functions_of_a_module_do_not_get_one_name(ask: Asked, project: Path) -> None:
    (project / "cloudy" / "more.py").write_text(MORE.replace("'-f', path", "'-f', '-v', path", 1))
    ask("n", "e", "shared", "y", "n", "e", "shared", "", "q")
    assert "another function of lvm gets the name shared" in ask.err


def test_anything_else_is_answered_with_help_and_f_shows_the_function(ask: Asked) -> None:
    ask("", "yes please", "f", "q")
    assert ask.err.count("  q  stop asking") == 2
    assert "def chown(owner: str, path: str, check: bool = True)" in ask.err
    assert ask.shown == [f"{DRIVER}:15"]


def test_an_answer_holds_for_the_change_that_was_shown_and_no_other(ask: Asked, project: Path) -> None:
    ask("y", "q")
    driver = project / DRIVER
    driver.write_text(driver.read_text().replace("'chown', uid, path", "'chown', uid, other"))
    ask("q")
    assert ask.shown == [f"{DRIVER}:15"], "the same command shape, with another argument"


def test_ctrl_c_leaves_every_file_and_keeps_the_decisions(project: Path) -> None:
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    state = str(project.parent / "state")
    with subprocess.Popen(
        [*COMMAND, "rewrite", "-i", "--apply", "cloudy"],
        cwd=project,
        env=environment(project.parent, XDG_STATE_HOME=state),
        stdin=-1,
        stdout=-1,
        stderr=-1,
    ) as process:
        assert process.stdin is not None and process.stderr is not None
        process.stdin.write(b"y\nn\n")
        process.stdin.flush()
        said = b""
        while b"(3/5)" not in said:
            piece = os.read(process.stderr.fileno(), 65536)
            assert piece, said
            said += piece
        process.send_signal(signal.SIGINT)
        process.wait(60)
    assert process.returncode == 130
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before
    done = subprocess.run(
        [*COMMAND, "rewrite", "-i", "cloudy"],
        cwd=project,
        env=environment(project.parent, XDG_STATE_HOME=state),
        input="",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 of 5 changes were decided before" in done.stderr


def test_a_damaged_memory_is_named_and_forget_drops_it(ask: Asked, project: Path) -> None:
    ask()
    assert not (project.parent / "state").exists(), "nothing was answered, nothing is kept"
    ask("y")
    file = memory(project)
    assert json.loads(file.read_text())["root"] == str(project)
    start = '{"schema": "privmigrate.decisions/1", "sites": '
    for text in ("{", "[]", '{"schema": "x"}', start + '{"x": 1}}', start + '{}, "names": {"path.chown": "x):"}}'):
        file.write_text(text)
        assert ask("y") == 2
        assert ask.err.startswith(f"privmigrate: {file}: damaged") and ask.err.endswith("--forget drops it\n")
    assert main(["rewrite", "--forget", "cloudy"]) == 1
    assert not file.exists()


def test_input_that_is_no_text_is_answered_with_help(project: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "rewrite", "-i", "cloudy"],
        cwd=project,
        env=environment(project.parent, PYTHONUTF8="1"),
        input=b"\xff\nq\n",
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0 and b"  q  stop asking" in done.stderr and b"5 not chosen" in done.stderr


def test_a_state_folder_that_cannot_be_made_is_named(project: Path) -> None:
    (project.parent / "file").write_text("")
    done = subprocess.run(
        [*COMMAND, "rewrite", "-i", "cloudy"],
        cwd=project,
        env=environment(project.parent, XDG_STATE_HOME=str(project.parent / "file")),
        input="y\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2 and "XDG_STATE_HOME names another folder" in done.stderr.splitlines()[-1]


def test_standard_input_that_is_closed_is_a_quit(project: Path) -> None:
    command = f"exec '{sys.executable}' -m migrator rewrite -i cloudy <&-"
    done = subprocess.run(
        ["sh", "-c", command], cwd=project, env=environment(project.parent), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert "move this call?" in done.stderr and "5 not chosen" in done.stderr
