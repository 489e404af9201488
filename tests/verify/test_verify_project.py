"""`privmigrate verify PATH`: the command on the rewritten sample project, right and with faults put in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.running import run

SAMPLE = Path(__file__).resolve().parent.parent / "fixtures" / "projects" / "moraine"
PART = "moraine/image.py"  # the whole sample is replayed in replay/test_faults.py
IDENTITY = ("-c", "user.name=Test", "-c", "user.email=test@example.com")

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: a privsep daemon is started")


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *IDENTITY, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def rewritten(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, committed, and rewritten in the work tree."""
    folder = tmp_path_factory.mktemp("verified") / "moraine"
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "before")
    assert run("rewrite", "--apply", "moraine", cwd=folder).returncode == 0
    return folder


@pytest.fixture
def copy(rewritten: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(rewritten, tmp_path / "moraine", symlinks=True))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text, old
    path.write_text(text.replace(old, new, 1))


def test_what_rewrite_wrote_is_right(rewritten: Path) -> None:
    done = run("verify", PART, "--examples", "0", "--sweep", "0", cwd=rewritten)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "boundary: 0 findings in moraine.privsep" in done.stdout
    assert "rules of native functions: 1 of 1 proven" in done.stdout
    assert " same (" in done.stdout and " different" not in done.stdout


def test_a_limit_that_was_asked_for_is_no_difference_and_any_other_is(rewritten: Path, tmp_path: Path) -> None:
    folder = tmp_path / "moraine"
    subprocess.run(["git", "clone", "--quiet", str(rewritten), str(folder)], check=True)  # as it was committed
    assert (
        run("rewrite", "--apply", "--timeout", "30", "moraine/image.py", "moraine/utils.py", cwd=folder).returncode == 0
    )
    assert "timeout=30)" in (folder / "moraine" / "privsep" / "qemu.py").read_text()
    command = ("verify", "moraine/image.py", "moraine/utils.py", "--no-rules")
    for words, status in (("--timeout=30",), 0), (("--timeout=31",), 1):
        done = run(*command, *words, cwd=folder)
        assert done.returncode == status, done.stdout + done.stderr
        assert ("      + 30\n" in done.stdout) is bool(status)


def test_json_tells_of_each_site_and_of_each_rule(rewritten: Path) -> None:
    done = run("verify", "moraine/host/files.py", "--no-rules", "--format", "json", cwd=rewritten)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["schema"] == "privmigrate.verify/1"
    (replay,) = report["replays"]
    assert replay["daemon"] == "fork"
    moved = [site for site in replay["sites"] if site["verdict"] == "same"]
    assert {site["rule"] for site in moved} >= {"chown.chown", "chmod.chmod", ""}
    assert sum(report["summary"]["sites"].values()) == len(replay["sites"])
    assert all(site["function"].startswith("moraine.privsep.") for site in moved)


def test_the_tree_before_can_be_a_folder(rewritten: Path) -> None:
    done = run("verify", "--no-rules", "--before", str(SAMPLE), PART, cwd=rewritten)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_changed_command_is_shown_with_the_place(copy: Path) -> None:
    change(copy / "moraine" / "privsep" / "qemu.py", "'convert', '-O'", "'convert', '-c', '-O'")
    done = run("verify", "--no-rules", PART, cwd=copy)
    assert done.returncode == 1
    assert ": PRV261 moraine.privsep.qemu.qemu_img_convert() does not do what the root call did" in done.stdout
    assert "      + qemu-img convert -c -O " in done.stdout


def test_a_fault_at_the_boundary_is_found_and_a_comment_admits_it(copy: Path) -> None:
    path = copy / "moraine" / "privsep" / "path.py"
    path.write_text(path.read_text() + "\n\ndef run_anything(words):\n    return words\n")
    words = ("verify", "--no-rules", PART, "moraine/privsep")
    done = run(*words, cwd=copy)
    assert (done.returncode, "PRV242" in done.stdout) == (1, True), done.stdout
    (copy / "codes.toml").write_text('[tool.privmigrate]\nignore = ["PRV242"]\n')
    done = run(*words, "--config", "codes.toml", cwd=copy)
    assert done.returncode == 0, done.stdout
    change(path, "def run_anything(words):", "def run_anything(words):  # noqa: PRV242")
    done = run(*words, cwd=copy)
    assert done.returncode == 0, done.stdout
    assert "1 suppressed" in done.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nowhere",), "nowhere: no such file or folder"),
        (("--against", "no-such-ref", "moraine"), "no-such-ref"),
        (("--before", "nowhere", "moraine"), "nowhere: --before takes a folder"),
        (("--daemon", "magic", "moraine"), "magic"),
        (("--python", "/no/such/python", "moraine"), "/no/such/python"),
    ],
)
def test_bad_input_is_one_line_and_status_2(rewritten: Path, words: tuple[str, ...], told: str) -> None:
    done = run("verify", *words, cwd=rewritten)
    assert done.returncode == 2, done.stdout + done.stderr
    assert told in done.stderr and len(done.stderr.strip().splitlines()) == 1, done.stderr


def test_a_project_that_nobody_rewrote_is_told_so(tmp_path: Path) -> None:
    folder = tmp_path / "moraine"
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "before")
    done = run("verify", "moraine", cwd=folder)
    assert done.returncode == 2
    assert "nothing moved" in done.stderr
