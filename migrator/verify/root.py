"""The root folder of a house: which of the host's files are shown in it, read-only, and what is made there."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from migrator.fault import Fault
from migrator.verify import kernel

# Where commands are looked for, in trials and by the daemon: sudo's usual secure_path.
SECURE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# The ordinary user of the house's passwd.
USER, UID = "stack", 1001

_PROGRAMS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_WRITABLE = {"/tmp": "1777", "/run": "755", "/var": "755", "/dev/shm": "1777"}
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "net/tun")
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


@dataclass(frozen=True, slots=True)
class File:
    """A file to be put into the house before its root becomes read-only. mode: with set-id bits, owner: uid and gid."""

    content: bytes
    mode: int = 0o644
    owner: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Source:
    """Something of the host that is shown at its own path: a link to `target`, or what is at the descriptor `tree`."""

    path: str
    target: str
    tree: int
    folder: bool


def gather(visible: Sequence[str]) -> tuple[Source, ...]:
    """Take hold of what is to be shown, while this process is still somebody who may reach it.

    Needs a mount namespace of its own. Raises HouseError.
    """
    devices = [f"/dev/{name}" for name in _DEVICES]
    settings = [f"/etc/{name}" for name in _ETC]
    try:
        kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
        return tuple(_found([*_PROGRAMS, *_pythons(), *map(os.path.abspath, visible), *devices, *settings]))
    except OSError as error:
        raise HouseError(f"this kernel or container lets nobody make a root of one's own ({error})") from error


def _found(paths: Iterable[str]) -> Iterable[Source]:
    """The paths that there are, with what links lead to; none that lies below another."""
    found: dict[str, Source] = {}
    waiting = list(paths)
    for path in waiting:  # it grows
        above = _nearest(path, found)
        if above is not None:
            if above.target and path != above.path:
                waiting.append(os.path.normpath(_led_to(above.path, above.target) + path[len(above.path) :]))
        elif os.path.islink(path):
            found[path] = Source(path, os.readlink(path), -1, False)
            waiting.append(_led_to(path, found[path].target))
        elif os.path.exists(path):
            found[path] = Source(path, "", kernel.cloned(path), os.path.isdir(path))
    return found.values()


def _led_to(link: str, target: str) -> str:
    return os.path.normpath(os.path.join(os.path.dirname(link), target))


def _nearest(path: str, found: Mapping[str, Source]) -> Source | None:
    while path not in found and path != "/":
        path = os.path.dirname(path)
    return found.get(path)


def build(sources: Sequence[Source], files: Mapping[str, File], locked: bool) -> None:
    """Make the root and enter it; closes the sources.

    files: absolute path -> file to make. locked: whoever lives here will be unable to change what is mounted, so that
    /proc and /sys need not be read-only. Raises HouseError.
    """
    try:
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
    for folder in ("/scratch", "/sys", "/home", "/mnt", "/proc", "/etc", "/root"):
        os.makedirs(folder, exist_ok=True)
    for source in sources:
        _show(source)
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        os.symlink(f"/proc/self/fd{target}", f"/dev/{name}")
    _etc(files)
    kernel_files()
    kernel.unmount("/host", kernel.MNT_DETACH)
    os.rmdir("/host")
    socket.sethostname("house")
    _check_readable([source.path for source in sources])
    try:
        kernel.read_only("/")
    except OSError as error:
        raise HouseError(f"mounts cannot be made read-only with all below, which needs Linux 5.12 ({error})") from error
    for folder in _WRITABLE:
        kernel.writable(folder)
    if locked:
        # Others may be mounted only where one is seen that is no less writable; who owns nothing there writes nothing.
        for folder in ("/proc", "/sys"):
            if os.path.ismount(folder):
                kernel.writable(folder)


def _show(source: Source) -> None:
    os.makedirs(os.path.dirname(source.path), exist_ok=True)
    if source.target:
        os.symlink(source.target, source.path)
        return
    if source.folder:
        os.makedirs(source.path, exist_ok=True)
    else:
        with open(source.path, "xb"):
            pass
    kernel.attach(source.tree, source.path)
    os.close(source.tree)


def _check_readable(shown: Sequence[str]) -> None:
    for path in (sys.executable, os.__file__, __file__, *shown):
        wanted = os.R_OK | os.X_OK if os.path.isdir(path) else os.R_OK
        if not path.startswith(("/dev/", "/etc/")) and os.path.lexists(path) and not os.access(path, wanted):
            raise HouseError(
                f"{path} can be read by its owner only, and root in the sandbox is another user: make it readable for "
                "all (chmod -R go+rX), or run this as an ordinary user"
            )


def kernel_files() -> None:
    """Mount /proc and /sys of this process's namespaces."""
    kernel.mount("proc", "/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
    # In a container that covers parts of its own /sys nobody may, and commands tell what they lack.
    with contextlib.suppress(OSError):
        kernel.mount("sysfs", "/sys", "sysfs", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
        # Twice: `ip netns exec` takes one away and mounts that of its namespace, which a user namespace lets it do
        # only where another is seen.
        kernel.mount("/sys", "/sys", flags=kernel.MS_BIND)


def _pythons() -> tuple[str, ...]:
    """Where this interpreter, its libraries and this package with its rules lie."""
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    libraries = [path for path in sys.path if os.path.basename(path) in ("site-packages", "dist-packages")]
    beside = os.path.join(os.path.dirname(own), "rules")
    return (sys.prefix, sys.base_prefix, sys.exec_prefix, *libraries, own, beside)


def _etc(files: Mapping[str, File]) -> None:
    own = {path: File(text.encode(), 0o600 if path.endswith("shadow") else 0o644) for path, text in _OWN_ETC.items()}
    for path, file in {**own, **files}.items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as stream:
            stream.write(file.content)
        os.chown(path, *file.owner)
        os.chmod(path, stat.S_IMODE(file.mode))
