"""Every form that a rewrite can have: narrow, guarded, conditional, wrapped; good ones pass, broken ones do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.fault import Fault
from migrator.rewrite import command
from migrator.verify.house import HouseError
from migrator.verify.replay import deployment
from migrator.verify.replay.judging import Verdict
from migrator.verify.replay.replay import Replay, replay
from tests.shipped import rulebook

CONTEXT = """\
from oslo_privsep import priv_context

pctxt = priv_context.PrivContext(
    __name__, cfg_section='pkg_sys_admin', pypath=__name__ + '.pctxt', capabilities=[])
"""
RUN = command.PARTS["run"]
COMMAND = "\n".join(RUN.imports) + "\n\n\n" + RUN.text
FUNCTIONS = """\
from pkg import privsep
from pkg.privsep import command


@privsep.pctxt.entrypoint
def mkfs(fs, path):
    return command.run('mkfs', '-t', fs, path)


@privsep.pctxt.entrypoint
def lvs(unit, vg):
    return command.run('lvs', '--units=%s' % unit, vg, attempts=3)


@privsep.pctxt.entrypoint
def guarded(words):
    if words[0] != 'lvcreate':
        raise ValueError(words)
    return command.run(*words)
"""
BEFORE = """\
from oslo_concurrency import processutils
from pkg import retrying


def one(fs, path, run_as_root=False):
    processutils.execute('mkfs', '-t', fs, path, run_as_root=run_as_root)


def two(fs, path, root):
    out, err = processutils.execute('mkfs', '-t', fs, path, run_as_root=root)
    return out


def three(vg):
    return processutils.execute('lvs', '--units=%s' % 'g', vg, run_as_root=True, attempts=3)


def four(vg, name, thin, size):
    cmd = ['lvcreate', '-n', name, vg]
    if thin:
        cmd += ['-T', '-V', size]
    else:
        cmd.append('-L%s' % size)
    processutils.execute(*cmd, run_as_root=True)


def five(vg, tags):
    cmd = ['lvcreate']
    for tag in tags:
        cmd.extend(['--addtag', tag])
    processutils.execute(*(cmd + [vg]), run_as_root=True)


def six(vg):
    name = vg.split('/')[0]
    processutils.execute('mkfs', '-t', 'ext4', name, run_as_root=True)
"""
AFTER = """\
from oslo_concurrency import processutils
from pkg import retrying
from pkg.privsep import fs as privsep_fs


def one(fs, path, run_as_root=False):
    if run_as_root:
        privsep_fs.mkfs(str(fs), str(path))
    else:
        processutils.execute('mkfs', '-t', fs, path)


def two(fs, path, root):
    out, err = (privsep_fs.mkfs(str(fs), str(path)) if root
                else processutils.execute('mkfs', '-t', fs, path))
    return out


def three(vg):
    return retrying.call(privsep_fs.lvs, 'g', str(vg))


def four(vg, name, thin, size):
    cmd = ['lvcreate', '-n', name, vg]
    if thin:
        cmd += ['-T', '-V', size]
    else:
        cmd.append('-L%s' % size)
    privsep_fs.guarded([str(word) for word in cmd])


def five(vg, tags):
    cmd = ['lvcreate']
    for tag in tags:
        cmd.extend(['--addtag', tag])
    privsep_fs.guarded([str(word) for word in cmd + [vg]])


def six(vg):
    first = vg.split('/')[0]
    privsep_fs.mkfs('ext4', str(first))
"""


def tree(root: Path, text: str, functions: str) -> str:
    package = root / "pkg" / "privsep"
    package.mkdir(parents=True)
    (root / "pkg" / "__init__.py").write_text("")
    (root / "pkg" / "retrying.py").write_text("def call(f, *a):\n    return f(*a)\n")
    (root / "pkg" / "mod.py").write_text(text)
    (package / "__init__.py").write_text(CONTEXT)
    if functions:
        (package / "fs.py").write_text(functions)
        (package / "command.py").write_text(COMMAND)
    for path in (root, *root.rglob("*")):
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    return str(root)


def replayed(
    tmp_path: Path, after: str = AFTER, functions: str = FUNCTIONS, daemon: deployment.Daemon = deployment.FORK
) -> Replay:
    old, new = tree(tmp_path / "old", BEFORE, ""), tree(tmp_path / "new", after, functions)
    try:
        return replay(old, new, [f"{new}/pkg"], rulebook(), daemon=daemon)
    except HouseError as error:
        pytest.skip(f"no house can be made here: {error}")


def test_every_form_that_does_the_same_is_the_same(tmp_path: Path) -> None:
    found = replayed(tmp_path)
    assert [(each.site and each.site.enclosing, each.verdict) for each in found.sites] == [
        (name, Verdict.SAME) for name in ("one", "two", "three", "four", "five", "six")
    ]
    assert all(each.runs >= 8 for each in found.sites)


# What is changed after the rewrite, the site that it is in, and the aspect that has to be told.
FAULTS = {
    "condition turned round": ("    if run_as_root:", "    if not run_as_root:", "one", "root"),
    "condition lost": (
        """    if run_as_root:
        privsep_fs.mkfs(str(fs), str(path))
    else:
        processutils.execute('mkfs', '-t', fs, path)
""",
        "    privsep_fs.mkfs(str(fs), str(path))\n",
        "one",
        "root",
    ),
    "word lost without root": ("'-t', fs, path)\n\n\ndef two", "'-t', path)\n\n\ndef two", "one", "without root"),
    "expression turned round": ("if root\n", "if not root\n", "two", "root"),
    "nothing runs without root": (
        "else processutils.execute('mkfs', '-t', fs, path)",
        "else ('', '')",
        "two",
        "without root",
    ),
    "pair turned round": ("    out, err = (", "    err, out = (", "two", "what becomes of the result"),
    "wrong constant for a wrapper": ("'g', str(vg)", "'m', str(vg)", "three", "command"),
    "result dropped": ("    return retrying.call(", "    retrying.call(", "three", "what becomes of the result"),
    "word dropped under a condition": ("['-T', '-V', size]", "['-T', size]", "four", "command"),
    "other way of a condition": ("'-L%s' % size", "'-l%s' % size", "four", "command"),
    "word not text": ("[str(word) for word in cmd])\n\n\ndef five", "cmd)\n\n\ndef five", "four", "outcome"),
    "turn of a loop lost": ("cmd.extend(['--addtag', tag])", "cmd = ['lvcreate', '--addtag', tag]", "five", "command"),
    "word dropped at the end": ("cmd + [vg]]", "cmd]", "five", "command"),
    "another part of a text": ("vg.split('/')[0]", "vg.split('/')[1]", "six", "command"),
    "handler added": (
        "    privsep_fs.mkfs('ext4', str(first))",
        "    try:\n        privsep_fs.mkfs('ext4', str(first))\n    except Exception:\n        pass",
        "six",
        "handlers around the call",
    ),
}


def together() -> list[list[str]]:
    """The faults, no two of one function in a group: a replay starts daemons, which takes longer than what it does."""
    groups: list[list[str]] = []
    for name, (_, _, enclosing, _) in FAULTS.items():
        free = (group for group in groups if enclosing not in {FAULTS[each][2] for each in group})
        group = next(free, None)
        if group is None:
            groups.append([name])
        else:
            group.append(name)
    return groups


@pytest.mark.parametrize("group", together(), ids=", ".join)
def test_broken_ones_are_told_with_their_aspects(tmp_path: Path, group: list[str]) -> None:
    text = AFTER
    for name in group:
        old, new, _, _ = FAULTS[name]
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    found = replayed(tmp_path, text)
    wrong = {each.site.enclosing: each for each in found.sites if each.site and each.verdict is not Verdict.SAME}
    assert set(wrong) == {FAULTS[name][2] for name in group}
    for _, _, enclosing, aspect in map(FAULTS.__getitem__, group):
        assert wrong[enclosing].verdict is Verdict.DIFFERENT
        assert aspect in {each.aspect for each in wrong[enclosing].differences}, wrong[enclosing].differences


def test_a_call_that_is_gone_and_one_that_came(tmp_path: Path) -> None:
    gone = AFTER.replace("    privsep_fs.mkfs('ext4', str(first))", "    return first")
    (wrong,) = (each for each in replayed(tmp_path / "1", gone).sites if each.verdict is not Verdict.SAME)
    assert (wrong.verdict, wrong.site and wrong.site.enclosing) == (Verdict.UNPAIRED, "six")
    more = AFTER + "\n\ndef seven(vg):\n    privsep_fs.mkfs('ext4', vg)\n"
    (wrong,) = (each for each in replayed(tmp_path / "2", more).sites if each.verdict is not Verdict.SAME)
    assert (wrong.verdict, wrong.site) == (Verdict.UNPAIRED, None)
    assert wrong.path.endswith("mod.py") and wrong.function == "pkg.privsep.fs.mkfs"


def test_nothing_moved_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="nothing moved"):
        replayed(tmp_path, BEFORE)


def test_a_daemon_that_does_not_start_proves_nothing(tmp_path: Path) -> None:
    found = replayed(tmp_path, daemon=deployment.Daemon("sudo", helper_command="/bin/false"))
    assert {each.verdict for each in found.sites} == {Verdict.UNVERIFIABLE}
    assert all("does not start" in each.why for each in found.sites)


@pytest.mark.parametrize("when", ["before", "now"])
def test_a_file_that_does_not_parse_is_not_verifiable(tmp_path: Path, when: str) -> None:
    broken = "print 'python 2'\n"
    before, after = (BEFORE + broken, AFTER) if when == "before" else (BEFORE, AFTER + broken)
    old, new = tree(tmp_path / "old", before, ""), tree(tmp_path / "new", after, FUNCTIONS)
    found = replay(old, new, [f"{new}/pkg"], rulebook())
    assert {each.verdict for each in found.sites} == {Verdict.UNVERIFIABLE}
    assert all(f"as it is {when}" in each.why for each in found.sites)
