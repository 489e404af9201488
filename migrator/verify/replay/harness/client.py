"""The process that answers jobs, and privsep-helper: the same real daemon, with the same stand-ins."""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import os
import shlex
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

from .sides import observed, old
from .stage import Stage, build
from .standins import stand_in
from .values import decoded


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

    def function(self, name: str, behind: str = "") -> Any:
        """The function of a dotted name, the context of it, or of the one behind it, told how to start.

        Raises what the import raises.
        """
        module, _, last = name.rpartition(".")
        found = getattr(imported(module, self.settings["root"]), last)
        if behind:
            self.function(behind)
            return found
        context = getattr(found, "privsep_entrypoint", None)
        if context is None:
            raise TypeError(f"{name} is no entrypoint of a context")
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
            stage.note("daemon", {str(name): str(each) for name, each in os.environ.items()})
        with stage.watching():
            return real(self, msgid, cmd, *args)

    def held(effective: Any, permitted: Any, inheritable: Any) -> None:
        # What a machine's root lacks makes the daemon end at its start; the recorder needs none of it.
        _, mine, _ = capabilities.get_caps()
        drop(set(effective) & set(mine), set(permitted) & set(mine), inheritable)

    stand_ins: Any = daemon.Daemon
    stand_ins._process_cmd = process
    stand_ins = capabilities
    stand_ins.drop_all_caps_except = held


def serve(settings: dict[str, Any], jobs: Iterator[str], answer: Callable[[dict[str, Any]], None]) -> None:
    """Answer one job after the other; the two sides of a job see the same plan."""
    stage = build(settings["folder"])
    stand_in(stage)
    watch_daemon(stage, settings)
    os.chdir("/")
    os.umask(0o022)
    client = Client(settings)
    answer({"ready": True})
    loaded: dict[str, Any] = {}
    for line in jobs:
        job = json.loads(line)
        for name, behind in ((job["function"], job.get("behind", "")), (job["old"].get("entrypoint", ""), "")):
            if name and name not in loaded:
                try:
                    loaded[name] = client.function(name, behind)
                except Exception as error:  # the target's code; told as what it is
                    loaded[name] = error
        laundering = loaded.get(job["old"].get("entrypoint", ""))
        function = loaded[job["function"]]
        if "through" in job and not isinstance(function, Exception):
            module, _, helper = job["through"].rpartition(".")
            function = functools.partial(getattr(imported(module, settings["root"]), helper), function)
        answer({"id": job["id"], **_answered(stage, job, function, laundering)})


def _answered(stage: Stage, job: dict[str, Any], function: Any, laundering: Any) -> dict[str, Any]:
    """Both sides of a job; laundering: the entrypoint for any command that the old call went to, None for rootwrap."""
    if isinstance(function, Exception):
        lacks = getattr(function, "name", None) if isinstance(function, ModuleNotFoundError) else None
        return {"unusable": f"{type(function).__name__}: {function}", "needs": lacks}
    result: dict[str, Any] = {"environ": {str(name): str(each) for name, each in os.environ.items()}}
    words, options = decoded(job["old"]["words"]), decoded(job["old"]["options"])
    stage.set(job["plan"], job["program"])
    with stage.watching():
        if laundering is not None:
            result["old"] = observed(stage, lambda: laundering(*words[job["old"]["prefix"] :], **options))
        else:
            given = job["old"]
            refused, tried = given.get("refused", False), given.get("tried", False)
            result["old"] = observed(stage, lambda: old(words, options, refused, tried=tried))
    args, keywords = decoded(job["new"]["args"]), decoded(job["new"]["keywords"])
    stage.set(job["plan"], job["program"])
    result["new"] = observed(stage, lambda: function(*args, **keywords))
    return result


def main() -> None:
    """Called with the name of the settings file; with "--helper" before it, it is privsep-helper."""
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
