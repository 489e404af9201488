"""The gate on a git range: what its commits added, whatever the work tree holds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.gates import DRIVER, TAKE, commit, git, said, service

MORE = TAKE.replace("'chown', uid", "'chmod', '0777'")
ADDED = DRIVER.replace(TAKE, TAKE + MORE)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = service(tmp_path / "project", monkeypatch)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    commit(folder)
    git(folder, "tag", "base")
    return folder


def write(project: Path, text: str, name: str = "driver") -> None:
    (project / "service" / f"{name}.py").write_text(text)


def test_it_tells_what_the_commits_added_without_a_baseline(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project, "# lower\n\n" + ADDED)
    commit(project)
    status, out, err = said(capsys, "check", "--since", "base", "service")
    assert (status, err) == (1, ["1 new in base"])
    assert out[0].startswith("service/driver.py:9:9: PRV101 runs as root: chmod 0777 {path} (")
    assert out[2] == "    do: `privmigrate rewrite --only service/driver.py:9 service` moves it to privsep (native)"
    assert said(capsys, "check", "--since", "base..HEAD~1", "service") == (0, [], ["0 new in base..HEAD~1"])
    assert os.listdir(project.parent / "temporary") == []


def test_it_does_not_look_at_the_work_tree(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project, ADDED)
    commit(project)
    write(project, "not Python\n")
    (project / "service" / "other.py").write_text(DRIVER)
    status, out, err = said(capsys, "check", "--since", "base", "service")
    assert (status, err) == (1, ["1 new in base"])
    assert out[2] == "    do: it can be moved to privsep (native)"  # not with what lies there now


def test_a_call_that_becomes_root_through_another_file_is_seen(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = "from oslo_concurrency import processutils\n\n\ndef run(*cmd):\n    processutils.execute(*cmd)\n"
    write(project, shell, "shell")
    write(project, "from service import shell\n\n\ndef work(path):\n    shell.run('mount', path)\n", "user")
    before = commit(project)
    write(project, shell.replace("execute(*cmd)", "execute(*cmd, run_as_root=True)"), "shell")
    commit(project)
    _, out, _ = said(capsys, "check", "--since", before, "service")
    assert [line.split(":")[0] for line in out if " PRV101 " in line and line[0] != " "] == [
        "service/shell.py", "service/user.py",
    ]  # fmt: skip


def test_a_renamed_file_and_what_the_other_branch_mended_are_no_news(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(project, "checkout", "--quiet", "-b", "topic")
    git(project, "mv", "service/driver.py", "service/volume.py")
    commit(project)
    git(project, "checkout", "--quiet", "main")
    write(project, DRIVER.replace(TAKE, "        pass\n"))
    commit(project)
    git(project, "checkout", "--quiet", "topic")
    assert said(capsys, "check", "--since", "main", "service") == (0, [], ["0 new in main"])
    assert said(capsys, "check", "--since", "main..topic", "service")[0] == 0


def test_a_file_that_the_range_made_unreadable_fails(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project, "def broken(:\n", "other")
    before = commit(project)
    status, out, _ = said(capsys, "check", "--since", "base", "service")
    assert (status, out[0].split()[1]) == (1, "PRV901")
    write(project, ADDED)
    commit(project)
    _, out, _ = said(capsys, "check", "--since", before, "service")
    assert [line.split()[1] for line in out if line.startswith("service/")] == ["PRV101"]


def test_a_package_that_is_new_altogether(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "fresh").mkdir()
    (project / "fresh" / "__init__.py").write_text("")
    (project / "fresh" / "driver.py").write_text(DRIVER)
    commit(project)
    assert said(capsys, "check", "--since", "base", "fresh")[2] == ["2 new in base"]


def test_a_range_that_touches_no_code_is_answered_at_once(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "README.rst").write_text("words\n")
    commit(project)
    monkeypatch.setattr("migrator.commands.gating.surveyed", None)
    assert said(capsys, "check", "--since", "base", "service") == (0, [], ["0 new in base"])


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--since", "nowhere"), "--since: git knows no commit 'nowhere'"),
        (("--since", "base..nowhere"), "--since: git knows no commit 'nowhere'"),
        (("--since", "--all"), "--since: git knows no commit '--all'"),
        (("--since", "base", "--prune"), "--prune removes entries of a baseline, and --since uses none"),
        (("--since", "base", "--baseline", "x"), "argument --baseline: not allowed with argument --since"),
    ],
)
def test_what_cannot_be_is_one_line(
    project: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], fault: str
) -> None:
    words = ("--since=--all",) if "--all" in words else words
    status, out, err = said(capsys, "check", *words, "service")
    assert (status, out, len(err)) == (2, [], 1)
    assert err[0].startswith(fault)


def test_outside_of_git_and_without_git(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("PATH", str(project))
        assert said(capsys, "check", "--since", "base", "service")[::2] == (
            2, ["git cannot be run: No such file or directory"],
        )  # fmt: skip
    (project / ".git").rename(project / "git")
    status, _, err = said(capsys, "check", "--since", "base", "service")
    assert (status, len(err)) == (2, 1)
    assert err[0].startswith(f"{project}/service: no git work tree (")


def test_a_shallow_clone_says_so(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write(project, ADDED)
    commit(project)
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{project}", "shallow")
    monkeypatch.chdir(tmp_path / "shallow")
    status, _, err = said(capsys, "check", "--since", "HEAD~1", "service")
    assert (status, len(err)) == (2, 1)
    assert err[0].startswith("--since: git knows no commit 'HEAD~1'; this clone is shallow: `git fetch --unshallow`")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_behind_when_it_is_interrupted(project: Path, number: int) -> None:
    write(project, ADDED)
    commit(project)
    # It stops once the first side lies there, and waits to be interrupted.
    waiting = (
        "import sys, time\nfrom migrator.commands import gating\nfrom migrator.cli import entry\n"
        "def wait(*given, **more):\n    print('there', flush=True)\n    time.sleep(60)\n"
        "gating.surveyed = wait\nsys.argv[1:] = ['check', '--since', 'base', 'service']\nsys.exit(entry())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", waiting], cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "there\n"
        assert len(os.listdir(project.parent / "temporary")) == 1
        process.send_signal(number)
        process.communicate(timeout=30)
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}[signal.Signals(number)]
    assert os.listdir(project.parent / "temporary") == []
