# ruff: noqa: UP031 - the projects with the most to migrate still run on Python 2, which has no f-strings
"""fallocate: give a file its blocks through open(2) and fallocate(2)."""

from __future__ import annotations

import ctypes
import errno
import os
import re

from oslo_concurrency import processutils

from migrator.decide.declared import ACL, DASH, RELATIVE, SETID
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial


def fallocate(length: str, path: str, keep_size: bool = False, check: bool = True) -> tuple[str, str]:
    """Give the file path blocks for length bytes, spelled as for fallocate(1): 4096, 10G, 10GiB, 10GB.

    A shorter file becomes that long, and one that is missing is made with mode 0644; neither with keep_size=True.
    """
    stderr = ""
    known = re.match(r"([1-9][0-9]*)(?:([KMGTPEZY])(iB|B)?)?\Z", length, re.I)
    size = 0
    if known:
        base = 1000 if (known.group(3) or "").upper() == "B" else 1024
        size = int(known.group(1)) * base ** " KMGTPEZY".index((known.group(2) or " ").upper())
    if not 0 < size < 2**63:
        stderr = "fallocate: invalid length value specified\n"
    elif path and not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        stderr = "fallocate: '%s' is not an absolute path\n" % path
    else:
        # os.posix_fallocate() would write to every block where the file system does not know this call.
        libc = ctypes.CDLL(None, use_errno=True)
        call = getattr(libc, "fallocate64", libc.fallocate)
        try:
            # The mode is explicit because the daemon's umask is 0, where a command run by rootwrap has 022.
            descriptor = os.open(path, os.O_RDWR | (0 if keep_size else os.O_CREAT), 0o644)
        except OSError as error:
            stderr = "fallocate: cannot open %s: %s\n" % (path, error.strerror)
        else:
            failed = call(descriptor, 1 if keep_size else 0, ctypes.c_int64(0), ctypes.c_int64(size))
            reason = ctypes.get_errno()
            os.close(descriptor)
            if failed and keep_size and reason == errno.EOPNOTSUPP:
                stderr = "fallocate: fallocate failed: keep size mode is unsupported\n"
            elif failed:
                stderr = "fallocate: fallocate failed: %s\n" % os.strerror(reason)
    if stderr and check:
        raise processutils.ProcessExecutionError(
            stdout="",
            stderr=stderr,
            exit_code=1,
            cmd="fallocate %s-l %s %s" % ("-n " if keep_size else "", length, path),
        )
    return "", stderr


RULES = (
    Rule(
        grammar="fallocate (-l LENGTH|--length=LENGTH) [-n|--keep-size] PATH",
        function=fallocate,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_DAC_OVERRIDE"},
        samples=(
            Sample(
                "fallocate('4K', path)",
                "[4096]",
                "[call[0][3].value for call in libc.fallocate64.call_args_list]",
                patched=("ctypes.CDLL",),
                given=("libc = mock_cdll.return_value", "libc.fallocate64.return_value = 0"),
            ),
            Sample("fallocate('none', path)", code=1),
        ),
        examples=(
            Becomes(
                "self._execute('fallocate', '-l', '%sGiB' % size, path, run_as_root=True)",
                "privsep.path.fallocate('%sGiB' % size, str(path))",
            ),
            Becomes(
                "utils.execute('fallocate', '-n', '-l', size, self.path, run_as_root=True)",
                "privsep.path.fallocate(str(size), str(self.path), keep_size=True)",
            ),
            Stays("execute('fallocate', '-p', '-o', '0', '-l', size, path, run_as_root=True)", because="-p"),
            Stays("execute('fallocate', '-z', '-l', size, path, run_as_root=True)", because="-z"),
        ),
        trials=tuple(
            Trial(f"fallocate {line}")
            for line in (
                "-l 5 {file}",
                "-l 20000 {file}",
                "-l 1MiB {missing}",
                "-l 10k {empty}",
                "-l 10Kb {missing}",
                "-l 0 {file}",
                "-l '' {file}",
                "-l 5X {file}",
                "-l 5B {file}",
                "-l '5 K' {file}",
                "-l 7E {file}",
                "-l 8E {file}",
                "-l 1M {missing}/below",
                "-l 1M {dir}",
                "-l 1M {suid}",
                "-l 1M {fifo}",
                "-l 1M /dev/null",
                "-l 1M ''",
                "-n -l 20000 {dir}/inside",
                "-n -l 1M {dir}/new",
                "-n -l 5X {dir}/inside",
            )
        ),
        differences=(
            RELATIVE,
            DASH,
            Difference(
                "a length that is a fraction, has a sign, blanks before it, or begins with 0 (octal, 0x) is refused",
                trial=Trial("fallocate -l 1.5K {file}"),
            ),
            ACL,
            SETID,
        ),
    ),
)
