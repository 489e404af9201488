"""The baseline: the findings that are known, as a sorted text file of one line each.

A line is `CODE PATH SCOPE #ORDINAL line=N :: COMMAND`. What stands around `line=N`, a hint for people, is the key: what
the call runs and where it stands, with `{}` for words that are not known, and its number among equal ones in the same
scope. `reason=`, `owner=` and `until=YYYY-MM-DD` may stand beside the hint. Of a finding at the boundary, COMMAND
is what it is about.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from migrator.fault import Fault

HEADER = "# privmigrate baseline"
VERSION = "2"
# What each version holds: entries of the first are root calls only, written before there was more to judge.
_VERSIONS = ("1", VERSION)
FIELDS = ("reason", "owner", "until")
_ABOUT = "# What was there before, by `privmigrate baseline`. line= is a hint; reason=, owner= and until= are yours."
_FORM = "it must read CODE PATH SCOPE #ORDINAL line=N :: COMMAND"


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What makes a finding the same one after the code around it has moved.

    path: relative to the baseline's folder. command: the words' shape; of others than root calls, what it is about.
    ordinal: from 1, among equal keys.
    """

    path: str
    scope: str
    command: tuple[str, ...]
    code: str
    ordinal: int

    @property
    def kin(self) -> tuple[str, str, tuple[str, ...], str]:
        """The key without its number."""
        return self.path, self.scope, self.command, self.code


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a baseline file: its key, the line of the finding when it was written, and its own line number.

    reason, owner: "" when not given. until: the last day on which it counts, None for ever.
    """

    key: Key
    line: int
    at: int
    reason: str = ""
    owner: str = ""
    until: datetime.date | None = None

    def lacks(self, required: Iterable[str]) -> tuple[str, ...]:
        """Which of the fields in `required` it does not have."""
        return tuple(name for name in required if not getattr(self, name))


@dataclass(frozen=True, slots=True)
class Baseline:
    """A baseline file: its entries, and whether it holds root calls only, as the first version of the format did."""

    entries: tuple[Entry, ...]
    root_calls_only: bool = False


def dumps(lines: Mapping[Key, int], kept: Mapping[Key, Entry] | None = None) -> str:
    """The text of a baseline with these findings. lines: where each stands. kept: the entries whose fields it takes."""
    kept = kept or {}
    entries = [replace(kept.get(key, Entry(key, 0, 0)), key=key, line=lines[key]) for key in sorted(lines)]
    return "".join(f"{line}\n" for line in (f"{HEADER} {VERSION}", _ABOUT, *map(_line, entries)))


def loads(text: str, name: str) -> Baseline:
    """What a baseline file says; name: what to call it. Raises Fault, naming file and line, where it is garbled.

    An entry that stands twice (git's union merge does that) counts once; what one of the two lacks, the other has.
    """
    lines = text.splitlines()
    head = lines[0].strip() if lines else ""
    if not head.startswith(HEADER + " "):
        raise Fault(f"{name}:1: not a baseline: the first line must be {HEADER + ' ' + VERSION!r}")
    version = head[len(HEADER) + 1 :]
    if version not in _VERSIONS:
        raise Fault(f"{name}:1: baseline version {version!r}, this privmigrate reads {' and '.join(_VERSIONS)}")
    entries: dict[Key, Entry] = {}
    for number, line in enumerate(lines[1:], start=2):
        if line.strip() and not line.startswith("#"):
            try:
                entry = _entry(line, number)
            except ValueError as error:
                raise Fault(f"{name}:{number}: not a baseline entry ({error}); mend or remove the line") from None
            first = entries.get(entry.key)
            entries[entry.key] = entry if first is None else _joined(first, entry)
    return Baseline(tuple(entries.values()), version == "1")


def pruned(text: str, keys: Iterable[Key], name: str) -> str:
    """The text of a baseline without the lines of these entries; every other line stays as it is. Faults as `loads`."""
    gone = set(keys)

    def stays(line: str, number: int) -> bool:
        if number == 1 or not line.strip() or line.startswith("#"):
            return True
        return _key_of(line.rstrip("\r\n"), number, name) not in gone

    lines = text.splitlines(keepends=True)
    return "".join(line for number, line in enumerate(lines, start=1) if stays(line, number))


def spelled(key: Key) -> str:
    """The command of a key, for people and for the file."""
    return " ".join(map(_token, key.command))


def numbered(keys: Sequence[Key]) -> list[Key]:
    """Keys in the order of their places, each with its number among the equal ones."""
    seen: dict[object, int] = {}
    found = []
    for key in keys:
        seen[key.kin] = seen.get(key.kin, 0) + 1
        found.append(replace(key, ordinal=seen[key.kin]))
    return found


def _key_of(line: str, number: int, name: str) -> Key:
    try:
        return _entry(line, number).key
    except ValueError as error:
        raise Fault(f"{name}:{number}: not a baseline entry ({error}); mend or remove the line") from None


def _joined(first: Entry, other: Entry) -> Entry:
    """Two entries of one key: of two days, the earlier one counts."""
    days = [one.until for one in (first, other) if one.until is not None]
    return replace(
        first,
        reason=first.reason or other.reason,
        owner=first.owner or other.owner,
        until=min(days) if days else None,
    )


def _line(entry: Entry) -> str:
    key = entry.key
    fields = [f"{name}={_token(str(value))}" for name in FIELDS if (value := getattr(entry, name)) not in ("", None)]
    head = [key.code, _token(key.path), _token(key.scope), f"#{key.ordinal}", f"line={entry.line}", *fields, "::"]
    return f"{' '.join(head)} {spelled(key)}".rstrip()


def _entry(line: str, at: int) -> Entry:
    if line.startswith(("<<<<<<<", "=======", ">>>>>>>", "|||||||")):
        raise ValueError("a merge conflict")
    words = list(_tokens(line))
    if len(words) < 5 or ("::", True) not in words:
        raise ValueError(_FORM)
    middle = words.index(("::", True))
    head = [text for text, _ in words[:middle]]
    if len(head) < 4 or not head[3].startswith("#") or not head[3][1:].isdecimal() or head[3] == "#0":
        raise ValueError(_FORM)
    fields: dict[str, str] = {}
    for extra in head[4:]:
        name, _, value = extra.partition("=")
        if name not in ("line", *FIELDS) or not value or (name == "line" and not value.isdecimal()):
            raise ValueError(f"unknown field {extra!r}")
        if name in fields:
            raise ValueError(f"{name}= stands twice")
        fields[name] = value
    until = _day(fields["until"]) if "until" in fields else None
    key = Key(head[1], head[2], tuple(text for text, _ in words[middle + 1 :]), head[0], int(head[3][1:]))
    return Entry(key, int(fields.get("line", "0")), at, fields.get("reason", ""), fields.get("owner", ""), until)


def _day(text: str) -> datetime.date:
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise ValueError(f"until={text} is no day, such as until=2027-03-31") from None


def _token(text: str) -> str:
    plain = text and text.isprintable() and " " not in text and text[0] != '"' and '="' not in text and text != "::"
    return text if plain else json.dumps(text)


def _tokens(line: str) -> Iterable[tuple[str, bool]]:
    """The words of a line, and of each whether it stands bare. Before the command, NAME="..." is a word too."""
    decoder, at, head = json.JSONDecoder(), 0, True
    while at < len(line):
        if line[at] == " ":
            at += 1
            continue
        end = line.find(" ", at)
        end = len(line) if end < 0 else end
        quoted = line.find('="', at, end) + 1 if head else 0
        if line[at] == '"':
            text, at = decoder.raw_decode(line, at)
            yield text, False
        elif quoted:
            value, after = decoder.raw_decode(line, quoted)
            yield line[at:quoted] + value, False
            at = after
        else:
            head = head and line[at:end] != "::"
            yield line[at:end], True
            at = end
