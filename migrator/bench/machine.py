"""What a run is made on, and what it lacks: the machine, the libraries of the target's interpreter, programs."""

from __future__ import annotations

import json
import os
import platform
import pwd
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from migrator import __version__
from migrator.bench.plan import Plan
from migrator.fault import Fault
from migrator.verify.house import SECURE_PATH

_LIBRARIES = ("oslo.rootwrap", "oslo.privsep", "oslo.concurrency", "oslo.config", "msgpack", "pyroute2", "eventlet")
# What the calls cannot do without, with the module that has to be there.
_NEEDED = ("oslo.rootwrap", "oslo.privsep", "oslo.concurrency")
_ASK = """\
import importlib.metadata, importlib.util, json, os, platform, sys
found = {"python": platform.python_version()}
for name in sys.argv[1:]:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
spec = importlib.util.find_spec("oslo_privsep")
compiled = spec is not None and os.path.exists(importlib.util.cache_from_source(spec.origin))
print(json.dumps([found, compiled]))
"""


@dataclass(frozen=True, slots=True)
class Target:
    """The interpreter whose libraries are measured. compiled: their modules are, as pip leaves them."""

    python: str
    versions: Mapping[str, str]
    compiled: bool


def check(plan: Plan) -> None:
    """Raises Fault when this user cannot measure here, or a program is missing; each names what to do."""
    if os.geteuid() != 0:
        module = os.path.basename(sys.argv[0]) == "__main__.py"
        command = f"{sys.executable} -m migrator bench" if module else f"{os.path.abspath(sys.argv[0])} bench"
        line = f"{_user(os.geteuid())} ALL=(root) NOPASSWD: {command}, {command} --json -"
        raise Fault(
            f"bench needs root once, to make a root of its own for sudo and the daemons: run `sudo {command}`; "
            f"a line for sudoers that admits just that: {line}"
        )
    programs = {"sudo", "sleep", "true", *(one.program for one in plan.operations)}
    missing = sorted(name for name in programs if not shutil.which(name, path=SECURE_PATH))
    if missing:
        raise Fault(f"not installed: {', '.join(missing)}; install it, or leave the operation out with --only")


def _user(uid: int) -> str:
    """As sudoers names it."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"#{uid}"


def target(python: str, plan: Plan) -> Target:
    """What the interpreter says of its libraries; sudo's version is beside theirs. Raises Fault for what is missing."""
    try:
        done = subprocess.run(
            [python, "-c", _ASK, *_LIBRARIES], capture_output=True, text=True, check=True, cwd="/"
        ).stdout
        found, compiled = json.loads(done)
    except OSError as error:
        raise _unfit(python, error.strerror or "it is no program") from None
    except subprocess.CalledProcessError as error:
        raise _unfit(python, f"it ends with status {error.returncode}") from None
    except ValueError:
        raise _unfit(python, "it answers as no Python does") from None
    needed = [*_NEEDED, *(["pyroute2"] if any(one.program == "ip" for one in plan.operations) else [])]
    missing = [name for name in needed if name not in found]
    if missing:
        raise Fault(
            f"{python}: {', '.join(missing)} not installed there; install it (pip install 'privmigrate[bench]'), or "
            "name the target's Python with --python"
        )
    told = subprocess.run(["sudo", "--version"], capture_output=True, text=True, check=False).stdout
    sudo = re.search(r"[0-9][\w.]*", told)
    return Target(python, {"privmigrate": __version__, **found, "sudo": sudo[0] if sudo else ""}, compiled)


def _unfit(python: str, why: str) -> Fault:
    return Fault(f"{python}: cannot be run ({why}); --python names the target's Python")


def machine() -> Mapping[str, object]:
    """What times depend on: processor, how many of them this process may use, memory, kernel, and the load just now."""
    system = platform.uname()
    return {
        "system": f"{system.system} {system.release}",
        "architecture": system.machine,
        "processor": _first("/proc/cpuinfo", r"model name\s*: (.*)"),
        "processors": len(os.sched_getaffinity(0)),
        "memory_mib": int(_first("/proc/meminfo", r"MemTotal:\s*(\d+)") or 0) // 1024,
        "open_files": resource.getrlimit(resource.RLIMIT_NOFILE)[0],  # rootwrap and sudo close as many
        "load": [round(each, 2) for each in os.getloadavg()],
    }


def _first(path: str, pattern: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as stream:
        found = re.search(pattern, stream.read())
    return found[1].strip() if found else ""
