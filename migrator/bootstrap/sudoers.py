"""The sudoers lines that admit one command line each, and what the lines of a sudoers file admit."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from migrator.bootstrap.launch import RANDOM, RANDOM_LENGTH, SOCKET, Launch, escaped

# sudo 1.9.10 (2022) was the first that takes a regular expression for the words; before it would be a wildcard.
REGEX = (1, 9, 10)
_SPECIAL = re.compile(r"([,:=\\*?\[\]!])")


def line(launch: Launch, program: str, words: Sequence[str], version: Sequence[int] = REGEX) -> str:
    """The line that lets the service's user run a program as root with these words, the last a socket's path.

    version: of the sudo that reads it. Nothing else is admitted: both forms have eight characters for the folder of
    the socket, none of which can be a slash or a blank, and the rest letter by letter.
    """
    if tuple(version) >= REGEX:
        pattern = " ".join([*map(escaped, words[:-1]), launch.socket_pattern()]).replace("#", r"\#")
        return f"{launch.user} ALL=(root) NOPASSWD: {program} ^{pattern}$"
    folder = f"{_plain(launch.tmp)}/tmp{RANDOM * RANDOM_LENGTH}"
    return f"{launch.user} ALL=(root) NOPASSWD: {program} {' '.join(map(_plain, words[:-1]))} {folder}/{SOCKET}"


def _plain(word: str) -> str:
    return _SPECIAL.sub(r"\\\1", word)


# --- reading -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a user specification. words: None for any, "" for none. negated: it is refused."""

    program: str
    words: str | None
    negated: bool
    password: bool


@dataclass(frozen=True, slots=True)
class Grant:
    """One user specification: who may run what as root. users: as written, aliases resolved. line: from 1."""

    path: str
    line: int
    text: str
    users: tuple[str, ...]
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Sudoers:
    """What some sudoers files say, in the order in which they were read.

    secure_path: folders, () when not set. trusted: the users that no line asks for a password, "" for all.
    """

    grants: tuple[Grant, ...]
    secure_path: tuple[str, ...] = ()
    trusted: tuple[str, ...] = ()


class Unclear(Exception):
    """Whether a line admits a command cannot be told without sudo; says why."""


_ALIAS = re.compile(r"(User|Runas|Host|Cmnd|Cmd)_Alias\s+(.*)", re.S)
_SECURE = re.compile(r'secure_path\s*=\s*(?:"([^"]*)"|(\S+))')
_TRUSTING = re.compile(r"Defaults(?::(\S+))?\s.*!authenticate\b")
_TAG = re.compile(r"([A-Z]+):\s*")
_RUNAS = re.compile(r"\(([^)]*)\)\s*")
_OPTION = re.compile(r"(?:CWD|CHROOT|ROLE|TYPE|TIMEOUT|NOTBEFORE|NOTAFTER|APPARMOR_PROFILE)=\S+\s*")


def read(files: Iterable[tuple[str, str]]) -> Sudoers:
    """Read sudoers files, (path, text) each. Included ones are not looked for: they are given as well.

    A line for a certain host counts as one for this: files are looked at that lie elsewhere.
    """
    lines = [(path, number, text) for path, whole in files for number, text in _logical(whole)]
    aliases: dict[str, list[str]] = {}
    secure: tuple[str, ...] = ()
    trusted: list[str] = []
    for _, _, text in lines:
        alias = _ALIAS.match(text)
        if alias:
            for one in _split(alias[2], ":"):
                name, _, members = one.partition("=")
                aliases[name.strip()] = _split(members, ",")
        elif text.startswith("Defaults"):
            if found := _SECURE.search(text):
                secure = tuple((found[1] or found[2] or "").split(":"))
            if found := _TRUSTING.match(text):
                trusted += [each.strip() for each in (found[1] or "").split(",")]
    grants: list[Grant] = []
    for path, number, text in lines:
        if not _ALIAS.match(text) and not text.startswith(("Defaults", "@include")):
            grants += _grants(path, number, text, aliases)
    return Sudoers(tuple(grants), secure, tuple(trusted))


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their continuations, comments removed, and the number of the first."""
    begun, start = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        start = start or number
        if raw.endswith("\\") and not raw.lstrip().startswith("#"):
            begun += raw[:-1] + " "
            continue
        whole = re.sub(r"(?<!\\)#(?!\d).*", "", begun + raw).strip()
        if whole:
            yield start, whole
        begun, start = "", 0


def _split(text: str, separator: str) -> list[str]:
    """Split where the separator is not escaped, not quoted, and not in a regular expression `^...$`."""
    parts, begun, inside = [], "", False
    for index, char in enumerate(text):
        before = text[index - 1] if index else " "
        if char == "^" and before.isspace():
            inside = True
        if char == separator and before != "\\" and not inside:
            parts.append(begun.strip())
            begun = ""
            continue
        if char == "$" and (index + 1 == len(text) or text[index + 1] in ", \t"):
            inside = False
        begun += char
    return [*parts, begun.strip()]


def _grants(path: str, number: int, text: str, aliases: Mapping[str, list[str]]) -> Iterator[Grant]:
    """The grants for root in a line `who host = (runas) TAG: commands`."""
    who, equals, rest = text.partition("=")
    if not equals:
        return
    users = [each.strip() for each in who.rsplit(None, 1)[0].split(",")] if len(who.split()) > 1 else []
    commands, as_root, password = [], True, True
    for one in _split(rest, ","):
        runas = _RUNAS.match(one)
        if runas:
            names = _members(runas[1].partition(":")[0].split(","), aliases)
            as_root = bool({"root", "ALL", "#0"} & set(names))
            one = one[runas.end() :]
        while tag := (_TAG.match(one) or _OPTION.match(one)):
            password = {"NOPASSWD": False, "PASSWD": True}.get(tag[0].rstrip(": "), password)
            one = one[tag.end() :]
        negated = one.startswith("!")
        for member in _members([one.lstrip("! ")], aliases) if as_root else ():
            program, _, words = member.partition(" ")
            given = words.strip()
            commands.append(Command(program, None if not given else given.strip('"'), negated, password))
    if commands:
        yield Grant(path, number, text, tuple(_members(users, aliases)), tuple(commands))


def _members(names: Iterable[str], aliases: Mapping[str, list[str]]) -> list[str]:
    found = []
    for name in names:
        inner = aliases.get(name.strip())
        found += (
            _members(inner, {key: value for key, value in aliases.items() if key != name.strip()})
            if inner
            else [name.strip()]
        )
    return found


# --- what is admitted ----------------------------------------------------------------------------------


def admitted(sudoers: Sudoers, user: str, argv: Sequence[str]) -> Command | None:
    """The last command of the files that admits this command line for a user, None when sudo refuses it.

    The program is a name, looked up in secure_path, or a path. Raises Unclear.
    """
    found, unsure = None, ""
    for grant in sudoers.grants:
        mine = is_of(grant, user)
        for one in grant.commands:
            if admits(one, argv, sudoers.secure_path):
                if mine:
                    found = None if one.negated else one
                elif mine is None:
                    unsure = f"{grant.path}:{grant.line} is for {', '.join(grant.users)}, which {user} may be one of"
    if found is None and unsure:
        raise Unclear(unsure)
    trusted = {"", user} & set(sudoers.trusted)
    return replace(found, password=False) if found is not None and trusted else found


def is_of(grant: Grant, user: str) -> bool | None:
    """Whether a grant is a user's; None where it names groups, netgroups or numbers, whose members are not known."""
    if f"!{user}" in grant.users:
        return False
    if user in grant.users or "ALL" in grant.users:
        return True
    return None if any(name.startswith(("%", "+", "#")) for name in grant.users) else False


def admits(one: Command, argv: Sequence[str], secure_path: Sequence[str] = ()) -> bool:
    """Whether a command of a sudoers file is this command line. Raises Unclear."""
    if one.program == "ALL":
        return True
    program = argv[0]
    if "/" not in program:
        if secure_path and posixpath.dirname(one.program) not in map(_tidy, secure_path):
            return False
        program = posixpath.join(posixpath.dirname(one.program), program)
    if one.program.endswith("/"):
        same = posixpath.dirname(program) == one.program.rstrip("/")
    else:
        same = _matches(one.program, program, "[^/]*")
    return same and (one.words is None or _matches(one.words, " ".join(argv[1:]), ".*"))


def _tidy(folder: str) -> str:
    return folder.rstrip("/") or "/"


def _matches(pattern: str, text: str, star: str) -> bool:
    if pattern.startswith("^") and pattern.endswith("$"):
        if "[[:" in pattern:
            raise Unclear(f"{pattern} has a POSIX character class")
        try:
            return re.search(pattern[:-1] + r"\Z", text, re.S) is not None
        except re.error as error:
            raise Unclear(f"{pattern} cannot be read: {error}") from None
    return re.fullmatch(_translated(pattern, star), text, re.S) is not None


def _translated(pattern: str, star: str) -> str:
    """A wildcard of fnmatch(3) as a regular expression."""
    found, rest = "", pattern
    while rest:
        char, rest = rest[0], rest[1:]
        if char == "\\" and rest:
            found, rest = found + re.escape(rest[0]), rest[1:]
        elif char == "*":
            found += star
        elif char == "?":
            found += star[:-1]
        elif char == "[" and (inner := re.match(r"(!?\]?[^\]]*)\]", rest)):
            members = inner[1].replace("\\", r"\\")
            found += f"[{'^' + members[1:] if members.startswith('!') else members}]"
            rest = rest[inner.end() :]
        else:
            found += re.escape(char)
    return found
