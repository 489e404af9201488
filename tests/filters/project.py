"""Writes small projects with code and filters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

HEAD = "from oslo_concurrency import processutils\n\n\n"
EXECUTE = "    processutils.execute({}, run_as_root=True, root_helper='sudo')\n"


def call(words: str, name: str = "act", parameters: str = "path") -> str:
    """A function that runs these words, Python source, as root."""
    return f"def {name}({parameters}):\n{EXECUTE.format(words)}\n\n"


def project(folder: Path, code: Mapping[str, str], filters: str, **files: str) -> Path:
    """A project `lagoon`: modules of its package by path, the filters in etc/lagoon/rootwrap.d, other files."""
    texts = {"setup.cfg": "[metadata]\nname = lagoon\n", "lagoon/__init__.py": "", **files}
    texts["etc/lagoon/rootwrap.d/lagoon.filters"] = f"[Filters]\n{filters}"
    texts.update({f"lagoon/{name}": f"{HEAD}{text}" for name, text in code.items()})
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for inner in {path.parent for path in (folder / "lagoon").rglob("*.py")}:
        (inner / "__init__.py").touch()
    return folder
