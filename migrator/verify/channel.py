"""Values from one process to another through a pipe, each pickled."""

from __future__ import annotations

import os
import pickle
import select
import struct
import time
from typing import Any

_LENGTH = struct.Struct("!Q")


def send(descriptor: int, item: object) -> None:
    """Write one; raises BrokenPipeError when nobody can read it any more."""
    body = pickle.dumps(item)
    view = memoryview(_LENGTH.pack(len(body)) + body)
    while view:
        view = view[os.write(descriptor, view) :]


def received(descriptor: int, until: float | None = None) -> Any:
    """Read one, until a time of time.monotonic(); raises EOFError when the other side has ended, and TimeoutError."""
    size = _LENGTH.unpack(_exactly(descriptor, _LENGTH.size, until))[0]
    return pickle.loads(_exactly(descriptor, size, until))


def _exactly(descriptor: int, size: int, until: float | None) -> bytes:
    parts = []
    while size:
        if until is not None and not select.select([descriptor], [], [], max(until - time.monotonic(), 0))[0]:
            raise TimeoutError
        part = os.read(descriptor, min(size, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
