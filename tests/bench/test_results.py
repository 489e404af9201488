"""Statistics of samples, and what two runs say of each other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrator.bench.plan import OPERATIONS, Way, plan
from migrator.bench.results import apart, changes, fastest, interval, other_machine, ratio, times
from migrator.fault import Fault
from tests.bench.made import VERSIONS, run


def test_times_are_in_milliseconds() -> None:
    found = times([each / 1000 for each in range(100, 0, -1)])
    assert (found.count, found.median, found.p95, found.least) == (100, 50.5, 95, 1)
    one = times([0.25])
    assert (one.median, one.p95, one.least) == (250, 250, 250)


def test_a_ratio_is_of_the_medians_and_of_the_fastest_calls() -> None:
    found = run()
    told = ratio(found, "chown", Way.ROOTWRAP, Way.NATIVE)
    assert told is not None
    assert (round(told.median), round(told.least)) == (1000, 1000)
    assert ratio(found, "true", Way.ROOTWRAP, Way.NATIVE) is None
    assert [fastest(found, name) for name in ("chown", "true")] == [Way.NATIVE, Way.EXEC]


def test_a_run_on_a_machine_that_is_busier_differs_in_times_and_not_against_exec() -> None:
    told = changes(run(), run(slower=3))
    assert [(one.operation, one.way) for one in told] == [
        *(("chown", way.value) for way in Way),
        *(("true", way.value) for way in Way if way is not Way.NATIVE),
    ]
    assert {round(one.ratio, 6) for one in told} == {3}
    assert {one.against and round(one.against, 6) for one in told} == {1, None}
    assert {(one.way, one.verdict) for one in told} == {
        *((way.value, "in spread") for way in Way if way is not Way.EXEC),
        (Way.EXEC.value, "slower"),
    }


def test_a_way_that_is_really_faster_is_said_to_be_so() -> None:
    old, new = run(), run()
    native = {**new.latency["native"], "chown": times([0.00005, 0.00006] * 5)}
    new = replace(new, latency={**new.latency, "native": native})
    verdicts = {one.way: one.verdict for one in changes(old, new) if one.operation == "chown"}
    assert verdicts == {"rootwrap": "in spread", "daemon": "in spread", "exec": "in spread", "native": "faster"}


def test_the_interval_of_a_median_is_of_ranks() -> None:
    """The ranks of the sign test's tables: all of 6 samples, the second to the eighth of 9, 10 to 21 of 30."""
    assert [interval(range(1, count + 1)) for count in (1, 5, 6, 9, 30)] == [(1, 1), (1, 5), (1, 6), (2, 8), (10, 21)]


def test_another_machine_is_no_other_library() -> None:
    older = replace(run(), machine={**run().machine, "processors": 8, "load": [9]})
    assert other_machine(older, run()) == ("processors: 8, now 2",)
    assert apart(older, run()) == ()


def test_other_libraries_are_told_and_another_load_is_not() -> None:
    assert apart(run(), run(slower=2)) == ()
    (line,) = apart(run(), run(versions={**VERSIONS, "oslo.privsep": "4.0.0"}))
    assert line == "oslo.privsep: 3.12.0, now 4.0.0"


def test_a_plan_takes_the_operations_that_are_named() -> None:
    assert plan().operations == OPERATIONS
    assert [one.name for one in plan(["ip", "cat"]).operations] == ["cat", "ip"]
    assert plan(rounds=7, quick=True).rounds == 7
    with pytest.raises(Fault, match="--rounds 0"):
        plan(rounds=0)
