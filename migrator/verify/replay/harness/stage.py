"""The recorder, and the folder that it and the two processes write to."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterator
from typing import Any

# argv[1] is the directory that was asked for ("" for none), argv[2:] the command. The environment and argv are read
# from /proc, as a shell would not hand them on byte by byte.
RECORDER = """#!/bin/sh
here=${0%/*}
n=0
[ -f "$here/count" ] && read -r n < "$here/count"
n=$((n + 1))
{ umask; pwd -P; } > "$here/state.$n"
umask 0
echo "$n" > "$here/count"
/bin/cat "/proc/$$/cmdline" "$here/mark" "/proc/$$/environ" "$here/mark" - > "$here/log.$n"
[ -f "$here/plan.$n" ] && . "$here/plan.$n"
. "$here/plan"
"""
MARK = b"\0--privmigrate--\0"
_KEPT = ("recorder", "locked", "mark")


class Stage:
    """The folder that the recorder writes to, and whether this thread is just now being watched."""

    def __init__(self, folder: str):
        self.folder = folder
        self.thread = threading.local()

    def path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    @property
    def watched(self) -> bool:
        return getattr(self.thread, "watched", False)

    @contextlib.contextmanager
    def watching(self, watched: bool = True) -> Iterator[None]:
        before = self.watched
        self.thread.watched = watched
        try:
            yield
        finally:
            self.thread.watched = before

    def note(self, name: str, what: Any) -> None:
        """Append a JSON line to one of the folder's files, whoever of daemon and client calls it."""
        with self.watching(False), open(self.path(name), "a", encoding="ascii") as file:
            os.chmod(self.path(name), 0o666) if os.stat(self.path(name)).st_uid == os.geteuid() else None
            file.write(json.dumps(what) + "\n")

    def read(self, name: str) -> list[Any]:
        try:
            with open(self.path(name), encoding="ascii") as file:
                return [json.loads(line) for line in file]
        except FileNotFoundError:
            return []

    def clear(self) -> None:
        for name in os.listdir(self.folder):
            if name not in _KEPT:
                os.unlink(self.path(name))

    def set(self, plan: list[dict[str, Any]], program: str) -> None:
        """What the recorder does: one step for each invocation, the last one for all that follow."""
        self.clear()
        for number, step in enumerate(plan, 1):
            name = "plan" if number == len(plan) else f"plan.{number}"
            with open(self.path(name), "w", encoding="ascii") as file:
                file.write(f"printf '{_octal(step['stdout'])}'\nprintf '{_octal(step['stderr'])}' >&2\n")
                file.write(f"kill -{step['signal']} $$\n" if step.get("signal") else f"exit {step['exit']}\n")
        with open(self.path("program"), "w", encoding="ascii") as file:
            file.write(program)


def _octal(text: str) -> str:
    return "".join(f"\\{byte:03o}" for byte in text.encode("latin-1"))


def build(folder: str) -> Stage:
    """Make the recorder in an empty folder that daemon and client may both write to."""
    stage = Stage(folder)
    os.chmod(folder, 0o777)
    for name, text, mode in (("recorder", RECORDER.encode(), 0o755), ("locked", b"", 0o644), ("mark", MARK, 0o644)):
        with open(stage.path(name), "wb") as file:
            file.write(text)
        os.chmod(stage.path(name), mode)
    return stage
