"""What trials are tried on: made anew in each world, below the scratch folder, as the rule's words name them."""

from __future__ import annotations

import errno
import functools
import os
import re
import shlex
import signal
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from migrator.decide.fixture_names import PATHS, PROCESSES
from migrator.verify import kernel, networks, traffic_fixtures
from migrator.verify.networks import NotHere as NotHere
from migrator.verify.sandbox import SCRATCH

FOREIGN, OTHER = 1001, 1002
ONE_USER = "only one user id is mapped here"
_TEXT = b"one\ntwo\n"
# acl(5): user::rw-, user:1002:r--, group::---, mask::r--, other::---
_ACL = struct.pack("<I", 2) + b"".join(
    struct.pack("<HHI", tag, rights, of)
    for tag, rights, of in ((1, 6, 2**32 - 1), (2, 4, OTHER), (4, 0, 2**32 - 1), (16, 4, 2**32 - 1), (32, 0, 2**32 - 1))
)
_FIELD = re.compile(r"\{([a-z]+)(?::([a-z,]+))?\}")
_NAMES = {
    "space": "a {} b",
    "quote": "it's {}",
    "newline": "{}\nnext",
    "byte": "{}-\udcff\udc80",
    "dash": "-{}",
}


@dataclass(frozen=True, slots=True)
class Spot:
    """One {fixture:shape,shape} of a trial."""

    fixture: str
    shapes: tuple[str, ...]

    @property
    def name(self) -> str:
        """What the thing is called in the scratch folder."""
        if "long" in self.shapes or "overlong" in self.shapes:
            return self.fixture.ljust(255 if "long" in self.shapes else 256, "x")
        name = self.fixture
        for shape in self.shapes:
            name = _NAMES.get(shape, "{}").format(name)
        return name

    @property
    def word(self) -> str:
        """Its word on the command line, for a path."""
        if "blank" in self.shapes:
            return ""
        near = self.fixture == "relative" or "near" in self.shapes or "dash" in self.shapes
        folder = "" if near else f"{SCRATCH}/"
        if self.fixture == "private":
            folder += "of-private/"
        if "dotdot" in self.shapes:
            folder += "bystander/../" if near else "../scratch/"
        if "double" in self.shapes:
            folder += "/" if folder else ".//"
        return f"{folder}{self.name}{'/' if 'slash' in self.shapes else ''}"


def words(line: str) -> list[str]:
    """The words of a trial's line, fixtures still in braces."""
    return list(_words(line))


@functools.lru_cache(maxsize=1024)  # asked for several times for each run of a trial
def _words(line: str) -> tuple[str, ...]:
    return tuple(shlex.split(line))


def joined(line: Sequence[str]) -> str:
    """The line of these words: words() of it gives them back. A fixture's braces need no quotes."""
    return " ".join(word if shlex.split(word) == [word] else shlex.quote(word) for word in line)


def spots(word: str) -> list[Spot]:
    """The fixtures that a word names, in order."""
    return [Spot(name, tuple(filter(None, shapes.split(",")))) for name, shapes in _FIELD.findall(word)]


def build(line: Sequence[str]) -> tuple[list[str], dict[str, int]]:
    """Make what the words of a trial name, and a bystander.

    Returns the words with the fixtures' own in place, and the pids of the processes that wait, by fixture. Runs
    inside a world. Raises NotHere where the user or the kernel lacks what a fixture needs.
    """
    os.chdir(SCRATCH)
    os.umask(0o022)
    wanted = dict.fromkeys(spot for word in line for spot in spots(word))
    os.mkdir("bystander")
    _write("bystander/kept", b"kept\n")
    made: dict[Spot, str] = {}
    for spot in wanted:
        # Two spellings of one name are one thing.
        there = any((each.fixture, each.name) == (spot.fixture, spot.name) for each in made)
        made[spot] = spot.word if there and spot.fixture in PATHS else _made(spot)
    waiting = {spot.fixture: int(made[spot]) for spot in wanted if spot.fixture in PROCESSES.keys() - {"noprocess"}}
    return [_FIELD.sub(lambda field: made[spots(field[0])[0]], word) for word in line], waiting


def _made(spot: Spot) -> str:
    if spot.fixture in _NETWORKS:
        return _NETWORKS[spot.fixture]()
    if spot.fixture in PROCESSES:
        return _PROCESSES[spot.fixture]()
    place = f"of-private/{spot.name}" if spot.fixture == "private" else spot.name
    # Nothing can be at a name that is too long; what two words of a line name is there once.
    if "overlong" not in spot.shapes and not os.path.lexists(place):
        _PATHS[spot.fixture](place)
    return spot.word


def _write(path: str, content: bytes, mode: int = 0o644, owner: tuple[int, int] = (0, 0)) -> None:
    with open(path, "wb") as stream:
        stream.write(content)
    _own(path, owner)
    os.chmod(path, mode)


def _own(path: str, owner: tuple[int, int]) -> None:
    try:
        os.chown(path, *owner)
    except OSError as error:
        if error.errno == errno.EINVAL:
            raise NotHere(ONE_USER) from error
        raise


def _folder(path: str, mode: int = 0o755, owner: tuple[int, int] = (0, 0)) -> None:
    os.mkdir(path)
    _own(path, owner)
    os.chmod(path, mode)


def _beside(name: str, make: Callable[[str], None]) -> str:
    """Make something for a link to lead to; returns its absolute path."""
    os.makedirs("beside", exist_ok=True)
    path = f"{SCRATCH}/beside/{name}"
    if not os.path.lexists(path):
        make(path)
    return path


def _file(path: str) -> None:
    _write(path, _TEXT, 0o640, (FOREIGN, FOREIGN))


def _sparse(path: str) -> None:
    with open(path, "wb") as stream:
        stream.seek(1 << 16)
        stream.write(_TEXT)
    _own(path, (FOREIGN, FOREIGN))
    os.chmod(path, 0o640)
    try:
        os.setxattr(path, "system.posix_acl_access", _ACL)
    except OSError as error:
        if error.errno == errno.EINVAL:
            raise NotHere(ONE_USER) from error
        if error.errno != errno.ENOTSUP:  # a kernel whose tmpfs has no access lists: then nothing can lose one
            raise


def _hardlink(path: str) -> None:
    _file(path)
    os.makedirs("beside", exist_ok=True)
    second = f"{SCRATCH}/beside/second"
    os.link(path, second if not os.path.lexists(second) else f"{second}-{os.stat(path).st_ino}")


def _private(path: str) -> None:
    if not os.path.isdir("of-private"):
        _folder("of-private", owner=(FOREIGN, FOREIGN))
    _write(path, _TEXT, 0o600, (FOREIGN, FOREIGN))
    os.chmod("of-private", 0o700)


def _privatedir(path: str, mode: int = 0o700) -> None:
    _folder(path, owner=(FOREIGN, FOREIGN))
    _write(f"{path}/inside", _TEXT, 0o600, (FOREIGN, FOREIGN))
    _folder(f"{path}/below", 0o700, (FOREIGN, FOREIGN))
    os.chmod(path, mode)


def _dir(path: str) -> None:
    _folder(path)
    _write(f"{path}/inside", b"dir/inside")


def _sticky(path: str) -> None:
    _folder(path, owner=(FOREIGN, FOREIGN))
    _write(f"{path}/inside", _TEXT, 0o644, (OTHER, OTHER))
    _folder(f"{path}/below", owner=(OTHER, OTHER))
    os.chmod(path, 0o1777)


def _tree(path: str) -> None:
    outside = _beside("outside", _dir)
    for below in ("", "/sub", "/sub/deep"):
        os.mkdir(path + below)
    _write(f"{path}/plain", b"tree/plain", 0o644, (FOREIGN, FOREIGN))
    _write(f"{path}/sub/run", b"tree/sub/run", 0o4750, (OTHER, OTHER))
    _write(f"{path}/sub/deep/leaf", b"tree/sub/deep/leaf")
    os.symlink(outside, f"{path}/out")
    os.symlink(f"{SCRATCH}/nowhere", f"{path}/sub/dangling")
    os.mkfifo(f"{path}/sub/fifo")
    os.link(f"{path}/plain", f"{path}/sub/second")
    _own(f"{path}/sub", (FOREIGN, OTHER))
    os.chmod(f"{path}/sub", 0o2770)


def _mounted(path: str) -> None:
    _folder(path)
    _write(f"{path}/plain", _TEXT)
    os.mkdir(f"{path}/point")
    kernel.mount("mounted", f"{SCRATCH}/{path}/point", "tmpfs", kernel.MS_NODEV, "mode=755")
    _write(f"{path}/point/inside", _TEXT)


def _readonlydir(path: str) -> None:
    _dir(path)
    kernel.mount(f"{SCRATCH}/{path}", f"{SCRATCH}/{path}", flags=kernel.MS_BIND)
    kernel.read_only(f"{SCRATCH}/{path}")


def _readonly(path: str) -> None:
    _file(path)
    kernel.mount(f"{SCRATCH}/{path}", f"{SCRATCH}/{path}", flags=kernel.MS_BIND)
    kernel.read_only(f"{SCRATCH}/{path}")


_PATHS: Mapping[str, Callable[[str], None]] = {
    "file": _file,
    "rootfile": lambda path: _write(path, _TEXT, 0o600),
    "empty": lambda path: _write(path, b""),
    "binary": lambda path: _write(path, b"\xff\xfe \x80caf\xc3\xa9\0\n", 0o666),
    "sparse": _sparse,
    "suid": lambda path: _write(path, b"x", 0o6755),
    "foreignsuid": lambda path: _write(path, b"x", 0o6755, (FOREIGN, OTHER)),
    "hardlink": _hardlink,
    "private": _private,
    "privatedir": _privatedir,
    "lockeddir": lambda path: _privatedir(path, 0o500),
    "dir": _dir,
    "sgid": lambda path: _folder(path, 0o2775, (FOREIGN, OTHER)),
    "sticky": _sticky,
    "tree": _tree,
    "mounted": _mounted,
    "link": lambda path: os.symlink(_beside("file", _file), path),
    "dirlink": lambda path: os.symlink(_beside("dir", _dir), path),
    "dangling": lambda path: os.symlink(f"{SCRATCH}/nowhere", path),
    "missing": lambda path: None,
    "fifo": lambda path: os.mkfifo(path),
    "readonly": _readonly,
    "readonlydir": _readonlydir,
    "relative": lambda path: _write(path, b"near\n"),
}


_NETWORKS = {**networks.MADE, **traffic_fixtures.MADE}


# --- processes --------------------------------------------------------------------------------------


def _process(uid: int, ignored: tuple[int, ...] = ()) -> str:
    """A child that waits, its pid; the world's first process reaps it when the world ends."""
    ready, telling = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2):
                signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)
            if uid:
                os.setgroups([])
                os.setresgid(uid, uid, uid)
                os.setresuid(uid, uid, uid)
            os.write(telling, b".")
            os.close(ready)
            os.close(telling)
            while True:
                signal.pause()
        finally:
            os._exit(1)
    os.close(telling)
    told = os.read(ready, 1)
    os.close(ready)
    if not told:
        raise NotHere(ONE_USER)
    return str(pid)


_PROCESSES: Mapping[str, Callable[[], str]] = {
    "process": lambda: _process(FOREIGN),
    "rootprocess": lambda: _process(0),
    "stubborn": lambda: _process(FOREIGN, (signal.SIGTERM, signal.SIGHUP)),
    "noprocess": lambda: "30000",
}
