"""Entries of the baseline: what they say of themselves, and how they go, follow a file, and expire."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gates import DRIVER, TAKE, commit, git, said, service

NAME = "privmigrate-baseline.txt"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = service(tmp_path / "project", monkeypatch)
    assert said(capsys, "baseline", "service") == (0, [], [f"{NAME}: 2 root calls"])
    return folder


def note(project: Path, fields: str, scope: str = "Driver.take") -> None:
    """Write fields into the entry of a scope."""
    path = project / NAME
    lines = [
        line.replace(" ::", f" {fields} ::", 1) if f" {scope} " in line else line
        for line in path.read_text().splitlines(keepends=True)
    ]
    path.write_text("".join(lines))


def test_prune_removes_stale_entries_and_touches_nothing_else(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note(project, 'reason="until the daemon is there" owner=core')
    lines = (project / NAME).read_text().splitlines(keepends=True)
    odd = [*lines[:2], "# a remark\n", "\n", lines[3], lines[2]]  # not sorted, as a merge leaves it
    (project / NAME).write_text("".join(odd))
    (project / "service" / "driver.py").write_text(DRIVER[: DRIVER.index("    def make")])
    status, out, err = said(capsys, "check", "service")
    assert (status, err) == (1, [f"0 new, 1 stale, 1 as in {NAME}"])
    assert out[0].startswith(f"{NAME}:6:1: PRV905 stale entry: PRV101 service/driver.py Driver.make: mkfs -t ext4 {{}}")
    assert out[2] == "    do: `privmigrate check --prune service` removes it"
    assert said(capsys, "check", "--prune", "service") == (
        0, [], [f"{NAME}: 1 stale entry removed", f"0 new, 0 stale, 1 as in {NAME}"],
    )  # fmt: skip
    assert (project / NAME).read_text() == "".join(odd[:-1])


def test_prune_still_fails_on_what_is_new_and_leaves_no_draft(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "service" / "driver.py").write_text(DRIVER.replace("'chown'", "'chmod'"))
    status, out, _ = said(capsys, "check", "--prune", "service")
    assert (status, sum(line.startswith("service/") for line in out)) == (1, 1)
    assert sorted(path.name for path in project.iterdir()) == [NAME, "service"]


def test_fields_are_kept_when_the_baseline_is_written_anew(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note(project, 'reason="LP#1, \\"soon\\"" owner=core until=2999-12-31')
    kept = (project / NAME).read_text()
    assert said(capsys, "check", "service")[0] == 0
    assert said(capsys, "baseline", "service")[0] == 0
    assert (project / NAME).read_text() == kept
    (project / "service" / "driver.py").write_text("\n\n" + DRIVER)
    assert said(capsys, "baseline", "service")[0] == 0
    assert (project / NAME).read_text() == kept.replace("line=6", "line=8").replace("line=11", "line=13")


def test_an_entry_that_has_expired_fails(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note(project, "owner=core until=2001-02-03")
    status, out, err = said(capsys, "check", "service")
    assert (status, err) == (1, [f"0 new, 0 stale, 2 as in {NAME}, 1 entry needs care"])
    assert out == [
        f"{NAME}:4:1: PRV906 expired entry: PRV101 service/driver.py Driver.take: chown {{}} {{}}",
        "    why: it was admitted until 2001-02-03; owner: core",
        "    do: mend the code, or agree on another day",
    ]


def test_the_configuration_can_require_fields(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pyproject.toml").write_text('[tool.privmigrate]\nbaseline_requires = ["reason", "owner"]\n')
    note(project, "reason=soon owner=core")
    note(project, "reason=never", "Driver.make")
    status, out, _ = said(capsys, "check", "service")
    assert status == 1
    assert out[0].startswith(f"{NAME}:3:1: PRV907 entry without owner=: PRV101 service/driver.py Driver.make:")
    assert out[2] == "    do: write owner=TEAM behind line=11"
    _, _, err = said(capsys, "baseline", "service")
    assert err[-1] == "1 entry lacks reason=, owner=: check asks for it"
    (project / "pyproject.toml").write_text('[tool.privmigrate]\nbaseline_requires = ["reasons"]\n')
    assert said(capsys, "check", "service")[2] == [
        f"{project}/pyproject.toml: baseline_requires: an entry has no 'reasons'; it can have reason, owner, until"
    ]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ("until=soon", "until=soon is no day, such as until=2027-03-31"),
        ("until=2027-02-30", "until=2027-02-30 is no day, such as until=2027-03-31"),
        ("because=so", "unknown field 'because=so'"),
        ("reason=", "unknown field 'reason='"),
        ("owner=a owner=b", "owner= stands twice"),
        ('reason="open', "Invalid control character"),
    ],
)
def test_a_field_that_is_wrong_names_its_line(
    project: Path, capsys: pytest.CaptureFixture[str], fields: str, why: str
) -> None:
    note(project, fields)
    status, _, err = said(capsys, "check", "service")
    assert (status, len(err)) == (2, 1)
    assert err[0].startswith(f"{NAME}:4: not a baseline entry (")
    assert why in err[0] or "Unterminated string" in err[0]


def test_a_baseline_of_the_first_version_judges_root_calls_only(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / NAME).write_text((project / NAME).read_text().replace("baseline 2", "baseline 1"))
    (project / "service" / "driver.py").write_text(DRIVER + "\nx = 1  # noqa: PRV101 of no use\n")
    status, out, err = said(capsys, "check", "service")
    assert (status, out, err[1:]) == (0, [], [f"0 new, 0 stale, 2 as in {NAME}"])
    assert err[0].startswith(f"{NAME}: a baseline of version 1 holds root calls only, so nothing else was judged; ")
    assert said(capsys, "baseline", "service")[2] == [f"{NAME}: 2 root calls, 1 other finding"]
    assert (project / NAME).read_text().startswith("# privmigrate baseline 2\n")


def test_what_was_not_looked_at_stays_in_the_baseline(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "service" / "other.py").write_text(DRIVER.replace("Driver", "Other"))
    assert said(capsys, "baseline", "service/other.py")[0] == 0
    scopes = [line.split()[2] for line in (project / NAME).read_text().splitlines()[2:]]
    assert scopes == ["Driver.make", "Driver.take", "Other.make", "Other.take"]


# --- renamed files -------------------------------------------------------------------------------------------


def test_a_file_that_git_sees_renamed_is_green(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note(project, "owner=core")
    commit(project)
    git(project, "mv", "service/driver.py", "service/volume.py")
    (project / "service" / "volume.py").write_text("# moved\n" + DRIVER)
    green = [
        f"{NAME}: 2 entries follow renamed files; `privmigrate baseline` writes the new names",
        f"0 new, 0 stale, 2 as in {NAME}",
    ]
    assert said(capsys, "check", "service") == (0, [], green)
    commit(project)
    assert said(capsys, "check", "service") == (0, [], green)
    assert said(capsys, "baseline", "service")[0] == 0
    text = (project / NAME).read_text()
    assert "PRV101 service/volume.py Driver.take #1 line=7 owner=core :: chown {} {}\n" in text
    assert "driver.py" not in text


def test_a_file_that_git_was_not_told_of_yet_is_followed_too(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(project)
    (project / "service" / "driver.py").rename(project / "service" / "volume.py")
    before = git(project, "status", "--porcelain")
    assert said(capsys, "check", "service")[0] == 0
    assert git(project, "status", "--porcelain") == before


def test_a_call_that_came_in_with_the_rename_is_red(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(project)
    git(project, "mv", "service/driver.py", "service/volume.py")
    (project / "service" / "volume.py").write_text(DRIVER.replace(TAKE, TAKE + TAKE))
    status, out, err = said(capsys, "check", "service")
    assert (status, err[-1]) == (1, f"1 new, 0 stale, 2 as in {NAME}")
    assert out[1].startswith(f"    why: number 2 of equal ones in Driver.take, and {NAME} holds 1; ")


def test_a_copy_is_no_rename(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(project)
    (project / "service" / "volume.py").write_text(DRIVER)
    commit(project)
    assert said(capsys, "check", "service")[2] == [f"2 new, 0 stale, 2 as in {NAME}"]


def test_without_git_the_move_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "service" / "driver.py").rename(project / "service" / "volume.py")
    status, out, err = said(capsys, "check", "service")
    assert (status, err) == (1, [f"2 new, 2 stale, 0 as in {NAME}"])
    assert sum("it seems to have moved to service/volume.py" in line for line in out) == 2
    assert f"`chown {{}} {{}}` was in service/driver.py Driver.take ({NAME}:4), not here" in "\n".join(out)
