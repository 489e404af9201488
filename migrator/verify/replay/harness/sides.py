"""One side of a run: what was started, and what the caller got."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any

from .stage import MARK, Stage
from .values import encoded


def observed(stage: Stage, act: Callable[[], Any]) -> dict[str, Any]:
    """Everything that can be seen of one side: what was run, and what the caller got."""
    seen: dict[str, Any] = {}
    try:
        seen["returned"] = encoded(act())
    except Exception as error:  # whatever it is, the caller of the function would get it
        seen["raised"] = raised(error)
    seen["runs"] = runs(stage)
    for name in ("started", "touched", "asked", "daemon"):
        seen[name] = stage.read(name)
    seen["delays"] = len(stage.read("delays"))
    return seen


def raised(error: Exception) -> dict[str, Any]:
    told = {"class": type(error).__module__ + "." + type(error).__name__, "text": str(error)}
    if told["class"].endswith(".ProcessExecutionError"):
        told.update({name: encoded(getattr(error, name)) for name in ("exit_code", "stdout", "stderr", "description")})
    elif isinstance(error, OSError):
        told["errno"] = errno.errorcode.get(error.errno or 0, str(error.errno))
    return told


def runs(stage: Stage) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while os.path.exists(stage.path(f"log.{len(found) + 1}")):
        number = len(found) + 1
        with open(stage.path(f"log.{number}"), "rb") as file:
            argv, environ, stdin = file.read().split(MARK, 2)
        with open(stage.path(f"state.{number}"), "rb") as file:
            umask, _, cwd = file.read().partition(b"\n")
        words = argv[:-1].split(b"\0")[2:]
        pairs = (one.partition(b"=") for one in environ.rstrip(b"\0").split(b"\0") if one)
        found.append(
            {
                "argv": [word.decode("latin-1") for word in words[1:]],
                "environ": {name.decode("latin-1"): value.decode("latin-1") for name, _, value in pairs},
                "stdin": stdin.decode("latin-1"),
                "umask": int(umask, 8),
                "cwd": (words[0] or cwd[:-1]).decode("latin-1"),
            }
        )
    return found


def old(words: list[Any], options: dict[str, Any], refused: bool, *, tried: bool = False) -> Any:
    """Run what the old call ran, as rootwrap did it: umask 022, 96 for a missing program, 128 + N for signal N.

    refused: no filter admits it, which is told by 99. tried: through trycmd(), which gives a failure back as text.
    """
    from oslo_concurrency import processutils

    out: Any
    err: Any
    if tried:
        discards = options.pop("discard_warnings", False)
        try:
            out, err = old(words, options, refused)
        except processutils.ProcessExecutionError as error:
            return "", str(error)
        return out, "" if discards else err
    expected = options.get("check_exit_code", [0])
    accepted = expected if isinstance(expected, (list, tuple)) else [expected]
    if refused:
        return _told(99, "", "Unauthorized command", expected, accepted)
    try:
        return processutils.execute(*words, run_as_root=False, preexec_fn=lambda: os.umask(0o022) and None, **options)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.EACCES):
            raise
        code, out, err = 96, "", "Executable not found"
    except processutils.ProcessExecutionError as error:
        if not isinstance(error.exit_code, int) or error.exit_code >= 0:
            raise
        code, out, err = 128 - error.exit_code, error.stdout, error.stderr
    return _told(code, out, err, expected, accepted)


def _told(code: int, out: Any, err: Any, expected: Any, accepted: Any) -> Any:
    """How the executor tells its caller of an exit code."""
    from oslo_concurrency import processutils

    if expected is False or any(code == one and one is not True for one in accepted):
        return out, err
    raise processutils.ProcessExecutionError(stdout=out, stderr=err, exit_code=code, cmd="")
