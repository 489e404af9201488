"""What rootwrap trusts on an installed host: files and folders that nobody but root may be able to change."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from migrator.rootwrap.conf import Conf
from migrator.rootwrap.lines import FiltersFile


@dataclass(frozen=True, slots=True)
class Untrusted:
    """A file or folder that rootwrap relies on and that somebody else can change. why: a sentence, no full stop."""

    path: str
    why: str


def untrusted(conf: Conf, files: Sequence[FiltersFile]) -> tuple[Untrusted, ...]:
    """Each such path once: the configuration, the filters, their folders, those of programs, and all above them.

    Whoever writes to one of them defines what runs as root. Reads the file system as it is now.
    """
    found: dict[str, str] = {}
    for path, why in _relied_on(conf, files):
        if not os.path.isabs(path):
            found.setdefault(path or '""', f"{why}, and is relative: it lies where the caller is")
            continue
        for place in _with_parents(path):
            fault = _writable(place)
            if fault:
                found.setdefault(place, f"{fault}; {why}" if place == path else f"{fault}; {path} is below it: {why}")
    return tuple(Untrusted(path, why) for path, why in found.items())


def _relied_on(conf: Conf, files: Sequence[FiltersFile]) -> Iterator[tuple[str, str]]:
    yield os.path.abspath(conf.path), "the configuration of rootwrap"
    for folder in conf.filters_path:
        yield folder, "rootwrap takes filters from there (filters_path)"
    for file in files:
        yield os.path.abspath(file.path), "it defines filters"
    for folder in conf.exec_dirs:
        yield folder, "rootwrap takes programs from there (exec_dirs)"
    for file in files:
        for one in file.filters:
            if os.path.isabs(one.executable):
                yield one.executable, f"the filter {one.name} runs it"


def _with_parents(path: str) -> Iterator[str]:
    """The path, where it really is, and the folders above it."""
    yield path
    real = os.path.realpath(path)
    while real != os.path.dirname(real):
        real = os.path.dirname(real)
        yield real


def _writable(path: str) -> str:
    """Who else can change a path, "" when nobody can or it is not there. A sticky folder's entries are safe."""
    try:
        status = os.stat(path)
    except OSError:
        return ""
    if status.st_uid != 0:
        return f"belongs to user {status.st_uid}"
    if status.st_mode & stat.S_IWOTH:
        return "everybody can write to it"
    if status.st_mode & stat.S_IWGRP and status.st_gid != 0:
        return f"group {status.st_gid} can write to it"
    return ""
