"""Release notes as reno keeps them: YAML with reStructuredText in it, under a name that follows from the text."""

from __future__ import annotations

import hashlib
import os
import textwrap
from collections.abc import Mapping, Sequence

from migrator.rewrite.pending import Pending

FOLDER = "releasenotes/notes"
_WIDTH = 79
_INDENT = " " * 4


def keeps_notes(root: str) -> bool:
    """Whether a project has release notes of reno."""
    return os.path.isdir(os.path.join(root, FOLDER))


def write(root: str, slug: str, sections: Mapping[str, Sequence[str]], pending: Pending) -> str:
    """Put a note among the pending files of a project that keeps some; its path, "" where nothing is written.

    sections: by reno's names (upgrade, security), each of paragraphs. The sixteen hexadecimal digits at the end of a
    note's name, which reno draws at random, are a digest of the text: what was said once is not said again.
    """
    if not keeps_notes(root):
        return ""
    text = document(sections)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    path = os.path.join(root, FOLDER, f"{slug}-{digest}.yaml")
    pending.put(path, text)
    return path


def document(sections: Mapping[str, Sequence[str]]) -> str:
    """The text of a note."""
    lines = ["---"]
    for name, paragraphs in sections.items():
        if paragraphs:
            lines.append(f"{name}:")
        for paragraph in paragraphs:
            lines.append("  - |")
            lines += textwrap.wrap(
                paragraph,
                _WIDTH,
                initial_indent=_INDENT,
                subsequent_indent=_INDENT,
                break_long_words=False,
                break_on_hyphens=False,
            )
    return "\n".join(lines) + "\n"


def literal(text: str) -> str:
    """Text as reStructuredText has code."""
    return f"``{text}``"


def listed(texts: Sequence[str]) -> str:
    """Several pieces of code: a, b and c."""
    some = [literal(text) for text in texts]
    return " and ".join([", ".join(some[:-1]), some[-1]]) if len(some) > 1 else "".join(some)
