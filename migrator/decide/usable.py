"""Whether a rule's function may be used in a project: it has to run on its Python, with the libraries it requires."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from migrator.decide import python2
from migrator.decide.requirements import minimum_version
from migrator.decide.rule import Rule

# The first version of a library that has what our functions use of it.
_SINCE = {"pyroute2": (0, 7, 1)}


@dataclass(frozen=True, slots=True)
class Place:
    """A project that functions are to go into.

    allowed: libraries that it does not require yet and may. unproven: it takes functions of rules for review.
    """

    root: str
    python2: bool
    allowed: frozenset[str]
    unproven: bool


def place(path: str, allowed: frozenset[str] = frozenset(), *, unproven: bool = False) -> Place:
    """The project that a Python file belongs to."""
    root = python2.project_of(path)
    return Place(root, python2.runs_there(root), allowed, unproven)


def lacking(rule: Rule, where: Place) -> str:
    """Why a rule's function may not be used there, in words; "" when it may."""
    if rule.review and not where.unproven:
        return f"it is not proven, {rule.review}; rewrite --unsafe uses it, for review"
    missing = python2.lacking(rule.text) if where.python2 else ""
    if missing:
        return f"it needs {missing}, and the project still runs on Python 2"
    for library in libraries(rule):
        if library in where.allowed:
            continue
        version = minimum_version(where.root, library)
        if version is None:
            return f"it imports {library}, which the project does not require; --allow-requirement {library} adds it"
        since = _SINCE.get(library, ())
        if version and version < since:
            return (
                f"it needs {library} {_dotted(since)}, and the project admits {_dotted(version)}; "
                f"raise that, or use --allow-requirement {library}"
            )
    return ""


def libraries(rule: Rule) -> tuple[str, ...]:
    """What a rule's function imports beside the standard library and oslo, which every target has."""
    roots = {line.split()[1].partition(".")[0] for line in rule.imports}
    return tuple(sorted(root for root in roots - sys.stdlib_module_names if not root.startswith("oslo_")))


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
