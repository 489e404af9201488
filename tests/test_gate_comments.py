"""Comments that admit findings: of no use, without a reason, in a string, beside those of other tools."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gates import DRIVER, TAKE, said, service


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = service(tmp_path / "project", monkeypatch)
    assert said(capsys, "baseline", "service")[0] == 0
    return folder


def with_comment(project: Path, comment: str, after: str = "") -> None:
    """The driver with one more root call, on whose line the comment stands."""
    text = DRIVER.replace(TAKE, TAKE + TAKE.replace("uid", "'root'").rstrip("\n") + f"  {comment}\n")
    (project / "service" / "driver.py").write_text(text + after)


@pytest.mark.parametrize(
    "comment",
    ["# noqa: PRV101 LP#1", "# noqa: E501,PRV101 LP#1", "# NOQA:prv101", "# type: ignore  # noqa: PRV101 LP#1"],
)
def test_it_admits_the_call_on_its_line(project: Path, capsys: pytest.CaptureFixture[str], comment: str) -> None:
    with_comment(project, comment)
    assert said(capsys, "check", "service")[:2] == (0, [])


@pytest.mark.parametrize(
    ("comment", "found"),
    [
        ("# noqa", ["PRV101"]),
        ("# noqa: E501", ["PRV101"]),
        ("# nosec B603, PRV101", ["PRV101"]),
        ("# noqa: PRV204 LP#1", ["PRV101", "PRV903"]),
        ("# noqa: PRV101,PRV204 LP#1", ["PRV903"]),
        ("# noqa: PRV199 LP#1", ["PRV101", "PRV903"]),
        ("# noqa: PRV251 only verify imports", ["PRV101"]),
        ("# noqa: PRV101,PRV204,PRV903 LP#1", []),
    ],
)
def test_what_it_does_not_admit(
    project: Path, capsys: pytest.CaptureFixture[str], comment: str, found: list[str]
) -> None:
    with_comment(project, comment)
    _, out, _ = said(capsys, "check", "service")
    assert [line.split()[1] for line in out if line.startswith("service/driver.py:7:")] == found


def test_one_of_no_use_is_told_with_its_place(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "service" / "driver.py").write_text(DRIVER + "é = 1  # noqa: PRV101 LP#1\n")
    status, out, err = said(capsys, "check", "service")
    assert (status, out) == (
        1,
        [
            "service/driver.py:12:8: PRV903 `# noqa: PRV101` suppresses nothing: there is no PRV101 here",
            "    why: it would hide the next such finding on its line",
            "    do: remove it",
        ],
    )
    assert err == ["1 new, 0 stale, 2 as in privmigrate-baseline.txt"]
    assert said(capsys, "baseline", "service")[2] == ["privmigrate-baseline.txt: 2 root calls, 1 other finding"]
    assert said(capsys, "check", "service")[0] == 0


def test_one_in_a_string_is_none(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = "        processutils.execute('chown', 'root', '# noqa: PRV101 x', run_as_root=True)\n"
    (project / "service" / "driver.py").write_text(DRIVER.replace(TAKE, TAKE + call) + '"""\n# noqa: PRV101 y\n"""\n')
    _, out, _ = said(capsys, "check", "service")
    assert [line.split()[1] for line in out if line.startswith("service/")] == ["PRV101"]


def test_the_configuration_can_ask_for_a_reason(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_comment(project, "# noqa: PRV101")
    assert said(capsys, "check", "service")[0] == 0
    (project / "tox.ini").write_text("[privmigrate]\nnoqa_requires_reason = yes\n")
    status, out, _ = said(capsys, "check", "service")
    assert (status, out[0]) == (1, "service/driver.py:7:72: PRV904 `# noqa: PRV101` without a reason")
    with_comment(project, "# noqa: PRV101 - LP#1, until Z")
    assert said(capsys, "check", "service")[0] == 0


def test_one_file_is_judged_as_it_is_among_all(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Alone, the caller of a wrapper elsewhere is no root call: its comment would be of no use, its entry stale."""
    (project / "service" / "shell.py").write_text(
        "from oslo_concurrency import processutils\n\n\ndef rooted(*cmd):\n"
        "    processutils.execute(*cmd, run_as_root=True)\n"
    )
    (project / "service" / "user.py").write_text(
        "from service import shell\n\n\ndef work(path):\n"
        "    shell.rooted('chown', path)  # noqa: PRV101 LP#1\n    shell.rooted('mount', path)\n"
    )
    assert said(capsys, "baseline", "service")[0] == 0
    assert said(capsys, "check", "service/user.py") == (0, [], ["0 new, 0 stale, 1 as in privmigrate-baseline.txt"])
    assert said(capsys, "check", "service")[0] == 0
