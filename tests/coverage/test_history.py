"""Coverage over a git history: what is sampled, what is analysed again, and where the line leads."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from migrator.coverage.history import Sample, Settings, history
from migrator.coverage.kept import Kept, kept
from migrator.coverage.ladder import Tally
from migrator.coverage.projection import projection
from migrator.coverage.repository import EVERY, Commit, found, sampled
from migrator.fault import Fault
from tests.coverage import service
from tests.coverage.test_compare import MOVED, ROOT

DAY = 24 * 3600
START = 1_500_000_000
NEVER = "    run('never', path, run_as_root=True)\n"


def git(folder: Path, *words: str, day: int = 0) -> str:
    stamp = f"{START + day * DAY} +0000"
    who = {f"GIT_{role}_{what}": "test@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    dates = {"GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp, "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(
        ["git", "-C", folder, *words], env={**os.environ, **who, **dates}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(folder: Path, files: dict[str, str], day: int) -> None:
    service.write(folder, files)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", f"day {day}", day=day)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six commits: two more calls, nothing that matters, one call moved, tests only, the last call moved."""
    folder = tmp_path_factory.mktemp("history") / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    look = "def look(name):\n    return processutils.execute(name, run_as_root=True)\n\n\n"
    volume = service.VOLUME.replace(look, "")
    two = volume.replace(ROOT, ROOT + "    run('umount', path, run_as_root=True)\n")
    commit(folder, {**service.FILES, "service/volume.py": two, "service/text.py": "GREETING = 'hello'\n"}, 0)
    git(folder, "tag", "1.0.0")
    commit(folder, {"service/text.py": "GREETING = 'good morning'\n"}, 3)
    commit(folder, {"service/volume.py": two.replace(ROOT, MOVED)}, 9)
    commit(folder, {"service/tests/test_volume.py": "def test():\n" + NEVER}, 10)
    commit(folder, {"README": "text\n"}, 16)
    commit(folder, {"service/volume.py": volume.replace(ROOT, MOVED)}, 30)
    git(folder, "tag", "2.0.0")
    return folder


def played(repository: Path, every: str, cache: Kept, span: str = "HEAD") -> tuple[list[Sample], list[str]]:
    ways: list[str] = []
    place = found(str(repository / "service"))
    commits = sampled(place, span, every)
    samples = list(history(place, commits, Settings(), cache, lambda _, how: ways.append(how)))
    return samples, ways


def test_only_what_was_looked_at_is_analysed_again(repository: Path, tmp_path: Path) -> None:
    samples, ways = played(repository, "commit", Kept(str(tmp_path)))
    assert ways == ["analysed", "the same", "analysed", "the same", "kept", "analysed"]
    assert [one.tally.behind for one in samples] == [3, 3, 2, 2, 2, 1]
    assert [one.tally.covered for one in samples] == [3, 3, 4, 4, 4, 4]


def test_each_sample_is_what_a_report_of_its_tree_says(repository: Path, tmp_path: Path) -> None:
    from migrator.coverage.ladder import tally

    samples, _ = played(repository, "commit", Kept(""))
    for number, sample in enumerate(samples):
        folder = tmp_path / str(number)
        git(repository, "worktree", "add", "--quiet", "--detach", str(folder), sample.commit.sha)
        try:
            from migrator.coverage.projects import coverage

            assert tally("", coverage(service.asked(folder)).operations).counts == sample.tally.counts
        finally:
            git(repository, "worktree", "remove", "--force", str(folder))


def test_a_run_that_broke_off_goes_on_where_it_was(repository: Path, tmp_path: Path) -> None:
    place, cache = found(str(repository / "service")), Kept(str(tmp_path))
    commits = sampled(place, "HEAD", "commit")
    running = history(place, commits, Settings(), cache)
    for _ in range(3):
        next(running)
    del running
    again, ways = played(repository, "commit", cache)
    assert ways == ["kept", "kept", "kept", "the same", "kept", "analysed"]
    assert [one.tally.behind for one in again] == [3, 3, 2, 2, 2, 1]


def test_what_is_kept_and_damaged_is_made_anew(repository: Path, tmp_path: Path) -> None:
    cache = Kept(str(tmp_path))
    played(repository, "tag", cache)
    for path in tmp_path.iterdir():
        path.write_bytes(b"damaged")
    samples, ways = played(repository, "tag", cache)
    assert ways == ["analysed", "analysed"] and samples[0].tally.behind == 3


def test_a_folder_for_what_is_kept_tells_ways_apart(tmp_path: Path) -> None:
    assert kept(str(tmp_path), ("a", True)).folder != kept(str(tmp_path), ("a", False)).folder
    assert kept(None, "a").folder == ""


@pytest.mark.parametrize(
    ("every", "days"), [("commit", [0, 3, 9, 10, 16, 30]), ("tag", [0, 30]), ("week", [0, 9, 16, 30])]
)
def test_samples(repository: Path, every: str, days: list[int]) -> None:
    commits = sampled(found(str(repository / "service")), "HEAD", every)
    assert [(one.time - START) // DAY for one in commits] == days
    assert commits[-1].name == "2.0.0" and every in EVERY


def test_a_merge_is_what_two_lines_come_to(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit(tmp_path, service.FILES, 0)
    git(tmp_path, "checkout", "--quiet", "-b", "topic")
    commit(tmp_path, {"service/topic.py": ""}, 1)
    git(tmp_path, "checkout", "--quiet", "main")
    commit(tmp_path, {"service/main.py": ""}, 2)
    git(tmp_path, "merge", "--quiet", "--no-ff", "--no-edit", "topic", day=3)
    commit(tmp_path, {"service/main.py": "x = 1\n"}, 4)
    commit(tmp_path, {"service/main.py": "x = 2\n"}, 5)
    commits = sampled(found(str(tmp_path)), "HEAD", "merge")
    assert [(one.time - START) // DAY for one in commits] == [0, 3, 5]
    commits = sampled(found(str(tmp_path)), "HEAD~2..HEAD", "commit")
    assert [(one.time - START) // DAY for one in commits] == [3, 4, 5]


def test_commits_without_the_path_have_no_operation(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit(tmp_path, {"README": "first\n"}, 0)
    commit(tmp_path, service.FILES, 1)
    git(tmp_path, "rm", "--quiet", "-r", "service")
    git(tmp_path, "commit", "--quiet", "--message", "gone", day=2)
    commit(tmp_path, service.FILES, 3)
    samples, _ = played(tmp_path, "commit", Kept(""))
    assert [one.tally.total for one in samples] == [0, 6, 0, 6]


@pytest.mark.parametrize(
    ("span", "why"),
    [
        ("3.0.0", "3.0.0: .*name a range of commits, such as"),
        ("2.0.0..7.0.0", "2.0.0..7.0.0: .*name a range of commits, such as"),
        ("--all", "not a range"),
    ],
)
def test_a_range_that_is_none_is_told(repository: Path, span: str, why: str) -> None:
    with pytest.raises(Fault, match=why):
        sampled(found(str(repository)), span, "tag")


def test_a_folder_without_git_history_is_told(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="no git history"):
        found(str(tmp_path))


def made(*behind: int) -> list[Sample]:
    return [
        Sample(Commit("", "", START + number * 365 * DAY), Tally("", (left, 0, 0, 0, 10)), 0)
        for number, left in enumerate(behind)
    ]


def test_a_steady_descent_ends_where_its_line_does() -> None:
    found = projection(made(50, 40, 30, 20))
    assert found is not None and found.end is not None
    assert found.end == pytest.approx(START + 5 * 365 * DAY, abs=DAY)
    assert (found.over, found.reached) == (4, False)


@pytest.mark.parametrize("behind", [(10, 10, 10), (10, 20, 30), (100, 100, 99)])
def test_no_end_in_sight(behind: tuple[int, ...]) -> None:
    found = projection(made(*behind))
    assert found is not None and found.end is None and not found.reached


def test_an_end_that_is_reached_has_its_date_and_nothing_to_do_has_none() -> None:
    found = projection(made(10, 5, 0, 0))
    assert found is not None and found.reached and found.end == START + 2 * 365 * DAY
    assert projection(made(0, 0)) is None
    assert projection(made(5)) is None
