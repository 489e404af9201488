"""Each code has a page, whose example is found and whose counter-example is not."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from migrator.report import pages
from migrator.understand.scan import scan
from migrator.verify.boundary.checks import findings
from migrator.verify.boundary.codes import CODES, NOTES, Code
from tests.running import run
from tests.verify.boundary.project import written

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted((ROOT / "docs" / "codes").glob("*.md"))
REFERENCE = (ROOT / "docs" / "reference.md").read_text()
FILE = re.compile(r"^`(?P<path>[^`\n]+)`\n\n```\w+\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
# The replay runs both sides in sandboxes: what it finds is shown by its own tests.
REPLAYED = ("PRV261", "PRV262")
IMPORTED = ("PRV251", "PRV252")
# What the gate tells of comments and of its baseline.
GATED = ("PRV903", "PRV904", "PRV905", "PRV906", "PRV907")
# What the join of filters and calls tells.
JOINED = ("PRV321", "PRV322", "PRV323", "PRV324")
# What the audit of filters tells: of a project, or of an installation where one is shown.
AUDITED = ("PRV311", "PRV312", "PRV313", "PRV314", "PRV315")
OWN = [page for page in PAGES if page.stem not in REPLAYED]


def example(page: Path, heading: str, folder: Path) -> Path:
    """The package of the example below a heading, written into a folder."""
    part = page.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    files = {found["path"]: found["text"] for found in FILE.finditer(part)}
    assert files, page
    inside = {path.removeprefix("lagoon/"): text for path, text in files.items() if path.startswith("lagoon/")}
    beside = {f"../{path}": text for path, text in files.items() if not path.startswith("lagoon/")}
    return written(folder, {**inside, **beside})


def found(code: str, top: Path) -> set[str]:
    """The codes that are told of a package."""
    if code.startswith("PRV2"):
        boundary = findings([str(top)], python=sys.executable if code in IMPORTED else "")
        assert not boundary.unreadable
        return {one.code for one in (*boundary.findings, *boundary.notes)}
    if code in GATED or code in JOINED:
        done = run(*(("check", top.name) if code in GATED else ("filters", "coverage")), cwd=top.parent)
        assert done.returncode in (0, 1), done.stderr
        return set(re.findall(r": (PRV\d{3}) ", done.stdout))
    if code in AUDITED:
        installed = ["rootwrap.conf"] if (top.parent / "rootwrap.conf").exists() else []
        done = run("filters", "audit", *installed, cwd=top.parent)
        assert done.returncode == 0, done.stderr
        return set(re.findall(r"(PRV\d{3}) ", done.stdout))
    scanned = scan([str(top)], thorough=True)
    return {one.code for one in scanned.sites} | {one.code for one in scanned.unreadable}


@pytest.mark.parametrize("page", OWN, ids=lambda page: page.stem)
def test_the_example_of_a_page_is_found_and_the_other_is_not(page: Path, tmp_path: Path) -> None:
    assert page.stem in found(page.stem, example(page, "Found", tmp_path / "bad"))
    assert page.stem not in found(page.stem, example(page, "Not found", tmp_path / "good"))


def test_every_code_of_the_reference_has_a_page_and_no_other() -> None:
    told = set(re.findall(r"`(PRV\d{3})`", REFERENCE))
    assert {page.stem for page in PAGES} == told
    assert {code.code for code in CODES} <= told


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.code)
def test_a_page_says_what_the_tool_says(code: Code) -> None:
    text = pages.page(code.code)
    assert text.startswith(f"# {code.code}\n\n{code.meaning[0].upper()}{code.meaning[1:]}.\n")
    assert f"\n## What to do\n\n{code.help[0].upper()}{code.help[1:]}.\n" in text
    assert f"`# noqa: {code.code}`" in text
    assert ("It is a note" in text) == (code.code in NOTES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_can_be_read_in_an_editor(page: Path) -> None:
    prose = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    assert [line for line in prose.splitlines() if len(line) > 135] == []
    assert page.read_text().endswith("\n")


def test_explain_prints_the_page_of_a_code(tmp_path: Path) -> None:
    done = run("explain", "prv270", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, pages.page("PRV270"))


def test_a_code_that_there_is_not_is_told_in_one_line(tmp_path: Path) -> None:
    done = run("explain", "PRV299", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "PRV299: there is no such code" in done.stderr and "PRV291" in done.stderr
    assert done.stderr.count("\n") == 1
