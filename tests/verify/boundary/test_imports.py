"""PRV251 and PRV252: the modules of a privsep package, each imported first by a real interpreter."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from migrator.fault import Fault
from tests.verify.boundary.project import judged, written

ENTRY = """\
import lagoon.privsep


@lagoon.privsep.default.entrypoint
def touch(path):
    print(path)
"""
WORK = "import lagoon.privsep.path\n\n\ndef work(name):\n    lagoon.privsep.path.touch(name)\n"


def test_what_imports_is_told_as_imported(tmp_path: Path) -> None:
    boundary = judged(written(tmp_path, {"privsep/path.py": ENTRY, "work.py": WORK}), python=sys.executable)
    assert boundary.findings == ()
    assert boundary.unverifiable == ()
    assert boundary.packages == ("lagoon.privsep",)
    assert boundary.imported == ("lagoon.privsep", "lagoon.privsep.path")


def test_a_circle_that_only_shows_when_the_privsep_module_comes_first(tmp_path: Path) -> None:
    files = {
        "privsep/path.py": "from lagoon import work\n" + ENTRY + "\n\n@lagoon.privsep.default.entrypoint\n"
        "def other(path):\n    work.work(path)\n",
        "work.py": "from lagoon.privsep.path import other\nfrom lagoon.privsep.path import touch\n\n\n"
        "def work(name):\n    touch(name)\n    other(name)\n",
    }
    for python in ("", sys.executable):  # read, and really imported
        boundary = judged(written(tmp_path / (python and "real"), files), python=python)
        assert {one.code for one in boundary.findings} == {"PRV252"}, boundary.findings
    assert "lagoon.privsep.path" not in boundary.imported
    good = {
        **files,
        "work.py": "import lagoon.privsep.path\n\n\ndef work(name):\n"
        "    lagoon.privsep.path.touch(name)\n    lagoon.privsep.path.other(name)\n",
    }
    boundary = judged(written(tmp_path / "good", good), python=sys.executable)
    assert boundary.findings == ()
    assert boundary.imported == ("lagoon.privsep", "lagoon.privsep.path")


@pytest.mark.parametrize("around", ["try:\n    {}\nexcept ImportError:\n    other = None\n", "if False:\n    {}\n"])
def test_a_circle_that_need_not_fail_is_none(around: str, tmp_path: Path) -> None:
    files = {
        "privsep/path.py": "import lagoon.work\n" + ENTRY,
        "work.py": around.format("from lagoon.privsep.path import touch") + "\n\nimport lagoon.privsep.path\n\n\n"
        "def work(name):\n    lagoon.privsep.path.touch(name)\n",
    }
    for python in ("", sys.executable):
        boundary = judged(written(tmp_path / (python and "real"), files), python=python)
        assert "PRV252" not in [one.code for one in boundary.findings], boundary.findings


def test_a_missing_library_is_neither_passed_nor_the_projects_fault(tmp_path: Path) -> None:
    files = {"privsep/path.py": "import no_such_library.deep\n\n" + ENTRY, "work.py": WORK}
    boundary = judged(written(tmp_path, files), python=sys.executable)
    assert boundary.findings == ()
    assert boundary.imported == ("lagoon.privsep",)
    (one,) = boundary.unverifiable
    assert one.subject == "lagoon.privsep.path"
    assert "no_such_library" in one.reason


def test_a_parent_that_needs_a_missing_library_is_left_out_and_that_is_said(tmp_path: Path) -> None:
    files = {"__init__.py": "import no_such_library\n", "privsep/path.py": ENTRY, "work.py": WORK}
    boundary = judged(written(tmp_path, files), python=sys.executable)
    assert boundary.findings == ()
    assert boundary.imported == ("lagoon.privsep", "lagoon.privsep.path")
    assert [(one.subject, "no_such_library" in one.reason) for one in boundary.unverifiable] == [("lagoon", True)]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("import lagoon.gone\n", "lagoon.gone"),
        ("1 / 0\n", "ZeroDivisionError"),
        ("raise SystemExit(3)\n", "SystemExit"),
    ],
)
def test_a_module_that_fails_is_a_fault_at_its_place(broken: str, said: str, tmp_path: Path) -> None:
    files = {
        "privsep/path.py": broken + "\n" + ENTRY,
        "work.py": WORK,
        "privsep/other.py": ENTRY.replace("touch", "_x"),
    }
    boundary = judged(written(tmp_path, files), python=sys.executable)
    found = [one for one in boundary.findings if one.code == "PRV251"]
    assert [one.path.rpartition("/")[2] for one in found] == ["path.py"], boundary
    assert said in found[0].text
    assert "lagoon.privsep.other" in boundary.imported
    assert "lagoon.privsep.path" not in boundary.imported


def test_a_module_that_ends_the_interpreter_is_not_passed(tmp_path: Path) -> None:
    files = {"privsep/path.py": "import os\nos.kill(os.getpid(), 9)\n" + ENTRY, "work.py": WORK}
    boundary = judged(written(tmp_path, files), python=sys.executable)
    assert boundary.imported == ("lagoon.privsep",)
    (one,) = boundary.unverifiable
    assert (one.subject, one.reason) == ("lagoon.privsep.path", "the import ends the interpreter")


def test_an_installed_library_of_the_same_name_is_not_taken_for_the_project(tmp_path: Path) -> None:
    """The tree that was named is imported, not what the interpreter has: `migrator` is installed in it."""
    top = written(tmp_path, {"privsep/path.py": ENTRY.replace("lagoon", "migrator")})
    (top / "privsep" / "path.py").write_text(ENTRY.replace("lagoon", "migrator"))
    renamed = top.rename(tmp_path / "migrator")
    assert judged(renamed, python=sys.executable).imported == ("migrator.privsep", "migrator.privsep.path")


def test_output_and_files_of_the_modules_do_not_get_in_the_way(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    noisy = "import os\nimport sys\nprint('{\"module\": 1}')\nos.write(1, b'x')\nsys.stderr.write('y')\n\n" + ENTRY
    boundary = judged(written(tmp_path, {"privsep/path.py": noisy, "work.py": WORK}), python=sys.executable)
    assert boundary.imported == ("lagoon.privsep", "lagoon.privsep.path")
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.rglob("__pycache__"))


def test_an_interpreter_that_is_none_is_told_in_one_line(tmp_path: Path) -> None:
    top = written(tmp_path, {"privsep/path.py": ENTRY})
    for python in (str(tmp_path / "gone"), "/bin/false", str(tmp_path)):
        with pytest.raises(Fault) as caught:
            judged(top, python=python)
        assert str(caught.value).startswith(python)
        assert "\n" not in str(caught.value)


def test_a_library_is_not_imported_anew_for_each_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / "library"
    library.mkdir()
    (library / "slow_to_import.py").write_text(
        "with open('/tmp/imported', 'a+') as file:\n"  # in the house, which is new for each check
        "    file.write('x')\n"
        "    if file.tell() > 3:\n"
        "        raise RuntimeError('imported once more')\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(library))
    files = {f"privsep/m{number}.py": "import slow_to_import\n" + ENTRY for number in range(12)}
    boundary = judged(written(tmp_path, files), python=sys.executable)
    assert len(boundary.imported) == 13


def test_what_an_import_does_stays_in_the_house(tmp_path: Path) -> None:
    log = tmp_path / "log"
    text = f"try:\n    open({str(log)!r}, 'w').close()\nexcept OSError:\n    pass\n"
    boundary = judged(written(tmp_path, {"privsep/path.py": text + ENTRY}), python=sys.executable)
    assert len(boundary.imported) == 2
    assert not log.exists()


def test_a_library_that_imports_the_project_does_not_hide_a_circle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = tmp_path / "library"
    library.mkdir()
    (library / "imports_back.py").write_text("import lagoon.work\n")
    monkeypatch.setenv("PYTHONPATH", str(library))
    files = {
        "privsep/a.py": "import imports_back\n",
        "privsep/path.py": "from lagoon import work\n" + ENTRY,
        "work.py": "from lagoon.privsep.path import touch\n\n\ndef work(name):\n    touch(name)\n",
    }
    boundary = judged(written(tmp_path, files), python=sys.executable)
    assert "PRV252" in [one.code for one in boundary.findings]
    assert "lagoon.privsep.path" not in boundary.imported
