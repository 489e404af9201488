"""A baseline knows a call by what it runs and where, counts twins, and says which line of it is garbled."""

from __future__ import annotations

import random

import pytest

from migrator.fault import Fault
from migrator.model import Kind
from migrator.report import baseline
from migrator.report.baseline import Key
from migrator.report.findings import findings
from migrator.words import Choice, Command, Literal, Value
from tests.report.made import book

HEAD = "# privmigrate baseline 2\n"


def found(*changes: dict[str, object], folder: str = "") -> dict[Key, int]:
    return {key: one.line for key, one in findings(book(*changes), folder, None).items()}


def held(*changes: dict[str, object]) -> set[Key]:
    return set(found(*changes))


def test_what_is_written_is_read_back() -> None:
    odd = Command(
        (Literal("sh"), Literal("a b"), Literal(""), Literal("::"), Literal('"q"'), Literal("x\ny"), Value("z"))
    )
    branch = Command((Literal("mkfs"), Choice(((Literal("-t"), Value("fs")), ()), "fs")))
    sites = found({}, {}, {"path": "with space.py", "command": odd}, {"command": branch})
    entries = baseline.loads(baseline.dumps(sites), "b.txt").entries
    assert [entry.key for entry in entries] == sorted(sites)
    assert {entry.line for entry in entries} == {12}
    assert [entry.at for entry in entries] == [3, 4, 5, 6]


def test_the_line_is_readable() -> None:
    text = baseline.dumps(found({}))
    assert text.splitlines()[-1] == "PRV101 service/volume.py Driver.take #1 line=12 :: chown {} {}"


def test_moving_a_call_and_renaming_its_locals_keeps_the_key() -> None:
    renamed = Command((Literal("chown"), Value("user"), Value("target")), program="chown")
    assert held({}) == held({"line": 99, "end_line": 99, "column": 1, "command": renamed, "id": "x"})


@pytest.mark.parametrize(
    "change",
    [
        {"path": "service/other.py"},
        {"enclosing": "Driver.give"},
        {"command": Command((Literal("chmod"), Value("uid"), Value("path")))},
        {"command": Command((Literal("chown"), Value("uid"), Value("path"), Literal("-R")))},
    ],
)
def test_another_place_or_command_is_another_key(change: dict[str, object]) -> None:
    assert held({}).isdisjoint(held(change))


def test_an_identical_twin_in_the_same_scope_is_new() -> None:
    assert len(held({}, {"line": 20}) - held({})) == 1
    assert held({}, {"line": 20}) > held({})


def test_paths_are_relative_to_the_folder_of_the_baseline() -> None:
    (key,) = found({}, folder="service")
    assert key.path == "volume.py"


def test_the_text_does_not_depend_on_the_order_of_the_sites() -> None:
    changes = [{"line": n, "enclosing": f"f{n}"} for n in range(1, 9)] + [{"line": 50}, {"line": 60}]
    expected = baseline.dumps(found(*changes))
    random.Random(1).shuffle(changes)
    assert baseline.dumps(found(*changes)) == expected


def test_a_union_merge_of_two_baselines_is_a_baseline() -> None:
    one = baseline.dumps(found({}, {"enclosing": "a"}))
    two = baseline.dumps(found({"line": 13}, {"enclosing": "b", "kind": Kind.FORWARDER}))
    entries = baseline.loads(one + "".join(two.splitlines(keepends=True)[2:]), "b.txt").entries
    assert {entry.key.scope for entry in entries} == {"Driver.take", "a", "b"}
    assert len(entries) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "b.txt:1: not a baseline"),
        ("{}\n", "b.txt:1: not a baseline"),
        ("# privmigrate baseline 3\n", "b.txt:1: baseline version '3', this privmigrate reads 1 and 2"),
        (HEAD + "PRV101 a.py f #1 line=3 chown\n", "b.txt:2: not a baseline entry"),
        (HEAD + "\nPRV101 a.py f one line=3 :: chown\n", "b.txt:3: not a baseline entry"),
        (HEAD + "PRV101 a.py f #0 line=3 :: chown\n", "b.txt:2: not a baseline entry"),
        (HEAD + "PRV101 a.py f #1 lime=3 :: chown\n", "b.txt:2: not a baseline entry (unknown field 'lime=3')"),
        (HEAD + 'PRV101 "a.py f #1 line=3 :: chown\n', "b.txt:2: not a baseline entry"),
        (HEAD + "<<<<<<< HEAD\n", "b.txt:2: not a baseline entry (a merge conflict)"),
    ],
)
def test_a_garbled_baseline_names_file_and_line(text: str, said: str) -> None:
    with pytest.raises(Fault) as caught:
        baseline.loads(text, "b.txt")
    assert str(caught.value).startswith(said)
