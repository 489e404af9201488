"""The diff is one that patch takes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrator.rewrite.diff import unified


def test_a_missing_final_newline_is_marked() -> None:
    assert unified("f.py", b"a\nb", b"a\nc").endswith(
        "-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n"
    )


def test_a_new_file_comes_from_nowhere() -> None:
    assert unified("p/f.py", None, b"a\n").startswith("--- /dev/null\n+++ b/p/f.py\n@@ -0,0 +1 @@\n+a\n")


def test_nothing_changed_is_no_diff() -> None:
    assert unified("f.py", b"a\n", b"a\n") == ""


def test_bytes_that_are_no_utf8_are_shown_safely() -> None:
    assert "+x = '\\xe9'\n" in unified("f.py", b"", b"x = '\xe9'\n")


@pytest.mark.skipif(shutil.which("patch") is None, reason="patch(1) is not installed")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(*[st.lists(st.sampled_from(["a\n", "b\r\n", "\fc\n", "d\n", "é\n"]), max_size=12)] * 2, st.booleans())
def test_patch_makes_the_new_file_of_the_old(tmp_path: Path, old: list[str], new: list[str], final: bool) -> None:
    before, after = "".join(old).encode(), ("".join(new) + "tail" * final).encode()
    if not before or not after:
        return
    (tmp_path / "f").write_bytes(before)
    text = unified("f", before, after)
    if text:
        subprocess.run(["patch", "--binary", "-p1", "-s"], input=text.encode(), cwd=tmp_path, check=True)
    assert (tmp_path / "f").read_bytes() == after
