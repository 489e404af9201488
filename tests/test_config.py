"""Configuration: the nearest file that has a section of ours, and one clear line for what is wrong in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.config import configuration
from migrator.fault import Fault


def test_none_is_the_default(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    found = configuration(str(tmp_path))
    assert (found.source, found.exclude, found.executors, found.rules, found.index, found.baseline) == (
        "", [], [], [], True, "",
    )  # fmt: skip


def test_toml_and_ini_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.privmigrate]\nexclude = ["old", "a/b*"]\nexecutors = ["x.y"]\nrules = ["tools/rules", "/abs"]\n'
        'index = false\nbaseline = "etc/known.txt"\nunprivileged = ["a.privsep.fs.mkfs", "a.privsep.net.*"]\n'
        'allow_requirements = ["pyroute2"]\n'
    )
    ini = "[tox]\nx = {posargs} %(nothing)s\n[privmigrate]\nexclude =\n  old\n  a/b*\nexecutors = x.y\n"
    ini += "rules = tools/rules, /abs\nindex = no\nbaseline = etc/known.txt\n"
    ini += "unprivileged =\n  a.privsep.fs.mkfs\n  a.privsep.net.*\nallow_requirements = pyroute2\n"
    expected = {
        "exclude": ["old", f"{tmp_path}/a/b*"],
        "executors": ["x.y"],
        "rules": [f"{tmp_path}/tools/rules", "/abs"],
        "index": False,
        "baseline": f"{tmp_path}/etc/known.txt",
        "unprivileged": ["a.privsep.fs.mkfs", "a.privsep.net.*"],
        "allow_requirements": ["pyroute2"],
    }
    for name in ("setup.cfg", "tox.ini"):
        (tmp_path / name).write_text(ini)
    for name in ("pyproject.toml", "setup.cfg", "tox.ini"):
        found = configuration("nowhere", named=str(tmp_path / name))
        assert {key: getattr(found, key) for key in expected} == expected


def test_the_nearest_folder_wins_and_the_repository_ends_the_search(tmp_path: Path) -> None:
    project = tmp_path / "repo" / "service"
    project.mkdir(parents=True)
    (tmp_path / "repo" / ".git").mkdir()
    (tmp_path / "pyproject.toml").write_text("[tool.privmigrate]\nindex = false\n")
    assert configuration(str(project)).index is True
    (tmp_path / "repo" / "tox.ini").write_text("[privmigrate]\nbaseline = far\n")
    assert configuration(str(project)).baseline.endswith("repo/far")
    (project / "setup.cfg").write_text("[privmigrate]\nbaseline = near\n")
    assert configuration(str(project / "a.py")).baseline.endswith("repo/service/near")


def test_a_file_without_our_section_is_passed_over_even_when_broken(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["privmigrate"]\n')
    (tmp_path / "setup.cfg").write_text("no section\n# privmigrate\n")
    (tmp_path / "tox.ini").write_text("[privmigrate]\nindex = false\n")
    assert configuration(str(tmp_path)).source.endswith("tox.ini")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "pyproject.toml",
            "[tool.privmigrate]\nexclud = []\n",
            "unknown key 'exclud' for privmigrate, did you mean 'exclude'?",
        ),
        (
            "pyproject.toml",
            "[tool.privmigrate]\nxyzzy = 1\n",
            "unknown key 'xyzzy' for privmigrate; known are paths,",
        ),
        ("pyproject.toml", "[tool.privmigrate]\nexclude = 'a'\n", "exclude must be a list of texts"),
        ("pyproject.toml", "[tool.privmigrate]\nrules = [1]\n", "rules must be a list of texts"),
        ("pyproject.toml", "[tool.privmigrate]\nindex = 'no'\n", "index must be true or false; it is 'no'"),
        ("pyproject.toml", "[tool.privmigrate]\nbaseline = 3\n", "baseline must be a path; it is 3"),
        ("pyproject.toml", "[tool.privmigrate\n", "not valid TOML: "),
        ("pyproject.toml", "[tool]\nprivmigrate = 3\n", "tool.privmigrate is not a table"),
        ("setup.cfg", "[privmigrate]\nindexes = no\n", "unknown key 'indexes' for privmigrate, did you mean 'index'?"),
        ("setup.cfg", "[privmigrate]\nindex = perhaps\n", "index must be true or false; it is 'perhaps'"),
        ("setup.cfg", "[privmigrate]\nbaseline =\n", "baseline must be a path; it is ''"),
        ("tox.ini", "[privmigrate]\nwithout a value\n", "not a valid ini file: "),
    ],
)
def test_what_is_wrong_is_said_with_the_file(name: str, text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(Fault) as caught:
        configuration(str(tmp_path))
    assert str(caught.value).startswith(f"{tmp_path / name}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_named_file_must_be_there_and_be_ours(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="no such file"):
        configuration(".", named=str(tmp_path / "gone.toml"))
    (tmp_path / "other.cfg").write_text("[metadata]\n")
    with pytest.raises(Fault, match="section"):
        configuration(".", named=str(tmp_path / "other.cfg"))


def test_rules_found_in_a_tree_that_is_merely_scanned_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = tmp_path / "theirs"
    (theirs / "deep").mkdir(parents=True)
    (theirs / "pyproject.toml").write_text('[tool.privmigrate]\nrules = ["r"]\n')
    monkeypatch.chdir(tmp_path)
    found = configuration("theirs/deep", rules=["mine"])
    assert found.rules == [str(tmp_path / "mine")]
    assert found.notes == [
        f"{theirs / 'pyproject.toml'}: its rules are left out; run from that folder, or use --config or --rules"
    ]
    assert configuration("theirs", named=str(theirs / "pyproject.toml")).rules == [str(theirs / "r")]
    monkeypatch.chdir(theirs / "deep")
    assert configuration(".").rules == [str(theirs / "r")]


@pytest.mark.parametrize(
    "text",
    [
        '[tool.privmigrate]\nbaseline = "b"\n',
        '[ tool . "privmigrate" ]\nbaseline = "b"\n',
        '[tool]\nprivmigrate.baseline = "b"\n',
        '[tool]\n[tool.other]\nx = 1\n[tool.privmigrate]\nbaseline = "b"\n',
        'tool = { privmigrate = { baseline = "b" } }\n',
        'tool = { other = {}, privmigrate = { baseline = "b" } }\n',
        'tool.privmigrate.baseline = "b"\n',
        '[project]\nname = "privmigrate-user"\n[tool.privmigrate]\nbaseline = "b"\n',
    ],
)
def test_every_spelling_of_the_table_is_seen(text: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert configuration(str(tmp_path)).baseline == str(tmp_path / "b")


def test_a_requirement_is_no_configuration(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["privmigrate"]\n[broken\n')
    assert configuration(str(tmp_path)).source == ""
