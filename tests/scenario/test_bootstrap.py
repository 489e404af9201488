"""Held in CI: the lines that `bootstrap` prints start every daemon for an ordinary user, and nothing else.

Each way is deployed in a house of its own with just those lines: real sudo, oslo.rootwrap and oslo.privsep.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from migrator.bootstrap import sudoers
from migrator.bootstrap.launch import Launch, hostile
from migrator.verify import house
from migrator.verify.house import File, HouseError
from tests.scenario import stage
from tests.scenario.deployment import CONFIG, ROOTWRAP, SECRET, UID, USER, Deployment, Way, deploy
from tests.scenario.stage import STATE

pytestmark = pytest.mark.skipif(bool(stage.available()), reason=f"daemons are NOT started: {stage.available()}")

CONTEXTS = ("fs_pctxt", "sys_admin_pctxt")
# helper_command is played by tests/scenario/test_scenario.py; its lines for sudo are those of PLAIN.
HOW = {Way.PLAIN: "helper", Way.OLD_SUDO: "helper", Way.HELPER: "rootwrap", Way.FORK: "fork"}
_TRIED = "/etc/moraine/tried.json"


@dataclass(frozen=True, slots=True)
class Started:
    """What tests/scenario/start.py printed, and the command lines that it tried behind `sudo -n`, and `sudo -n -l`.

    sudoers: all files for sudo, one behind the other.
    """

    report: dict[str, Any]
    sudoers: str
    ran: list[tuple[str, ...]]
    listed: list[tuple[str, ...]]


def launch_of(deployment: Deployment) -> Launch:
    programs = deployment.programs
    return Launch("moraine", USER, f"{programs}/privsep-helper", f"{programs}/moraine-rootwrap", (CONFIG,))


def start(deployment: Deployment, way: Way, most: int | None = None) -> Started:
    """most: how many of the hostile command lines are tried, None for all."""
    launch = launch_of(deployment)
    names = [f"moraine.privsep.{name}" for name in CONTEXTS]
    before = (launch.rootwrap, ROOTWRAP, "privsep-helper") if way is Way.HELPER else (launch.helper,)
    ran = [(*before, *each.words) for name in names for each in hostile(launch, name)]
    ran = [*ran[:most], (launch.helper, "--help"), (launch.rootwrap, ROOTWRAP, "id"), ("id",)]
    listed = [(*before, *launch.arguments(name)) for name in names]
    tried = File(json.dumps({"ran": ran, "listed": listed}).encode())
    try:
        (report,) = house.stay(
            lambda: iter([_started(deployment, way)]),
            visible=[str(deployment.folder)],
            files={**deployment.files, _TRIED: tried},
            ids_as_outside=True,  # for sudo
        )
    except HouseError as error:
        pytest.skip(f"daemons are NOT started: {error}")
    texts = [file.content.decode() for path, file in deployment.files.items() if path.startswith("/etc/sudoers")]
    return Started(report, "".join(texts), ran, listed)


def _started(deployment: Deployment, way: Way) -> dict[str, Any]:
    os.umask(0o022)
    os.makedirs("/var/empty")
    os.makedirs(STATE)
    os.chown(STATE, UID, UID)
    uid, groups = (None, None) if way is Way.FORK else (UID, list[int]())
    done = subprocess.run(
        [deployment.python, deployment.program, CONFIG, HOW[way], _TRIED],
        cwd=STATE,
        env={"PATH": house.SECURE_PATH, "HOME": "/var/empty", "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        user=uid,
        group=uid,
        extra_groups=groups,
    )
    if done.returncode:
        raise AssertionError(done.stderr)
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module", params=HOW, ids=lambda way: way.name)
def started(request: pytest.FixtureRequest, rewritten: Path, tmp_path_factory: pytest.TempPathFactory) -> Started:
    folder = tmp_path_factory.mktemp(f"started-{request.param.name}")
    return start(deploy(rewritten, request.param, folder / "deployed", "start.py"), request.param)


def test_every_daemon_starts_and_does_its_work_for_an_ordinary_user(started: Started) -> None:
    assert started.report["uids"] == [UID, UID, UID]
    assert started.report["groups"] in ([], [UID])
    assert started.report["started"] == dict.fromkeys(CONTEXTS, True)
    assert started.report["secret"] == f"{SECRET}\n"


def test_no_other_command_line_is_admitted(started: Started) -> None:
    """Another configuration file, another context, one word more: sudo refuses them, and nothing of them is run."""
    assert len(started.ran) >= 15
    assert [words for words, status in zip(started.ran, started.report["ran"], strict=True) if status != 1] == []
    assert started.report["root"] is False


def test_the_words_of_the_service_are_admitted(started: Started, request: pytest.FixtureRequest) -> None:
    """What tells the refusals from a sudo that refuses all; where daemons are forked it does."""
    wanted = 1 if request.node.callspec.params["started"] is Way.FORK else 0
    assert set(started.report["listed"]) == {wanted}


def test_a_line_with_an_asterisk_gives_root(rewritten: Path, tmp_path: Path) -> None:
    """The test above can fail: this is what distributions install."""
    deployment = deploy(rewritten, Way.PLAIN, tmp_path / "deployed", "start.py")
    line = f"{USER} ALL=(root) NOPASSWD: {deployment.programs}/privsep-helper *\n"
    files = {**deployment.files, "/etc/sudoers.d/moraine": File(line.encode(), 0o440)}
    found = start(replace(deployment, files=files), Way.PLAIN, most=1)
    assert found.report["root"] is True


def test_sudoers_are_read_as_sudo_reads_them(started: Started) -> None:
    """Held to sudo itself, by what it admitted and what not."""
    read = sudoers.read([("sudoers", started.sudoers)])
    admitted = [sudoers.admitted(read, USER, words) is not None for words in (*started.ran, *started.listed)]
    assert admitted == [status == 0 for status in (*started.report["ran"], *started.report["listed"])]
