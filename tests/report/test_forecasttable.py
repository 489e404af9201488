"""A forecast for a terminal: what is said, in the columns that there are."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from migrator.forecast.pools import pools
from migrator.report import forecasttable
from tests.forecast import whole


def text(width: int = 80, every: bool = False) -> str:
    return forecasttable.rendered(whole.made(), every, False, "utf-8", width)


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize("every", [False, True])
def test_lines_fit_and_no_heading_is_cut(width: int, every: bool) -> None:
    lines = text(width, every).splitlines()
    assert max(map(len, lines)) <= width
    heads = [line for line, below in itertools.pairwise(lines) if below.startswith("\u2500")]
    assert heads and not [line for line in heads if "\u2026" in line]


def test_what_each_part_says() -> None:
    told = " ".join(text().split())
    for part in (
        "4 privileged operations, 3 of them move up",
        "Figures: x.json (2 x a processor",
        "0 -> 4 native 2 3|1 -> 0",
        "0 rootwrap, stays",
        "9 lines, 1 hour; 2 calls of the project's operations, by sudo + rootwrap.",
        "cloud/a.py:2 1.0 9.000 0.183 -0.00200 mkfs {dev}",
        "1 root call of none of these operations",
        "1 command that rootwrap did not run",
        "discards its blocks first (mke2fs(8) -E discard): cloud/a.py:2 mkfs {dev}; took 9 s, 9 s at most",
        "the slowest of these commands took 9 s (cloud/a.py:2); `privmigrate rewrite --timeout 20`",
        "the whole file (cat(1)): cloud/a.py:3 cat {path}",
        "0 MiB before, 44 MiB after",
        "A rootwrap-daemon has 16 MiB",
    ):
        assert part in told, (part, told)


def test_without_a_log_there_is_no_host_and_no_time() -> None:
    found = whole.made()
    silent = replace(
        found, traffic=None, pools=pools(found.project.contexts, found.project.operations, None, found.bench)
    )
    told = " ".join(forecasttable.rendered(silent, False, False, "utf-8", 80).split())
    assert "On that host" not in told and "a log with times (--calls) tells how long they take" in told
    assert "[cloud_sys_admin] thread_pool_size = 2" in told


def test_all_names_the_figure_that_each_operation_has() -> None:
    told = " ".join(text(120, every=True).split())
    assert "2: mkfs {dev} rootwrap -> narrow: 190 (true) 5.00 (true) -> 7.00 (true)" in told
    assert "3: cat {path}" not in text(120)
