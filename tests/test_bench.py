"""The benchmark's own arithmetic, and that a tool that fails is not measured as a fast one."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from benching.contestants import peers
from benching.dataset import samples
from benching.running import Pair, Run, Tool, measure, run
from benching.tables import table


def made(wall: float, peak: float = 10.0) -> Run:
    return Run(wall=wall, cpu=wall / 2, peak=peak, found=3)


def test_ratio_is_taken_within_the_pairs_not_between_medians() -> None:
    """A machine that turns slow half way makes both of a pair slow; the ratio stays."""
    slow_later: list[Pair] = [
        (made(0.2), made(0.1)),
        (made(2.0), made(1.0)),
        (made(20.0), made(10.0)),
    ]
    rows = table(samples({"ours": slow_later}))
    assert rows[-2:] == [
        "| ripgrep | 3 | 1000 | 500 | 1 | 1 | 10 | 3 |",
        "| ours | 3 | 2000 | 1000 | 2.0 [2.0..2.0] | 2.0 [2.0..2.0] | 10 | 3 |",
    ]


def test_peak_is_the_largest_of_all_runs() -> None:
    runs: list[Pair] = [(made(1, peak=12), None), (made(1, peak=50), None), (made(1, peak=11), None)]
    assert table(samples({"ours": runs}))[-1].endswith("| - | - | 50 | 3 |")


def test_output_of_a_tool_goes_to_no_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    done = run(Tool("echo", (str(shutil.which("echo")), "heard")), tmp_path)
    assert done.found == 1 and done.peak > 0
    assert capfd.readouterr().out == ""


def test_tool_that_fails_ends_the_benchmark_with_its_message(tmp_path: Path) -> None:
    broken = Tool("broken", (sys.executable, "-c", "import sys; sys.exit('no such rule')"), statuses=(0,))
    with pytest.raises(SystemExit, match="broken ended with 1: no such rule"):
        run(broken, tmp_path)


def test_tools_take_turns_and_each_run_follows_one_of_the_baseline(tmp_path: Path) -> None:
    log = tmp_path / "log"
    shell = str(shutil.which("sh"))
    tools = [Tool(name, (shell, "-c", f"echo {name} >> {log}")) for name in ("one", "two")]
    pairs = measure(tools, Tool("base", (shell, "-c", f"echo base >> {log}")), tmp_path, rounds=2, slow_rounds=1)
    assert log.read_text().split() == ["base", "one", "base", "two"] * 3
    assert {name: len(group) for name, group in pairs.items()} == {"one": 2, "two": 2}  # the first round is thrown away


def test_slow_tool_takes_part_in_fewer_rounds(tmp_path: Path) -> None:
    tools = [Tool("quick", (sys.executable, "-c", "")), Tool("slow", (sys.executable, "-c", ""), slow=True)]
    pairs = measure(tools, None, tmp_path, rounds=3, slow_rounds=1)
    assert {name: len(group) for name, group in pairs.items()} == {"quick": 3, "slow": 1}


def test_missing_peer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    tools, missing = peers(tmp_path)
    assert tools == []
    assert [name.split()[0] for name in missing] == ["ast-grep", "semgrep", "bandit"]
