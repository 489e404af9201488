"""What `ip` lists of a network; it is not asked about one that looks to the kernel as an earlier one did."""

from __future__ import annotations

import functools
import json
import os
import socket
import struct
import subprocess
from collections.abc import Callable, Collection, Iterator, Sequence

from migrator.verify.netlink import answers, attributes, each_attribute

# What is listed, and with which options of `ip`: each of its processes knows the rules of one family.
_ALL = {
    "device": "addr show",
    "route": "route show table all",
    "rule": "rule show",
    "neigh": "neigh show nud all",
    "proxy": "neigh show proxy",
}
_SIX = {"rule of IPv6": "rule show"}
# rtnetlink(7), with the kernel's numbers: links without statistics, addresses, routes, neighbours, those that are
# answered for, rules. Each with what is asked, and how long that is which stands before the attributes of an answer.
_LINK, _ADDRESS, _ROUTE, _NEIGHBOUR, _RULE = 18, 22, 26, 30, 34
_ASKED = (
    (_LINK, struct.pack("=16xHHI", 8, 29, 8), 16),
    (_ADDRESS, bytes(8), 8),
    (_ROUTE, bytes(12), 12),
    (_NEIGHBOUR, bytes(12), 12),
    (_NEIGHBOUR, struct.pack("=10xBB", 8, 0), 12),
    (_RULE, bytes(12), 12),
)
# How old something is, and how often it was used.
_AGES = {(_ADDRESS, 6), (_NEIGHBOUR, 3)}
_AGES_OF_ROUTE = 12  # of these the third number is when it expires
_BY_FAMILY, _MODE_OF_ADDRESSES = 26, 8  # of a link: its settings, which are looked at elsewhere, but for this one

Entry = dict[str, object]


def listed() -> dict[str, list[Entry]]:
    """Kind of thing -> all that there are in the network of this thread, as `ip -j -d` tells them."""
    return _listed(_told())


@functools.lru_cache(maxsize=64)
def _listed(told: bytes) -> dict[str, list[Entry]]:
    """What `ip` lists where the kernel tells this."""
    return asked()


def asked() -> dict[str, list[Entry]]:
    """The same, asked of `ip` in any case."""
    asking = [_ip([], _ALL.values())]
    if os.path.exists("/proc/net/if_inet6"):
        asking.append(_ip(["-6"], _SIX.values()))
    lists = [entries for answer in asking for entries in answer()]
    return dict(zip((*_ALL, *_SIX), lists, strict=False))


def _told() -> bytes:
    """What the kernel tells of all that is listed, but for ages."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE) as kernel:
        return b"".join(
            part
            for question, body, length in _ASKED
            for answer in answers(kernel, question, body)
            for part in (answer[:length], *_attributes(question, answer[length:]))
        )


def _attributes(question: int, body: bytes) -> Iterator[bytes]:
    for kind, content in each_attribute(body):
        if (question, kind) in _AGES:
            continue
        if (question, kind) == (_ROUTE, _AGES_OF_ROUTE):
            content = content[8:12]
        elif (question, kind) == (_LINK, _BY_FAMILY):
            families = (attributes(each) for each in attributes(content).values())
            content = b"".join(each.get(_MODE_OF_ADDRESSES, b"") for each in families)
        yield struct.pack("=HH", kind, len(content)) + content


def _ip(options: Sequence[str], commands: Collection[str]) -> Callable[[], list[list[Entry]]]:
    """Ask `ip` for the lists of these commands; gives what awaits them."""
    words = ["ip", *options, "-j", "-d", "-batch", "-"]
    asking = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert asking.stdin is not None
    asking.stdin.write("".join(f"{command}\n" for command in commands))
    asking.stdin.close()

    def answer() -> list[list[Entry]]:
        with asking:
            assert asking.stdout is not None
            lists: list[list[Entry]] = [json.loads(line) for line in asking.stdout]
        assert asking.returncode == 0 and len(lists) == len(commands), (words, lists)
        return [[entry for entry in entries if entry] for entries in lists]

    return answer
