"""Runs of the benchmark that nobody had to wait for."""

from __future__ import annotations

from benching.dataset import Dataset, Growth, Samples, Size, Step, Walked

MACHINE: dict[str, object] = {"processor": "a processor", "processors": 2, "memory_mib": 8000, "load": [0.1]}


def samples(times: float, count: int = 9) -> Samples:
    """Of a tool that takes so many times what ripgrep does, give or take a twentieth."""
    ratios = tuple(times * (1 + (number % 3 - 1) / 20) for number in range(count))
    milliseconds = tuple(10 * ratio for ratio in ratios)
    return Samples(7, 40, milliseconds, milliseconds, ratios, ratios)


def dataset(ours: float = 20, processors: int = 2) -> Dataset:
    """A run with ripgrep, one of our ways and one peer."""
    ripgrep = Samples(5, 11, (10, 11, 12), (10, 11, 12), (), ())
    sizes = tuple(Size(copies, 100 * copies, 2.5 * copies) for copies in (1, 2, 4))
    times = tuple((100.0 * size.copies, 104.0 * size.copies) for size in sizes)
    steps = (Step("a" * 40, "analysed", 100, 2000, 2100), Step("b" * 40, "the same", 2, 4, 5))
    return Dataset(
        "2026-11-26T10:00:00+00:00",
        "c" * 40,
        {**MACHINE, "processors": processors},
        {"privmigrate": "1", "python": "3.11.2"},
        {"rounds": 9, "slow_rounds": 3, "quick": False},
        ("semgrep (PyPI: semgrep)",),
        {"nova": {"ripgrep": ripgrep, "privmigrate, no index": samples(ours), "bandit": samples(900, 3)}},
        Growth("cinder", sizes, {"no index": times}, {"no index": times}),
        Walked("nova", "1.0..2.0", (*steps, Step("d" * 40, "analysed", 10, 2500, 2600))),
    )
