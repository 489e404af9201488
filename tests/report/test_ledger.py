"""The ledger says what the scan found, adds up, and spells every argv unambiguously."""

from __future__ import annotations

import json
import marshal

import pytest

from migrator.model import Argument, Outcome, Rung, Status, Unreadable
from migrator.report.jsonform import dumps
from migrator.report.ledger import ledger
from migrator.understand.notation import shape, spelled
from migrator.words import Choice, Each, Literal, Rest, Value, Word
from tests.report.made import CHOWN, SITE, book, refused, scan


def test_a_site_carries_the_keys_of_the_schema() -> None:
    made = book({})
    assert made["schema"] == "privmigrate.scan/1"
    site = made["sites"][0]
    promised = "id path line end_line column code kind enclosing callee via program programs argv complete options uses"
    assert set(promised.split()) | {"outcome"} <= set(site)
    assert site["argv"] == ["chown", "{uid}", "{path}"]
    assert (site["line"], site["end_line"], site["column"]) == (12, 14, 9)
    assert site["options"] == {"check_exit_code": "[0, 1]"}
    assert site["uses"] == ["exit_codes", "handler"]
    assert site["outcome"]["reasons"] == [{"code": "too-hard", "text": "Write a function for it by hand."}]


def test_a_ready_outcome_names_the_function_and_its_arguments() -> None:
    made = scan({})
    outcome = Outcome(made.sites[0], Status.READY, Rung.NATIVE, function=CHOWN, arguments=(Argument("owner", "uid"),))
    found = ledger(made, [outcome])["sites"][0]["outcome"]
    assert found == {
        "status": "ready",
        "rung": "native",
        "rule": "chown.chown",
        "reasons": [],
        "function": "path.chown",
        "arguments": {"owner": "uid"},
        "capabilities": ["CAP_CHOWN"],
    }


def test_every_count_adds_up_to_the_number_of_sites() -> None:
    made = book({}, {"path": "service/net.py"}, {"enclosing": "f"}, unreadable=(Unreadable("bad.py", 3, "why"),))
    summary = made["summary"]
    counts = {name: table for name, table in summary.items() if name.startswith("by_")}
    assert len(counts) == 5
    assert {name: sum(table.values()) for name, table in counts.items()} == dict.fromkeys(counts, 3)
    assert summary["by_file"] == {"service/volume.py": 2, "service/net.py": 1}
    assert (summary["sites"], summary["unreadable"], summary["files"]) == (3, 1, 40)


def test_outcomes_of_other_sites_are_not_taken() -> None:
    with pytest.raises(ValueError, match="differ"):
        ledger(scan({}), [refused(SITE)])


def test_it_survives_json_and_marshal_unchanged() -> None:
    made = book({"path": "odd\udcff.py"}, {})
    assert json.loads(dumps(made)) == made
    assert marshal.loads(marshal.dumps(made)) == made


@pytest.mark.parametrize(
    ("word", "text"),
    [
        (Literal("-n"), "-n"),
        (Literal("*snapshot*"), "*snapshot*"),
        (Literal("{}"), "{'{}'}"),
        (Literal("*{x}"), "{'*{x}'}"),
        (Literal("a{b"), "a{b"),
        (Value("str(count)"), "{str(count)}"),
        (Value("'a'\n    + b"), "{'a' + b}"),
        (Rest("args"), "*{args}"),
        (Choice(((Literal("-F"),), ()), "force"), "*{['-F'] if force}"),
        (Choice(((), (Literal("-F"),)), "force"), "*{['-F'] if not (force)}"),
        (Choice(((Literal("-L"), Value("size")), (Rest("more"),)), "thick"), "*{['-L', size] if thick else [*more]}"),
        (Choice(((Literal("a"),), (Literal("b"),), ())), "*{['a'] or ['b'] or []}"),
        (Each((Literal("-o"), Value("o")), "o", "options"), "*{['-o', o] for o in options}"),
        (
            Choice(((Each((Value("o"),), "o", "os"), Choice(((Literal("b"),), ()), "y")), ()), "x"),
            "*{[*[[o] for o in os], *(['b'] if y)] if x}",
        ),
    ],
)
def test_words_are_spelled(word: Word, text: str) -> None:
    assert spelled([word]) == [text]


def test_the_shape_does_not_know_the_names_of_locals() -> None:
    one: list[Word] = [
        Literal("dd"),
        Value("'if=%s' % a", ("if=", None)),
        Choice(((Value("a"),), ()), "a"),
        Each((Value("a"),), "a"),
    ]
    two: list[Word] = [
        Literal("dd"),
        Value("f'if={b}'", ("if=", None)),
        Choice(((), (Value("b"),)), "b"),
        Each((Value("b"),), "b"),
    ]
    assert shape(one) == shape(two) == ["dd", "if={}", "*{['{}']|[]}", "*{['{}']...}"]


def test_the_shape_tells_a_brace_from_an_unknown_word() -> None:
    assert shape([Literal("{}")]) != shape([Value("x")])
    assert shape([Literal("*{}")]) != shape([Rest("x")])
