# ruff: noqa: RUF005, UP024, UP031 - the projects with the most to migrate are old: no f-strings, two errors for one
"""How ip(8) reads the words of its command line: numbers, addresses, prefixes, hardware addresses, tables."""

from __future__ import annotations

import glob
import os
import re
import socket

from .._integer import _integer


def _number(text: str, most: int) -> int | None:
    """The number that strtoul(3) finds in a text, None where it is beyond most or no number."""
    number, rest = _integer(text)
    if -(2**64) < number < 0:
        number += 2**64
    return number if text and not rest and 0 <= number <= most else None


def _ipv4_address(text: str) -> str | None:
    """An address of IPv4 in full; the last bytes may be left out."""
    numbers = [_number(part, 255) for part in text.split(".")]
    if len(numbers) > 4 or None in numbers:
        return None
    return ".".join([str(number) for number in numbers] + ["0"] * (4 - len(numbers)))


def _address(text: str, family: int = 0) -> tuple[int, str] | None:
    """The family and the address in a text, no address for any, all and default; None when it is none of the family."""
    if text in ("any", "all", "default"):
        return family, ""
    wanted = socket.AF_INET6 if ":" in text else socket.AF_INET
    if family not in (0, wanted):
        return None
    if wanted == socket.AF_INET:
        host = _ipv4_address(text)
        return None if host is None else (int(wanted), host)
    try:
        socket.inet_pton(wanted, text)
    except (EnvironmentError, ValueError):
        return None
    return int(wanted), text


def _any_prefix(text: str, family: int = 0) -> tuple[int, str, int] | None:
    """The family, the address and its length in bits, "192.0.2.0/24" or "192.0.2.0/255.255.255.0"."""
    host, slash, mask = text.partition("/")
    found = _address(host, family)
    if found is None or (slash and not found[1]):
        return None
    most = 0 if not found[1] else 128 if ":" in host else 32
    if not slash:
        return found[0], found[1], most
    length = _number(mask, 2**32 - 1)
    quad = _ipv4_address(mask) if length is None and ":" not in mask else None
    if quad:
        ones = "".join(format(int(byte), "08b") for byte in quad.split("."))
        length = ones.find("0") if "0" in ones else 32
        if "1" in ones[length:]:
            return None
    return None if length is None or length > most else (found[0], found[1], length)


def _link_address(text: str) -> tuple[str, str | None]:
    """A hardware address as pyroute2 takes it, and the part that is none; what is beyond six bytes is not heeded."""
    if "." in text:
        host = None if ":" in text else _ipv4_address(text)
        return host or "", None if host else text
    octets = []
    for part in text.split(":")[:20]:
        found = re.match(r"[ \t\n\v\f\r]*([+-]?)((?:0[xX])?[0-9a-fA-F]+)", part)
        octet = int(found.group(1) + found.group(2), 16) % 2**32 if found else 256
        if octet > 255:
            return "", part
        octets.append(octet)
    if len(octets) < 6:
        # The kernel refuses it as too short; pyroute2 can send four bytes, written as an address.
        return "0.0.0.0", None
    return ":".join("%02x" % octet for octet in octets[:6]), None


def _table(text: str) -> int | None:
    """The number of a routing table, which may be given by a name of rt_tables."""
    names = {"default": 253, "main": 254, "local": 255}
    for folder in ("/usr/lib/iproute2", "/usr/share/iproute2", "/etc/iproute2"):
        for path in [folder + "/rt_tables"] + sorted(glob.glob(folder + "/rt_tables.d/*.conf")):
            if os.path.isfile(path):
                with open(path, "rb") as stream:
                    lines = stream.read().decode("latin-1").splitlines()
                for line in lines:
                    found = re.match(r"\s*(0x[0-9a-fA-F]+|[0-9]+)\s+([^\s#]+)", line)
                    if found:
                        names[found.group(2)] = int(found.group(1), 16 if found.group(1)[:2] == "0x" else 10)
    return names[text] if text in names else _number(text, 2**32 - 1)
