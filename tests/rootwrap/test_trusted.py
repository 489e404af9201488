"""Who can change what rootwrap relies on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from migrator.rootwrap import conf
from migrator.rootwrap.trusted import untrusted

ROOT = os.geteuid() == 0


def install(folder: Path, exec_dirs: str, filters: str = "lvs: CommandFilter, lvs, root") -> Path:
    (folder / "rootwrap.d").mkdir()
    (folder / "rootwrap.d" / "x.filters").write_text(f"[Filters]\n{filters}\n")
    path = folder / "rootwrap.conf"
    path.write_text(f"[DEFAULT]\nfilters_path={folder}/rootwrap.d\nexec_dirs={exec_dirs}\n")
    return path


def told(path: Path) -> dict[str, str]:
    read = conf.read(str(path))
    return {one.path: one.why for one in untrusted(read, conf.installed(read))}


def test_folders_of_programs_that_are_relative_lie_where_the_caller_is(tmp_path: Path) -> None:
    """rootwrap does not take blanks away: ` /usr/bin` is below the current folder."""
    found = told(install(tmp_path, "/usr/bin, /usr/sbin,"))
    assert "is relative" in found[" /usr/sbin"] and "is relative" in found['""']
    assert "/usr/bin" not in found


@pytest.mark.parametrize("name", ["rootwrap.conf", "rootwrap.d", "rootwrap.d/x.filters"])
def test_what_everybody_can_write_is_told(tmp_path: Path, name: str) -> None:
    path = install(tmp_path, "/usr/bin")
    (tmp_path / name).chmod(0o777)
    assert ("everybody can write" if ROOT else "belongs to user") in told(path)[str(tmp_path / name)]


@pytest.mark.skipif(not ROOT, reason="files of root's are made")
def test_files_of_roots_are_fine_and_those_of_others_are_not(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "frob"
    program.parent.mkdir()
    program.write_text("")
    path = install(tmp_path, "/usr/bin", f"frob: CommandFilter, {program}, root")
    mine = {name for name in told(path) if name.startswith(str(tmp_path))}
    assert mine == set()
    os.chown(program.parent, 1000, 0)
    (why,) = [why for name, why in told(path).items() if name == str(program.parent)]
    assert why.startswith("belongs to user 1000") and "the filter frob runs it" in why
    os.chown(program.parent, 0, 1000)
    program.parent.chmod(0o775)
    assert told(path)[str(program.parent)].startswith("group 1000 can write")
