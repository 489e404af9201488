"""What the kernel lists when asked through netlink(7), with nothing but a socket: by this trials are looked at."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator

_DUMP, _DONE, _ERROR = 0x301, 3, 2
_KIND = 0x3FFF  # of an attribute's type: the bits above say how its content is written


def answers(kernel: socket.socket, question: int, body: bytes) -> Iterator[bytes]:
    """What the kernel lists, each without its header. Raises OSError."""
    kernel.send(struct.pack("=IHHII", 16 + len(body), question, _DUMP, 0, 0) + body)
    while True:
        received = kernel.recv(1 << 18)
        at = 0
        while at < len(received):
            length, kind = struct.unpack_from("=IH", received, at)
            if kind == _DONE:
                return
            if kind == _ERROR:
                code = -struct.unpack_from("=i", received, at + 16)[0]
                raise OSError(code, os.strerror(code))
            yield received[at + 16 : at + length]
            at += (length + 3) & ~3


def attributes(body: bytes) -> dict[int, bytes]:
    """Type -> content of the attributes that a message, or another attribute, consists of."""
    return {kind & _KIND: content for kind, content in each_attribute(body)}


def each_attribute(body: bytes) -> Iterator[tuple[int, bytes]]:
    """The type, with the bits above it, and the content of each attribute, of which several may have one type."""
    at = 0
    while at + 4 <= len(body):
        length, kind = struct.unpack_from("=HH", body, at)
        yield kind, body[at + 4 : at + length]
        at += (length + 3) & ~3
