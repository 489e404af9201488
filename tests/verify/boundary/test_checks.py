"""Each check finds the bad example, and nothing in the one that is nearly the same.

A file of `examples/` is named after its code and holds the modules of a package `lagoon`: `--- bad privsep/path.py`
begins one of the bad example, `good` one of the good, `both` one that the two share.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.verify.boundary.codes import CODES, NOTES
from tests.verify.boundary.project import codes, judged, written

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("PRV*.txt"))
# Their names or the way they are called are not what an example is about.
_BESIDE = ("PRV242", "PRV243")


def sections(text: str, kind: str) -> dict[str, str]:
    """The modules of one example, by path."""
    found = {}
    for part in text.split("--- ")[1:]:
        head, _, body = part.partition("\n")
        which, _, path = head.partition(" ")
        if which in (kind, "both"):
            found[path] = body
    return found


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_bad_one_is_found_and_only_that(example: Path, tmp_path: Path) -> None:
    text, code = example.read_text(), example.name[:6]
    bad = judged(written(tmp_path / "bad", sections(text, "bad")))
    good = judged(written(tmp_path / "good", sections(text, "good")))
    beside = () if code in _BESIDE else _BESIDE
    assert codes(bad, *beside) == ([] if code in NOTES else [code]), bad.findings
    assert codes(good, *beside) == [], good.findings
    assert code not in {one.code for one in good.notes}, good.notes
    (found,) = [one for one in (*bad.findings, *bad.notes) if one.code == code]
    assert 0 < found.line <= found.end_line
    assert found.text
    assert found.help
    assert found.scope
    assert found.symbol.startswith("lagoon.")
    assert "\n" not in found.text
    assert not bad.unreadable
    assert not good.unreadable


def test_every_code_but_those_of_imports_has_an_example() -> None:
    assert {path.name[:6] for path in EXAMPLES} == {code.code for code in CODES} - {"PRV251", "PRV252"}
