"""Every code of the boundary has one row in the reference, with the sentences that the tool prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.verify.boundary.codes import CODES, Code

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "reference.md").read_text()


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.code)
def test_a_code_is_documented_as_it_is_told(code: Code) -> None:
    assert TEXT.count(f"\n| `{code.code}` |") == 1
    assert f"\n| `{code.code}` | {code.meaning} | {code.help} |\n" in TEXT


def test_each_code_has_one_meaning() -> None:
    assert len({code.code for code in CODES}) == len({code.meaning for code in CODES}) == len(CODES)
    assert [code.code for code in CODES] == sorted(code.code for code in CODES)
