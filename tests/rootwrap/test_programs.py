"""The table of what programs are good for: each entry is one that rootwrap lets through, and says where it is from."""

from __future__ import annotations

import re

import pytest

from migrator.rootwrap.crafted import KINDS, crafted
from migrator.rootwrap.filters import defined
from migrator.rootwrap.programs.gain import Gain, Level, Power
from migrator.rootwrap.programs.table import VARIABLES, known, powers, through
from tests.rootwrap.real import runs


def test_each_way_is_admitted_by_a_filter_that_takes_any_words() -> None:
    for name in known():
        one = defined("f", f"CommandFilter, {name}, root")
        assert one is not None
        found = list(crafted(one, powers(name)))
        assert [each.power for each in found] == list(powers(name))
        for each in found:
            assert runs([one], each.argv) == list(each.argv), each
            assert not any("{" + kind + "}" in word for kind in KINDS for word in each.argv)


@pytest.mark.parametrize("variable", VARIABLES)
def test_each_variable_is_let_through_by_an_env_filter(variable: str) -> None:
    one, power = defined("f", f"EnvFilter, env, root, {variable}=, lvs"), through(variable)
    assert one is not None and power is not None
    (found,) = crafted(one, [power])
    assert found.argv[:2] == ("env", f"{variable}=/tmp/d/x")
    assert runs([one], found.argv) == ["lvs"]
    assert through("LC_ALL") is None


def test_each_entry_says_where_it_is_documented() -> None:
    entries = [power for name in known() for power in powers(name)]
    assert [one for one in entries if not one.source or "%" in one.source] == []
    holes = {hole for one in entries for hole in re.findall(r"\{([a-z]+)\}", one.argv)}
    assert holes <= set(KINDS)
    assert set(KINDS) - holes == set()


def test_programs_that_the_issue_names_are_known() -> None:
    named = (
        "chmod chown dd tee cp mv ln install mount ip find env sed awk rsync tar docker qemu-img kill kpartx mkfs cat"
        " iptables-restore ovs-vsctl dnsmasq lvs python sh systemd-run nsenter chroot ionice nice tcpdump sysctl"
        " modprobe iscsiadm multipath vgs privsep-helper"
    )
    assert [name for name in named.split() if not powers(name)] == []


def test_a_path_and_a_version_are_no_other_program() -> None:
    assert powers("/usr/bin/python3.11") == powers("python")
    assert powers("/sbin/lvs") == powers("lvs")
    assert powers("frobnicate") == ()


def test_the_worst_comes_first() -> None:
    assert [one.gain for one in powers("qemu-img")] == sorted(
        (one.gain for one in powers("qemu-img")), key=lambda gain: gain.weight
    )


def test_reading_is_not_being_root() -> None:
    assert {gain: gain.level for gain in (Gain.READS, Gain.OWNS, Gain.TELLS)} == {
        Gain.READS: Level.BROAD,
        Gain.OWNS: Level.ROOT,
        Gain.TELLS: Level.BOUNDED,
    }
    assert Power(Gain.READS, "cat '{secret}'", "cat(1)").words == ("cat", "{secret}")
