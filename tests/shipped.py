"""The rules that we ship, read once in a process: reading all of them takes half a second."""

from __future__ import annotations

import functools

from migrator.decide.load import Rulebook
from migrator.decide.load import rulebook as read


@functools.cache
def rulebook() -> Rulebook:
    """The shipped rules, the same object for all tests of a process."""
    return read()
