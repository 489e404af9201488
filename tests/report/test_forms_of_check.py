"""The gate's report as text, table, JSON, workflow commands, JUnit XML and GitLab's list."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from migrator.report import checked, checktable, github, gitlab, junit
from migrator.report.checked import Report
from tests.gates import DRIVER, said, service
from tests.report.checks import CALL, CLEAN, FULL, HOLE, STALE


def test_text_is_a_line_for_each_finding_and_what_to_do_below() -> None:
    lines = list(checked.lines(FULL))
    assert [line for line in lines if not line.startswith(" ")] == [
        "service/old file.py:3:1: PRV901 does not parse: invalid syntax",
        f"service/driver.py:12:9: PRV101 {CALL.message}",
        f"service/privsep/fs.py:8:1: PRV242 {HOLE.message}",
        f"known.txt:4:1: PRV905 {STALE.message}",
        "To admit what is new: `privmigrate baseline service`, or `# noqa: PRV101,PRV242 REASON` on its line.",
    ]
    assert list(checked.lines(CLEAN)) == []


def test_the_summary_counts_every_part() -> None:
    assert list(checked.summary(FULL)) == ["2 new, 1 stale, 5 as in known.txt, 1 not read"]
    assert list(checked.summary(CLEAN)) == ["0 new, 0 stale, 5 as in known.txt"]
    assert list(checked.summary(Report((), (CALL,), (), "main..topic"))) == ["1 new in main..topic"]


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_keeps_places_and_commands_in_one_piece(width: int) -> None:
    shown = checktable.rendered(FULL, coloured=False, encoding="utf-8", width=width)
    lines = shown.splitlines()
    assert "service/driver.py:12:9 PRV101" in lines
    assert "    privmigrate rewrite --only service/driver.py:12 service" in lines
    assert "    privmigrate check --prune service --baseline known.txt" in lines
    assert all(len(line) <= width or "privmigrate" in line for line in lines)
    assert re.search(r"^stale entries +1$", shown, re.MULTILINE)
    assert "\x1b[" in checktable.rendered(FULL, coloured=True, encoding="utf-8", width=width)
    assert "─" not in checktable.rendered(FULL, coloured=False, encoding="ascii", width=width)


def test_json_has_all_findings_with_their_keys() -> None:
    document = json.loads(checked.dumps(FULL))
    assert document["schema"] == "privmigrate.check/1"
    assert [one["code"] for one in document["findings"]] == ["PRV901", "PRV101", "PRV242", "PRV905"]
    assert [one["new"] for one in document["findings"]] == [False, True, True, False]
    assert document["summary"] == {
        "new": 2, "unread": 1, "stale": 1, "care": 0, "known": 5, "pruned": 0, "moved": 0,
    }  # fmt: skip


def test_workflow_commands_are_escaped() -> None:
    unread, call, hole, stale = github.commands(FULL, "")
    assert unread.startswith("::error file=service/old file.py,line=3,endLine=3,col=1,title=PRV901 not read::")
    assert call.startswith("::error file=service/driver.py,line=12,endLine=14,title=PRV101 new::runs as root: chown")
    assert "\n" not in call and "%0A`privmigrate rewrite" in call
    assert hole.startswith("::warning ") and ": 100%25 of it, a,b: runs as | the service%0A" in hole
    assert stale.startswith("::warning file=known.txt,")


def test_a_property_cannot_end_early() -> None:
    from dataclasses import replace

    (line,) = github.commands(Report((), (replace(CALL, path="a,b:c%d\n.py"),), (), ""), "")
    assert line.startswith("::error file=a%2Cb%3Ac%25d%0A.py,line=12,")


def test_the_step_summary_is_a_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = github.table(FULL, "")
    rows = [line for line in table.splitlines() if line.startswith("| PRV")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 5 for row in rows) and len(rows) == 4
    folder = service(tmp_path / "project", monkeypatch)
    assert said(capsys, "baseline", "service")[0] == 0
    summary = folder / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    (folder / "service" / "other.py").write_text(DRIVER)
    assert said(capsys, "check", "--format", "github", "service")[0] == 1
    assert summary.read_text().startswith("before\n### privmigrate check\n\n2 new, 0 stale, 2 as in")
    assert summary.read_text().count("| PRV101 | `service/other.py:") == 2
    assert said(capsys, "check", "--format", "text", "service")[0] == 1
    assert summary.read_text().count("###") == 1
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder))
    assert said(capsys, "check", "--format", "github", "service")[0] == 2


def test_junit_has_a_suite_for_each_file_and_counts_that_add_up() -> None:
    root = ElementTree.fromstring(junit.dumps(FULL, "").partition("\n")[2])
    suites = root.findall("testsuite")
    assert [suite.get("name") for suite in suites] == sorted(
        ["known.txt", "service/driver.py", "service/old file.py", "service/privsep/fs.py"]
    )
    for suite in suites:
        cases = suite.findall("testcase")
        assert suite.get("tests") == suite.get("failures") == str(len(cases)) == str(len(suite.findall("*/failure")))
        assert len({(case.get("classname"), case.get("name")) for case in cases}) == len(cases)
    assert (root.get("tests"), root.get("failures")) == ("4", "4")
    clean = ElementTree.fromstring(junit.dumps(CLEAN, "").partition("\n")[2])
    assert (clean.get("tests"), clean.get("failures"), len(clean.findall("*/testcase"))) == ("1", "0", 1)


def test_junit_spells_what_xml_cannot_hold() -> None:
    from dataclasses import replace

    odd = replace(CALL, path='a\x01\udcff<&".py', message="\x1b[31m ]]> \ufffe")
    root = ElementTree.fromstring(junit.dumps(Report((), (odd,), (), ""), "").partition("\n")[2])
    case = root.find("testsuite/testcase")
    assert case is not None and str(case.get("file")).endswith('a\\x01\\udcff<&".py')


def test_gitlab_has_what_its_schema_asks_for() -> None:
    entries = json.loads(gitlab.dumps(FULL, ""))
    assert [entry["severity"] for entry in entries] == ["blocker", "critical", "major", "minor"]
    assert len({entry["fingerprint"] for entry in entries}) == 4
    for entry in entries:
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert not entry["location"]["path"].startswith(("/", "./"))
        assert entry["location"]["lines"]["begin"] >= 1
    assert json.loads(gitlab.dumps(CLEAN, "")) == []
