# ruff: noqa: UP024, UP031 - the projects with the most to migrate are old: no f-strings, two errors for one
"""ip netns: give a new network namespace a name, by a mount below /run/netns, and take the name away."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os

from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial

from .._outcome import _finished


def _namespace_path(name: str) -> bytes | None:
    """The file that stands for a network namespace; None for what is no name."""
    text = name if isinstance(name, bytes) else name.encode("utf-8", "surrogateescape")
    if not 0 < len(text) < 256 or b"/" in text or text in (b".", b".."):
        return None
    return b"/run/netns/" + text


def _mount(libc: ctypes.CDLL, source: bytes, target: bytes, flags: int) -> None:
    if libc.mount(source, target, b"none", ctypes.c_ulong(flags), None):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _share_namespaces(libc: ctypes.CDLL) -> str:
    """Have what is mounted below /run/netns appear in all mount namespaces; gives what ip(8) says when it fails."""
    folder = b"/run/netns"
    lock = -1
    step = "mkdir /run/netns failed"
    try:
        try:
            os.mkdir(folder, 0o755)
        except EnvironmentError as error:
            if error.errno != errno.EEXIST:
                raise
        step = 'Cannot open netns runtime directory "/run/netns"'
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        # Two that do the next at once mount it twice.
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            step = "mount --make-shared /run/netns failed"
            _mount(libc, b"", folder, 0x104000)  # MS_SHARED, MS_REC
        except EnvironmentError as error:
            if error.errno != errno.EINVAL:
                raise
            # It is no mount yet.
            step = "mount --bind /run/netns /run/netns failed"
            _mount(libc, folder, folder, 0x5000)  # MS_BIND, MS_REC
            step = "mount --make-shared /run/netns failed"
            _mount(libc, b"", folder, 0x104000)
    except EnvironmentError as error:
        return "%s: %s\n" % (step, error.strerror)
    finally:
        if lock >= 0:
            os.close(lock)
    return ""


def _mount_new_network(libc: ctypes.CDLL, path: bytes) -> int:
    """Mount a new network namespace at a file; gives the error number, 128 more where making it was no problem."""
    # In a child: whoever makes a namespace is in it from then on, and this process has to stay where it is.
    child = os.fork()
    if not child:
        status = 255
        try:
            if libc.unshare(0x40000000):  # CLONE_NEWNET
                status = ctypes.get_errno()
            elif libc.mount(b"/proc/self/ns/net", path, b"none", ctypes.c_ulong(0x1000), None):  # MS_BIND
                status = ctypes.get_errno() + 128
            else:
                status = 0
        finally:
            os._exit(status)
    status = os.waitpid(child, 0)[1]
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else errno.EINTR


def _unmount_namespace(libc: ctypes.CDLL, path: bytes, shown: str) -> str:
    """Take the name of a network namespace away; gives what ip(8) says when there is none."""
    libc.umount2(path, 2)  # MNT_DETACH; what is no mount is a file that was left
    try:
        os.unlink(path)
    except EnvironmentError as error:
        return 'Cannot remove namespace file "/run/netns/%s": %s\n' % (shown, error.strerror)
    return ""


def add_namespace(name: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Make a network namespace that has a name, and lasts until that is taken away."""
    path = _namespace_path(name)
    if path is None:
        return _finished("ip netns add %s" % name, (255, 'Invalid netns name "%s"\n' % name), check_exit_code)
    libc = ctypes.CDLL(None, use_errno=True)
    stderr = _share_namespaces(libc)
    if not stderr:
        try:
            os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL, 0))
        except EnvironmentError as error:
            stderr = 'Cannot create namespace file "/run/netns/%s": %s\n' % (name, error.strerror)
        else:
            number = _mount_new_network(libc, path)
            if number:
                stderr = 'Failed to create a new network namespace "%s": %s\n' % (name, os.strerror(number))
                if number > 128:
                    stderr = "Bind /proc/self/ns/net -> /run/netns/%s failed: " % name
                    stderr += "%s\n" % os.strerror(number - 128)
                stderr += _unmount_namespace(libc, path, name)
    return _finished("ip netns add %s" % name, (1 if stderr else 0, stderr), check_exit_code)


def delete_namespace(name: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Take the name of a network namespace away; it ends with the last that is in it."""
    path = _namespace_path(name)
    if path is None:
        return _finished("ip netns delete %s" % name, (255, 'Invalid netns name "%s"\n' % name), check_exit_code)
    stderr = _unmount_namespace(ctypes.CDLL(None, use_errno=True), path, name)
    return _finished("ip netns delete %s" % name, (1 if stderr else 0, stderr), check_exit_code)


_NAMES = (
    "{netns}",
    "{netnsfile}",
    "{nonetns}",
    "{nextnetns}",
    "''",
    ".",
    "..",
    "a/b",
    "'a b'",
    "\u00e4",
    "x" * 255,
)
_TOO_LONG = "x" * 256
_PLACE = Difference(
    "it says /run/netns, as the ip(8) of Debian and Ubuntu does; others say /var/run/netns, which leads there"
)
RULES = (
    Rule(
        grammar="ip netns add NAME",
        function=add_namespace,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_SYS_ADMIN"},
        failures={1, 255},
        samples=(
            Sample(
                "add_namespace('fake')",
                "('', '')",
                # The test is the child as well, which does not end.
                patched=(
                    "ctypes.CDLL",
                    "fcntl.flock",
                    "os.mkdir",
                    "os.open",
                    "os.close",
                    "os.fork",
                    "os._exit",
                    "os.waitpid",
                ),
                given=(
                    "libc = mock_cdll.return_value",
                    "libc.mount.return_value = libc.unshare.return_value = 0",
                    "mock_open.return_value = 41",
                    "mock_fork.return_value = 0",
                    "mock_waitpid.return_value = (41, 0)",
                ),
                asserted=(
                    "mock_open.assert_called_with(b'/run/netns/fake', os.O_RDONLY | os.O_CREAT | os.O_EXCL, 0)",
                    "libc.unshare.assert_called_once_with(0x40000000)",
                    "libc.mount.assert_called_with(b'/proc/self/ns/net', b'/run/netns/fake', b'none', mock.ANY, None)",
                    "mock_exit.assert_called_once_with(0)",
                ),
            ),
            Sample("add_namespace('a/b')", code=255),
        ),
        examples=(
            Becomes(
                "utils.execute('ip', 'netns', 'add', name, run_as_root=True)",
                "privsep.linux_net.add_namespace(str(name))",
            ),
            Stays("execute('ip', 'netns', 'attach', name, pid, run_as_root=True)", because="attach"),
            Stays("execute('ip', 'netns', 'exec', name, 'id', run_as_root=True)", because="exec"),
        ),
        trials=tuple(Trial("ip netns add %s" % name) for name in (*_NAMES, _TOO_LONG)),
        differences=(_PLACE,),
    ),
    Rule(
        grammar="ip netns (del|delete) NAME",
        function=delete_namespace,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_SYS_ADMIN"},
        failures={1, 255},
        samples=(
            Sample(
                "delete_namespace('fake')",
                "('', '')",
                patched=("ctypes.CDLL", "os.unlink"),
                asserted=(
                    "mock_cdll.return_value.umount2.assert_called_once_with(b'/run/netns/fake', 2)",
                    "mock_unlink.assert_called_once_with(b'/run/netns/fake')",
                ),
            ),
            Sample("delete_namespace('a/b')", code=255),
        ),
        examples=(
            Becomes(
                "utils.execute('ip', 'netns', 'delete', name, run_as_root=True, check_exit_code=[0, 1])",
                "privsep.linux_net.delete_namespace(str(name), check_exit_code=[0, 1])",
            ),
            Stays("execute('ip', '-all', 'netns', 'delete', run_as_root=True)", because="-a is not named"),
            Stays("execute('ip', 'netns', 'pids', name, run_as_root=True)", because="pids"),
        ),
        trials=tuple(Trial("ip netns del %s" % name) for name in (*_NAMES, _TOO_LONG)),
        differences=(_PLACE,),
    ),
)
