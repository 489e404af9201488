"""oslo.privsep and pyroute2 among the requirements, in each project's own file and style."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.rewrite.pending import Pending
from migrator.rewrite.requirements import PRIVSEP, PRIVSEP_LOGGER, PYROUTE2, Requirement, require

OPENSTACK = """\
# The order of packages is significant.

pbr>=5.5.0 # Apache-2.0
oslo.concurrency>=5.0.0 # Apache-2.0
oslo.config>=8.3.2 # Apache-2.0
oslo.rootwrap>=6.2.0 # Apache-2.0
oslo.utils>=7.0.0 # Apache-2.0
"""
STATIC = '[project]\nname = "cloudy"\ndependencies = %s\n\n[project.optional-dependencies]\ndependencies = ["x"]\n'


def required(folder: Path, files: dict[str, str], *needed: Requirement) -> tuple[dict[str, str], list[str]]:
    """The files that change, and the notes; a second time nothing changes."""
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    pending = Pending(())
    notes = require(str(folder), needed or (PRIVSEP,), pending)
    new = {Path(change.path).name: change.new.decode() for change in pending.changes}
    assert all(change.old is not None for change in pending.changes)
    require(str(folder), needed or (PRIVSEP,), pending)
    assert {Path(change.path).name: change.new.decode() for change in pending.changes} == new
    return new, notes


def test_a_missing_one_stands_in_its_alphabetical_place(tmp_path: Path) -> None:
    new, notes = required(tmp_path, {"requirements.txt": OPENSTACK}, PRIVSEP, PYROUTE2)
    after = "oslo.config>=8.3.2 # Apache-2.0\n"
    expected = OPENSTACK.replace(after, after + "oslo.privsep>=1.33.2 # Apache-2.0\n")
    assert new["requirements.txt"] == expected + "pyroute2>=0.7.3 # Apache-2.0 (+ dual licensed GPL2)\n"
    assert not notes


def test_in_a_file_without_order_it_stands_behind_the_one_before_it(tmp_path: Path) -> None:
    text = "six # MIT\noslo.utils>=1 # A\noslo.config>=2 # A\nrequests # A\npsutil>=3 # B\nos-brick>=1 # A\n"
    new, _ = required(tmp_path, {"requirements.txt": text}, PRIVSEP, PYROUTE2)
    assert [line.partition(" ")[0] for line in new["requirements.txt"].splitlines()] == [
        "six",
        "oslo.utils>=1",
        "oslo.config>=2",
        "oslo.privsep>=1.33.2",
        "requests",
        "psutil>=3",
        "pyroute2>=0.7.3",
        "os-brick>=1",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "oslo.privsep>=1.33.2\n"),
        ("# nothing yet", "# nothing yet\noslo.privsep>=1.33.2\n"),
        ("pbr>=2", "pbr>=2\noslo.privsep>=1.33.2"),
        ("a\r\nz\r\n", "a\r\noslo.privsep>=1.33.2\r\nz\r\n"),
        ("pbr>=2\nsix\n", "pbr>=2\noslo.privsep>=1.33.2\nsix\n"),
        ("six\n", "oslo.privsep>=1.33.2\nsix\n"),
        ("a>=1  # MIT\nb>=2  # BSD\n", "a>=1  # MIT\nb>=2  # BSD\noslo.privsep>=1.33.2  # Apache-2.0\n"),
        ("-r base.txt\na>=1\n", "-r base.txt\na>=1\noslo.privsep>=1.33.2\n"),
    ],
)
def test_the_file_s_own_style(tmp_path: Path, text: str, expected: str) -> None:
    assert required(tmp_path, {"requirements.txt": text})[0] == {"requirements.txt": expected}


@pytest.mark.parametrize(
    ("line", "raised"),
    [
        ("oslo.privsep>=1.9.0 # Apache-2.0", "oslo.privsep>=1.33.2 # Apache-2.0"),
        ("oslo.privsep>=1.23,!=1.24 ; python_version>'2'", "oslo.privsep>=1.33.2,!=1.24 ; python_version>'2'"),
        ("oslo-privsep!=1.25,>= 1.3", "oslo-privsep!=1.25,>= 1.33.2"),
        ("oslo_privsep", "oslo_privsep>=1.33.2"),
        ("oslo.privsep # Apache-2.0", "oslo.privsep>=1.33.2 # Apache-2.0"),
        ("oslo.privsep<4", "oslo.privsep<4,>=1.33.2"),
        ("oslo.privsep==1.20", "oslo.privsep==1.33.2"),
        ("oslo.privsep>=1.33.2", None),
        ("oslo.privsep>=3.0.0 # Apache-2.0", None),
        ("oslo.privsep==3.4.0", None),
        ("oslo.privsep~=2.0", None),
    ],
)
def test_a_lower_bound_is_raised_and_a_higher_one_kept(tmp_path: Path, line: str, raised: str | None) -> None:
    new, notes = required(tmp_path, {"requirements.txt": f"a>=1\n{line}\nz\n"})
    assert new == ({} if raised is None else {"requirements.txt": f"a>=1\n{raised}\nz\n"})
    assert not notes


def test_what_is_said_another_way_is_left_to_a_person(tmp_path: Path) -> None:
    new, notes = required(tmp_path, {"requirements.txt": "oslo.privsep~=1.30\n"})
    assert not new
    assert notes == ["requirements.txt says oslo.privsep~=1.30: it should ask for oslo.privsep>=1.33.2"]


def test_every_file_that_names_it_is_raised(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "oslo.privsep>=1.9.0\n",
        "test-requirements.txt": "oslo.privsep>=1.9.0\nstestr\n",
        "lower-constraints.txt": "oslo.config==5\noslo.privsep==1.9.0\n",
    }
    new, _ = required(tmp_path, files)
    assert new == {
        "requirements.txt": "oslo.privsep>=1.33.2\n",
        "test-requirements.txt": "oslo.privsep>=1.33.2\nstestr\n",
        "lower-constraints.txt": "oslo.config==5\noslo.privsep==1.33.2\n",
    }


def test_a_new_one_goes_to_the_constraints_too(tmp_path: Path) -> None:
    files = {"requirements.txt": OPENSTACK, "lower-constraints.txt": "oslo.config==8.3.2\noslo.utils==7.0.0\n"}
    new, _ = required(tmp_path, files)
    assert new["lower-constraints.txt"] == "oslo.config==8.3.2\noslo.privsep==1.33.2\noslo.utils==7.0.0\n"


def test_a_test_requirement_is_none_of_the_code_s(tmp_path: Path) -> None:
    files = {"requirements.txt": "oslo.config>=8\n", "test-requirements.txt": "oslo.privsep>=2\n"}
    assert required(tmp_path, files)[0] == {"requirements.txt": "oslo.config>=8\noslo.privsep>=1.33.2\n"}


def test_an_extra_is_raised_where_it_is_and_told(tmp_path: Path) -> None:
    extra = "[metadata]\nname = cloudy\n\n[extras]\nvolumes =\n\tos-brick>=6.3.0 # A\n\toslo.privsep>=1.23.0 # A\n"
    new, notes = required(tmp_path, {"requirements.txt": OPENSTACK, "setup.cfg": extra})
    assert new == {"setup.cfg": extra.replace("1.23.0", "1.33.2")}
    assert notes == ["oslo.privsep is optional in setup.cfg: all that calls the privsep package needs it"]


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ("[]", '["oslo.privsep>=1.33.2"]'),
        ('["oslo.config>=8", "six"]', '["oslo.config>=8", "oslo.privsep>=1.33.2", "six"]'),
        ("['six']", "['oslo.privsep>=1.33.2', 'six']"),
        (
            '[\n    "oslo.config[x]>=8",  # A\n    "six"  # B ]\n]',
            '[\n    "oslo.config[x]>=8",  # A\n    "oslo.privsep>=1.33.2",  # Apache-2.0\n    "six"  # B ]\n]',
        ),
        ('[\n  "abc"\n]', '[\n  "abc",\n  "oslo.privsep>=1.33.2",\n]'),
        ('[\n  # "old"\n  "xyz",\n]', '[\n  # "old"\n  "oslo.privsep>=1.33.2",\n  "xyz",\n]'),
        ("[\"oslo.privsep>=1.2 ; python_version>'3'\"]", "[\"oslo.privsep>=1.33.2 ; python_version>'3'\"]"),
    ],
)
def test_a_pyproject_that_lists_dependencies(tmp_path: Path, listed: str, expected: str) -> None:
    files = {"pyproject.toml": STATIC % listed, "requirements.txt": "mkdocs\n"}
    assert required(tmp_path, files) == ({"pyproject.toml": STATIC % expected}, [])


def test_a_pyproject_that_leaves_them_to_pbr(tmp_path: Path) -> None:
    dynamic = '[project]\nname = "cloudy"\ndynamic = ["version", "dependencies"]\n'
    new, _ = required(tmp_path, {"pyproject.toml": dynamic, "requirements.txt": OPENSTACK})
    assert set(new) == {"requirements.txt"}


def test_a_setup_cfg_of_setuptools(tmp_path: Path) -> None:
    text = "[options]\npackages = find:\ninstall_requires =\n    oslo.config>=8\n    six\n\n[flake8]\nx = 1\n"
    new, _ = required(tmp_path, {"setup.cfg": text})
    assert new == {"setup.cfg": text.replace("    six\n", "    oslo.privsep>=1.33.2\n    six\n")}


def test_without_a_list_it_is_told(tmp_path: Path) -> None:
    new, notes = required(tmp_path, {"setup.cfg": "[metadata]\nname = cloudy\n"})
    assert not new
    assert notes == ["no list of requirements was found: add oslo.privsep>=1.33.2 to what the project depends on"]


def test_a_name_that_only_begins_so_is_another(tmp_path: Path) -> None:
    text = "# oslo.privsep>=1.0 would do\noslo.privsep-extras>=1\npyroute2.core>=1\n"
    new, _ = required(tmp_path, {"requirements.txt": text}, PRIVSEP_LOGGER, PYROUTE2)
    assert "oslo.privsep>=2.6.0\n" in new["requirements.txt"] and "pyroute2>=0.7.3\n" in new["requirements.txt"]
