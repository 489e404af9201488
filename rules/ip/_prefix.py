# ruff: noqa: UP024, UP031 - the projects with the most to migrate are old: no f-strings, two errors for one
"""What ip addr and ip route share: prefixes, and what ip(8) says of a word that is none."""

from __future__ import annotations

import re
import socket


def _family(text: str) -> int:
    """The family of an address or a prefix, from its looks."""
    return socket.AF_INET6 if ":" in text else socket.AF_INET


def _prefix(text: str) -> tuple[str, int]:
    """Host and length of "192.0.2.0/24"; without a length, of one host.

    Raises EnvironmentError or ValueError for what is no prefix.
    """
    host, slash, length = text.partition("/")
    socket.inet_pton(_family(text), host)
    bits = 128 if _family(text) == socket.AF_INET6 else 32
    if not slash:
        return host, bits
    if not re.match(r"[0-9]{1,3}\Z", length) or int(length) > bits:
        raise ValueError(text)
    return host, int(length)


def _bad_prefix(text: str, wanted: str = "any valid") -> tuple[int, str] | None:
    """Exit code and stderr for what is no prefix, None for one.

    wanted: "inet6" or "any valid".
    """
    fault = 1, 'Error: %s prefix is expected rather than "%s".\n' % (wanted, text)
    if wanted == "inet6" and ":" not in text:
        return fault
    try:
        _prefix(text)
    except (EnvironmentError, ValueError):
        return fault
    return None
