# ruff: noqa: UP031 - the projects with the most to migrate are old: no f-strings
"""What the functions of ip(8)'s rules share: requests through rtnetlink(7), and what ip says of the answers."""

from __future__ import annotations

import os

import pyroute2


def _missing(device: str) -> tuple[int, str]:
    return 1, 'Cannot find device "%s"\n' % device


def _refused(error: Exception) -> tuple[int, str]:
    """Exit code and stderr of ip(8) when the kernel refuses a request."""
    reason = os.strerror(error.args[0])
    if error.args[1] not in (None, reason):
        return 2, "Error: %s.\n" % error.args[1]
    return 2, "RTNETLINK answers: %s\n" % reason


def _change_link(command: str, device: str, fault: tuple[int, str] | None = None, **fields: object) -> tuple[int, str]:
    """Change or delete a device; gives ip(8)'s exit code and stderr.

    command: set or del. fault: the two where ip(8) finds the device, but
    something wrong in what is asked of it.
    """
    try:
        with pyroute2.IPRoute(ext_ack=True) as netlink:
            found = netlink.link_lookup(ifname=device)
            if not found:
                return _missing(device)
            if fault:
                return fault
            netlink.link(command, index=found[0], **fields)
    except (OSError, pyroute2.NetlinkError) as error:
        return _refused(error)
    return 0, ""
