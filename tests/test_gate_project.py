"""The gate on a whole project: green after a formatter has been over it, red for a twin of any of its calls."""

from __future__ import annotations

import ast
import shutil
import textwrap
from collections.abc import Iterator
from pathlib import Path

import black
import pytest

from migrator.commands.survey import survey
from migrator.config import Config
from migrator.report.baseline import Key
from migrator.report.findings import Finding, findings

MORAINE = Path(__file__).parent / "fixtures" / "projects" / "moraine"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(MORAINE, tmp_path / "moraine")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "moraine"


def known() -> dict[Key, Finding]:
    ledger, _ = survey(["moraine"], tests=False, indexed=False, settings=Config())
    assert ledger["unreadable"] == []
    return findings(ledger, "", None)


def test_a_formatter_leaves_it_green(project: Path) -> None:
    before = known()
    assert len(before) > 10
    changed = 0
    for file in project.rglob("*.py"):
        text = file.read_text()
        reformatted = black.format_str(text, mode=black.Mode(line_length=60))
        changed += reformatted != text
        file.write_text("\n\n" + reformatted)
    assert changed > 3
    assert set(known()) == set(before)


def test_a_twin_of_any_call_is_red(project: Path) -> None:
    before = known()
    tried = 0
    for site in list(before.values())[::4]:  # each is a scan of the whole project
        file = Path(site.path)
        text = file.read_text()
        for twin in _twins(text, site):
            file.write_text(twin)
            new = set(known()) - set(before)
            assert len(new) == 1, site
            tried += 1
        file.write_text(text)
    assert tried > 5


def _twins(text: str, site: Finding) -> Iterator[str]:
    """The text with the call's statement written twice, when the statement is nothing but whole lines."""
    lines = text.splitlines(keepends=True)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Expr, ast.Assign)) and node.lineno <= site.line <= (node.end_lineno or 0):
            whole = lines[node.lineno - 1 : node.end_lineno]
            if len(ast.parse(textwrap.dedent("".join(whole))).body) == 1:
                yield "".join([*lines[: node.end_lineno], *whole, *lines[node.end_lineno :]])
