"""Moving a hole is no migration: the gate judges the privsep boundary with the root calls, and selects codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gates import DRIVER, commit, git, said, service

CONTEXT = """\
from oslo_privsep import capabilities
from oslo_privsep import priv_context

default = priv_context.PrivContext(
    'service',
    cfg_section='service',
    pypath=__name__ + '.default',
    capabilities=[capabilities.CAP_CHOWN],
)
"""
AREA = """\
import os

import service.privsep


@service.privsep.default.entrypoint
def own(path, uid):
    if not os.path.realpath(path).startswith('/var/lib/service/'):
        raise ValueError(path)
    os.chown(path, uid, -1)
"""
OPEN = "\n\ndef give(path, uid):\n    os.chown(path, uid, -1)\n"
USER = (
    "import service.privsep.fs\n\n\n"
    "def work(path):\n    service.privsep.fs.own(path, 0)\n    service.privsep.fs.give(path, 0)\n"
)
NAME = "privmigrate-baseline.txt"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = service(tmp_path / "project", monkeypatch, user=USER.rpartition("    service")[0])
    (folder / "service" / "privsep").mkdir()
    (folder / "service" / "privsep" / "__init__.py").write_text(CONTEXT)
    (folder / "service" / "privsep" / "fs.py").write_text(AREA)
    assert said(capsys, "baseline", "service") == (0, [], [f"{NAME}: 2 root calls"])
    return folder


def opened(project: Path) -> None:
    (project / "service" / "privsep" / "fs.py").write_text(AREA + OPEN)
    (project / "service" / "user.py").write_text(USER)


def test_a_new_hole_is_red_behind_the_root_calls(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    opened(project)
    (project / "service" / "driver.py").write_text(DRIVER.replace("'mkfs', '-t'", "'mkfs', '-f', '-t'"))
    status, out, err = said(capsys, "check", "service")
    places = [line.split(" ")[:2] for line in out if line[0] not in " T"]
    assert places == [
        ["service/driver.py:11:9:", "PRV101"],
        ["service/privsep/fs.py:13:1:", "PRV242"],
        [f"{NAME}:3:1:", "PRV905"],
    ]
    assert (status, err) == (1, [f"2 new, 1 stale, 1 as in {NAME}"])
    assert "or `# noqa: PRV101,PRV242 REASON` on its line." in out[-1]


def test_a_known_hole_is_green_wherever_its_module_goes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    opened(project)
    assert said(capsys, "baseline", "service")[2] == [f"{NAME}: 2 root calls, 1 other finding"]
    entry = (project / NAME).read_text().splitlines()[-1]
    assert entry == "PRV242 service/privsep/fs.py <module> #1 line=13 :: service.privsep.fs.give"
    commit(project)
    assert said(capsys, "check", "service")[0] == 0
    git(project, "mv", "service/privsep/fs.py", "service/privsep/files.py")
    (project / "service" / "privsep" / "files.py").write_text("# moved\n" + AREA + OPEN)
    (project / "service" / "user.py").write_text(USER.replace("privsep.fs", "privsep.files"))
    assert said(capsys, "check", "service")[::2] == (
        0,
        [
            f"{NAME}: 1 entry follows renamed files; `privmigrate baseline` writes the new names",
            f"0 new, 0 stale, 3 as in {NAME}",
        ],
    )


def test_another_hole_in_its_place_is_red(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    opened(project)
    assert said(capsys, "baseline", "service")[0] == 0
    for path in (project / "service").rglob("*.py"):
        path.write_text(path.read_text().replace("give", "lend"))
    assert said(capsys, "check", "service")[2] == [f"1 new, 1 stale, 2 as in {NAME}"]


def test_what_a_new_entrypoint_grants_comes_first(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A call that became an entrypoint for any path has moved a hole: `verify` notes it, the gate fails."""
    wide = AREA[AREA.index("@") :].replace("def own", "def any_path")
    wide = "".join(line for line in wide.splitlines(keepends=True) if "realpath" not in line and "raise" not in line)
    fs = project / "service" / "privsep" / "fs.py"
    fs.write_text(f"{AREA}\n\n{wide}")
    (project / "service" / "user.py").write_text(USER.replace("fs.give", "fs.any_path"))
    (project / "service" / "driver.py").write_text(DRIVER.replace("'mkfs', '-t'", "'mkfs', '-f', '-t'"))
    _, out, _ = said(capsys, "check", "service")
    codes = [line.split(" ")[1] for line in out if line.startswith("service/")]
    assert codes == ["PRV274", "PRV101"]
    fs.write_text(fs.read_text().replace("def any_path(path, uid):", "def any_path(path, uid):  # noqa: PRV274 LP#1"))
    _, out, _ = said(capsys, "check", "service")
    assert [line.split(" ")[1] for line in out if line.startswith("service/")] == ["PRV101"]


def test_a_comment_admits_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    opened(project)
    fs = project / "service" / "privsep" / "fs.py"
    fs.write_text(fs.read_text().replace("def give(path, uid):", "def give(path, uid):  # noqa: PRV242 LP#1"))
    assert said(capsys, "check", "service")[0] == 0


def test_since_tells_of_it_too(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(project)
    opened(project)
    commit(project)
    status, out, _ = said(capsys, "check", "--since", "HEAD~1", "service")
    assert (status, [line.split()[1] for line in out if line[0] != " "]) == (1, ["PRV242"])


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ('ignore = ["PRV2"]', ["PRV101"]),
        ('select = ["PRV1"]', ["PRV101"]),
        ('select = ["PRV"]\nignore = ["PRV101"]', ["PRV242"]),
        ('select = ["PRV242"]\nignore = ["PRV2"]', ["PRV242"]),
    ],
)
def test_the_configuration_selects_codes(
    project: Path, capsys: pytest.CaptureFixture[str], keys: str, found: list[str]
) -> None:
    opened(project)
    (project / "service" / "more.py").write_text(DRIVER[: DRIVER.index("    def make")])
    (project / "pyproject.toml").write_text(f"[tool.privmigrate]\n{keys}\n")
    status, out, err = said(capsys, "check", "service")
    assert (status, [line.split()[1] for line in out if line[0] not in " T"]) == (1, found)
    assert " 0 stale," in err[-1]  # entries of codes that do not count are none
    assert said(capsys, "scan", "service")[0] == (1 if "PRV101" in found else 0)


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        ('select = ["PRV204x"]', "select: no code is or begins with 'PRV204x', did you mean 'PRV204'?"),
        ('ignore = ["E501"]', "ignore: no code is or begins with 'E501'"),
        ('ignore = ["PRV901"]', "ignore: PRV901 cannot be ignored; exclude the file instead"),
        ('ignore = ["PRV905"]', "ignore: PRV905 cannot be ignored; mend or prune the baseline instead"),
    ],
)
@pytest.mark.parametrize("command", ["check", "scan"])
def test_a_code_that_there_is_not_is_a_fault(
    project: Path, capsys: pytest.CaptureFixture[str], command: str, key: str, fault: str
) -> None:
    (project / "pyproject.toml").write_text(f"[tool.privmigrate]\n{key}\n")
    status, out, err = said(capsys, command, "service")
    assert (status, out, len(err)) == (2, [], 1)
    assert err[0].startswith(f"{project}/pyproject.toml: {fault}")
