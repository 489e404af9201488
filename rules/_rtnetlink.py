# ruff: noqa: UP031 - the projects with the most to migrate are old: no f-strings
"""What ip(8) and tc(8) say of the answers to requests through rtnetlink(7)."""

from __future__ import annotations

import os


def _missing(device: str) -> tuple[int, str]:
    return 1, 'Cannot find device "%s"\n' % device


def _refused(error: Exception) -> tuple[int, str]:
    """Exit code and stderr of ip(8) and tc(8) when the kernel refuses a request."""
    reason = os.strerror(error.args[0])
    if error.args[1] not in (None, reason):
        return 2, "Error: %s.\n" % error.args[1]
    return 2, "RTNETLINK answers: %s\n" % reason
