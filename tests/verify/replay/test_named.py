"""Calls whose root flag names what runs them, inner calls of wrappers, trycmd: good ones pass, broken ones do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.rewrite import command
from migrator.verify.house import HouseError
from migrator.verify.replay.judging import Verdict
from migrator.verify.replay.replay import Replay, replay
from tests.shipped import rulebook
from tests.verify.replay.test_forms import CONTEXT

SEAM = """\
    if callable(kwargs.get('run_as_root')):
        return kwargs['run_as_root'](*cmd, **kwargs)
"""
UTILS = f"""\
import functools

from oslo_concurrency import processutils


def execute(*cmd, **kwargs):
{SEAM}\
    if 'run_as_root' in kwargs and 'root_helper' not in kwargs:
        kwargs['root_helper'] = 'sudo'
    return processutils.execute(*cmd, **kwargs)


def retry(func):
    @functools.wraps(func)
    def inner(*args, **kwargs):
        for attempt in range(3):
            try:
                return func(*args, **kwargs)
            except processutils.ProcessExecutionError:
                if attempt == 2:
                    raise
    return inner
"""
FUNCTIONS = """\
from pkg import privsep
from pkg.privsep import command


@privsep.pctxt.entrypoint
def mkfs(fs, path):
    return command.run('mkfs', '-t', fs, path)


def mkfs_argv(*argv, **options):
    words = command.operands(argv, 'mkfs', '-t', '%s', '%s')
    return mkfs(words[0], words[1])


@privsep.pctxt.entrypoint
def lvs(vg):
    return command.run('lvs', vg, attempts=2)


def lvs_argv(*argv, **options):
    words = command.operands(argv, 'lvs', '%s')
    return lvs(words[0])


@privsep.pctxt.entrypoint
def inner(words):
    words = command.admitted(words, 'tool', [('add', '%s'), ('del', '%s', '%s')])
    return command.run(*words)
"""
BEFORE = """\
from oslo_concurrency import processutils
from pkg import utils


def one(fs, path):
    utils.execute('mkfs', '-t', fs, path, run_as_root=True)


def two(fs, path, root=False):
    utils.execute('mkfs', '-t', fs, path, run_as_root=root)


@utils.retry
def run_lvm(words, run_as_root=True):
    out, err = utils.execute(*words, run_as_root=run_as_root)
    return out, err


def three(vg):
    return utils.execute('lvs', vg, run_as_root=True, attempts=2)


def four(fs, path):
    out, err = processutils.trycmd('mkfs', '-t', fs, path, run_as_root=True)
    return err


def tool(words):
    return utils.execute(*(['tool'] + words), run_as_root=True)


def five(name):
    return tool(['add', name])


def six(name, other):
    return tool(['del', name, other])


def seven(fs, path):
    return run_lvm(['mkfs', '-t', fs, path])
"""
AFTER = """\
from oslo_concurrency import processutils
from pkg import utils
from pkg.privsep import command
from pkg.privsep import fs as privsep_fs


def one(fs, path):
    utils.execute('mkfs', '-t', fs, path, run_as_root=privsep_fs.mkfs_argv)


def two(fs, path, root=False):
    utils.execute('mkfs', '-t', fs, path, run_as_root=root and privsep_fs.mkfs_argv)


@utils.retry
def run_lvm(words, run_as_root=True):
    out, err = utils.execute(*words, run_as_root=run_as_root)
    return out, err


def three(vg):
    return utils.execute('lvs', vg, run_as_root=privsep_fs.lvs_argv, attempts=2)


def four(fs, path):
    out, err = command.trycmd(privsep_fs.mkfs, str(fs), str(path))
    return err


def tool(words):
    return privsep_fs.inner([str(word) for word in ['tool'] + words])


def five(name):
    return tool(['add', name])


def six(name, other):
    return tool(['del', name, other])


def seven(fs, path):
    return run_lvm(['mkfs', '-t', fs, path], run_as_root=privsep_fs.mkfs_argv)
"""


def command_module() -> str:
    parts = command.needed(["command.run( command.operands( command.admitted( command.trycmd("])
    imports = dict.fromkeys(line for part in parts for line in part.imports)
    return "\n".join([*imports, *("\n\n" + part.text for part in parts)])


def tree(root: Path, text: str, utils: str, functions: str) -> str:
    package = root / "pkg" / "privsep"
    package.mkdir(parents=True)
    (root / "pkg" / "__init__.py").write_text("")
    (root / "pkg" / "utils.py").write_text(utils)
    (root / "pkg" / "mod.py").write_text(text)
    (package / "__init__.py").write_text(CONTEXT)
    if functions:
        (package / "fs.py").write_text(functions)
        (package / "command.py").write_text(command_module())
    for path in (root, *root.rglob("*")):
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    return str(root)


def replayed(tmp_path: Path, after: str = AFTER, utils: str = UTILS, functions: str = FUNCTIONS) -> Replay:
    old = tree(tmp_path / "old", BEFORE, UTILS.replace(SEAM, ""), "")
    new = tree(tmp_path / "new", after, utils, functions)
    try:
        return replay(old, new, [f"{new}/pkg"], rulebook())
    except HouseError as error:
        pytest.skip(f"no house can be made here: {error}")


def wrong(found: Replay) -> dict[str, set[str]]:
    """The sites that are not the same, by their functions: the aspects that are told."""
    return {
        each.site.enclosing if each.site else "": {difference.aspect for difference in each.differences}
        for each in found.sites
        if each.verdict not in (Verdict.SAME, Verdict.NOT_MIGRATED)
    }


def test_every_form_that_does_the_same_is_the_same(tmp_path: Path) -> None:
    found = replayed(tmp_path)
    assert wrong(found) == {}
    same = {each.site.enclosing for each in found.sites if each.site and each.verdict is Verdict.SAME}
    assert {"one", "two", "three", "four", "tool", "five", "six", "seven"} <= same


# The file and the text in it that is changed, the site that tells it, and the aspect.
FAULTS = {
    "seam missing": ("utils", SEAM, "", "one", "executor"),
    "condition dropped": ("mod", "root and privsep_fs", "privsep_fs", "two", "root"),
    "another word at the call": (
        "mod",
        "'-t', fs, path, run_as_root=privsep",
        "'-f', fs, path, run_as_root=privsep",
        "one",
        "call",
    ),
    "operands swapped": ("fs", "mkfs(words[0], words[1])", "mkfs(words[1], words[0])", "one", "command"),
    "adapter of another function": (
        "mod",
        "['mkfs', '-t', fs, path], run_as_root=privsep_fs.mkfs_argv",
        "['mkfs', '-t', fs, path], run_as_root=privsep_fs.lvs_argv",
        "seven",
        "command",
    ),
    "attempts lost": ("fs", ", attempts=2", "", "three", "attempts"),
    "pattern too tight": ("fs", "('del', '%s', '%s')", "('del', '%s')", "six", "command"),
    "trycmd is a plain call": (
        "mod",
        "command.trycmd(privsep_fs.mkfs, str(fs), str(path))",
        "privsep_fs.mkfs(str(fs), str(path))",
        "four",
        "a failure",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_broken_one_is_told_with_its_aspect(tmp_path: Path, name: str) -> None:
    file, old, new, enclosing, aspect = FAULTS[name]
    texts = {"mod": AFTER, "utils": UTILS, "fs": FUNCTIONS}
    assert texts[file].count(old) == 1, old
    texts[file] = texts[file].replace(old, new)
    found = wrong(replayed(tmp_path, texts["mod"], texts["utils"], texts["fs"]))
    assert aspect in found.get(enclosing, set()), found
