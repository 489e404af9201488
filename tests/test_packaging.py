"""The wheel, as somebody else gets it: built, installed in a fresh environment outside the checkout, and used."""

from __future__ import annotations

import email
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from email.message import Message
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "tests" / "fixtures" / "projects" / "moraine"


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    # without PYTHONPATH and the like, which would let the checkout in by the back door
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    environment.update(NO_COLOR="1", PIP_NO_COMPILE="1")  # little of what is installed is imported, and once only
    return subprocess.run(
        [str(word) for word in command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of what would be in an sdist."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    ignored = shutil.ignore_patterns(".*", "corpus", "__pycache__", "dist", "build", "*.egg-info")
    shutil.copytree(ROOT, source, ignore=ignored)
    done = run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, source, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands of a fresh environment with nothing in it but the wheel and what it requires."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder / "venv")
    commands = folder / "venv" / "bin"
    done = run(sys.executable, "-m", "pip", "--python", commands / "python", "install", "--quiet", wheel, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return commands


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))


def test_wheel_holds_every_rule_below_the_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    rules = {f"migrator/{path.relative_to(ROOT)}" for path in (ROOT / "rules").rglob("*.py")}
    assert rules and rules <= names


def test_wheel_holds_the_run_of_bench_that_a_forecast_rests_on(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("migrator/bench/shipped.json") == (ROOT / "docs" / "bench.json").read_bytes()


def test_wheel_has_one_top_level_package_and_its_type_marker(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"migrator"}
    assert "migrator/py.typed" in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


@pytest.mark.parametrize(
    "field",
    ["Name", "Version", "Summary", "License-Expression", "License-File", "Requires-Python", "Classifier", "Keywords"],
)
def test_metadata_is_complete(metadata: Message, field: str) -> None:
    assert metadata.get_all(field)


def test_metadata_carries_the_readme(metadata: Message) -> None:
    payload = metadata.get_payload()
    assert isinstance(payload, str)
    assert payload.strip() == (ROOT / "README.md").read_text().strip()


def test_installed_command_says_its_version(installed: Path, metadata: Message) -> None:
    done = run(installed / "privmigrate", "--version", cwd=installed)
    assert done.returncode == 0, done.stderr
    assert str(metadata["Version"]) in done.stdout


def test_installed_command_lists_every_rule(installed: Path) -> None:
    done = run(installed / "privmigrate", "rules", cwd=installed)
    assert done.returncode == 0, done.stderr
    for path in (ROOT / "rules").glob("[!_]*.py"):
        assert path.stem in done.stdout


def test_installed_package_is_not_the_checkout(installed: Path) -> None:
    done = run(installed / "python", "-c", "import migrator; print(migrator.__file__)", cwd=installed)
    assert done.stdout.startswith(str(installed.parent)), done.stdout + done.stderr
    missing = run(installed / "python", "-c", "import rules", cwd=installed)
    assert "No module named 'rules'" in missing.stderr


def test_installed_command_rewrites_with_what_it_requires(installed: Path, tmp_path: Path) -> None:
    """The dependencies that the wheel names are enough to come out with a diff."""
    shutil.copytree(SAMPLE, tmp_path / "moraine")
    done = run(installed / "privmigrate", "rewrite", "--diff", "moraine/", cwd=tmp_path / "moraine")
    assert done.returncode == 1, done.stderr
    assert "+++ " in done.stdout


def test_installed_command_says_in_one_line_what_verify_needs_more(installed: Path) -> None:
    done = run(installed / "privmigrate", "verify", "rules", cwd=installed)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.splitlines() == [
        "privmigrate: verify needs hypothesis, oslo_concurrency, oslo_privsep: pip install 'privmigrate[verify]'"
    ]
