"""How commands read a number that may be hexadecimal or octal."""

from __future__ import annotations

import re


def _integer(text: str) -> tuple[int, str]:
    """The number that a text begins with, as strtol(3) reads it, of any size, and the rest.

    0x1f is hexadecimal, 017 octal. Where there is none: 0, and all of the text.
    """
    digits = r"(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))"
    found = re.match(r"[ \t\n\v\f\r]*([+-]?)" + digits, text)
    if not found:
        return 0, text
    sign, base16, base8, base10 = found.groups()
    number = int(base16, 16) if base16 else int(base8, 8) if base8 else int(base10)
    return -number if sign == "-" else number, text[found.end() :]
