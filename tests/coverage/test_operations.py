"""Operations: what counts as one, and on which rung it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.coverage import ladder
from migrator.coverage.operations import NO_PROGRAM, UNKNOWN, Actor, Coverage, Operation
from migrator.model import Rung
from tests.coverage import service


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Coverage:
    return service.read(tmp_path_factory.mktemp("service"))


def at(found: Coverage, scope: str) -> Operation:
    (one,) = (operation for operation in found.operations if operation.scope == scope)
    return one


def test_every_place_that_has_root_work_done_is_one_operation(found: Coverage) -> None:
    scopes = ["take", "look", "give", "hand", "Group.volumes", "Group.format"]
    assert [one.scope for one in found.operations] == scopes
    assert {one.path for one in found.operations} == {"service/volume.py"}


def test_what_a_wrapper_hands_on_is_no_operation_but_its_callers_are(found: Coverage) -> None:
    assert "run" not in [one.scope for one in found.operations]
    taken = at(found, "take")
    assert (taken.rung, taken.program, taken.argv) == (Rung.ROOTWRAP, "chown", ("chown", "{uid}", "{path}"))
    assert [link.name for link in taken.chain] == ["service.volume.run", "oslo_concurrency.processutils.execute"]
    assert (taken.chain[0].path, taken.chain[0].line) == ("service/volume.py", 7)


def test_a_root_call_says_who_can_move_it(found: Coverage) -> None:
    assert at(found, "take").actor is Actor.READY
    assert at(found, "take").becomes in (Rung.NATIVE, Rung.NARROW)
    unknown = at(found, "look")
    assert (unknown.actor, unknown.program, unknown.reason) == (Actor.UNRESOLVED, UNKNOWN, "program-unknown")


def test_the_rung_of_an_entrypoint_is_what_it_does(found: Coverage) -> None:
    native, narrow, any_command = at(found, "give"), at(found, "Group.volumes"), at(found, "Group.format")
    assert (native.rung, native.program, native.actor) == (Rung.NATIVE, NO_PROGRAM, Actor.DONE)
    assert native.function == "service.privsep.path.chown"
    assert (narrow.rung, narrow.program, narrow.argv[0]) == (Rung.NARROW, "lvs", "lvs")
    assert (any_command.rung, any_command.actor, any_command.program) == (Rung.LAUNDERED, Actor.READY, "mkfs")


def test_an_adapter_that_is_handed_on_stands_where_its_entrypoint_does(found: Coverage) -> None:
    handed = at(found, "hand")
    assert (handed.rung, handed.function) == (Rung.NATIVE, "service.privsep.path.chown")
    assert [link.name.rpartition(".")[2] for link in handed.chain] == ["chown_argv", "chown"]


def test_what_the_package_calls_itself_and_what_nobody_calls_is_no_operation(tmp_path: Path) -> None:
    files = {**service.FILES, "service/volume.py": "", "service/privsep/more.py": "from service.privsep import path\n"}
    files["service/privsep/more.py"] += "\n\ndef both(one):\n    path.chown(one, 0)\n    path.chown(one, 1)\n"
    assert service.read(tmp_path, files).operations == ()


def test_calls_through_an_entrypoint_that_takes_any_command_are_laundered(tmp_path: Path) -> None:
    wrapper = service.LVM + (
        "\n\ndef execute(*cmd, **kwargs):\n"
        "    if kwargs.pop('run_as_root', False):\n        return anything(*cmd)\n"
        "    return processutils.execute(*cmd)\n"
    )
    files = {
        **service.FILES,
        "service/privsep/lvm.py": wrapper,
        "service/volume.py": "from service.privsep import lvm\n\n\n"
        "def stop(path):\n    lvm.execute('umount', path, run_as_root=True)\n\n\n"
        "def plain(path):\n    lvm.execute('ls', path)\n",
    }
    (one,) = service.read(tmp_path, files).operations
    assert (one.scope, one.rung, one.program) == ("stop", Rung.LAUNDERED, "umount")


def test_totals_add_up_in_every_direction(found: Coverage) -> None:
    whole = ladder.tally("all", found.operations)
    assert whole.total == len(found.operations) == 6
    for key in (*ladder.GROUPS, "actor"):
        parts = ladder.by(key, found.operations)
        assert ladder.added("all", parts) == whole
    waiting = [actor for actor in Actor if actor in (Actor.REVIEW, Actor.REFUSED, Actor.UNRESOLVED)]
    for actor in waiting:
        told = sum(count for _, _, count in ladder.reasons(found.operations, actor))
        assert told == sum(one.actor is actor for one in found.operations)


def test_a_share_is_never_rounded_up_to_all() -> None:
    assert ladder.shown(999, 1000) == "99 %"
    assert ladder.shown(0, 0) == "-"
    assert ladder.added("none", []).total == 0
