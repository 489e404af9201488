"""The calls that a log tells of: rootwrap's own lines, those of oslo.concurrency, nova and neutron, and counts.

The texts are those that oslo_rootwrap/wrapper.py, oslo_concurrency/processutils.py, nova's RootwrapDaemonHelper and
neutron/agent/linux/utils.py log; a test has the libraries write them.
"""

from __future__ import annotations

import ast
import enum
import os
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from migrator.bench.plan import Way
from migrator.fault import Fault
from migrator.forecast.stamps import Clock
from migrator.rootwrap.daemons import HELPER


class Told(enum.Enum):
    """What a line says of a call. One call can have a line of each, so they are counted apart."""

    EXECUTING = "rootwrap's own line"
    RUNNING = "the service's line before the call"
    RETURNED = "the service's line after it, with its time"
    COUNTED = "a line of a file of counts"


@dataclass(frozen=True, slots=True)
class Call:
    """argv: without sudo and rootwrap. apart: where each word ends is known; else it was split at blanks.

    way: by which it became root, None where it did not, a daemon of privsep ran it, or the line does not say. seconds:
    that it took, None where the line does not say. time: of the line, in seconds from a day that is the same for all
    lines of the log.
    """

    told: Told
    argv: tuple[str, ...]
    apart: bool
    way: Way | None
    seconds: float | None = None
    time: float | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class Start:
    """privsep-helper was started through sudo."""


@dataclass(frozen=True, slots=True)
class Refused:
    """rootwrap admitted nothing, or found no program: what it would have run did not run."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that tells of a call and cannot be read: it was cut short, say."""

    line: str


@dataclass(frozen=True, slots=True)
class Span:
    """The last item of a log: times of its first and last line, None where no line has a time."""

    first: float | None
    last: float | None
    lines: int


Item = Call | Start | Refused | Broken | Span

_EXECUTING = re.compile(r"\([^()]* > [^()]*\) Executing (?P<argv>\[.*)")
_FILTER = re.compile(r"\] \(filter match = [^()]*\)\s*$")
_RUNNING = re.compile(r"Running cmd \((?:subprocess|rootwrap daemon)\): (?P<text>.*)")
_RETURNED = re.compile(r"CMD \"(?P<text>.*)\" (?:returned: -?\d+|reached timeout) in (?P<seconds>\d+(?:\.\d+)?)s")
_COMMAND = re.compile(r"Running command(?P<daemon> \(rootwrap daemon\))?: (?P<argv>\[.*)")
_DAEMON = "Executing RootwrapDaemonHelper.execute"
_REFUSED = re.compile(r"Unauthorized command: .*\(no filter matched\)|Executable not found(?: for)?: ")
# What oslo.log puts behind a DEBUG message: the function and where it stands, in braces on devstack.
_PLACE = re.compile(r" (?:\{\{\(pid=\d+\) \S+ \S+:\d+\}\}|\S+ /\S+\.py:\d+)\s*$")
# A look at each line, before any of the above.
_MAYBE = re.compile(r"Executing |Running c|CMD \"|Unauthorized command|Executable not found")
_COUNT = re.compile(r"\s*(?P<count>\d+)\s+(?P<command>\S.*?)\s*$")


def items(lines: Iterable[str], path: str) -> Iterator[Item]:
    """What the lines of a log, or of a file of counts, tell, the Span last.

    A file of counts begins with a line COUNT COMMAND, as `sort | uniq -c` writes them, and has no others but blank ones
    and those that begin with #. Raises Fault for one that has, with the path.
    """
    number = 0
    counts: bool | None = None
    daemon = False
    clock = Clock()
    last = ""
    for number, line in enumerate(lines, start=1):
        if counts is None and line.strip() and not line.startswith("#"):
            counts = _COUNT.match(line) is not None
        if counts:
            if line.strip() and not line.startswith("#"):
                yield _counted(line, f"{path}:{number}")
            continue
        last = line
        if clock.first is None:
            clock.read(line)
        if _MAYBE.search(line) is None:
            continue
        if _DAEMON in line:
            daemon = True
            continue
        found = _told(line.rstrip("\r\n"), daemon, clock)
        if found is not None:
            yield found
    if last:
        clock.read(last)
    yield Span(clock.first, clock.last, number)


def _told(line: str, daemon: bool, clock: Clock) -> Item | None:
    match = _EXECUTING.search(line)
    if match:
        way = Way.DAEMON if "rootwrap-daemon" in line[: match.start()] else Way.ROOTWRAP
        text = _FILTER.sub("]", match["argv"])
        return _of_list(text, line, Told.EXECUTING, way, clock)
    match = _RETURNED.search(line)
    if match:
        return _of_text(match["text"], Told.RETURNED, daemon, clock.read(line), float(match["seconds"]))
    match = _RUNNING.search(line)
    if match:
        return _of_text(_PLACE.sub("", match["text"]), Told.RUNNING, daemon, clock.read(line), None)
    match = _COMMAND.search(line)
    if match:
        return _of_list(
            _PLACE.sub("", match["argv"]), line, Told.RUNNING, Way.DAEMON if match["daemon"] else None, clock
        )
    return Refused() if _REFUSED.search(line) else None


def _of_list(text: str, line: str, told: Told, way: Way | None, clock: Clock) -> Item | None:
    """A call whose argv is a list as Python writes it; way: None where the words tell it."""
    try:
        words = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        words = None
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        return Broken(line)
    argv, root = stripped(tuple(words))
    if told is Told.RUNNING and way is None and root:
        way = Way.ROOTWRAP
    return _call(argv, told, way, True, clock.read(line), None)


def _of_text(text: str, told: Told, daemon: bool, time: float | None, seconds: float | None) -> Item | None:
    """A call whose words were joined with blanks."""
    argv, root = stripped(tuple(text.split(" ")))
    way = Way.ROOTWRAP if root else Way.DAEMON if daemon else None
    return _call(argv, told, way, False, time, seconds)


def _call(
    argv: tuple[str, ...], told: Told, way: Way | None, apart: bool, time: float | None, seconds: float | None
) -> Item | None:
    if argv and os.path.basename(argv[0]) == HELPER:
        return Start() if told is not Told.RETURNED else None  # of a start's lines, the first
    return Call(told, argv, apart, way, seconds, time)


def _counted(line: str, place: str) -> Call:
    match = _COUNT.match(line)
    if match is None:
        raise Fault(f"{place}: no line of a file of counts; write COUNT COMMAND, as `sort | uniq -c` does")
    try:
        words, apart = tuple(shlex.split(match["command"])), True
    except ValueError:
        words, apart = tuple(match["command"].split(" ")), False
    argv, _ = stripped(words)
    return Call(Told.COUNTED, argv, apart, None, count=int(match["count"]))


def stripped(words: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """A command without what limits its resources, sudo, rootwrap and its configuration; whether sudo was there."""
    if "oslo_concurrency.prlimit" in words[:4] and "--" in words:
        words = words[words.index("--") + 1 :]
    if not words or os.path.basename(words[0]) != "sudo":
        return words, False
    rest = words[1:]
    while rest and rest[0].startswith("-"):
        rest = rest[2:] if rest[0] in ("-u", "-g") else rest[1:]
    if rest and os.path.basename(rest[0]).endswith("rootwrap"):
        rest = rest[2:]
    return rest, True
