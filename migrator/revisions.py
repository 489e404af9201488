"""What git knows of a tree: the files of a commit, what two commits differ in, and which files were renamed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType

from migrator.fault import Fault

# What tells of a project beside its Python files, and rootwrap's filters below etc.
_SAYING = ("setup.cfg", "setup.py", "pyproject.toml", "requirements.txt")
# More files than git compares by default: a package that is renamed as a whole has some hundreds.
_MOST_RENAMES = "-l10000"


class NoGit(Fault):
    """Git cannot be run, or there is no repository."""


@dataclass(frozen=True, slots=True)
class Range:
    """Two commits by their hashes, and how they are called. old: where what is judged branched off. new: its end."""

    old: str
    new: str
    name: str


def top_of(path: str) -> str:
    """The work tree that a path lies in, an absolute path. Raises NoGit when it lies in none."""
    folder = os.path.realpath(path)
    folder = folder if os.path.isdir(folder) else os.path.dirname(folder)
    return os.fsdecode(_git(folder, "rev-parse", "--show-toplevel", why=f"{path}: no git work tree")).rstrip("\n")


def commits(top: str, spec: str) -> Range:
    """The range that REF, A..B or A...B names: from where B (HEAD, for REF) branched off A, to B.

    Raises Fault for a name that git does not know, and for commits without a common one, telling of a shallow clone.
    """
    first, dots, last = spec.partition("...") if "..." in spec else spec.partition("..")
    ends = [_commit(top, name or "HEAD") for name in (first, last if dots else "HEAD")]
    base = run(top, "merge-base", *ends)
    if base.returncode:
        raise Fault(f"--since {spec}: the two have no common commit here{_shallow(top)}")
    return Range(base.stdout.decode().strip(), ends[1], spec)


def changed(top: str, old: str, new: str) -> frozenset[str]:
    """The paths, relative to the top, of files that differ between two commits."""
    listed = _git(top, "diff", "--no-ext-diff", "--no-renames", "--name-only", "-z", old, new, "--", why=top)
    return frozenset(os.fsdecode(path) for path in listed.split(b"\0") if path)


def renames(top: str, old: str, new: str = "", untracked: Sequence[str] = ()) -> dict[str, str]:
    """Old name -> new name of the files that `git diff -M` takes for renamed, relative to the top.

    new: a commit; "" for the work tree, of which git knows what is tracked, and the files in `untracked`.
    """
    with tempfile.TemporaryDirectory(prefix="privmigrate-index-") as home:
        environment = _with_index(top, untracked, os.path.join(home, "index")) if untracked and not new else None
        words = [
            "diff",
            "--no-ext-diff",
            "-M",
            _MOST_RENAMES,
            "--name-status",
            "-z",
            old,
            *([new] if new else []),
            "--",
        ]
        done = run(top, *words, environment=environment)
    if done.returncode:
        return {}
    fields = iter(os.fsdecode(done.stdout).split("\0"))
    found: dict[str, str] = {}
    for status in fields:
        if status[:1] == "R":
            before = next(fields)
            found[before] = next(fields)
        elif status:
            next(fields)
    return found


def checked_out(top: str, commit: str) -> bool:
    """Whether the work tree's tracked files are those of a commit."""
    return not run(top, "diff", "--no-ext-diff", "--quiet", commit, "--").returncode


def last_change(top: str, path: str) -> str:
    """The commit that last touched a file, "" when there is none or git cannot tell."""
    try:
        done = run(top, "log", "-1", "--format=%H", "--", os.path.relpath(os.path.realpath(path), top))
    except NoGit:
        return ""
    return done.stdout.decode().strip() if not done.returncode else ""


@contextlib.contextmanager
def laid_out(top: str, commit: str) -> Iterator[str]:
    """A temporary folder with a commit's Python files, and what the scan reads beside them; gone afterwards.

    The bytes come from git's store, never from the work tree; not by `git archive`, which leaves out what is
    export-ignore. The folder is removed after Ctrl-C and SIGTERM too.
    """
    with _terminated(), tempfile.TemporaryDirectory(prefix="privmigrate-since-") as home:
        home = os.path.realpath(home)
        lay_out(top, commit, home)
        yield home


def lay_out(top: str, commit: str, home: str) -> None:
    """Write a commit's Python files, what tells of its projects, and what is below etc, for rootwrap's filters."""
    listed = _git(top, "ls-tree", "-r", "-z", "--full-tree", commit, why=f"{top}: {commit}")
    entries = [entry.partition(b"\t") for entry in listed.split(b"\0") if entry]
    wanted = [
        (head.split()[2], path)
        for head, _, path in entries
        if head.split()[1] == b"blob" and head.split()[0] != b"120000" and decides(os.fsdecode(path))
    ]
    given = b"".join(name + b"\n" for name, _ in wanted)
    data = _git(top, "cat-file", "--batch", why=top, stdin=given)
    place = 0
    for name, path in wanted:
        end = data.index(b"\n", place)
        head = data[place:end].split()
        if head[1:2] != [b"blob"]:
            raise Fault(f"{os.fsdecode(path)}: git lacks the blob {name.decode()}{_shallow(top)}; fetch it first")
        target = os.path.join(os.fsencode(home), path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(data[end + 1 : end + 1 + int(head[2])])
        place = end + 1 + int(head[2]) + 1


def decides(path: str) -> bool:
    """Whether what is found in a tree can depend on this file of it."""
    return path.endswith(".py") or "etc" in path.split("/")[:-1] or os.path.basename(path) in _SAYING


@contextlib.contextmanager
def _terminated() -> Iterator[None]:
    """Have SIGTERM, which CI ends jobs with, unwind the stack as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _commit(top: str, name: str) -> str:
    done = run(top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if done.returncode:
        raise Fault(f"--since: git knows no commit {name!r}{_shallow(top)}")
    return done.stdout.decode().strip()


def _shallow(top: str) -> str:
    done = run(top, "rev-parse", "--is-shallow-repository")
    if done.stdout.strip() != b"true":
        return ""
    return "; this clone is shallow: `git fetch --unshallow`, or fetch-depth: 0 of actions/checkout, brings the rest"


def _with_index(top: str, untracked: Iterable[str], copy: str) -> dict[str, str] | None:
    """An environment with an index of its own in which new files are known by name; the real one stays as it is."""
    place = os.fsdecode(_git(top, "rev-parse", "--git-path", "index", why=top)).rstrip("\n")
    try:
        shutil.copyfile(os.path.join(top, place), copy)
    except OSError:
        return None
    environment = {**os.environ, "GIT_INDEX_FILE": copy}
    done = run(top, "add", "--intent-to-add", "--", *untracked, environment=environment)
    return environment if not done.returncode else None


def _git(folder: str, *words: str, why: str, stdin: bytes | None = None) -> bytes:
    done = run(folder, *words, stdin=stdin)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise NoGit(f"{why} ({said[-1] if said else 'git failed'})")
    return done.stdout


def run(
    folder: str, *words: str, stdin: bytes | None = None, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run git in a folder, whatever it ends with. Raises NoGit when there is none."""
    try:
        command = ["git", "-C", folder, "--literal-pathspecs", *words]
        return subprocess.run(command, input=stdin, capture_output=True, check=False, env=environment)
    except OSError as error:
        raise NoGit(f"git cannot be run: {error.strerror}") from None
