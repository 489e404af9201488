"""The house rules: who imports whom, how long a module may get, what it has to say on top."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted((ROOT / "migrator").rglob("*.py"))
RULES = sorted((ROOT / "rules").rglob("*.py"))
TOOLS = sorted((ROOT / "tools").rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_stages_import_only_earlier_stages() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)}, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_package_of_ours_has_its_layer() -> None:
    """A new part that the contract does not name would be free to import anything."""
    contract = (ROOT / "pyproject.toml").read_text().partition("[[tool.importlinter.contracts]]")[2]
    top = {path.stem if path.is_file() else path.name for path in (ROOT / "migrator").iterdir()}
    top -= {"__init__", "__main__", "__pycache__", "py"}
    named = set(re.findall(r"\bmigrator\.(\w+)", contract))
    missing = sorted(name for name in top - named if not name.startswith("."))
    assert missing == []


@pytest.mark.parametrize("path", [*MODULES, *RULES, *TOOLS], ids=relative)
def test_module_is_short_enough_to_hold_in_the_head(path: Path) -> None:
    assert len(path.read_text().splitlines()) < 400


@pytest.mark.parametrize("path", [*MODULES, *RULES, *TOOLS], ids=relative)
def test_module_says_what_it_is_for(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    assert docstring or (path.name == "__init__.py" and not path.read_text().strip()), "no docstring"


@pytest.mark.parametrize("path", [path for path in MODULES if path.name != "__main__.py"], ids=relative)
def test_module_puts_off_the_evaluation_of_annotations(path: Path) -> None:
    tree = ast.parse(path.read_text())
    if len(tree.body) <= 1 or path.name == "__init__.py":
        return
    imported = {
        (node.module, alias.name) for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert ("__future__", "annotations") in imported


def test_no_module_is_named_after_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
    assert [relative(path) for path in MODULES if path.stem in vague or path.parent.name in vague] == []


def test_rules_folder_holds_rules() -> None:
    assert RULES, "rules/ is empty; the command would have no rule to offer"


def test_nothing_committed_names_a_registry_host_in_the_project_files() -> None:
    """Packages are named, never the place they come from: mirrors differ from machine to machine."""
    hosts = ("pypi.org", "pythonhosted.org", "index-url")
    files = [ROOT / name for name in ("Makefile", ".ci/run", "pyproject.toml", ".pre-commit-config.yaml")]
    files += [path for path in (ROOT / "tools").iterdir() if path.is_file()]
    assert [(relative(path), host) for path in files for host in hosts if host in path.read_text()] == []
