"""What the printed completions complete, in the shells themselves."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.integrations.pages import project
from tests.running import refused, run

CASES = [
    (["sc"], {"scan"}),
    (["scan", "--fo"], {"--format"}),
    (["scan", "--format", "js"], {"json"}),
    (["rewrite", "mor"], {"moraine"}),
    (["check", "--config", "set"], {"setup.cfg", "setup.py"}),
    (["completion", ""], {"bash", "zsh", "tcsh"}),
]


@pytest.mark.parametrize("words, wanted", CASES, ids=[" ".join(words) for words, _ in CASES])
def test_bash(tmp_path: Path, words: list[str], wanted: set[str]) -> None:
    copy = project(tmp_path)
    (tmp_path / "completion").write_text(run("completion", "bash", cwd=copy).stdout)
    script = (
        'source ../completion; COMP_WORDS=(privmigrate "$@"); COMP_CWORD=$#; '
        '$(complete -p privmigrate | grep -o -e "-F [^ ]*" | cut -c4-); printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", *words], cwd=copy, capture_output=True, text=True, check=True
    )
    assert wanted <= {line.strip() for line in done.stdout.splitlines()}, done.stdout + done.stderr


@pytest.mark.parametrize("shell", ["zsh", "tcsh"])
def test_other_shells_read_it(tmp_path: Path, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} on this machine")
    (tmp_path / "completion").write_text(run("completion", shell, cwd=tmp_path).stdout)
    options = ["-f", "-n"]  # without the user's own start files, and reading only
    done = subprocess.run([shell, *options, "completion"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr


def test_other_shells_are_refused(tmp_path: Path) -> None:
    assert "fish" in refused(run("completion", "fish", cwd=tmp_path))
