"""What stands in for programs, for sleeping, and for all that would reach beyond a replay."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from .stage import Stage
from .values import encoded

# What a privileged function may not do itself while it is replayed: nothing of a replay reaches the host.
_REFUSED = frozenset(
    "os." + name
    for name in [
        "remove",
        "rename",
        "rmdir",
        "mkdir",
        "chmod",
        "chown",
        "link",
        "symlink",
        "truncate",
        "utime",
        "setxattr",
        "removexattr",
        "kill",
        "killpg",
        "system",
        "exec",
        "posix_spawn",
        "spawn",
        "fork",
        "forkpty",
        "chflags",
        "lockf",
    ]
) | {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "ctypes.dlopen", "shutil.rmtree"}
_SILENT = (
    "mknod",
    "mkfifo",
    "chroot",
    "setuid",
    "setgid",
    "setresuid",
    "setresgid",
    "setns",
    "unshare",
)  # no audit event
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Touched(Exception):
    """A privileged function did something itself that a replay does not let it do."""


def stand_in(stage: Stage) -> None:
    """Put the recorder in place of every program that this process starts, and refuse what would reach the host."""
    import _posixsubprocess

    real: Any = _posixsubprocess.fork_exec

    def fork_exec(args: Any, executables: Any, close_fds: Any, pass_fds: Any, cwd: Any, env: Any, *rest: Any) -> Any:
        if not stage.watched:
            return real(args, executables, close_fds, pass_fds, cwd, env, *rest)
        words = [os.fsencode(word) for word in args]
        with stage.watching(False):
            with open(stage.path("program"), encoding="ascii") as file:
                program = file.read()
            stage.note("started", [word.decode("latin-1") for word in words])
        wanted = b"" if cwd is None else os.fsencode(cwd)
        stage.thread.asked = wanted
        executable = os.fsencode(stage.path(program))
        return real([words[0], wanted, *words], [executable], close_fds, pass_fds, None, env, *rest)

    for module in (_posixsubprocess, subprocess):
        for name in ("fork_exec", "_fork_exec"):
            if hasattr(module, name):
                setattr(module, name, fork_exec)
    modules: Any = subprocess
    modules._USE_POSIX_SPAWN = False
    sleep = time.sleep

    def slept(seconds: float) -> None:
        # subprocess sleeps as well, while it waits for a program that has a timeout.
        if not stage.watched or sys._getframe(1).f_globals.get("__name__") == "subprocess":
            sleep(seconds)
        elif seconds > 0:
            stage.note("delays", 1)

    modules = time
    modules.sleep = slept
    is_folder = os.path.isdir

    def isdir(path: Any) -> bool:
        # The directory that a program was to start in is the target's: here nothing is in its place.
        asked = getattr(stage.thread, "asked", b"") if stage.watched else b""
        return is_folder(path) or bool(asked and not isinstance(path, int) and os.fsencode(path) == asked)

    modules = os.path
    modules.isdir = isdir
    for name in _SILENT:
        if hasattr(os, name):
            setattr(os, name, _refusing(stage, "os." + name, getattr(os, name)))
    sys.addaudithook(lambda event, args: _audit(stage, event, args))
    _note_asked(stage)


def _refusing(stage: Stage, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def refused(*args: Any, **keywords: Any) -> Any:
        if stage.watched:
            _refuse(stage, name, args)
        return real(*args, **keywords)

    return refused


def _audit(stage: Stage, event: str, args: tuple[Any, ...]) -> None:
    if not stage.watched:
        return
    if event in _REFUSED:
        _refuse(stage, event, args[:2])
    # A descriptor that is opened is one of Popen's pipes.
    writes = event == "open" and isinstance(args[2], int) and bool(args[2] & _WRITING) and not isinstance(args[0], int)
    if writes and args[0] not in (os.devnull, os.fsencode(os.devnull)):
        _refuse(stage, "open", args[:1])


def _refuse(stage: Stage, name: str, args: tuple[Any, ...]) -> None:
    what = f"{name}({', '.join(map(repr, args))})"
    stage.note("touched", what)
    raise Touched(what)


def _note_asked(stage: Stage) -> None:
    """Note the keywords of execute() that leave no other trace: timeout, log_errors, loglevel."""
    import logging

    from oslo_concurrency import processutils

    real: Any = processutils.execute

    def execute(*words: Any, **options: Any) -> Any:
        if stage.watched:
            errors = options.get("log_errors")
            asked = {
                "timeout": options.get("timeout"),
                "log_errors": encoded(processutils.LOG_DEFAULT_ERROR if errors is None else errors),
                "loglevel": options.get("loglevel", logging.DEBUG),
            }
            stage.note("asked", asked)
        return real(*words, **options)

    processutils.execute = execute
