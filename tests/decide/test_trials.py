"""Every native rule runs beside the command it replaces, as root, on the same files."""

from __future__ import annotations

import os
import pickle
import shlex
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from migrator.decide.load import rulebook
from migrator.decide.match import Match, match
from migrator.decide.rule import FIXTURES, Rule, Trial
from migrator.model import Command, Literal

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: chown and foreign files cannot be tried without")


@dataclass(frozen=True)
class Observed:
    """What a caller and the file system can tell of one run."""

    exit_code: int
    stdout: str
    stderr: str
    files: tuple[tuple[str, ...], ...]


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A place that is open to all, outside pytest's own folders, which only their owner may enter."""
    folder = Path(tempfile.mkdtemp(prefix="privmigrate-trial-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def build(root: Path) -> dict[str, str]:
    """Make the fixtures below root; returns name -> path, all absolute but "relative"."""
    root.mkdir()
    paths = {name: str(root / name) for name in FIXTURES}
    contents = {
        "file": b"one\ntwo\n",
        "empty": b"",
        "binary": b"\xff\xfe \x80caf\xc3\xa9\0\n",
        "suid": b"x",
        "relative": b"near\n",
    }
    for name, content in contents.items():
        (root / name).write_bytes(content)
    for name in ("dir", "sgid", "tree", "tree/sub", "tree/sub/deep", "outside"):
        (root / name).mkdir(mode=0o755)
    for name in ("dir/inside", "tree/plain", "tree/sub/run", "tree/sub/deep/leaf", "outside/kept"):
        (root / name).write_bytes(name.encode())
    (root / "link").symlink_to(paths["file"])
    (root / "dirlink").symlink_to(paths["dir"])
    (root / "dangling").symlink_to(root / "nowhere")
    (root / "tree/out").symlink_to(root / "outside")
    (root / "tree/sub/dangling").symlink_to(root / "nowhere")
    for name in ("fifo", "tree/sub/fifo"):
        os.mkfifo(root / name)
    os.chown(root / "sgid", 1001, 1002)
    os.chown(root / "file", 1001, 1001)
    for name, mode in {
        "file": 0o640,
        "suid": 0o6755,
        "sgid": 0o2775,
        "tree/sub": 0o2770,
        "tree/sub/run": 0o4750,
    }.items():
        (root / name).chmod(mode)
    return {**paths, "relative": "relative"}


def snapshot(root: Path) -> tuple[tuple[str, ...], ...]:
    """Everything below root and root's siblings: type and mode, owner, links, content."""
    found = []
    for path in sorted([root, *root.rglob("*"), *root.parent.glob("*")]):
        status = path.lstat()
        content = ""
        if stat.S_ISREG(status.st_mode):
            content = repr(path.read_bytes())
        elif stat.S_ISLNK(status.st_mode):
            content = os.readlink(path)
        found.append(
            (str(path), oct(status.st_mode), f"{status.st_uid}:{status.st_gid}", str(status.st_nlink), content)
        )
    return tuple(found)


def observe(scratch: Path, act: Callable[[dict[str, str], Path], tuple[int, str, str]]) -> Observed:
    root = scratch / "scratch"
    previous = os.umask(0o022)
    try:
        paths = build(root)
        exit_code, stdout, stderr = act(paths, root)
        return Observed(exit_code, stdout, stderr, snapshot(root))
    finally:
        os.umask(previous)
        shutil.rmtree(root, ignore_errors=True)


def by_command(trial: Trial, scratch: Path) -> Observed:
    """As rootwrap runs it: umask 022, the caller's working directory."""

    def act(paths: dict[str, str], root: Path) -> tuple[int, str, str]:
        done = subprocess.run(
            shlex.split(trial.line.format_map(paths)),
            cwd=root,
            umask=0o022,
            input=trial.stdin.encode(),
            capture_output=True,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            check=False,
        )
        return done.returncode, os.fsdecode(done.stdout), os.fsdecode(done.stderr)

    return observe(scratch, act)


def arguments(rule: Rule, words: list[str]) -> dict[str, Any]:
    """The function's arguments for a command line, by the rule's own grammar."""
    found = match(Command(tuple(Literal(word) for word in words), program=words[0]), rule)
    assert isinstance(found, Match), found
    return {name: given.text if isinstance(given, Literal) else given for name, given in found.given}


def in_the_daemon(call: Callable[[], tuple[str, str]], root: str = "") -> tuple[int, str, str]:
    """Run it in a child with the privsep daemon's umask 0 and working directory /; root: folder to chroot to."""
    from oslo_concurrency import processutils

    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        result: tuple[int, str, str] = (-1, "", "")
        try:
            if root:
                os.chroot(root)
            os.umask(0)
            os.chdir("/")
            result = (0, *call())
        except processutils.ProcessExecutionError as error:
            result = (int(error.exit_code or 0), error.stdout or "", error.stderr or "")
        except BaseException as error:
            result = (-1, "", f"{type(error).__name__}: {error}")
        finally:
            with os.fdopen(writing, "wb") as stream:
                stream.write(pickle.dumps(result))
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        received: tuple[int, str, str] = pickle.loads(stream.read())
    os.waitpid(child, 0)
    return received


def by_function(rule: Rule, trial: Trial, scratch: Path) -> Observed:
    def act(paths: dict[str, str], root: Path) -> tuple[int, str, str]:
        given = arguments(rule, shlex.split(trial.line.format_map(paths)))
        if "process_input" in rule.signature.parameters:
            given["process_input"] = trial.stdin or None
        return in_the_daemon(lambda: rule.function(**given))

    return observe(scratch, act)


RULES = rulebook().all()
TRIALS = [pytest.param(rule, trial, id=trial.line) for rule in RULES for trial in rule.trials]
DIFFERENT = [
    pytest.param(rule, each.trial, id=each.trial.line) for rule in RULES for each in rule.differences if each.trial
]


@pytest.mark.parametrize(("rule", "trial"), TRIALS)
def test_function_does_what_the_command_does(rule: Rule, trial: Trial, scratch: Path) -> None:
    mine, theirs = by_function(rule, trial, scratch), by_command(trial, scratch)
    if trial.apart == "stdout":
        mine, theirs = replace(mine, stdout=""), replace(theirs, stdout="")
    assert mine == theirs


@pytest.mark.parametrize(("rule", "trial"), DIFFERENT)
def test_a_claimed_difference_shows(rule: Rule, trial: Trial, scratch: Path) -> None:
    assert by_function(rule, trial, scratch) != by_command(trial, scratch)


def test_rm_leaves_the_root_folder_alone(scratch: Path) -> None:
    rm = rulebook().rules_for("rm")[1].function
    (scratch / "kept").write_text("")
    exit_code, _, stderr = in_the_daemon(lambda: rm("/", force=True), root=str(scratch))
    assert (exit_code, stderr) == (
        1,
        "rm: it is dangerous to operate recursively on '/'\nrm: use --no-preserve-root to override this failsafe\n",
    )
    assert (scratch / "kept").exists()


@pytest.mark.parametrize("program", ["chown", "chmod", "mkdir", "rm", "tee", "cat"])
def test_without_check_a_failure_is_told_not_raised(program: str) -> None:
    rule = rulebook().rules_for(program)[0]
    operands = ["0"] * (len(rule.form.operands) - 1) + ["/nowhere/at/all"]
    exit_code, stdout, stderr = in_the_daemon(lambda: rule.function(*operands, check=False))
    assert (exit_code, stdout) == (0, "")
    assert stderr.startswith(f"{program}: ") and stderr.endswith("No such file or directory\n")


def test_cat_refuses_what_the_daemon_could_not_send_back(scratch: Path) -> None:
    large = scratch / "large"
    with large.open("wb") as stream:
        stream.truncate(64 * 1024 * 1024 + 1)
    cat = rulebook().rules_for("cat")[0].function
    exit_code, _, stderr = in_the_daemon(lambda: cat(str(large)))
    assert (exit_code, stderr) == (1, f"cat: {large}: File too large\n")
