"""Comparing two reports: an operation that moves is the same one, a new one is not hidden by one that goes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from migrator.coverage.compare import compared
from migrator.coverage.operations import Coverage
from migrator.fault import Fault
from migrator.model import Rung
from tests.coverage import service

ROOT = "    run('chown', uid, path, run_as_root=True)\n"
MOVED = "    service.privsep.path.chown(path, uid)\n"


def changed(folder: Path, old: str, new: str) -> Coverage:
    assert old in service.VOLUME
    text = service.VOLUME.replace(old, new, 1)
    return service.read(folder, {**service.FILES, "service/volume.py": text})


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Coverage:
    return service.read(tmp_path_factory.mktemp("before"))


def test_the_same_project_has_not_moved(before: Coverage) -> None:
    found = compared([before], [before], "old.json")
    assert (found.stayed, len(found.changes)) == (6, 6)
    assert not (found.up or found.down or found.new or found.gone)


def test_a_root_call_that_goes_to_privsep_moved_up(before: Coverage, tmp_path: Path) -> None:
    found = compared([before], [changed(tmp_path, ROOT, MOVED)], "old.json")
    (up,) = found.up
    assert up.before is not None and up.after is not None
    assert (up.before.program, up.after.function, up.climbed) == ("chown", "service.privsep.path.chown", 4)
    assert not (found.down or found.new or found.gone) and found.stayed == 5
    assert (found.before.of(Rung.NATIVE), found.after.of(Rung.NATIVE)) == (2, 3)


def test_one_that_comes_back_to_rootwrap_moved_down(before: Coverage, tmp_path: Path) -> None:
    found = compared([changed(tmp_path, ROOT, MOVED)], [before], "old.json")
    (down,) = found.down
    assert down.climbed == -4 and not found.up


def test_a_second_call_like_a_known_one_is_new(before: Coverage, tmp_path: Path) -> None:
    found = compared([before], [changed(tmp_path, ROOT, ROOT + ROOT)], "old.json")
    (new,) = found.new
    assert new.after is not None and (new.after.scope, new.after.program) == ("take", "chown")
    assert found.stayed == 6


def test_another_command_in_its_place_is_one_gone_and_one_new(before: Coverage, tmp_path: Path) -> None:
    found = compared([before], [changed(tmp_path, ROOT, "    run('mkfs', path, run_as_root=True)\n")], "old.json")
    assert [one.after.program for one in found.new if one.after] == ["mkfs"]
    assert [one.before.program for one in found.gone if one.before] == ["chown"]


def test_a_function_that_was_renamed_keeps_its_call(before: Coverage, tmp_path: Path) -> None:
    found = compared([before], [changed(tmp_path, "def take(", "def take_over(")], "old.json")
    assert found.stayed == 6


def test_every_operation_of_both_reports_stands_in_one_change(before: Coverage, tmp_path: Path) -> None:
    after = changed(tmp_path, ROOT, "")
    found = compared([before], [after], "old.json")
    assert sum(one.before is not None for one in found.changes) == len(before.operations)
    assert sum(one.after is not None for one in found.changes) == len(after.operations)


def test_projects_are_found_by_name_and_a_missing_one_is_told(before: Coverage) -> None:
    other = replace(before, name="other")
    assert compared([other, before], [before, other], "old.json").stayed == 12
    with pytest.raises(Fault, match=r"old.json: no report of third in it; it has other, service"):
        compared([other, before], [before, replace(before, name="third")], "old.json")
