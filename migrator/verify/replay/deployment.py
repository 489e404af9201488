"""How the privileged daemon is started, and what a house needs for that: sudoers, rootwrap's configuration, filters."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from migrator.verify.house import SECURE_PATH, UID, USER, File

_HARNESS = Path(__file__).with_name("harness")
_HOME = "/etc/privmigrate"
_PROGRAMS = f"{_HOME}/bin"
_ROOTWRAP = f"{_PROGRAMS}/privmigrate-rootwrap"
_CONF = f"{_HOME}/rootwrap.conf"
CLIENT = f"{_HOME}/client.py"
SETTINGS = "/run/privmigrate/settings.json"
_RUN = """\
import sys
sys.path[0] = "/etc/privmigrate"
from harness import client
client.main()
"""


@dataclass(frozen=True)
class Daemon:
    """A way to start the daemon.

    method: "fork" (by a client that is root), "sudo" (helper_command, as in a service's configuration) or "rootwrap"
    (root_helper, as priv_context.init() takes it). user: uid that the client runs as, None for root. timeout: seconds
    that one call may take.
    """

    method: str = "fork"
    helper_command: str = ""
    root_helper: str = ""
    user: int | None = None
    timeout: float = 15.0


FORK = Daemon()
SUDO = Daemon("sudo", helper_command="sudo -n privsep-helper", user=UID)
ROOTWRAP = Daemon("rootwrap", root_helper=f"sudo -n {_ROOTWRAP} {_CONF}", user=UID)
WAYS: Mapping[str, Daemon] = {each.method: each for each in (FORK, SUDO, ROOTWRAP)}


def files(daemon: Daemon, python: str) -> dict[str, File]:
    """What the house needs in its /etc to start the daemon this way; python: the target's interpreter."""
    found = {f"{_HOME}/harness/{path.name}": File(path.read_bytes()) for path in sorted(_HARNESS.glob("*.py"))}
    found[CLIENT] = File(_RUN.encode())
    if daemon.method == "fork":
        return found
    start = f"#!/bin/sh\nexec {shlex.quote(python)} -B"
    rootwrap = f"{start} -c 'from oslo_rootwrap.cmd import main; main()' \"$@\"\n"
    found[f"{_PROGRAMS}/privsep-helper"] = File(f'{start} {CLIENT} --helper {SETTINGS} "$@"\n'.encode(), 0o755)
    found[_ROOTWRAP] = File(rootwrap.encode(), 0o755)
    admitted = f"{_PROGRAMS}/privsep-helper *" if daemon.method == "sudo" else f"{_ROOTWRAP} {_CONF} *"
    texts = {
        "/etc/sudoers": (
            f'Defaults secure_path="{_PROGRAMS}:{SECURE_PATH}"\n'
            "Defaults !use_pty, !syslog\n"
            f"{USER} ALL=(root) NOPASSWD: {admitted}\n"
        ),
        _CONF: (
            f"[DEFAULT]\nfilters_path={_HOME}/rootwrap.d\n"
            f"exec_dirs={_PROGRAMS},{SECURE_PATH.replace(':', ',')}\nuse_syslog=False\n"
        ),
        f"{_HOME}/rootwrap.d/privsep.filters": (
            "[Filters]\nprivsep: RegExpFilter, privsep-helper, root, privsep-helper, "
            r"--privsep_context, [\w.]+, --privsep_sock_path, /tmp/.*" + "\n"
        ),
    }
    modes = {"/etc/sudoers": 0o440}
    return {**found, **{path: File(text.encode(), modes.get(path, 0o644)) for path, text in texts.items()}}


def lacking(daemon: Daemon, programs: Mapping[str, str | None]) -> str:
    """What this machine lacks to start the daemon this way, in words; programs: name -> where it was found."""
    if daemon.method != "fork" and not programs.get("sudo"):
        return "sudo is not installed"
    return ""
