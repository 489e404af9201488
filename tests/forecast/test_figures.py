"""What one call costs, and what changes of rung save."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrator.bench.plan import Way
from migrator.fault import Fault
from migrator.forecast.figures import check, cost
from migrator.forecast.hourly import by_all
from migrator.forecast.log import Call, Span, Told
from migrator.forecast.savings import savings, steps
from migrator.forecast.traffic import traffic
from migrator.model import Rung
from tests.forecast.made import operation, run

CHOWN = operation("chown {uid} {path}", Rung.NATIVE)


@pytest.mark.parametrize(
    ("text", "netlink", "rung", "way", "expected"),
    [
        ("chown {uid} {path}", False, Rung.ROOTWRAP, Way.ROOTWRAP, (200, 3, "chown")),
        ("chown {uid} {path}", False, Rung.ROOTWRAP, Way.DAEMON, (6, 1, "chown")),
        ("chown {uid} {path}", False, Rung.NATIVE, Way.DAEMON, (0.5, 0, "chown")),
        ("lvs", False, Rung.ROOTWRAP, Way.ROOTWRAP, (190, 3, "true")),
        ("lvs", False, Rung.NARROW, Way.ROOTWRAP, (7, 1, "true")),
        ("lvs", False, Rung.LAUNDERED, Way.ROOTWRAP, (7, 1, "true")),
        ("mkdir {x}", False, Rung.NATIVE, Way.ROOTWRAP, (0.8, 0, "chmod")),  # the slowest that is no netlink
        ("tc qdisc", True, Rung.NATIVE, Way.ROOTWRAP, (3, 0, "ip")),
    ],
)
def test_one_call(text: str, netlink: bool, rung: Rung, way: Way, expected: tuple[float, int, str]) -> None:
    found = cost(run(), replace(operation(text), netlink=netlink), rung, way)
    assert found.ms == pytest.approx(expected[0])
    assert (found.processes, found.measured) == expected[1:]


@pytest.mark.parametrize(
    ("ms", "lacks"),
    [({"chown": (1, 1, 1, 1)}, "no figures of `true`"), ({"true": (1, 1, 1, None)}, "no figures of native")],
)
def test_a_run_of_some_operations_will_not_do(ms: dict[str, tuple[float | None, ...]], lacks: str) -> None:
    with pytest.raises(Fault, match=lacks):
        check(run(**ms), "x.json")
    check(run(), "x.json")


def test_steps_are_the_moves_first() -> None:
    some = savings(
        [
            operation("lvs", Rung.ROOTWRAP),
            operation("lvs {x}"),
            CHOWN,
            operation("lvs -a", before=Rung.LAUNDERED),
            operation("chmod {mode} {path}", Rung.NATIVE),
        ],
        run(),
    )
    found = steps(some)
    assert [(one.before.value, one.after.value, len(one.savings)) for one in found] == [
        ("rootwrap", "native", 2),
        ("rootwrap", "narrow", 1),
        ("laundered", "narrow", 1),
        ("rootwrap", "rootwrap", 1),
    ]
    native, narrow, laundered, _ = found
    assert native.mean(Way.ROOTWRAP, after=False) == pytest.approx(200)
    assert native.mean(Way.ROOTWRAP, after=True) == pytest.approx(0.65)
    assert [native.processes(Way.ROOTWRAP, after) for after in (False, True)] == [3, 0]
    # privsep that runs a command is slower than rootwrap's daemon: a loss, and no process less
    assert narrow.savings[0].ms(Way.DAEMON) == pytest.approx(-2)
    assert narrow.savings[0].processes(Way.DAEMON) == 0
    assert laundered.savings[0].ms(Way.ROOTWRAP) == 0


def test_what_a_day_saves() -> None:
    operations = (CHOWN, operation("lvs {vg}"))
    items = [Call(Told.RETURNED, ("chown", "1", "/x"), True, Way.ROOTWRAP)] * 48
    items += [Call(Told.RETURNED, ("lvs", "x"), True, Way.ROOTWRAP)] * 24
    seen = traffic([("a", [*items, Span(0, 24 * 3600, 72)])], operations, lambda one, seconds, way: 0)
    saved = by_all(seen, savings(operations, run()), Way.ROOTWRAP)
    assert saved.processes_per_hour == pytest.approx(2 * 3 + 1 * 2)
    assert saved.seconds_per_hour == pytest.approx(2 * 0.1995 + 0.183)
