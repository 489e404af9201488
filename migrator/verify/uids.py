"""Which user ids a user namespace of this user's can have, and the writing of its map."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass

from migrator.fault import Fault

_NEEDED = 65536  # nobody is 65534


@dataclass(frozen=True, slots=True)
class Plan:
    """How ids are mapped: all (root), a range (newuidmap, /etc/subuid), or one only; why: what a range lacks."""

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


def plan() -> Plan:
    """What this process may map."""
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0:
        return Plan("all")
    missing = [name for name in ("newuidmap", "newgidmap") if shutil.which(name) is None]
    if missing:
        return Plan("one", uid, gid, why=f"{missing[0]} is not installed (Debian's uidmap)")
    name = _name(uid)
    first = [_first(path, name, uid) for path in ("/etc/subuid", "/etc/subgid")]
    for path, start in zip(("/etc/subuid", "/etc/subgid"), first, strict=True):
        if start is None:
            return Plan("one", uid, gid, why=f"{path} gives {name} no range of {_NEEDED} ids")
    return Plan("range", uid, gid, first[0] or 0, first[1] or 0)


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
    lines = {"uid_map": f"0 {wanted.uid} 1", "gid_map": f"0 {wanted.gid} 1"}
    if wanted.kind == "all":
        whole = f"0 0 {2**32 - 1}"
        lines = dict.fromkeys(lines, whole)
    else:
        _put(process, "setgroups", "deny")
    for name, line in lines.items():
        _put(process, name, line)


def _put(process: int, name: str, text: str) -> None:
    try:
        with open(f"/proc/{process}/{name}", "w", encoding="ascii") as file:
            file.write(text)
    except OSError as error:
        raise Fault(f"this machine lets nobody map user ids (/proc/PID/{name}: {error.strerror})") from error
