# ruff: noqa: UP031 - the projects with the most to migrate are old: no f-strings
"""What the functions of ipset(8)'s rules share: what it says of the kernel's answers, and how it reads an element."""

from __future__ import annotations

import errno
import os
import socket

import pyroute2

from .._integer import _integer
from .._outcome import _checked


def _ipset_finished(cmd: str, said: str, check: bool) -> tuple[str, str]:
    """Return or raise what an executor would for an ipset(8) that said this on its way out, "" for nothing."""
    return _checked(cmd, "", "ipset: %s\n" % said if said else "", check)


def _ipset_refusal(command: str, error: Exception) -> str:
    """What ipset(8) says when the kernel answers a command with an error, see lib/errcode.c of it."""
    code = error.args[0]
    kernel = "Kernel error received: "
    many = kernel + "maximal number of sets reached, "
    large = "The specified range is too large, "
    prefix = "The value of the CIDR parameter of the "
    null = "Null-valued element, cannot be stored in a "
    reasons = {
        errno.ENOENT: "The set with the given name does not exist",
        errno.EMSGSIZE: kernel + "message could not be created",
        errno.ERANGE: large + "split it up into smaller ranges",
        4098: kernel + "set type not supported",
        4099: many + "cannot create more.",
        4104: prefix + "IP address is invalid",
        4106: "Protocol family not supported by the set type",
        4352: "Hash is full, cannot add more elements",
        4353: null + "hash type of set",
        4357: "Invalid range, covers the whole address space",
    }
    known = "Set cannot be created: set with the same name already exists"
    used = "Set cannot be destroyed: it is in use by a kernel component"
    own = {
        "create %d" % errno.EEXIST: known,
        "destroy 4100": used,
        "swap 4101": "Sets cannot be swapped: the second set does not exist",
        "swap 4102": "The sets cannot be swapped: their type does not match",
        "add 4103": "Element cannot be added to the set: it's already added",
        "del 4103": "Element cannot be deleted from the set: it's not added",
    }
    unknown = "Undecoded error %d received from kernel" % code
    if code < 4096:
        unknown = "Kernel error received: %s" % os.strerror(code)
    return own.get("%s %d" % (command, code), reasons.get(code, unknown))


def _ipset_name_fault(name: str) -> str:
    """What ipset(8) says of a set's name that it does not take, "" for one that it takes."""
    if len(name.encode("utf-8", "surrogateescape")) > 31:
        return "Syntax error: setname '%s' is longer than 31 characters" % name
    return ""


def _ipset_change(command: str, name: str, element: str) -> str:
    """Have a set add or del an element; gives what ipset(8) says, "" where it succeeds."""
    said = _ipset_name_fault(name)
    if said:
        return said
    try:
        with pyroute2.IPSet() as ipset:
            (header,) = ipset.headers(name)
            set_type = header.get_attr("IPSET_ATTR_TYPENAME")
            family = header.get_attr("IPSET_ATTR_FAMILY")
            if set_type not in ("hash:ip", "hash:net"):
                return "sets of type %s are not supported here" % set_type
            entry, said = _ipset_element(set_type, family, element)
            if said:
                return said
            if command == "add":
                ipset.add(name, entry, family=family, exclusive=False, etype="net")
            else:
                ipset.delete(name, entry, family=family, etype="net")
    except (OSError, pyroute2.NetlinkError) as error:
        return _ipset_refusal(command, error)
    return ""


def _ipset_element(set_type: str, family: int, element: str) -> tuple[str, str]:
    """Read an element of a set of addresses; gives its numeric text, and what ipset(8) says of one that is wrong."""
    bits = 128 if family == socket.AF_INET6 else 32
    # What stands first or last separates nothing.
    comma, slash, dash = (mark in element and element[0] != mark and element[-1] != mark for mark in (",", "/", "-"))
    if comma:
        reason = "but settype %s supports none." % set_type
        return "", "Syntax error: Elem separator in %s, %s" % (element, reason)
    if bits == 128 and set_type == "hash:ip" and (dash or (slash and element.partition("/")[2] != "128")):
        return "", "Syntax error: plain IP address must be supplied: %s" % element
    if bits == 128 and dash:
        reason = "IP address or IP/cidr must be specified"
        return "", "Syntax error: %s: %s" % (reason, element)
    first, mark, last = element.partition("/" if slash else "-") if slash or dash else (element, "", "")
    if slash:
        length, said = _ipset_prefix_length(last, bits)
        if said:
            return "", said
        last = "%d" % length
    numbers = []
    for host in (first, last) if mark == "-" else (first,):
        numbers.append(_ipset_resolved(host, family))
        if not numbers[-1]:
            reason = "resolving to IPv%d address failed" % (6 if bits == 128 else 4)
            return "", "Syntax error: cannot parse %s: %s" % (host, reason)
    return "%s%s%s" % (numbers[0], mark, numbers[1] if mark == "-" else last), ""


def _ipset_prefix_length(text: str, most: int) -> tuple[int, str]:
    """Read the length of a prefix as strtoull(3) does; gives it, and what ipset(8) says of one that is wrong."""
    length, rest = _integer(text)
    if not text or rest:
        return 0, "Syntax error: '%s' is invalid as number" % text
    if length < 0:
        length += 2**64
    if not 0 <= length <= most:
        return 0, "Syntax error: '%s' is out of range 0-%d" % (text, most if 0 <= length < 256 else 255)
    return length, ""


def _ipset_resolved(host: str, family: int) -> str:
    """The first numeric address of a host, "" where it has none of this family."""
    try:
        # As bytes: Python would make another name of one with letters beyond ASCII.
        found = socket.getaddrinfo(host.encode("utf-8", "surrogateescape"), None, family, socket.SOCK_RAW)
    except (EnvironmentError, UnicodeError):  # noqa: UP024 - no OSError on Python 2
        return ""
    return str(found[0][4][0]).partition("%")[0]
