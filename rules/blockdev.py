# ruff: noqa: UP031 - the projects with the most to migrate still run on Python 2, which has no f-strings
"""blockdev: ask a block device for its size, and write out what is buffered of it, through ioctl(2)."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import struct

from oslo_concurrency import processutils

from migrator.decide.declared import DASH, RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Rule, Sample, Stays, Trial


def blockdev_size(path: str, check: bool = True) -> tuple[str, str]:
    """Return the size of the block device path in bytes, as a line of text."""
    stdout = stderr = ""
    descriptor = -1
    doing = "cannot open %s" % path
    try:
        if path and not os.path.isabs(path):
            # The daemon's working directory is /, not the caller's.
            raise OSError(errno.EINVAL, "it is not an absolute path")
        descriptor = os.open(path, os.O_RDONLY)
        doing = "ioctl error on BLKGETSIZE64"
        if not stat.S_ISBLK(os.fstat(descriptor).st_mode):
            raise OSError(errno.ENOTTY, os.strerror(errno.ENOTTY))
        # The end of a device is where the kernel says that its size is, in the same words on every processor.
        stdout = "%d\n" % os.lseek(descriptor, 0, os.SEEK_END)
    except OSError as error:
        stderr = "blockdev: %s: %s\n" % (doing, error.strerror)
    finally:
        if descriptor >= 0:
            os.close(descriptor)
    if stderr and check:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=1, cmd="blockdev --getsize64 %s" % path
        )
    return stdout, stderr


def blockdev_sector_size(path: str, check: bool = True) -> tuple[str, str]:
    """Return the size of a logical sector of the block device path in bytes, as a line of text."""
    stdout = stderr = ""
    descriptor = -1
    doing = "cannot open %s" % path
    try:
        if path and not os.path.isabs(path):
            # The daemon's working directory is /, not the caller's.
            raise OSError(errno.EINVAL, "it is not an absolute path")
        descriptor = os.open(path, os.O_RDONLY)
        doing = "ioctl error on BLKSSZGET"
        # _IO(0x12, 104) of <linux/fs.h>; some processors mark a call without data.
        marked = os.uname()[4].startswith(("ppc", "mips", "sparc", "alpha"))
        size = fcntl.ioctl(descriptor, 0x20001268 if marked else 0x1268, struct.pack("i", 0))
        stdout = "%d\n" % struct.unpack("i", size)[0]
    except EnvironmentError as error:  # noqa: UP024 - ioctl() raises IOError on Python 2
        stderr = "blockdev: %s: %s\n" % (doing, error.strerror)
    finally:
        if descriptor >= 0:
            os.close(descriptor)
    if stderr and check:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=1, cmd="blockdev --getss %s" % path
        )
    return stdout, stderr


def blockdev_flush(path: str, check: bool = True) -> tuple[str, str]:
    """Write out and forget what is buffered of the block device path."""
    stderr = ""
    descriptor = -1
    doing = "cannot open %s" % path
    try:
        if path and not os.path.isabs(path):
            # The daemon's working directory is /, not the caller's.
            raise OSError(errno.EINVAL, "it is not an absolute path")
        descriptor = os.open(path, os.O_RDONLY)
        doing = "ioctl error on BLKFLSBUF"
        # _IO(0x12, 97) of <linux/fs.h>; some processors mark a call without data.
        marked = os.uname()[4].startswith(("ppc", "mips", "sparc", "alpha"))
        fcntl.ioctl(descriptor, 0x20001261 if marked else 0x1261, 0)
    except EnvironmentError as error:  # noqa: UP024 - ioctl() raises IOError on Python 2
        stderr = "blockdev: %s: %s\n" % (doing, error.strerror)
    finally:
        if descriptor >= 0:
            os.close(descriptor)
    if stderr and check:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=1, cmd="blockdev --flushbufs %s" % path
        )
    return "", stderr


_ON = (
    "{file}",
    "{file}/below",
    "{missing}",
    "{dir}",
    "{link}",
    "{dangling}",
    "{private}",
    "/dev/null",
    "''",
)

RULES = (
    Rule(
        grammar="blockdev --getsize64 PATH",
        function=blockdev_size,
        module="fs",
        kind=NATIVE,
        capabilities={"CAP_DAC_READ_SEARCH"},
        samples=(
            Sample(
                "blockdev_size('/dev/fake')",
                "('512\\n', '')",
                patched=("os.open", "os.fstat", "os.lseek", "os.close"),
                given=(
                    "mock_open.return_value = 41",
                    "mock_fstat.return_value.st_mode = stat.S_IFBLK",
                    "mock_lseek.return_value = 512",
                ),
                asserted=(
                    "mock_open.assert_called_once_with('/dev/fake', os.O_RDONLY)",
                    "mock_lseek.assert_called_once_with(41, 0, os.SEEK_END)",
                    "mock_close.assert_called_once_with(41)",
                ),
            ),
            Sample("blockdev_size('/dev/null')", code=1),
        ),
        examples=(
            Becomes(
                "out, _err = utils.execute('blockdev', '--getsize64', path, run_as_root=True)",
                "privsep.fs.blockdev_size(str(path))",
            ),
            Stays("execute('blockdev', '--getsz', path, run_as_root=True)", because="--getsz"),
            Stays("execute('blockdev', '--getsize64', one, two, run_as_root=True)", because="{two}"),
        ),
        trials=(
            *(Trial(f"blockdev --getsize64 {on}") for on in _ON),
            Trial("blockdev --getsize64 /dev/loop0", needs=("block",)),
        ),
        differences=(RELATIVE, DASH),
    ),
    Rule(
        grammar="blockdev --getss PATH",
        function=blockdev_sector_size,
        module="fs",
        kind=NATIVE,
        capabilities={"CAP_DAC_READ_SEARCH"},
        samples=(
            Sample(
                "blockdev_sector_size('/dev/fake')",
                "('512\\n', '')",
                patched=("os.open", "os.close", "fcntl.ioctl"),
                given=("mock_open.return_value = 41", "mock_ioctl.return_value = struct.pack('i', 512)"),
                asserted=(
                    "mock_open.assert_called_once_with('/dev/fake', os.O_RDONLY)",
                    "mock_ioctl.assert_called_once_with(41, mock.ANY, struct.pack('i', 0))",
                    "self.assertEqual(0x1268, mock_ioctl.call_args[0][1] & 0xffff)",
                    "mock_close.assert_called_once_with(41)",
                ),
            ),
            Sample("blockdev_sector_size('/dev/null')", code=1),
        ),
        examples=(
            Becomes(
                "out, _err = self._execute('blockdev', '--getss', path, run_as_root=True)",
                "privsep.fs.blockdev_sector_size(str(path))",
            ),
            Stays("execute('blockdev', '--getpbsz', path, run_as_root=True)", because="--getpbsz"),
            Stays("execute('blockdev', '--getss', one, two, run_as_root=True)", because="{two}"),
        ),
        trials=(
            *(Trial(f"blockdev --getss {on}") for on in _ON),
            Trial("blockdev --getss /dev/loop0", needs=("block",)),
        ),
        differences=(RELATIVE, DASH),
    ),
    Rule(
        grammar="blockdev --flushbufs PATH",
        function=blockdev_flush,
        module="fs",
        kind=NATIVE,
        capabilities={"CAP_DAC_READ_SEARCH", "CAP_SYS_ADMIN"},
        samples=(
            Sample(
                "blockdev_flush('/dev/fake')",
                "('', '')",
                patched=("os.open", "os.close", "fcntl.ioctl"),
                given=("mock_open.return_value = 41",),
                asserted=(
                    "mock_open.assert_called_once_with('/dev/fake', os.O_RDONLY)",
                    "mock_ioctl.assert_called_once_with(41, mock.ANY, 0)",
                    "self.assertEqual(0x1261, mock_ioctl.call_args[0][1] & 0xffff)",
                    "mock_close.assert_called_once_with(41)",
                ),
            ),
            Sample("blockdev_flush('/dev/null')", code=1),
        ),
        examples=(
            Becomes(
                "utils.execute('blockdev', '--flushbufs', self.device, run_as_root=True)",
                "privsep.fs.blockdev_flush(str(self.device))",
            ),
            Stays("execute('blockdev', '--flushbufs', path, run_as_root=True, attempts=3)", because="attempts"),
            Stays("execute('blockdev', '--rereadpt', path, run_as_root=True)", because="--rereadpt"),
        ),
        trials=(
            *(Trial(f"blockdev --flushbufs {on}") for on in _ON),
            Trial("blockdev --flushbufs /dev/loop0", needs=("block",)),
        ),
        differences=(RELATIVE, DASH),
    ),
)
