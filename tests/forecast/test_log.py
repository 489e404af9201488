"""Logs that oslo.rootwrap and oslo.concurrency write are read, and forms of them that other projects have."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.bench.plan import Way
from migrator.fault import Fault
from migrator.forecast.log import Broken, Call, Item, Refused, Span, Start, Told, items, stripped
from tests.forecast import written


def read(*lines: str) -> list[Item]:
    return list(items(lines, "x.log"))


def calls(*lines: str) -> list[Call]:
    return [one for one in read(*lines) if isinstance(one, Call)]


def test_what_rootwrap_sends_to_syslog(tmp_path: Path) -> None:
    path = written.programs(tmp_path / "bin", "chown", "touch")
    commands = [["chown", "42", "/a b/it's"], ["env", "LC_ALL=C", "touch", "/x"], ["cat", "/none"]]
    lines = written.by_rootwrap(tmp_path, path, "nova-rootwrap", commands)
    first, second, refused, span = read(*lines)
    assert isinstance(first, Call) and isinstance(second, Call)
    assert (first.argv, first.apart, first.told) == ((f"{path}/chown", "42", "/a b/it's"), True, Told.EXECUTING)
    assert first.way is Way.ROOTWRAP and first.seconds is None
    assert second.argv == (f"{path}/touch", "/x")
    assert isinstance(refused, Refused)
    assert isinstance(span, Span) and span.lines == 3
    assert span.first is not None and span.last is not None and span.last - span.first == 120


def test_the_daemon_of_rootwrap_is_told_by_its_name(tmp_path: Path) -> None:
    path = written.programs(tmp_path / "bin", "chown")
    commands = [["chown", "42", "/x"], ["cat", "/none"]]
    one, refused, _ = read(*written.by_rootwrap(tmp_path, path, "nova-rootwrap-daemon", commands))
    assert isinstance(one, Call) and (one.argv, one.way) == ((f"{path}/chown", "42", "/x"), Way.DAEMON)
    assert isinstance(refused, Refused)


def test_what_oslo_concurrency_logs(tmp_path: Path) -> None:
    path = written.programs(tmp_path / "bin", "chown")
    before, after = calls(*written.by_concurrency(path, [["chown", "42", "/a b"]]))
    assert before.argv == after.argv == ("chown", "42", "/a", "b")
    assert before.way is after.way is Way.ROOTWRAP and not before.apart
    assert (before.told, after.told) == (Told.RUNNING, Told.RETURNED)
    assert before.seconds is None and after.seconds is not None and 0 < after.seconds < 60
    assert before.time is not None and after.time is not None and 0 <= after.time - before.time < 60


def test_what_oslo_concurrency_logs_of_a_command_without_root(tmp_path: Path) -> None:
    path = written.programs(tmp_path / "bin", "chown")
    assert {one.way for one in calls(*written.by_concurrency(path, [["chown", "42", "/x"]], root=False))} == {None}


def test_commands_of_novas_client_of_the_daemon_have_no_sudo() -> None:
    """nova/utils.py of 15.1.5: RootwrapDaemonHelper.execute says who it is, and then what oslo.concurrency says."""
    start = "2026-11-26 10:00:00.100 7 INFO nova.utils [-] Executing RootwrapDaemonHelper.execute cmd=['chown 4 /x']"
    (one,) = calls(
        f"{start} kwargs=[{{}}]",
        '2026-11-26 10:00:00.200 7 DEBUG nova.utils [-] CMD "chown 4 /x" returned: 0 in 0.100s',
    )
    assert (one.argv, one.way, one.seconds) == (("chown", "4", "/x"), Way.DAEMON, 0.1)


def test_neutron_and_devstack() -> None:
    """neutron/agent/linux/utils.py logs lists; devstack's journal puts the place in braces."""
    head = "Nov 26 10:00:00 host neutron-l3-agent[7]: DEBUG neutron.agent.linux.utils [-] "
    place = " {{(pid=7) create_process /opt/stack/neutron/neutron/agent/linux/utils.py:83}}"
    first, second, third = calls(
        f"{head}Running command: ['sudo', 'neutron-rootwrap', '/etc/n.conf', 'ip', 'link']{place}",
        f"{head}Running command (rootwrap daemon): ['ip', 'netns', 'exec', 'a', 'sysctl', 'x']{place}",
        f"{head}Running command: ['ip', 'link']{place}",
    )
    assert [(one.argv[:2], one.way) for one in (first, second, third)] == [
        (("ip", "link"), Way.ROOTWRAP),
        (("ip", "netns"), Way.DAEMON),
        (("ip", "link"), None),
    ]


def test_a_timeout_has_its_time_too() -> None:
    (one,) = calls('2026-11-26 10:00:00 CMD "sudo nova-rootwrap /c dd" reached timeout in 30.000s')
    assert (one.argv, one.seconds) == (("dd",), 30.0)


def test_a_line_that_was_cut_is_told() -> None:
    broken, span = read("Nov 26 10:00:00 h nova-rootwrap: (nova > root) Executing ['/bin/chown', '42', '/va")
    assert isinstance(broken, Broken) and "chown" in broken.line
    assert isinstance(span, Span)


def test_a_start_of_privsep_is_no_call() -> None:
    line = (
        "Nov 26 10:00:00 h nova-rootwrap: (nova > root) Executing ['/usr/bin/privsep-helper', '--x'] (filter match = p)"
    )
    assert isinstance(read(line)[0], Start)


def test_another_line_is_nothing() -> None:
    assert read("2026-11-26 10:00:00 7 INFO x [-] Executing the plan", "", "Running commentary") == [
        Span(1795687200.0, 1795687200.0, 3)
    ]


def test_a_file_of_counts() -> None:
    first, second, *_ = calls("# of one day\n", "  120 sudo nova-rootwrap /c chown 42 '/a b'\n", "\n", "3 ip link\n")
    assert (first.count, first.argv, first.told, first.apart) == (120, ("chown", "42", "/a b"), Told.COUNTED, True)
    assert (second.count, second.argv) == (3, ("ip", "link"))
    with pytest.raises(Fault, match=r"^x\.log:2: no line of a file of counts"):
        read("1 chown 42 /x\n", "chown 42 /x\n")


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("sudo -n -u root nova-rootwrap /etc/nova/rootwrap.conf chown a b", ("chown", "a", "b")),
        ("sudo chown a b", ("chown", "a", "b")),
        (
            "python3 -m oslo_concurrency.prlimit --as=1 -- sudo /usr/bin/cinder-rootwrap /c qemu-img x",
            ("qemu-img", "x"),
        ),
        ("chown a b", None),
    ],
)
def test_what_stands_before_the_command_is_taken_off(words: str, left: tuple[str, ...] | None) -> None:
    assert stripped(tuple(words.split())) == (left or tuple(words.split()), left is not None)
