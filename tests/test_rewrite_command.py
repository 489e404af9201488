"""`privmigrate rewrite` end to end on a small project, through the real scanner and rules."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from migrator.cli import main
from migrator.rewrite.transaction import JOURNAL
from tests.rewrite import sample


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    sample.project(home)
    monkeypatch.chdir(home)
    return home


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.*")) if path.is_file()}


def git(folder: Path, *words: str) -> None:
    names = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", *names, *words], cwd=folder, check=True, capture_output=True)


def test_the_default_is_a_diff_that_writes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(project)
    assert main(["rewrite", "cloudy"]) == 1
    out = capsys.readouterr().out
    assert "--- a/cloudy/driver.py\n+++ b/cloudy/driver.py\n" in out
    assert "-        utils.execute('chown', uid, path, run_as_root=True)\n" in out
    assert "\n+        cloudy.privsep.path.chown(" in out
    assert tree(project) == before


def test_the_diff_is_what_apply_writes(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which("patch") is None:
        pytest.skip("patch(1) is not installed")
    other = tmp_path / "other"
    shutil.copytree(project, other)
    main(["rewrite", "--diff", "cloudy"])
    diff = capsys.readouterr().out
    assert main(["rewrite", "--apply", "cloudy"]) == 0
    subprocess.run(["patch", "-p1", "-s"], input=diff.encode(), cwd=other, check=True)
    assert tree(other) == tree(project)


def test_apply_moves_the_calls_and_a_second_run_has_nothing_to_do(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rewrite", "--apply", "cloudy"]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert (
        "2 of 3 root calls moved; 1 file changed, 4 created\n  1 narrow: 1 lvremove\n  1 native: 1 chown\n" in said.err
    )
    assert said.err.index("next:") < said.err.index("  privmigrate verify --before COPY-OF-THE-OLD-TREE cloudy\n")
    written = tree(project)
    assert main(["rewrite", "cloudy"]) == 0
    assert main(["rewrite", "--apply", "cloudy"]) == 0
    assert tree(project) == written
    assert "nothing to do" in capsys.readouterr().err
    main(["scan", "cloudy"])
    assert "cloudy/driver.py" not in capsys.readouterr().out
    code = "import cloudy.driver, cloudy.privsep.path, cloudy.privsep.lvm"
    subprocess.run([sys.executable, "-c", code], cwd=project, check=True)


def test_uncommitted_changes_are_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(project, "init", "-q")
    git(project, "add", ".")
    git(project, "commit", "-qm", "all")
    (project / "setup.cfg").write_text((project / "setup.cfg").read_text() + "\n")  # not a file that is rewritten
    with (project / "cloudy/driver.py").open("a") as file:
        file.write("\n# more\n")
    before = tree(project)
    assert main(["rewrite", "--apply", "cloudy"]) == 2
    assert "cloudy/driver.py: uncommitted changes" in capsys.readouterr().err
    assert tree(project) == before
    assert main(["rewrite", "--apply", "--allow-dirty", "cloudy"]) == 0


def test_a_clean_work_tree_is_written(project: Path) -> None:
    git(project, "init", "-q")
    git(project, "add", ".")
    git(project, "commit", "-qm", "all")
    assert main(["rewrite", "--apply", "cloudy"]) == 0


def test_ctrl_c_while_writing_leaves_every_file_and_exits_130(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import os

    real, count = os.replace, []

    def interrupted(source: str, target: str) -> None:
        count.append(target)
        if len(count) == 2:
            signal.raise_signal(signal.SIGINT)
        real(source, target)

    before = tree(project)
    monkeypatch.setattr("migrator.rewrite.transaction.os.replace", interrupted)
    assert main(["rewrite", "--apply", "cloudy"]) == 130
    assert "every file is as it was" in capsys.readouterr().err
    assert tree(project) == before and not (project / JOURNAL).exists()


KILLED = """
import os, signal, sys
from migrator.cli import main
real, count = os.replace, []
def killed(source, target):
    count.append(target)
    if len(count) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    real(source, target)
os.replace = killed
main(["rewrite", "--apply", "cloudy"])
"""


def test_after_a_kill_the_next_run_starts_from_the_old_files(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(project)
    done = subprocess.run([sys.executable, "-c", KILLED], cwd=project, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL and (project / JOURNAL).exists()
    half = tree(project)
    assert half != before
    assert main(["rewrite", "cloudy"]) == 2
    assert f"{JOURNAL}: a run was interrupted" in capsys.readouterr().err
    assert tree(project) == half, "a diff writes nothing"
    assert main(["rewrite", "--apply", "cloudy"]) == 0
    assert "interrupted run was rolled back" in capsys.readouterr().err
    assert not (project / JOURNAL).exists()
    assert main(["rewrite", "cloudy"]) == 0, "all is moved"


def test_colours_are_asked_for(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["rewrite", "--color", "always", "cloudy"])
    assert "\033[32m+" in capsys.readouterr().out
    main(["rewrite", "cloudy"])
    assert "\033" not in capsys.readouterr().out


def test_a_read_only_file_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "cloudy/driver.py").chmod(0o444)
    assert main(["rewrite", "--apply", "cloudy"]) == 2
    assert "cloudy/driver.py: read-only" in capsys.readouterr().err
    assert not (project / "cloudy/privsep").exists()


def test_a_path_that_does_not_exist_is_a_fault(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rewrite", "nowhere"]) == 2
    assert "nowhere" in capsys.readouterr().err


def test_a_file_that_cannot_be_read_is_told_and_the_others_are_rewritten(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "cloudy" / "broken.py").write_text("x = = 1\n")
    before = tree(project)
    assert main(["rewrite", "--apply", "cloudy/broken.py"]) == 0
    assert tree(project) == before
    assert capsys.readouterr().err.startswith("cloudy/broken.py:1:1: PRV901 does not parse")
    assert main(["rewrite", "--apply", "cloudy"]) == 0
    said = capsys.readouterr().err
    assert "cloudy/broken.py:1:1: PRV901 does not parse" in said and "root calls moved" in said


def test_what_a_person_has_to_confirm_is_moved_only_when_asked_for(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pyproject.toml").write_text('[tool.privmigrate]\nexecutors = ["remote.run"]\n')
    (project / "cloudy" / "other.py").write_text(
        "import remote\n\n\ndef settle(path):\n    remote.run('sync', '-d', path, run_as_root=True)\n"
    )
    main(["rewrite", "cloudy"])
    assert "cloudy/other.py" not in capsys.readouterr().out
    assert main(["rewrite", "--unsafe", "cloudy"]) == 1
    diff = capsys.readouterr().out
    assert "-    remote.run('sync', '-d', path, run_as_root=True)\n" in diff
    assert "+    cloudy.privsep." in diff


ODD = """\
import os
\f
from cloudy import utils


def own(path, uid):
{indent}# Besitzer: {letter}
{indent}utils.execute('chown', uid, path, run_as_root=True)
{indent}return '{letter}' , os.sep"""
LETTERS = {"latin-1": "ß", "utf-8": "ß€", "koi8-r": "Ж", "euc-jp": "字"}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("indent", ["    ", "\t"])
@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-8-sig", "koi8-r", "euc-jp"])
def test_whatever_a_file_looks_like_its_other_bytes_stay_and_a_second_run_changes_nothing(
    encoding: str, indent: str, newline: str, project: Path
) -> None:
    cookie = encoding.removesuffix("-sig")
    text = f"# -*- coding: {cookie} -*-\n" + ODD.format(indent=indent, letter=LETTERS[cookie])
    odd = project / "cloudy" / "odd.py"
    odd.write_bytes(text.replace("\n", newline).encode(encoding))
    assert main(["rewrite", "--apply", "cloudy/odd.py", "cloudy/utils.py"]) == 0
    call = "utils.execute('chown', uid, path, run_as_root=True)"
    expected = text.replace(call, "cloudy.privsep.path.chown(str(uid), str(path))")
    expected = expected.replace("from cloudy import utils\n", "import cloudy.privsep.path\n")
    assert odd.read_bytes() == expected.replace("\n", newline).encode(encoding)
    written = tree(project)
    assert main(["rewrite", "--apply", "cloudy/odd.py", "cloudy/utils.py"]) == 0
    assert tree(project) == written


def test_an_untracked_file_is_no_clean_one(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(project, "init", "-q")
    git(project, "add", "cloudy/utils.py", "setup.cfg")
    git(project, "commit", "-qm", "some")
    before = tree(project)
    assert main(["rewrite", "--apply", "cloudy"]) == 2
    assert "cloudy/driver.py: uncommitted changes" in capsys.readouterr().err
    assert tree(project) == before


def test_the_tree_is_moved_in_two_runs_as_in_one(project: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(project, other)
    assert main(["rewrite", "--apply", "cloudy"]) == 0
    assert main(["rewrite", "--apply", "--only", "lvremove", str(other / "cloudy")]) == 0
    assert main(["rewrite", "--apply", "--skip", "nothing", str(other / "cloudy")]) == 2
    assert main(["rewrite", "--apply", str(other / "cloudy")]) == 0
    calls = [name for name in tree(project) if "privsep/__init__" not in name and not name.endswith(".pyc")]
    assert {name: tree(other)[name] for name in calls} == {name: tree(project)[name] for name in calls}
    assert main(["rewrite", "--apply", str(other / "cloudy")]) == 0


def test_only_and_skip_decide_what_is_moved(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rewrite", "--only", "chown.chown", "cloudy"]) == 1
    said = capsys.readouterr()
    assert "privsep.path.chown(" in said.out and "+++ b/cloudy/privsep/lvm.py" not in said.out
    assert "1 of 3 root calls would move" in said.err and "  2 not chosen" in said.err
    assert main(["rewrite", "--skip", "cloudy/driver.py:15", "cloudy"]) == 1
    assert "privsep.path.chown(" not in capsys.readouterr().out
    assert main(["rewrite", "--only", "chwon", "cloudy"]) == 2
    assert capsys.readouterr() == (
        "",
        "privmigrate: --only chwon: no root call has this rule, program or path, did you mean chown?\n",
    )


def test_without_a_path_the_project_is_rewritten(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rewrite"]) == 1
    here = capsys.readouterr().out
    assert "--- a/cloudy/driver.py\n" in here
    main(["rewrite", "cloudy"])
    assert capsys.readouterr().out == here
    monkeypatch.chdir(project / "cloudy")
    assert main(["rewrite", "--apply"]) == 0
    assert (project / "cloudy" / "privsep" / "path.py").exists()


def test_json_goes_where_output_says_and_the_summary_to_standard_error(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rewrite", "--format", "json", "--apply", "--output", "done.json", "cloudy"]) == 0
    said = capsys.readouterr()
    assert said.out == "" and "next:" in said.err
    report = json.loads((project / "done.json").read_text())
    assert report["applied"] and report["summary"]["moved"] == 2
    written = {change["path"]: change["created"] for change in report["changes"]}
    assert written["cloudy/driver.py"] is False and written["cloudy/privsep/path.py"] is True
    assert all((project / path).exists() for path in written)
    assert main(["rewrite", "--format", "json", "cloudy"]) == 0
    assert json.loads(capsys.readouterr().out)["summary"]["moved"] == 0


def test_the_diff_can_go_to_a_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rewrite", "cloudy"]) == 1
    diff = capsys.readouterr().out
    assert main(["rewrite", "--output", "it.patch", "cloudy"]) == 1
    assert capsys.readouterr().out == "" and (project / "it.patch").read_text() == diff


def test_a_time_limit_needs_a_library_that_knows_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rewrite", "--timeout", "30", "cloudy"]) == 2
    assert "admits oslo.concurrency 3.8.0, which knows none; require 4.2 first" in capsys.readouterr().err
    (project / "requirements.txt").write_text("oslo.concurrency>=4.2.0\n")
    assert main(["rewrite", "--timeout", "30", "cloudy"]) == 1
    diff = capsys.readouterr().out
    assert diff.count("timeout=30") == 1 and "command.run('lvremove', '-f', path," in diff
    assert main(["rewrite", "--timeout", "0", "cloudy"]) == 2
    assert "'0' is no number of seconds from 1 up" in capsys.readouterr().err
