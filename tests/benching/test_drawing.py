"""The charts are whole SVG, and say what the tables do."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from benching import drawing
from benching.dataset import entry
from benching.tables import grown, walked_over
from tests.benching.made import dataset

pytest.importorskip("matplotlib", reason="charts are NOT drawn: needs matplotlib, which `make bench` installs")


def words(text: str) -> str:
    return " ".join(" ".join(ElementTree.fromstring(text).itertext()).split())


def test_growth_tells_the_exponent_of_the_table() -> None:
    found = dataset().growth
    assert found is not None
    text = drawing.svg(drawing.growth(found))
    assert text == drawing.svg(drawing.growth(found))
    assert "no index: size^1.00 [1.00..1.00], last step 1.00" in words(text)
    assert grown(found)[-1].endswith("| 1.00 [1.00..1.00] | 1.00 |")


def test_the_history_has_each_run_and_each_tool() -> None:
    text = words(drawing.svg(drawing.over_time([entry(dataset()), entry(dataset(ours=10))])))
    assert text.count("ccccccc") == 2 and "bandit" in text and "privmigrate, no index" in text


def test_the_walk_is_drawn_and_told_by_how_commits_were_known() -> None:
    found = dataset().walked
    assert found is not None
    assert "CPU s, 1 of 2 analysed" in words(drawing.svg(drawing.walk(found)))
    rows = walked_over(found)
    assert "| analysed | 1 | 10 | 2500 | 2.5 |" in rows and "| the same | 1 | 2 | 4 | 0.0 |" in rows
