"""What is told of a rewritten project: each finding with its place, what differs below it, what was not judged."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from migrator.report.verified import DIFFERENT as CHANGED
from migrator.report.verified import UNPAIRED as GONE
from migrator.report.verified import Report, dumps, lines, table
from migrator.verify.boundary.finding import Boundary, Finding, Unverifiable
from migrator.verify.replay.judging import Difference, Replayed, Verdict
from migrator.verify.replay.replay import Replay
from migrator.verify.verdict import Divergence
from migrator.verify.verdict import Finding as RuleFinding
from migrator.verify.verdict import Verdict as Proof
from tests.report.made import SITE

FINDING = Finding(
    "a/privsep/path.py", 7, 1, "PRV242", "`run` has no entrypoint decorator: whoever calls it is the service", "do it"
)
BOUNDARY = Boundary(
    (FINDING,),
    (),
    (Unverifiable("a.privsep.dev", "import", "pyudev is not installed"),) * 2,
    ("a.privsep",),
    ("a.privsep", "a.privsep.path"),
    (),
)
SAME = Replayed(SITE, "a/files.py", 9, "a.privsep.path.chown", Verdict.SAME, runs=5, rule="chown.chown")
DIFFERENT = Replayed(
    SITE,
    "a/files.py",
    85,
    "a.privsep.path.touch",
    Verdict.DIFFERENT,
    (
        Difference("command", "touch path-8b0f", "touch -c path-8b0f\x1b[31m", "path is empty"),
        Difference("cwd", "", "/"),
    ),
    runs=3,
)
UNPAIRED = Replayed(SITE, "a/files.py", 90, "", Verdict.UNPAIRED, why="its root call is gone")
LEFT_OUT = Replayed(SITE, "a/dev.py", 3, "a.privsep.dev.find", Verdict.UNVERIFIABLE, why="its words are not known")
TRIAL = RuleFinding("chown daemon {file}", "", "written", (Divergence("status", "", "exit 0", "exit 1"),))
PROOF = Proof("chown.chown", 1, 40, frozenset(), None, (TRIAL,), (), {}, {}, 1.0)
REPORT = Report(
    BOUNDARY,
    (Replay((SAME, DIFFERENT, UNPAIRED, LEFT_OUT), "fork"),),
    (PROOF,),
    suppressed=1,
    given=("--rules", "own rules"),
)
CLEAN = Report(Boundary((), (), (), ("a.privsep",), (), ()), (Replay((SAME,), "sudo"),), ())


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_nothing_is_wider_than_the_terminal_but_what_can_be_pasted(width: int) -> None:
    wide = [line for line in table(REPORT, False, "utf-8", width).splitlines() if len(line) > width]
    assert [line for line in wide if "repeat: privmigrate" not in line] == []


def test_each_finding_stands_below_its_place() -> None:
    rows = table(REPORT, False, "utf-8", 64).splitlines()
    assert rows[0] == "a/privsep/path.py:7:1 PRV242"
    assert rows[1].startswith("    `run` has no entrypoint decorator:")
    assert rows[2].startswith("    ") and rows[2].endswith("do it")
    place = rows.index(f"a/files.py:85:1 {CHANGED}")
    assert "a.privsep.path.touch() does not do what the root call" in rows[place + 1]
    told = rows[place + 2 : place + 12]
    assert "      - touch path-8b0f" in told and "      + touch -c path-8b0f\\x1b[31m" in told
    assert "    command (path is empty)" in told and "      - nothing" in told


def test_lines_are_as_editors_read_them() -> None:
    text = lines(REPORT)
    assert "a/privsep/path.py:7:1: PRV242 `run` has no entrypoint decorator" in text
    assert f"a/files.py:85:1: {CHANGED} a.privsep.path.touch() does not do what the root call did" in text
    assert f"a/files.py:90:1: {GONE} its root call is gone" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("form", [lines, lambda report: table(report, False, "utf-8", 200)])
def test_what_was_judged_and_what_was_not_is_told(form: Callable[[Report], str]) -> None:
    text = form(REPORT)
    for told in ("1 finding", "import: pyudev is not installed (2)", "1 different", "1 unpaired", "chown.chown"):
        assert told in text
    assert "not verifiable here: a/dev.py:3 a.privsep.dev.find(): its words are not known" in text
    assert "repeat: privmigrate verify rules chown.chown --rules 'own rules' --trial='chown daemon {file}'" in text


def test_what_is_right_needs_no_more_than_the_table() -> None:
    text = table(CLEAN, False, "utf-8", 80)
    assert "replay, daemon by sudo, 5 runs  1 same\n" in text
    assert not CLEAN.wrong and REPORT.wrong
    assert "PRV" not in text


def test_why_nothing_was_replayed_is_told() -> None:
    report = Report(CLEAN.boundary, (), (), unreplayed="nothing moved")
    assert "not replayed: nothing moved" in lines(report)
    assert "none: nothing moved" in table(report, False, "utf-8", 80)


def test_json_has_every_site_and_difference() -> None:
    document = json.loads(dumps(REPORT))
    (replay,) = document["replays"]
    assert [site["verdict"] for site in replay["sites"]] == ["same", "different", "unpaired", "not verifiable"]
    assert replay["sites"][1]["differences"][1] == {"aspect": "cwd", "before": "", "after": "/", "when": ""}
    assert document["rules"] == {"chown.chown": "differs"}
    assert document["summary"]["findings"] == 1 and document["summary"]["suppressed"] == 1
