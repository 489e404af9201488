"""The class that a project's own test cases derive from."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from migrator.decide.requirements import read_text
from migrator.rewrite.target import module_name

_CLASS = re.compile(r"^class (\w+)\(([^)]*)\):", re.M)
_FROM = re.compile(r"^from ([\w.]+) import (?:\w+, )*(\w+)(?: as (\w+))?$", re.M)
_IMPORT = re.compile(r"^import ([\w.]+)(?: as (\w+))?$", re.M)
_CASE = re.compile(r"\w*(?:TestCase|BaseTest)\b")


@dataclass(frozen=True)
class Base:
    """A class of the project that other test cases derive from.

    path, name: where it stands. covered: how many classes of test cases derive from it, at any distance. all: how many
    there are.
    """

    path: str
    name: str
    covered: int
    all: int


@dataclass(frozen=True)
class _Class:
    """A class by its module, with its bases: those of the project as (module, class), all others as "" and a name."""

    path: str
    module: str
    name: str
    bases: tuple[tuple[str, str], ...]


def base(paths: Iterable[str]) -> Base | None:
    """The class in these files that most test cases derive from, of those that derive from nobody else's in them.

    None when test cases of other modules derive from none.
    """
    known = {(one.module, one.name): one for path in paths for one in _classes(path)}
    known = {key: one for key, one in known.items() if _is_case(key, known)}
    under: Counter[tuple[str, str]] = Counter()
    elsewhere: set[tuple[str, str]] = set()
    for one in known.values():
        for key in {above for above in _above((one.module, one.name), known) if not _of_project(known[above], known)}:
            under[key] += 1
            if one.module != key[0]:
                elsewhere.add(key)
    best = max(sorted(elsewhere), key=lambda key: under[key], default=None)
    return Base(known[best].path, best[1], under[best], len(known)) if best else None


def _classes(path: str) -> Iterator[_Class]:
    text = read_text(path)
    placed = module_name(path)
    if placed is None or "class " not in text:
        return
    names = {alias or name: f"{module}.{name}" for module, name, alias in _FROM.findall(text)}
    names.update(
        (alias or module.partition(".")[0], module if alias else module.partition(".")[0])
        for module, alias in _IMPORT.findall(text)
    )
    own = {name for name, _ in _CLASS.findall(text)}
    for name, written in _CLASS.findall(text):
        bases = []
        for each in written.split(","):
            first, _, rest = each.strip().partition(".")
            whole = f"{placed[1]}.{first}" if first in own else names.get(first, first)
            module, _, last = (f"{whole}.{rest}" if rest else whole).rpartition(".")
            bases.append((module, last))
        yield _Class(path, placed[1], name, tuple(bases))


def _of_project(one: _Class, known: Mapping[tuple[str, str], _Class]) -> bool:
    return any(key in known for key in one.bases)


def _is_case(key: tuple[str, str], known: Mapping[tuple[str, str], _Class]) -> bool:
    """Whether a class is a test case, as far as the names of what it derives from tell."""
    return any(_CASE.fullmatch(name) for above in _above(key, known) for _, name in known[above].bases)


def _above(key: tuple[str, str], known: Mapping[tuple[str, str], _Class]) -> set[tuple[str, str]]:
    """A class and those of the project that it derives from."""
    found: set[tuple[str, str]] = set()
    waiting = [key]
    while waiting:
        one = waiting.pop()
        if one in known and one not in found:
            found.add(one)
            waiting += known[one].bases
    return found


def beside(base: Base, name: str) -> Iterator[str]:
    """Files of a module of this name, from the folder of a base class upwards in its package."""
    folder = os.path.dirname(base.path)
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        for one in (folder, os.path.join(folder, "tests")):
            path = os.path.join(one, f"{name}.py")
            if os.path.isfile(path):
                yield path
        folder = os.path.dirname(folder)
