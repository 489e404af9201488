"""The ways to start the daemons of a project as root: what to write for each, what it trusts, when to take it."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from migrator.bootstrap import advice, rootwrap, sudoers
from migrator.bootstrap.launch import Launch
from migrator.bootstrap.project import Code
from migrator.rootwrap.daemons import HELPER

# How many --config-file words the filters for a file that the project ships allow for.
_SHIPPED = (1, 2)


class Way(Enum):
    """How a daemon is started; the value is what --way takes."""

    HELPER_COMMAND = "helper-command"
    SUDOERS = "sudoers"
    ROOTWRAP = "rootwrap"
    FORK = "fork"


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines for one file. path: where it goes. mode: of a file of its own, "" for lines to add to one that is there.

    kind: "filters", "rootwrap.conf", "sudoers", "config", "python" or "unit".
    """

    path: str
    kind: str
    text: str
    mode: str = ""


@dataclass(frozen=True, slots=True)
class Method:
    """A way for one project: all that has to be written, and what a reader needs to choose it.

    how: what starts a daemon. trusts: what has to be out of the service user's reach. attacker: what somebody gets who
    owns the service. when: to take it. notes: what else to see to.
    """

    way: Way
    lines: tuple[Lines, ...]
    how: str
    trusts: str
    attacker: str
    when: str
    notes: tuple[str, ...] = ()


def methods(
    code: Code, launch: Launch, wanted: Collection[Way], version: Sequence[int] = sudoers.REGEX, named: bool = True
) -> tuple[Method, ...]:
    """The wanted ways, the recommended one first.

    version: of sudo. named: the files that the service is started with were named; else the filters allow for any
    below /etc/PROJECT as well.
    """
    made = {
        Way.HELPER_COMMAND: lambda: _helper_command(code, launch, version),
        Way.SUDOERS: lambda: _sudoers(code, launch, version),
        Way.ROOTWRAP: lambda: _rootwrap(code, launch, version, named),
        Way.FORK: lambda: _fork(code, launch),
    }
    first = recommended(code)[0]
    ways = sorted(made, key=lambda way: way is not first)
    return tuple(made[way]() for way in ways if way in wanted)


def recommended(code: Code) -> tuple[Way, str]:
    """The way to take, and why."""
    if code.root_helpers:
        return Way.HELPER_COMMAND, advice.OVER_ROOT_HELPER.format(place=code.root_helpers[0])
    return Way.SUDOERS, advice.PLAIN_SUDO


# --- sudo ----------------------------------------------------------------------------------------------


def _sudoers_lines(code: Code, launch: Launch, program: str, before: Sequence[str], version: Sequence[int]) -> Lines:
    """The file with a line for each context. before: the words between the program and those of the helper."""
    text = [
        f"# Lets {launch.user} start the privsep daemons of {code.name}: these command lines and no others.",
        f"Defaults:{launch.user} !requiretty",
    ]
    text += [sudoers.line(launch, program, (*before, *launch.arguments(context)), version) for context in code.contexts]
    # sudo leaves out files of sudoers.d that have a dot in their names
    path = f"/etc/sudoers.d/{launch.project.replace('.', '_')}-privsep"
    return Lines(path, "sudoers", "".join(f"{line}\n" for line in text), "0440")


def _sudoers_notes(launch: Launch, version: Sequence[int]) -> tuple[str, ...]:
    form = advice.REGEX if tuple(version) >= sudoers.REGEX else advice.WILDCARDS
    return form, advice.TEMPORARY.format(tmp=launch.tmp), advice.UNDONE


def _sudoers(code: Code, launch: Launch, version: Sequence[int]) -> Method:
    notes = (advice.SECURE_PATH.format(folder=posixpath.dirname(launch.helper)), *_sudoers_notes(launch, version))
    if code.root_helpers:
        notes = (advice.ROOT_HELPER_FIRST.format(place=code.root_helpers[0]), *notes)
    return Method(
        Way.SUDOERS,
        (_sudoers_lines(code, launch, launch.helper, (), version),),
        how=advice.SUDOERS_HOW,
        trusts=advice.TRUSTS.format(helper=launch.helper),
        attacker=advice.ATTACKER.format(contexts=_and(code.contexts)),
        when=advice.SUDOERS_WHEN,
        notes=notes,
    )


def _helper_command(code: Code, launch: Launch, version: Sequence[int]) -> Method:
    # oslo.config puts other options' values in the place of $name
    command = shlex.join(["sudo", "-n", launch.helper, *launch.configuration]).replace("$", "$$")
    sections = dict.fromkeys(context.cfg_section for context in code.contexts.values())
    text = "\n".join(f"[{section}]\nhelper_command = {command}\n" for section in sections)
    config = launch.config_files[-1] if launch.config_files else f"/etc/{launch.project}/{launch.project}.conf"
    return Method(
        Way.HELPER_COMMAND,
        (Lines(config, "config", text), _sudoers_lines(code, launch, launch.helper, (), version)),
        how=advice.HELPER_COMMAND_HOW,
        trusts=advice.TRUSTS.format(helper=launch.helper),
        attacker=advice.ATTACKER.format(contexts=_and(code.contexts)),
        when=advice.HELPER_COMMAND_WHEN,
        notes=(advice.OWN_CONFIGURATION, *_sudoers_notes(launch, version)),
    )


# --- rootwrap ------------------------------------------------------------------------------------------


def _rootwrap(code: Code, launch: Launch, version: Sequence[int], named: bool) -> Method:
    counts = (0,) if named else _SHIPPED
    text = [f"# Lets {launch.user} start the privsep daemons of {code.name}.", "[Filters]"]
    text += [rootwrap.line(launch, context, count) for context in code.contexts for count in counts]
    path = f"/etc/{launch.project}/rootwrap.d/privsep.filters"
    conf = launch.rootwrap_conf
    notes = (
        advice.BUILT_IN.format(rootwrap=launch.rootwrap, conf=conf, user=launch.user),
        advice.EXEC_DIRS.format(conf=conf, folder=posixpath.dirname(launch.helper)),
        advice.WORDS if named else f"{advice.WORDS}; {advice.ANY_FILES.format(project=launch.project)}",
    )
    return Method(
        Way.ROOTWRAP,
        (
            Lines(path, "filters", "".join(f"{line}\n" for line in text), "0644"),
            _sudoers_lines(code, launch, launch.rootwrap, (conf, HELPER), version),
        ),
        how=advice.ROOTWRAP_HOW,
        trusts=advice.ROOTWRAP_TRUSTS.format(trusts=advice.TRUSTS.format(helper=launch.helper)),
        attacker=advice.ROOTWRAP_ATTACKER.format(attacker=advice.ATTACKER.format(contexts=_and(code.contexts))),
        when=advice.ROOTWRAP_WHEN,
        notes=notes if code.root_helpers else (advice.NO_ROOT_HELPER, *notes),
    )


# --- fork ----------------------------------------------------------------------------------------------

_FORK = '''\
import os
import pwd

from oslo_privsep import priv_context

{imports}


def start_daemons(user='{user}'):
    """Fork the privsep daemons while this is root, then give root up.

    Call it in main() once the configuration is read and logging is set up,
    and before anything starts a thread, opens a file or forks a worker.
    """
{starts}
    service = pwd.getpwnam(user)
    os.initgroups(service.pw_name, service.pw_gid)
    os.setresgid(service.pw_gid, service.pw_gid, service.pw_gid)
    os.setresuid(service.pw_uid, service.pw_uid, service.pw_uid)
'''


def _fork(code: Code, launch: Launch) -> Method:
    modules = sorted({context.rpartition(".")[0] for context in code.contexts})
    text = _FORK.format(
        user=launch.user,
        imports="\n".join(f"import {module}" for module in modules),
        starts="\n".join(f"    {context}.start(priv_context.Method.FORK)" for context in code.contexts),
    )
    unit = f"/etc/systemd/system/{launch.project}-SERVICE.service.d/privsep.conf"
    return Method(
        Way.FORK,
        (
            Lines(f"{code.name}/cmd/daemons.py", "python", text),
            Lines(unit, "unit", "[Service]\nUser=root\n", "0644"),
        ),
        how=advice.FORK_HOW,
        trusts=advice.FORK_TRUSTS,
        attacker=advice.FORK_ATTACKER.format(contexts=_and(code.contexts)),
        when=advice.FORK_WHEN,
        notes=advice.FORK_NOTES,
    )


def _and(contexts: Mapping[str, object]) -> str:
    *first, last = contexts
    return f"{', '.join(first)} and {last}" if first else last
