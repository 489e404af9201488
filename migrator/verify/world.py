"""What there is to see in a world after something was done in it, and how two such sights differ."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import select
import stat
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from migrator.verify.sandbox import PLACES

_LONG = 200  # bytes of content that are kept as they are
# What differs from run to run, or follows from something that is compared already.
_VOLATILE = {
    "ifindex",
    "link_index",
    "link_netnsid",
    "valid_life_time",
    "preferred_life_time",
    "numtxqueues",
    "numrxqueues",
    "hello_timer",
    "tcn_timer",
    "topology_change_timer",
    "gc_timer",
    "hold_timer",
    "message_age_timer",
    "forward_delay_timer",
    "operstate",
}
# The kernel finds these out up to a second after a device was set up; they follow from what is up, which is compared.
_LATER = {"NO-CARRIER", "LOWER_UP"}
# The kernel draws a MAC address for a new device, and makes its link-local address of it; fixtures have 02:00:00:...
_DRAWN = re.compile(
    r"\b(?!00:00:00:00:00:00|ff:ff|33:33|02:00:00)[0-9a-f]{2}(:[0-9a-f]{2}){5}\b|fe80::(?!ff:fe00:)[0-9a-f:]*:[0-9a-f:]+"
)

Sight = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Before:
    """What has to be known from before to see what was touched: inode number by path."""

    inodes: Mapping[str, int]


def prepare() -> Before:
    """Set all times back to zero, so that what is touched shows."""
    inodes = {}
    for path in _paths():
        with contextlib.suppress(OSError):  # what lies on a read-only mount nobody can touch
            os.utime(path, ns=(0, 0), follow_symlinks=False)
        inodes[path] = os.lstat(path).st_ino
    return Before(inodes)


def files(before: Before) -> Sight:
    """Path -> what it is like, of everything that a command could have written to.

    Keys: type, mode, owner, links, content or target or device, xattrs, touched, kept (the same inode as before).
    """
    return {path: _look(path, before.inodes) for path in _paths()}


def _paths() -> Iterator[str]:
    waiting = list(PLACES)
    while waiting:
        path = waiting.pop()
        yield path
        if stat.S_ISDIR(os.lstat(path).st_mode):
            waiting += sorted((f"{path}/{name}" for name in os.listdir(path)), reverse=True)


def _look(path: str, inodes: Mapping[str, int]) -> dict[str, str]:
    status = os.lstat(path)
    seen = {
        "type": _TYPES.get(stat.S_IFMT(status.st_mode), "?"),
        "mode": f"{stat.S_IMODE(status.st_mode):04o}",
        "owner": f"{status.st_uid}:{status.st_gid}",
        "links": str(status.st_nlink),
    }
    if stat.S_ISREG(status.st_mode):
        seen["content"] = _content(path)
    elif stat.S_ISLNK(status.st_mode):
        seen["target"] = os.readlink(path)
    elif stat.S_ISBLK(status.st_mode) or stat.S_ISCHR(status.st_mode):
        seen["device"] = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
    if not stat.S_ISLNK(status.st_mode):
        for name in os.listxattr(path, follow_symlinks=False):
            seen[f"xattr {name}"] = os.getxattr(path, name, follow_symlinks=False).hex()
    seen["written"] = "yes" if status.st_mtime_ns else "no"
    if path in inodes and inodes[path] != status.st_ino:
        seen["kept"] = "no, another file is in its place"
    return seen


_TYPES = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "folder",
    stat.S_IFLNK: "link",
    stat.S_IFIFO: "FIFO",
    stat.S_IFSOCK: "socket",
    stat.S_IFBLK: "block device",
    stat.S_IFCHR: "character device",
}


def _content(path: str) -> str:
    with open(path, "rb") as stream:
        content = stream.read(1 << 24)
    if len(content) <= _LONG:
        return repr(content)[1:]
    return f"{len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()[:16]}"


def network() -> Sight:
    """Every device with its addresses, every route, rule and neighbour, and the named network namespaces."""
    seen: dict[str, dict[str, str]] = {}
    for device in _ip("-d", "addr"):
        seen[f"device {device['ifname']}"] = dict(_flat(device))
    for what in ("route", "rule", "neigh"):
        arguments = ("-d", what, "show", "table", "all") if what == "route" else ("-d", what, "show")
        for number, entry in enumerate(sorted(_ip(*arguments), key=lambda each: json.dumps(each, sort_keys=True))):
            seen[f"{what} {number}"] = dict(_flat(entry))
    if os.path.isdir("/run/netns"):
        for name in sorted(os.listdir("/run/netns")):
            seen[f"netns {name}"] = {"there": "yes"}
    return seen


def _ip(*arguments: str) -> list[dict[str, object]]:
    done = subprocess.run(["ip", "-j", *arguments], capture_output=True, text=True, check=True)
    entries: list[dict[str, object]] = json.loads(done.stdout or "[]")
    return [entry for entry in entries if entry]


def _flat(entry: object, prefix: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(entry, dict):
        for name, value in entry.items():
            if name not in _VOLATILE:
                yield from _flat(value, f"{prefix}.{name}" if prefix else name)
    elif isinstance(entry, list) and any(isinstance(each, (dict, list)) for each in entry):
        for number, each in enumerate(entry):
            yield from _flat(each, f"{prefix}.{number}")
    else:
        if prefix == "flags" and isinstance(entry, list):
            entry = [flag for flag in entry if flag not in _LATER]
        yield prefix, _DRAWN.sub("(drawn)", json.dumps(entry))


def processes(started: Mapping[str, int]) -> Sight:
    """What became of the processes that the trial was given: fixture -> alive, or how it ended. started: pids."""
    seen = {}
    for name, pid in started.items():
        # A signal that was sent is delivered before kill(2) returns to another process only on one core.
        done = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) or _soon(pid)
        seen[name] = {"state": "waits" if done is None else f"ended by signal {done.si_status}"}
    return seen


def _soon(pid: int) -> os.waitid_result | None:
    descriptor = os.pidfd_open(pid)
    try:
        if select.select([descriptor], [], [], 0.02)[0]:
            return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return None
    finally:
        os.close(descriptor)


def differences(old: Sight, new: Sight) -> tuple[tuple[str, str, str], ...]:
    """For each thing that is not the same: what it is, how it is in the old sight and in the new."""
    found = []
    for name in sorted({*old, *new}):
        if name not in new or name not in old:
            found.append((_shown(name), _brief(old.get(name)), _brief(new.get(name))))
            continue
        for key in sorted({*old[name], *new[name]}):
            one, two = old[name].get(key, "none"), new[name].get(key, "none")
            if one != two:
                found.append((f"{_shown(name)}: {key}", _shown(one), _shown(two)))
    return tuple(found)


def _brief(thing: Mapping[str, str] | None) -> str:
    if thing is None:
        return "not there"
    return " ".join(_shown(thing[key]) for key in ("type", "mode", "owner") if key in thing) or "there"


def _shown(text: str) -> str:
    return text if text.isprintable() else repr(text)[1:-1]
