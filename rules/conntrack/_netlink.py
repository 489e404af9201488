# ruff: noqa: UP031 - the projects with the most to migrate are old: no f-strings
"""What the functions of conntrack(8)'s rules share: its words for a connection, and how it reads what it is given."""

from __future__ import annotations

import binascii
import errno
import os
import re
import socket
import time

import pyroute2

from .._integer import _integer


def _conntrack_c_number(text: str) -> tuple[int, str]:
    """Read the number that a text begins with as strtoul(3) does, 0 where there is none; gives the rest as well."""
    number, rest = _integer(text)
    value = min(abs(number), 2**64 - 1)
    return 2**64 - value if number < 0 else value, rest


def _conntrack_protocol(name: str) -> int:
    """The number of a protocol by its name or number, -1 for what is neither."""
    known = {"tcp": 6, "udp": 17, "udplite": 136, "sctp": 132, "dccp": 33, "icmp": 1, "icmpv6": 58, "gre": 47}
    if name in known:
        return known[name]
    try:
        return socket.getprotobyname(name)
    except (EnvironmentError, ValueError):  # noqa: UP024 - no OSError on Python 2
        value, rest = _conntrack_c_number(name)
        return -1 if not name or rest or value > 255 else value


def _conntrack_wanted(
    protocol: str | None, family: str | None, addresses: list[tuple[str, str, str | None]]
) -> tuple[int, int, list[tuple[str, int, int]]]:
    """Read what a connection is to be like; gives protocol (-1 for any), family (0 for any), and ends.

    addresses: option, end of a connection ("ORIG SRC"), and what is given for it. An end: that, number, length.
    Raises ValueError with what conntrack(8) says.
    """
    number, known, ends = -1, 0, []
    if protocol is not None:
        number = _conntrack_protocol(protocol)
        if number < 0:
            raise ValueError("`%s' unsupported protocol" % protocol)
    if family is not None:
        known = {"ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}.get(family[:4], 0)
        if not known:
            raise ValueError("`%s' unsupported protocol" % family)
    for option, end, address in addresses:
        if address is None:
            continue
        own, value, length, fault = _conntrack_network(option, address)
        if own and known and own != known:
            fault = "mismatched address family"
        if fault:
            raise ValueError(fault)
        known = own
        ends.append((end, value, length))
    return number, known, ends


def _conntrack_network(option: str, address: str) -> tuple[int, int, int, str]:
    """Read an address, or a network where the option takes one; gives family, number, length, and what is wrong."""
    text, slash, length = address.partition("/")
    family, number = 0, 0
    for each, read in ((socket.AF_INET, socket.inet_aton), (socket.AF_INET6, _conntrack_ipv6)):
        try:
            number = int(binascii.hexlify(read(text)), 16)
            family = each
            break
        except (EnvironmentError, ValueError):  # noqa: UP024 - no OSError on Python 2
            continue
    bits = 32 if family == socket.AF_INET else 128
    mask = re.match(r"(?:[ \t\n\v\f\r]*[+-]?[0-9]+)?\Z", length)
    fault = ""
    if not family:
        fault = "Invalid IP address `%s'" % address
    elif slash and option.startswith("--reply"):
        fault = "CIDR notation unavailable for `%s'" % option
    elif not mask or not 0 <= int(length or "0") <= bits:
        fault = "Invalid netmask"
    if fault or not slash:
        return family, number, bits, fault
    return family, number, int(length or "0"), ""


def _conntrack_ipv6(text: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6, text)


def _conntrack_within(entry: pyroute2.netlink.nlmsg, family: int, key: str, number: int, length: int) -> bool:
    """Whether an address of a connection lies in a network; key: "ORIG SRC", "REPLY DST" ..."""
    direction, end = key.split()
    ip = entry.get_attr("CTA_TUPLE_" + direction).get_attr("CTA_TUPLE_IP")
    address = ip.get_attr("CTA_IP_V%d_%s" % (4 if family == socket.AF_INET else 6, end))
    bits = 32 if family == socket.AF_INET else 128
    own = int(binascii.hexlify(socket.inet_pton(family, address)), 16)
    return own >> (bits - length) == number >> (bits - length)


def _conntrack_line(entry: pyroute2.netlink.nlmsg) -> str:
    """The words of conntrack(8) for a connection that pyroute2 tells of, see libnetfilter_conntrack."""
    told = entry.get_attr
    number = told("CTA_TUPLE_ORIG").get_attr("CTA_TUPLE_PROTO").get_attr("CTA_PROTO_NUM")
    names = {1: "icmp", 6: "tcp", 17: "udp", 33: "dccp", 47: "gre", 58: "icmpv6", 132: "sctp", 136: "udplite"}
    words = ["%-8s %d" % (names.get(number, "unknown"), number)]
    if told("CTA_TIMEOUT") is not None:
        words.append("%d" % told("CTA_TIMEOUT"))
    words += _conntrack_state(told("CTA_PROTOINFO"))
    words += _conntrack_tuple(told("CTA_TUPLE_ORIG"), number) + _conntrack_counters(told("CTA_COUNTERS_ORIG"))
    status = told("CTA_STATUS") or 0
    if not status & 0x2:  # IPS_SEEN_REPLY
        words.append("[UNREPLIED]")
    words += _conntrack_tuple(told("CTA_TUPLE_REPLY"), number) + _conntrack_counters(told("CTA_COUNTERS_REPLY"))
    # IPS_HW_OFFLOAD, IPS_OFFLOAD, IPS_ASSURED: the first is told.
    words += [text for bit, text in ((15, "[HW_OFFLOAD]"), (14, "[OFFLOAD]"), (2, "[ASSURED]")) if status >> bit & 1][
        :1
    ]
    if told("CTA_MARK") is not None:
        words.append("mark=%d" % told("CTA_MARK"))
    if told("CTA_SECCTX") is not None:
        words.append("secctx=%s" % told("CTA_SECCTX").get_attr("CTA_SECCTX_NAME"))
    if told("CTA_ZONE") is not None:
        words.append("zone=%d" % told("CTA_ZONE"))
    if told("CTA_TIMESTAMP") is not None:
        start = told("CTA_TIMESTAMP").get_attr("CTA_TIMESTAMP_START") // 10**9
        words.append("delta-time=%d" % (int(time.time()) - start))
    words.append("use=%d" % told("CTA_USE"))
    return " ".join(words)


def _conntrack_state(told: pyroute2.netlink.nla) -> list[str]:
    """The state of a connection of TCP or SCTP, where there is one."""
    known = {
        "TCP": ("NONE SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT CLOSE_WAIT LAST_ACK TIME_WAIT CLOSE SYN_SENT2"),
        "SCTP": ("NONE CLOSED COOKIE_WAIT COOKIE_ECHOED ESTABLISHED SHUTDOWN_SENT SHUTDOWN_RECD SHUTDOWN_ACK_SENT"),
    }
    for protocol, states in known.items():
        info = told.get_attr("CTA_PROTOINFO_" + protocol) if told is not None else None
        if info is not None:
            number = info.get_attr("CTA_PROTOINFO_%s_STATE" % protocol)
            return (states.split()[number : number + 1] or ["NONE"]) if number is not None else []
    return []


def _conntrack_tuple(told: pyroute2.netlink.nla, protocol: int) -> list[str]:
    """The ends of one direction of a connection."""
    ip = dict(told.get_attr("CTA_TUPLE_IP")["attrs"])
    proto = dict(told.get_attr("CTA_TUPLE_PROTO")["attrs"])
    version = "4" if "CTA_IP_V4_SRC" in ip else "6"
    words = ["%s=%s" % (end.lower(), ip["CTA_IP_V%s_%s" % (version, end)]) for end in ("SRC", "DST")]
    if protocol in (6, 17, 33, 132, 136):
        words += ["sport=%d" % proto["CTA_PROTO_SRC_PORT"], "dport=%d" % proto["CTA_PROTO_DST_PORT"]]
    elif protocol == 47:
        words += ["srckey=0x%x" % proto["CTA_PROTO_SRC_PORT"], "dstkey=0x%x" % proto["CTA_PROTO_DST_PORT"]]
    elif protocol in (1, 58):
        kind = "CTA_PROTO_ICMP_" if protocol == 1 else "CTA_PROTO_ICMPV6_"
        words += ["%s=%d" % (name.lower(), proto[kind + name]) for name in ("TYPE", "CODE", "ID")]
    return words


def _conntrack_counters(told: pyroute2.netlink.nla) -> list[str]:
    """How much went in one direction, where that is counted."""
    if told is None:
        return []
    return ["%s=%d" % (name.lower(), told.get_attr("CTA_COUNTERS_" + name)) for name in ("PACKETS", "BYTES")]


def _conntrack_forget(
    family: int, protocol: int, ends: list[tuple[str, int, int]], zone: str | None, lines: list[str]
) -> None:
    """Delete the connections of a family that are like this, and add a line to lines for each that is gone."""
    number = None if zone is None else _conntrack_c_number(zone)[0] & 0xFFFF
    with pyroute2.Conntrack(nfgen_family=family) as conntrack:
        found = []
        for entry in list(conntrack.dump()):
            kind = entry.get_attr("CTA_TUPLE_ORIG").get_attr("CTA_TUPLE_PROTO").get_attr("CTA_PROTO_NUM")
            if protocol not in (-1, kind) or number not in (None, entry.get_attr("CTA_ZONE") or 0):
                continue
            if all(_conntrack_within(entry, family, *end) for end in ends):
                found.append((entry, _conntrack_original(entry), _conntrack_line(entry)))
        for entry, original, line in found:
            # The id tells it from one that took its place meanwhile.
            conntrack.entry("del", tuple_orig=original, zone=entry.get_attr("CTA_ZONE"), id=entry.get_attr("CTA_ID"))
            lines.append(line)


def _conntrack_original(entry: pyroute2.netlink.nlmsg) -> dict[str, list[tuple[str, dict[str, list[tuple[str, str]]]]]]:
    """The ends of a connection as it was begun, in the form that pyroute2 takes; raises OSError on what it lacks."""
    parts = []
    for name, told in entry.get_attr("CTA_TUPLE_ORIG")["attrs"] + entry.get_attr("CTA_TUPLE_REPLY")["attrs"]:
        if name not in ("CTA_TUPLE_IP", "CTA_TUPLE_PROTO"):
            # It has a zone for this direction alone.
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
        parts.append((name, {"attrs": [tuple(each) for each in told["attrs"]]}))
    return {"attrs": parts[:2]}
