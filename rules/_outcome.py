"""What functions share that stand for commands which fail with exit code 1 and words on stderr."""

from __future__ import annotations

from oslo_concurrency import processutils


def _checked(cmd: str, stdout: str, stderr: str, check: bool) -> tuple[str, str]:
    """Return or raise what an executor would: a failure is what has stderr."""
    if stderr and check:
        raise processutils.ProcessExecutionError(stdout=stdout, stderr=stderr, exit_code=1, cmd=cmd)
    return stdout, stderr
