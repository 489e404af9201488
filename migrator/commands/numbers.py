"""Numbers as options take them."""

from __future__ import annotations

import argparse


def seconds(word: str) -> int:
    """A number of seconds from 1 up."""
    if not (word.isascii() and word.isdecimal() and int(word)):
        raise argparse.ArgumentTypeError(f"{word!r} is no number of seconds from 1 up")
    return int(word)
