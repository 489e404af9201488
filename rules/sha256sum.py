# ruff: noqa: UP031 - the projects with the most to migrate still run on Python 2, which has no f-strings
"""sha256sum: compute the SHA-256 of a file through open(2) and read(2)."""

from __future__ import annotations

import hashlib
import os

from oslo_concurrency import processutils

from migrator.decide.declared import DASH, QUOTED_BLANKS, RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial


def sha256sum(path: str, check: bool = True) -> tuple[str, str]:
    """Return the SHA-256 of what is in the file path in hexadecimal, two spaces, path and a newline."""
    stdout = stderr = ""
    if path and not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        stderr = "sha256sum: '%s' is not an absolute path\n" % path
    else:
        digest = hashlib.sha256()
        try:
            descriptor = os.open(path, os.O_RDONLY)
            try:
                chunk = os.read(descriptor, 1048576)
                while chunk:
                    digest.update(chunk)
                    chunk = os.read(descriptor, 1048576)
            finally:
                os.close(descriptor)
        except OSError as error:
            stderr = "sha256sum: %s: %s\n" % (path or "''", error.strerror)
        else:
            shown = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
            stdout = "%s%s  %s\n" % ("" if shown == path else "\\", digest.hexdigest(), shown)
    if stderr and check:
        raise processutils.ProcessExecutionError(stdout="", stderr=stderr, exit_code=1, cmd="sha256sum %s" % path)
    return stdout, stderr


RULES = (
    Rule(
        grammar="sha256sum PATH",
        function=sha256sum,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_DAC_READ_SEARCH"},
        samples=(
            Sample(
                "sha256sum(path)",
                "(hashlib.sha256(b'old').hexdigest() + '  %s\\n' % path, '')",
            ),
            Sample("sha256sum(missing)", code=1),
        ),
        examples=(
            Becomes(
                "out, err = self._execute('sha256sum', volume_path, run_as_root=True)",
                "privsep.path.sha256sum(str(volume_path))",
            ),
            Stays("execute('sha256sum', '-c', path, run_as_root=True)", because="-c"),
            Stays("execute('sha256sum', one, two, run_as_root=True)", because="{two}"),
        ),
        trials=tuple(
            Trial(f"sha256sum {on}")
            for on in (
                "{file}",
                "{file}/below",
                "{empty}",
                "{binary}",
                "{link}",
                "{missing}",
                "{dir}",
                "{lockeddir}/inside",
                "/usr/bin/sha256sum",
                "/proc/self/mem",
                "''",
            )
        ),
        differences=(
            RELATIVE,
            Difference("- is refused as well, which stands for standard input", trial=Trial("sha256sum -", stdin="1")),
            DASH,
            QUOTED_BLANKS,
        ),
    ),
)
