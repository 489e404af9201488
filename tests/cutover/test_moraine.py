"""The command on the sample project: refused with the list, then all files or none, then nothing is left."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import docutils.core
import pytest
import yaml

from tests.cutover import finished

RENO = str(Path(sys.executable).with_name("reno"))


@pytest.fixture(scope="module")
def rewritten(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished.rewritten(tmp_path_factory.mktemp("rewritten"))


@pytest.fixture
def project(rewritten: Path, tmp_path: Path) -> Path:
    """A copy of the rewritten sample, in git."""
    copy = tmp_path / "moraine"
    shutil.copytree(rewritten, copy)
    for words in (("init", "--quiet"), ("add", ".")):
        subprocess.run(["git", *words], cwd=copy, check=True)
    committed(copy)
    return copy


def committed(project: Path) -> None:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    subprocess.run(["git", "add", "."], cwd=project, check=True)
    subprocess.run(["git", *identity, "commit", "--quiet", "--message", "x"], cwd=project, check=True)


def files(project: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(project)): path.read_bytes()
        for path in sorted(project.rglob("*"))
        if path.is_file() and ".git" not in path.parts and "__pycache__" not in path.parts
    }


def test_it_refuses_with_the_list_while_calls_are_left(project: Path) -> None:
    before = files(project)
    done = finished.run(project, "cutover", "--apply", "--format", "json")
    assert (done.returncode, files(project)) == (1, before)
    report = json.loads(done.stdout)
    assert report["schema"] == "privmigrate.cutover/1"
    assert (report["applied"], report["changes"]) == (False, [])
    blocking = [(tie["kind"], tie["path"]) for tie in report["ties"] if tie["standing"] == "blocking"]
    assert sorted(blocking) == [("root_call", "moraine/cmd/host_check.py"), ("root_call", "moraine/utils.py")]
    text = finished.run(project, "cutover", "--apply").stdout
    assert text.startswith("2 ties to rootwrap need it; nothing is removed before they are gone\n")
    assert "    moraine/cmd/host_check.py:25  sudo -n moraine-rootwrap" in text


def test_it_shows_a_diff_then_writes_it_and_then_nothing_is_left(project: Path) -> None:
    finished.finish(project)
    before = files(project)
    shown = finished.run(project, "cutover")
    assert (shown.returncode, files(project)) == (1, before)
    assert "+++ /dev/null\n" in shown.stdout and "-oslo.rootwrap>=6.2.0 # Apache-2.0\n" in shown.stdout
    dirty = finished.run(project, "cutover", "--apply")
    assert (dirty.returncode, files(project)) == (2, before)
    assert "uncommitted changes" in dirty.stderr
    committed(project)
    done = finished.run(project, "cutover", "--apply")
    assert done.returncode == 0, done.stdout + done.stderr
    after = files(project)
    assert not [path for path in after if path.startswith("etc/")]
    for path in ("setup.cfg", "requirements.txt", "moraine/conf.py", "moraine/utils.py", "README.rst"):
        assert b"rootwrap" not in after[path], path
    again = finished.run(project, "cutover", "--apply")
    assert (again.returncode, again.stdout) == (0, "nothing ties this project to rootwrap\n")
    assert files(project) == after


def test_texts_are_left_to_people_and_told(project: Path) -> None:
    finished.finish(project, words=False)
    committed(project)
    done = finished.run(project, "cutover", "--apply")
    assert done.returncode == 0, done.stderr
    assert "2 ties to cut by hand; rootwrap can go without" in done.stdout
    assert "    README.rst:8  through ``moraine-rootwrap``." in done.stdout
    again = finished.run(project, "cutover")
    assert again.returncode == 1
    assert "README.rst:8" in again.stdout


def test_the_unit_tests_that_passed_still_pass(project: Path) -> None:
    finished.finish(project)
    committed(project)
    before = failing(project)
    assert finished.run(project, "cutover", "--apply").returncode == 0
    assert failing(project) == before


def failing(project: Path) -> list[str]:
    words = [sys.executable, "-m", "unittest", "discover", "-s", "moraine/tests", "-t", "."]
    done = subprocess.run(words, cwd=project, capture_output=True, text=True, check=False)
    assert "Ran " in done.stderr
    return sorted(line for line in done.stderr.splitlines() if line.startswith(("FAIL:", "ERROR:")))


def test_both_notes_are_what_reno_reads(project: Path) -> None:
    finished.finish(project)
    committed(project)
    assert finished.run(project, "cutover", "--apply").returncode == 0
    committed(project)
    lint = subprocess.run([RENO, "lint", "."], cwd=project, capture_output=True, text=True, check=False)
    assert lint.returncode == 0, lint.stderr
    told = subprocess.run([RENO, "report", "."], cwd=project, capture_output=True, text=True, check=True).stdout
    assert "``moraine-rootwrap``" in told and "``moraine.privsep.path``" in told
    notes = sorted((project / "releasenotes" / "notes").iterdir())
    assert [note.name.rpartition("-")[0] for note in notes] == ["root-calls-moved-to-privsep", "rootwrap-removed"]
    sections = [yaml.safe_load(note.read_text()) for note in notes]
    assert [sorted(each) for each in sections] == [["upgrade"], ["security", "upgrade"]]
    for each in sections:
        for paragraph in (paragraph for some in each.values() for paragraph in some):
            docutils.core.publish_doctree(paragraph, settings_overrides={"halt_level": 1, "report_level": 5})


def test_a_second_rewrite_writes_no_second_note(project: Path) -> None:
    before = files(project)
    done = finished.run(project, "rewrite", "--apply", "--unsafe", "--no-tests", "moraine")
    assert done.returncode == 0, done.stderr
    assert files(project) == before


def test_without_a_folder_of_notes_none_is_written(tmp_path: Path) -> None:
    project = finished.rewritten(tmp_path, notes=False)
    finished.finish(project)
    done = finished.run(project, "cutover", "--apply")
    assert done.returncode == 0, done.stderr
    assert "no release note, as there is no releasenotes/notes" in done.stdout
    assert not (project / "releasenotes").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nowhere",), "nowhere: no such folder; name a folder of the project"),
        (("--start", "magic"), "invalid choice: 'magic'"),
    ],
)
def test_a_mistake_is_told_on_one_line(project: Path, words: tuple[str, ...], message: str) -> None:
    done = finished.run(project, "cutover", *words)
    assert done.returncode == 2
    assert message in done.stderr and "Traceback" not in done.stderr
