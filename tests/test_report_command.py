"""privmigrate report: the command line, and what it says when something is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migrator import cli
from tests.coverage import service
from tests.coverage.test_compare import MOVED, ROOT
from tests.coverage.test_history import commit, git
from tests.running import run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two projects, and the history of a repository with one commit more."""
    folder = tmp_path_factory.mktemp("report") / "here"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, {**service.FILES, "other/__init__.py": ""}, 0)
    git(folder, "tag", "1.0.0")
    commit(folder, {"service/volume.py": service.VOLUME.replace(ROOT, MOVED)}, 40)
    return folder


def test_the_ladder_is_told(folder: Path) -> None:
    done = run("report", "service", cwd=folder)
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.startswith("service  66 % covered: 4 of 6 operations on rungs 3 and 4, 50 % native\n")


def test_what_moved_since_an_older_report(folder: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    service.write(tmp_path / "before")
    assert run("report", "service", "--format", "json", "--output", old, cwd=tmp_path / "before").returncode == 0
    done = run("report", "service", "--compare", old, cwd=folder)
    assert "50 % -> 66 % covered (+16 points): 1 up, 0 down, 0 new, 0 gone, 5 as before" in " ".join(
        done.stdout.split()
    )
    document = json.loads(run("report", "service", "--compare", old, "--format", "json", cwd=folder).stdout)
    assert document["comparison"]["stayed"] == 5
    for form, text in (("markdown", "### Since"), ("html", 'id="h-compared"')):
        assert text in run("report", "service", "--compare", old, "--format", form, cwd=folder).stdout


def test_several_projects_have_a_row_each_and_a_total(folder: Path, tmp_path: Path) -> None:
    listed = tmp_path / "projects.txt"
    listed.write_text(f"# both\n{folder}/other\n{folder}/service  # again\n")
    done = run("report", "service", "--projects", listed, "--format", "json", cwd=folder)
    document = json.loads(done.stdout)
    counts = [(one["name"], one["summary"]["operations"]) for one in document["projects"]]
    assert counts == [("service", 6), ("other", 0)]
    assert document["summary"]["operations"] == 6


def test_the_history_burns_down(folder: Path) -> None:
    words = ("report", "service", "--history", "--every", "commit")
    document = json.loads(run(*words, "--format", "json", cwd=folder).stdout)
    assert [one["by_rung"]["rootwrap"] for one in document["history"]["samples"]] == [2, 1]
    assert document["history"]["projection"]["date"] > "2017-08"
    again = run(*words, cwd=folder)
    assert again.stderr == "privmigrate: 2 commits: 2 kept\n"
    assert "at this pace nothing left on rungs 0 and 1 by 2017-" in " ".join(again.stdout.split())
    assert 'id="burn-title"' in run(*words, "--format", "html", cwd=folder).stdout
    assert run(*words, "--format", "csv", cwd=folder).stdout.count("\n") == 3
    assert "| 2017-07-14 | `1.0.0` |" in run(*words, "--format", "markdown", cwd=folder).stdout


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("nowhere",), "nowhere: no such file"),
        (("service", "--compare", "gone.json"), "gone.json: the report can't be read: No such file"),
        (
            ("service", "--compare", "service/volume.py"),
            "service/volume.py: not what `privmigrate report --format json`",
        ),
        (("service", "--compare", "old.json", "--format", "csv"), "--format csv has no comparison"),
        (("--projects", "gone.txt"), "gone.txt: the list of projects can't be read"),
        (("--projects", "service/__init__.py"), "service/__init__.py: no project in it"),
        (("service", "--history", "no..where"), "--history no..where: "),
        (("--history", "service"), "--history service: a folder, not a range; write it before --history"),
        (("service", "other", "--history"), "--history takes one project"),
        (("service", "--history", "--format", "badge"), "--format badge has no history"),
        (("service", "--history", "--compare", "old.json"), "--history and --compare exclude each other"),
        (("service", "--executor", "nonsense"), "--executor nonsense: write dask:ADDRESS, or MODULE:FACTORY"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    folder: Path,
    words: tuple[str, ...],
    why: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    assert cli.main(["report", *words]) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1 and why in told.err
