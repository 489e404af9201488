"""tools/admission.py: what it draws, and that it can fail."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from oslo_rootwrap import filters as theirs

from migrator.rootwrap import lines, project

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "tests" / "fixtures" / "projects" / "moraine"
sys.path.insert(0, str(ROOT / "tools"))
import admission  # noqa: E402


def test_the_samples_filters_admit_as_oslo_rootwrap_does() -> None:
    tried, passed = admission.check(SAMPLE, 500)
    assert tried == 500
    assert 200 < passed < 480


def test_every_class_of_filter_is_drawn() -> None:
    how = random.Random(1)
    filters = [one for path in project.files(str(SAMPLE)) for one in lines.read(path).filters]
    assert {one.kind for one in filters} >= {"CommandFilter", "RegExpFilter", "EnvFilter", "KillFilter", "IpFilter"}
    for one in filters:
        assert all(isinstance(word, str) for word in admission.made(how, [one]))


@pytest.mark.parametrize("fault", ["deny", "other words"])
def test_a_difference_is_found(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    right = admission.admits

    def wrong(filters: list[theirs.CommandFilter], argv: list[str]) -> list[str] | None:
        found = right(filters, argv)
        if found and found[0].endswith("chmod"):
            return None if fault == "deny" else [*found, "x"]
        return found

    monkeypatch.setattr(admission, "admits", wrong)
    with pytest.raises(AssertionError, match="chmod"):
        admission.check(SAMPLE, 2000)
