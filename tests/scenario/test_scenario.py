"""Held in CI: an agent's work has the same results through real sudo and rootwrap, and through privsep after a rewrite.

Each playback is a house of its own (tests/scenario/stage.py): own namespaces, own /etc with sudoers and filters, the
agent's user, the real sudo, oslo.rootwrap and oslo.privsep.
"""

from __future__ import annotations

import ast
import functools
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from migrator.verify.house import HouseError
from tests.cutover import finished
from tests.scenario import stage
from tests.scenario.comparing import DECLARED, differences
from tests.scenario.deployment import SECRET, UID, Way, deploy
from tests.scenario.stage import SAMPLE, WORK, Playback

pytestmark = pytest.mark.skipif(bool(stage.available()), reason=f"the scenario is NOT played: {stage.available()}")


def played(project: Path, way: Way, folder: Path) -> Playback:
    folder.mkdir()
    try:
        return stage.play(deploy(project, way, folder))
    except HouseError as error:
        pytest.skip(f"the scenario is NOT played: {error}")


def sudo_ran(playback: Playback) -> list[str]:
    """The command lines that sudo says it ran as root."""
    return [found[1] for line in playback.log if (found := re.search(r"sudo: .*USER=root ; COMMAND=(.*)", line))]


def rootwrap_ran(playback: Playback) -> list[str]:
    """What rootwrap says it did: the command, or why not."""
    return [found[1] for line in playback.log if (found := re.search(r"moraine-rootwrap: (.*)", line))]


@pytest.fixture(scope="module")
def before(folder: Path) -> Playback:
    return played(SAMPLE, Way.ROOTWRAP, folder / "before")


@pytest.fixture(scope="module", params=[Way.SUDO, Way.HELPER], ids=lambda way: way.value)
def after(request: pytest.FixtureRequest, rewritten: Path, folder: Path) -> Playback:
    return played(rewritten, request.param, folder / f"after-{request.param.name}")


# --- before: the scenario does what it says, by rootwrap --------------------------------------------


def test_the_agent_is_no_root_and_its_work_is_done(before: Playback) -> None:
    """Two worlds in which nothing could be done would be alike as well."""
    assert before.uid == UID
    steps = {step["step"]: step for step in before.steps}
    assert steps["may not read it itself"]["raised"]["class"] == "builtins.PermissionError"
    assert steps["read a secret"]["returned"] == f"{SECRET}\n"
    assert steps["owner for a while"]["returned"] == [UID, 0]
    assert steps["addresses"]["returned"] == ["192.0.2.1/24"]
    files = before.world["files"]
    made = files[f"{WORK}/one/etc/volume.conf"]
    assert (made["mode"], made["owner"], made["content"][:8]) == ("-rw-r-----", "65534:964", "size = 1")
    assert (files[f"{WORK}/one/id"]["mode"], files[f"{WORK}/one/id"]["owner"]) == ("-rw-------", "4321:4322")
    assert files[f"{WORK}/one"]["mode"] == "drwxr-xr-x"
    assert f"{WORK}/tree" not in files
    assert files[f"{WORK}/aside/kept"]["touched"] is False
    assert list(before.world["mounts"]) == [f"{WORK}/bound/stays", "/run/netns", "/run/netns/volume-1"]
    network = before.world["network"]
    assert sorted(network) == ["", "volume-1"]
    ports = {port["ifname"]: port["master"] for port in network["volume-1"]["ports"]}
    assert ports == {"eth-1": "br-1"}
    assert before.world["ends"] == {
        "server": "ended with 1",
        "worker": "ended with -15",
        "stubborn": "ended with -9",
        "bystander": "lived",
    }


def test_rootwrap_is_called_once_for_each_root_call(before: Playback) -> None:
    expected = sum(step["calls"] for step in before.steps)
    assert expected > 120
    assert len(sudo_ran(before)) == expected
    assert all("/bin/moraine-rootwrap /etc/moraine/rootwrap.conf " in line for line in sudo_ran(before))
    assert len(rootwrap_ran(before)) == expected
    absent, refused, *more = (line for line in rootwrap_ran(before) if " Executing [" not in line)
    programs = [line.removeprefix("Executable not found: ").split()[0] for line in (absent, *more)]
    assert programs == ["qemu-img", "udevadm", "ovs-vsctl", "ovs-vsctl"]
    assert refused.rstrip("\0") == "Unauthorized command: blockdev --getsize64 /etc/passwd (no filter matched)"


def test_nothing_is_done_by_privsep_before_the_rewrite(before: Playback) -> None:
    assert not any(before.privileged.values())


# --- after ------------------------------------------------------------------------------------------


def test_the_world_is_the_same_after_the_rewrite(before: Playback, after: Playback) -> None:
    assert after.uid == UID
    assert differences(before, after) == []


@pytest.mark.parametrize("name", DECLARED)
def test_a_declared_difference_shows(before: Playback, after: Playback, name: str) -> None:
    rest = {other: reduce for other, reduce in DECLARED.items() if other != name}
    assert differences(before, after, rest) != []


def test_each_root_call_is_one_call_of_the_daemon(after: Playback) -> None:
    calls = {step["step"]: step["calls"] for step in after.steps}
    assert {step: len(called) for step, called in after.privileged.items()} == calls


def test_every_privileged_function_is_played(rewritten: Path, after: Playback) -> None:
    """A form of call that the rewrite learns to move has to be seen working: give it a step in play.py."""
    package = rewritten / "moraine" / "privsep"
    made = {
        f"{path.stem}.{node.name}"
        for path in package.glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(decorator).endswith(".entrypoint") for decorator in node.decorator_list)
    }
    called = {name.removeprefix("moraine.privsep.") for names in after.privileged.values() for name in names}
    assert len(called) > 40
    # qemu-img is not here; behind env(1) that is exit code 127, and was 96 of rootwrap, which has no env to run.
    assert made - called == {"qemu.qemu_img_info"}


def test_only_the_daemons_are_started_as_root_and_rootwrap_is_not_called(
    before: Playback, after: Playback, rewritten: Path, request: pytest.FixtureRequest
) -> None:
    """Each context has one."""
    contexts = (rewritten / "moraine" / "privsep" / "__init__.py").read_text().count("priv_context.PrivContext(")
    started = sudo_ran(after)
    assert len(started) == contexts > 1
    through_rootwrap = request.node.callspec.params["after"] is Way.HELPER
    assert all("/bin/privsep-helper " in line or " privsep-helper " in line for line in started)
    assert all(("rootwrap" in line) is through_rootwrap for line in started)
    called = rootwrap_ran(after)
    assert len(called) == (contexts if through_rootwrap else 0)
    assert all("privsep-helper" in line and " Executing [" in line for line in called)


def told_secrets(playback: Playback) -> list[str]:
    """The logged lines that hold what only root may read."""
    logged = (*playback.log, *playback.errors.splitlines(), *(str(step["logged"]) for step in playback.steps))
    return [line for line in logged if SECRET in line or "-----KEY-----" in line]


def test_no_secret_is_logged(before: Playback, after: Playback) -> None:
    assert told_secrets(before) == told_secrets(after) == []


def test_nothing_is_left_running(before: Playback, after: Playback) -> None:
    assert before.world["processes"] == after.world["processes"] == []


# --- without rootwrap -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cut_over(folder: Path) -> Path:
    """The sample rewritten, finished by hand, and after `cutover --apply`."""
    project = finished.rewritten(folder / "cut-over")
    finished.finish(project)
    done = finished.run(project, "cutover", "--apply")
    assert done.returncode == 0, done.stdout + done.stderr
    return project


@pytest.fixture(scope="module")
def bare(cut_over: Path, folder: Path) -> Playback:
    return played(cut_over, Way.BARE, folder / "bare")


def test_the_world_is_the_same_where_there_is_no_rootwrap(before: Playback, bare: Playback) -> None:
    assert bare.uid == UID
    assert differences(before, bare) == []


def test_without_rootwrap_nothing_is_started_as_root_but_the_daemons(cut_over: Path, bare: Playback) -> None:
    contexts = (cut_over / "moraine" / "privsep" / "__init__.py").read_text().count("priv_context.PrivContext(")
    started = sudo_ran(bare)
    assert len(started) == contexts > 1
    assert all("/bin/privsep-helper " in line and "rootwrap" not in line for line in started)
    calls = {step["step"]: step["calls"] for step in bare.steps}
    assert {step: len(called) for step, called in bare.privileged.items()} == calls


def test_rootwrap_cannot_be_imported_there(cut_over: Path, bare: Playback, folder: Path) -> None:
    """Else nothing above would say that it is not needed."""
    python = folder / "bare" / "venv" / "bin" / "python"
    for module, status in (("oslo_rootwrap.cmd", 1), ("moraine.utils", 0), ("oslo_privsep.daemon", 0)):
        done = subprocess.run([python, "-c", f"import {module}"], capture_output=True, text=True, check=False)
        assert (done.returncode, "oslo_rootwrap" in done.stderr) == (status, bool(status)), done.stderr
    assert not (cut_over / "etc").exists()
    assert not list((folder / "bare" / "venv" / "bin").glob("*rootwrap*"))


# --- the test can fail ------------------------------------------------------------------------------


def _in(path: str, old: str, new: str) -> Callable[[Path], None]:
    def change(project: Path) -> None:
        file = project / "moraine" / path
        text, times = re.subn(old, new, file.read_text())
        assert times, f"{path} has no {old!r}: name what stands there now"
        file.write_text(text)

    return change


def _as_it_was(path: str) -> Callable[[Path], None]:
    def change(project: Path) -> None:
        shutil.copy(SAMPLE / "moraine" / path, project / "moraine" / path)

    return change


FAULTS = {
    "wrong mode": (_in("privsep/path.py", r"\b0o755\b", "0o777"), f"world, files, {WORK}/one, mode"),
    "umask of the daemon": (_in("privsep/command.py", r"os\.umask\(0o022\)", "None"), f"{WORK}/zeros, mode"),
    "mode of a new file": (_in("privsep/path.py", r"\b0o644\b", "0o666"), f"{WORK}/touched, mode"),
    "lacks CAP_CHOWN": (_in("privsep/__init__.py", r"capabilities\.CAP_CHOWN,", ""), "step 'owner and group', raised"),
    "lacks CAP_KILL": (_in("privsep/__init__.py", r",\s+capabilities\.CAP_KILL\b", ""), "world, ends, server"),
    "lost return value": (_in("privsep/path.py", r"return stdout, stderr", "return '', ''"), "step 'read', returned"),
    "swallowed failure": (_in("privsep/path.py", r"if errors and check:", "if False:"), "step 'owner that is unknown'"),
    "lost exit code": (
        _in("privsep/linux_net.py", r",\s+check_exit_code=\[0, 2\]", ""),
        "step 'gateway again', raised",
    ),
    "wrong exit code": (_in("privsep/path.py", r"exit_code=1\b", "exit_code=2"), "step 'tree through a file', raised"),
    "wrong error text": (
        _in("privsep/path.py", r'"cat: \{\}: \{\}', '"cannot open {}: {}'),
        "step 'read what is not there', raised, stderr",
    ),
    "result that cannot cross": (
        _in("privsep/path.py", r"return stdout, stderr", "return {stdout, stderr}"),
        "step 'read', raised: 'nothing' before, {'class': 'builtins.TypeError'",
    ),
    "keeps what it replaces": (_in("privsep/path.py", r"os\.O_TRUNC", "os.O_EXCL"), "step 'write over a private file'"),
    "outside the namespace": (
        _in("privsep/linux_net.py", r"'ip', '-n', namespace, 'addr', 'add'", "'ip', 'addr', 'add'"),
        "step 'gateway', raised",
    ),
    "lost argument": (
        _in("host/processes.py", r"(is gone is not an error\.\"\"\"\n)", r"\1    sig = signal.SIGTERM\n"),
        "world, ends, stubborn",
    ),
    "file left as it was": (_as_it_was("host/files.py"), "step 'touch a new file', raised"),
}


# Faults that do not hide each other are played together: a playback takes ten seconds.
TOGETHER = (
    (
        "umask of the daemon",
        "swallowed failure",
        "lost exit code",
        "wrong error text",
        "keeps what it replaces",
        "outside the namespace",
        "lost argument",
        "file left as it was",
    ),
    ("wrong mode", "mode of a new file", "lacks CAP_CHOWN", "lacks CAP_KILL", "lost return value"),
    ("wrong exit code", "result that cannot cross", "secret in the log"),
)


@pytest.fixture(scope="module")
def faulty(rewritten: Path, folder: Path) -> Callable[[str], Playback]:
    """The playback of a fault, with those that go together with it."""
    changes = {name: change for name, (change, _) in FAULTS.items()}
    # The daemon of a context whose logger is not kept at INFO logs what it returns.
    changes["secret in the log"] = _in("privsep/__init__.py", r"setLevel\(logging\.INFO\)", "setLevel(logging.DEBUG)")
    assert sorted(name for group in TOGETHER for name in group) == sorted(changes)

    @functools.cache
    def play(group: tuple[str, ...]) -> Playback:
        project = folder / f"faulty-{TOGETHER.index(group)}" / "moraine"
        shutil.copytree(rewritten, project)
        for name in group:
            changes[name](project)
        return played(project, Way.SUDO, project.parent / "deployed")

    return lambda name: play(next(group for group in TOGETHER if name in group))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_the_rewritten_project_shows(before: Playback, faulty: Callable[[str], Playback], name: str) -> None:
    playback = faulty(name)
    shows = FAULTS[name][1]
    assert [line for line in differences(before, playback) if shows in line]
    if name == "file left as it was":
        refused = [line for line in playback.log if "command not allowed" in line]
        assert refused and all("/bin/moraine-rootwrap " in line for line in refused)


def test_a_secret_in_the_log_shows(faulty: Callable[[str], Playback]) -> None:
    assert told_secrets(faulty("secret in the log"))
