"""Where filters are defined, and what is left of a file without some of them."""

from __future__ import annotations

import configparser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.rootwrap.lines import edited, parsed, without

TEXT = """\
# moraine-rootwrap command filters
# This file should be owned by root

[Filters]
# moraine/lvm.py: 'lvs'
lvs: EnvFilter, env, root, LC_ALL=C, lvs
vgs = CommandFilter, vgs, root

# moraine/disk.py: 'chown'
# moraine/disk.py: 'chown' again
Chown : CommandFilter, chown, root
; for chmod
chmod: RegExpFilter, chmod, root,
    chmod,
    0644, /var/lib/.*

# of nobody

kill: CommandFilter, kill, root
"""

LINES = (
    "# a comment", "; another", "", "  # indented", "[Filters]", "[else]",
    "lvs: CommandFilter, lvs, root", "LVS: CommandFilter, /opt/lvs, root", "vgs = EnvFilter, env, root, A=, vgs",
    "ploop: RegExpFilter, ploop, root,", "    more, words", "dd : CommandFilter,dd,root", "odd: NoSuchFilter, x",
)  # fmt: skip


def test_each_definition_knows_its_lines() -> None:
    found = parsed(TEXT, "x.filters").definitions
    assert [(one.name, one.start, one.end) for one in found] == [
        ("lvs", 6, 6),
        ("vgs", 7, 7),
        ("chown", 11, 11),
        ("chmod", 13, 15),
        ("kill", 19, 19),
    ]
    chmod = found[3].filter
    assert chmod is not None and chmod.args == ("chmod", "0644", "/var/lib/.*")


@pytest.mark.parametrize(
    ("gone", "lost"),
    [
        ({"vgs"}, ["vgs = CommandFilter, vgs, root\n"]),
        ({"lvs", "vgs"}, [*TEXT.splitlines(keepends=True)[4:7], "\n"]),
        ({"chown"}, TEXT.splitlines(keepends=True)[8:11]),
        ({"chmod"}, TEXT.splitlines(keepends=True)[11:15]),
        ({"kill"}, ["kill: CommandFilter, kill, root\n", "\n"]),
        (set(), []),
    ],
)
def test_a_comment_goes_with_the_last_that_it_is_about(gone: set[str], lost: list[str]) -> None:
    file = parsed(TEXT, "x.filters")
    left = without(file, [one for one in file.definitions if one.name in gone])
    before, after = TEXT.splitlines(keepends=True), left.splitlines(keepends=True)
    assert "".join(after) == left
    for line in lost:
        before.remove(line)
    assert sorted(before) == sorted(after)


def test_a_definition_is_replaced_in_its_place() -> None:
    text = TEXT.replace("\n", "\r\n")
    file = parsed(text, "x")
    new = edited(file, {file.definitions[3]: "chmod: CommandFilter, chmod, root\nmore: CommandFilter, x, root"})
    at = new.index("; for chmod\r\n")
    assert new[at:].startswith(
        "; for chmod\r\nchmod: CommandFilter, chmod, root\r\nmore: CommandFilter, x, root\r\n\r\n# of nobody"
    )
    assert new[:at] == text[:at]


@given(st.lists(st.sampled_from(LINES), max_size=14), st.sets(st.sampled_from(["lvs", "vgs", "ploop", "dd"])))
def test_all_that_rootwrap_reads_else_is_as_before(some: list[str], gone: set[str]) -> None:
    text = "[Filters]\n" + "".join(f"{line}\n" for line in some)
    real = configparser.RawConfigParser(strict=False)
    try:
        real.read_string(text)
    except configparser.Error:
        return
    file = parsed(text, "x.filters")
    kept = [one.name for one in file.filters if one.name not in gone]
    left = without(file, [one for one in file.definitions if one.name in gone and not one.overridden])
    assert [one.name for one in file.filters] == [name for name, _ in real.items("Filters") if name != "odd"]
    assert list(parsed(left, "x.filters").filters) == [one for one in file.filters if one.name in kept]
    rest = iter(text.splitlines())
    assert all(line in rest for line in left.splitlines())  # nothing new, and in the old order
    again = configparser.RawConfigParser(strict=False)
    again.read_string(left)
    wanted = [pair for pair in real.items("Filters") if pair[0] not in gone]
    assert [(name, value.rstrip("\n")) for name, value in again.items("Filters")] == [
        (name, value.rstrip("\n")) for name, value in wanted
    ]


def test_one_that_is_overridden_can_go_alone() -> None:
    file = parsed("[Filters]\n# first\nlvs: CommandFilter, a, root\nlvs: CommandFilter, b, root\n", "x")
    assert without(file, file.definitions[:1]) == "[Filters]\n# first\nlvs: CommandFilter, b, root\n"
    assert without(file, file.definitions[1:]) == "[Filters]\n"
