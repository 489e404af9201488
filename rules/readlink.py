# ruff: noqa: UP031 - the projects with the most to migrate still run on Python 2, which has no f-strings
"""readlink: tell where a symbolic link leads through readlink(2)."""

from __future__ import annotations

import errno
import os

from oslo_concurrency import processutils

from migrator.decide.declared import DASH, RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial

_ON = (
    "{link}",
    "{link}/",
    "{dirlink}",
    "{dirlink}/inside",
    "{dirlink}/..",
    "{dangling}",
    "{dangling}/",
    "{file}",
    "{file}/..",
    "{dir}/.//inside",
    "{missing}",
    "{missing}/",
    "{missing}/.",
    "{missing}/../missing",
    "{missing}/one/two",
    "{tree}/sub/dangling",
    "{lockeddir}/inside",
    "//dev/./null",
    "''",
    "/",
    "-n {tree}/sub/dangling",
    "-n {dir}/inside",
)
_SELF = Difference("/proc/self is the daemon, and not the command")


def readlink(path: str, no_newline: bool = False, check: bool = True) -> tuple[str, str]:
    """Return what the symbolic link path holds, with a newline after it unless no_newline=True."""
    stdout = stderr = ""
    failed = False
    if path and not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        failed = True
        stderr = "readlink: '%s' is not an absolute path\n" % path
    else:
        try:
            stdout = os.readlink(path) + ("" if no_newline else "\n")
        except OSError:
            failed = True  # readlink(1) does not say why either
    if failed and check:
        raise processutils.ProcessExecutionError(stdout="", stderr=stderr, exit_code=1, cmd="readlink %s" % path)
    return stdout, stderr


def readlink_canonicalize(path: str, no_newline: bool = False, check: bool = True) -> tuple[str, str]:
    """Return path without links, `.` and `..`, with a newline after it unless no_newline=True.

    All but the last part of it has to be there.
    """
    found = stderr = ""
    if path and not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        stderr = "readlink: '%s' is not an absolute path\n" % path
    left = "" if stderr else path
    while left and not found:
        try:
            os.stat(left)  # what there is, the kernel finds: it takes no way through a file or a missing folder
            found = os.path.realpath(left)
        except OSError as error:
            above, name = os.path.split(left.rstrip("/"))
            if error.errno != errno.ENOENT or name in ("", ".", "..") or not os.path.isdir(above):
                break
            missing = os.path.join(os.path.realpath(above), name)
            try:
                left = os.path.join(os.path.dirname(missing), os.readlink(missing))
            except OSError:
                found = missing
    if not found and check:
        raise processutils.ProcessExecutionError(stdout="", stderr=stderr, exit_code=1, cmd="readlink -f %s" % path)
    return found + ("\n" if found and not no_newline else ""), stderr


def readlink_canonicalize_existing(path: str, no_newline: bool = False, check: bool = True) -> tuple[str, str]:
    """Return path without links, `.` and `..`, with a newline after it unless no_newline=True. It has to be there."""
    found = stderr = ""
    if path and not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        stderr = "readlink: '%s' is not an absolute path\n" % path
    elif os.path.exists(path):
        found = os.path.realpath(path)
    if not found and check:
        raise processutils.ProcessExecutionError(stdout="", stderr=stderr, exit_code=1, cmd="readlink -e %s" % path)
    return found + ("\n" if found and not no_newline else ""), stderr


def readlink_canonicalize_missing(path: str, no_newline: bool = False, check: bool = True) -> tuple[str, str]:
    """Return path without links, `.` and `..`, with a newline after it unless no_newline=True. It may be missing."""
    found = stderr = ""
    if path and not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        stderr = "readlink: '%s' is not an absolute path\n" % path
    elif path:
        found = os.path.realpath(path)
    if not found and check:
        raise processutils.ProcessExecutionError(stdout="", stderr=stderr, exit_code=1, cmd="readlink -m %s" % path)
    return found + ("\n" if found and not no_newline else ""), stderr


RULES = (
    Rule(
        grammar="readlink [-n|--no-newline] PATH",
        function=readlink,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_DAC_READ_SEARCH"},
        samples=(
            Sample("readlink(missing)", "('fake\\n', '')", given=("os.symlink('fake', missing)",)),
            Sample("readlink(path)", code=1),
        ),
        examples=(
            Becomes(
                "out, err = utils.execute('readlink', '-n', '/sys/class/net/%s' % dev, run_as_root=True)",
                "privsep.path.readlink('/sys/class/net/%s' % dev, no_newline=True)",
            ),
            Stays("execute('readlink', '-v', path, run_as_root=True)", because="-v"),
            Stays("execute('readlink', one, two, run_as_root=True)", because="{two}"),
        ),
        trials=tuple(Trial(f"readlink {on}") for on in _ON),
        differences=(RELATIVE, DASH, _SELF),
    ),
    Rule(
        grammar="readlink (-f|--canonicalize) [-n|--no-newline] PATH",
        function=readlink_canonicalize,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_DAC_READ_SEARCH"},
        samples=(
            Sample(
                "readlink_canonicalize(missing)",
                "(os.path.realpath(path) + '\\n', '')",
                given=("os.symlink('file', missing)",),
            ),
            Sample("readlink_canonicalize(missing + '/file')", code=1),
        ),
        examples=(
            Becomes(
                "out, err = self._execute('readlink', '-f', dev_path, run_as_root=True)",
                "privsep.path.readlink_canonicalize(str(dev_path))",
            ),
            Stays("execute('readlink', '-f', '-v', path, run_as_root=True)", because="-v"),
            Stays("execute('readlink', '-f', '-z', path, run_as_root=True)", because="-z"),
        ),
        trials=tuple(Trial(f"readlink -f {on}") for on in _ON),
        differences=(RELATIVE, DASH, _SELF),
    ),
    Rule(
        grammar="readlink (-e|--canonicalize-existing) [-n|--no-newline] PATH",
        function=readlink_canonicalize_existing,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_DAC_READ_SEARCH"},
        samples=(
            Sample(
                "readlink_canonicalize_existing(missing)",
                "(os.path.realpath(path) + '\\n', '')",
                given=("os.symlink('file', missing)",),
            ),
            Sample("readlink_canonicalize_existing(missing)", code=1),
        ),
        examples=(
            Becomes(
                "out, err = utils.execute('readlink', '-e', canonpath, run_as_root=True)",
                "privsep.path.readlink_canonicalize_existing(str(canonpath))",
            ),
            Stays("execute('readlink', '-ev', path, run_as_root=True)", because="-v"),
            Stays("execute('readlink', '-e', one, two, run_as_root=True)", because="{two}"),
        ),
        trials=tuple(Trial(f"readlink -e {on}") for on in _ON),
        differences=(RELATIVE, DASH, _SELF),
    ),
    Rule(
        grammar="readlink (-m|--canonicalize-missing) [-n|--no-newline] PATH",
        function=readlink_canonicalize_missing,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_DAC_READ_SEARCH"},
        samples=(
            Sample(
                "readlink_canonicalize_missing(missing + '/../file')",
                "(os.path.realpath(path) + '\\n', '')",
            ),
        ),
        examples=(
            Becomes(
                "path, err = utils.execute('readlink', '-nm', os.path.join(imgdir, name), run_as_root=True)",
                "privsep.path.readlink_canonicalize_missing(os.path.join(imgdir, name), no_newline=True)",
            ),
            Stays("execute('readlink', '-f', '-m', path, run_as_root=True)", because="-m"),
            Stays("execute('readlink', '-m', one, two, run_as_root=True)", because="{two}"),
        ),
        trials=tuple(Trial(f"readlink -m {on}") for on in _ON),
        differences=(
            RELATIVE,
            DASH,
            _SELF,
            Difference("of links that lead in a circle another one may come out"),
        ),
    ),
)
