"""No call gets in behind a known one: the ways that other tools' baselines are known to be fooled, and random edits."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import black
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator.commands import gating
from migrator.config import Config
from migrator.report import baseline, gate
from migrator.report.gate import Verdict
from tests.gates import said, service

HEAD = "from oslo_concurrency import processutils\n"


def function(name: str, *commands: str) -> str:
    calls = "".join(f"    processutils.execute({command}, run_as_root=True)\n" for command in commands)
    return f"\n\ndef {name}(path):\n{calls}"


@pytest.fixture
def check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str, str], tuple[int, str]]:
    """Exit status and summary of the gate on a file's second text, with a baseline of its first."""
    folder = service(tmp_path / "project", monkeypatch)

    def run(before: str, after: str) -> tuple[int, str]:
        (folder / "service" / "driver.py").write_text(HEAD + before)
        assert said(capsys, "baseline", "service")[0] == 0
        (folder / "service" / "driver.py").write_text(HEAD + after)
        status, _, err = said(capsys, "check", "service")
        return status, err[-1].partition(" as in")[0]

    return run


def test_one_entry_does_not_absorb_equal_calls_elsewhere(check: Callable[[str, str], tuple[int, str]]) -> None:
    """bandit #1467: an issue is known when one like it is, so that mending it makes room for any number of others."""
    before = function("old", "'chmod', '0777', path") + function("one") + function("two")
    after = function("old") + function("one", "'chmod', '0777', path") + function("two", "'chmod', '0777', path")
    before, after = (text.replace("):\n\n", "):\n    pass\n\n") for text in (before + "\n", after + "\n"))
    assert check(before, after) == (1, "2 new, 1 stale, 0")


def test_a_copy_of_a_known_call_in_the_same_place_is_new(check: Callable[[str, str], tuple[int, str]]) -> None:
    """bandit #466: the lines of a known issue, pasted again behind it."""
    before = function("start", "'systemctl', 'start', path")
    assert check(before, function("start", *["'systemctl', 'start', path"] * 2)) == (1, "1 new, 0 stale, 1")
    assert check(before, function("start", *["'systemctl', 'start', path"] * 4)) == (1, "3 new, 0 stale, 1")


def test_a_swap_in_one_file_is_seen_although_the_number_stays(check: Callable[[str, str], tuple[int, str]]) -> None:
    """eslint #21226: counts for each file and rule; one is mended, another comes in, and the sum is as it was."""
    alpha, beta, gamma = "'chown', 'root', path", "'mount', path", "'dd', path"
    before = function("work", alpha, beta)
    assert check(before, function("work", beta, gamma)) == (1, "1 new, 1 stale, 1")
    assert check(before, function("work", beta) + function("other", alpha)) == (1, "1 new, 1 stale, 1")


def test_a_baseline_cannot_be_padded(check: Callable[[str, str], tuple[int, str]]) -> None:
    """An entry for a call that is not there yet is stale: room cannot be kept in store."""
    assert check(function("work", *["'mount', path"] * 2), function("work", "'mount', path")) == (
        1,
        "0 new, 1 stale, 1",
    )


# --- random edits --------------------------------------------------------------------------------------------

COMMANDS = (
    "'chown', owner, path",
    "'chmod', '0640', path",
    "'ip', 'link', 'set', owner, 'up'",
    "'mount', '-t', 'ext4', path, '/mnt'",
    "'tee', '-a', path, process_input=owner",
    "'lvremove', '-f', '%s/%s' % (owner, path)",
    "'env', 'LC_ALL=C', 'vgs', f'{owner}'",
    "*argv",
)


@dataclass(frozen=True)
class Code:
    """A file: for each function the commands that it runs; locals: what its parameters are called."""

    functions: tuple[tuple[str, tuple[str, ...]], ...]
    locals: tuple[str, str, str] = ("owner", "path", "argv")
    remarks: int = 0
    width: int = 120

    @property
    def text(self) -> str:
        parts = ["# moved down\n" * self.remarks + HEAD, "\n\nclass Driver:\n    name = 'driver'\n"]
        for name, commands in self.functions:
            parts.append(f"\n    def {name}(self, owner, path, *argv):\n        out = []\n")
            for command in commands:
                parts.append(f"        out.append(processutils.execute({command}, run_as_root=True))\n")
            parts.append("        return out\n")
        text = "".join(parts)
        for old, new in zip(("owner", "path", "argv"), self.locals, strict=True):
            text = text.replace(old, new)
        return black.format_str(text, mode=black.Mode(line_length=self.width))


codes = st.lists(st.lists(st.sampled_from(COMMANDS), max_size=3).map(tuple), min_size=2, max_size=4).map(
    lambda lists: Code(tuple((f"work_{number}", commands) for number, commands in enumerate(lists)))
)


# Each is two scans with all that is judged and planned; as many more under HYPOTHESIS_PROFILE=deep as it asks for.
FEW = settings(max_examples=settings().max_examples // 4)


def moved(code: Code, how: random.Random) -> Code:
    """The same calls after the file was reordered, reformatted, and its locals renamed."""
    functions = list(code.functions)
    how.shuffle(functions)
    names = how.choice([("owner", "path", "argv"), ("user", "target", "cmd"), ("a", "b", "c")])
    return replace(
        code, functions=tuple(functions), locals=names, remarks=how.randrange(4), width=how.choice([40, 79, 120])
    )


def inserted(code: Code, how: random.Random) -> Code:
    """One more call somewhere: any command, or a twin of one that is there."""
    functions = list(code.functions)
    number = how.randrange(len(functions))
    name, commands = functions[number]
    at = how.randrange(len(commands) + 1)
    more = how.choice([*COMMANDS, *commands])
    functions[number] = (name, (*commands[:at], more, *commands[at:]))
    return replace(code, functions=tuple(functions))


def swapped(code: Code, how: random.Random) -> Code | None:
    """One call replaced by one of another command, the number of calls as it was; None where there is no call."""
    functions = list(code.functions)
    places = [(number, at) for number, (_, commands) in enumerate(functions) for at in range(len(commands))]
    if not places:
        return None
    number, at = how.choice(places)
    name, commands = functions[number]
    other = how.choice([command for command in COMMANDS if command != commands[at]])
    functions[number] = (name, (*commands[:at], other, *commands[at + 1 :]))
    return replace(code, functions=tuple(functions))


def judged(folder: Path, texts: Sequence[str], names: Sequence[str] = ("driver", "driver")) -> Verdict:
    """The verdict on the second text by a baseline of the first; names: of the module before and after."""
    found = []
    for text, name in zip(texts, names, strict=True):
        for old in folder.glob("service/d*.py"):
            old.unlink()
        (folder / "service" / f"{name}.py").write_text(text)
        ledger = gating.surveyed(["service"], tests=False, indexed=False, settings=Config())
        assert ledger["unreadable"] == []
        found.append(gating.found(ledger, "", Config(), None))
    held = baseline.loads(baseline.dumps({key: one.line for key, one in found[0].items()}), "known.txt")
    renames = {f"service/{names[0]}.py": f"service/{names[1]}.py"} if names[0] != names[1] else {}
    return gate.judge(
        found[1],
        [],
        held,
        name="known.txt",
        covered=lambda key: True,
        renamed=lambda key: gating.follow(key, renames, "."),
        today=datetime.date(2026, 1, 1),
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return service(tmp_path / "project", monkeypatch)


@FEW
@given(codes, st.integers(0, 10**6), st.booleans())
def test_moved_reformatted_and_renamed_code_is_green(folder: Path, code: Code, seed: int, renamed: bool) -> None:
    after = moved(code, random.Random(seed))
    verdict = judged(folder, (code.text, after.text), ("driver", "drives" if renamed else "driver"))
    assert (verdict.new, verdict.stale) == ((), ())
    assert verdict.known == sum(len(commands) for _, commands in code.functions)


@FEW
@given(codes, st.integers(0, 10**6))
def test_an_inserted_call_is_red_whatever_else_moved(folder: Path, code: Code, seed: int) -> None:
    how = random.Random(seed)
    verdict = judged(folder, (code.text, moved(inserted(code, how), how).text))
    assert (len(verdict.new), len(verdict.stale)) == (1, 0)


@FEW
@given(codes, st.integers(0, 10**6))
def test_a_swapped_call_is_red_whatever_else_moved(folder: Path, code: Code, seed: int) -> None:
    how = random.Random(seed)
    after = swapped(code, how)
    if after is not None:
        verdict = judged(folder, (code.text, moved(after, how).text))
        assert (len(verdict.new), len(verdict.stale)) == (1, 1)
