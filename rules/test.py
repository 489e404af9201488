# ruff: noqa: UP031 - the projects with the most to migrate still run on Python 2, which has no f-strings
"""test: ask what is at a path through stat(2)."""

from __future__ import annotations

import os
import stat

from oslo_concurrency import processutils

from migrator.decide.declared import RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial


def test(operator: str, path: str) -> tuple[str, str]:
    """Raise ProcessExecutionError with exit code 1 unless path is what operator asks for, one of test(1).

    -e it is there, -f a file, -d a directory, -L or -h a symbolic link, -b a block device, -c a character device,
    -p a FIFO, -S a socket, -s not empty. All but -L and -h follow links.
    """
    asked = {
        "-b": stat.S_ISBLK,
        "-c": stat.S_ISCHR,
        "-d": stat.S_ISDIR,
        "-f": stat.S_ISREG,
        "-h": stat.S_ISLNK,
        "-L": stat.S_ISLNK,
        "-p": stat.S_ISFIFO,
        "-S": stat.S_ISSOCK,
    }
    stderr = ""
    code = 1
    if operator not in asked and operator not in ("-e", "-s"):
        code = 2
        stderr = "test: '%s': unary operator expected\n" % operator
    elif path and not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        code = 2
        stderr = "test: '%s' is not an absolute path\n" % path
    else:
        try:
            status = os.lstat(path) if operator in ("-h", "-L") else os.stat(path)
        except OSError:
            pass  # what cannot be looked at is not there, for test(1) as well
        else:
            if asked[operator](status.st_mode) if operator in asked else operator == "-e" or status.st_size > 0:
                code = 0
    if code:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=code, cmd="test %s %s" % (operator, path)
        )
    return "", ""


RULES = (
    Rule(
        grammar="test -- OPERATOR PATH",
        only={"operator": "-[bcdefhLpsS]"},
        function=test,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_DAC_READ_SEARCH"},
        samples=(
            Sample("test('-f', path)", "('', '')"),
            Sample("test('-d', path)", code=1),
        ),
        examples=(
            Becomes(
                "utils.execute('test', '-e', device_path, run_as_root=True)",
                "privsep.path.test('-e', str(device_path))",
            ),
            Becomes(
                "self._execute('test', '-d', '%s/snapshots' % mount_path, run_as_root=True)",
                "privsep.path.test('-d', '%s/snapshots' % mount_path)",
            ),
            Stays("execute('test', '-w', path, run_as_root=True)", because="'-w'"),
            Stays("execute('test', '!', '-e', path, run_as_root=True)", because="{path}"),
            Stays("execute('test', path, run_as_root=True)", because="PATH"),
            Stays("execute('test', operator, path, run_as_root=True)", because="its operator is not known"),
            Stays("execute('test', '-e', path, run_as_root=True, check_exit_code=[0, 1])", because="exit codes"),
        ),
        trials=tuple(
            Trial(f"test {line}")
            for line in (
                "-e {file}",
                "-e {file}/below",
                "-e {dir}/",
                "-e ''",
                "-e {lockeddir}/inside",
                "-d {tree}/out",
                "-f {tree}/out/inside",
                "-L {tree}/sub/dangling",
                "-h {dirlink}/",
                "-s {dir}/inside",
                "-s /proc/self/status",
                "-p {tree}/sub/fifo",
                "-c /dev/null",
                "-b /dev/null",
                "-S {dir}/inside",
            )
        ),
        differences=(
            RELATIVE,
            Difference("a path that begins with a dash is none that is absolute, and refused", on={"dash"}),
        ),
    ),
)
