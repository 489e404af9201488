"""The target's interpreter: what of the host it needs to run in a house."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from migrator.fault import Fault


def needed(python: str) -> list[str]:
    """Its folders and those of its libraries, but for what a house shows of our own in any case. Raises Fault."""
    if python == sys.executable:
        more = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        return [path for path in more if os.path.isabs(path) and os.path.exists(path)]
    code = "import sys; print(*{sys.executable, sys.prefix, sys.base_prefix, sys.exec_prefix, *sys.path}, sep='\\n')"
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    except (OSError, subprocess.CalledProcessError) as error:
        told = error.strerror if isinstance(error, OSError) else f"it ends with status {error.returncode}"
        raise Fault(f"{python}: cannot be run ({told}); --python names the target's Python") from error
    return [python, *(path for path in done.stdout.splitlines() if os.path.isabs(path) and os.path.exists(path))]


def open_to_all(paths: Sequence[str]) -> bool:
    """Whether every user can come to these paths: a root whose ids are shifted is any user to the host."""
    return all(map(_open_to_all, paths))


def _open_to_all(path: str) -> bool:
    path = os.path.realpath(path)
    while path != "/":
        path = os.path.dirname(path)
        if not os.stat(path).st_mode & 0o001:
            return False
    return True
