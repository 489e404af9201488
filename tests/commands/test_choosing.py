"""--only and --skip name calls by rule, program, path, glob and line; what names none is a fault."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from migrator.commands.choosing import chosen, companions
from migrator.decide.plan import plan
from migrator.fault import Fault
from migrator.model import Outcome
from tests.decide.calls import site
from tests.shipped import rulebook

BOOK = rulebook()


def outcome(name: str, path: str, line: int, call: str) -> Outcome:
    made = plan(site(call), BOOK)
    return replace(made, site=replace(made.site, id=name, path=path, line=line, end_line=line + 1))


OUTCOMES = (
    outcome("own", "nova/utils.py", 10, "execute('chown', owner, path, run_as_root=True)"),
    outcome("tree", "nova/virt/disk.py", 20, "execute('chown', '-R', owner, path, run_as_root=True)"),
    outcome("verbose", "nova/virt/disk.py", 30, "execute('chown', '-v', owner, path, run_as_root=True)"),
    outcome("script", "nova/virt/libvirt/net.py", 40, "execute('/usr/lib/udev/scsi_id', path, run_as_root=True)"),
    outcome("mode", "chmod/tool.py", 50, "execute('chmod', mode, path, run_as_root=True)"),
)


def names(only: tuple[str, ...] = (), skip: tuple[str, ...] = ()) -> list[str]:
    inside, outside = chosen(OUTCOMES, only, skip)
    assert sorted(one.site.id for one in (*inside, *outside)) == sorted(one.site.id for one in OUTCOMES)
    return [one.site.id for one in inside]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("chown.chown", ["own"]),
        ("chown", ["own", "tree", "verbose"]),
        ("scsi_id", ["script"]),
        ("/usr/lib/udev/scsi_id", ["script"]),
        ("nova/virt", ["tree", "verbose", "script"]),
        ("nova/virt/", ["tree", "verbose", "script"]),
        ("./nova/virt/disk.py", ["tree", "verbose"]),
        ("nova/virt/*", ["tree", "verbose", "script"]),
        ("*/disk.py", ["tree", "verbose"]),
        ("nova/virt/disk.py:21", ["tree"]),
        ("nova/virt/disk.py:30:5", ["verbose"]),
        ("nova", ["own", "tree", "verbose", "script"]),
        (".", ["own", "tree", "verbose", "script", "mode"]),
        ("chmod", ["mode"]),
    ],
)
def test_a_word_names_calls(word: str, expected: list[str]) -> None:
    assert names(only=(word,)) == expected
    assert names(skip=(word,)) == [one.site.id for one in OUTCOMES if one.site.id not in expected]


def test_an_absolute_path_is_the_same_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert names(only=(os.path.join(os.getcwd(), "nova/utils.py"),)) == ["own"]


def test_calls_that_can_only_move_together_are_chosen_together() -> None:
    """The call inside a wrapper takes its callers along, and each of them the wrapper's and the others."""
    inside, caller, other = OUTCOMES[0], OUTCOMES[1], OUTCOMES[4]
    wrapper = replace(inside, site=replace(inside.site, takes_argv=True))
    some = (wrapper, replace(caller, function=inside.function), other)
    assert companions(some) == {"own": some[:2], "tree": some[:2]}
    assert companions(OUTCOMES) == {}
    for word in ("nova/utils.py:10", "nova/virt"):
        assert chosen(some, [word], []) == (list(some[:2]), [other])
        assert chosen(some, [], [word]) == ([other], list(some[:2]))


def test_several_words_add_up_and_skip_wins() -> None:
    assert names(only=("chmod", "nova/virt"), skip=("chown.chown_recursive",)) == ["verbose", "script", "mode"]


def test_a_program_comes_before_a_folder_of_its_name() -> None:
    """`chmod` is a program here and a folder; the folder is still to be had."""
    assert names(only=("chmod/",)) == ["mode"]
    assert names(only=("chmod",), skip=("chmod/tool.py",)) == []


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("chwon", "no root call has this rule, program or path, did you mean chown?"),
        ("chown.chowm", "did you mean chown.chown?"),
        ("nova/vrt/*", "no root call in a file of that path or glob"),
        ("utils.py", "no root call in a file of that path or glob"),
        ("nova/virt/disk.py:25", "no root call on that line; the file has some on line 20, 30"),
        ("nova/gone.py:25", "no root call in that file"),
        ("", "no root call has this rule, program or path"),
    ],
)
@pytest.mark.parametrize("option", ["only", "skip"])
def test_a_word_that_names_nothing_is_a_fault(option: str, word: str, said: str) -> None:
    with pytest.raises(Fault) as caught:
        names(**{option: (word,)})
    assert str(caught.value).startswith(f"--{option} ") and said in str(caught.value)
