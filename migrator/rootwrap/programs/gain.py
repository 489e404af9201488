"""What somebody who may run a program as root gets from it, and how much that is."""

from __future__ import annotations

import enum
import shlex
from dataclasses import dataclass


class Level(enum.IntEnum):
    """How much a filter grants, the most first."""

    ROOT = 0
    BROAD = 1
    BOUNDED = 2
    EXACT = 3

    @property
    def word(self) -> str:
        return {0: "root-equivalent", 1: "broad", 2: "bounded", 3: "exact"}[self.value]


class Gain(enum.Enum):
    """What is had, in words, the most first. Root is had where one may run, write or own what one likes."""

    RUNS = "runs any program as root"
    LOADS = "loads code into the kernel"
    WRITES = "writes what one likes into any file"
    OWNS = "gives any file another owner or mode"
    MOUNTS = "mounts what one likes over any folder"
    DISKS = "reads and writes any disk"
    READS = "reads any file, password hashes and keys with the others"
    DESTROYS = "removes, empties or spoils any file or disk"
    PLACES = "makes files or folders anywhere, with no say over what is in them"
    STOPS = "ends any process"
    STORAGE = "attaches, changes or takes away any volume"
    NETWORK = "changes the network of the host"
    TELLS = "tells names, sizes and settings"
    NOTHING = "gives nothing that the user has not got"

    @property
    def level(self) -> Level:
        """Reading a password hash is not yet being root, so it is broad; the docs say why each is where it is."""
        if self in (Gain.TELLS, Gain.NOTHING):
            return Level.BOUNDED
        return Level.ROOT if self in _ROOT else Level.BROAD

    @property
    def weight(self) -> int:
        """The most first."""
        return list(Gain).index(self)


_ROOT = frozenset({Gain.RUNS, Gain.LOADS, Gain.WRITES, Gain.OWNS, Gain.MOUNTS, Gain.DISKS})


@dataclass(frozen=True, slots=True)
class Power:
    """One way to get something out of a program.

    argv: a command line, quoted as for a shell, whose first word is the program. What may be any of a few stands in
    braces: `{file}`, a file of root's; see `crafted.KINDS`. `...` at its end stands for whatever comes behind. source:
    the page of the manual, or of the project, that says so, with the option. note: how it comes to that, where the gain
    alone does not say. alone: with more words, as a filter may have between, it is another thing.
    """

    gain: Gain
    argv: str
    source: str
    note: str = ""
    alone: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(shlex.split(self.argv))

    @property
    def program(self) -> str:
        return self.words[0]


def each(programs: str, gain: Gain, rest: str, source: str, note: str = "") -> tuple[Power, ...]:
    """The same way for several programs; `%` in the source stands for the name of the one."""
    return tuple(Power(gain, f"{name} {rest}".strip(), source.replace("%", name), note) for name in programs.split())
