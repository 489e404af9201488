"""Old calls are run through the project's rootwrap filters, which have to be found again in the functions."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from migrator.verify.house import HouseError
from migrator.verify.replay.deployment import Daemon
from migrator.verify.replay.judging import Replayed, Verdict
from migrator.verify.replay.replay import replay
from tests.running import run
from tests.shipped import rulebook

FILTERS = """\
[Filters]
blockdev: RegExpFilter, blockdev, root, blockdev, --getfra, /dev/.*
ln: RegExpFilter, ln, root, ln, -sr, /dev/mapper/crypt-[^/]+, .+
resize: RegExpFilter, resize, root, resize, -p, [1-9]
cat: RegExpFilter, cat, root, cat, /srv/[^/]+
initiator: ReadFileFilter, /etc/initiator
info: PathFilter, qemu-img, root, info, /srv/images
ifc_ctl: CommandFilter, /opt/pg/bin/ifc_ctl, root
kill_served: KillFilter, root, /usr/sbin/served, -9
kill_any: KillFilter, root, /usr/sbin/served, -10, -12
"""
CODE = """\
from oslo_concurrency import processutils


def size(device):
    out, _err = processutils.execute('blockdev', '--getfra', device, run_as_root=True)
    return out


class Encryptor(object):
    def link(self, point):
        processutils.execute('ln', '-sr', '/dev/mapper/%s' % self.name, point, run_as_root=True)


def resize(size):
    processutils.execute('resize', '-p', int(size), run_as_root=True, check_exit_code=False)


def secret(path):
    return processutils.execute('cat', path, run_as_root=True)


def initiator():
    return processutils.execute('cat', '/etc/initiator', run_as_root=True)


def info(path):
    return processutils.execute('qemu-img', 'info', path, run_as_root=True)


def plug(dev):
    processutils.execute('ifc_ctl', 'add', dev, run_as_root=True)


def end(pid):
    processutils.execute('kill', '-9', pid, run_as_root=True)


def signalled(sig, pid):
    processutils.execute('kill', '-%d' % sig, pid, run_as_root=True)


def nowhere(name):
    processutils.execute('vgs', name, run_as_root=True)
"""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("before") / "project"
    (root / "cloud").mkdir(parents=True)
    (root / "cloud" / "__init__.py").write_text("")
    (root / "cloud" / "driver.py").write_text(CODE)
    (root / "etc" / "cloud" / "rootwrap.d").mkdir(parents=True)
    (root / "etc" / "cloud" / "rootwrap.d" / "cloud.filters").write_text(FILTERS)
    return root


@pytest.fixture(scope="module")
def rewritten(before: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("after") / "project"
    shutil.copytree(before, root)
    done = run("rewrite", "--apply", "--allow-dirty", "cloud", cwd=root)
    assert done.returncode == 0, done.stderr
    return root


def judged(before: Path, after: Path) -> dict[str, Replayed]:
    """What came of each function's call."""
    try:
        found = replay(str(before), str(after), [str(after / "cloud")], rulebook(), daemon=Daemon(timeout=4))
    except HouseError as error:
        pytest.skip(str(error))
    return {each.site.enclosing: each for each in found.sites if each.site is not None}


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text, (old, text)
    path.write_text(text.replace(old, new))


def test_what_rewrite_wrote_refuses_what_the_filters_refused(before: Path, rewritten: Path) -> None:
    found = judged(before, rewritten)
    assert {name for name, each in found.items() if each.verdict is Verdict.DIFFERENT} == set()
    assert {name for name, each in found.items() if each.verdict is not Verdict.SAME} == {"signalled"}
    assert "no sample was found" in found["signalled"].why  # it would take a process that runs the program
    assert {name: each.rule for name, each in found.items() if each.rule} == {
        "secret": "cat.cat",
        "initiator": "cat.cat",
        "end": "kill.kill",
    }
    assert found["size"].runs > 8 and found["Encryptor.link"].runs > 8 and found["resize"].runs > 5


def aspects(found: dict[str, Replayed]) -> dict[str, str]:
    """The first thing that is different, of each call that is."""
    return {name: each.differences[0].aspect for name, each in found.items() if each.verdict is Verdict.DIFFERENT}


def test_what_is_wider_or_runs_another_program_is_told(before: Path, after: Path) -> None:
    privsep = after / "cloud" / "privsep"
    change(privsep / "fs.py", "if not re.match(r'/dev/.*$', device):", "if False:")
    change(privsep / "path.py", "r'/dev/mapper/crypt-", "r'/dev/mapper/")
    change(privsep / "qemu.py", "    path = os.path.realpath(path)\n", "")
    change(privsep / "linux_net.py", "'/opt/pg/bin/ifc_ctl', 'add'", "'ifc_ctl', 'add'")
    change(privsep / "utils.py", "    return '', ", "    assert '' and ")
    assert aspects(judged(before, after)) == {
        "size": "attempts",
        "Encryptor.link": "attempts",
        "info": "command",
        "plug": "command",
        "resize": "outcome",
    }


def test_what_is_narrower_is_told_and_a_native_function_without_its_check(before: Path, after: Path) -> None:
    change(after / "cloud" / "privsep" / "fs.py", "r'/dev/.*$'", "r'/dev/mapper/.*$'")
    path = after / "cloud" / "privsep" / "path.py"
    text = path.read_text()
    start = text.index("    # Only what rootwrap's filters cat, initiator admitted.")
    path.write_text(text[:start] + text[text.index("    limit = ", start) :])
    found = judged(before, after)
    assert aspects(found) == {"size": "command", "secret": "constraint", "initiator": "constraint"}
    (difference,) = found["secret"].differences
    assert (difference.before, difference.after) == ("only what the rootwrap filters cat, initiator admit", "takes any")


def test_a_native_function_with_another_check_is_no_copy_of_its_rule(before: Path, after: Path) -> None:
    change(after / "cloud" / "privsep" / "path.py", "r'/srv/[^/]+$'", "r'/srv/.+$'")
    found = judged(before, after)
    assert aspects(found) == {"secret": "command", "initiator": "command"}
