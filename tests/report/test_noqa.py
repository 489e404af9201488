"""`# noqa: PRV101` suppresses on the lines of the call, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.report.noqa import suppressions


@pytest.mark.parametrize(
    ("comment", "suppressed"),
    [
        ("# noqa: PRV101", True),
        ("#noqa:PRV101 the daemon is not up yet", True),
        ("# NoQA: E501, prv101", True),
        ("# noqa: E501 PRV101", True),
        ("# noqa", False),
        ("# noqa: E501", False),
        ("# noqa: PRV1011", False),
        ("# see PRV101", False),
    ],
)
def test_only_a_comment_that_names_the_code(comment: str, suppressed: bool, tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text(f"x = 1\nexecute(  {comment}\n)\n")
    assert suppressions([(str(file), 2, 3, "PRV101")]) == [suppressed]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_of_the_call_whatever_ends_the_lines(end: str, tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(end.join(["# noqa: PRV101", "execute(", "    'x',  # noqa: PRV101", ")", "execute()"]).encode())
    spans = [(str(file), 2, 4, "PRV101"), (str(file), 5, 5, "PRV101"), (str(file), 1, 1, "PRV102")]
    assert suppressions(spans) == [True, False, False]


def test_a_file_that_is_gone_suppresses_nothing(tmp_path: Path) -> None:
    assert suppressions([(str(tmp_path / "gone.py"), 1, 1, "PRV101")]) == [False]
