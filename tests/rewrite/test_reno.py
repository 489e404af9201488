"""Release notes: YAML that says what it was given, under a name that follows from that."""

from __future__ import annotations

from pathlib import Path

import yaml

from migrator.rewrite import reno
from migrator.rewrite.pending import Pending

TEXT = "Calls of ``chown`` and ``a-long-name: with a colon`` are made by root, " + "and so on " * 20


def test_a_note_says_what_it_was_given_on_lines_that_fit() -> None:
    text = reno.document({"upgrade": [TEXT, "Two."], "security": []})
    assert yaml.safe_load(text) == {"upgrade": [_folded(TEXT), "Two.\n"]}
    assert max(map(len, text.splitlines())) <= 79


def _folded(text: str) -> str:
    loaded: str = yaml.safe_load(reno.document({"upgrade": [text]}))["upgrade"][0]
    assert loaded.split() == text.split()
    return loaded


def test_the_same_text_has_the_same_name_and_another_another(tmp_path: Path) -> None:
    (tmp_path / reno.FOLDER).mkdir(parents=True)
    pending = Pending(())
    first = reno.write(str(tmp_path), "moved", {"upgrade": ["One."]}, pending)
    assert reno.write(str(tmp_path), "moved", {"upgrade": ["One."]}, pending) == first
    other = reno.write(str(tmp_path), "moved", {"upgrade": ["Two."]}, pending)
    assert len({first, other}) == len(pending.changes) == 2
    assert len(Path(first).stem.rpartition("-")[2]) == 16


def test_a_project_without_notes_gets_none(tmp_path: Path) -> None:
    pending = Pending(())
    assert reno.write(str(tmp_path), "moved", {"upgrade": ["One."]}, pending) == ""
    assert pending.changes == []


def test_code_is_listed_as_people_do() -> None:
    assert [reno.listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "``a``",
        "``a`` and ``b``",
        "``a``, ``b`` and ``c``",
    ]
