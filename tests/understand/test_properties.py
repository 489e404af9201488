"""Scanning never crashes, and sites keep their ids through changes that mean nothing."""

from __future__ import annotations

import multiprocessing
import resource
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.model import Scan
from migrator.understand.scan import scan
from tests.understand import mutations
from tests.understand.extremes import CALL, EXTREMES
from tests.understand.marks import decoded, laid_out, shapes

OLD_PYTHON = {"python2", "async_name"}
SHAPES = shapes()
SAMPLE = Path(__file__).parent.parent / "fixtures" / "projects"
PLAIN = "import utils\nutils.execute('sync', run_as_root=True)\n"

# file name -> text, of every shape that a formatter can read and that is one text after decoding
TEXTS = {
    f"{shape}/{path}": decoded(content).replace("\r\n", "\n")
    for shape, files in SHAPES.items()
    for path, content in files.items()
    if shape not in OLD_PYTHON | {"latin1"} and content.strip()
}
ALL_TEXTS = [decoded(content) for files in SHAPES.values() for content in files.values()]
CALLING = sorted(name for name, text in TEXTS.items() if "# site:" in text)


def sample_files() -> dict[str, bytes]:
    """The Python files of the sample projects, without their tests."""
    return {
        str(path.relative_to(SAMPLE)): path.read_bytes()
        for path in sorted(SAMPLE.rglob("*.py"))
        if not {"tests", "test"} & set(path.relative_to(SAMPLE).parts)
    }


def scanned(files: Mapping[str, bytes]) -> Scan:
    """Scan the files and hold the result against what is true of every scan."""
    with laid_out(files):
        result = scan(["."])
    for site in result.sites:
        content = files[site.path.removeprefix("./")]
        assert 0 <= site.span[0] < site.span[1] <= len(content)
        assert 1 <= site.line <= site.end_line
    return result


def ids(files: Mapping[str, bytes]) -> list[str]:
    result = scanned(files)
    assert not result.unreadable
    return sorted(site.id for site in result.sites)


def neighbours(name: str, text: str) -> dict[str, bytes]:
    """The files of the shape that a text is from, with this text in its place."""
    shape, _, path = name.partition("/")
    return {**SHAPES[shape], path: text.encode()}


@given(mutations.broken(ALL_TEXTS))
def test_broken_source_is_read_or_reported(text: str) -> None:
    result = scanned({"broken.py": text.encode("utf-8", "surrogatepass"), "good.py": PLAIN.encode()})
    assert [site.path.removeprefix("./") for site in result.sites].count("good.py") == 1
    assert {entry.path.removeprefix("./") for entry in result.unreadable} <= {"broken.py"}


@given(st.sampled_from(CALLING), st.data())
def test_a_broken_file_does_not_harm_its_package(name: str, data: st.DataObject) -> None:
    scanned(neighbours(name, data.draw(mutations.broken([TEXTS[name]]))))


@given(st.binary(max_size=300), st.sampled_from([b"", b"run_as_root=True\n", b"# coding: utf-16\nrun_as_root\n"]))
def test_any_bytes_are_read_or_reported(content: bytes, before: bytes) -> None:
    scanned({"odd.py": before + content, "good.py": PLAIN.encode()})


@given(st.text(alphabet="()[]{}:,=*.'\"\\ \n\tabx01#@%+-", max_size=120))
def test_any_text_after_a_call_is_read_or_reported(text: str) -> None:
    scanned({"odd.py": (PLAIN + text).encode()})


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "latin-1", "cp1252", "koi8-r", "utf-16", "utf-32", "no-such-codec", "rot13", "hex"],
)
def test_a_coding_cookie_never_hides_a_file(encoding: str) -> None:
    """A file is read by its cookie or reported; what cannot be decoded never looks clean."""
    text = f"# -*- coding: {encoding} -*-\n{PLAIN}"
    content = text.encode(encoding) if encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32") else text.encode()
    result = scanned({"odd.py": content})
    assert len(result.sites) + len(result.unreadable) == 1


@pytest.mark.parametrize("text", EXTREMES.values(), ids=EXTREMES)
def test_extreme_source_is_read_or_reported(text: str) -> None:
    """In a process of its own with a bounded heap and CPU, so that what grows without end fails and does not hang."""
    child = multiprocessing.get_context("fork").Process(target=_bounded, args=(text,))
    child.start()
    child.join()
    assert child.exitcode == 0


def _bounded(text: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
    result = scanned({"extreme.py": text.encode(), "good.py": PLAIN.encode()})
    assert any(site.path.endswith("good.py") for site in result.sites)


@given(
    st.sampled_from(CALLING),
    st.lists(st.integers(0, 10_000), max_size=12),
    st.lists(st.sampled_from(["", "# kept apart", f"# {CALL}", "    # TODO: later", '# """']), max_size=12),
)
def test_comments_and_blank_lines_do_not_matter(name: str, places: list[int], added: list[str]) -> None:
    changed = mutations.with_comments(TEXTS[name], places, added)
    assert ids(neighbours(name, changed)) == ids(neighbours(name, TEXTS[name]))


@pytest.mark.parametrize("name", CALLING)
def test_black_does_not_matter(name: str) -> None:
    wide, narrow = (mutations.black_formatted(TEXTS[name], width) for width in (140, 40))
    before = ids(neighbours(name, TEXTS[name]))
    assert ids(neighbours(name, wide)) == before
    assert ids(neighbours(name, narrow)) == before


@pytest.mark.parametrize("width", [50, 130])
def test_ruff_format_does_not_matter(width: int) -> None:
    """Whole shapes, so that wrappers and their callers are formatted together."""
    plain = [shape for shape in SHAPES if shape not in OLD_PYTHON | {"latin1"}]
    formatted = mutations.ruff_formatted(
        {f"{shape}/{path}": content for shape in plain for path, content in SHAPES[shape].items()}, width
    )
    for shape in plain:
        changed = {path: formatted[f"{shape}/{path}"] for path in SHAPES[shape]}
        assert ids(changed) == ids(SHAPES[shape]), shape


def test_formatting_the_sample_projects_does_not_matter() -> None:
    files = sample_files()
    before = ids(files)
    assert before
    formatted = {
        path: mutations.black_formatted(content.decode(), 100).encode() if content.strip() else content
        for path, content in files.items()
    }
    assert ids(formatted) == before


LOCALS = [(name, place, local) for name in CALLING for place, local in mutations.renameable(TEXTS[name])]


@given(st.sampled_from(LOCALS), st.sampled_from(["renamed", "x", "_value", "größe", "execute_later"]))
def test_the_name_of_a_local_does_not_matter(choice: tuple[str, tuple[int, str], str], new: str) -> None:
    name, function, local = choice
    changed = mutations.renamed(TEXTS[name], function, local, new)
    assert ids(neighbours(name, changed)) == ids(neighbours(name, TEXTS[name]))


def test_there_are_locals_to_rename() -> None:
    assert len(LOCALS) > 40


def test_moving_a_function_within_its_file_does_not_matter() -> None:
    text = TEXTS["argv_lists/argv_lists.py"]
    head, *functions = text.split("\n\n\ndef ")
    moved = "\n\n\ndef ".join([head, *reversed(functions)]) + "\n"
    # the class between the functions moves with the function above it
    assert ids({"argv_lists.py": moved.encode()}) == ids({"argv_lists.py": text.encode()})


def test_a_twin_in_the_same_function_has_its_own_id() -> None:
    one = "def f(path):\n    utils.execute('rm', path, run_as_root=True)\n"
    two = one + "    utils.execute('rm', path, run_as_root=True)\n"
    first, second = ids({"a.py": one.encode()}), ids({"a.py": two.encode()})
    assert len(set(second)) == 2
    assert set(first) < set(second)
