"""Every form of a rewrite, run: a small project does the same before and after, whoever stands between."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from migrator.decide.plan import plan_all
from migrator.model import Form, Outcome
from migrator.rewrite.rewriting import Rewriting, rewrite
from migrator.rewrite.transaction import commit
from migrator.understand.scan import scan
from migrator.understand.walk import walk
from tests.shipped import rulebook

FILES = {
    "setup.cfg": "[metadata]\nname = cloud\n",
    "requirements.txt": "oslo.concurrency>=5.0.0\noslo.privsep>=3.0.0\n",
    "cloud/__init__.py": "",
    "cloud/utils.py": '''\
from oslo_concurrency import processutils


def execute(*cmd, **kwargs):
    """Run a command."""
    if kwargs.get('run_as_root'):
        kwargs['root_helper'] = 'sudo cloud-rootwrap'
    return processutils.execute(*cmd, **kwargs)


def trycmd(*cmd, **kwargs):
    if kwargs.get('run_as_root'):
        kwargs['root_helper'] = 'sudo cloud-rootwrap'
    return processutils.trycmd(*cmd, **kwargs)


def retried(function):
    def again(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except processutils.ProcessExecutionError:
            return function(*args, **kwargs)
    return again
''',
    "cloud/net.py": """\
from cloud import utils

FAKE = False


def _execute(*cmd, **kwargs):
    if FAKE:
        return 'fake ' + ' '.join(map(str, cmd)), ''
    return utils.execute(*cmd, **kwargs)


def flush(table, bridge):
    return _execute('ebtables', '-t', table, '-F', bridge, run_as_root=True,
                    check_exit_code=[0, 2])


def rules(table, given):
    return _execute('ebtables', '-t', table, *given, run_as_root=True)
""",
    "cloud/driver.py": """\
from cloud import utils
from oslo_concurrency import processutils


class Driver:
    def __init__(self, root=True, execute=utils.execute):
        self._execute = execute
        self._as_root = root

    def status(self, share):
        return self._execute('quota', '--report', share, run_as_root=True)

    def label(self, device, text):
        self._execute('e2label', device, text,
                      run_as_root=self._as_root)

    @utils.retried
    def _run_lvm(self, cmd, run_as_root=True):
        out, err = self._execute(*cmd, run_as_root=run_as_root)
        return out, err

    def pools(self, vg):
        cmd = ['env', 'LC_ALL=C', 'lvs', '--noheadings', vg]
        return self._run_lvm(cmd)

    def create(self, vg, name, thin, tags):
        cmd = ['lvcreate', '-n', name, vg]
        if thin:
            cmd += ['-T', '-V', '%sg' % thin]
        for tag in tags:
            cmd.extend(['--addtag', tag])
        return self._run_lvm(cmd)

    def _iscsi(self, target, tail):
        return self._execute('iscsiadm', '-m', 'node', '-T', target, *tail,
                             run_as_root=True, check_exit_code=[0, 15])

    def login(self, target):
        return self._iscsi(target, ('--login',))

    def update(self, target, name, value):
        return self._iscsi(target, ('--op', 'update', '-n', name, '-v', value))

    def quiet(self, device):
        options = dict(run_as_root=True, check_exit_code=False)
        return self._execute('fsfreeze', '-f', device, **options)


class Held(Driver):
    def __init__(self, execute=processutils.execute):
        super().__init__(execute=execute)


def shrink(device, size, root):
    utils.execute('resize2fs', device, '%dM' % size, run_as_root=root)


def checked(device, root):
    out, err = utils.execute('e2fsck', '-fp', device, run_as_root=root)
    return out


def grow(vg, name, stripes):
    cmd = ['lvextend', '-l', '+100%FREE']
    if stripes:
        cmd.append('--stripes=%d' % stripes)
    cmd.append('%s/%s' % (vg, name))
    utils.execute(*cmd, run_as_root=True)


def mapped(device):
    out, err = utils.trycmd('kpartx', '-a', device, run_as_root=True,
                            discard_warnings=True)
    return err


def waits(device, tries):
    return utils.execute('partprobe', device, run_as_root=True, attempts=tries)
""",
    "cloud/remote.py": """\
from cloud import driver

SENT = []


class Remote(driver.Driver):
    def __init__(self):
        super().__init__(execute=self._ssh)

    def _ssh(self, *cmd, **kwargs):
        SENT.append(['ssh', *map(str, cmd)])
        return 'remote', ''
""",
}

# What is called; each call's result and what was run for it, as root or not, are compared.
PLAY = '''\
import json
import os
import sys

from oslo_concurrency import processutils

RUNS = []
FAILING = {"lvs": 1}
SAME = {"check_exit_code": (0, [0], True), "attempts": (1,)}


def execute(*words, **options):
    """Stands in for processutils.execute(): a command that is root says so by its helper, or by the umask it gets."""
    root = bool(options.get("run_as_root")) or "preexec_fn" in options
    kept = {name: options[name] for name, usual in SAME.items() if name in options and options[name] not in usual}
    RUNS.append([root, [str(word) for word in words], kept])
    for program, times in FAILING.items():
        if program in words and times:
            FAILING[program] -= 1
            raise processutils.ProcessExecutionError(stderr="busy", exit_code=5)
    if words[0] == "kpartx":
        raise processutils.ProcessExecutionError(stderr="no map", exit_code=1)
    return "out of " + words[0], "warning"


processutils.execute = execute
from cloud import driver, net, remote, utils  # noqa: E402

if os.path.exists(os.path.join(os.path.dirname(driver.__file__), "privsep")):
    import cloud.privsep
    from oslo_privsep import priv_context

    for each in vars(cloud.privsep).values():
        if isinstance(each, priv_context.PrivContext):
            each.client_mode = False


def told(call):
    RUNS.clear()
    remote.SENT.clear()
    try:
        result = call()
    except Exception as error:
        result = f"{type(error).__name__} {getattr(error, 'exit_code', '')}"
    return [result, list(RUNS), list(remote.SENT)]


def fake():
    net.FAKE = True
    try:
        return net.flush("nat", "br0")
    finally:
        net.FAKE = False


local, plain, far = driver.Driver(), driver.Driver(root=False), remote.Remote()
held = driver.Held()
calls = [
    lambda: net.flush("nat", "br0"), fake, lambda: net.rules("nat", ["-D", "x"]),
    lambda: local.status("/s"), lambda: far.status("/s"), lambda: held.status("/s"),
    lambda: local.label("/dev/a", 5), lambda: plain.label("/dev/a", 5), lambda: far.label("/dev/a", "x"),
    lambda: local.pools("vg"), lambda: local.create("vg", "n", 3, ["a", "b"]), lambda: local.create("vg", "n", 0, []),
    lambda: local.login("iqn"), lambda: local.update("iqn", "node.x", "1"), lambda: far.login("iqn"),
    lambda: local.quiet("/dev/a"), lambda: far.quiet("/dev/a"),
    lambda: driver.shrink("/dev/a", 7, True), lambda: driver.shrink("/dev/a", 7, False),
    lambda: driver.checked("/dev/a", True), lambda: driver.checked("/dev/a", False),
    lambda: driver.grow("vg", "n", 2), lambda: driver.grow("vg", "n", 0),
    lambda: driver.mapped("/dev/a").split()[-1], lambda: driver.waits("/dev/a", 4),
]
print(json.dumps([told(call) for call in calls]))
'''


def outcomes() -> tuple[Outcome, ...]:
    found = scan(["cloud"], files=walk(["cloud"], tests=False, exclude=()))
    return plan_all(found, rulebook())


def played(folder: Path) -> list[Any]:
    done = subprocess.run(
        [sys.executable, "-B", "-c", PLAY], cwd=folder, capture_output=True, text=True, env={"PYTHONPATH": str(folder)}
    )
    assert done.returncode == 0, done.stderr
    answer: list[Any] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("forms")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def moved(project: Path) -> tuple[list[Any], Rewriting, list[Any]]:
    """What the project does before, what was moved, what it does afterwards."""
    before = played(project)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        done = rewrite(outcomes())
        commit(done.changes, str(project))
    return before, done, played(project)


def test_nobody_notices(moved: tuple[list[Any], Rewriting, list[Any]]) -> None:
    before, _, after = moved
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        assert old == new, f"call {number}"


def test_each_form_is_there(moved: tuple[list[Any], Rewriting, list[Any]]) -> None:
    forms = {one.outcome.site.enclosing: one.outcome.form for one in moved[1].moved}
    assert forms == {
        "flush": Form.FLAG,
        "Driver.status": Form.FLAG,
        "Driver.label": Form.FLAG,
        "Driver.pools": Form.FLAG,
        "Driver.create": Form.FLAG,
        "Driver._iscsi": Form.FLAG,
        "Driver.login": Form.INNER,
        "Driver.update": Form.INNER,
        "Driver.quiet": Form.FLAG,
        "shrink": Form.CONDITION,
        "checked": Form.CONDITION,
        "grow": Form.CALL,
        "mapped": Form.CALL,
        "waits": Form.CALL,
    }


def test_words_from_callers_that_are_not_known_stay(moved: tuple[list[Any], Rewriting, list[Any]]) -> None:
    (left,) = (one for one in moved[1].left if one.site.enclosing == "rules")
    assert [reason.code for reason in left.reasons] == ["takes-argv"]


def test_no_moved_call_is_a_root_call_any_more(
    project: Path, moved: tuple[list[Any], Rewriting, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    left = {one.site.enclosing for one in outcomes()}
    assert left == {"execute", "trycmd", "_execute", "Driver._run_lvm", "rules"}
    assert rewrite(outcomes()).changes == ()


def test_the_flag_goes_on_deciding(project: Path, moved: tuple[list[Any], Rewriting, list[Any]]) -> None:
    text = (project / "cloud" / "driver.py").read_text()
    assert "run_as_root=(self._as_root and cloud.privsep.fs.e2label_argv)" in " ".join(text.split())
    assert "if root:\n        cloud.privsep.fs.resize2fs(str(device), size)\n    else:\n" in text
    assert "options = dict(run_as_root=cloud.privsep.utils.fsfreeze_argv, check_exit_code=False)" in text
    assert "execute=cloud.privsep.command.execute" in text
    assert "callable(kwargs.get('run_as_root'))" in (project / "cloud" / "utils.py").read_text()


def test_what_the_code_never_asks_is_not_admitted(project: Path, moved: tuple[list[Any], Rewriting, list[Any]]) -> None:
    code = """
import cloud.privsep
from oslo_privsep import priv_context
for each in vars(cloud.privsep).values():
    if isinstance(each, priv_context.PrivContext):
        each.client_mode = False
from oslo_concurrency import processutils
processutils.execute = lambda *words, **options: print('RAN', words)
from cloud.privsep import iscsi, lvm
for words in (['iscsiadm', '-m', 'node', '-T', 'x', '--logout'], ['iscsiadm', '-m', 'discovery'],
              ['sh', '-c', 'id'], ['iscsiadm', '-m', 'node', '-T', 'x', '--login', '--extra']):
    try:
        iscsi.iscsiadm_node(words)
    except processutils.ProcessExecutionError as error:
        print(error.exit_code)
iscsi.iscsiadm_node(['iscsiadm', '-m', 'node', '-T', 'x', '--login'])
"""
    names = (project / "cloud" / "privsep" / "iscsi.py").read_text()
    (name,) = {line.split("(")[0].removeprefix("def ") for line in names.splitlines() if line.endswith("(words):")}
    done = subprocess.run(
        [sys.executable, "-B", "-c", code.replace("iscsiadm_node", name)],
        cwd=project,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(project)},
    )
    assert done.stdout.splitlines()[:4] == ["99"] * 4, done.stderr
    assert done.stdout.splitlines()[4].startswith("RAN")
