"""README and docs tell the truth: their commands run, their output is what comes out, their links lead somewhere.

Commands of one page run in order in one copy of the sample project. In a `console` block the lines after a command are
its output, `...` standing for any text. A block is left out only behind a comment `<!-- not run: REASON -->`; `make`
commands in such a block are still checked to name a target. Behind `<!-- run as root: REASON -->` it is run by root, as
in CI. A `diff` block has to stand in what `privmigrate rewrite` prints for the sample, word by word.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from doctest import DONT_ACCEPT_BLANKLINE, ELLIPSIS, OutputChecker
from pathlib import Path

import pytest

from migrator.decide.load import load_file

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "tests" / "fixtures" / "projects" / "moraine"
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
FENCE = re.compile(
    r"(?:<!-- (?P<when>not run|run as root): (?P<why>.*?) -->\n+)?```(?P<kind>\w+)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
LINK = re.compile(r"\[[^\]]*\]\((?P<to>[^)\s]+)\)")

# privmigrate ends with 1 where it found something or would change something, which is no failure of the page.
FINDS = (
    "flake8 ",
    "privmigrate scan",
    "privmigrate rewrite --diff",
    "privmigrate rewrite ",
    "privmigrate filters ",
    "privmigrate bootstrap ",
    "privmigrate cutover",
)


@dataclass(frozen=True)
class Block:
    """One fenced block; why: the reason for not running it, "" when it is run."""

    page: Path
    line: int
    kind: str
    text: str
    why: str

    @property
    def commands(self) -> list[tuple[str, str | None]]:
        """(command, expected output); no expectation for `sh`, where every line is a command."""
        if self.kind == "sh":
            lines = [line for line in self.text.splitlines() if line.strip() and not line.startswith("#")]
            return [(line, None) for line in lines]
        parts = re.split(r"^\$ ", self.text, flags=re.MULTILINE)
        assert not parts[0].strip(), f"{self.page.name}:{self.line}: a console block starts with a command"
        split = [part.partition("\n") for part in parts[1:]]
        return [(command, output or None) for command, _, output in split]


def blocks(page: Path) -> list[Block]:
    text = page.read_text()
    return [
        Block(
            page,
            text.count("\n", 0, found.start()) + 1,
            found["kind"],
            found["text"],
            "" if found["when"] == "run as root" and os.geteuid() == 0 else found["why"] or "",
        )
        for found in FENCE.finditer(text)
    ]


def sample(folder: Path) -> Path:
    """A copy of the sample project, committed, as `rewrite --apply` asks for a clean tree."""
    copy = folder / "moraine"
    shutil.copytree(SAMPLE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    for words in (("init", "--quiet"), ("add", "."), (*identity, "commit", "--quiet", "--message", "Before")):
        subprocess.run(["git", *words], cwd=copy, check=True)
    return copy


def shell(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {**os.environ, "PATH": path, "NO_COLOR": "1", "XDG_CACHE_HOME": str(cwd.parent / "cache")}
    environment.pop("COLUMNS", None)  # which a process that runs some of the tests is given
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_run_and_print_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    copy = sample(tmp_path)
    for block in blocks(page):
        if block.kind not in ("console", "sh") or block.why:
            continue
        for command, expected in block.commands:
            place = f"{page.name}:{block.line}: $ {command}"
            done = shell(command, copy)
            output = done.stdout + done.stderr
            assert done.returncode in ((0, 1) if command.startswith(FINDS) else (0,)), f"{place}\n{output}"
            if expected is not None:
                assert OutputChecker().check_output(expected, output, ELLIPSIS | DONT_ACCEPT_BLANKLINE), (
                    f"{place}\nprints\n{output}"
                )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_left_out_name_real_make_targets(page: Path) -> None:
    for block in blocks(page):
        if not block.why:
            continue
        for command, _ in block.commands:
            if command.startswith("make "):
                words = command.partition("#")[0].split()
                done = subprocess.run([*words, "-n"], cwd=ROOT, capture_output=True, text=True, check=False)
                assert done.returncode == 0, f"{page.name}:{block.line}: {command}: {done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_diffs_shown_are_what_rewrite_prints(page: Path, tmp_path: Path) -> None:
    shown = [block for block in blocks(page) if block.kind == "diff"]
    if not shown:
        assert page.name != "README.md", "README.md shows no diff"
        return
    done = shell("privmigrate rewrite moraine/", sample(tmp_path))
    for block in shown:
        assert block.text.strip(), f"{page.name}:{block.line}: an empty diff"
        for hunk in re.split(r"^\.\.\.\n", block.text, flags=re.MULTILINE):
            assert hunk in done.stdout, f"{page.name}:{block.line} is not in what rewrite prints:\n{hunk}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_within_the_project_lead_somewhere(page: Path) -> None:
    links = [found["to"].partition("#")[0] for found in LINK.finditer(page.read_text())]
    local = [link for link in links if link and "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_rule_shown_to_contributors_is_a_rule(tmp_path: Path) -> None:
    (shown,) = (block for block in blocks(ROOT / "CONTRIBUTING.md") if block.kind == "python")
    (tmp_path / "sync.py").write_text(shown.text)
    (rule,) = load_file(tmp_path / "sync.py")
    assert rule.name == "sync.sync"
    assert rule.imports == ("import os",)


def test_readme_names_every_command() -> None:
    done = shell("privmigrate --help", ROOT)
    listed = re.search(r"commands:\n((?:  .*\n)+)", done.stdout)
    assert listed, done.stdout + done.stderr
    commands = [line.split()[0] for line in listed[1].splitlines()]
    readme = (ROOT / "README.md").read_text()
    assert [name for name in commands if f"`privmigrate {name}" not in readme] == []


def test_every_make_target_that_help_lists_exists() -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    targets = re.findall(r"^make (\w+)", done.stdout, re.MULTILINE)
    assert {"demo", "test", "real", "bench"} <= set(targets)
    for target in targets:
        subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, check=True)


def test_demo_goes_through_on_this_checkout() -> None:
    environment = {**os.environ, "BIN": str(Path(sys.executable).parent), "NO_COLOR": "1"}
    done = subprocess.run(
        [ROOT / "tools" / "demo"], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"^== (\d)\.", done.stdout, re.MULTILINE) == ["1", "2", "3", "4"]
    assert "PRV101" in done.stdout and "+++ " in done.stdout


def test_sample_project_passes_its_own_unit_tests() -> None:
    """The scene of the demo is a working service, not text that looks like one."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "unittest", "discover", "-s", "moraine/tests", "-t", "."],
        cwd=SAMPLE,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ran = re.search(r"Ran (\d+) tests", done.stderr)
    assert ran and int(ran[1]) > 50, done.stderr
