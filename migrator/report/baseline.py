"""The baseline: the root calls that are known, as a sorted text file of one line each.

A line is `CODE PATH SCOPE #ORDINAL line=N :: COMMAND`. All but `line=N`, a hint for people, is the key: what the call
runs and where it stands, with `{}` for words that are not known, and its number among equal ones in the same scope.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from migrator.fault import Fault

HEADER = "# privmigrate baseline"
_VERSION = "1"
_ABOUT = "# Root calls that were there before. Written by `privmigrate baseline`; only line= may differ from the code."


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What makes a root call the same call after the code around it has moved.

    path: relative to the baseline's folder. command: the words' shape. ordinal: from 1, among equal keys.
    """

    path: str
    scope: str
    command: tuple[str, ...]
    code: str
    ordinal: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a baseline file: its key, the line of the call when it was written, and its own line number."""

    key: Key
    line: int
    at: int


def keys(ledger: dict[str, Any], folder: str) -> dict[Key, dict[str, Any]]:
    """The sites of a ledger by key, suppressed ones left out. folder: where the baseline lies."""
    found: dict[Key, dict[str, Any]] = {}
    seen: dict[tuple[object, ...], int] = {}
    for site in sorted(ledger["sites"], key=lambda site: (site["path"], site["line"], site["column"])):
        if site["suppressed"]:
            continue
        path = os.path.relpath(site["path"], folder or ".")
        same = (path, site["enclosing"], tuple(site["shape"]), site["code"])
        seen[same] = seen.get(same, 0) + 1
        found[Key(path, site["enclosing"], tuple(site["shape"]), site["code"], seen[same])] = site
    return found


def dumps(sites: dict[Key, dict[str, Any]]) -> str:
    """The text of a baseline that holds these sites."""
    return "".join(
        f"{line}\n" for line in (f"{HEADER} {_VERSION}", _ABOUT, *(_line(k, sites[k]) for k in sorted(sites)))
    )


def loads(text: str, name: str) -> list[Entry]:
    """The entries of a baseline file; name: what to call it. Raises Fault, naming file and line, where it is garbled.

    An entry that stands twice (git's union merge does that) counts once.
    """
    lines = text.splitlines()
    head = lines[0].strip() if lines else ""
    if not head.startswith(HEADER + " "):
        raise Fault(f"{name}:1: not a baseline: the first line must be {HEADER + ' ' + _VERSION!r}")
    if head != f"{HEADER} {_VERSION}":
        raise Fault(f"{name}:1: baseline version {head[len(HEADER) + 1 :]!r}, this privmigrate reads {_VERSION}")
    entries: dict[Key, Entry] = {}
    for number, line in enumerate(lines[1:], start=2):
        if line.strip() and not line.startswith("#"):
            try:
                entry = _entry(line, number)
            except ValueError as error:
                raise Fault(
                    f"{name}:{number}: not a baseline entry ({error}); mend the line or write it anew"
                ) from None
            entries.setdefault(entry.key, entry)
    return list(entries.values())


def spelled(key: Key) -> str:
    """The command of a key, for people and for the file."""
    return " ".join(map(_token, key.command))


def _line(key: Key, site: dict[str, Any]) -> str:
    head = f"{key.code} {_token(key.path)} {_token(key.scope)} #{key.ordinal} line={site['line']} ::"
    return f"{head} {spelled(key)}".rstrip()


def _entry(line: str, at: int) -> Entry:
    if line.startswith(("<<<<<<<", "=======", ">>>>>>>", "|||||||")):
        raise ValueError("a merge conflict")
    words = list(_tokens(line))
    if len(words) < 5 or ("::", True) not in words:
        raise ValueError("it must read CODE PATH SCOPE #ORDINAL line=N :: COMMAND")
    middle = words.index(("::", True))
    head = [text for text, _ in words[:middle]]
    if len(head) < 4 or not head[3].startswith("#") or not head[3][1:].isdecimal() or head[3] == "#0":
        raise ValueError("it must read CODE PATH SCOPE #ORDINAL line=N :: COMMAND")
    hint = 0
    for extra in head[4:]:
        name, _, value = extra.partition("=")
        if name != "line" or not value.isdecimal():
            raise ValueError(f"unknown field {extra!r}")
        hint = int(value)
    command = tuple(text for text, _ in words[middle + 1 :])
    return Entry(Key(head[1], head[2], command, head[0], int(head[3][1:])), hint, at)


def _token(text: str) -> str:
    plain = text and text.isprintable() and " " not in text and text[0] != '"' and text != "::"
    return text if plain else json.dumps(text)


def _tokens(line: str) -> Iterable[tuple[str, bool]]:
    """The words of a line, and of each whether it stands bare."""
    decoder, at = json.JSONDecoder(), 0
    while at < len(line):
        if line[at] == " ":
            at += 1
        elif line[at] == '"':
            text, at = decoder.raw_decode(line, at)
            yield text, False
        else:
            end = line.find(" ", at)
            end = len(line) if end < 0 else end
            yield line[at:end], True
            at = end
