"""Ties in a project's packaging: console scripts, files that are installed, and what the project requires."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from migrator.cutover.ties import Kind, Standing, Tie
from migrator.cutover.tree import Tree

_SCRIPT = re.compile(r"^\s*[\"']?[\w.-]+[\"']?\s*=\s*[\"']?oslo_rootwrap\.cmd\s*:\s*\w+[\"']?\s*$")
_QUOTED_SCRIPT = re.compile(r"^\s*[\"'][\w.-]+\s*=\s*oslo_rootwrap\.cmd:\w+[\"'],?\s*$")
_REQUIREMENT = re.compile(r"^\s*oslo[._-]rootwrap(?![\w.-])", re.I)
_QUOTED_REQUIREMENT = re.compile(r"^\s*([\"'])oslo[._-]rootwrap(?![\w.-])[^\"']*\1,?\s*(#.*)?$", re.I)
_LISTS = re.compile(r"(?:^|/)[\w.-]*(?:requirements|constraints)[\w.-]*\.txt$|(?:^|/)requirements/[\w.-]+\.(?:txt|in)$")
_HEADER = re.compile(r"^\[(?P<name>[^\]]+)\]")
_DATA = frozenset({"files", "options.data_files"})
_MANIFEST = re.compile(r"^\s*(?:include|recursive-include|graft|global-include)\s")
_WORD = re.compile(r"[^\s\"',\[\]=]+")


@dataclass(frozen=True)
class Line:
    """A line that a cutover takes out of a file."""

    path: str
    number: int
    kind: Kind
    text: str


@dataclass(frozen=True)
class Packaging:
    """Ties of the packaging, and the lines that go: by path, numbers from 1."""

    ties: tuple[Tie, ...]
    lines: dict[str, tuple[int, ...]]


def ties(tree: Tree, going: Collection[str]) -> Packaging:
    """What the packaging has of rootwrap; going: paths of the files that go."""
    found: list[Line] = []
    for path in tree.data:
        if path == "setup.cfg":
            found += _setup_cfg(tree, path, going)
        elif path == "pyproject.toml":
            found += _pyproject(tree, path, going)
        elif path == "setup.py":
            found += _quoted(tree, path)
        elif path == "MANIFEST.in":
            found += _manifest(tree, path, going)
        elif _LISTS.search(path):
            found += [
                Line(path, number, Kind.REQUIREMENT, line)
                for number, line in _numbered(tree, path)
                if _REQUIREMENT.match(line)
            ]
    lines: dict[str, tuple[int, ...]] = {}
    for one in found:
        lines[one.path] = (*lines.get(one.path, ()), one.number)
    shown = [
        Tie(one.kind, Standing.REMOVABLE, one.path, (one.number,), one.text.strip())
        for one in found
        if one.text.strip()
    ]
    rest = [
        tie for path in ("setup.cfg", "pyproject.toml", "setup.py") for tie in _rest(tree, path, lines.get(path, ()))
    ]
    return Packaging((*shown, *rest), lines)


def _numbered(tree: Tree, path: str) -> list[tuple[int, str]]:
    return list(enumerate(tree.text(path).split("\n"), 1))


def _setup_cfg(tree: Tree, path: str, going: Collection[str]) -> Iterator[Line]:
    """Values stand on lines of their own below `key =`; a key whose last value goes, goes too."""
    lines = _numbered(tree, path)
    section, held = "", list[Line]()
    for number, line in lines:
        header = _HEADER.match(line)
        if header:
            section = header["name"].strip()
        elif _SCRIPT.match(line) and section.replace("options.", "") == "entry_points":
            held.append(Line(path, number, Kind.SCRIPT, line))
        elif _REQUIREMENT.match(line) and line[:1].isspace():
            held.append(Line(path, number, Kind.REQUIREMENT, line))
        elif section in _DATA and line[:1].isspace():
            source = line.rpartition("=")[2].strip()
            if source and _installs(source, tree, going):
                held.append(Line(path, number, Kind.DATA, line))
    yield from held
    yield from _empty_heads(path, lines, {one.number for one in held})


def _empty_heads(path: str, lines: list[tuple[int, str]], gone: set[int]) -> Iterator[Line]:
    """Lines such as `etc/x =` or `console_scripts =` all of whose values go."""
    for number, line in reversed(lines):
        if number in gone or not line.rstrip().endswith("="):
            continue
        depth = len(line) - len(line.lstrip())
        below = []
        for after, text in lines[number:]:
            if text.strip() and len(text) - len(text.lstrip()) <= depth:
                break
            if text.strip() and not text.lstrip().startswith("#"):
                below.append(after)
        if below and set(below) <= gone:
            gone.add(number)
            yield Line(path, number, Kind.DATA, line)


def _installs(pattern: str, tree: Tree, going: Collection[str]) -> bool:
    """Whether a path, a folder or a pattern stands for files that go, and for no others."""
    folder = pattern.rstrip("/") + "/"
    some = [
        path for path in tree.paths if path == pattern or path.startswith(folder) or fnmatch.fnmatchcase(path, pattern)
    ]
    return bool(some) and set(some) <= set(going)


def _pyproject(tree: Tree, path: str, going: Collection[str]) -> Iterator[Line]:
    lines = _numbered(tree, path)
    section, opened = "", 0
    held: dict[int, list[bool]] = {}
    for number, line in lines:
        header = _HEADER.match(line)
        if header and not opened:
            section = header["name"].strip().strip('"')
        elif _SCRIPT.match(line):
            yield Line(path, number, Kind.SCRIPT, line)
        elif _QUOTED_REQUIREMENT.match(line):
            yield Line(path, number, Kind.REQUIREMENT, line)
        elif section.endswith(("data-files", "data_files", "shared-data")):
            if re.match(r"^[^#=]+=\s*\[\s*(#.*)?$", line):
                opened, held[number] = number, []
            elif opened and line.strip().startswith("]"):
                if held[opened] and all(held[opened]):
                    yield Line(path, opened, Kind.DATA, lines[opened - 1][1])
                    yield Line(path, number, Kind.DATA, "")
                opened = 0
            elif opened and line.strip() and not line.strip().startswith("#"):
                words = _WORD.findall(line.partition("#")[0])
                gone = bool(words) and all(_installs(word, tree, going) for word in words)
                held[opened].append(gone)
                if gone:
                    yield Line(path, number, Kind.DATA, line)
            elif not opened and "=" in line:
                words = _WORD.findall(line.partition("=")[2].partition("#")[0])
                sources = words if "[" in line else _WORD.findall(line.partition("=")[0])
                if sources and all(_installs(word, tree, going) for word in sources):
                    yield Line(path, number, Kind.DATA, line)


def _quoted(tree: Tree, path: str) -> Iterator[Line]:
    """Elements of lists in a setup.py that have a line for themselves."""
    for number, line in _numbered(tree, path):
        if _QUOTED_SCRIPT.match(line):
            yield Line(path, number, Kind.SCRIPT, line)
        elif _QUOTED_REQUIREMENT.match(line):
            yield Line(path, number, Kind.REQUIREMENT, line)


def _manifest(tree: Tree, path: str, going: Collection[str]) -> Iterator[Line]:
    for number, line in _numbered(tree, path):
        if _MANIFEST.match(line):
            words = line.split()[1:]
            folder = words[0] if line.split()[0] == "recursive-include" else ""
            patterns = [folder] if folder else words
            if patterns and all(_installs(word, tree, going) for word in patterns):
                yield Line(path, number, Kind.DATA, line)


def _rest(tree: Tree, path: str, gone: Collection[int]) -> Iterator[Tie]:
    """What names oslo.rootwrap or a file that goes, in a way that no edit is known for: it would break the build."""
    if path not in tree.data:
        return
    for number, line in _numbered(tree, path):
        said = line.partition("#")[0]
        if number not in gone and re.search(r"oslo[._-]rootwrap|rootwrap\.(?:conf|d)\b", said, re.I):
            todo = "this is not taken out by itself: take it out by hand"
            yield Tie(Kind.REQUIREMENT, Standing.BLOCKING, path, (number,), line.strip(), todo)


def without(text: str, gone: Collection[int]) -> str:
    """A text without some of its lines; the others stay as they are."""
    kept = [line for number, line in enumerate(text.split("\n"), 1) if number not in gone]
    return "\n".join(kept)
