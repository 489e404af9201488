"""What the kernel of a world keeps to treat packets by: sets of addresses, tracked connections, qdiscs and filters."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
from collections.abc import Collection, Iterator, Mapping

from migrator.verify.netlink import answers, attributes, each_attribute

_NETFILTER = 12  # NETLINK_NETFILTER
_NESTED = 0x8000
# A kernel without one of these tells so in several ways.
_ABSENT = {errno.EINVAL, errno.EOPNOTSUPP, errno.EPROTONOSUPPORT, errno.ENOENT}
# <linux/netfilter/ipset/ip_set.h>: IPSET_CMD_LIST, and attributes of its answers.
_LIST_SETS = 6 << 8 | 7
_SETNAME, _TYPENAME, _SETDATA, _MEMBERS = 2, 3, 7, 8
# Which seed its hash has, and with that how much memory it takes, is drawn for each set.
_DRAWN_OF_SET = {17, 26}
# <linux/netfilter/nfnetlink_conntrack.h>: IPCTNL_MSG_CT_GET, and attributes of its answers.
_LIST_CONNECTIONS = 1 << 8 | 1
_ORIGINAL, _TIMEOUT, _ZONE = 1, 7, 18
_COUNT = "/proc/sys/net/netfilter/nf_conntrack_count"
_DRAWN_OF_CONNECTION = {11, 12}  # how many use it just now, and where it lies in memory
# <linux/rtnetlink.h>: RTM_GETLINK, RTM_GETQDISC, RTM_GETTCLASS, RTM_GETTFILTER, and attributes of their answers.
_LINKS, _QDISCS, _CLASSES, _FILTERS = 18, 38, 42, 46
_IFNAME, _KIND = 3, 1
_STATISTICS = {3, 4, 7}  # TCA_STATS, TCA_XSTATS, TCA_STATS2

Thing = tuple[str, dict[str, str]]


def traffic() -> Iterator[Thing]:
    """ "set NAME", "connection NUMBERS", "qdisc DEVICE PARENT", "class ...", "filter ..." -> what it is like."""
    with _opened(_NETFILTER) as kernel:
        yield from _sets(kernel)
        yield from _connections(kernel)
    with _opened(socket.NETLINK_ROUTE) as kernel:
        yield from _queues(kernel)


@contextlib.contextmanager
def _opened(family: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, family) as kernel:
        yield kernel


def _listed(kernel: socket.socket, question: int, body: bytes) -> list[bytes]:
    """What there is; nothing where the kernel knows no such thing. Raises OSError."""
    try:
        return list(answers(kernel, question, body))
    except OSError as error:
        if error.errno not in _ABSENT:
            raise
        return []


def _sets(kernel: socket.socket) -> Iterator[Thing]:
    found: dict[str, dict[str, str]] = {}
    # A struct nfgenmsg, and that protocol 6 is spoken; what has many members comes in parts.
    for body in _listed(kernel, _LIST_SETS, struct.pack("=BBHHHB3x", 0, 0, 0, 5, 1, 6)):
        told = attributes(body[4:])
        name = os.fsdecode(told[_SETNAME].rstrip(b"\0"))
        seen = found.setdefault(f"set {name}", {})
        if _TYPENAME in told:
            seen["type"] = os.fsdecode(told[_TYPENAME].rstrip(b"\0"))
        seen.update(_numbered(body[4:], {_SETNAME, _TYPENAME, _SETDATA, _MEMBERS}))
        seen.update(_numbered(told.get(_SETDATA, b""), _DRAWN_OF_SET, "data "))
        for _, member in each_attribute(told.get(_MEMBERS, b"")):
            seen[f"member {' '.join(dict(_numbered(member)).values())}"] = "there"
    yield from found.items()


def _connections(kernel: socket.socket) -> Iterator[Thing]:
    # The kernel goes through the tables of all networks for it, which takes longer than all else that is looked at.
    with contextlib.suppress(OSError), open(_COUNT, "rb") as count:
        if int(count.read()) == 0:
            return
    for body in _listed(kernel, _LIST_CONNECTIONS, bytes(4)):
        told = attributes(body[4:])
        zone = told.get(_ZONE, b"\0\0").hex()
        original = " ".join(dict(_numbered(told[_ORIGINAL])).values())
        seen = dict(_numbered(body[4:], {_TIMEOUT, *_DRAWN_OF_CONNECTION}))
        if _TIMEOUT in told:  # how many seconds are left follows from when it is asked
            seen["timeout"] = f"about {round(int.from_bytes(told[_TIMEOUT], 'big'), -2)} s"
        yield f"connection {original} in zone {zone}", seen


def _queues(kernel: socket.socket) -> Iterator[Thing]:
    names = {
        struct.unpack_from("=i", body, 4)[0]: os.fsdecode(attributes(body[16:])[_IFNAME].rstrip(b"\0"))
        for body in _listed(kernel, _LINKS, bytes(16))
    }
    qdiscs = _listed(kernel, _QDISCS, bytes(20))
    asked: dict[tuple[int, int], None] = {}
    for body in qdiscs:
        index, handle = _place(body)[:2]
        yield _queue("qdisc", names, body)
        if handle:  # one that the kernel chose has none, and no classes or filters
            asked[index, handle] = None
    for index in dict.fromkeys(index for index, _ in asked):
        for body in _listed(kernel, _CLASSES, struct.pack("=4xiIII", index, 0, 0, 0)):
            yield _queue("class", names, body)
            asked[index, _place(body)[1]] = None
    for index, handle in asked:
        for number, body in enumerate(_listed(kernel, _FILTERS, struct.pack("=4xiIII", index, 0, handle, 0))):
            name, seen = _queue("filter", names, body)
            yield f"{name} number {number}", seen


def _place(body: bytes) -> tuple[int, int, int, int]:
    """Of a struct tcmsg: the device's index, the handle, the parent, and what depends on the kind."""
    index, handle, parent, info = struct.unpack_from("=4xiIII", body)
    return index, handle, parent, info


def _queue(what: str, names: Mapping[int, str], body: bytes) -> Thing:
    index, handle, parent, info = _place(body)
    told = attributes(body[20:])
    seen = {"kind": os.fsdecode(told.get(_KIND, b"").rstrip(b"\0")), "handle": _handle(handle), "info": f"{info:x}"}
    seen.update(_numbered(body[20:], {_KIND, *_STATISTICS}))
    at = f" {_handle(handle)}" if what == "class" else ""
    return f"{what} {names.get(index, index)} at {_handle(parent)}{at}", seen


def _handle(handle: int) -> str:
    """As tc(8) writes it; those that the kernel gives are the next of a number for all networks."""
    if 0x8000 <= handle >> 16 < 0xFFFF:
        return f"(drawn):{handle & 0xFFFF:x}"
    return f"{handle >> 16:x}:{handle & 0xFFFF:x}"


def _numbered(body: bytes, left_out: Collection[int] = (), prefix: str = "") -> Iterator[tuple[str, str]]:
    """ "number 7" -> its bytes; "number 7.1" of an attribute that says it has some within."""
    for kind, content in each_attribute(body):
        number = kind & 0x3FFF
        if number in left_out:
            continue
        if kind & _NESTED:
            yield from _numbered(content, (), f"{prefix}number {number}.")
        else:
            yield f"{prefix}number {number}".replace(".number ", "."), content.hex()
