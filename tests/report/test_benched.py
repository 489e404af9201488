"""A run of bench as JSON, on a terminal, and in the HTML report: the same figures in each."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from migrator.bench.plan import Way
from migrator.bench.results import ratio
from migrator.fault import Fault
from migrator.report import benched, benchpage, benchtable
from tests.bench.made import run


def test_json_is_read_as_it_was_written() -> None:
    text = benched.dumps(run())
    again = benched.loads(text, "run.json")
    assert benched.dumps(again) == text
    document = json.loads(text)
    assert document["ways"]["rootwrap"]["chown"] == {
        "n": 2,
        "median_ms": 150,
        "p95_ms": 200,
        "min_ms": 100,
        "median_within_ms": [100, 200],
    }
    assert document["ratios"]["chown"]["rootwrap/native"] == {"median": 1000, "min": 1000}
    assert list(document["ratios"]["true"]) == ["rootwrap/daemon", "rootwrap/exec", "daemon/exec"]
    assert document["ways"]["native"].get("true") is None
    assert document["throughput"][0]["per_second"] == 240


@pytest.mark.parametrize(
    "text, why",
    [
        ("{", "JSONDecodeError"),
        ("[]", "TypeError"),
        ('{"schema": "privmigrate.report/1"}', "schema is privmigrate.report/1"),
        ('{"schema": "privmigrate.bench/1"}', "'when'"),
        (benched.dumps(run()).replace('"median_ms": 150.0', '"median_ms": null'), "TypeError"),
    ],
)
def test_what_is_no_run_is_refused_by_name(text: str, why: str) -> None:
    with pytest.raises(Fault, match=r"^old\.json: ") as told:
        benched.loads(text, "old.json")
    assert why in str(told.value)


@pytest.mark.parametrize("width", [70, 80, 120])
def test_tables_and_bars_fit(width: int) -> None:
    text = benchtable.rendered(run(), run(slower=2), "old.json", False, "utf-8", width)
    assert max(map(len, text.splitlines())) <= width
    assert re.search(r"sudo \+ rootwrap +2 +150 +200 +100 +1,000x", text)
    assert re.search(r"privsep, native +4 +0\.150 +0\.200 +0\.100 *$", text, re.MULTILINE)
    assert re.search(r"waits 50 ms +privsep, command +8 +156", text)
    assert re.search(r"rootwrap-daemon, with its sudo +2 +15\.6", text)
    assert re.search(r"chown +sudo \+ rootwrap +300 +150 +0\.50 +1\.00 +in spread", text)
    assert "NOT THE SAME MACHINE" not in text


def test_bars_grow_with_the_time_and_need_no_block_characters() -> None:
    text = benchtable.rendered(run(), None, "", False, "ascii", 80)
    text.encode("ascii")
    bars = [line.count("#") for line in text.splitlines() if "##" in line]
    assert len(bars) == 7
    assert bars[0] > bars[2] > bars[1] > bars[3]
    (scale,) = (line for line in text.splitlines() if line.endswith("1000 ms"))
    assert scale.split() == ["0.1", "ms", "1", "ms", "10", "ms", "100", "ms", "1000", "ms"]


@pytest.mark.parametrize(
    "number, text", [(0, "0"), (0.0611, "0.0611"), (3.3, "3.30"), (134.6, "135"), (22450.2, "22,450")]
)
def test_figures_have_three_digits_that_count(number: float, text: str) -> None:
    assert benchtable.shown(number) == text


def test_the_section_of_the_page_is_whole_and_escapes_what_it_is_told() -> None:
    found = replace(run(), versions={"oslo.privsep": "<script>alert(1)</script>"})
    section = benchpage.section(found)
    assert "<script>" not in section and "&lt;script&gt;" in section
    assert "1,000x" in section and "0.150" in section and "rootwrap-daemon, with its sudo" in section
    open_ones: list[str] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag != "rect":
                open_ones.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert open_ones.pop() == tag

    Parser().feed(section.replace("/>", ">"))
    assert open_ones == []


def test_the_table_of_the_readme_is_the_run_that_it_names() -> None:
    root = Path(__file__).resolve().parents[2]
    found = benched.loads((root / "docs" / "bench.json").read_text(), "docs/bench.json")
    lines = re.findall(
        r"^\| `(\w+).*\| (.*) \| (.*) \| (.*) \| 1 \((.*) ms\) \|$", (root / "README.md").read_text(), re.M
    )
    assert [name for name, *_ in lines] == ["chown", "chmod", "cat", "ip", "chown"]
    rates = {
        rate.way: rate.median
        for rate in found.throughput
        if (rate.operation, rate.threads) == ("chown", 1) and rate.pool in (None, found.machine["processors"])
    }
    for number, (name, *told, milliseconds) in enumerate(lines):
        for way, text in zip((Way.ROOTWRAP, Way.DAEMON, Way.EXEC), told, strict=True):
            of_calls = ratio(found, name, way, Way.NATIVE)
            assert of_calls is not None
            value = of_calls.median if number < 4 else rates["native"] / rates[way.value]
            assert text == (f"{value:.0f}" if value >= 10 else f"{value:.1f}")
        native = found.times(Way.NATIVE, name)
        assert native is not None
        assert milliseconds == f"{native.median if number < 4 else 1000 / rates['native']:.2f}"


def test_another_machine_is_said_loudly_in_each_form() -> None:
    older = replace(run(), machine={**run().machine, "processors": 8})
    text = benchtable.rendered(run(), older, "old.json", False, "utf-8", 80)
    assert "NOT THE SAME MACHINE" in text and "differs: processors: 8, now 2" in text
    compared = json.loads(benched.dumps(run(), older, "old.json"))["compared"]
    assert compared["other_machine"] == ["processors: 8, now 2"]
    assert compared["with"] == "old.json" and compared["differs"] == []


def test_a_comparison_is_in_the_json_by_operation_and_way() -> None:
    text = benched.dumps(run(slower=2), run(), "old.json")
    told = json.loads(text)["compared"]["changes"]
    assert [(one["operation"], one["way"]) for one in told[:2]] == [("chown", "rootwrap"), ("chown", "daemon")]
    assert told[0]["ratio"] == 2 and told[0]["against_exec"] == 1 and told[0]["verdict"] == "in spread"
    assert benched.dumps(benched.loads(text, "new.json")) == benched.dumps(run(slower=2))


def test_a_run_from_before_the_intervals_were_told_is_read() -> None:
    document = json.loads(benched.dumps(run()))
    for of_way in document["ways"].values():
        for one in of_way.values():
            del one["median_within_ms"]
    found = benched.loads(json.dumps(document), "old.json").times(Way.ROOTWRAP, "chown")
    assert found is not None and found.around == (100, 200)
