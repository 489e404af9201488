"""Whether the files of an installation start the daemons that a tree of code asks for, and what else they let in."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypedDict

from migrator.bootstrap import rootwrap, sudoers
from migrator.bootstrap.installed import Installed
from migrator.bootstrap.launch import Hostile, Launch, hostile
from migrator.bootstrap.project import Code
from migrator.bootstrap.sudoers import Command, Grant
from migrator.rootwrap import conf
from migrator.rootwrap.daemons import HELPER, is_daemon_line, named
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
    """A line of an installation for privsep-helper, or for any command. kind: "filter", "sudoers" or "config".

    line: from 1, 0 for a whole file. text: of a sudoers line, or the filter's name and class. starts: contexts.
    refuses: (context, why) of others. open: what else it admits that gives root, in words, see launch.hostile().
    loose: it starts contexts that there are not.
    """

    path: str
    line: int
    kind: str
    text: str
    starts: tuple[str, ...]
    refuses: tuple[tuple[str, str], ...]
    open: tuple[str, ...] = ()
    loose: bool = False


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
        mine = sudoers.is_of(grant, launch.user)
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
        if sudoers.is_of(grant, launch.user):
            for command in grant.commands:
                if not command.negated:
                    found += _granted(grant, command, code, launch, own)
    for path, why in installed.exposed:
        text = "the configuration that the daemons read"
        found.append(Line(path, 0, "config", text, (), (), (f"what somebody else writes: {why}",)))
    return tuple(found)


def _filters(file: FiltersFile, code: Code, launch: Launch) -> Iterator[Line]:
    for one in file.filters:
        if not is_daemon_line(one):
            continue
        words = {context: (HELPER, *launch.arguments(context)) for context in code.contexts}
        asked = [context for context in dict.fromkeys([*code.contexts, named(one)]) if context]
        evil = [each for context in asked for each in hostile(launch, context)]
        admitted = [each for each in evil if rootwrap.starts(one, (HELPER, *each.words))]
        yield Line(
            path=relative(file.path),
            line=file.definition(one).start,
            kind="filter",
            text=f"{one.name}: {one.kind}",
            starts=tuple(context for context, argv in words.items() if rootwrap.starts(one, argv)),
            refuses=tuple(
                (context, rootwrap.why_not(one, argv))
                for context, argv in words.items()
                if not rootwrap.starts(one, argv)
            ),
            **_let_in(admitted),
        )


class _LetIn(TypedDict):
    open: tuple[str, ...]
    loose: bool


def _let_in(admitted: Sequence[Hostile]) -> _LetIn:
    """What the hostile command lines that a line admits make of it."""
    about = dict.fromkeys(each.about for each in admitted if each.root)
    return {"open": tuple(about), "loose": any(not each.root for each in admitted)}


def _granted(grant: Grant, command: Command, code: Code, launch: Launch, own: bool) -> Iterator[Line]:
    """What a command of a sudoers line comes to, when it is privsep-helper, rootwrap or any."""
    name = posixpath.basename(command.program)
    through_rootwrap = "rootwrap" in name
    if through_rootwrap and name.endswith("daemon"):
        if own:
            text = "any privsep-helper command line, which rootwrap's daemon runs like any other"
            yield Line(grant.path, grant.line, "sudoers", grant.text, (), (), (text,))
        return
    before: tuple[str, ...] = (launch.helper if "/" not in command.program or name != HELPER else command.program,)
    if through_rootwrap:
        before = (command.program, launch.rootwrap_conf, HELPER)
    elif not sudoers.admits(replace(command, words=None), before):
        return
    words = {context: (*before, *launch.arguments(context)) for context in code.contexts}
    # What comes to rootwrap is admitted by its own line; by older ones' filters, which are judged on their own.
    evil = [each for context in words for each in hostile(launch, context)] if own or not through_rootwrap else []
    try:
        admitted = [each for each in evil if sudoers.admits(command, (*before, *each.words))]
        refused = [context for context, argv in words.items() if not sudoers.admits(command, argv)]
    except sudoers.Unclear as error:
        yield Line(grant.path, grant.line, "sudoers", grant.text, (), tuple((one, str(error)) for one in words))
        return
    yield Line(
        path=grant.path,
        line=grant.line,
        kind="sudoers",
        text=grant.text,
        starts=tuple(context for context in words if context not in refused),
        refuses=tuple((context, f"it admits {command.words or 'no words'}") for context in refused),
        **_let_in(admitted),
    )
