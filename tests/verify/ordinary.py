"""The command run by an ordinary user: one that no host has, in a mount namespace with its own /etc/passwd.

The interpreter and this checkout may lie below a folder that is closed to others: such a folder is covered there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import environment

ROOT = Path(__file__).parents[2]
UID = 12345
# In the environment of a process, and so in that of all that it starts.
MARK = "PRIVMIGRATE_TEST_MARK"
NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")

_START = """\
set -e
stage=$1 uid=$2; shift 2
while [ "$1" != -- ]; do
    closed=$1 path=$2; shift 2
    mkdir -p "$stage/shown/$path"
    mount --rbind "$path" "$stage/shown/$path"
    case "$covered" in *":$closed:"*) ;; *) closing="$closing $closed"; covered="$covered:$closed:";; esac
    paths="$paths $path"
done
shift
for closed in $closing; do mount -t tmpfs -o mode=755 tmpfs "$closed"; done
for path in $paths; do mkdir -p "$path"; mount --rbind "$stage/shown/$path" "$path"; done
for name in passwd subuid subgid; do mount --bind "$stage/$name" "/etc/$name"; done
exec setpriv --reuid "$uid" --regid "$uid" --clear-groups -- "$@"
"""


def started(folder: Path, *words: str, ranges: bool = True, mark: str = "") -> subprocess.Popen[str]:
    """Start a command as the user; ranges: whether /etc/subuid gives it one. folder: an empty one for the test."""
    needed = ["unshare", "setpriv", "mount", *(["newuidmap"] if ranges else [])]
    missing = [name for name in needed if shutil.which(name) is None]
    missing += [path for path in ("/etc/subuid", "/etc/subgid") if not os.path.exists(path)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    stage = folder / "stage"
    stage.mkdir(exist_ok=True)
    passwd = Path("/etc/passwd").read_text() + f"tester:x:{UID}:{UID}:tester:/tmp:/bin/sh\n"
    (stage / "passwd").write_text(passwd)
    for name in ("subuid", "subgid"):
        (stage / name).write_text(f"tester:{0x60000000}:65536\n" if ranges else "")
    closed = []
    for path in dict.fromkeys((sys.base_prefix, sys.prefix, str(ROOT))):
        first = _closed(path)
        if first:
            closed += [first, path]
    return subprocess.Popen(
        [
            "unshare",
            "-m",
            "--propagation",
            "private",
            "sh",
            "-c",
            _START,
            "sh",
            str(stage),
            str(UID),
            *closed,
            "--",
            *words,
        ],
        env={**environment(folder), "HOME": "/tmp", "XDG_CACHE_HOME": "/dev/null", "PYTHONPATH": str(ROOT), MARK: mark},
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _closed(path: str) -> str:
    """The topmost folder above a path that others cannot pass through; "" when there is none."""
    for folder in reversed(Path(path).parents):
        if not folder.stat().st_mode & 0o001:
            return str(folder)
    return ""


def run(folder: Path, *words: str, ranges: bool = True) -> subprocess.CompletedProcess[str]:
    """Run `privmigrate WORDS` as the user."""
    process = started(folder, sys.executable, "-m", "migrator", *words, ranges=ranges)
    stdout, stderr = process.communicate(timeout=300)
    return subprocess.CompletedProcess(words, process.returncode, stdout, stderr)
