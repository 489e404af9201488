"""What there is to see in a world after something was done in it, and how two such sights differ."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import re
import stat
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from migrator.verify import kernel, listing, settings, traffic
from migrator.verify.sandbox import PLACES, below_places

_PAGE = 4096
_SIGNALLED = 5.0  # seconds that a signal may take on a busy machine
_LONG = 200  # bytes of content that are kept as they are
# When everything was last touched before a trial, in ns: a time that is kept through a float shows.
UNTOUCHED = 1_000_000_000_123_456_789
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
# Of namespaces, as /proc/PID/ns names them.
_KINDS = ("cgroup", "ipc", "mnt", "net", "pid", "pid_for_children", "time", "time_for_children", "user", "uts")
_NAMED = "/run/netns"  # where ip-netns(8) keeps namespaces by name
_MULTICAST = re.compile(r"ff[0-9a-f]{2}:|2(2[4-9]|3[0-9])[.]")
OURSELVES = "the process itself"
# What tells one route, rule or neighbour from another, for people.
_TELLING = ("type", "dst", "gateway", "dev", "table", "priority", "src")
# The kernel draws a MAC address for a new device, and makes its link-local address of it; fixtures have 02:00:00:...
_DRAWN = re.compile(
    r"\b(?!00:00:00:00:00:00|ff:ff|33:33|02:00:00)[0-9a-f]{2}(:[0-9a-f]{2}){5}\b|fe80::(?!ff:fe00:)[0-9a-f:]*:[0-9a-f:]+"
)

Sight = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Before:
    """What has to be known from before to see what was touched: inode number by path, the mounts, the processes.

    namespaces: those that this process is in, by kind. settings: of the network, where that will be looked at.
    """

    inodes: Mapping[str, int]
    mounts: Mapping[str, Mapping[str, str]]
    pids: frozenset[int]
    namespaces: Mapping[str, str]
    settings: settings.Watch | None = None


def prepare(networked: bool = False) -> Before:
    """Set all times back to UNTOUCHED, so that what is touched shows; networked: network() will be asked."""
    os.makedirs("/run/mount", mode=0o755, exist_ok=True)  # mount(8) makes it once, and every machine has it
    inodes = {}
    for path in _paths():
        with contextlib.suppress(OSError):  # what lies on a read-only mount nobody can touch
            os.utime(path, ns=(UNTOUCHED, UNTOUCHED), follow_symlinks=False)
        inodes[path] = os.lstat(path).st_ino
    return Before(inodes, _mounts(), frozenset(_alive()), _namespaces(), settings.watch() if networked else None)


def files(before: Before) -> Sight:
    """Path -> what it is like, of everything that a command could have written to; and mounts made and undone.

    Keys: type, mode, owner, links, content or target or device, xattrs, written, kept (the same inode as before).
    """
    mounts = _mounts()
    own = before.namespaces
    made = {name: _named(mount, own) for name, mount in mounts.items() if before.mounts.get(name) != mount}
    # What the kernel or the host shows at a mount that was made is told by what is mounted there.
    closed = {mount["point"] for mount in made.values() if mount["type"] != "tmpfs"}
    seen: dict[str, Mapping[str, str]] = {path: _look(path, before.inodes) for path in _paths(closed)}
    for path in closed & seen.keys():  # whatever the host does there meanwhile is not the trial's
        seen[path] = {key: value for key, value in seen[path].items() if key in ("type", "mode", "owner")}
    seen.update(made)
    seen.update({name: {"type": "undone"} for name in before.mounts if name not in mounts})
    return seen


def _paths(closed: Collection[str] = ()) -> Iterator[str]:
    """The places and all below; closed: folders that are not looked into."""
    waiting = list(PLACES)
    shown = frozenset(below_places())
    while waiting:
        path = waiting.pop()
        if path in shown:  # the host's, read-only
            continue
        yield path
        if path not in closed and stat.S_ISDIR(os.lstat(path).st_mode):
            waiting += sorted((f"{path}/{name}" for name in os.listdir(path)), reverse=True)


def _mounts() -> dict[str, Mapping[str, str]]:
    """ "mount POINT" -> what is mounted there, a number after the point for each that lies above another."""
    seen: dict[str, Mapping[str, str]] = {}
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as stream:
        for line in stream:
            mount = _mount(line.rstrip("\n").split(" ", 3)[3])
            seen[_free(f"mount {mount['point']}", seen)] = mount
    return seen


def _named(mount: Mapping[str, str], own: Mapping[str, str]) -> Mapping[str, str]:
    """The mount; a namespace told by whether it is the process's own, as its number is drawn."""
    if mount["type"] != "nsfs":
        return mount
    kind = mount["root"].partition(":")[0]
    return {**mount, "root": f"{kind}: {'our own' if own.get(kind) == mount['root'] else 'another'}"}


def _namespaces() -> dict[str, str]:
    """Kind -> the namespace that this process is in."""
    found = {}
    for kind in _KINDS:  # a process that is another user now may look at each, but not list them
        with contextlib.suppress(FileNotFoundError):
            found[kind] = os.readlink(f"/proc/self/ns/{kind}")
    return found


@functools.lru_cache(maxsize=256)  # most are the house's, and the same in each world
def _mount(line: str) -> Mapping[str, str]:
    """A mount by its line of proc(5)'s mountinfo, from the root of the mount on."""
    first, _, last = line.partition(" - ")
    top, point, options, *tags = first.split(" ")
    kind, source, own = last.split(" ")
    return {
        "type": kind,
        "point": _ESCAPED.sub(lambda found: chr(int(found[1], 8)), point),
        "source": re.sub(r"^(/dev/loop)[0-9]+$", r"\1(drawn)", source),
        "root": top,
        "options": ",".join(sorted({*options.split(","), *own.split(",")})),
        "propagation": " ".join(tag.partition(":")[0] for tag in tags) or "private",
    }


def _free(name: str, taken: Collection[str]) -> str:
    """The name, with a number where it is taken."""
    number, found = 2, name
    while found in taken:
        number, found = number + 1, f"{name} ({number})"
    return found


_ESCAPED = re.compile(r"\\([0-7]{3})")


def _look(path: str, inodes: Mapping[str, int]) -> dict[str, str]:
    status = os.lstat(path)
    seen = {
        "type": _TYPES.get(stat.S_IFMT(status.st_mode), "?"),
        "mode": f"{stat.S_IMODE(status.st_mode):04o}",
        "owner": f"{status.st_uid}:{status.st_gid}",
        "links": str(status.st_nlink),
    }
    if stat.S_ISREG(status.st_mode):
        seen["content"] = _content(path, status.st_size)
        if status.st_size - 512 * status.st_blocks >= _PAGE:
            seen["sparse"] = "yes"
    elif stat.S_ISLNK(status.st_mode):
        seen["target"] = os.readlink(path)
    elif stat.S_ISBLK(status.st_mode) or stat.S_ISCHR(status.st_mode):
        seen["device"] = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
    if not stat.S_ISLNK(status.st_mode):
        for name in os.listxattr(path, follow_symlinks=False):
            seen[f"xattr {name}"] = os.getxattr(path, name, follow_symlinks=False).hex()
    seen["written"] = _when(status.st_mtime_ns)
    read = _when(status.st_atime_ns)
    if read not in ("no", "now"):  # who reads a file, and how often, is nobody's concern; to set that time is
        seen["read"] = read
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


def _content(path: str, size: int) -> str:
    try:
        with open(path, "rb") as stream:
            content = stream.read(1 << 24)
    except OSError as error:  # a namespace that is mounted there
        return f"cannot be read: {error.strerror}"
    if size <= _LONG:
        return repr(content)[1:]
    return f"{size} bytes, sha256 {hashlib.sha256(content).hexdigest()[:16]}"


def _when(nanoseconds: int) -> str:
    """A time of a file: "no" when prepare() set it, "now" for one that was not chosen, else the time itself."""
    if nanoseconds == UNTOUCHED:
        return "no"
    if abs(time.time_ns() - nanoseconds) < 3600 * 10**9:
        return "now"
    seconds, rest = divmod(nanoseconds, 10**9)
    return f"at {seconds}.{rest:09d} s"


def network(before: Before) -> Sight:
    """Every device, route, rule, neighbour and setting, and what traffic() tells; the same of each named namespace."""
    seen = _own_network(before.settings)
    for name in sorted(os.listdir(_NAMED)) if os.path.isdir(_NAMED) else ():
        seen[f"netns {name}"] = {
            f"{what}: {key}": value
            for what, thing in _network_at(f"{_NAMED}/{name}").items()
            for key, value in thing.items()
        }
    return seen


def _network_at(path: str) -> dict[str, dict[str, str]]:
    """What is to be seen in the network namespace at a path."""
    with open("/proc/thread-self/ns/net", "rb") as own:
        try:
            with open(path, "rb") as namespace:
                kernel.setns(namespace.fileno(), kernel.CLONE_NEWNET)
        except OSError as error:
            return {"network": {"entered": f"no: {error.strerror}"}}
        try:
            return _own_network()
        finally:
            kernel.setns(own.fileno(), kernel.CLONE_NEWNET)


def _own_network(watched: settings.Watch | None = None) -> dict[str, dict[str, str]]:
    seen: dict[str, dict[str, str]] = {}
    for what, entries in listing.listed().items():
        if what == "neigh":  # the kernel notes whom it sends to of itself, sooner or later
            entries = [entry for entry in entries if not _MULTICAST.match(str(entry["dst"]))]
        for entry in sorted(entries, key=lambda each: json.dumps(each, sort_keys=True)):
            told = (f"{key} {entry[key]}" for key in _TELLING if key in entry)
            name = f"device {entry['ifname']}" if what == "device" else " ".join([what, *told])
            seen[_free(_DRAWN.sub("(drawn)", name), seen)] = dict(_flat(entry))
    seen.update(settings.settings(watched))
    seen.update(traffic.traffic())
    return seen


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


def processes(started: Mapping[str, int], before: Before) -> Sight:
    """What became of the processes that the trial was given, and what it left running; and of this one.

    started: fixture -> pid.
    """
    namespaces = _namespaces()
    entered = {kind: "another namespace" for kind, own in namespaces.items() if before.namespaces.get(kind) != own}
    seen: dict[str, dict[str, str]] = {OURSELVES: entered} if entered else {}
    for name, pid in started.items():
        done = _settled(pid)
        seen[name] = _running(pid) if done is None else {"state": f"ended by signal {done.si_status}"}
    for pid in sorted({*_alive()} - before.pids):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError), open(f"/proc/{pid}/comm") as stream:
            name = stream.read().rstrip("\n")
            if _stat(pid)[0] not in "ZX":
                seen[f"left running: {name}"] = {"state": "runs"}
    return seen


def _alive() -> Iterator[int]:
    return (int(name) for name in os.listdir("/proc") if name.isdigit())


def _running(pid: int) -> dict[str, str]:
    fields = _stat(pid)
    seen = {"state": "stopped" if fields[0] in "Tt" else "waits"}
    if fields[16] != "0":
        seen["nice"] = fields[16]
    return seen


def _stat(pid: int) -> list[str]:
    """The fields of proc(5) from the state on."""
    with open(f"/proc/{pid}/stat") as stream:
        return stream.read().rpartition(")")[2].split()


def _settled(pid: int) -> os.waitid_result | None:
    """How a process ended, None when it has not; waits while a signal that was sent to it has still to be acted on."""
    until = time.monotonic() + _SIGNALLED
    while True:
        done = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if done is not None or time.monotonic() > until:
            return done
        # Fixtures sleep until a signal comes: one that sleeps, or is stopped, with none pending has acted on all.
        if _stat(pid)[0] in "STt" and not _pending(pid):
            return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        time.sleep(0.001)


def _pending(pid: int) -> bool:
    with open(f"/proc/{pid}/status") as stream:
        fields = dict(line.split(":", 1) for line in stream)
    return any(int(fields[name], 16) for name in ("SigPnd", "ShdPnd"))


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
    return " ".join(_shown(thing[key]).strip('"') for key in ("type", "mode", "owner") if key in thing) or "there"


def _shown(text: str) -> str:
    return text if text.isprintable() else repr(text)[1:-1]
