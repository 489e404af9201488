"""The sample project before and after its rewrite, with a module more for options that the sample has no use for."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from migrator.verify.house import HouseError
from migrator.verify.replay.deployment import Daemon
from migrator.verify.replay.replay import Replay, replay
from tests.running import run
from tests.shipped import rulebook

SAMPLE = Path(__file__).resolve().parents[2] / "fixtures" / "projects" / "moraine"
OPTIONS = """\
from oslo_concurrency import processutils

from moraine import utils

LIMIT = 5
TOOL = 'lvscan'


def label(device):
    out, _ = utils.execute('blkid', device, run_as_root=True)
    return out


def scan():
    out, err = utils.execute(TOOL, '--cache', run_as_root=True, env_variables={'LC_ALL': 'C'})
    return out, err


def settle(name):
    utils.execute('udevadm', 'settle', '--exit-if-exists=%s' % name, run_as_root=True, timeout=30, cwd='/usr/lib')


def passwords(lines):
    utils.execute('chpasswd', '-e', process_input=lines, run_as_root=True)


def wipe(device, count=LIMIT):
    utils.execute('shred', '-n', count, device, run_as_root=True, attempts=2, delay_on_retry=False)


def names(groups):
    found = ','.join([group.name for group in groups])
    first, _ = utils.execute('vgs', found, run_as_root=True)
    out, _ = utils.execute('lvs', first.strip(), run_as_root=True)
    return out
"""

Judge = Callable[[Path, Sequence[str]], Replay]


@pytest.fixture(scope="session")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("before") / "project"
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "moraine" / "options.py").write_text(OPTIONS)
    return folder


@pytest.fixture(scope="session")
def rewritten(before: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("after") / "project"
    shutil.copytree(before, folder)
    done = run("rewrite", "--apply", "--allow-dirty", "moraine", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def after(rewritten: Path, tmp_path: Path) -> Path:
    """A copy of the rewritten project, to be changed."""
    return Path(shutil.copytree(rewritten, tmp_path / "project"))


@pytest.fixture(scope="session")
def judge(before: Path) -> Judge:
    """Replay a tree's files or folders; skips where no house can be made."""

    def judged(after: Path, paths: Sequence[str] = ("moraine",)) -> Replay:
        try:
            return replay(
                str(before), str(after), [str(after / path) for path in paths], rulebook(), daemon=Daemon(timeout=4)
            )
        except HouseError as error:
            pytest.skip(str(error))

    return judged
