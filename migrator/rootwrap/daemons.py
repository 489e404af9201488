"""Filters that admit the start of privsep daemons, and for which contexts."""

from __future__ import annotations

import os
import re

from migrator.rootwrap.filters import Filter

HELPER = "privsep-helper"
_DOTTED = re.compile(r"(?:[^\W\d]\w*\\?\.)+[^\W\d]\w*")


def is_daemon_line(one: Filter) -> bool:
    """Whether a filter is there to have privsep-helper started."""
    return os.path.basename(one.executable) == HELPER


def starts(one: Filter, context: str) -> bool:
    """Whether a filter lets privsep-helper be started for a context, a dotted name."""
    if not is_daemon_line(one):
        return False
    return one.kind == "CommandFilter" or any(_matches(word, context) for word in one.args)


def named(one: Filter) -> str:
    """The context that a daemon line spells out, "" for one that has a pattern, or any, in its place."""
    words = one.args
    if "--privsep_context" not in words[:-1]:
        return ""
    word = words[words.index("--privsep_context") + 1]
    return word.replace("\\.", ".") if _DOTTED.fullmatch(word) else ""


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:
        return pattern == text
