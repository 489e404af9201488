"""A file of filters as text: which lines define which filter, and the text without some of them."""

from __future__ import annotations

import configparser
import io
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrator.fault import Fault
from migrator.rootwrap.filters import Filter, defined
from migrator.understand.walk import relative

SECTION = "Filters"
_COMMENTS = ("#", ";")


@dataclass(frozen=True, slots=True)
class Definition:
    """A filter where it is defined.

    start, end: its lines, from 1, both inclusive; more than one where the value goes on in indented lines. filter: None
    for a class that there is not, which rootwrap skips with a warning. overridden: a later definition in the file has
    the same name, so rootwrap never sees this one.
    """

    name: str
    filter: Filter | None
    start: int
    end: int
    overridden: bool = False


@dataclass(frozen=True, slots=True)
class FiltersFile:
    """A file of filters.

    text: as it is, line ends included. definitions: in its order. sectioned: it has a section for them, without which
    rootwrap stops.
    """

    path: str
    text: str
    definitions: tuple[Definition, ...]
    sectioned: bool = True

    @property
    def filters(self) -> tuple[Filter, ...]:
        """What rootwrap has of it, in its order: of two with one name the last, in the place of the first."""
        last = {one.name: one.filter for one in self.definitions}
        return tuple(one for one in last.values() if one is not None)

    def definition(self, one: Filter) -> Definition:
        """The definition that a filter of this file comes from."""
        return next(each for each in self.definitions if each.name == one.name and not each.overridden)

    def comment(self, definition: Definition) -> tuple[str, ...]:
        """The lines of the comment that is about a definition, and maybe about those beside it."""
        lines = _lines(self.text)
        for note, about in _notes(self, lines):
            if definition.start in about:
                return tuple(lines[number - 1].strip() for number in note)
        return ()

    def heading(self, definition: Definition) -> tuple[str, ...]:
        """The lines of the comment at the head of the paragraph, from blank line to blank line, of a definition."""
        lines = _lines(self.text)
        start = definition.start - 1
        while start and lines[start - 1].strip():
            start -= 1
        head = itertools.takewhile(lambda line: line.lstrip().startswith(_COMMENTS), lines[start:])
        return tuple(line.strip() for line in head)


def read(path: str) -> FiltersFile:
    """A file of filters. One without a section for them has none.

    Raises Fault for a file that rootwrap could not load.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
    except (UnicodeDecodeError, OSError) as error:
        raise unusable(path, error) from error
    return parsed(text, path)


def parsed(text: str, path: str) -> FiltersFile:
    """The same for a text. Raises Fault as read()."""
    if f"[{SECTION}]" not in text:
        return FiltersFile(path, text, (), sectioned=False)
    lines = _lines(text)
    places: list[tuple[str, int]] = []
    number = 0

    def counted() -> Iterator[str]:
        nonlocal number
        for number, line in enumerate(lines, 1):  # noqa: B007 the parser is given the line, optionxform reads its number
            yield line

    def named(name: str) -> str:
        # The parser calls this once for each definition, as it comes to it: where that is, it does not keep.
        places.append((name.lower(), number))
        return name.lower()

    config = configparser.RawConfigParser(strict=False)
    config.optionxform = named  # type: ignore[method-assign,assignment]
    try:
        config.read_file(counted(), path)
    except configparser.Error as error:
        raise unusable(path, error) from error
    return FiltersFile(path, text, _definitions(config, places, lines, path), config.has_section(SECTION))


def _definitions(
    config: configparser.RawConfigParser, places: Sequence[tuple[str, int]], lines: Sequence[str], path: str
) -> tuple[Definition, ...]:
    """What is in the section of filters; what [DEFAULT] defines is in every section."""
    if not config.has_section(SECTION):
        return ()
    values = dict(config.items(SECTION))
    inside = [(name, line) for name, line in places if _section(lines, line) in (SECTION, "DEFAULT")]
    last = dict(sorted(inside, key=lambda place: _section(lines, place[1]) == SECTION))
    starts = [line for _, line in places]
    found = []
    for name, line in inside:
        if line != last[name]:
            found.append(Definition(name, None, line, _end(lines, line, starts), overridden=True))
            continue
        try:
            one = defined(name, values[name], path)
        except ValueError as error:
            text = f"{relative(path)}:{line}: {name}: {error}; rootwrap cannot load this line, mend it"
            raise Fault(text) from error
        found.append(Definition(name, one, line, _end(lines, line, starts)))
    return tuple(found)


def _lines(text: str) -> list[str]:
    """The lines with their ends, which are those of a file and no others."""
    return list(io.StringIO(text, newline=""))


def _section(lines: Sequence[str], number: int) -> str:
    """The section that a line stands in."""
    for line in reversed(lines[: number - 1]):
        if line.startswith("[") and "]" in line:
            return line[1 : line.rindex("]")]
    return ""


def _end(lines: Sequence[str], start: int, starts: Sequence[int]) -> int:
    """The last line of the definition that begins at `start`: the value goes on in lines that are indented more."""
    after = min((line for line in starts if line > start), default=len(lines) + 1)
    end = start
    for number in range(start + 1, after):
        line = lines[number - 1]
        if line.strip() and line[0] in " \t" and not line.strip().startswith(_COMMENTS):
            end = number
        elif line.startswith("["):
            break
    return end


# --- edits -----------------------------------------------------------------------------------------


def without(file: FiltersFile, gone: Collection[Definition]) -> str:
    """The text without these definitions, and without the comments that are about nothing else.

    A comment is about the definitions that follow it, up to a blank line or the next comment; it stays while one of
    them does. All else stays as it is, to the byte. What a definition overrides goes with it, or it would come back.
    """
    return edited(file, dict.fromkeys(gone, ""))


def edited(file: FiltersFile, changes: Mapping[Definition, str]) -> str:
    """The text with definitions replaced; "" for one that goes, with its comments, as without() has it.

    What takes a definition's place is one line or more, without the last line end.
    """
    lines = _lines(file.text)
    going = {one.name for one, text in changes.items() if not text and not one.overridden}
    gone: set[int] = set()
    for one in file.definitions:
        text = changes.get(one, "" if one.name in going else None)
        if text is None:
            continue
        gone.update(range(one.start, one.end + 1))
        if text:
            gone.discard(one.start)
            end = lines[one.start - 1][len(lines[one.start - 1].rstrip("\r\n")) :] or "\n"
            lines[one.start - 1] = "".join(f"{line}{end}" for line in text.split("\n"))
    for note, about in _notes(file, lines):
        if about and all(number in gone for number in about):
            gone.update(note)
    _close_gaps(lines, gone)
    return "".join(line for number, line in enumerate(lines, 1) if number not in gone)


def _notes(file: FiltersFile, lines: Sequence[str]) -> Iterator[tuple[list[int], list[int]]]:
    """The lines of each comment, and those of the definitions that it is about."""
    defining = {number for one in file.definitions for number in range(one.start, one.end + 1)}

    def kind(number: int) -> str:
        if number in defining:
            return "definition"
        return "comment" if lines[number - 1].lstrip().startswith(_COMMENTS) else "other"

    runs = [(name, list(some)) for name, some in itertools.groupby(range(1, len(lines) + 1), kind)]
    for (first, note), (second, about) in itertools.pairwise(runs):
        if first == "comment" and second == "definition":
            yield note, about


def _close_gaps(lines: Sequence[str], gone: set[int]) -> None:
    """Add to `gone` the blank lines that would follow another, or a section's head, or end the file, where lines go."""
    blank = True  # nothing before
    taken = False
    for number, line in enumerate(lines, 1):
        if number in gone:
            taken = True
        elif line.strip():
            blank, taken = line.startswith("["), False
        elif blank and taken:
            gone.add(number)
        else:
            blank = True
    for number in range(len(lines), 0, -1):
        if number in gone:
            taken = True
        elif lines[number - 1].strip():
            break
        elif taken:
            gone.add(number)


def unusable(path: str, error: Exception) -> Fault:
    """What to say of a file that rootwrap cannot read."""
    first = str(error).splitlines()[0]
    return Fault(f"{relative(path)}: rootwrap cannot read this file ({first}); mend it")
