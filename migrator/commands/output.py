"""The one place that puts finished text where the user wants it: standard output, or a file in one step."""

from __future__ import annotations

import os
import sys

from migrator.fault import Fault


def put(text: str, path: str = "") -> None:
    """Write text to standard output, or to `path`: all of it or, with a Fault, nothing."""
    if not path:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    data = text.encode("utf-8", "backslashreplace")
    if os.path.exists(path) and not os.path.isfile(path):  # a device or a fifo is written to, never replaced
        draft = path
    else:
        path = os.path.realpath(path)  # through a link, which is to stay one
        draft = f"{path}.{os.getpid()}.tmp"
    try:
        try:
            with open(draft, "wb") as file:
                file.write(data)
            if draft != path:
                _take_mode(draft, path)
                os.replace(draft, path)
        except BaseException:
            if draft != path and os.path.exists(draft):
                os.unlink(draft)
            raise
    except OSError as error:
        raise Fault(f"{path}: can't be written: {error.strerror}") from None


def _take_mode(draft: str, path: str) -> None:
    try:
        mode = os.stat(path).st_mode & 0o7777
    except FileNotFoundError:
        return
    os.chmod(draft, mode)
