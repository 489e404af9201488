"""How a time grows with a size: the exponent of a power law, with its spread over the rounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import linear_regression, median


@dataclass(frozen=True)
class Exponent:
    """time = c * size ** median. least, most: of the rounds, each fitted alone. last: from the last size but one on."""

    median: float
    least: float
    most: float
    last: float


def exponent(sizes: Sequence[float], times: Sequence[Sequence[float]]) -> Exponent:
    """The exponent of a power law, by least squares of the logarithms.

    times: for each size those of the rounds, as many for each. A round runs all sizes in turn, and is fitted alone, so
    that a machine that is busier in one of them does not bend the line. Raises ValueError for fewer than two sizes.
    """
    if len(sizes) < 2 or len({len(one) for one in times}) != 1:
        raise ValueError("an exponent takes two sizes, each measured in every round")
    logs = [math.log(size) for size in sizes]
    rounds = [[math.log(time) for time in one] for one in zip(*times, strict=True)]
    slopes = [linear_regression(logs, one).slope for one in rounds]
    last = median((one[-1] - one[-2]) / (logs[-1] - logs[-2]) for one in rounds)
    return Exponent(median(slopes), min(slopes), max(slopes), last)


@dataclass(frozen=True)
class Line:
    """time = start + each * count. share: of the variance that the line explains (R squared)."""

    start: float
    each: float
    share: float


def line(counts: Sequence[float], times: Sequence[float]) -> Line:
    """The straight line through points, by least squares. Raises ValueError where all counts are the same."""
    if len(set(counts)) < 2:
        raise ValueError("a line takes two different counts")
    slope, start = linear_regression(counts, times)
    mean = sum(times) / len(times)
    around = sum((time - mean) ** 2 for time in times)
    off = sum((time - start - slope * count) ** 2 for count, time in zip(counts, times, strict=True))
    return Line(start, slope, 1 - off / around if around else 1.0)
