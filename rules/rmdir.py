# ruff: noqa: UP031 - the projects with the most to migrate still run on Python 2, which has no f-strings
"""rmdir: remove an empty directory through rmdir(2)."""

from __future__ import annotations

import errno
import os

from oslo_concurrency import processutils

from migrator.decide.declared import DASH, QUOTED, RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Rule, Sample, Stays, Trial


def rmdir(path: str, check: bool = True) -> tuple[str, str]:
    """Remove the directory path, which has to be empty; a symbolic link to one is refused."""
    stderr = ""
    if path and not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        stderr = "rmdir: '%s' is not an absolute path\n" % path
    else:
        try:
            os.rmdir(path)
        except OSError as error:
            reason = error.strerror
            link = path.rstrip("/")
            if error.errno == errno.ENOTDIR and link != path and os.path.islink(link) and not os.path.isfile(link):
                reason = "Symbolic link not followed"
            stderr = "rmdir: failed to remove '%s': %s\n" % (path, reason)
    if stderr and check:
        raise processutils.ProcessExecutionError(stdout="", stderr=stderr, exit_code=1, cmd="rmdir %s" % path)
    return "", stderr


RULES = (
    Rule(
        grammar="rmdir PATH",
        function=rmdir,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_DAC_OVERRIDE", "CAP_FOWNER"},
        samples=(
            Sample("rmdir(missing)", "False", "os.path.exists(missing)", given=("os.mkdir(missing)",)),
            Sample("rmdir(missing)", code=1),
        ),
        examples=(
            Becomes(
                "utils.execute('rmdir', mount_path, run_as_root=True)",
                "privsep.path.rmdir(str(mount_path))",
            ),
            Becomes(
                "self._execute('rmdir', '--', path, run_as_root=True, check_exit_code=False)",
                "privsep.path.rmdir(str(path), check=False)",
            ),
            Stays("execute('rmdir', '-p', path, run_as_root=True)", because="-p"),
            Stays("execute('rmdir', '--ignore-fail-on-non-empty', path, run_as_root=True)", because="--ignore-fail"),
            Stays("execute('rmdir', one, two, run_as_root=True)", because="{two}"),
        ),
        trials=tuple(
            Trial(f"rmdir {line}")
            for line in (
                "{sgid}",
                "-- {sgid}",
                "{sgid}/",
                "{sgid}//",
                "{sgid}/.",
                "{sgid}/..",
                "{lockeddir}/below",
                "{sticky}/below",
                "{privatedir}/below/",
                "{mounted}/point",
                "{sgid}/../{sgid}",
                "{dirlink}/",
                "{dangling}/",
                "{link}/",
                "{file}/below",
                "''",
                "/",
            )
        ),
        differences=(
            RELATIVE,
            DASH,
            QUOTED,
        ),
    ),
)
