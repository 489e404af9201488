"""The system calls that Python lacks: namespaces, mounts, the bounding set, death with the parent, watching files."""

from __future__ import annotations

import ctypes
import os

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MNT_DETACH = 0x2

_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000
_MOUNT_ATTR_RDONLY = 0x1
_OPEN_TREE_CLONE = 0x1
_OPEN_TREE_CLOEXEC = 0o2000000
_MOVE_MOUNT_F_EMPTY_PATH = 0x4
# One number on all architectures, as for every system call since Linux 5.1.
_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR = 428, 429, 442
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_CAPBSET_READ = 23
_PR_CAPBSET_DROP = 24
_SIGKILL = 9
_IN_MODIFY = 0x2


class _MountAttributes(ctypes.Structure):
    _fields_ = (
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


_LIBC = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
    return result


def unshare(flags: int) -> None:
    """unshare(2); raises OSError."""
    _checked(_LIBC.unshare(ctypes.c_int(flags)), "unshare")


def setns(descriptor: int, kind: int) -> None:
    """setns(2): enter a namespace by its descriptor; raises OSError."""
    _checked(_LIBC.setns(ctypes.c_int(descriptor), ctypes.c_int(kind)), "setns")


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """mount(2); raises OSError that names the target."""
    result = _LIBC.mount(
        os.fsencode(source),
        os.fsencode(target),
        kind.encode() or None,
        ctypes.c_ulong(flags),
        data.encode() or None,
    )
    _checked(result, target)


def unmount(target: str, flags: int = 0) -> None:
    """umount2(2); raises OSError."""
    _checked(_LIBC.umount2(os.fsencode(target), ctypes.c_int(flags)), target)


def pivot_root(new: str, old: str) -> None:
    """pivot_root(2); raises OSError."""
    _checked(_LIBC.pivot_root(os.fsencode(new), os.fsencode(old)), new)


def cloned(path: str) -> int:
    """A copy of what is mounted at and below a path, mounted nowhere yet, as a descriptor; raises OSError."""
    flags = _OPEN_TREE_CLONE | _OPEN_TREE_CLOEXEC | _AT_RECURSIVE
    result = _LIBC.syscall(ctypes.c_long(_OPEN_TREE), ctypes.c_int(_AT_FDCWD), os.fsencode(path), ctypes.c_uint(flags))
    return _checked(result, path)


def attach(tree: int, target: str) -> None:
    """Mount what cloned() gave; raises OSError."""
    result = _LIBC.syscall(
        ctypes.c_long(_MOVE_MOUNT),
        ctypes.c_int(tree),
        b"",
        ctypes.c_int(_AT_FDCWD),
        os.fsencode(target),
        ctypes.c_uint(_MOVE_MOUNT_F_EMPTY_PATH),
    )
    _checked(result, target)


def read_only(target: str) -> None:
    """Make a mount and all mounts below it read-only; raises OSError, ENOSYS before Linux 5.12."""
    _set_attributes(target, _MountAttributes(attr_set=_MOUNT_ATTR_RDONLY), _AT_RECURSIVE)


def writable(target: str) -> None:
    """Take read-only back from one mount; raises OSError."""
    _set_attributes(target, _MountAttributes(attr_clr=_MOUNT_ATTR_RDONLY), 0)


def _set_attributes(target: str, wanted: _MountAttributes, flags: int) -> None:
    result = _LIBC.syscall(
        ctypes.c_long(_MOUNT_SETATTR),
        ctypes.c_int(_AT_FDCWD),
        os.fsencode(target),
        ctypes.c_uint(flags),
        ctypes.byref(wanted),
        ctypes.c_size_t(ctypes.sizeof(wanted)),
    )
    _checked(result, target)


def inotify() -> int:
    """A descriptor of inotify(7), which is not waited for; raises OSError."""
    return _checked(_LIBC.inotify_init1(ctypes.c_int(os.O_CLOEXEC | os.O_NONBLOCK)), "inotify")


def watch_writing(inotify: int, folder: str) -> int:
    """Have inotify tell of whoever writes to a file in a folder; gives a number for watch_no_more(). Raises OSError."""
    result = _LIBC.inotify_add_watch(ctypes.c_int(inotify), os.fsencode(folder), ctypes.c_uint32(_IN_MODIFY))
    return _checked(result, folder)


def watch_no_more(inotify: int, number: int) -> None:
    """End what watch_writing() began; raises OSError."""
    _checked(_LIBC.inotify_rm_watch(ctypes.c_int(inotify), ctypes.c_int(number)), "inotify")


def die_with_parent(parent: int) -> None:
    """Be killed when the parent (its pid, read before the fork) ends, however it ends; kills itself if it has."""
    _checked(_prctl(_PR_SET_PDEATHSIG, _SIGKILL), "prctl")
    if os.getppid() not in (parent, 0):  # 0: the parent is in an outer pid namespace
        os.kill(os.getpid(), _SIGKILL)


def own_proc_files() -> None:
    """Own the files in /proc of this process again: a change of its user takes them away."""
    _checked(_prctl(_PR_SET_DUMPABLE, 1), "prctl")


def in_bounding_set(capability: int) -> bool:
    """Whether the kernel knows the capability and the bounding set holds it."""
    return bool(_prctl(_PR_CAPBSET_READ, capability) == 1)


def drop_from_bounding_set(capability: int) -> None:
    """Take a capability out of the bounding set of this thread; raises OSError."""
    _checked(_prctl(_PR_CAPBSET_DROP, capability), "prctl")


def _prctl(option: int, argument: int) -> int:
    zero = ctypes.c_ulong(0)
    return int(_LIBC.prctl(ctypes.c_int(option), ctypes.c_ulong(argument), zero, zero, zero))
