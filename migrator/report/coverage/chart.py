"""The burn-down as an SVG drawing: operations by rung over time, and where the line of what is left leads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone

from migrator.coverage.history import Sample
from migrator.coverage.ladder import RUNGS
from migrator.coverage.projection import Projection
from migrator.report.coverage import said

_WIDTH, _HEIGHT = 960, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 10, 28
_YEAR = 365.25 * 24 * 3600
_Axis = Callable[[float], float]
_AHEAD = 0.5  # the projection is drawn for at most half as long as the history


def burndown(samples: Sequence[Sample], end: Projection | None) -> str:
    """Areas on top of each other, rung 0 at the bottom: what is left is seen as it burns down."""
    start, last = samples[0].commit.time, samples[-1].commit.time
    ahead = end.end if end is not None and end.end is not None and not end.reached else last
    until = max(min(ahead, last + int((last - start) * _AHEAD)), last, start + 1)
    most = _rounded(max(sample.tally.total for sample in samples) or 1)

    def x(time: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (time - start) / (until - start)

    def y(count: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * count / most

    parts = [*_scale(most, y), *_years(start, until, x), *_areas(samples, x, y)]
    if ahead > last:
        behind = samples[-1].tally.behind
        left = behind * (ahead - until) / (ahead - last)
        parts.append(f'<path class="ahead" d="M{x(last):.1f} {y(behind):.1f} L{x(until):.1f} {y(left):.1f}"/>')
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="burn-title">'
        f'<title id="burn-title">Operations by rung from {samples[0].commit.date} to {samples[-1].commit.date}: '
        f"{samples[0].tally.behind} on rungs 0 and 1 at first, {samples[-1].tally.behind} at last</title>"
        f"{''.join(parts)}</svg>"
    )


def _scale(most: int, y: _Axis) -> Iterator[str]:
    for number in range(5):
        count = most * number / 4
        yield f'<path class="axis" d="M{_LEFT} {y(count):.1f} H{_WIDTH - _RIGHT}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y(count) + 4:.1f}" text-anchor="end">{count:g}</text>'


def _years(start: int, until: int, x: _Axis) -> Iterator[str]:
    """A mark at the beginning of each year, or of each month where there are few."""
    first, last = (datetime.fromtimestamp(time, timezone.utc) for time in (start, until))
    months = [(year, month) for year in range(first.year, last.year + 1) for month in range(1, 13)]
    step = next((step for step in (1, 3, 12, 24, 60) if (until - start) / _YEAR * 12 / step <= 12), 120)
    for number, (year, month) in enumerate(months):
        time = datetime(year, month, 1, tzinfo=timezone.utc).timestamp()
        if number % step == 0 and start <= time <= until - (until - start) * 0.02:
            text = str(year) if step >= 12 else f"{year}-{month:02}"
            yield f'<path class="axis" d="M{x(time):.1f} {_HEIGHT - _BOTTOM} v5"/>'
            yield f'<text x="{x(time):.1f}" y="{_HEIGHT - 8}" text-anchor="middle">{text}</text>'


def _areas(samples: Sequence[Sample], x: _Axis, y: _Axis) -> Iterator[str]:
    floor = [0] * len(samples)
    for rung in RUNGS:
        top = [below + sample.tally.of(rung) for below, sample in zip(floor, samples, strict=True)]
        if top != floor:
            there = [f"{x(one.commit.time):.1f} {y(count):.1f}" for one, count in zip(samples, top, strict=True)]
            back = [f"{x(one.commit.time):.1f} {y(count):.1f}" for one, count in zip(samples, floor, strict=True)]
            yield f'<path class="f{said.number(rung)}" d="M{" L".join([*there, *reversed(back)])} Z"/>'
        floor = top


def _rounded(most: int) -> int:
    """The next number of which a quarter is one that reads well."""
    step = 4
    while most > step * 25:
        step *= 10
    for factor in (1, 2, 5, 10, 20, 25):
        if most <= step * factor:
            return step * factor
    return step * 25
