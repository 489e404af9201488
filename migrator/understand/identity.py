"""What makes a site the same one after the code around it has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from migrator.model import Site
from migrator.words import Choice, Each, Literal, Rest, Word


def normalised(words: Sequence[Word]) -> str:
    """A command without the names of what is not known in it: the same after a rename of a local."""
    parts: list[str] = []
    for word in words:
        if isinstance(word, Literal):
            parts.append(word.text)
        elif isinstance(word, Rest):
            parts.append("*{}")
        elif isinstance(word, Choice):
            parts.append("(" + "|".join(sorted(normalised(option) for option in word.options)) + ")")
        elif isinstance(word, Each):
            parts.append("[" + normalised(word.words) + "]*")
        else:
            parts.append("".join("{}" if piece is None else piece for piece in word.pieces) or "{}")
    return "\x1f".join(parts)


def numbered(sites: Sequence[Site]) -> tuple[Site, ...]:
    """Sites with their ids: what runs where, and which one of several alike it is in its function."""
    counts: dict[str, int] = {}
    found: list[Site] = []
    for site in sites:
        key = "\x1e".join((site.code, site.path, site.enclosing, normalised(site.command.words)))
        counts[key] = ordinal = counts.get(key, 0) + 1
        digest = hashlib.sha256(f"{key}\x1e{ordinal}".encode("utf-8", "surrogateescape")).hexdigest()
        found.append(replace(site, id=digest[:16]))
    return tuple(found)
