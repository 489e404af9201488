"""Two runs as ratios: what is a difference, what is noise, and another machine."""

from __future__ import annotations

from benching.comparing import changes, lines
from tests.benching.made import dataset


def verdicts(old: float, new: float) -> dict[str, str]:
    return {one.tool: one.verdict for one in changes(dataset(old), dataset(new))}


def test_a_difference_within_the_spread_is_none() -> None:
    assert verdicts(20, 20.5) == {"ripgrep": "in spread", "privmigrate, no index": "in spread", "bandit": "in spread"}
    assert verdicts(20, 30)["privmigrate, no index"] == "slower"
    assert verdicts(20, 10)["privmigrate, no index"] == "faster"


def test_tools_are_compared_as_multiples_of_ripgrep() -> None:
    (one,) = (each for each in changes(dataset(20), dataset(30)) if each.tool.startswith("privmigrate"))
    assert (one.what, one.old, one.new, one.ratio) == ("x ripgrep", 20, 30, 1.5)


def test_another_machine_is_said_first_and_loudly() -> None:
    told = lines(dataset(), dataset(processors=8))
    assert any("NOT THE SAME MACHINE" in line for line in told[:3])
    assert "- differs: processors: 2, now 8" in told
    assert not any("NOT THE SAME" in line for line in lines(dataset(), dataset()))
