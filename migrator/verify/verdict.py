"""What verifying a rule found: data for tables, JSON and the exit status."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass


class Word(str, enum.Enum):
    """The verdict on a rule, in one word."""

    PROVEN = "proven"
    DIFFERS = "differs"  # the function does something else than the command, or a declared difference does not show
    CLAIMS = "claims"  # it does the same, but needs other capabilities than it claims
    NOT_HERE = "not verifiable here"  # this machine or user lacks what its trials need: never counted as passed


@dataclass(frozen=True, slots=True)
class Divergence:
    """One thing that command and function leave different. aspect: of decide.rule.ASPECTS; what: of it, "" for all."""

    aspect: str
    what: str
    command: str
    function: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A trial on which function and command differ.

    stdin: "" for what the rule's trials usually read. check: whether the function was asked to raise. origin:
    "written" or "generated".
    """

    line: str
    stdin: str
    origin: str
    divergences: tuple[Divergence, ...]
    check: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """The smallest set of capabilities, weakest alternatives first; needed_by: capability -> a line that needs it."""

    capabilities: frozenset[str]
    needed_by: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one rule.

    trials: how many were compared, of those that the rule writes down and of all. claimed, found: capabilities; found
    is None where they were not looked for. findings: what differs. absent: declared differences that did not show.
    shown: how often each declared difference showed, by its text. lacking: what could not be tried here -> trials.
    """

    rule: str
    written: int
    trials: int
    claimed: frozenset[str]
    found: Found | None
    findings: tuple[Finding, ...]
    absent: tuple[str, ...]
    shown: Mapping[str, int]
    lacking: Mapping[str, int]
    seconds: float

    @property
    def word(self) -> Word:
        if self.findings or self.absent:
            return Word.DIFFERS
        if not self.trials or self.found is None:
            return Word.NOT_HERE
        # What could not be tried may be what needs the rest of the claim.
        if self.lacking and self.found.capabilities <= self.claimed:
            return Word.NOT_HERE
        return Word.PROVEN if self.found.capabilities == self.claimed else Word.CLAIMS
