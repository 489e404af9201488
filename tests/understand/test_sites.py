"""The scanner reports exactly the marked calls of tests/fixtures/sites, each with its kind, program and words."""

from __future__ import annotations

import ast
from collections.abc import Mapping

import pytest

from migrator.model import Scan, Site
from migrator.understand.notation import spelled
from migrator.understand.scan import scan
from tests.understand.marks import Mark, decoded, laid_out, marks, normal, shapes, split

SHAPES = shapes()
OLD_PYTHON = {"python2", "async_name"}


def differences(files: Mapping[str, bytes]) -> list[str]:
    """Scan the files and compare with their marks; one line for each Missing, Noisy or Wrong call."""
    with laid_out(files):
        result = scan(["."])
    return compare(result, [mark for path, content in files.items() for mark in marks(path, decoded(content))])


def compare(result: Scan, expected: list[Mark]) -> list[str]:
    sites: dict[tuple[str, int], list[Site]] = {}
    for site in sorted(result.sites, key=lambda site: (site.path, site.line, site.column)):
        sites.setdefault((site.path.removeprefix("./"), site.line), []).append(site)
    wanted: dict[tuple[str, int], list[Mark]] = {}
    for mark in expected:
        wanted.setdefault((mark.path, mark.line), []).append(mark)
    lines: list[str] = []
    for place in sorted(sites.keys() | wanted.keys()):
        here, there = sites.get(place, []), wanted.get(place, [])
        where = f"{place[0]}:{place[1]}"
        for mark, site in zip(there, here, strict=False):
            lines += [f"Wrong    {where} {text}" for text in _wrong(mark, site)]
        lines += [f"Missing  {where} {'/'.join(sorted(mark.kinds))} {mark.words}" for mark in there[len(here) :]]
        lines += [f"Noisy    {where} {site.kind.value} {site.callee} {_words(site)}" for site in here[len(there) :]]
    lines += [f"Unread   {entry.path}:{entry.line} {entry.reason}" for entry in result.unreadable]
    return lines


def _words(site: Site) -> list[str]:
    return [normal(word) for word in spelled(site.command.words)]


def _wrong(mark: Mark, site: Site) -> list[str]:
    found: list[str] = []
    if site.kind.value not in mark.kinds:
        found.append(f"kind {site.kind.value}, expected {'/'.join(sorted(mark.kinds))}")
    if mark.programs is not None and tuple(sorted(site.command.programs)) != mark.programs:
        found.append(f"programs {site.command.programs}, expected {mark.programs}")
    if mark.words is not None and _words(site) != [normal(word) for word in mark.words]:
        found.append(f"words {_words(site)}, expected {[normal(word) for word in mark.words]}")
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_the_marked_calls_and_no_others_are_reported(shape: str) -> None:
    found = differences(SHAPES[shape])
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_site_names_its_own_bytes(shape: str) -> None:
    """line, column, end_line and span all point at the call; the id belongs to one site."""
    files = SHAPES[shape]
    with laid_out(files):
        result = scan(["."])
    for site in result.sites:
        content = files[site.path.removeprefix("./")]
        start, end = site.span
        piece = content[start:end].decode("latin-1")
        tree = ast.parse(f"({piece})", mode="eval").body
        assert isinstance(tree, ast.Call), piece
        before = content[:start].replace(b"\r\n", b"\n")
        assert site.line == before.count(b"\n") + 1
        assert site.end_line == site.line + piece.count("\n")
        line_start = content[:start].rfind(b"\n") + 1
        encoding = "latin-1" if shape == "latin1" else "utf-8-sig"
        assert site.column == len(content[line_start:start].decode(encoding)) + 1
    identities = [site.id for site in result.sites]
    assert len(identities) == len(set(identities))


@pytest.mark.parametrize("shape", SHAPES)
def test_sites_come_sorted_and_every_file_is_counted(shape: str) -> None:
    with laid_out(SHAPES[shape]):
        result = scan(["."])
    places = [(site.path, site.line) for site in result.sites]
    assert places == sorted(places)
    assert result.files == len(SHAPES[shape])
    assert bool(result.tolerated) == (shape in OLD_PYTHON)


def test_the_order_in_which_files_are_named_does_not_matter() -> None:
    files = SHAPES["wrapper_chain"]
    with laid_out(files):
        assert scan(sorted(files)).sites == scan(sorted(files, reverse=True)).sites


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape not in OLD_PYTHON])
def test_every_mark_stands_above_a_call(shape: str) -> None:
    for path, content in SHAPES[shape].items():
        starts = {node.lineno for node in ast.walk(ast.parse(content)) if isinstance(node, ast.Call)}
        for mark in marks(path, decoded(content)):
            assert mark.line in starts, f"{path}:{mark.line}"


def test_marks_are_strict() -> None:
    with pytest.raises(ValueError, match="not a mark"):
        marks("a.py", "run()  # site: direct\n")
    with pytest.raises(ValueError, match="unknown kind"):
        marks("a.py", "# site: indirect\nrun()\n")
    with pytest.raises(ValueError, match="no line below"):
        marks("a.py", "# site: direct\n")


def test_spelled_words_are_split_outside_braces() -> None:
    assert split("a {b['c d']} *{[x] if y} '%U %G' ''") == ["a", "{b['c d']}", "*{[x] if y}", "%U %G", ""]
    assert normal("{'a' if up else 'b'}") == normal('*{["a"] if up else ["b"]}')
    assert normal("{a[ 'b' ]}") == '{a["b"]}' or normal("{a[ 'b' ]}") == "{a['b']}"
    assert normal("*{[x] if y}") != normal("*{[x] if z}")
