"""The one place that puts finished text where the user wants it: standard output, or a file in one step."""

from __future__ import annotations

import os
import sys

from migrator.fault import Fault


def form_of(chosen: str, path: str) -> str:
    """The form that "auto" stands for: a table on a terminal, else text; any other as it is. path: as put() has it."""
    if chosen != "auto":
        return chosen
    return "table" if not path and sys.stdout.isatty() else "text"


def put(text: str, path: str = "") -> None:
    """Write text to standard output, or to `path`: all of it or, with a Fault, nothing."""
    if not path:
        _print(text)
        return
    data = text.encode("utf-8", "backslashreplace")
    if os.path.exists(path) and not os.path.isfile(path):  # a device or a fifo is written to, never replaced
        draft = real = path
    else:
        real = os.path.realpath(path)  # through a link, which is to stay one
        draft = f"{real}.{os.getpid()}.tmp"
    try:
        try:
            with open(draft, "wb") as file:
                file.write(data)
            if draft != real:
                _take_mode(draft, real)
                os.replace(draft, real)
        except BaseException:
            if draft != real and os.path.exists(draft):
                os.unlink(draft)
            raise
    except OSError as error:
        raise Fault(f"{path}: can't be written: {error.strerror}") from None


def say(*messages: str) -> None:
    """Tell the user on standard error, a line each, who it is that speaks."""
    for message in messages:
        print(f"privmigrate: {message}", file=sys.stderr)


def _print(text: str) -> None:
    """Write all of it: a text stream takes a short write of an unbuffered one (PYTHONUNBUFFERED) for a whole one."""
    out = getattr(sys.stdout, "buffer", None)
    if out is None:  # somebody put another text stream in its place
        sys.stdout.write(text)
        return
    sys.stdout.flush()
    rest = memoryview(text.encode(sys.stdout.encoding, sys.stdout.errors or "strict"))
    while rest:
        written = out.write(rest)
        if written is None:
            raise BlockingIOError(11, "the output does not wait to be read")
        rest = rest[written:]
    out.flush()


def _take_mode(draft: str, path: str) -> None:
    try:
        mode = os.stat(path).st_mode & 0o7777
    except FileNotFoundError:
        return
    os.chmod(draft, mode)
