# ruff: noqa: UP031 - the projects with the most to migrate still run on Python 2, which has no f-strings
"""touch: set the times of a path to now through utimensat(2), and create it through open(2)."""

from __future__ import annotations

import errno
import os

from oslo_concurrency import processutils

from migrator.decide.declared import DASH, QUOTED, RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial


def touch(path: str, no_create: bool = False, check: bool = True) -> tuple[str, str]:
    """Set both times of path to now; a file that is missing is created with mode 0644, or not with no_create=True.

    A symbolic link is followed.
    """
    stderr = ""
    if path and not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        stderr = "touch: '%s' is not an absolute path\n" % path
    else:
        failed = ""
        if not no_create:
            try:
                # The mode is explicit because the daemon's umask is 0, where a command run by rootwrap has 022.
                flags = os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK | os.O_NOCTTY
                os.close(os.open(path, flags, 0o644))
            except OSError as error:
                # A directory or a FIFO cannot be opened so, but has times as well.
                if error.errno != errno.EISDIR:
                    failed = "cannot touch '%s': %s" % (path, error.strerror)
        try:
            os.utime(path, None)
        except OSError as error:
            if not (no_create and error.errno == errno.ENOENT):
                stderr = "touch: %s\n" % (failed or "setting times of '%s': %s" % (path, error.strerror))
    if stderr and check:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=1, cmd="touch %s%s" % ("-c " if no_create else "", path)
        )
    return "", stderr


RULES = (
    Rule(
        grammar="touch [-c|--no-create] PATH",
        function=touch,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_DAC_OVERRIDE"},
        samples=(
            Sample("touch(missing)", "0o644", "stat.S_IMODE(os.stat(missing).st_mode)"),
            Sample(
                "touch(path)",
                given=("os.utime(path, (1, 1))",),
                asserted=("self.assertGreater(os.stat(path).st_mtime, 1)",),
            ),
            Sample("touch(os.path.join(missing, 'file'))", code=1),
        ),
        examples=(
            Becomes(
                "utils.execute('touch', path, run_as_root=True)",
                "privsep.path.touch(str(path))",
            ),
            Becomes(
                "execute('touch', '-c', path, run_as_root=True, check_exit_code=[0, 1])",
                "privsep.path.touch(str(path), no_create=True, check=False)",
            ),
            Stays("execute('touch', '-m', path, run_as_root=True)", because="-m"),
            Stays("execute('touch', '-d', when, path, run_as_root=True)", because="-d"),
            Stays("execute('touch', one, two, run_as_root=True)", because="{two}"),
        ),
        trials=tuple(
            Trial(f"touch {flags}{line}")
            for flags in ("", "-c ")
            for line in (
                "{file}",
                "{file}/below",
                "{missing}/below",
                "{missing}/",
                "{dir}/new",
                "{sgid}/new",
                "{dirlink}/",
                "{lockeddir}/inside",
                "{lockeddir}/new",
                "{sticky}/inside",
                "{readonlydir}/inside",
                "{readonlydir}/new",
                "{missing:quote}/below",
                "''",
            )
        ),
        differences=(
            Difference("- is refused as well, which stands for standard output", trial=Trial("touch -")),
            RELATIVE,
            DASH,
            QUOTED,
            Difference("below a folder with a default ACL a new file has at most the rights of mode 0644"),
        ),
    ),
)
