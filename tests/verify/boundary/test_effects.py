"""What the source of a privileged function says that it does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from migrator.verify.boundary import entrypoints
from migrator.verify.boundary.effects import Effects, effects
from migrator.verify.boundary.project import Project
from tests.running import run
from tests.verify.boundary.project import written

SAMPLE = Path(__file__).resolve().parents[2] / "fixtures" / "projects" / "moraine"
HEAD = """\
import os
import shutil

from oslo_concurrency import processutils

import lagoon.privsep


def _admitted(words):
    words = [str(word) for word in words]
    if words[0] != 'lvs' or len(words) != 3:
        _refuse(words)
    return words


def _refuse(words):
    raise ValueError(words[0])


def _below(path):
    if not os.path.realpath(path).startswith('/var/lib/lagoon/'):
        raise ValueError(path)


def _run(*words, **options):
    return processutils.execute(*words, run_as_root=False, **options)


"""


def decided(folder: Path, parameters: str, *body: str) -> Effects:
    """The effects of one entrypoint."""
    lines = "".join(f"    {line}\n" for line in body)
    text = f"{HEAD}@lagoon.privsep.default.entrypoint\ndef work({parameters}):\n{lines}"
    project = Project([str(written(folder, {"privsep/path.py": text}))])
    found = effects(project, entrypoints.entrypoints(entrypoints.forms(project)))
    return found["lagoon.privsep.path.work"]


@pytest.mark.parametrize(
    ("parameters", "body", "rung", "opens", "programs"),
    [
        ("*cmd", ["return processutils.execute(*cmd)"], "laundered", ("cmd",), ()),
        ("*cmd, **kwargs", ["return _run(*cmd, **kwargs)"], "laundered", ("cmd",), ()),
        ("cmd", ["cmd = list(map(str, cmd))", "return _run(*cmd)"], "laundered", ("cmd",), ()),
        ("cmd", ["if not cmd:", "    raise ValueError(cmd)", "return _run(*cmd)"], "laundered", ("cmd",), ()),
        ("program, path", ["return _run(program, path)"], "laundered", ("program",), ()),
        ("*args", ["return _run('ip', *args)"], "laundered", ("args",), ("ip",)),
        ("words", ["words = _admitted(words)", "return _run(*words)"], "guarded", (), ()),
        ("cmd", ["if cmd[0] not in ('lvs', 'vgs'):", "    raise ValueError", "_run(*cmd)"], "guarded", (), ()),
        ("path", ["return _run('lvs', path)"], "narrow", (), ("lvs",)),
        ("options, path", ["_run('mount', *options, path)"], "narrow", (), ("mount",)),
        ("path", ["cmd = ['lvs']", "cmd.append(path)", "_run(*cmd)", "os.sync()"], "narrow", (), ("lvs",)),
        ("path", ["os.unlink(path)"], "native", (), ()),
    ],
)
def test_the_rung(
    parameters: str, body: list[str], rung: str, opens: tuple[str, ...], programs: tuple[str, ...], tmp_path: Path
) -> None:
    found = decided(tmp_path, parameters, *body)
    assert (found.rung.value, found.opens, found.programs) == (rung, opens, programs)
    assert found.whole == (bool(opens) and not programs)


@pytest.mark.parametrize(
    ("parameters", "body", "does"),
    [
        ("path", ["os.chown(path, 0, 0)"], ["path changes the owner of os.chown"]),
        ("path", ["return open(path).read()"], ["path reads open"]),
        ("path, text", ["with open(path, 'w') as f:", "    f.write(text)"], ["path writes open"]),
        ("path, mode", ["open(path, mode)"], ["path reads or writes open"]),
        ("old, new", ["shutil.move(src=old, dst=new)"], ["old moves shutil.move", "new moves shutil.move"]),
        ("links", ["for link in links:", "    os.unlink(link)"], ["links removes os.unlink"]),
        ("path", ["path = os.path.join(path, 'x')", "os.rmdir(path)"], ["path removes os.rmdir"]),
        ("path", ["if not os.path.isabs(path):", "    raise ValueError", "os.rmdir(path)"], ["path removes os.rmdir"]),
        ("path", ["for at, _, _ in os.walk(path):", "    os.rmdir(at)"], ["path removes os.rmdir"]),
        ("path", ["_run('cat', path)"], ["path reads cat"]),
        ("path", ["_run('dd', 'if=%s' % path, 'of=/dev/null')"], ["path reads dd"]),
        ("path, more", ["_run('dd', 'if=/dev/zero', 'of=%s' % path, more)"], ["path writes dd"]),
        ("path", ["_run('tee', '-a', path)"], ["path writes tee"]),
        ("mode, path", ["_run('chmod', '-R', mode, path)"], ["path changes the mode of chmod"]),
        ("like, path", ["_run('chown', '--reference', path)"], ["path changes the owner of chown"]),
        ("old, new", ["_run('cp', '-a', old, new)"], ["old reads cp", "new writes cp"]),
        ("size, path", ["_run('truncate', '-s', size, path)"], ["path writes truncate"]),
        ("kind, path", ["_run('mknod', path, 'b', kind, kind)"], ["path creates mknod"]),
        ("name", ["os.unlink('/var/lib/lagoon/%s' % name)"], []),
        ("path", ["_below(path)", "os.unlink(path)"], []),
        ("path", ["if path not in ('/a', '/b'):", "    raise ValueError", "os.unlink(path)"], []),
        ("path", ["if path.startswith('/a/'):", "    os.unlink(path)"], []),
        ("path", ["_run('lvs', path)"], []),
        ("text", ["open('/etc/lagoon', 'w').write(text)"], []),
    ],
)
def test_paths_that_it_is_given(parameters: str, body: list[str], does: list[str], tmp_path: Path) -> None:
    found = decided(tmp_path, parameters, *body)
    assert [f"{one.parameter} {one.does} {one.by}" for one in found.paths] == does


def test_a_test_behind_the_use_confines_nothing(tmp_path: Path) -> None:
    found = decided(tmp_path, "path", "os.unlink(path)", "if path != '/a':", "    raise ValueError")
    assert [one.parameter for one in found.paths] == ["path"]


def test_what_a_helper_in_another_module_does_counts(tmp_path: Path) -> None:
    files = {
        "privsep/path.py": "import lagoon.privsep\nfrom lagoon import files\n\n\n"
        "@lagoon.privsep.default.entrypoint\ndef read(name):\n    return files.read(name)\n",
        "files.py": "def read(path):\n    with open(path) as opened:\n        return opened.read()\n",
    }
    project = Project([str(written(tmp_path, files))])
    (found,) = effects(project, entrypoints.entrypoints(entrypoints.forms(project))).values()
    assert [(one.parameter, one.does, one.line) for one in found.paths] == [("name", "reads", 2)]
    assert found.paths[0].path.endswith("lagoon/files.py")


def test_functions_that_a_rewrite_wrote_are_on_the_rung_that_it_says(tmp_path: Path) -> None:
    folder = tmp_path / "moraine"
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    done = run("rewrite", "--apply", "--allow-dirty", "--format", "json", "moraine", cwd=folder)
    assert done.returncode == 0, done.stderr
    said = {
        site["function"].removesuffix("_argv"): site["rung"]
        for site in json.loads(done.stdout)["sites"]
        if site["moved"] and site["function"]
    }
    project = Project([str(folder / "moraine")])
    found = effects(project, entrypoints.entrypoints(entrypoints.forms(project)))
    assert len(said) > 40
    assert {name: found[name].rung.value for name in said} == said
