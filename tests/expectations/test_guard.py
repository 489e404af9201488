"""The guard that a rewrite puts into a project's base TestCase."""

from __future__ import annotations

import ast
import contextlib
import io
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from migrator.cli import main
from migrator.expectations import guard
from migrator.rewrite.pending import Pending
from migrator.rewrite.target import describe
from tests.expectations import cloud

TEST = """\
    from unittest import mock

    from cloudy import disks
    from cloudy.tests import base


    class DisksTestCase(base.TestCase):
        def test_a_native_function(self):
            disks.own(7, '/a')

        def test_a_command(self):
            disks.spin('/a')

        @mock.patch('cloudy.privsep.sys_admin_pctxt.client_mode', False)
        def test_a_command_here(self):
            disks.spin('/a')

        @mock.patch('oslo_concurrency.processutils.execute')
        @mock.patch('cloudy.privsep.sys_admin_pctxt.client_mode', False)
        def test_a_mocked_command_here(self, execute):
            disks.spin('/a')
            execute.assert_called_once()

        @mock.patch('cloudy.privsep.path.chown')
        def test_a_mocked_function(self, chown):
            disks.own(7, '/a')
            chown.assert_called_once_with('7', '/a')
    """

PLAIN = """\
    import unittest


    # What all tests need.
    class TestCase(unittest.TestCase):
        pass
    """

SET_UP = """\
    import unittest


    class TestCase(unittest.TestCase):
        def setUp(self):
            super(TestCase, self).setUp()
            self.ready = True
    """

LIBRARY = """\
    import fixtures
    import testtools


    class TestCase(testtools.TestCase):
        def setUp(self):
            '''Get ready.'''
            super().setUp()
            self.useFixture(fixtures.TempDir())
    """

OWN_FIXTURES = """\
    import testtools

    from cloudy.tests import fixtures as cloudy_fixtures


    class TestCase(testtools.TestCase):
        def setUp(self):
            super().setUp()
    """


def rewritten(home: Path, files: dict[str, str], monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    """Rewrite the project with these files below its tests; what was said."""
    cloud.written(home, {f"../{name}": text for name, text in files.items()})
    monkeypatch.chdir(home)
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        assert main(["rewrite", "--apply", "--allow-dirty", *words, "cloudy"]) == 0
    return said.getvalue()


@pytest.mark.parametrize("base", [PLAIN, SET_UP], ids=["no setUp", "setUp"])
def test_what_is_not_mocked_fails_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, base: str) -> None:
    """The real thing: no daemon is started, and no command is run."""
    rewritten(tmp_path, {"base.py": base, "test_disks.py": TEST}, monkeypatch)
    words = [sys.executable, "-m", "unittest", "cloudy.tests.test_disks"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Ran 5 tests" in done.stderr and "FAILED (failures=3)" in done.stderr, done.stderr
    assert "cloudy.privsep.path.chown() is not mocked: a test starts no privsep daemon" in done.stderr
    assert "a privileged function runs hdparm, and nothing stands for processutils.execute()" in done.stderr


def test_it_stands_above_the_class_and_is_started_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = rewritten(tmp_path, {"base.py": PLAIN, "test_disks.py": TEST}, monkeypatch)
    text = (tmp_path / "cloudy/tests/base.py").read_text()
    assert "# What all tests need.\nclass TestCase(" in text
    assert text.index("def no_privsep_helper(") < text.index("# What all tests need.")
    assert text.endswith("    def setUp(self):\n        super().setUp()\n        no_privsep_helper(self)\n")
    assert "of them changed with the calls" in said


def test_a_library_s_fixture_where_the_project_uses_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rewritten(tmp_path, {"base.py": LIBRARY, "test_disks.py": TEST}, monkeypatch)
    text = (tmp_path / "cloudy/tests/base.py").read_text()
    assert "class PrivsepNoHelperFixture(fixtures.Fixture):" in text
    before = "        super().setUp()\n        self.useFixture(PrivsepNoHelperFixture())\n"
    assert before + "        self.useFixture(fixtures.TempDir())\n" in text
    assert "no_privsep_helper" not in text


def test_a_module_of_fixtures_takes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"base.py": OWN_FIXTURES, "fixtures.py": "import fixtures\n", "test_disks.py": TEST}
    rewritten(tmp_path, files, monkeypatch)
    text = (tmp_path / "cloudy/tests/base.py").read_text()
    assert text == textwrap.dedent(OWN_FIXTURES) + "        self.useFixture(cloudy_fixtures.PrivsepNoHelperFixture())\n"
    fixtures = ast.parse((tmp_path / "cloudy/tests/fixtures.py").read_text())
    assert [node.name for node in fixtures.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))] == [
        "PrivsepNoHelperChannel",
        "run_if_mocked",
        "PrivsepNoHelperFixture",
    ]


OWN_GUARD = """\
    import fixtures


    class NoHelper(fixtures.Fixture):
        def setUp(self):
            super().setUp()
            self.useFixture(fixtures.MonkeyPatch('oslo_privsep.daemon.RootwrapClientChannel', None))
    """


def test_a_guard_of_the_project_s_own_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"base.py": OWN_FIXTURES, "fixtures.py": OWN_GUARD, "test_disks.py": TEST}
    rewritten(tmp_path, files, monkeypatch)
    assert (tmp_path / "cloudy/tests/base.py").read_text() == textwrap.dedent(OWN_FIXTURES)
    assert (tmp_path / "cloudy/tests/fixtures.py").read_text() == textwrap.dedent(OWN_GUARD)


def test_a_second_run_and_no_tests_add_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"base.py": SET_UP, "test_disks.py": TEST}
    rewritten(tmp_path, files, monkeypatch, "--no-tests")
    assert (tmp_path / "cloudy/tests/base.py").read_text() == textwrap.dedent(SET_UP)
    other = tmp_path / "other"
    rewritten(other, files, monkeypatch, "--only", "chown")
    once = (other / "cloudy/tests/base.py").read_text()
    assert main(["rewrite", "--apply", "--allow-dirty", "cloudy"]) == 0
    assert (other / "cloudy/tests/base.py").read_text() == once


def test_where_there_is_no_base_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = "import unittest\n\n\nclass One(unittest.TestCase):\n    def test_one(self):\n        pass\n"
    said = " ".join(rewritten(tmp_path, {"test_one.py": plain}, monkeypatch).split())
    assert "its tests have no class of its own that they derive from: see to it that none starts a privsep" in said


def test_a_project_without_tests_gets_none(tmp_path: Path) -> None:
    assert guard.add(describe(str(tmp_path), "cloudy"), [], Pending(())) is None
