"""Which user ids a user namespace of this user's can have, and the writing of its map."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass

from migrator.fault import Fault

_NEEDED = 65536  # nobody is 65534
_WHOLE = 2**32 - 1
# Above what systemd and Debian hand out (they end at 0x6fffffff), below what programs take for negative.
_UNUSED = 0x70000000


@dataclass(frozen=True, slots=True)
class Plan:
    """How ids are mapped.

    shift: root, onto ids that nobody has, so that root in the namespace owns nothing of the host's, nor its kernel
    parameters; all: as they are outside, which set-id programs need; range: an ordinary user's (newuidmap,
    /etc/subuid); one: only its own; why: what a range lacks.
    """

    kind: str
    uid: int = 0
    gid: int = 0
    first_uid: int = 0
    first_gid: int = 0
    why: str = ""

    @property
    def many(self) -> bool:
        """Whether there are other users than root in the namespace: else no change of owner can be judged."""
        return self.kind != "one"


def plan(as_outside: bool = False) -> Plan:
    """What this process may map. as_outside: the ids as they are; only root has more than one of them."""
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0:
        return _of_root(as_outside)
    missing = [name for name in ("newuidmap", "newgidmap") if shutil.which(name) is None]
    if missing:
        return Plan("one", uid, gid, why=f"{missing[0]} is not installed (Debian's uidmap); or run it as root")
    name = _name(uid)
    first = [_first(path, name, uid) for path in ("/etc/subuid", "/etc/subgid")]
    for path, start in zip(("/etc/subuid", "/etc/subgid"), first, strict=True):
        if start is None:
            return Plan("one", uid, gid, why=f"{path} gives {name} no range of {_NEEDED} ids; or run it as root")
    return Plan("range", uid, gid, first[0] or 0, first[1] or 0)


def _of_root(as_outside: bool) -> Plan:
    counts = [_count(path) for path in ("/proc/self/uid_map", "/proc/self/gid_map")]
    if min(counts) < _NEEDED - 1:
        return Plan("one", why="root of this user namespace has no others; run it outside")
    if as_outside or min(counts) < _WHOLE:
        # Root of a user namespace is not the host's root, which is what shifting is for.
        return Plan("all")
    return Plan("shift", first_uid=_UNUSED, first_gid=_UNUSED)


def _count(path: str) -> int:
    """How many ids from 0 up a map of this process has."""
    end = 0
    for inside, _, count in _extents(path):
        if inside != end:
            break
        end += count
    return end


def _extents(path: str) -> list[tuple[int, int, int]]:
    """(first id inside, first outside, count), in order."""
    with open(path, encoding="ascii") as file:
        numbers = [int(word) for word in file.read().split()]
    return sorted(zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True))


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _first(path: str, name: str, uid: int) -> int | None:
    """The first id of a range that is large enough, None when the file gives this user none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return None
    for line in lines:
        owner, _, given = line.partition(":")
        start, _, count = given.partition(":")
        if owner in (name, str(uid)) and start.isdigit() and count.strip().isdigit() and int(count) >= _NEEDED:
            return int(start)
    return None


def write(process: int, wanted: Plan) -> None:
    """Map the ids of a process that has just made a user namespace; raises Fault when the map is refused."""
    if wanted.kind == "range":
        for tool, own, first in (
            ("newuidmap", wanted.uid, wanted.first_uid),
            ("newgidmap", wanted.gid, wanted.first_gid),
        ):
            words = [tool, str(process), "0", str(own), "1", "1", str(first), str(_NEEDED - 1)]
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            if done.returncode:
                raise Fault(f"{tool} failed: {done.stderr.strip()}; see newuidmap(1)")
        return
    if wanted.kind == "one":
        lines = {"uid_map": f"0 {wanted.uid} 1", "gid_map": f"0 {wanted.gid} 1"}
        _put(process, "setgroups", "deny")
    elif wanted.kind == "shift":
        lines = {"uid_map": f"0 {wanted.first_uid} {_NEEDED}", "gid_map": f"0 {wanted.first_gid} {_NEEDED}"}
    else:
        # An extent must not span two of the map above it.
        lines = {
            name: "\n".join(f"{inside} {inside} {count}" for inside, _, count in _extents(f"/proc/self/{name}"))
            for name in ("uid_map", "gid_map")
        }
    for name, line in lines.items():
        _put(process, name, line)


def _put(process: int, name: str, text: str) -> None:
    try:
        with open(f"/proc/{process}/{name}", "w", encoding="ascii") as file:
            file.write(text)
    except OSError as error:
        raise Fault(f"this machine lets nobody map user ids (/proc/PID/{name}: {error.strerror})") from error
