"""What a git repository holds, read through git itself: commits, trees, changed files and their bytes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone

from migrator import revisions
from migrator.fault import Fault

EVERY = ("tag", "week", "merge", "commit")
_WEEK = 7 * 24 * 3600
_MONDAY = 4 * 24 * 3600  # the first Monday after the epoch, a Thursday
_FILE = "100"  # mode of a regular file; links and submodules have others


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of the first-parent history. name: tags, or the start of its hash. time: seconds; it never falls."""

    sha: str
    name: str
    time: int

    @property
    def date(self) -> str:
        return datetime.fromtimestamp(self.time, timezone.utc).date().isoformat()


@dataclass(frozen=True, slots=True)
class Changed:
    """A file that differs between two trees; before, after: its blob, "" where it is not there."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository, and a path inside of it. folder: where git runs. path: POSIX, "" for all of it."""

    folder: str
    path: str

    def git(self, *words: str) -> str:
        """The output of a git command. Raises Fault with git's own words when it fails."""
        return _git(self.folder, *words)


def found(path: str) -> Repository:
    """The repository that a path lies in, which need not be checked out; below a bare one, the path inside of it.

    Raises Fault where there is none.
    """
    folder = os.path.abspath(path)
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    try:
        bare = _git(folder, "rev-parse", "--is-bare-repository").strip() == "true"
        top = folder if bare else _git(folder, "rev-parse", "--show-toplevel").rstrip("\n")
    except Fault as fault:
        raise Fault(f"{path}: no git history: {fault}") from None
    inside = os.path.relpath(os.path.realpath(os.path.abspath(path)), os.path.realpath(top))
    return Repository(top, "" if inside == "." else inside)


def _git(folder: str, *words: str) -> str:
    done = revisions.run(folder, *words)
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"git {words[0]} failed"]
        raise Fault(lines[0].removeprefix("fatal: "))
    return os.fsdecode(done.stdout)


def sampled(repository: Repository, span: str, every: str) -> list[Commit]:
    """The commits of a range to look at, oldest first: the first, the last, and those in between that `every` says.

    span: as git has it, "15.0.0..21.0.0" or one end. every: of EVERY; a week's is its last. Raises Fault for a range
    that git does not know, or that is empty.
    """
    if span.startswith("-"):
        raise Fault(f"--history {span}: not a range of commits")
    start, dots, end = span.partition("..")
    end = end.lstrip(".") or "HEAD" if dots else span
    words = ["rev-list", "--first-parent", "--topo-order", "--reverse", "--format=%H %ct %P"]
    try:
        listed = repository.git(*words, "--end-of-options", f"{start}..{end}" if dots and start else end, "--")
        first = repository.git(*words, "-1", "--end-of-options", f"{start}^{{commit}}", "--") if dots and start else ""
    except Fault as fault:
        raise Fault(f"--history {span}: {fault}; name a range of commits, such as 15.0.0..HEAD") from None
    commits: list[tuple[str, int, int]] = []
    time = 0
    for line in [*first.splitlines(), *listed.splitlines()]:
        if not line.startswith("commit "):
            sha, stamp, *parents = line.split()
            time = max(time, int(stamp))  # a commit can be dated before its parent
            commits.append((sha, time, len(parents)))
    if not commits:
        raise Fault(f"--history {span}: no commit in that range")
    tags = _tags(repository)
    wanted = [
        (sha, time)
        for number, (sha, time, parents) in enumerate(commits)
        if number in (0, len(commits) - 1)
        or every == "commit"
        or (every == "tag" and sha in tags)
        or (every == "merge" and parents > 1)
        or (every == "week" and _week(time) != _week(commits[number + 1][1]))
    ]
    return [Commit(sha, tags.get(sha, sha[:10]), time) for sha, time in wanted]


def _week(time: int) -> int:
    return (time - _MONDAY) // _WEEK


def _tags(repository: Repository) -> dict[str, str]:
    """Commit -> the shortest of its tags, as releases have shorter ones than what leads up to them."""
    found: dict[str, str] = {}
    for line in repository.git(
        "for-each-ref", "--format=%(objectname) %(*objectname) %(refname:short)", "refs/tags"
    ).splitlines():
        *shas, name = line.split(" ")
        sha = shas[-1] or shas[0]
        if sha not in found or (len(name), name) < (len(found[sha]), found[sha]):
            found[sha] = name
    return found


def tree(repository: Repository, commit: str) -> str:
    """The tree that a commit has at the repository's path, "" where it has none."""
    try:
        return repository.git("rev-parse", "--verify", "--quiet", f"{commit}:{repository.path}").strip()
    except Fault:
        return ""


def changes(repository: Repository, before: str, after: str) -> list[Changed]:
    """The Python files that differ between two trees; before may be "", and then they are all new."""
    if not after:
        return []
    if before:
        words = ("diff-tree", "-r", "-z", "--no-renames", before, after)
        pieces = repository.git(*words).split("\0")
        rows = zip(pieces[0::2], pieces[1::2], strict=False)
        found = []
        for head, path in rows:
            old_mode, new_mode, old, new, _ = head.lstrip(":").split(" ")
            old, new = old if old_mode.startswith(_FILE) else "", new if new_mode.startswith(_FILE) else ""
            found.append(Changed(path, old, new))
    else:
        lines = repository.git("ls-tree", "-r", "-z", after).split("\0")
        split = [(line.partition("\t")[0].split(" "), line.partition("\t")[2]) for line in lines if line]
        found = [Changed(path, "", head[2]) for head, path in split if head[0].startswith(_FILE)]
    return [one for one in found if one.path.endswith(".py") and (one.before or one.after)]


class Blobs:
    """Reads blobs from one git process."""

    def __init__(self, process: subprocess.Popen[bytes]):
        self._process = process

    def read(self, sha: str) -> bytes:
        """The bytes of a blob. Raises Fault for one that the repository lacks, as a shallow or partial clone does."""
        asked, told = self._process.stdin, self._process.stdout
        assert asked is not None and told is not None
        asked.write(sha.encode() + b"\n")
        asked.flush()
        head = told.readline().split()
        if len(head) != 3:
            raise Fault(f"git has no blob {sha}: fetch the whole history, not a shallow or partial clone")
        data = told.read(int(head[2]))
        told.read(1)
        return data


@contextmanager
def blobs(repository: Repository) -> Iterator[Blobs]:
    """A reader of blobs, whose process ends with the block."""
    words: Sequence[str] = ["git", "-C", repository.folder, "cat-file", "--batch"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            yield Blobs(process)
        finally:
            if process.stdin is not None:
                process.stdin.close()
