"""docs/reference.md says what the commands really take, print and return."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from migrator import cli, config
from migrator.commands import check, command, every, scan
from migrator.model import Kind, Rung, Status
from migrator.report import benched, codes
from tests.bench import made
from tests.forecast import whole as forecasts
from tests.running import run

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "tests" / "fixtures" / "projects" / "moraine"
TEXT = (ROOT / "docs" / "reference.md").read_text()


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reference") / "moraine"
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def shown(schema: str = "privmigrate.scan/1") -> dict[str, Any]:
    """The example of a report with this schema."""
    blocks = re.findall(r"^```json\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    found: dict[str, Any]
    (found,) = (report for report in map(json.loads, blocks) if report["schema"] == schema)
    return found


def test_the_report_has_the_keys_that_are_shown_and_the_site_is_a_real_one(sample: Path) -> None:
    report = json.loads(run("scan", "--format", "json", "moraine", cwd=sample).stdout)
    example = shown()
    assert list(report) == list(example)
    assert (report["schema"], report["root"]) == (example["schema"], example["root"])
    assert list(report["summary"]) == list(example["summary"])
    (site,) = example["sites"]
    (same,) = [one for one in report["sites"] if (one["path"], one["line"]) == (site["path"], site["line"])]
    assert site == same
    assert list(site) == list(same)


def test_the_report_of_a_rewrite_has_the_keys_that_are_shown_and_the_site_is_a_real_one(sample: Path) -> None:
    done = run("rewrite", "--format", "json", "moraine", cwd=sample)
    assert done.returncode == 1
    report, example = json.loads(done.stdout), shown("privmigrate.rewrite/1")
    assert list(report) == list(example)
    assert [report[key] for key in ("schema", "root", "applied", "unreadable")] == [
        example[key] for key in ("schema", "root", "applied", "unreadable")
    ]
    assert list(report["summary"]) == list(example["summary"])
    assert example["changes"][0] in report["changes"] and example["look_first"][0] in report["look_first"]
    (site,) = example["sites"]
    (same,) = [one for one in report["sites"] if (one["path"], one["line"]) == (site["path"], site["line"])]
    assert site == same
    assert list(site) == list(same)


def test_the_report_on_unit_tests_has_the_keys_that_are_shown_and_the_places_are_real_ones(sample: Path) -> None:
    done = run("tests", "--format", "json", "moraine", cwd=sample)
    assert done.returncode == 1
    report, example = json.loads(done.stdout), shown("privmigrate.tests/1")
    assert list(report) == list(example)
    assert (report["root"], list(report["summary"])) == (example["root"], list(example["summary"]))
    assert example["changed"][0] in report["changed"] and example["left"][0] in report["left"]
    assert [report["summary"][key] for key in ("changed", "left")] == [len(report["changed"]), len(report["left"])]


def test_the_report_of_a_cutover_has_the_keys_that_are_shown_and_the_tie_is_a_real_one(sample: Path) -> None:
    done = run("cutover", "--format", "json", cwd=sample)
    assert done.returncode == 1
    report, example = json.loads(done.stdout), shown("privmigrate.cutover/1")
    assert list(report) == list(example)
    assert [report[key] for key in ("root", "start", "applied", "changes")] == [".", "", False, []]
    assert list(report["summary"]) == list(example["summary"])
    (tie,) = example["ties"]
    assert tie in report["ties"]
    kinds = re.search(r"^\| `kind` \| (`root_call`.*) \|$", TEXT, re.MULTILINE)
    assert kinds and re.findall(r"`(\w+)`", kinds[1]) == list(report["summary"]["by_kind"])


def test_the_coverage_report_has_the_keys_that_are_shown_and_the_operation_is_a_real_one(sample: Path) -> None:
    report = json.loads(run("report", "--format", "json", "moraine", cwd=sample).stdout)
    example = shown("privmigrate.report/1")
    assert list(report) == list(example)
    assert list(report["summary"]) == list(example["summary"])
    (project,), (same_project,) = example["projects"], report["projects"]
    assert list(project) == list(same_project)
    assert [project[key] for key in ("name", "files", "unreadable")] == [
        same_project[key] for key in ("name", "files", "unreadable")
    ]
    assert list(project["summary"]) == list(same_project["summary"])
    (operation,) = project["operations"]
    (same,) = [
        one
        for one in same_project["operations"]
        if (one["path"], one["line"]) == (operation["path"], operation["line"])
    ]
    assert operation == same
    assert list(operation) == list(same)


def test_an_unreadable_file_is_reported_with_the_keys_that_are_shown(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "old.py").write_text("x = = 1\n")
    (entry,) = json.loads(run("scan", "--format", "json", "old.py", cwd=folder).stdout)["unreadable"]
    assert list(entry) == list(shown()["unreadable"][0])


def test_the_baseline_shown_is_part_of_the_real_one(sample: Path) -> None:
    (block,) = re.findall(r"^```text\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    assert run("baseline", "moraine", "--output", "known.txt", cwd=sample).returncode == 0
    lines = (sample / "known.txt").read_text().splitlines()
    assert [line for line in block.splitlines() if line not in lines] == []


def test_the_keys_of_a_run_of_bench_are_explained() -> None:
    section = TEXT.partition("\n## Bench\n")[2].partition("\n## ")[0]
    document = benched.document(made.run())
    keys = {
        *document,
        *document["settings"],
        *document["throughput"][0],
        *document["memory"]["daemon"],
        *document["ways"],
    }
    keys |= set(document["ways"]["exec"]["chown"])
    assert sorted(key for key in keys - {"schema"} if f"`{key}`" not in section) == []


def test_the_keys_of_a_forecast_are_explained() -> None:
    section = TEXT.partition("\n## Forecast\n")[2].partition("\n## ")[0]
    assert sorted(key for key in forecasts.keys() - {"schema"} if f"`{key}`" not in section) == []


def test_every_kind_status_rung_and_configuration_key_is_explained() -> None:
    names = [*(kind.value for kind in Kind), *(status.value for status in Status)]
    names += [rung.value for rung in (Rung.ROOTWRAP, Rung.NARROW, Rung.NATIVE)]
    names += [name for name in config.Config.__slots__ if name not in ("source", "given", "notes")]
    assert [name for name in names if f"`{name}`" not in TEXT] == []


def test_every_code_is_explained() -> None:
    assert [code for code in codes.catalogue() if f"`{code}`" not in TEXT] == []


def test_every_form_is_explained() -> None:
    for form in (*scan.FORMATS, *check.FORMATS):
        assert f"| `{form}` |" in TEXT or f"`{form}`" in TEXT


def test_every_option_that_is_named_exists() -> None:
    known = {"--help", "--version"}
    for name, part in every():
        made = cli.parser(name, command(name, part))
        known |= set(re.findall(r"--[\w-]+", made.format_help()))
    pages = [ROOT / "README.md", ROOT / "docs" / "reference.md"]
    named = {option for page in pages for option in re.findall(r"(?<![\w-])--[a-z][\w-]*", page.read_text())}
    # of programs that are shown as what privmigrate is about
    assert named - known <= {"--getsize64", "--yes", "--bind", "--output", "--privsep_context"}


def test_every_environment_variable_that_is_read_is_named() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "migrator").rglob("*.py"))
    read = set(re.findall(r"environ(?:\.get\(|\[)\"([A-Z_]+)\"", sources)) - {"TERM"}
    assert {"NO_COLOR", "XDG_CACHE_HOME"} <= read
    assert [name for name in sorted(read) if f"`{name}`" not in TEXT] == []
