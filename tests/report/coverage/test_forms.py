"""The forms of the coverage report: nothing gets lost, nothing from source code gets out of its place."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from migrator.coverage import ladder
from migrator.coverage.compare import compared
from migrator.coverage.excerpts import Excerpt, excerpts
from migrator.coverage.operations import Actor, Coverage, Link, Operation
from migrator.fault import Fault
from migrator.model import Reason, Rung, Unreadable
from migrator.report.coverage import badge, comparison, csvform, html, jsonform, markdown, terminal

EVIL = "<script>alert(1)</script>\"'&|`\x1b[31m\u202e"

ONE = Operation(
    path="service/volume.py",
    line=12,
    end_line=14,
    column=9,
    module="service.volume",
    scope="Driver.take",
    rung=Rung.ROOTWRAP,
    actor=Actor.READY,
    program="chown",
    argv=("chown", "{uid}", "{path}"),
    shape=("chown", "{}", "{}"),
    root="run_as_root=True",
    becomes=Rung.NATIVE,
    target="path.chown",
    chain=(Link("service.utils.execute", "service/utils.py", 3), Link("oslo_concurrency.processutils.execute")),
)
REFUSED = replace(
    ONE, line=30, program="ip", actor=Actor.REFUSED, becomes=None, reasons=(Reason("too-hard", "By hand."),)
)
NATIVE = replace(
    ONE,
    line=40,
    rung=Rung.NATIVE,
    actor=Actor.DONE,
    program="(no process)",
    argv=(),
    becomes=None,
    function="s.p.chown",
)
PROJECT = Coverage("service", (ONE, REFUSED, NATIVE), (Unreadable("service/old.py", 3, "does not parse"),), 20)
NASTY = replace(
    ONE,
    path=f"service/{EVIL}.py",
    scope=EVIL,
    program=EVIL,
    argv=(EVIL,),
    root=EVIL,
    reasons=(Reason(EVIL, EVIL),),
    actor=Actor.REFUSED,
    becomes=None,
    chain=(Link(EVIL, EVIL, 1),),
)


def test_json_comes_back_as_it_was() -> None:
    assert jsonform.loads(jsonform.dumps([PROJECT, replace(PROJECT, name="other")]), "x.json")[0] == PROJECT


def test_json_sums_add_up() -> None:
    document = json.loads(jsonform.dumps([PROJECT]))
    (project,) = document["projects"]
    summary = project["summary"]
    assert summary == document["summary"]
    assert summary["operations"] == 3 == sum(summary["by_rung"].values()) == sum(summary["by_actor"].values())
    for key in ("package", "file", "program"):
        assert sum(sum(counts.values()) for counts in summary[f"by_{key}"].values()) == 3
    assert summary["by_reason"]["refused"] == {"too-hard": 1}
    assert (summary["coverage"], summary["native"]) == (0.3333, 0.3333)
    assert json.loads(jsonform.dumps([Coverage("empty", ())]))["summary"]["coverage"] is None


@pytest.mark.parametrize("text", ["", "[]", '{"schema": "privmigrate.report/1"}', '{"schema": "privmigrate.scan/1"}'])
def test_what_is_no_report_is_told_with_its_name(text: str) -> None:
    with pytest.raises(Fault, match=r"^x\.json: "):
        jsonform.loads(text, "x.json")


def test_csv_has_a_row_for_each_operation_and_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(csvform.dumps([PROJECT]))))
    assert [(row["line"], row["rung"], row["actor"]) for row in rows] == [
        ("12", "0", "ready"),
        ("30", "0", "refused"),
        ("40", "4", "done"),
    ]
    evil = csvform.dumps([Coverage("=1+1", (replace(ONE, scope="@x", program="-y"),))])
    (row,) = csv.DictReader(io.StringIO(evil))
    assert (row["project"], row["scope"], row["program"]) == ("'=1+1", "'@x", "'-y")


def test_markdown_tables_keep_their_columns() -> None:
    for project in (PROJECT, replace(PROJECT, operations=(NASTY,))):
        text = markdown.dumps([project])
        width = 0
        for line in text.splitlines():
            cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
            assert not (width and cells) or cells == width, line
            width = cells
        assert "\x1b" not in text and "\u202e" not in text
    assert "**1 place of service not understood**" in markdown.dumps([PROJECT])


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("projects", [[PROJECT], [PROJECT, replace(PROJECT, name="a" * 90)]])
def test_the_terminal_is_not_wider_than_it_is(width: int, projects: list[Coverage]) -> None:
    text = terminal.rendered(projects, False, "utf-8", width)
    assert max(map(len, text.splitlines())) <= width
    assert re.search(r"4 native +1 +33 %", terminal.rendered([PROJECT], False, "utf-8", width))
    assert terminal.rendered([PROJECT], False, "ascii", width).isascii()
    assert "\x1b" not in terminal.rendered([replace(PROJECT, operations=(NASTY,))], False, "utf-8", width)


def test_a_comparison_tells_each_way() -> None:
    moved = replace(
        ONE, rung=Rung.NATIVE, actor=Actor.DONE, becomes=None, argv=(), function="service.privsep.path.chown"
    )
    found = compared([PROJECT], [replace(PROJECT, operations=(moved, REFUSED, NATIVE))], "old.json")
    assert comparison.headline(found) == "33 % -> 66 % covered (+33 points): 1 up, 0 down, 0 new, 0 gone, 2 as before"
    document = comparison.document(found)
    assert [(one["before"], one["after"]) for one in document["up"]] == [("rootwrap", "native")]
    assert "0 rootwrap -> 4 native" in "\n".join(comparison.lines(found))
    assert "chown {uid} {path} -&gt; service.privsep.path.chown()" in comparison.section(found)


@pytest.mark.parametrize(
    ("operations", "text", "colour"),
    [
        ((NATIVE,), "100 %", "#1f7a3d"),
        ((ONE, NATIVE), "50 %", "#8a6100"),
        ((ONE,), "0 %", "#b3261e"),
        ((), "none", "#5f6670"),
    ],
)
def test_the_badge_is_a_picture_with_a_title(operations: tuple[Operation, ...], text: str, colour: str) -> None:
    root = ElementTree.fromstring(badge.dumps([Coverage("service", operations)]))
    name = "{http://www.w3.org/2000/svg}"
    assert root.attrib["role"] == "img"
    assert root.findtext(f"{name}title") == f"privsep: {text}"
    assert [one.text for one in root.iter(f"{name}text")] == ["privsep", text]
    assert [one.attrib.get("fill") for one in root.iter(f"{name}rect")][2] == colour


class Elements(HTMLParser):
    """Collects elements and the attributes that could run something."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.loaded += [name for name, value in attrs if name in ("src", "href", "srcset", "style") or name[:2] == "on"]


def test_nothing_of_the_source_becomes_markup_and_nothing_is_loaded() -> None:
    lines = {(NASTY.path, 12): Excerpt(12, (EVIL,), (12, 12)), (EVIL, 1): Excerpt(1, (EVIL,), (1, 1))}
    nasty = html.dumps([replace(PROJECT, name=EVIL, operations=(NASTY,))], lines)
    plain = html.dumps([replace(PROJECT, operations=(replace(NASTY, path="a.py"),))], {})
    for text in (nasty, plain):
        found = Elements()
        found.feed(text)
        assert found.names.count("script") == 1 and found.loaded == []
        assert "alert(1)</script>" not in text and "\x1b" not in text and "\u202e" not in text
    assert "sha256-" in nasty and "unsafe-inline" not in nasty


def test_excerpts_are_the_lines_around_a_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("import x\n\n\ndef take():\n    x.one()\n\n    x.run(\n        'chown')\n    x.two()\n")
    one = replace(ONE, path="a.py", line=7, end_line=8, chain=(Link("x.run", "gone.py", 2),))
    found = excerpts([one])
    assert found == {
        ("a.py", 7): Excerpt(
            4, ("def take():", "    x.one()", "", "    x.run(", "        'chown')", "    x.two()"), (7, 8)
        )
    }


def test_of_a_definition_the_body_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("import x\n\n\n@x.entrypoint\ndef take():\n" + "    x.one()\n" * 20)
    one = replace(ONE, path="gone.py", chain=(Link("a.take", "a.py", 5),))
    (found,) = excerpts([one]).values()
    assert (found.first, found.lines[:2], len(found.lines), found.hit) == (
        4,
        ("@x.entrypoint", "def take():"),
        11,
        (5, 5),
    )


def test_rows_that_are_folded_still_add_up() -> None:
    from migrator.report.coverage.said import folded

    tallies = [ladder.tally(str(number), [ONE]) for number in range(30)]
    assert ladder.added("", folded(tallies, 12)).counts == ladder.added("", tallies).counts
    assert folded(tallies, 12)[-1].name == "18 others"
