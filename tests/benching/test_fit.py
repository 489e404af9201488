"""The fits: of known curves, and of rounds that a busy machine spoiled."""

from __future__ import annotations

import pytest

from benching.fit import exponent, line


@pytest.mark.parametrize("power", [0.5, 1, 1.3, 2])
def test_the_exponent_of_a_power_law_is_found(power: float) -> None:
    sizes = (1, 2, 4, 8)
    found = exponent(sizes, [(7 * size**power, 9 * size**power) for size in sizes])
    assert [found.median, found.least, found.most, found.last] == pytest.approx([power] * 4)


def test_a_round_on_a_busy_machine_moves_no_other() -> None:
    """The second round is threefold, and the last run of the third a little slower: the exponent is that of most."""
    found = exponent((1, 2, 4), [(10, 30, 10), (20, 60, 20), (40, 120, 41)])
    assert found.median == pytest.approx(1) and found.most > 1


def test_the_last_step_shows_what_start_up_hides() -> None:
    """100 ms of start-up, and then quadratic: the fit over all sizes is below 2, the last step tells more."""
    found = exponent((1, 2, 4, 8), [(100 + size**2,) for size in (1, 2, 4, 8)])
    assert found.median < 0.4 < found.last


@pytest.mark.parametrize("sizes, times", [((1,), [(2.0,)]), ((1, 2), [(1.0,), (1.0, 2.0)])])
def test_what_is_no_curve_is_refused(sizes: tuple[float, ...], times: list[tuple[float, ...]]) -> None:
    with pytest.raises(ValueError, match="two sizes"):
        exponent(sizes, times)


def test_a_line_is_found_and_how_well_it_fits() -> None:
    found = line((1, 2, 3), (12, 14, 16))
    assert (found.start, found.each, found.share) == pytest.approx((10, 2, 1))
    assert line((1, 2, 3, 4), (1, 5, 1, 5)).share < 0.5
    with pytest.raises(ValueError, match="two different"):
        line((3, 3), (1, 2))
