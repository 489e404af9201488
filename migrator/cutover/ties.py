"""The nouns of a cutover: a tie, what kind it is, and who has to cut it."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Standing(str, enum.Enum):
    """Who cuts a tie: somebody first, as rootwrap is needed there; `--apply`; or somebody at leisure."""

    BLOCKING = "blocking"
    REMOVABLE = "removable"
    BY_HAND = "by_hand"


class Kind(str, enum.Enum):
    """What a tie is."""

    CALL = "root_call"
    HANDED = "root_helper"
    START = "privsep_start"
    COMMAND = "rootwrap_command"
    IMPORT = "import"
    CODE = "code"
    OPTION = "option"
    TEST = "test"
    SCRIPT = "console_script"
    DATA = "data_file"
    REQUIREMENT = "requirement"
    FILE = "rootwrap_file"
    SHELL = "shell"
    DOCS = "docs"


class Start(str, enum.Enum):
    """How privsep's daemons are started once there is no rootwrap: as docs/cutover.md explains."""

    SUDOERS = "sudoers"
    HELPER = "helper-command"
    FORK = "fork"


# What to do about a daemon of privsep that is started through rootwrap.
STARTED = (
    "privsep's daemons are started through rootwrap: say with --start how else (`privmigrate bootstrap` has the lines "
    "for each way)"
)


@dataclass(frozen=True)
class Tie:
    """One thing that ties a project to rootwrap.

    path: POSIX, relative to the project's folder. lines: from 1, in order; () for the whole file. text: what stands
    there, on one line. todo: what a person has to do, "" for what `--apply` does.
    """

    kind: Kind
    standing: Standing
    path: str
    lines: tuple[int, ...]
    text: str
    todo: str = ""

    @property
    def order(self) -> tuple[str, tuple[int, ...], str]:
        """By which ties of a kind are sorted."""
        return self.path, self.lines, self.text
