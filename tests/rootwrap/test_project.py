"""The filters of a project: where they are found, and what a file has to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.fault import Fault
from migrator.rootwrap.project import files, filters_of

SAMPLE = Path(__file__).resolve().parent.parent / "fixtures" / "projects" / "moraine"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_sample_projects_filters() -> None:
    found = filters_of(str(SAMPLE))
    assert [Path(path).name for path in files(str(SAMPLE))] == ["host.filters", "network.filters", "volume.filters"]
    by_name = {each.name: each for each in found}
    assert by_name["kill_dnsmasq"].executable == "/bin/kill"
    assert by_name["kill_dnsmasq"].args == ("dnsmasq", "-15", "-9", "-HUP")
    assert by_name["lvs"].executable == "lvs" and by_name["lvs"].variables == {"LC_ALL"}
    assert by_name["read_secret"].args == ("/etc/moraine/secrets",)


def test_any_layout_below_etc_and_what_rootwrap_conf_names(tmp_path: Path) -> None:
    write(tmp_path / "etc" / "cloud" / "rootwrap" / "one.filters", "[Filters]\nlvs: CommandFilter, lvs, root\n")
    write(tmp_path / "etc" / "rootwrap.conf", "[DEFAULT]\nfilters_path=/etc/cloud/d,/usr/share/cloud\n")
    write(tmp_path / "etc" / "cloud" / "d" / "two", "[Filters]\nvgs: CommandFilter, vgs, root\n")
    write(tmp_path / "etc" / "cloud" / "d" / ".hidden", "no filters")
    write(tmp_path / "doc" / "three.filters", "[Filters]\npvs: CommandFilter, pvs, root\n")
    assert [each.name for each in filters_of(str(tmp_path))] == ["vgs", "lvs"]


def test_of_two_with_one_name_the_last_counts(tmp_path: Path) -> None:
    """nova 15 has two filters named ploop in one file, and rootwrap admits what the second says only."""
    text = "[Filters]\nploop: RegExpFilter, ploop, root, ploop, a\nploop: RegExpFilter, ploop, root, ploop, b\n"
    write(tmp_path / "etc" / "x.filters", text)
    assert [each.args for each in filters_of(str(tmp_path))] == [("ploop", "b")]


@pytest.mark.parametrize("text", ["", "[Filters]\nhelper: CommandFilter, privsep-helper, root\n", "[else]\na=b\n"])
def test_a_library_that_only_starts_its_daemon_has_none(tmp_path: Path, text: str) -> None:
    write(tmp_path / "etc" / "x.filters", text)
    assert filters_of(str(tmp_path)) == ()
    assert filters_of(str(tmp_path / "nowhere")) == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[Filters]\nlvs: CommandFilter, lvs\n", "lvs: CommandFilter takes a program and a user"),
        ("[Filters]\nk: KillFilter, root\n", "k: KillFilter takes a user and a program"),
        ("[Filters]\nr: ReadFileFilter\n", "r: ReadFileFilter takes a path"),
        ("lvs: CommandFilter, lvs, root\n[Filters]\n", "rootwrap cannot read this file"),
    ],
)
def test_a_file_that_rootwrap_cannot_load_is_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "etc" / "x.filters"
    write(path, text)
    with pytest.raises(Fault, match=told) as caught:
        filters_of(str(tmp_path))
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
