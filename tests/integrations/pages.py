"""What the pages below docs/integrations tell people to write into their projects."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLE = ROOT / "tests" / "fixtures" / "projects" / "moraine"


def shown(page: str, kind: str) -> str:
    """The first block of a kind ("yaml", "ini", "sh") on a page."""
    text = (ROOT / "docs" / "integrations" / f"{page}.md").read_text()
    found = re.search(rf"^```{kind}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert found, f"{page}.md shows no {kind}"
    return found[1]


def project(folder: Path, **files: str) -> Path:
    """A committed copy of the sample project; files: text of further ones, by name."""
    copy = folder / "moraine"
    shutil.copytree(SAMPLE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in files.items():
        (copy / name).write_text(text)
    git(copy, "init", "--quiet")
    commit(copy)
    return copy


def commit(copy: Path) -> None:
    git(copy, "add", ".")
    git(copy, "-c", "user.name=Test", "-c", "user.email=test@example.com", "commit", "--quiet", "--message", "A change")


def git(copy: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=copy, check=True)


def new_root_call(copy: Path) -> Path:
    """Give the project a root call that no baseline holds; the file that it stands in."""
    path = copy / "moraine" / "image.py"
    path.write_text(
        path.read_text() + "\n\ndef wipe(path):\n    utils.execute('wipefs', '-a', path, run_as_root=True)\n"
    )
    return path
