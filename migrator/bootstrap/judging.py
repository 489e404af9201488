"""Whether the files of an installation start the daemons that a tree of code asks for, and what else they let in."""

from __future__ import annotations

import os
import posixpath
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from migrator.bootstrap import rootwrap, sudoers
from migrator.bootstrap.installed import Installed
from migrator.bootstrap.launch import HELPER, Launch, hostile
from migrator.bootstrap.project import Code
from migrator.rootwrap import conf
from migrator.rootwrap.lines import FiltersFile
from migrator.understand.walk import relative


class Answer(Enum):
    """Whether a daemon starts. BUILT_IN: by the line that oslo.rootwrap adds since 5.0.0, and by no other."""

    STARTS = "starts"
    BUILT_IN = "starts by rootwrap's own line"
    FAILS = "does not start"
    UNKNOWN = "not judged"


@dataclass(frozen=True, slots=True)
class Start:
    """What becomes of one context. command: what the service runs. set_by: where that is said. why: of the answer."""

    context: str
    answer: Answer
    command: tuple[str, ...]
    set_by: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an installation for privsep-helper, or for any command. kind: "filter" or "sudoers".

    text: of a sudoers line, or the filter's name and class. starts: contexts. refuses: (context, why) of others. open:
    the hostile command lines that it admits, see launch.hostile(); each is root.
    """

    path: str
    line: int
    kind: str
    text: str
    starts: tuple[str, ...]
    refuses: tuple[tuple[str, str], ...]
    open: tuple[str, ...]


# --- each context --------------------------------------------------------------------------------------


def starts(code: Code, launch: Launch, installed: Installed, *, own: bool = True) -> tuple[Start, ...]:
    """For each context of the code, whether its daemon starts, through all that the files have a say in.

    own: rootwrap adds its line for privsep-helper, as it does since 5.0.0.
    """
    found = []
    for context, made in code.contexts.items():
        words, set_by = _asked(context, made.cfg_section, code, launch, installed)
        answer, why = _judged(words, launch, installed, own)
        found.append(Start(context, answer, words, set_by, why))
    return tuple(found)


def _asked(context: str, section: str, code: Code, launch: Launch, installed: Installed) -> tuple[tuple[str, ...], str]:
    """The command that oslo.privsep runs for a context, and who says so (PrivContext.helper_command)."""
    words = launch.arguments(context)
    for one in reversed(installed.commands):
        if one.section == section:
            where = f"{one.path}:{one.line}: [{section}] helper_command"
            return (*shlex.split(one.text), *words[len(launch.configuration) :]), where
    if code.root_helpers:
        helper = ("sudo", launch.rootwrap, launch.rootwrap_conf)
        return (*helper, HELPER, *words), f"{code.root_helpers[0]}: the root helper"
    return ("sudo", HELPER, *words), "oslo.privsep, as nothing else is set"


def _judged(words: Sequence[str], launch: Launch, installed: Installed, own: bool) -> tuple[Answer, tuple[str, ...]]:
    argv, unjudged = _behind_sudo(words), []
    if argv is None:
        return Answer.UNKNOWN, ("it does not go through sudo, so only a service that is root starts it",)
    through_rootwrap = len(argv) > 2 and "rootwrap" in posixpath.basename(argv[0])
    try:
        failing = _refused_by_sudo(argv, launch.user, installed)
    except sudoers.Unclear as error:
        failing, unjudged = "", [f"sudo is not judged: {error}"]
    if failing:
        return Answer.FAILS, (failing,)
    if installed.sudoers is None:
        unjudged = ["sudo is not judged: no sudoers file was given"]
    if not through_rootwrap:
        if posixpath.basename(argv[0]) != HELPER:
            return Answer.UNKNOWN, (f"{argv[0]} is neither {HELPER} nor a rootwrap",)
        return (Answer.UNKNOWN, tuple(unjudged)) if unjudged else (Answer.STARTS, (_by_sudo(argv, launch, installed),))
    if not installed.confs and not installed.filters:
        return Answer.UNKNOWN, (*unjudged, "rootwrap is not judged: no rootwrap.conf and no filters were given")
    answer, why = _by_rootwrap(argv[2:], launch, installed, own)
    return answer, (why, *unjudged)


def _behind_sudo(words: Sequence[str]) -> tuple[str, ...] | None:
    """What sudo is to run, None for a command that is none of sudo's."""
    if not words or posixpath.basename(words[0]) != "sudo":
        return None
    rest = list(words[1:])
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option in ("-u", "-g", "--user", "--group", "-C", "-r", "-t") and rest:
            rest.pop(0)
        if option == "--":
            break
    return tuple(rest)


def _refused_by_sudo(argv: Sequence[str], user: str, installed: Installed) -> str:
    """Why sudo does not run a command for a user, "" when it does or no file says. Raises sudoers.Unclear."""
    if installed.sudoers is None:
        return ""
    found = sudoers.admitted(installed.sudoers, user, argv)
    if found is None:
        looked = f", looked up in {':'.join(installed.sudoers.secure_path)}" if installed.sudoers.secure_path else ""
        where = looked if "/" not in argv[0] else ""
        return f"no sudoers line for {user} admits {' '.join(argv)}{where}"
    if found.password:
        return f"sudo asks {user} for a password, which a service has none to give: the line lacks NOPASSWD"
    return ""


def _by_sudo(argv: Sequence[str], launch: Launch, installed: Installed) -> str:
    """The sudoers line that admits a command, in words."""
    assert installed.sudoers is not None
    for grant in reversed(installed.sudoers.grants):
        mine = launch.user in grant.users or "ALL" in grant.users
        if mine and any(not one.negated and sudoers.admits(one, argv) for one in grant.commands):
            return f"{grant.path}:{grant.line} admits it"
    return "sudo admits it"


def _by_rootwrap(argv: Sequence[str], launch: Launch, installed: Installed, own: bool) -> tuple[Answer, str]:
    folder = posixpath.dirname(launch.helper)
    for one in installed.confs:
        if folder not in [each.strip().rstrip("/") for each in one.exec_dirs]:
            return Answer.FAILS, f"exec_dirs of {relative(one.path)} lacks {folder}: rootwrap does not find {HELPER}"
    for file in installed.filters:
        for filter_ in file.filters:
            if rootwrap.starts(filter_, argv):
                return Answer.STARTS, f"{relative(file.path)}:{file.definition(filter_).start} admits it"
    if own and conf.OWN is not None and rootwrap.starts(conf.OWN, argv):
        return Answer.BUILT_IN, "no filter admits it; oslo.rootwrap since 5.0.0 admits any privsep-helper all the same"
    return Answer.FAILS, f"no filter admits {' '.join(argv)}"


# --- each line -----------------------------------------------------------------------------------------


def judged_lines(code: Code, launch: Launch, installed: Installed, *, own: bool = True) -> tuple[Line, ...]:
    """What each line for privsep-helper, and each of sudo's for rootwrap, starts, what not, and what else it admits."""
    found = [one for file in installed.filters for one in _filters(file, code, launch)]
    for grant in installed.sudoers.grants if installed.sudoers is not None else ():
        if launch.user in grant.users or "ALL" in grant.users:
            for command in grant.commands:
                if not command.negated:
                    found += _granted(grant, command, code, launch, own)
    return tuple(found)


def _filters(file: FiltersFile, code: Code, launch: Launch) -> Iterator[Line]:
    for one in file.filters:
        if os.path.basename(one.executable) != HELPER:
            continue
        started, refused, open_ = [], [], dict[str, None]()
        for context in code.contexts:
            argv = (HELPER, *launch.arguments(context))
            if rootwrap.starts(one, argv):
                started.append(context)
            else:
                refused.append((context, rootwrap.why_not(one, argv)))
        for context in dict.fromkeys([*code.contexts, rootwrap.named(one)]):
            for evil in hostile(launch, context) if context else ():
                if rootwrap.starts(one, (HELPER, *evil.words)):
                    open_[evil.about] = None
        line, text = file.definition(one).start, f"{one.name}: {one.kind}"
        yield Line(relative(file.path), line, "filter", text, tuple(started), tuple(refused), tuple(open_))


def _granted(grant: sudoers.Grant, command: sudoers.Command, code: Code, launch: Launch, own: bool) -> Iterator[Line]:
    name = posixpath.basename(command.program)
    before: tuple[str, ...] = (launch.helper,)
    if "rootwrap" in name:
        before = (command.program, launch.rootwrap_conf, HELPER)
    elif name not in (HELPER, "ALL") and not sudoers.admits(
        sudoers.Command(command.program, None, False, False), before
    ):
        return
    elif name == HELPER:
        before = (command.program,)
    daemon = "rootwrap" in name and "daemon" in name
    started, refused, open_ = [], [], dict[str, None]()
    try:
        for context in code.contexts:
            argv = (*before, *launch.arguments(context))
            if not daemon and sudoers.admits(command, argv):
                started.append(context)
            elif not daemon:
                refused.append(
                    (context, f"it admits {command.words or 'no words'}, and the service gives {' '.join(argv[1:])}")
                )
            for evil in hostile(launch, context):
                if (own or len(before) == 1) and not daemon and sudoers.admits(command, (*before, *evil.words)):
                    open_[evil.about] = None
    except sudoers.Unclear as error:
        refused = [(context, str(error)) for context in code.contexts]
    if daemon and own:
        open_["any privsep-helper command line, which it runs like any other"] = None
    if daemon and not open_:
        return
    yield Line(grant.path, grant.line, "sudoers", grant.text, tuple(started), tuple(refused), tuple(open_))
