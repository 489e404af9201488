"""The files of an installation that have a say in how a daemon is started, read from where they lie."""

from __future__ import annotations

import configparser
import os
import stat
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from migrator.bootstrap import sudoers
from migrator.bootstrap.launch import Launch
from migrator.bootstrap.sudoers import Sudoers
from migrator.fault import Fault
from migrator.rootwrap import conf, lines
from migrator.rootwrap.conf import Conf
from migrator.rootwrap.lines import FiltersFile
from migrator.understand.walk import relative

_OPTION = "helper_command"


@dataclass(frozen=True, slots=True)
class HelperCommand:
    """A helper_command in a service's configuration: where, for which section, and what it says."""

    path: str
    line: int
    section: str
    text: str


@dataclass(frozen=True, slots=True)
class Installed:
    """confs: the service's rootwrap.conf, or all that there are. filters: what rootwrap reads by it, or all of them.

    unread: files of filters that no rootwrap.conf among the files has in its filters_path. sudoers: None when no such
    file was given. commands: of the service's configuration, or of all where it is not among the files. exposed: what a
    daemon reads and somebody else than root may write to, and why; of the file that it reads, not of a copy.
    """

    confs: tuple[Conf, ...]
    filters: tuple[FiltersFile, ...]
    unread: tuple[str, ...]
    sudoers: Sudoers | None
    commands: tuple[HelperCommand, ...]
    exposed: tuple[tuple[str, str], ...] = ()


def read(given: Sequence[str], launch: Launch) -> Installed:
    """Read files, and what is of use below folders: such as the /etc of a host, or a copy of it.

    Raises Fault for what cannot be read, or could not be by the program that it is for, and where nothing is of use.
    """
    kinds: dict[str, list[str]] = {"conf": [], "filters": [], "sudoers": [], "config": []}
    everything = list(dict.fromkeys(each for one in given for each in _files(one)))
    for path in everything:
        kind = _kind(path)
        if kind:
            kinds[kind].append(path)
        elif path in given:
            text = "is no rootwrap.conf, no file of filters, no sudoers file, and sets no helper_command"
            raise Fault(f"{relative(path)}: {text}; leave it out")
    if not any(kinds.values()):
        raise Fault(f"{', '.join(given)}: no rootwrap.conf, filters, sudoers or helper_command; name a copy of /etc")
    everybody = [conf.read(path) for path in kinds["conf"]]
    # a host's /etc has those of other services as well
    confs = [one for one in everybody if os.path.abspath(one.path).endswith(launch.rootwrap_conf)] or everybody
    loaded = [path for path in kinds["filters"] if any(_within(path, one.filters_path) for one in confs)]
    counted = loaded or kinds["filters"]
    mine = [path for path in everything if _of_service(path, launch)]
    configs = [path for path in kinds["config"] if not mine or path in mine]
    known = [folder for one in everybody for folder in one.filters_path]
    return Installed(
        confs=tuple(confs),
        filters=tuple(lines.read(path) for path in counted),
        unread=tuple(relative(path) for path in kinds["filters"] if path not in counted and not _within(path, known)),
        sudoers=sudoers.read((relative(path), _text(path)) for path in kinds["sudoers"]) if kinds["sudoers"] else None,
        commands=tuple(command for path in configs for command in _commands(path)),
        exposed=tuple(
            (path, why)
            for path in (*launch.config_files, *launch.config_dirs)
            if any(os.path.commonpath([path, os.path.abspath(one)]) == os.path.abspath(one) for one in given)
            and (why := _exposed(path))
        ),
    )


def _of_service(path: str, launch: Launch) -> bool:
    """Whether a file, wherever its / is here, is one that the service is started with."""
    return os.path.abspath(path).endswith(launch.config_files) or _within(path, launch.config_dirs)


def _exposed(path: str) -> str:
    """Why somebody else than root can change what a path holds, "" when nobody can or it is not there."""
    while True:
        try:
            status = os.stat(path)
        except OSError:
            return ""
        sticky = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX
        if status.st_uid:
            return f"{path} belongs to user {status.st_uid}"
        if status.st_mode & stat.S_IWOTH and not sticky:
            return f"everybody may write to {path}"
        if status.st_mode & stat.S_IWGRP and status.st_gid and not sticky:
            return f"group {status.st_gid} may write to {path}"
        if path == "/":
            return ""
        path = os.path.dirname(path)


def _files(given: str) -> Iterator[str]:
    if not os.path.exists(given):
        raise Fault(f"{given}: no such file or folder")
    if os.path.isfile(given):
        yield given
        return
    for folder, folders, names in os.walk(given):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)
            if os.path.isfile(path) and _promising(path):
                yield path


def _promising(path: str) -> bool:
    """Whether a file's place is one of those that have a say; a host's /etc has many others, and some are secret."""
    folder, name = os.path.split(path)
    if os.path.basename(folder) == "sudoers.d":  # sudo leaves out the others
        return "." not in name and not name.endswith("~")
    return name == "sudoers" or name.endswith((".filters", ".conf")) or _in_filters(folder)


def _in_filters(folder: str) -> bool:
    return os.path.basename(folder) in ("rootwrap.d", "rootwrap")


def _kind(path: str) -> str:
    """What a file is, by its name and what it holds; "" for what has no say."""
    folder, name = os.path.split(path)
    if name.startswith("sudoers") or os.path.basename(folder) == "sudoers.d" or name.endswith(".sudoers"):
        return "sudoers"
    text = _text(path)
    if f"[{lines.SECTION}]" in text:
        return "filters"
    if any(line.startswith("filters_path") for line in text.splitlines()):
        return "conf"
    return "config" if any(line.startswith(_OPTION) for line in text.splitlines()) else ""


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError as error:
        text = f"can't be read: {error.strerror}; run as a user who may, or give a copy"
        raise Fault(f"{relative(path)}: {text}") from None


def _within(path: str, folders: Collection[str]) -> bool:
    """Whether a file lies in one of the folders of an installation, wherever its / is here."""
    here = os.path.dirname(os.path.abspath(path))
    return any(here.endswith(os.path.normpath(folder.strip())) for folder in folders if folder.strip())


def _commands(path: str) -> Iterator[HelperCommand]:
    """As oslo.config reads them: the last of several counts, `$$` is a `$`."""
    config = configparser.RawConfigParser(strict=False, allow_no_value=True)
    text = _text(path)
    try:
        config.read_string(text)
    except configparser.Error as error:
        first = str(error).splitlines()[0]
        raise Fault(f"{relative(path)}: oslo.config cannot read this file ({first}); mend it") from error
    for section in config.sections():
        value = config.get(section, _OPTION, fallback=None)
        if value:
            line = _line(text, section)
            yield HelperCommand(relative(path), line, section, value.strip().strip("'\"").replace("$$", "$"))


def _line(text: str, wanted: str) -> int:
    """The line of the last helper_command of a section."""
    section, found = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("["):
            section = line.partition("]")[0][1:]
        elif line.startswith(_OPTION) and section == wanted:
            found = number
    return found
