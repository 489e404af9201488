"""A root of its own for trials: the host's programs read-only, its files out of reach, nothing left behind.

The house is process 1 of its own pid namespace, with its own mount, network and IPC namespaces, below a keeper that
waits for it. Each dies with the one above it, and the kernel kills what is left in a pid namespace whose first
process ends: however the tool ends, no process, mount or network namespace of the house survives it.

Its root is a tmpfs. The host's /usr (and /bin, /lib ...), Python and `visible` lie in it read-only at their own paths;
/etc is made here; /dev holds the harmless devices; /tmp, /run and /var are empty. By default it is a user namespace
as well, so that root in it has no power over the host: it cannot make devices or set the host's kernel parameters.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import selectors
import signal
import socket
import stat
import struct
import sys
import traceback
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from migrator.fault import Fault
from migrator.verify import kernel, uids

T = TypeVar("T")

# Where commands are looked for, in trials and by the daemon: sudo's usual secure_path.
SECURE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# The ordinary user of the house's passwd.
USER, UID = "stack", 1001

_PROGRAMS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_WRITABLE = {"/tmp": "1777", "/run": "755", "/var": "755", "/root": "755", "/dev/shm": "1777"}
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
# Of the host's /etc only what programs need to start and to resolve names that are the same everywhere.
_ETC = (
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "alternatives",
    "iproute2",
    "protocols",
    "services",
    "ethertypes",
    "localtime",
    "login.defs",
    "pam.conf",
    "pam.d",
    "security",
    "xattr.conf",
)
_PEOPLE = (("root", 0), ("daemon", 1), ("bin", 2), ("sys", 3), (USER, UID), ("nobody", 65534))
_OWN_ETC = {
    "/etc/passwd": "".join(f"{name}:x:{uid}:{uid}:{name}:/tmp:/bin/sh\n" for name, uid in _PEOPLE),
    "/etc/group": "".join(f"{name}:x:{gid}:\n" for name, gid in (*_PEOPLE[:-1], ("nogroup", 65534))),
    "/etc/shadow": "".join(f"{name}:*:19000:0:99999:7:::\n" for name, _ in _PEOPLE),
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files\n",
    "/etc/hosts": "127.0.0.1 localhost house\n",
    "/etc/hostname": "house\n",
}


class HouseError(Fault):
    """The house cannot be built here; the sentence says what this machine lacks and what to do."""


class HouseFell(Exception):
    """The house ended before its work did; carries what it said last."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to be put into the house before its root becomes read-only. mode: with set-id bits, owner: uid and gid."""

    content: bytes
    mode: int = 0o644
    owner: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class _Open:
    """A house that is lived in: the keeper's pid, and where its items are read."""

    keeper: int
    reading: int


def stay(
    work: Callable[[], Iterator[T]],
    *,
    visible: Sequence[str] = (),
    files: Mapping[str, File] | None = None,
    contained: bool = True,
    houses: int = 1,
) -> Generator[T, None, None]:
    """Run a generator function in a new house; yields what it yields, as it comes (each item is pickled).

    visible: more paths of the host to show read-only at their own place. files: absolute path -> file to make.
    contained: a user namespace too. Root may say False, for work that needs powers over devices. houses: so many run
    the same function at once; it shares the work out itself (jobs()).
    Raises HouseError when no house can be built here, and HouseFell with the traceback when the work fails. When this
    generator is closed, or the tool ends in whatever way, the houses and all that lived in them are gone.
    """
    if not contained and os.geteuid() != 0:
        raise HouseError("needs root: in a user namespace nobody has power over devices")
    inhabited: list[_Open] = []
    try:
        for _ in range(houses):
            inhabited.append(_open(work, visible, files or {}, contained))
        with selectors.DefaultSelector() as selector:
            for house in inhabited:
                selector.register(house.reading, selectors.EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select():
                    kind, value = _received(key.fd)
                    if kind == "item":
                        yield value
                    elif kind == "done":
                        selector.unregister(key.fd)
                    elif kind == "error":
                        raise HouseError(value)
                    else:
                        raise HouseFell(value)
    finally:
        for house in inhabited:
            with contextlib.suppress(ProcessLookupError):
                os.kill(house.keeper, signal.SIGKILL)
        for house in inhabited:
            os.close(house.reading)
            os.waitpid(house.keeper, 0)


def jobs(number: int) -> Callable[[], int | None]:
    """A queue of the numbers below `number` for houses to share: a call takes the next, None when all are taken."""
    reading, writing = os.pipe()
    os.write(writing, b"".join(struct.pack("!I", each) for each in range(number)))
    os.close(writing)

    def take() -> int | None:
        taken = os.read(reading, 4)
        return int(struct.unpack("!I", taken)[0]) if taken else None

    return take


def _open(
    work: Callable[[], Iterator[Any]], visible: Sequence[str], files: Mapping[str, File], contained: bool
) -> _Open:
    plan = uids.plan()
    reading, writing = os.pipe()
    asking, answering = os.pipe(), os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    tool = os.getpid()
    keeper = os.fork()
    if keeper == 0:
        try:
            _aside(tool)
            os.close(reading)
            if contained:
                _contained(asking[1], answering[0])
            _keep(work, writing, visible, files)
        except HouseError as error:
            _send(writing, ("error", str(error)))
        except BaseException:  # this process ends here: whatever it was has to reach the tool
            _send(writing, ("fell", traceback.format_exc()))
        finally:
            os._exit(0)
    os.close(writing)
    os.close(asking[1])
    try:
        if contained and os.read(asking[0], 1):
            uids.write(keeper, plan)
            os.write(answering[1], b"!")
    except BaseException:
        os.kill(keeper, signal.SIGKILL)
        os.waitpid(keeper, 0)
        os.close(reading)
        raise
    finally:
        for descriptor in (asking[0], *answering):
            os.close(descriptor)
    return _Open(keeper, reading)


def _contained(asking: int, answering: int) -> None:
    """Make a user namespace, and wait until the tool has mapped its ids."""
    try:
        kernel.unshare(kernel.CLONE_NEWUSER)
    except OSError as error:
        raise HouseError(
            f"this machine lets this user make no user namespace ({error.strerror}); "
            "see kernel.unprivileged_userns_clone, user.max_user_namespaces, or run as root"
        ) from error
    os.write(asking, b"?")
    if os.read(answering, 1) != b"!":
        os._exit(1)


def _received(reading: int) -> tuple[str, Any]:
    head = _exactly(reading, 8)
    body = _exactly(reading, struct.unpack("!Q", head)[0]) if head else None
    if body is None:
        return "fell", "it was killed"
    received: tuple[str, Any] = pickle.loads(body)
    return received


def _exactly(descriptor: int, size: int) -> bytes | None:
    parts = []
    while size:
        part = os.read(descriptor, min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _send(descriptor: int, item: object) -> None:
    body = pickle.dumps(item)
    view = memoryview(struct.pack("!Q", len(body)) + body)
    while view:
        view = view[os.write(descriptor, view) :]


def _aside(parent: int) -> None:
    """What every process of ours starts with: it dies with its parent, and Ctrl-C is for the tool to handle."""
    kernel.die_with_parent(parent)
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _keep(work: Callable[[], Iterator[Any]], writing: int, visible: Sequence[str], files: Mapping[str, File]) -> None:
    """The keeper: start the house as process 1 of new namespaces, and wait for it."""
    kernel.unshare(
        kernel.CLONE_NEWNS | kernel.CLONE_NEWPID | kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS
    )
    keeper = os.getpid()
    house = os.fork()
    if house:
        os.waitpid(house, 0)
        return
    try:
        _aside(keeper)
        _build(visible, files)
        for item in work():
            _send(writing, ("item", item))
        _send(writing, ("done", None))
    except HouseError as error:
        _send(writing, ("error", str(error)))
    except BaseException:  # as above
        _send(writing, ("fell", traceback.format_exc()))
    finally:
        os._exit(0)


# --- the root ---------------------------------------------------------------------------------------


def _build(visible: Sequence[str], files: Mapping[str, File]) -> None:
    shown = [*_PROGRAMS, *_pythons(), *map(os.path.abspath, visible)]
    try:
        kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
        # Any folder will do: the mount moves to / and uncovers it again.
        kernel.mount("house", "/tmp", "tmpfs", kernel.MS_NODEV, "mode=755")
        os.mkdir("/tmp/host")
        kernel.pivot_root("/tmp", "/tmp/host")
    except OSError as error:
        raise HouseError(f"this kernel or container lets nobody make a root of one's own ({error})") from error
    os.chdir("/")
    os.umask(0o022)
    for folder, mode in _WRITABLE.items():
        os.makedirs(folder, exist_ok=True)
        kernel.mount("house", folder, "tmpfs", kernel.MS_NODEV | kernel.MS_NOSUID, f"mode={mode}")
    for folder in ("/scratch", "/sys", "/home", "/mnt"):
        os.mkdir(folder)
    for path in shown:
        _show(path)
    _devices()
    _etc(files)
    os.makedirs("/proc", exist_ok=True)
    kernel.mount("proc", "/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
    # Twice: `ip netns exec` takes one away and mounts that of its namespace, which a user namespace lets it do only
    # where another is seen. In a container that covers parts of its own nobody may, and commands tell what they lack.
    with contextlib.suppress(OSError):
        kernel.mount("sysfs", "/sys", "sysfs", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
        kernel.mount("/sys", "/sys", flags=kernel.MS_BIND)
    kernel.unmount("/host", kernel.MNT_DETACH)
    os.rmdir("/host")
    socket.sethostname("house")
    kernel.read_only("/")
    for folder in _WRITABLE:
        kernel.writable(folder)


def _pythons() -> tuple[str, ...]:
    """Where this interpreter, its libraries and this package with its rules lie."""
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    libraries = [path for path in sys.path if os.path.basename(path) in ("site-packages", "dist-packages")]
    beside = os.path.join(os.path.dirname(own), "rules")
    return (sys.prefix, sys.base_prefix, sys.exec_prefix, *libraries, own, beside)


def _show(path: str) -> None:
    """Put a file or folder of the host at its own path, read-only; a link is made again, with what it leads to."""
    old = f"/host{path}"
    if _shown(path) or os.path.islink(path):
        return
    if os.path.islink(old):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        target = os.readlink(old)
        os.symlink(target, path)
        _show(os.path.normpath(os.path.join(os.path.dirname(path), target)))
        return
    if not os.path.exists(old):
        return
    if os.path.isdir(old):
        os.makedirs(path, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "xb"):
            pass
    kernel.mount(old, path, flags=kernel.MS_BIND | kernel.MS_REC)


def _shown(path: str) -> bool:
    """Whether a folder above it shows it already."""
    while path != "/":
        if path not in _WRITABLE and os.path.ismount(path):
            return True
        path = os.path.dirname(path)
    return False


def _devices() -> None:
    for name in _DEVICES:
        if os.path.exists(f"/host/dev/{name}"):
            with open(f"/dev/{name}", "xb"):
                pass
            kernel.mount(f"/host/dev/{name}", f"/dev/{name}", flags=kernel.MS_BIND)
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        os.symlink(f"/proc/self/fd{target}", f"/dev/{name}")


def _etc(files: Mapping[str, File]) -> None:
    os.makedirs("/etc", exist_ok=True)
    for name in _ETC:
        _show(f"/etc/{name}")
    own = {path: File(text.encode(), 0o600 if path.endswith("shadow") else 0o644) for path, text in _OWN_ETC.items()}
    for path, file in {**own, **files}.items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as stream:
            stream.write(file.content)
        os.chown(path, *file.owner)
        os.chmod(path, stat.S_IMODE(file.mode))
