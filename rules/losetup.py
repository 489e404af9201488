# ruff: noqa: UP031 - the projects with the most to migrate still run on Python 2, which has no f-strings
"""losetup: make a block device of a file, and undo it, through the ioctl(2) calls of loop(4)."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import struct
import sys
import time

from oslo_concurrency import processutils

from migrator.decide.declared import DASH, RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial


def loop_attach(path: str, check: bool = True) -> tuple[str, str]:
    """Attach the file path to the first unused loop device, and return the device's path as a line of text.

    The device is read-only where the file can only be read.
    """
    stdout = stderr = ""
    descriptors = []
    doing = "%s: failed to set up loop device" % path
    try:
        if path and not os.path.isabs(path):
            # The daemon's working directory is /, not the caller's.
            raise OSError(errno.EINVAL, "it is not an absolute path")
        while not stdout:
            doing = ""
            control = os.open("/dev/loop-control", os.O_RDWR)
            descriptors.append(control)
            device = "/dev/loop%d" % fcntl.ioctl(control, 0x4C82)  # LOOP_CTL_GET_FREE
            doing = "%s: failed to set up loop device" % path
            mode = os.O_RDWR
            # The kernel keeps the name for people to read; links are followed as losetup(8) does.
            name = os.path.realpath(path) if path else path
            try:
                descriptors.append(os.open(name, mode))
            except OSError as error:
                if error.errno not in (errno.EROFS, errno.EACCES):
                    raise
                mode = os.O_RDONLY
                descriptors.append(os.open(name, mode))
            backing = descriptors[-1]
            loop = os.open(device, mode)
            descriptors.append(loop)
            try:
                fcntl.ioctl(loop, 0x4C00, backing)  # LOOP_SET_FD
            except EnvironmentError as error:  # noqa: UP024 - ioctl() raises IOError on Python 2
                if error.errno != errno.EBUSY:
                    raise
                # Somebody else was quicker with this one: take another.
                while descriptors:
                    os.close(descriptors.pop())
                time.sleep(0.2)
                continue
            encoding = sys.getfilesystemencoding()
            shown = name if isinstance(name, bytes) else name.encode(encoding, "surrogateescape")
            try:
                # struct loop_info64 of <linux/loop.h>, all zero but lo_file_name.
                fcntl.ioctl(loop, 0x4C04, struct.pack("56x64s112x", shown[:63]))  # LOOP_SET_STATUS64
            except EnvironmentError:  # noqa: UP024
                fcntl.ioctl(loop, 0x4C01, 0)  # LOOP_CLR_FD
                raise
            stdout = "%s\n" % device
            entry = os.fstat(backing)
            if not stat.S_ISBLK(entry.st_mode) and entry.st_size % 512 + (entry.st_size < 512):
                warning = "file does not fit into a 512-byte sector; "
                warning += "the end of the file will be ignored."
                if entry.st_size < 512:
                    warning = "file is smaller than 512 bytes; the loop device "
                    warning += "may be useless or invisible for system tools."
                stderr = "losetup: %s: Warning: %s\n" % (path, warning)
    except EnvironmentError as error:  # noqa: UP024
        stderr = "losetup: cannot find an unused loop device\n"
        if doing:
            stderr = "losetup: %s: %s\n" % (doing, error.strerror)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    if not stdout and check:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=1, cmd="losetup --find --show %s" % path
        )
    return stdout, stderr


def loop_detach(device: str, check: bool = True) -> tuple[str, str]:
    """Detach the loop device from its file; one that is in use is detached when its last user closes it."""
    stderr = ""
    descriptor = -1
    doing = "failed to use device"
    try:
        if device and not os.path.isabs(device):
            # The daemon's working directory is /, not the caller's.
            raise OSError(errno.EINVAL, "it is not an absolute path")
        entry = os.stat(device) if os.path.exists(device) else None
        if entry is None or not stat.S_ISBLK(entry.st_mode) or os.major(entry.st_rdev) != 7:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        doing = "detach failed"
        descriptor = os.open(device, os.O_RDONLY)
        fcntl.ioctl(descriptor, 0x4C01, 0)  # LOOP_CLR_FD
    except EnvironmentError as error:  # noqa: UP024 - ioctl() raises IOError on Python 2
        stderr = "losetup: %s: %s: %s\n" % (device, doing, error.strerror)
    finally:
        if descriptor >= 0:
            os.close(descriptor)
    if stderr and check:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=1, cmd="losetup --detach %s" % device
        )
    return "", stderr


_UNTRIED = "success needs a loop device, which belongs to the whole machine; only failures are compared"

RULES = (
    Rule(
        grammar="losetup (-f|--find) --show PATH",
        function=loop_attach,
        module="fs",
        kind=NATIVE,
        capabilities={"CAP_DAC_OVERRIDE", "CAP_SYS_ADMIN"},
        samples=(
            Sample(
                "loop_attach('/fake')",
                "('/dev/loop7\\n', '')",
                patched=("os.open", "os.fstat", "os.close", "fcntl.ioctl"),
                given=(
                    "mock_open.side_effect = [41, 42, 43]",
                    "mock_fstat.return_value = mock.Mock(st_mode=stat.S_IFREG, st_size=512)",
                    "mock_ioctl.side_effect = [7, 0, 0]",
                ),
                asserted=(
                    "mock_open.assert_called_with('/dev/loop7', os.O_RDWR)",
                    "mock_ioctl.assert_any_call(43, 0x4c00, 42)",
                    "self.assertEqual([41, 42, 43], [each[0][0] for each in mock_close.call_args_list])",
                ),
            ),
            Sample(
                "loop_attach('/fake')",
                patched=("os.open",),
                given=("mock_open.side_effect = OSError(errno.ENOENT, 'fake')",),
                code=1,
            ),
        ),
        examples=(
            Becomes(
                "out, err = utils.execute('losetup', '--find', '--show', self.image.path, run_as_root=True)",
                "privsep.fs.loop_attach(str(self.image.path))",
            ),
            Becomes(
                "self._execute('losetup', '-f', '--show', path, run_as_root=True)",
                "privsep.fs.loop_attach(str(path))",
            ),
            Stays("execute('losetup', '-f', '--show', '-r', path, run_as_root=True)", because="-r"),
            Stays("execute('losetup', '-f', path, run_as_root=True)", because="--show"),
        ),
        trials=(
            *(
                Trial(f"losetup {line}")
                for line in (
                    "--find --show {file}",
                    "-f --show {missing}",
                    "--show --find {dir}",
                    "--find --show {link}",
                )
            ),
            *(
                Trial(f"losetup --find --show {on}", needs=("loop",))
                for on in ("/usr/bin/env", "{file}", "{dir}", "{missing}", "{readonly}", "{empty}")
            ),
        ),
        differences=(
            RELATIVE,
            DASH,
            Difference("an empty path fails with 'No such file or directory', where the command says 'Success'"),
            Difference("where devices are in the folder /dev/loop/, none is found"),
        ),
        review=_UNTRIED,
    ),
    Rule(
        grammar="losetup (-d|--detach) DEVICE",
        function=loop_detach,
        module="fs",
        kind=NATIVE,
        samples=(
            Sample(
                "loop_detach('/dev/loop7')",
                "('', '')",
                patched=("os.stat", "os.open", "os.close", "fcntl.ioctl"),
                given=(
                    "mock_stat.return_value = mock.Mock(st_mode=stat.S_IFBLK, st_rdev=os.makedev(7, 7))",
                    "mock_open.return_value = 41",
                ),
                asserted=(
                    "mock_open.assert_called_once_with('/dev/loop7', os.O_RDONLY)",
                    "mock_ioctl.assert_called_once_with(41, 0x4c01, 0)",
                    "mock_close.assert_called_once_with(41)",
                ),
            ),
            Sample("loop_detach('/dev/null')", code=1),
        ),
        examples=(
            Becomes(
                "utils.execute('losetup', '--detach', self.device, run_as_root=True, check_exit_code=[0, 1])",
                "privsep.fs.loop_detach(str(self.device), check=False)",
            ),
            Stays("execute('losetup', '--detach', device, run_as_root=True, attempts=3)", because="attempts"),
            Stays("execute('losetup', '-d', one, two, run_as_root=True)", because="{two}"),
            Stays("execute('losetup', '-D', run_as_root=True)", because="-D"),
        ),
        trials=(
            *(
                Trial(f"losetup --detach {on}")
                for on in ("{file}", "{missing}", "{dir}", "{link}", "{dangling}", "/dev/null", "/dev/loop999")
            ),
            Trial("losetup -d {private}"),
            Trial("losetup -d /dev/loop0", needs=("loop",)),
        ),
        differences=(RELATIVE, DASH),
        review=_UNTRIED,
    ),
)
