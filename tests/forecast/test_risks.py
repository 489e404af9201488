"""Pools, replies and memory: what keeps a thread, what can outgrow a message, and how many daemons there are."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from migrator.bench.plan import Way
from migrator.forecast.log import Call, Span, Told
from migrator.forecast.memory import daemons, total
from migrator.forecast.operations import Operation
from migrator.forecast.pools import WAITING, Pool, hold, pools, threads
from migrator.forecast.programs import LARGE, SLOW, known
from migrator.forecast.replies import replies
from migrator.forecast.traffic import traffic
from migrator.model import Rung
from migrator.understand.program import command
from tests.forecast.made import COMMANDS, FILES, operation, run, words


@pytest.mark.parametrize(
    ("text", "slow", "large"),
    [
        ("mkfs.ext4 {dev}", "mke2fs(8) -E discard", ""),
        ("env LC_ALL=C mkfs -t {fs} {dev}", "mke2fs(8) -E discard", ""),
        ("mkswap {dev}", "", ""),
        ("qemu-img convert -O raw {a} {b}", "qemu-img(1)", ""),
        ("qemu-img info {a}", "", ""),
        ("qemu-img map {a}", "", "qemu-img(1) map"),
        ("dd if={a} of={b}", "dd(1)", ""),
        ("dd if={a} count=1", "dd(1)", "dd(1)"),
        ("ionice -c 3 dd if=/dev/zero of=/x", "dd(1)", ""),
        ("/usr/bin/shred -n3 {path}", "shred(1) -n", ""),
        ("cryptsetup luksFormat {dev}", "cryptsetup(8) --iter-time", ""),
        ("cryptsetup status {dev}", "", ""),
        ("rm -rf {path}", "rm(1), chown(1) -R", ""),
        ("rm -f {path}", "", ""),
        ("mount -t nfs {share} {path}", "nfs(5) retry=", ""),
        ("mount -t {kind} {share} {path}", "nfs(5) retry=", ""),
        ("mount -t tmpfs {share} {path}", "", ""),
        ("mount {dev} {path}", "", ""),
        ("lvconvert --merge {lv}", "lvconvert(8)", ""),
        ("lvconvert --merge --background {lv}", "", ""),
        ("iscsiadm -m node -T {iqn} --login", "iscsid.conf of open-iscsi", ""),
        ("iscsiadm -m node -T {iqn}", "", ""),
        ("udevadm settle", "udevadm(8) --timeout", ""),
        ("cat {path}", "", "cat(1)"),
        ("cat /etc/iscsi/initiatorname.iscsi", "", ""),
        ("ip -o link show", "", "LP#1896734, LP#1844822"),
        ("ip link show {dev}", "", ""),
        ("ip netns exec {ns} iptables-save", "", "iptables-save(8)"),
        ("{program} {x}", "", ""),
    ],
)
def test_what_is_known_of_programs(text: str, slow: str, large: str) -> None:
    one = command(words(text))
    found = [row.source if row else "" for row in (known(SLOW, one), known(LARGE, one))]
    assert found == [slow, large]


@pytest.mark.parametrize("table", [SLOW, LARGE], ids=["slow", "large"])
def test_each_row_says_why_and_who_says_so(table: tuple[object, ...]) -> None:
    assert all(getattr(row, "why", "") and getattr(row, "source", "") for row in table)


@pytest.mark.parametrize("load", [0.01, 0.42, 1, 2.5, 10, 60])
def test_so_many_threads_and_no_fewer(load: float) -> None:
    """Against Erlang's formula as it is written in textbooks."""

    def waiting(size: int) -> float:
        if size <= load:
            return 1.0
        last = load**size / math.factorial(size) * size / (size - load)
        return last / (sum(load**number / math.factorial(number) for number in range(size)) + last)

    size = threads(load)
    assert waiting(size) <= 1 / WAITING < (waiting(size - 1) if size > 1 else 1)


def only(found: tuple[Pool, ...], name: str) -> Pool:
    (one,) = (each for each in found if each.context.name == name)
    return one


def test_without_a_log_each_slow_call_has_a_thread() -> None:
    operations = (operation("mkfs {dev}"), operation("shred {dev}", line=2), operation("lvs", line=3))
    pool = only(pools([COMMANDS], operations, None, run()), COMMANDS.name)
    assert (pool.operations, len(pool.slow), pool.size, pool.load) == (3, 2, 3, None)
    (quiet,) = pools([FILES], (operation("chown {a} {b}", Rung.NATIVE),), None, run())
    assert (quiet.slow, quiet.size) == ((), 0)


def test_with_a_log_by_littles_law() -> None:
    operations = (operation("mkfs {dev}"), operation("true {x}", line=2))
    items = [Call(Told.RETURNED, ("mkfs", "/x"), True, Way.ROOTWRAP, 36.183, 60.0 * minute) for minute in range(100)]
    items += [Call(Told.RETURNED, ("true", "x"), True, Way.ROOTWRAP, 5.0, 0.0)]
    found = run()
    seen = traffic([("a", [*items, Span(0, 7200, 101)])], operations, hold(found))
    pool = only(pools([COMMANDS], operations, seen, found), COMMANDS.name)
    assert pool.rate == pytest.approx(101 / 7200)
    # sudo and rootwrap took 190 - 7 ms of each
    assert pool.load == pytest.approx((100 * 36 + 4.817) / 7200)
    assert pool.busiest is not None and pool.load is not None and pool.busiest > pool.load
    assert pool.size == threads(pool.busiest)
    assert [(one.operation.line, one.source, one.slowest) for one in pool.slow] == [
        (1, "mke2fs(8) -E discard", 36.183),
        (2, "measured", 5.0),
    ]


def test_a_log_without_times_says_nothing_of_a_load_of_commands() -> None:
    operations = (operation("mkfs {dev}"), operation("chown {a} {b}", Rung.NATIVE, line=2))
    texts = (("mkfs", "/x"), ("chown", "1", "/x"))
    items = [Call(Told.EXECUTING, argv, True, Way.ROOTWRAP, None, 0.0) for argv in texts]
    seen = traffic([("a", [*items, Span(0, 3600, 2)])], operations, hold(run()))
    found = pools([COMMANDS, FILES], operations, seen, run())
    pool = only(found, COMMANDS.name)
    assert pool.rate == pytest.approx(1 / 3600)
    assert (pool.load, pool.busiest, pool.size) == (None, None, 2)
    assert only(found, FILES.name).load == pytest.approx(0.0005 / 3600)


def test_slow_operations_that_the_log_does_not_tell_of_are_counted() -> None:
    operations = (operation("mkfs {dev}"), operation("shred {dev}", line=2))
    items = [Call(Told.RETURNED, ("mkfs", "/x"), True, Way.ROOTWRAP, 2.0, 0.0)]
    seen = traffic([("a", [*items, Span(0, 3600, 1)])], operations, hold(run()))
    assert only(pools([COMMANDS], operations, seen, run()), COMMANDS.name).unseen == 1


def test_how_long_a_call_holds_a_thread() -> None:
    seconds = hold(run())
    assert seconds(operation("lvs"), 1.183, Way.ROOTWRAP) == pytest.approx(1.0)
    assert seconds(operation("lvs"), 0.05, Way.ROOTWRAP) == pytest.approx(0.007)  # no less than bench's
    assert seconds(operation("lvs"), 1.0, Way.DAEMON) == pytest.approx(1.0)  # its daemon is no slower than privsep's
    assert seconds(operation("lvs", before=Rung.LAUNDERED), 1.0, None) == pytest.approx(1.0)
    assert seconds(operation("chown {a} {b}", Rung.NATIVE), 1.0, Way.ROOTWRAP) == pytest.approx(0.0005)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("def f():\n    while busy():\n        time.sleep(1)\n", "sleeps between"),
        ("def f():\n    return command.run('umount', attempts=3)\n", "tries again"),
        ("def f():\n    return command.run('umount', attempts=1)\n", ""),
    ],
)
def test_a_function_that_waits_by_itself(source: str, why: str) -> None:
    (pool,) = pools([], (replace(operation("umount {x}"), source=source),), None, run())
    assert bool(pool.slow) is bool(why) and all(why in one.why for one in pool.slow)


def test_replies_are_those_of_privsep() -> None:
    operations = (operation("cat {path}"), operation("cat {path}", Rung.ROOTWRAP), operation("cat {path}", Rung.NATIVE))
    assert [one.operation.after for one in replies(operations)] == [Rung.NARROW, Rung.NATIVE]


def test_a_daemon_for_each_context_that_is_used() -> None:
    moved: Operation = operation("lvs")
    there = operation("chown {a} {b}", Rung.NATIVE, Rung.NATIVE)
    found = daemons([FILES, COMMANDS], (moved, replace(there, netlink=True), operation("x", Rung.ROOTWRAP)), run())
    assert [(one.context, one.kib, one.figure, one.before, one.after) for one in found] == [
        (FILES, 34816, "privsep-native", 1, 1),
        (COMMANDS, 22528, "privsep", 0, 1),
    ]
    assert (total(found, after=False), total(found, after=True)) == (34816, 57344)
    assert total((), after=True) == 0


def test_memory_that_bench_could_not_measure_is_not_made_up() -> None:
    found = daemons([COMMANDS], (operation("lvs"),), replace(run(), memory={}))
    assert total(found, after=True) is None
