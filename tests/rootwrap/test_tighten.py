"""Filters made from the code: what the code asks for is admitted as before, and what it never asks for is no more."""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrator.commands.filtering import Joined, joined
from migrator.rootwrap import conf
from migrator.rootwrap.asked import can_be, forms
from migrator.rootwrap.audit import audited
from migrator.rootwrap.filters import Filter, defined
from migrator.rootwrap.join import Whose
from migrator.rootwrap.lines import FiltersFile, edited, parsed
from migrator.rootwrap.narrowed import samples
from migrator.rootwrap.programs.gain import Level
from migrator.rootwrap.tighten import Tightened, tightened
from tests.rootwrap.real import runs

SAMPLE = Path(__file__).resolve().parent.parent / "fixtures" / "projects" / "moraine"
Made = tuple[Joined, tuple[Tightened, ...], list[Filter]]


def made_of(project: Path) -> Made:
    """The project, what was tightened in it, and the filters that it would have then."""
    found = joined(argparse.Namespace(paths=[str(project)], also=[], runs=[], tests=True, config=""))
    every = conf.filters(found.files)
    some = tightened(audited(every), every, found.join)
    return found, some, [one for file in found.files for one in changed(file, some).filters]


def changed(file: FiltersFile, some: tuple[Tightened, ...]) -> FiltersFile:
    mine = [one for one in some if one.filter.path == file.path and one.definitions]
    text = edited(file, {file.definition(one.filter): "\n".join(one.definitions) for one in mine})
    return parsed(text, file.path)


@pytest.fixture(scope="module")
def moraine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("tighten") / "moraine"
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    here = Path.cwd()
    os.chdir(folder)
    yield made_of(Path())
    os.chdir(here)


def test_every_command_line_of_the_code_is_admitted_as_before(moraine: Made) -> None:
    found, _, new = moraine
    old = [one for file in found.files for one in file.filters]
    tried = 0
    for asking in found.join.asking:
        some = forms(asking.site.command.words, 64)
        for argv in itertools.chain.from_iterable(map(samples, some)) if not isinstance(some, str) else ():
            tried += 1
            assert (runs(new, argv) is None) == (runs(old, argv) is None), argv
    assert tried > 100


def test_what_no_call_asks_for_is_denied(moraine: Made) -> None:
    found, some, new = moraine
    asked = [one.site.command.words for one in found.join.asking if one.whose is not Whose.TESTS]
    denied = [argv for one in some for argv in one.denied]
    assert len(denied) > 30
    open_ended = [words for words in asked if isinstance(forms(words, 64), str)]
    for argv in denied:
        still = runs(new, argv)
        assert still is None or any(can_be(words, argv) for words in open_ended), (argv, still)


def test_it_says_what_is_gained_and_what_is_not(moraine: Made) -> None:
    _, some, _ = moraine
    levels = {one.filter.name: (one.verdict.level, one.after.level) for one in some if one.after is not None}
    assert levels["chown"] == (Level.ROOT, Level.ROOT)
    assert levels["lvs"] == (Level.ROOT, Level.BOUNDED)
    assert levels["sysctl"] == (Level.ROOT, Level.EXACT)
    kept = {one.filter.name: one.kept for one in some if one.kept}
    assert "options" in kept["mount"] and "mounts.py" in kept["mount"]
    assert kept["gzip"].startswith("no known call needs it")
    assert "already" in kept["read_secret"]


def test_a_second_run_changes_nothing(moraine: Made, tmp_path: Path) -> None:
    found, some, _ = moraine
    shutil.copytree(".", tmp_path / "again")
    for file in found.files:
        (tmp_path / "again" / file.path).write_text(changed(file, some).text)
    _, again, _ = made_of(tmp_path / "again")
    assert [one.filter.name for one in again if one.definitions] == []


def project(folder: Path, filters: str, calls: str) -> Path:
    (folder / "etc" / "lagoon").mkdir(parents=True)
    (folder / "etc" / "lagoon" / "x.filters").write_text(f"[Filters]\n{filters}\n")
    (folder / "setup.cfg").write_text("[metadata]\nname = lagoon\n")
    (folder / "lagoon").mkdir()
    (folder / "lagoon" / "__init__.py").write_text("")
    body = "".join(
        f"    processutils.execute({call}, run_as_root=True, root_helper='x')\n" for call in calls.splitlines()
    )
    text = f"from oslo_concurrency import processutils\n\n\ndef work(a, b, c, many):\n{body}"
    (folder / "lagoon" / "work.py").write_text(text)
    return folder


def lines(folder: Path) -> list[str]:
    _, some, _ = made_of(folder)
    return [line for one in some for line in one.definitions or (one.kept,)]


def test_each_class_that_takes_any_words_is_narrowed(tmp_path: Path) -> None:
    filters = "lvs: EnvFilter, env, root, LC_ALL=C, lvs\nip: IpFilter, ip, root\nx: CommandFilter, /opt/x/frob, nobody"
    calls = "'env', 'LC_ALL=C', 'lvs', a\n'ip', 'link', 'set', a, 'up'\n'frob', '--size=%d' % b"
    assert lines(project(tmp_path, filters, calls)) == [
        "lvs: RegExpFilter, env, root, env, LC_ALL=C, lvs, (?!-).*",
        "ip: RegExpFilter, ip, root, ip, link, set, (?!-).*, up",
        "x: RegExpFilter, /opt/x/frob, nobody, frob, --size=-?\\d+",
    ]


def test_env_filters_go_all_or_none(tmp_path: Path) -> None:
    """EnvFilter.match() takes `env` out of the words, for the filters behind it too."""
    filters = "lvs: EnvFilter, env, root, LC_ALL=C, lvs\nvgs: EnvFilter, env, root, LC_ALL=C, vgs"
    folder = project(tmp_path, filters, "'env', 'LC_ALL=C', 'lvs', a")
    assert lines(folder)[0] == "vgs, an EnvFilter that stays, would take `env` away from what its new filters see"
    before, after = "EnvFilter, env, root, LC_ALL=C, vgs", "RegExpFilter, env, root, env, LC_ALL=C, lvs"
    both = [one for one in (defined("a", before), defined("b", after)) if one is not None]
    assert runs(both[1:], ["env", "LC_ALL=C", "lvs"]) is not None
    assert runs(both, ["env", "LC_ALL=C", "lvs"]) is None
    (remark,) = audited(both)[1].remarks
    assert "takes `env` away" in remark


def test_what_runs_inside_of_a_chain_is_narrowed_as_well(tmp_path: Path) -> None:
    filters = "exec: IpNetnsExecFilter, ip, root\narping: CommandFilter, arping, root"
    assert lines(project(tmp_path, filters, "'ip', 'netns', 'exec', a, 'arping', '-A', b")) == [
        "it runs what others admit",
        "arping: RegExpFilter, arping, root, arping, -A, (?!-).*",
    ]


def test_new_names_do_not_take_those_that_are_there(tmp_path: Path) -> None:
    filters = "rm: CommandFilter, rm, root\nrm_2: CommandFilter, sync, root"
    found = lines(project(tmp_path, filters, "'rm', '-f', a\n'rm', '-r', '-f', a"))
    assert [line.partition(":")[0] for line in found][:2] == ["rm", "rm_3"]


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ("'rm', *many", "lagoon/work.py:5: how many words many is cannot be told"),
        ("'rm', *['-%s' % one for one in many]", "it has words for each of many"),
    ],
)
def test_a_filter_stays_where_a_command_has_no_end(tmp_path: Path, call: str, why: str) -> None:
    (found,) = lines(project(tmp_path, "rm: CommandFilter, rm, root", call))
    assert why in found
