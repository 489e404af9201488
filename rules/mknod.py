# ruff: noqa: UP031 - the projects with the most to migrate still run on Python 2, which has no f-strings
"""mknod: make a device node or a FIFO through mknod(2)."""

from __future__ import annotations

import errno
import os
import re
import stat

from oslo_concurrency import processutils

from migrator.decide.declared import DASH, QUOTED_BLANKS, RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial


def mknod(path: str, kind: str, major: str, minor: str, check: bool = True) -> tuple[str, str]:
    """Make the device node path with mode 0644.

    kind is b for a block device, c or u for a character device. major and minor may be decimal, 0x... or octal 0...
    """
    stderr = ""
    numbers = []
    for what, text in (("major", major), ("minor", minor)):
        digits = r"0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*)"
        known = re.match(r"[ \t\n\v\f\r]*\+?(?:%s)\Z" % digits, text)
        number = -1
        if known:
            number = int(next(filter(None, known.groups())), 16 if known.group(1) else 10)
            if known.group(2):
                number = int(known.group(2), 8)
        if not 0 <= number < 2**32 and not stderr:
            stderr = "mknod: invalid %s device number '%s'\n" % (what, text)
        numbers.append(number)
    if kind[:1] == "p":
        stderr = "mknod: extra operand '%s'\n" % major
        stderr += "Fifos do not have major and minor device numbers.\n"
        stderr += "Try 'mknod --help' for more information.\n"
    elif kind[:1] not in ("b", "c", "u"):
        stderr = "mknod: invalid device type '%s'\n" % kind
        stderr += "Try 'mknod --help' for more information.\n"
    elif not stderr and path and not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        stderr = "mknod: '%s' is not an absolute path\n" % path
    elif not stderr:
        try:
            if numbers[0] >= 2**12 or numbers[1] >= 2**20:
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
            # The mode is explicit because the daemon's umask is 0, where a command run by rootwrap has 022.
            mode = 0o644 | (stat.S_IFBLK if kind[0] == "b" else stat.S_IFCHR)
            os.mknod(path, mode, os.makedev(numbers[0], numbers[1]))
        except OSError as error:
            stderr = "mknod: %s: %s\n" % (path or "''", error.strerror)
    if stderr and check:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=1, cmd="mknod %s %s %s %s" % (path, kind, major, minor)
        )
    return "", stderr


def mkfifo(path: str, check: bool = True) -> tuple[str, str]:
    """Make the FIFO path with mode 0644."""
    stderr = ""
    if path and not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        stderr = "mknod: '%s' is not an absolute path\n" % path
    else:
        try:
            # The mode is explicit because the daemon's umask is 0, where a command run by rootwrap has 022.
            os.mkfifo(path, 0o644)
        except OSError as error:
            stderr = "mknod: %s: %s\n" % (path or "''", error.strerror)
    if stderr and check:
        raise processutils.ProcessExecutionError(stdout="", stderr=stderr, exit_code=1, cmd="mknod %s p" % path)
    return "", stderr


UNDER_ACL = Difference("below a folder with a default ACL a new node has at most the rights of mode 0644")

RULES = (
    Rule(
        grammar="mknod PATH p",
        function=mkfifo,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_DAC_OVERRIDE"},
        samples=(
            Sample("mkfifo(missing)", "stat.S_IFIFO | 0o644", "os.stat(missing).st_mode"),
            Sample("mkfifo(path)", code=1),
        ),
        examples=(
            Becomes("utils.execute('mknod', pipe, 'p', run_as_root=True)", "privsep.path.mkfifo(str(pipe))"),
            Stays("execute('mknod', '-m', '600', pipe, 'p', run_as_root=True)", because="-m"),
            Stays("execute('mknod', pipe, kind, run_as_root=True)", because="{kind}"),
        ),
        trials=tuple(
            Trial(f"mknod {path} p")
            for path in (
                "{missing}",
                "{missing}/",
                "{missing}/below",
                "{file}/below",
                "{sgid}/new",
                "{lockeddir}/new",
                "{readonlydir}/new",
                "''",
            )
        ),
        differences=(RELATIVE, DASH, QUOTED_BLANKS, UNDER_ACL),
    ),
    Rule(
        grammar="mknod PATH KIND MAJOR MINOR",
        function=mknod,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_DAC_OVERRIDE", "CAP_MKNOD"},
        samples=(
            Sample(
                "mknod('/dev/fake', 'b', '7', '1')",
                "('', '')",
                patched=("os.mknod",),
                asserted=("mock_mknod.assert_called_once_with('/dev/fake', stat.S_IFBLK | 0o644, os.makedev(7, 1))",),
            ),
            Sample(
                "mknod('/dev/fake', 'c', '10', '200')",
                patched=("os.mknod",),
                given=("mock_mknod.side_effect = OSError(errno.EPERM, 'fake')",),
                code=1,
            ),
        ),
        examples=(
            Becomes(
                "utils.execute('mknod', path, 'b', str(major), str(minor), run_as_root=True)",
                "privsep.path.mknod(str(path), 'b', str(major), str(minor))",
            ),
            Becomes(
                "self._execute('mknod', '/dev/net/tun', 'c', '10', '200', run_as_root=True, check_exit_code=False)",
                "privsep.path.mknod('/dev/net/tun', 'c', '10', '200', check=False)",
            ),
            Stays("execute('mknod', '-m', '660', path, 'b', major, minor, run_as_root=True)", because="-m"),
            Stays("execute('mknod', path, 'b', major, run_as_root=True)", because="MINOR"),
        ),
        trials=tuple(
            Trial(f"mknod {line}", needs=("mknod",))
            for line in (
                "{missing} b 7 0",
                "{missing} c 10 200",
                "{missing} u 0x0a 010",
                "{missing} block +8 ' 1'",
                "{missing} p 1 2",
                "{missing} x 1 2",
                "{missing} '' 1 2",
                "{missing} b one 2",
                "{missing} b 1 08",
                "{missing} b '' 2",
                "{missing} b 4095 1048575",
                "{missing} b 4096 0",
                "{missing} b 4294967295 0",
                "{missing} b 0 4294967296",
                "{file}/below b 1 2",
                "{sgid}/new c 1 2",
                "{lockeddir}/new c 1 2",
                "{readonlydir}/new c 1 2",
                "'' c 1 2",
            )
        ),
        differences=(RELATIVE, DASH, QUOTED_BLANKS, UNDER_ACL),
    ),
)
