"""Writes small projects with a privsep package, and says what the checks find in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from migrator.verify.boundary.checks import findings
from migrator.verify.boundary.finding import Boundary

CONTEXT = """\
from oslo_privsep import capabilities
from oslo_privsep import priv_context

default = priv_context.PrivContext(
    __name__,
    cfg_section='lagoon_privileged',
    pypath=__name__ + '.default',
    capabilities=[capabilities.CAP_CHOWN],
)
"""


def written(folder: Path, files: Mapping[str, str]) -> Path:
    """A package `lagoon` below a folder, of files by their path in it; its privsep package has a context."""
    top = folder / "lagoon"
    for name, text in {"__init__.py": "", "privsep/__init__.py": CONTEXT, **files}.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for inner in {path.parent for path in top.rglob("*.py")}:
        (inner / "__init__.py").touch()
    return top


def judged(top: Path, unprivileged: tuple[str, ...] = (), python: str = "") -> Boundary:
    """What the checks say; python: "" leaves out importing."""
    return findings([str(top)], unprivileged=unprivileged, python=python)


def told(boundary: Boundary) -> list[tuple[str, str, int]]:
    """(code, file below the package, line) of each finding."""
    return [(one.code, one.path.rpartition("/lagoon/")[2], one.line) for one in boundary.findings]


def codes(boundary: Boundary, *left_out: str) -> list[str]:
    """The codes of the findings but some."""
    return [one.code for one in boundary.findings if one.code not in left_out]
