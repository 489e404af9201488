"""The gate: red on every root call that was not there, green on everything that only moves code."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.gates import DRIVER as BEFORE
from tests.gates import TAKE, ran
from tests.running import refused, run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "service").mkdir(parents=True)
    (folder / "service" / "__init__.py").write_text("")
    (folder / "service" / "driver.py").write_text(BEFORE)
    (folder / "service" / "other.py").write_text("x = 1\n")
    done = ran("baseline", "service", "--output", "known.txt", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "privmigrate: known.txt: 2 root calls\n")
    return folder


def check(project: Path, text: str = "", paths: tuple[str, ...] = ("service",)) -> tuple[int, list[str], str]:
    if text:
        (project / "service" / "driver.py").write_text(text)
    done = ran("check", *paths, "--baseline", "known.txt", cwd=project)
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_an_unchanged_tree_is_green(project: Path) -> None:
    assert check(project) == (0, [], "privmigrate: 0 new, 0 stale, 2 as in known.txt\n")


@pytest.mark.parametrize(
    "moved",
    [
        "# a comment\n\n\n" + BEFORE,
        BEFORE.replace("'chown', uid, path, run_as_root=True", "\n            'chown',\n            uid, path,\n"
                       "            run_as_root=True,\n        "),
        BEFORE.replace("uid", "owner").replace("cmd", "argv"),
        BEFORE.replace("\n", "\r\n"),
        "class First:\n    pass\n\n\n" + BEFORE,
    ],
    ids=["lower down", "reformatted", "locals renamed", "line ends", "after a new class"],
)  # fmt: skip
def test_moving_code_is_green(project: Path, moved: str) -> None:
    assert check(project, moved)[0] == 0


@pytest.mark.parametrize(
    ("changed", "runs"),
    [
        (BEFORE.replace(TAKE, TAKE * 2), "chown {uid} {path}"),
        (
            BEFORE + "\n    def drop(self):\n        processutils.execute('rm', '-r', '/x', run_as_root=True)\n",
            "rm -r /x",
        ),
        (BEFORE.replace(TAKE, TAKE + TAKE.replace("uid", "'root'")), "chown root {path}"),
    ],
    ids=["an identical twin", "a new function", "another word"],
)
def test_an_inserted_call_is_red(project: Path, changed: str, runs: str) -> None:
    status, lines, said = check(project, changed)
    assert status == 1
    assert len(lines) == 4
    assert f"PRV101 runs as root: {runs} (" in lines[0]
    assert lines[1].startswith("    why: ")
    assert lines[2].startswith("    do: `privmigrate rewrite --only service/driver.py:")
    again = "`privmigrate baseline service --output known.txt`"
    assert lines[3] == f"To admit what is new: {again}, or `# noqa: PRV101 REASON` on its line."
    assert said == "privmigrate: 1 new, 0 stale, 2 as in known.txt\n"


@pytest.mark.parametrize(
    "swapped",
    [BEFORE.replace("'chown', uid", "'chmod', uid"), BEFORE.replace("def take", "def give")],
    ids=["another command", "another function"],
)
def test_a_swap_is_red_although_the_number_stays(project: Path, swapped: str) -> None:
    status, lines, said = check(project, swapped)
    assert (status, said) == (1, "privmigrate: 1 new, 1 stale, 1 as in known.txt\n")
    assert lines[0].startswith("service/driver.py:6:9: PRV101 runs as root: ")
    assert lines[3] == (
        "known.txt:4:1: PRV905 stale entry: PRV101 service/driver.py Driver.take: chown {} {}"
        " (line 6 when it was written)"
    )
    assert lines[5] == "    do: `privmigrate check --prune service --baseline known.txt` removes it"


def test_a_call_that_is_gone_leaves_a_stale_entry(project: Path) -> None:
    status, lines, said = check(project, BEFORE.replace(TAKE, "        pass\n"))
    assert (status, len(lines), said) == (1, 3, "privmigrate: 0 new, 1 stale, 1 as in known.txt\n")


def test_a_call_moved_to_another_file_is_new_there(project: Path) -> None:
    (project / "service" / "other.py").write_text(BEFORE)
    assert check(project)[2] == "privmigrate: 2 new, 0 stale, 2 as in known.txt\n"


def test_entries_outside_of_what_is_checked_are_not_stale(project: Path) -> None:
    assert check(project, paths=("service/other.py",)) == (0, [], "privmigrate: 0 new, 0 stale, 0 as in known.txt\n")


def test_it_does_not_matter_from_where_it_is_run(project: Path) -> None:
    done = run("check", ".", "--baseline", "../known.txt", cwd=project / "service")
    assert (done.returncode, done.stdout) == (0, "")
    done = run("check", project / "service", "--baseline", project / "known.txt", cwd=project.parent)
    assert (done.returncode, done.stdout) == (0, "")


def test_noqa_admits_a_new_call(project: Path) -> None:
    admitted = TAKE.rstrip() + "  # noqa: PRV101 until the daemon is there\n"
    assert check(project, BEFORE.replace(TAKE, TAKE + admitted))[0] == 0
    assert check(project, BEFORE.replace(TAKE, TAKE + admitted.replace(": PRV101", "")))[0] == 1


def test_a_file_that_does_not_parse_is_red_and_its_entries_are_not_stale(project: Path) -> None:
    status, lines, said = check(project, BEFORE + "def broken(:\n    run_as_root\n")
    assert status == 1
    assert any(line.startswith("service/driver.py:") and " PRV901 " in line for line in lines)
    assert "0 stale" in said


def test_the_baseline_is_not_written_over_what_cannot_be_read(project: Path) -> None:
    before = (project / "known.txt").read_text()
    (project / "service" / "driver.py").write_text(BEFORE + "def broken(:\n    run_as_root\n")
    done = ran("baseline", "service", "--output", "known.txt", cwd=project)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("privmigrate: known.txt: not written: ")
    assert (project / "known.txt").read_text() == before


def test_the_file_is_sorted_and_readable(project: Path) -> None:
    assert (project / "known.txt").read_text() == textwrap.dedent("""\
        # privmigrate baseline 2
        # What was there before, by `privmigrate baseline`. line= is a hint; reason=, owner= and until= are yours.
        PRV101 service/driver.py Driver.make #1 line=11 :: mkfs -t ext4 {}
        PRV101 service/driver.py Driver.take #1 line=6 :: chown {} {}
        """)


def test_the_configuration_can_name_it(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.privmigrate]\nbaseline = "etc/known.txt"\n')
    (project / "etc").mkdir()
    assert ran("baseline", "service", cwd=project).returncode == 0
    assert "PRV101 ../service/driver.py Driver.make" in (project / "etc" / "known.txt").read_text()
    assert ran("check", "service", cwd=project).returncode == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "known.txt: no such baseline; `privmigrate baseline` writes one"),
        (b"", "known.txt:1: not a baseline"),
        (b"# privmigrate baseline 7\n", "known.txt:1: baseline version '7'"),
        (b"# privmigrate baseline 1\nPRV101 what\n", "known.txt:2: not a baseline entry"),
        (b"\xff\xfe\x00", "known.txt: not a baseline: byte 0 is not UTF-8"),
    ],
)
def test_a_baseline_that_cannot_be_used_is_a_fault(project: Path, text: bytes | None, said: str) -> None:
    (project / "known.txt").unlink()
    if text is not None:
        (project / "known.txt").write_bytes(text)
    assert refused(ran("check", "service", "--baseline", "known.txt", cwd=project)).startswith(said)


def test_a_file_that_is_no_baseline_is_not_overwritten(project: Path) -> None:
    said = refused(ran("baseline", "service", "--output", "service/driver.py", cwd=project))
    assert said == "service/driver.py: is there, and is not a baseline; name another file, or remove it first"
    assert (project / "service" / "driver.py").read_text() == BEFORE
