"""One line for each finding, `path:line:col: CODE message`, as flake8, editors and Zuul read it."""

# Drawn on the way of an unchanged tree: no imports.
from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_WIDTH = 72


def lines(ledger: dict[str, Any]) -> list[str]:
    """The findings of a ledger, those in unreadable files included, sorted by path and line; suppressed ones not."""
    found = [(entry["path"], entry["line"], 1, unreadable(entry)) for entry in ledger["unreadable"]]
    found += [
        (site["path"], site["line"], site["column"], finding(site))
        for site in ledger["sites"]
        if not site["suppressed"]
    ]
    found.sort()
    return [text for _, _, _, text in found]


def finding(site: dict[str, Any]) -> str:
    """The line for one site."""
    return f"{place(site)}: {message(site)}"


def message(site: dict[str, Any]) -> str:
    """The code of a site, what it runs, the kind, and how it becomes root."""
    return (
        f"{site['code']} runs as root: {command(site['argv'], _WIDTH)}"
        f" ({site['kind']}{', ' + site['root'] if site['root'] else ''})"
    )


def unreadable(entry: dict[str, Any]) -> str:
    """The line for a file, or a part of one, that could not be understood."""
    return f"{clean(entry['path'])}:{max(entry['line'], 1)}:1: {entry['code']} {clean(entry['reason'])}"


def place(site: dict[str, Any]) -> str:
    return f"{clean(site['path'])}:{site['line']}:{site['column']}"


def command(argv: Iterable[str], width: int = 0) -> str:
    """An argv on one line, quoted where a word would fall apart; cut to `width` characters when that is not 0."""
    text = " ".join(map(_quoted, argv)) or "(not known)"
    return text[: width - 3].rstrip() + "..." if 0 < width < len(text) else text


def counted(number: int, noun: str, plural: str = "") -> str:
    """ "1 rule", "2 rules"."""
    return f"{number} {noun}" if number == 1 else f"{number} {plural or noun + 's'}"


def folded(text: str, width: int, behind: str = "") -> list[str]:
    """A sentence on lines of `width` columns, `behind` before all but the first; no word is broken."""
    import textwrap

    return textwrap.wrap(text, width, subsequent_indent=behind, break_long_words=False, break_on_hyphens=False)


def clean(text: str) -> str:
    """Text without anything that would break a line or steer a terminal."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _quoted(word: str) -> str:
    if word.startswith(("{", "*{")):
        return clean(word)
    if word and " " not in word and "'" not in word and '"' not in word and word.isprintable():
        return word
    return repr(word)
