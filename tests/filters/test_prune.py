"""`privmigrate filters prune`, and what `rewrite` takes: a filter goes when nobody can need it, never before."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from migrator import cli
from migrator.rootwrap import lines
from tests.filters.project import call, project

SAMPLE = Path(__file__).resolve().parent.parent / "fixtures" / "projects" / "moraine"
FILTERS = "etc/lagoon/rootwrap.d/lagoon.filters"
LVS = "lvs: CommandFilter, lvs, root\n"
TEXT = f"# lagoon/disk.py: 'lvs'\n{LVS}\n# lagoon/gone.py\n# all of it\nrbd: CommandFilter, rbd, root\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def left(folder: Path) -> list[str]:
    return [one.name for one in lines.read(str(folder / FILTERS)).definitions]


def test_a_diff_first_then_the_change_then_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(here, {"disk.py": call("'lvs'", parameters="")}, TEXT)
    assert cli.main(["filters", "prune"]) == 1
    out, err = capsys.readouterr()
    assert [line for line in out.splitlines() if line[:1] in "+-"][2:] == [
        "-",
        "-# lagoon/gone.py",
        "-# all of it",
        "-rbd: CommandFilter, rbd, root",
    ]
    assert err.splitlines() == [
        "privmigrate: 1 filter to remove, 1 kept",
        "privmigrate: those that stay can be narrower, `privmigrate filters tighten` writes it:",
        "  lvs: RegExpFilter, lvs, root, lvs",
    ]
    assert left(here) == ["lvs", "rbd"]
    assert cli.main(["filters", "prune", "--apply"]) == 0
    assert (here / FILTERS).read_text() == "[Filters]\n# lagoon/disk.py: 'lvs'\nlvs: CommandFilter, lvs, root\n"
    assert cli.main(["filters", "prune"]) == 0
    assert capsys.readouterr().out == ""


def test_one_that_may_be_needed_stays_and_the_reason_is_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = "def mkfs(fs, path):\n    processutils.execute(*COMMANDS[fs].split(), path, run_as_root=True)\n"
    project(here, {"fs.py": code}, "ext4: CommandFilter, mkfs.ext4, root\nrbd: CommandFilter, rbd, root\n")
    assert cli.main(["filters", "prune", "--apply"]) == 0
    err = " ".join(capsys.readouterr().err.split())
    assert "0 filters removed, 2 kept" in err
    assert "can't be excluded that they are needed (what a call runs is not known): ext4, rbd" in err
    assert "lagoon/fs.py:5: --runs lagoon.fs.mkfs=PROGRAM says what" in err
    assert cli.main(["filters", "prune", "--apply", "--runs", "lagoon.fs.mkfs=mkfs.ext4"]) == 0
    assert left(here) == ["ext4"]


def test_what_is_not_committed_is_not_written_over(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(here, {"disk.py": call("'lvs'", parameters="")}, TEXT)
    subprocess.run(["git", "init", "--quiet"], check=True)
    assert cli.main(["filters", "prune", "--apply"]) == 2
    assert FILTERS in capsys.readouterr().err
    assert left(here) == ["lvs", "rbd"]
    assert cli.main(["filters", "prune", "--apply", "--allow-dirty"]) == 0


# What nova's people removed while it was needed, each as the code stood after their commit: the calls that they moved
# are gone, and one more that runs the same program is left in another module (0908d338c4, f535e8bb99, a0235b187a).
TOO_EARLY = {
    "chown": "class temporary_chown:\n    def __enter__(self):\n"
    "        processutils.execute('chown', self.owner_uid, self.path, run_as_root=True)\n",
    "chmod": "def create_ploop(path):\n    disk = os.path.join(path, 'root.hds')\n"
    "    processutils.execute('chmod', '-R', 'a+r', path, run_as_root=True, check_exit_code=True)\n",
    "dd": "def _copy(src_path, dst_path, size):\n    utils = processutils\n"
    "    utils.execute('dd', 'if=%s' % src_path, 'of=%s' % dst_path, 'count=%d' % size,\n"
    "                  'iflag=direct', 'oflag=direct', run_as_root=True)\n",
}


@pytest.mark.parametrize("program", TOO_EARLY)
def test_filters_that_people_removed_too_early_stay(here: Path, program: str) -> None:
    filters = f"{program}: CommandFilter, {program}, root\nmkdir: CommandFilter, mkdir, root\n"
    project(here, {"virt/left.py": TOO_EARLY[program]}, filters)
    assert cli.main(["filters", "prune", "--apply"]) == 0
    assert left(here) == [program]


# --- with a rewrite --------------------------------------------------------------------------------


def test_rewrite_takes_the_filters_that_its_calls_alone_needed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = {
        "disk.py": call("'lvs', path") + call("'vgs', path", "show"),
        "other.py": call("'vgs', path, *more", "more"),
    }
    filters = "lvs: CommandFilter, lvs, root\nvgs: CommandFilter, vgs, root\nold: CommandFilter, old, root\n"
    project(here, code, filters, **{"requirements.txt": "oslo.privsep\noslo.concurrency\n"})
    assert cli.main(["rewrite", "--diff", "--skip", "lagoon/other.py", "lagoon"]) == 1
    assert "-lvs: CommandFilter, lvs, root" in capsys.readouterr().out
    assert left(here) == ["lvs", "vgs", "old"]
    assert cli.main(["rewrite", "--apply", "--skip", "lagoon/other.py", "lagoon"]) == 0
    # old was for nobody before, which is no matter of a rewrite
    assert left(here) == ["vgs", "old"]


def test_rewrite_of_a_part_keeps_what_the_rest_needs(here: Path) -> None:
    code = {"disk.py": call("'lvs', path"), "other.py": call("'lvs', path, '-o', path", "more")}
    more = {"requirements.txt": "oslo.privsep\noslo.concurrency\n", "tools/show.py": ""}
    project(here, code, "lvs: CommandFilter, lvs, root\n", **more)
    assert cli.main(["rewrite", "--apply", "lagoon/disk.py"]) == 0
    assert left(here) == ["lvs"]
    assert cli.main(["rewrite", "--apply", "lagoon/other.py"]) == 0
    assert left(here) == []


def test_rewrite_can_leave_filters_alone_and_says_what_it_could_not_take(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = {
        "disk.py": call("'lvs', path"),
        "any.py": "def act(cmd):\n    processutils.execute(*C[cmd], run_as_root=True)\n",
    }
    more = {"requirements.txt": "oslo.privsep\noslo.concurrency\n"}
    project(here / "a", code, "lvs: CommandFilter, lvs, root\n", **more)
    project(here / "b", {"disk.py": code["disk.py"]}, "lvs: CommandFilter, lvs, root\n", **more)
    assert cli.main(["rewrite", "--apply", "a/lagoon"]) == 0
    told = " ".join(capsys.readouterr().err.split())
    assert "1 filter stays though no known call needs them now" in told and "--runs lagoon.any.act=PROGRAM" in told
    assert left(here / "a") == ["lvs"]
    assert cli.main(["rewrite", "--apply", "--no-filters", "b/lagoon"]) == 0
    assert left(here / "b") == ["lvs"]


def test_after_a_rewrite_of_the_sample_every_call_is_admitted_as_before(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = here / "moraine"
    shutil.copytree(SAMPLE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = sum(len(lines.read(str(path)).definitions) for path in copy.rglob("*.filters"))
    assert cli.main(["rewrite", "--apply", str(copy / "moraine")]) == 0
    capsys.readouterr()
    after = sum(len(lines.read(str(path)).definitions) for path in copy.rglob("*.filters"))
    assert 0 < after < before - 10
    assert cli.main(["filters", "coverage", str(copy)]) == 1
    told = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[1][:6] for line in told] == ["PRV322"] and "gzip" in told[0]
