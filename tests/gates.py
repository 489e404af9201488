"""A small service under the gate, for tests: written, committed, checked in this process."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from migrator.cli import main

DRIVER = """\
from oslo_concurrency import processutils


class Driver:
    def take(self, uid, path):
        processutils.execute('chown', uid, path, run_as_root=True)

    def make(self, path, *options):
        cmd = ['mkfs', '-t', 'ext4']
        cmd.append(path)
        processutils.execute(*cmd, run_as_root=True)
"""
TAKE = "        processutils.execute('chown', uid, path, run_as_root=True)\n"


def service(folder: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> Path:
    """A package `service` in `folder`, which becomes the current folder; files: module name -> text."""
    (folder / "service").mkdir(parents=True)
    for name, text in {"__init__": "", "driver": DRIVER, **files}.items():
        path = folder / "service" / f"{name.replace('__', '/') if name != '__init__' else name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        (path.parent / "__init__.py").touch()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PRIVMIGRATE_NO_INDEX", "1")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return folder


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[str], list[str]]:
    """Exit status of a command line, and the lines that it printed on standard output and standard error."""
    capsys.readouterr()
    status = main(words)
    printed = capsys.readouterr()
    return status, printed.out.splitlines(), [line.removeprefix("privmigrate: ") for line in printed.err.splitlines()]


def git(folder: Path, *words: str) -> str:
    names = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *names, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def commit(folder: Path, message: str = "a change") -> str:
    """Commit everything in the folder, which becomes a repository when it is none; the commit's hash."""
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)
    return git(folder, "rev-parse", "HEAD").strip()
