"""What the functions of ip link share: one request through rtnetlink(7)."""

from __future__ import annotations

import pyroute2

from .._rtnetlink import _missing, _refused


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
