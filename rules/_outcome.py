"""How functions end that stand for commands: as an executor would for what the command said and its exit code."""

from __future__ import annotations

from oslo_concurrency import processutils


def _checked(cmd: str, stdout: str, stderr: str, check: bool) -> tuple[str, str]:
    """Return or raise what an executor would: a failure is what has stderr."""
    if stderr and check:
        raise processutils.ProcessExecutionError(stdout=stdout, stderr=stderr, exit_code=1, cmd=cmd)
    return stdout, stderr


def _finished(cmd: str, result: tuple[int, str], check_exit_code: list[int] | tuple[int, ...]) -> tuple[str, str]:
    """Return or raise what an executor would.

    result: the command's exit code and stderr.
    """
    code, stderr = result
    if code not in check_exit_code:
        raise processutils.ProcessExecutionError(stdout="", stderr=stderr, exit_code=code, cmd=cmd)
    return "", stderr
