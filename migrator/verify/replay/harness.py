"""A script for the target's interpreter: calls old and new in turn, with a recorder in place of every program.

It stands alone (standard library and oslo libraries). Jobs come in on stdin and results go out on stdout, one JSON
text a line. Called with `--helper SETTINGS`, it is privsep-helper: the same real daemon, with the same stand-ins.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import json
import os
import shlex
import subprocess
import sys
import threading
import time
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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
_MARK = b"\0--privmigrate--\0"
_KEPT = ("recorder", "locked", "mark", "trusted")
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


class Opaque:
    """An object of the target's that is no text: an executor calls str() on it, it does not cross by itself."""

    def __init__(self, text: str):
        self.text = text

    def __str__(self) -> str:
        return self.text

    def __fspath__(self) -> str:
        return self.text


# --- values as JSON ---------------------------------------------------------------------------------


def encoded(value: Any) -> Any:
    """A value as JSON, its type kept: {"bytes": ...}, {"tuple": ...}; what has no form there is {"other": repr}."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bytes):
        return {"bytes": value.decode("latin-1")}
    if isinstance(value, (list, tuple)):
        return {"tuple" if isinstance(value, tuple) else "list": [encoded(one) for one in value]}
    if isinstance(value, dict):
        return {"dict": [[encoded(key), encoded(one)] for key, one in value.items()]}
    return {"other": repr(value)}


def decoded(value: Any) -> Any:
    """The value of a JSON form; {"object": text} gives an Opaque, {"constant": "module:NAME"} what it names here."""
    if not isinstance(value, dict):
        return value
    (kind, inner), *_ = value.items()
    if kind == "bytes":
        return inner.encode("latin-1")
    if kind == "tuple":
        return tuple(decoded(one) for one in inner)
    if kind == "list":
        return [decoded(one) for one in inner]
    if kind == "set":
        return {decoded(one) for one in inner}
    if kind == "dict":
        return {decoded(key): decoded(one) for key, one in inner}
    if kind == "constant":
        module, _, name = inner.partition(":")
        return getattr(importlib.import_module(module), name)
    return Opaque(inner)


# --- the stand-ins ----------------------------------------------------------------------------------


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
            name = "plan" if number == len(plan) else "plan.%d" % number
            with open(self.path(name), "w", encoding="ascii") as file:
                file.write("printf '%s'\nprintf '%s' >&2\n" % (_octal(step["stdout"]), _octal(step["stderr"])))
                file.write("kill -%d $$\n" % step["signal"] if step.get("signal") else "exit %d\n" % step["exit"])
        with open(self.path("program"), "w", encoding="ascii") as file:
            file.write(program)


def _octal(text: str) -> str:
    return "".join("\\%03o" % byte for byte in text.encode("latin-1"))


def build(folder: str) -> Stage:
    """Make the recorder in an empty folder that daemon and client may both write to."""
    stage = Stage(folder)
    os.chmod(folder, 0o777)
    for name, text, mode in (("recorder", RECORDER.encode(), 0o755), ("locked", b"", 0o644), ("mark", _MARK, 0o644)):
        with open(stage.path(name), "wb") as file:
            file.write(text)
        os.chmod(stage.path(name), mode)
    return stage


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
        executable = os.fsencode(stage.path(program))
        return real([words[0], wanted, *words], [executable], close_fds, pass_fds, None, env, *rest)

    for module in (_posixsubprocess, subprocess):
        for name in ("fork_exec", "_fork_exec"):
            if hasattr(module, name):
                setattr(module, name, fork_exec)
    subprocess._USE_POSIX_SPAWN = False  # type: ignore[attr-defined]
    sleep = time.sleep

    def slept(seconds: float) -> None:
        if not stage.watched:
            sleep(seconds)
        elif seconds > 0:
            stage.note("delays", 1)

    time.sleep = slept
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
    if (
        event == "open"
        and isinstance(args[2], int)
        and args[2] & _WRITING
        and args[0] not in (os.devnull, b"/dev/null")
    ):
        if not isinstance(args[0], int):  # a descriptor is a pipe of Popen
            _refuse(stage, "open", args[:1])


def _refuse(stage: Stage, name: str, args: tuple[Any, ...]) -> None:
    what = "%s(%s)" % (name, ", ".join(repr(one) for one in args))
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


# --- the two sides ----------------------------------------------------------------------------------


def observed(stage: Stage, act: Callable[[], Any]) -> dict[str, Any]:
    """Everything that can be seen of one side: what was run, and what the caller got."""
    seen: dict[str, Any] = {}
    try:
        seen["returned"] = encoded(act())
    except Exception as error:  # whatever it is, the caller of the function would get it
        seen["raised"] = raised(error)
    seen["runs"] = runs(stage)
    for name in ("started", "touched", "asked"):
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
    while os.path.exists(stage.path("log.%d" % (len(found) + 1))):
        number = len(found) + 1
        with open(stage.path("log.%d" % number), "rb") as file:
            argv, environ, stdin = file.read().split(_MARK, 2)
        with open(stage.path("state.%d" % number), "rb") as file:
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


def old(words: list[Any], options: dict[str, Any]) -> Any:
    """Run what the old call ran, as rootwrap did it: umask 022, 96 for a missing program, 128 + N for signal N."""
    from oslo_concurrency import processutils

    expected = options.get("check_exit_code", [0])
    accepted = expected if isinstance(expected, (list, tuple)) else [expected]
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
    if expected is False or any(code == one and one is not True for one in accepted):
        return out, err
    raise processutils.ProcessExecutionError(stdout=out, stderr=err, exit_code=code, cmd="")


class Client:
    """The target's privsep modules, and how their daemons are started."""

    def __init__(self, settings: dict[str, Any]):
        from oslo_config import cfg
        from oslo_privsep import priv_context

        cfg.CONF([], project="privmigrate", default_config_files=[], default_config_dirs=[])
        self.conf = cfg.CONF
        self.settings = settings
        self.priv_context = priv_context
        if settings["daemon"] == "rootwrap":
            priv_context.init(root_helper=shlex.split(settings["root_helper"]))

    def function(self, name: str) -> Any:
        """The privileged function of a dotted name, its context told how to start. Raises what the import raises."""
        module, _, last = name.rpartition(".")
        found = getattr(imported(module, self.settings["root"]), last)
        context = getattr(found, "privsep_entrypoint", None)
        if context is None:
            raise TypeError("%s is no entrypoint of a context" % name)
        if self.settings["daemon"] == "fork" and "start" not in vars(context):
            start, method = context.start, self.priv_context.Method.FORK
            context.start = lambda *_: start(method)
        elif self.settings["daemon"] == "sudo":
            self.conf.set_override("helper_command", self.settings["helper_command"], group=context.cfg_section)
        return found


def imported(name: str, root: str) -> Any:
    """Import a module; packages above it that need what is not installed are replaced by bare ones with a path."""
    parts = name.split(".")
    for length in range(1, len(parts)):
        above = ".".join(parts[:length])
        if above in sys.modules:
            continue
        try:
            importlib.import_module(above)
        except Exception:  # any: what the package does at its import is no part of the privileged function
            bare = types.ModuleType(above)
            bare.__path__ = [os.path.join(root, *parts[:length])]
            sys.modules[above] = bare
            if length > 1:
                setattr(sys.modules[".".join(parts[: length - 1])], parts[length - 1], bare)
    return importlib.import_module(name)


def watch_daemon(stage: Stage, settings: dict[str, Any]) -> None:
    """Watch a daemon's thread while it runs a function; modules are imported before that."""
    from oslo_privsep import capabilities, daemon

    real: Any = daemon.Daemon._process_cmd
    drop: Any = capabilities.drop_all_caps_except

    def process(self: Any, msgid: Any, cmd: Any, *args: Any) -> Any:
        if args:
            with contextlib.suppress(Exception):  # the real one meets it again and answers
                imported(args[0].rpartition(".")[0], settings["root"])
        with stage.watching():
            return real(self, msgid, cmd, *args)

    def held(effective: Any, permitted: Any, inheritable: Any) -> None:
        # What a machine's root lacks makes the daemon end at its start; the recorder needs none of it.
        _, mine, _ = capabilities.get_caps()
        drop(set(effective) & set(mine), set(permitted) & set(mine), inheritable)

    daemon.Daemon._process_cmd = process
    capabilities.drop_all_caps_except = held


def serve(settings: dict[str, Any], jobs: Iterator[str], answer: Callable[[dict[str, Any]], None]) -> None:
    """Answer one job after the other; the two sides of a job see the same plan."""
    stage = build(settings["folder"])
    stand_in(stage)
    watch_daemon(stage, settings)
    os.chdir("/")
    os.umask(0o022)
    client = Client(settings)
    loaded: dict[str, Any] = {}
    for line in jobs:
        job = json.loads(line)
        name = job["function"]
        if name not in loaded:
            try:
                loaded[name] = client.function(name)
            except Exception as error:  # the target's code; told as what it is
                loaded[name] = error
        if isinstance(loaded[name], Exception):
            lacks = getattr(loaded[name], "name", None) if isinstance(loaded[name], ModuleNotFoundError) else None
            told = "%s: %s" % (type(loaded[name]).__name__, loaded[name])
            answer({"id": job["id"], "unusable": told, "needs": lacks})
            continue
        result: dict[str, Any] = {"id": job["id"], "environ": {str(k): str(v) for k, v in os.environ.items()}}
        if "old" in job:
            words, options = decoded(job["old"]["words"]), decoded(job["old"]["options"])
            stage.set(job["plan"], job["program"])
            with stage.watching():
                result["old"] = observed(stage, lambda: old(words, options))
        args, keywords = decoded(job["new"]["args"]), decoded(job["new"]["keywords"])
        stage.set(job["plan"], job["program"])
        result["new"] = observed(stage, lambda: loaded[name](*args, **keywords))
        answer(result)


def main() -> None:
    helper = sys.argv[1] == "--helper"
    with open(sys.argv[2 if helper else 1], encoding="utf-8") as file:
        settings = json.load(file)
    sys.dont_write_bytecode = True
    sys.path.insert(0, settings["root"])
    if helper:
        stage = Stage(settings["folder"])
        stand_in(stage)
        watch_daemon(stage, settings)
        from oslo_privsep import daemon

        context = sys.argv[sys.argv.index("--privsep_context") + 1]
        imported(context.rpartition(".")[0], settings["root"])
        del sys.argv[1:3]
        daemon.helper_main()
        return
    out = os.fdopen(os.dup(1), "w", encoding="ascii")
    asked = os.fdopen(os.dup(0), encoding="ascii")
    os.dup2(2, 1)  # what the target prints is no answer
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # and what it reads are no jobs

    def answer(result: dict[str, Any]) -> None:
        out.write(json.dumps(result) + "\n")
        out.flush()

    serve(settings, iter(asked.readline, ""), answer)


if __name__ == "__main__":
    main()
