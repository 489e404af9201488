"""`privmigrate filters coverage`: who needs a filter, and which filters admit a call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from migrator import cli
from tests.filters.project import HEAD, call, project

UNKNOWN = "def mkfs(fs, path):\n    processutils.execute(*COMMANDS[fs].split(), path, run_as_root=True)\n\n\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def document(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert cli.main(["filters", "coverage", "--format", "json", *words]) in (0, 1)
    return json.loads(capsys.readouterr().out)


def needs(told: Any) -> dict[str, str]:
    return {one["name"]: one["need"] for one in told["filters"]}


def findings(told: Any) -> list[tuple[str, int, str]]:
    return [(one["path"], one["line"], one["code"]) for one in told["findings"]]


def test_each_filter_knows_its_calls_and_each_call_its_filters(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = call("'chown', 'root', path") + call("'lvs', path", "show")
    project(here, {"disk.py": code}, "chown: CommandFilter, chown, root\nlvs: CommandFilter, lvs, root\n")
    told = document(capsys)
    (chown, lvs) = told["calls"]
    assert [one["calls"] for one in told["filters"]] == [[chown["id"]], [lvs["id"]]]
    assert [one["admitted"] for one in told["calls"]] == ["wholly", "wholly"]
    assert chown["filters"] == [{"path": "etc/lagoon/rootwrap.d/lagoon.filters", "name": "chown"}]
    assert (told["findings"], told["summary"]["by_need"]["code"]) == ([], 2)


@pytest.mark.parametrize(
    ("filters", "admitted", "told"),
    [
        ("f: RegExpFilter, blockdev, root, blockdev, --flushbufs, /dev/.*", "partly", "f: path matches /dev/.*"),
        ("f: RegExpFilter, blockdev, root, blockdev, --flushbufs, .*", "wholly", None),
        ("f: PathFilter, blockdev, root, --flushbufs, /dev", "partly", "f: path is below /dev"),
        ("f: RegExpFilter, blockdev, root, blockdev, --getsize64, /dev/.*", "not at all", None),
        ("f: CommandFilter, /opt/blockdev, root", "wholly", None),
    ],
)
def test_what_a_filter_asks_of_words_that_vary(
    here: Path, capsys: pytest.CaptureFixture[str], filters: str, admitted: str, told: str | None
) -> None:
    project(here, {"disk.py": call("'blockdev', '--flushbufs', path")}, f"{filters}\n")
    (one,) = document(capsys)["calls"]
    assert (one["admitted"], one["conditions"]) == (admitted, [told] if told else [])


def test_a_branch_that_no_filter_admits_is_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As nova 15's chown, which is chgrp where only a group is given, and has no filter for that."""
    code = "def own(user, path):\n    program = 'chown' if user else 'chgrp'\n"
    code += "    processutils.execute(program, 'x', path, run_as_root=True)\n"
    project(here, {"disk.py": code}, "chown: CommandFilter, chown, root\n")
    assert cli.main(["filters", "coverage", "lagoon"]) == 1
    assert capsys.readouterr().out == ("lagoon/disk.py:6:5: PRV321 no filter admits chgrp x {path}: exit code 99\n")


def test_a_comment_admits_a_call(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = call("'lvs', path").replace("'sudo')", "'sudo')  # noqa: PRV321 the operator adds it")
    project(here, {"disk.py": code + call("'vgs'", "x")}, "vgs: CommandFilter, vgs, root\n")
    assert cli.main(["filters", "coverage"]) == 0


def test_a_chain_needs_both_of_its_filters(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filters = "ns: IpNetnsExecFilter, ip, root\narping: CommandFilter, arping, root\nping: CommandFilter, ping, root\n"
    project(here, {"net.py": call("'ip', 'netns', 'exec', path, 'arping', '-U'")}, filters)
    assert needs(document(capsys)) == {"ns": "code", "arping": "code", "ping": "nobody"}


def test_a_wrappers_own_call_needs_what_its_callers_ask_for(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = "def run(*cmd):\n    return processutils.execute(*cmd, run_as_root=True)\n\n\ndef show():\n    run('lvs')\n"
    project(here, {"lvm.py": code}, "lvs: CommandFilter, lvs, root\nvgs: CommandFilter, vgs, root\n")
    told = document(capsys)
    assert needs(told) == {"lvs": "code", "vgs": "nobody"}
    assert [one["passes_on"] for one in told["calls"]] == [True, False]


def test_a_filter_stays_where_a_call_may_run_anything(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(here, {"fs.py": UNKNOWN}, "ext4: CommandFilter, mkfs.ext4, root\nntfs: CommandFilter, mkfs.ntfs, root\n")
    assert needs(document(capsys)) == {"ext4": "perhaps", "ntfs": "perhaps"}
    assert needs(document(capsys, "--runs", "lagoon.fs.mkfs=mkfs.ext4")) == {"ext4": "code", "ntfs": "nobody"}
    (here / "setup.cfg").write_text("[privmigrate]\nruns = lagoon.fs.mkfs=mkfs.ntfs\n")
    assert needs(document(capsys)) == {"ext4": "nobody", "ntfs": "code"}


def test_what_is_in_tests_only_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = {"disk.py": call("'lvs'", parameters=""), "tests/functional/test_disk.py": call("'dmsetup', path")}
    project(here, code, "lvs: CommandFilter, lvs, root\ndmsetup: CommandFilter, dmsetup, root\n")
    assert needs(document(capsys, "lagoon/disk.py")) == {"lvs": "code", "dmsetup": "tests"}
    assert needs(document(capsys, "--no-tests")) == {"lvs": "code", "dmsetup": "nobody"}


def test_another_project_needs_a_filter_by_its_comment_or_by_its_code(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filters = (
        "lvs: CommandFilter, lvs, root\n\n# os-brick needed commands\nmultipath: CommandFilter, multipath, root\n"
        "# multipathd show status\nmultipathd: CommandFilter, multipathd, root\n\n"
        "# reef/disk.py\nsg_scan: CommandFilter, sg_scan, root\n\n# lagoon/gone.py\nrbd: CommandFilter, rbd, root\n"
    )
    code = {"disk.py": call("'lvs'", parameters="")}
    project(here / "one", code, filters, **{"requirements.txt": "os-brick>=1.0\n"})
    others = {"multipath": "other projects", "multipathd": "other projects", "sg_scan": "other projects"}
    assert needs(document(capsys, "one")) == {"lvs": "code", **others, "rbd": "nobody"}
    for name, words in (("os_brick", "'multipath', '-l'"), ("reef", "'rbd', 'ls'")):
        top = here / name / name
        top.mkdir(parents=True)
        (top.parent / "setup.py").touch()
        (top / "__init__.py").touch()
        (top / "disk.py").write_text(HEAD + call(words))
    read = ["--also", "os_brick", "--also", "reef"]
    wanted = {"lvs": "code", "multipath": "other projects", "multipathd": "nobody", "sg_scan": "nobody"}
    assert needs(document(capsys, *read, "one")) == {**wanted, "rbd": "other projects"}


def test_lines_for_daemons_are_held_against_the_contexts(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    context = "{0} = priv_context.PrivContext(__name__, pypath=__name__ + '.{0}')\n"
    contexts = "from oslo_privsep import priv_context\n\n" + context.format("fs") + context.format("net")
    helper = "{0}: RegExpFilter, privsep-helper, root, privsep-helper"
    start = helper + ", --privsep_context, {1}, --privsep_sock_path, /tmp/.*\n"
    filters = "lvs: CommandFilter, lvs, root\n" + "".join(
        start.format(*pair)
        for pair in (
            ("mine", r"lagoon\.privsep\.fs"),
            ("old", "lagoon.privsep.default"),
            ("brick", "os_brick.privileged.default"),
            ("other", "reef.privsep.default"),
            ("any", ".*"),
        )
    )
    files = {"requirements.txt": "os_brick\n", "lagoon/privsep/__init__.py": contexts}
    project(here, {"disk.py": call("'lvs'", parameters="")}, filters, **files)
    told = document(capsys)
    assert needs(told) == {
        "lvs": "code", "mine": "code", "old": "nobody", "brick": "other projects", "other": "perhaps", "any": "code",
    }  # fmt: skip
    assert findings(told) == [("etc/lagoon/rootwrap.d/lagoon.filters", 4, "PRV324")]
    assert told["contexts_without_line"] == []
    (here / "etc/lagoon/rootwrap.d/lagoon.filters").write_text(f"[Filters]\n{filters.rpartition('any:')[0]}")
    assert document(capsys)["contexts_without_line"] == ["lagoon.privsep.net"]


def test_a_library_that_only_starts_its_daemon_says_nothing_of_its_calls(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """os-brick's are admitted by the filters of nova and cinder."""
    start = "privsep: RegExpFilter, privsep-helper, root, privsep-helper, --privsep_context, os_vif.privsep.vif\n"
    project(here, {"disk.py": call("'lvs'", parameters="")}, start, **{"requirements.txt": "os_vif\n"})
    told = document(capsys)
    assert (told["calls"], told["findings"], needs(told)) == ([], [], {"privsep": "other projects"})


def test_two_of_one_name_and_a_class_that_is_none(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filters = "lvs: CommandFilter, lvs, root\nLVS: RegExpFilter, lvs, root, lvs\nx: ComandFilter, lvs, root\n"
    project(here, {"disk.py": call("'lvs'", parameters="")}, filters)
    assert findings(document(capsys)) == [
        ("etc/lagoon/rootwrap.d/lagoon.filters", 2, "PRV323"),
        ("etc/lagoon/rootwrap.d/lagoon.filters", 4, "PRV323"),
    ]


def test_a_file_that_cannot_be_read_may_need_anything(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(here, {"disk.py": "def act(:\n"}, "lvs: CommandFilter, lvs, root\n")
    assert cli.main(["filters", "coverage", "--format", "json"]) == 1
    out, err = capsys.readouterr()
    assert needs(json.loads(out)) == {"lvs": "perhaps"}
    assert "lagoon/disk.py:" in err and "PRV901" in err


@pytest.mark.parametrize("part", ["coverage", "prune", "tighten", "audit"])
def test_every_part_tells_of_a_file_that_cannot_be_read(
    here: Path, capsys: pytest.CaptureFixture[str], part: str
) -> None:
    project(here, {"disk.py": call("'lvs'", parameters=""), "odd.py": "def act(:\n"}, "lvs: CommandFilter, lvs, root\n")
    assert cli.main(["filters", part]) in (0, 1)
    assert capsys.readouterr().err.count("lagoon/odd.py:4:1: PRV901") == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nowhere"], "nowhere: no such file or folder"),
        (["--runs", "lagoon.gone=lvs"], "lagoon.gone: no root call there"),
        (["--runs", "lvs"], "lvs: not FUNCTION=PROGRAM"),
        (["--also", "nowhere"], "nowhere: no such file or folder"),
    ],
)
def test_mistakes_are_told_in_a_line(
    here: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    project(here, {"disk.py": call("'lvs'", parameters="")}, "lvs: CommandFilter, lvs, root\n")
    assert cli.main(["filters", "coverage", *words]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"privmigrate: {told}") and err.count("\n") == 1


def test_a_project_without_filters_and_a_folder_without_project(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "alone.py").touch()
    assert cli.main(["filters", "coverage", "alone.py"]) == 2
    assert "no project" in capsys.readouterr().err
    (here / "setup.cfg").touch()
    assert cli.main(["filters", "coverage"]) == 2
    assert "no filters below its etc folder" in capsys.readouterr().err
