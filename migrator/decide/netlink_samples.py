"""Samples of functions that ask the kernel through pyroute2: what stands for it gives an answer, and is looked at."""

from __future__ import annotations

from migrator.model import Sample

_PATCHED = ("pyroute2.IPRoute",)
_NETLINK = "netlink = mock_iproute.return_value.__enter__.return_value"


def by_device(call: str, *requests: str, missing: str = "") -> tuple[Sample, ...]:
    """A sample of a function that looks a network device up and makes requests of it, and one where there is none.

    call: of the function. requests: what it asks, as "link('set', index=7)", where 7 is the number of every device.
    missing: the call without a device, the same one when it is empty; it ends with exit code 1 and asks nothing.
    """
    method = requests[-1].partition("(")[0]
    return (
        Sample(
            call,
            "('', '')",
            patched=_PATCHED,
            given=(_NETLINK, "netlink.link_lookup.return_value = [7]"),
            asserted=tuple(_asked(request) for request in requests),
        ),
        Sample(
            missing or call,
            patched=_PATCHED,
            given=(_NETLINK, "netlink.link_lookup.return_value = []"),
            asserted=(f"netlink.{method}.assert_not_called()",),
            code=1,
        ),
    )


def by_request(call: str, request: str) -> tuple[Sample, ...]:
    """A sample of a function that makes one request, and one where the kernel refuses it: exit code 2."""
    method = request.partition("(")[0]
    return (
        Sample(call, "('', '')", patched=_PATCHED, given=(_NETLINK,), asserted=(_asked(request),)),
        Sample(
            call,
            patched=_PATCHED,
            given=(_NETLINK, f"netlink.{method}.side_effect = OSError(errno.EPERM, 'fake')"),
            code=2,
        ),
    )


def _asked(request: str) -> str:
    method, _, words = request.partition("(")
    return f"netlink.{method}.assert_called_once_with({words}"
