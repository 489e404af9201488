"""The dataset of a run and the history: read as they were written, and refused by name when they are something else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benching.dataset import HISTORY, SCHEMA, dumps, entry, fingerprint, history, loads, record
from migrator.fault import Fault
from tests.benching.made import MACHINE, dataset


def test_a_run_is_read_as_it_was_written() -> None:
    assert loads(dumps(dataset()), "run.json") == dataset()


@pytest.mark.parametrize(
    "text, why",
    [
        ("{", "JSONDecodeError"),
        ("[]", "TypeError"),
        ('{"schema": "privmigrate.bench/1"}', f"schema is privmigrate.bench/1, not {SCHEMA}"),
        (f'{{"schema": "{SCHEMA}"}}', "'when'"),
        (dumps(dataset()).replace('"peak": 40', '"peak": null'), "TypeError"),
    ],
)
def test_what_is_no_run_is_refused_by_name(text: str, why: str) -> None:
    with pytest.raises(Fault, match=r"^old\.json: ") as told:
        loads(text, "old.json")
    assert why in str(told.value) and "\n" not in str(told.value)


def test_the_history_has_a_line_for_each_run(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    assert history(path) == ()
    record(path, entry(dataset()))
    path.write_text(path.read_text().rstrip("\n"))  # as an editor may leave it
    runs = record(path, entry(dataset(ours=10)))
    assert history(path) == runs and len(path.read_text().splitlines()) == 2
    assert [one.ratios["nova"]["privmigrate, no index"]["cpu"] for one in runs] == [20, 10]
    assert "ripgrep" not in runs[0].ratios["nova"]


@pytest.mark.parametrize(
    "line, why",
    [
        ('{"schema": "privmigr', "JSONDecodeError"),
        ('{"schema": "other/2"}', f"schema is other/2, not {HISTORY}"),
        (f'{{"schema": "{HISTORY}"}}', "KeyError"),
        ("[]", "TypeError"),
        ("", "JSONDecodeError"),
    ],
)
def test_a_damaged_history_is_told_by_line_and_left_as_it_is(tmp_path: Path, line: str, why: str) -> None:
    path = tmp_path / "history.jsonl"
    record(path, entry(dataset()))
    text = path.read_text() + line + "\n"
    path.write_text(text)
    with pytest.raises(Fault, match=r"history\.jsonl:2: ") as told:
        record(path, entry(dataset()))
    assert why in str(told.value) and "take the line out" in str(told.value)
    assert path.read_text() == text and list(tmp_path.iterdir()) == [path]


def test_a_run_without_ripgrep_has_nothing_for_the_history() -> None:
    told = json.loads(dumps(dataset()))
    for one in told["trees"]["nova"].values():
        one["wall_ratio"] = one["cpu_ratio"] = []
    with pytest.raises(Fault, match="install ripgrep"):
        entry(loads(json.dumps(told), "run.json"))


def test_a_machine_is_known_by_what_it_is_and_not_by_its_load() -> None:
    assert fingerprint(MACHINE) == fingerprint({**MACHINE, "load": [9], "system": "Linux 7"})
    assert fingerprint(MACHINE) != fingerprint({**MACHINE, "processors": 4})


def test_the_history_of_the_repository_is_whole() -> None:
    assert history(Path(__file__).resolve().parents[2] / "docs" / "bench-history.jsonl")
