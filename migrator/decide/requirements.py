"""What a project requires: the libraries that its own files name, and from which version on."""

from __future__ import annotations

import os
import re


def read_text(path: str) -> str:
    """A file's text, "" when it is not there or cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def minimum_version(root: str, library: str) -> tuple[int, ...] | None:
    """The lowest version of a library that the requirements ask for; () when named without one, None when not named."""
    name = re.sub(r"[-_.]+", "[-_.]", re.escape(library).replace(r"\.", ".").replace(r"\-", "-"))
    pattern = re.compile(rf"^\s*[\"']?{name}(?![\w.-])(?P<rest>[^\n#]*)", re.M | re.I)
    for file in ("requirements.txt", "pyproject.toml", "setup.cfg"):
        found = pattern.search(read_text(os.path.join(root, file)))
        if found:
            version = re.search(r">=\s*(\d+(?:\.\d+)*)", found.group("rest"))
            return tuple(int(part) for part in version.group(1).split(".")) if version else ()
    return None
