"""Import modules of a project, each first in a process of its own; run as a script by the interpreter to judge by.

Reads {"root", "modules", "bare", "seconds"} as JSON from standard input, prints one JSON line for each module. `bare`
names the parent packages that are put up without running their `__init__`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
import types
import warnings


def main() -> None:
    asked = json.load(sys.stdin)
    sys.path[:] = [asked["root"], *(entry for entry in sys.path if entry not in ("", os.getcwd()))]
    warnings.simplefilter("ignore")
    out = os.dup(1)
    os.dup2(2, 1)  # what modules print while they are imported is no answer
    for name in asked["modules"]:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            signal.alarm(asked["seconds"])
            answer = attempt(name, asked["root"], asked["bare"])
            answer["libraries"] = _libraries(name.partition(".")[0])
            with os.fdopen(writing, "w") as pipe:
                json.dump(answer, pipe)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            text = pipe.read()
        if text:
            answer = json.loads(text)
            _keep(answer.pop("libraries"), name.partition(".")[0])
            text = json.dumps(answer)
        _, status = os.waitpid(child, 0)
        if not text:
            slow = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM
            why = f"takes more than {asked['seconds']} s" if slow else "ends the interpreter"
            text = json.dumps({"module": name, "kind": "ended", "text": why, "missing": "", "path": "", "line": 0})
        os.write(out, (text + "\n").encode())


def attempt(name: str, root: str, bare: list[str]) -> dict[str, object]:
    """Import one module; what came of it, and the last line of the project that was on the way."""
    for package in bare:
        module = types.ModuleType(package)
        module.__path__ = [os.path.join(root, *package.split("."))]  # a package with nothing in it
        sys.modules[package] = module
        outer, _, leaf = package.rpartition(".")
        if outer in sys.modules:
            setattr(sys.modules[outer], leaf, module)
    answer: dict[str, object] = {"module": name, "kind": "", "text": "", "missing": "", "path": "", "line": 0}
    try:
        __import__(name)
    except BaseException as error:
        answer["kind"] = type(error).__name__
        answer["text"] = " ".join(str(error).split())
        if isinstance(error, ImportError):
            answer["missing"] = error.name or ""
        frames = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in frames if frame.filename.startswith(root.rstrip("/") + "/")]
        ours = [frame for frame in ours if "/site-packages/" not in frame.filename[len(root) :]]
        if ours:
            answer["path"], answer["line"] = ours[-1].filename, ours[-1].lineno or 0
        if isinstance(error, SyntaxError):
            answer["path"], answer["line"] = error.filename or "", error.lineno or 0
        answer["deepest"] = bool(frames) and bool(ours) and frames[-1] == ours[-1]
        frozen = [frame for frame in frames if not frame.filename.startswith("<frozen ")]
        if frozen and ours:
            answer["deepest"] = frozen[-1] == ours[-1]
    return answer


def _libraries(top: str) -> list[str]:
    """The modules that are imported by now and are not the project's, in the order of their import."""
    found = []
    for name, module in list(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        if name.partition(".")[0] != top and name != "__main__" and spec is not None and spec.name == name:
            found.append(name)
    return found


def _keep(libraries: list[str], top: str) -> None:
    """Import here what a child could import, so that the next ones have it: libraries take most of the time."""
    for name in libraries:
        if name not in sys.modules:
            try:
                __import__(name)
            except Exception:  # it needs what the project does first; the next child tries again
                continue
    for name in [name for name in sys.modules if name.partition(".")[0] == top]:
        del sys.modules[name]  # a library that imports the project: each child has to find it unimported


if __name__ == "__main__":
    main()
