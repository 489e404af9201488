"""The commands that are compared: ripgrep, privmigrate's ways, and the peers, each with a rule for the keyword."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benching.running import Tool

_PATTERN = "run_as_root=True"

_AST_GREP_RULE = """\
id: run-as-root
language: python
severity: info
message: root call
rule:
  kind: call
  has:
    field: arguments
    has:
      kind: keyword_argument
      all:
        - has: {field: name, regex: '^run_as_root$'}
        - not: {has: {field: value, kind: 'false'}}
"""
_SEMGREP_RULE = """\
rules:
  - id: run-as-root
    languages: [python]
    severity: INFO
    message: root call
    patterns:
      - pattern: $F(..., run_as_root=$X, ...)
      - pattern-not: $F(..., run_as_root=False, ...)
"""
_BANDIT_PLUGIN = """\
import bandit
from bandit.core import test_properties as test

@test.checks("Call")
@test.test_id("B990")
def run_as_root(context):
    value = (context.call_keywords or {}).get("run_as_root", "False")
    if str(value) != "False":
        return bandit.Issue(severity=bandit.LOW, confidence=bandit.HIGH, text="root call")
"""


def ripgrep() -> Tool | None:
    """What everything is compared with; None where it is not installed."""
    found = shutil.which("rg")
    if not found:
        return None
    return Tool("ripgrep", (found, "--no-ignore", "-n", "-g", "*.py", _PATTERN, "."))


def scan_command() -> tuple[str, ...]:
    """How this privmigrate is started."""
    script = Path(sys.executable).with_name("privmigrate")
    return (str(script),) if script.exists() else (sys.executable, "-m", "migrator")


def ours(scratch: Path) -> list[Tool]:
    """privmigrate without an index, with one that is written in the run, and with one that is there."""
    scan = (*scan_command(), "scan", ".")
    cold, warm = scratch / "cold", scratch / "warm"
    return [
        Tool("privmigrate, no index", (*scan, "--no-index")),
        Tool(
            "privmigrate, index written",
            scan,
            environment=(("XDG_CACHE_HOME", str(cold)),),
            prepare=lambda: shutil.rmtree(cold, ignore_errors=True),
        ),
        Tool("privmigrate, warm index", scan, environment=(("XDG_CACHE_HOME", str(warm)),)),
        Tool("privmigrate, no index, with tests", (*scan, "--no-index", "--tests")),
    ]


def peers(scratch: Path) -> tuple[list[Tool], list[str]]:
    """The other tools, each with the rule that finds the keyword with any value but False; and the missing ones."""
    tools, missing = [], []
    home = Path(sys.executable).parent  # `make bench` installs the peers in an environment of their own below ours
    folders = (str(home), str(home.parent / "peers" / "bin"), os.environ.get("PATH", os.defpath))
    beside = os.pathsep.join(folders)
    if found := shutil.which("ast-grep", path=beside):
        tools.append(_ast_grep(found, scratch))
    else:
        missing.append("ast-grep (PyPI: ast-grep-cli)")
    if found := shutil.which("semgrep", path=beside):
        tools.append(_semgrep(found, scratch, beside))
    else:
        missing.append("semgrep (PyPI: semgrep)")
    if found := shutil.which("bandit", path=beside):
        tools.append(_bandit(found, scratch))
    else:
        missing.append("bandit (PyPI: bandit)")
    return tools, missing


def _ast_grep(program: str, scratch: Path) -> Tool:
    rule = scratch / "ast-grep.yml"
    rule.write_text(_AST_GREP_RULE)
    unignore = ("--no-ignore", "vcs", "--no-ignore", "hidden")
    command = (program, "scan", *unignore, "--rule", str(rule), "--json=compact", ".")
    return Tool("ast-grep", command, slow=True, found=lambda output: len(json.loads(output)))


def _semgrep(program: str, scratch: Path, path: str) -> Tool:
    rule = scratch / "semgrep.yml"
    rule.write_text(_SEMGREP_RULE)
    quiet = ("--metrics", "off", "--disable-version-check", "--no-git-ignore", "--json", "--quiet")
    # The project's root is the tree, not our own checkout around it: see .semgrepignore in tools/bench.py.
    root = ("--project-root", ".", "--config", str(rule))
    command = (program, "scan", *root, *quiet, "--max-target-bytes", "0", ".")
    # semgrep starts a helper that it looks up by name
    return Tool("semgrep", command, slow=True, environment=(("PATH", path),), found=_results)


def _bandit(program: str, scratch: Path) -> Tool:
    """bandit knows no rules in files: it takes plugins from the entry points of what is installed."""
    home = scratch / "bandit"
    about = home / "run_as_root_rule-1.dist-info"
    about.mkdir(parents=True)
    (home / "run_as_root_rule.py").write_text(_BANDIT_PLUGIN)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: run-as-root-rule\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[bandit.plugins]\nrun_as_root = run_as_root_rule:run_as_root\n")
    environment = (("PYTHONPATH", str(home)), ("XDG_CACHE_HOME", str(scratch / "bandit-cache")))
    command = (program, "-r", ".", "-t", "B990", "-f", "json", "-q")
    return Tool("bandit", command, slow=True, environment=environment, found=_results)


def _results(output: bytes) -> int:
    return len(json.loads(output)["results"])


def versions(tools: Sequence[Tool]) -> dict[str, str]:
    """What each program of the peers calls its version."""
    told = {}
    for tool in tools:
        if tool.name.startswith("privmigrate"):
            continue
        done = subprocess.run(
            [tool.command[0], "--version"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **dict(tool.environment)},
        )
        words = (done.stdout or done.stderr).split("\n")[0].split()
        told[tool.name] = next((word for word in words if word[:1].isdigit()), "")
    return told
