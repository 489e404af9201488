"""What the functions of ip(8)'s rules share: what the command says of a word that is no name.

Those that look at words give None for a good one: `_bad_name("dev", device) or _change_link(...)`.
"""

from __future__ import annotations

import re


def _bad_name(word: str, name: str) -> tuple[int, str] | None:
    """Exit code and stderr for a name that no device has, None for others.

    word: what ip(8) calls the name.
    """
    if name and not re.search(r"[/ \t\n\v\f\r]", name):
        return None
    text = 'Error: argument "%s" is wrong: "%s" not a valid ifname\n'
    return 255, text % (name, word)


def _bad_new_name(name: str) -> tuple[int, str] | None:
    """Exit code and stderr for a name that no device can be given, or None."""
    # Alternative names may be longer, so a device is asked for by any.
    if len(name.encode("utf-8", "surrogateescape")) < 16:
        return _bad_name("name", name)
    text = 'Error: argument "%s" is wrong: "name" not a valid ifname\n'
    return 255, text % name
