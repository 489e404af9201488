# ruff: noqa: UP031 - the projects with the most to migrate are old: no f-strings
"""What the functions of ip(8)'s rules share: one request through rtnetlink(7), and what ip says of its answer."""

from __future__ import annotations

import os
import re

import pyroute2
from oslo_concurrency import processutils


def _finished(cmd: str, code: int, stderr: str, check_exit_code: list[int] | tuple[int, ...]) -> tuple[str, str]:
    """Return or raise what an executor would for a command that ended so."""
    if code not in check_exit_code:
        raise processutils.ProcessExecutionError(stdout="", stderr=stderr, exit_code=code, cmd=cmd)
    return "", stderr


def _refusal(error: Exception) -> str:
    """What ip(8) says when the kernel refuses a request."""
    reason = os.strerror(error.args[0])
    if error.args[1] not in (None, reason):
        return "Error: %s.\n" % error.args[1]
    return "RTNETLINK answers: %s\n" % reason


def _is_device_name(name: str) -> bool:
    return bool(name) and not re.search(r"[/ \t\n\v\f\r]", name)


def _set_link(device: str, **changes: object) -> tuple[int, str]:
    """Change a network device; gives ip(8)'s exit code and stderr."""
    if not _is_device_name(device):
        return 255, 'Error: argument "%s" is wrong: "dev" not a valid ifname\n' % device
    try:
        with pyroute2.IPRoute(ext_ack=True) as netlink:
            found = netlink.link_lookup(ifname=device)
            if not found:
                return 1, 'Cannot find device "%s"\n' % device
            netlink.link("set", index=found[0], **changes)
    except (OSError, pyroute2.NetlinkError) as error:
        return 2, _refusal(error)
    return 0, ""
