"""Each shape of an expectation, before and after a rewrite of the code that it is about."""

from __future__ import annotations

import ast
import contextlib
import io
import os
import shutil
import subprocess
import sys
import textwrap
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest

from migrator.cli import main
from tests.expectations import cloud

KEPT = {
    "called_once": (
        """\
        def test_called_once():
            execute = mock.Mock()
            disks.Disks(execute).settle()
            execute.assert_called_once_with(
                'udevadm', 'settle', '--timeout', '5', run_as_root=True,
                root_helper='sudo')
        """,
        "run_as_root=cloudy.privsep.utils.udevadm_settle_argv,\n        root_helper='sudo')",
    ),
    "mock.call in a list": (
        """\
        def test_mock_call_in_a_list():
            execute = mock.Mock()
            disks.Disks(execute).drop('/dev/a')
            execute.assert_has_calls([
                mock.call('lvremove', '-f', '/dev/a', run_as_root=True,
                          check_exit_code=[0, 5])])
        """,
        "run_as_root=cloudy.privsep.lvm.lvremove_argv,\n                  check_exit_code=[0, 5])])",
    ),
    "words in a list that grows": (
        """\
        def test_words_in_a_list_that_grows(force):
            execute = mock.Mock()
            words = ['lvremove', '/dev/a']
            words.insert(1, '-f')
            disks.Disks(execute).drop('/dev/a')
            execute.assert_any_call(*words, run_as_root=True,
                                    check_exit_code=[0, 5])
        """,
        "run_as_root=cloudy.privsep.lvm.lvremove_argv,",
    ),
    "a flag that an attribute gives": (
        """\
        def test_a_flag_that_an_attribute_gives():
            driver = disks.Disks(mock.Mock())
            driver.empty('/a')
            driver._execute.assert_called_once_with(
                'truncate', '-s0', '/a', run_as_root=driver._root)
        """,
        "run_as_root=driver._root and cloudy.privsep.path.truncate_argv)",
    ),
}


REPLACED = {
    "patch by text": (
        """\
        @mock.patch('cloudy.utils.execute')
        def test_patch_by_text(execute):
            disks.own(7, '/a')
            execute.assert_called_once_with('chown', 7, '/a', run_as_root=True)
        """,
        """\
        @mock.patch('cloudy.privsep.path.chown')
        def test_patch_by_text(execute):
            disks.own(7, '/a')
            execute.assert_called_once_with('7', '/a')
        """,
    ),
    "patch by object": (
        """\
        def test_patch_by_object(path):
            with mock.patch.object(disks.utils, 'execute') as execute:
                disks.own('me', path)
            assert execute.mock_calls == [
                mock.call('chown', 'me', path, run_as_root=True)]
        """,
        """\
        def test_patch_by_object(path):
            with mock.patch.object(cloudy.privsep.path, 'chown') as execute:
                disks.own('me', path)
            assert execute.mock_calls == [
                mock.call('me', str(path))]
        """,
    ),
    "formatted words": (
        """\
        @mock.patch('cloudy.utils.execute', side_effect=OSError)
        def test_formatted_words(execute):
            disks.copy('/a', '/b')
            execute.assert_called_once_with('dd', 'count=0', 'if=/a', 'of=/b', 'oflag=sync', run_as_root=True)
        """,
        "execute.assert_called_once_with('/a', '/b'",
    ),
    "only asked whether it is called": (
        """\
        @mock.patch('cloudy.utils.execute')
        def test_only_asked_whether_it_is_called(execute):
            disks.own(7, '')
            execute.assert_not_called()
        """,
        """\
        @mock.patch('cloudy.privsep.path.chown')
        def test_only_asked_whether_it_is_called(execute):
            disks.own(7, '')
            execute.assert_not_called()
        """,
    ),
    "a command with its keywords": (
        """\
        @mock.patch('cloudy.utils.execute')
        def test_a_command_with_its_keywords(execute):
            disks.spin('/dev/a')
            execute.assert_called_once_with('hdparm', '-y', '/dev/a',
                run_as_root=True, check_exit_code=[0, 5], attempts=3)
        """,
        """\
        @mock.patch('cloudy.privsep.command.run')
        @mock.patch('cloudy.privsep.sys_admin_pctxt.client_mode', False)
        def test_a_command_with_its_keywords(execute):
            disks.spin('/dev/a')
            execute.assert_called_once_with('hdparm', '-y', '/dev/a',
                check_exit_code=[0, 5], attempts=3)
        """,
    ),
    "a keyword that changes nothing": (
        """\
        def test_a_keyword_that_changes_nothing():
            with mock.patch.object(disks.utils, 'execute') as execute:
                disks.peek('/dev/a')
            execute.assert_called_once_with(
                'hdparm', '-I', '/dev/a', check_exit_code=True, run_as_root=True)
        """,
        """\
        @mock.patch('cloudy.privsep.sys_admin_pctxt.client_mode', False)
        def test_a_keyword_that_changes_nothing():
            with mock.patch.object(cloudy.privsep.command, 'run') as execute:
                disks.peek('/dev/a')
            execute.assert_called_once_with(
                'hdparm', '-I', '/dev/a', check_exit_code=True)
        """,
    ),
    "several commands behind one mock": (
        """\
        @mock.patch('cloudy.utils.execute')
        def test_several_commands_behind_one_mock(execute):
            disks.both('/dev/a')
            execute.assert_has_calls([
                mock.call('hdparm', '-I', '/dev/a', run_as_root=True,
                          check_exit_code=True),
                mock.call('hdparm', '-y', '/dev/a', run_as_root=True,
                          check_exit_code=[0, 5], attempts=3)])
        """,
        """\
        @mock.patch('cloudy.privsep.command.run')
        @mock.patch('cloudy.privsep.sys_admin_pctxt.client_mode', False)
        def test_several_commands_behind_one_mock(execute):
            disks.both('/dev/a')
            execute.assert_has_calls([
                mock.call('hdparm', '-I', '/dev/a',
                          check_exit_code=True),
                mock.call('hdparm', '-y', '/dev/a',
                          check_exit_code=[0, 5], attempts=3)])
        """,
    ),
    "a sentinel for a word": (
        """\
        @mock.patch('cloudy.utils.execute')
        def test_a_sentinel_for_a_word(execute):
            disks.spin(mock.sentinel.path)
            execute.assert_called_once_with(
                'hdparm', '-y', mock.sentinel.path, attempts=3,
                check_exit_code=[0, 5], run_as_root=True)
        """,
        """\
        @mock.patch('cloudy.privsep.command.run')
        @mock.patch('cloudy.privsep.sys_admin_pctxt.client_mode', False)
        def test_a_sentinel_for_a_word(execute):
            disks.spin(mock.sentinel.path)
            execute.assert_called_once_with(
                'hdparm', '-y', str(mock.sentinel.path), attempts=3,
                check_exit_code=[0, 5])
        """,
    ),
    "exit codes that a native function is told": (
        """\
        @mock.patch('cloudy.utils.execute')
        def test_exit_codes_that_a_native_function_is_told(execute):
            disks.forget('/a')
            execute.assert_called_once_with('rm', '-f', '/a', run_as_root=True, check_exit_code=False)
        """,
        "execute.assert_called_once_with('/a', force=True, check=False)",
    ),
    "the way without root": (
        """\
        @mock.patch('cloudy.utils.execute')
        def test_the_way_without_root(execute):
            disks.squeeze('/a', False)
            execute.assert_called_once_with('gzip', '-k', '/a', run_as_root=False)
        """,
        """\
        @mock.patch('cloudy.utils.execute')
        def test_the_way_without_root(execute):
            disks.squeeze('/a', False)
            execute.assert_called_once_with('gzip', '-k', '/a')
        """,
    ),
}


LEFT = {
    "several functions behind one mock": """\
        @mock.patch('cloudy.utils.execute')
        def test_several_functions_behind_one_mock(execute):
            disks.own(7, '/a')
            disks.squeeze('/a', True)
            execute.assert_any_call('chown', 7, '/a', run_as_root=True)
            execute.assert_any_call('gzip', '-k', '/a', run_as_root=True)
        """,
    "a stand-in of the test's own": """\
        @mock.patch('cloudy.utils.execute', new=print)
        def test_a_stand_in_of_the_test_s_own(execute):
            execute.assert_called_once_with('chown', 7, '/a', run_as_root=True)
        """,
    "a keyword that the call does not say": """\
        @mock.patch('cloudy.utils.execute')
        def test_a_keyword_that_the_call_does_not_say(execute):
            execute.assert_called_once_with('chown', 7, '/a', attempts=3, run_as_root=True)
        """,
    "a keyword that a native function is not told": """\
        @mock.patch('cloudy.utils.execute')
        def test_a_keyword_that_a_native_function_is_not_told(execute):
            disks.give(7, '/a')
            execute.assert_called_once_with('chown', 7, '/a', run_as_root=True, check_exit_code=True)
        """,
    "a native function beside the command, in its context": """\
        @mock.patch('cloudy.utils.execute')
        def test_a_native_function_beside_the_command_in_its_context(execute):
            disks.halt(7, '/dev/a')
            execute.assert_any_call('hdparm', '-y', '/dev/a', run_as_root=True, check_exit_code=[0, 5], attempts=3)
        """,
    "no patch": """\
        def test_no_patch(execute):
            execute.assert_called_once_with('chown', 7, '/a', run_as_root=True)
        """,
}


OTHER = """\
    def test_of_a_command_that_nobody_moves(execute):
        execute.assert_called_once_with('fsck', '/a', run_as_root=True)
    """

MOUNTS = """\
    import unittest
    from unittest import mock

    from oslo_concurrency import processutils

    from cloudy import mounts


    class MountsTestCase(unittest.TestCase):
        def setUp(self):
            super().setUp()
            self.execute = mock.Mock()
            patcher = mock.patch.object(processutils, 'execute', self.execute)
            patcher.start()
            self.addCleanup(patcher.stop)

        def test_umount(self, path=mock.sentinel.path):
            mounts.umount(mock.sentinel.path)
            self.execute.assert_called_once_with(
                'umount', path, attempts=3, delay_on_retry=True,
                run_as_root=True, root_helper='sudo')
    """

# The same, with a stand-in that compares words.
MOUNTED = """\
    import unittest
    from unittest import mock

    from oslo_concurrency import processutils

    from cloudy import mounts


    class MountedTestCase(unittest.TestCase):
        def setUp(self):
            super().setUp()
            self.mounted = {mock.sentinel.path}

            def fake_execute(*cmd, **kwargs):
                self.mounted.remove(cmd[-1])

            self.execute = mock.Mock(side_effect=fake_execute)
            patcher = mock.patch.object(processutils, 'execute', self.execute)
            patcher.start()
            self.addCleanup(patcher.stop)

        def test_umount(self):
            mounts.umount(mock.sentinel.path)
            self.execute.assert_called_once_with(
                'umount', mock.sentinel.path, attempts=3, delay_on_retry=True,
                run_as_root=True, root_helper='sudo')
    """


SHARED = """\
    import unittest
    from unittest import mock

    from cloudy import disks


    class SharedTestCase(unittest.TestCase):
        def setUp(self):
            super().setUp()
            patcher = mock.patch('cloudy.utils.execute', return_value=('', ''))
            self.execute = patcher.start()
            self.addCleanup(patcher.stop)

        def test_own(self):
            disks.own(7, '/a')
            self.execute.assert_called_once_with('chown', 7, '/a', run_as_root=True)

        def test_not_owned(self):
            disks.own(7, '')
            self.execute.assert_not_called()

        def test_squeeze_fails_behind_own(self):
            self.execute.side_effect = [('', ''), ValueError]
            disks.own(7, '/a')
            self.assertRaises(ValueError, disks.squeeze, '/a', True)
            self.assertEqual(2, self.execute.call_count)

        @mock.patch('os.getcwd')
        @mock.patch('cloudy.utils.execute')
        def test_several_in_order(self, execute, getcwd, path='/a'):
            disks.squeeze('/b', True)
            disks.own(7, path)
            self.assertEqual([
                mock.call('gzip', '-k', '/b', run_as_root=True),
                mock.call('chown', 7, path, run_as_root=True)],
                execute.mock_calls)

        def test_without_a_name(self):
            with mock.patch('cloudy.utils.execute', side_effect=ValueError):
                self.assertRaises(ValueError, disks.own, 7, '/a')

        def test_that_answers_by_words(self):
            def fake(*words, **options):
                return words[0], ''

            self.execute.side_effect = fake
            disks.own(7, '/a')
    """


@dataclass(frozen=True)
class Run:
    """A rewrite: its folder, what was said, the functions of test_disks.py before and
    after, and on which line each was."""

    home: Path
    said: str
    before: dict[str, str]
    after: dict[str, str]
    line: dict[str, int]

    def text(self, name: str) -> str:
        return (self.home / "cloudy/tests/unit" / name).read_text()


def shapes() -> dict[str, str]:
    """The text of every test that there is a shape of, by the name of its function."""
    every = [before for before, _ in (*KEPT.values(), *REPLACED.values())] + [*LEFT.values(), OTHER]
    return {name: text for one in every for name, text in cloud.functions(textwrap.dedent(one)).items()}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = tmp_path_factory.mktemp("cloudy")
    before = shapes()
    disks = "from unittest import mock\n\nfrom cloudy import disks\n" + "".join(f"\n\n{one}" for one in before.values())
    files = {"test_disks.py": disks, "test_mounts.py": MOUNTS, "test_mounted.py": MOUNTED, "test_shared.py": SHARED}
    cloud.written(home, files)
    said = io.StringIO()
    here = Path.cwd()
    os.chdir(home)
    try:
        with contextlib.redirect_stderr(said), mock.patch.dict(os.environ, COLUMNS="200"):
            assert main(["rewrite", "--apply", "--allow-dirty", "cloudy"]) == 0
    finally:
        os.chdir(here)
    text = (home / "cloudy/tests/unit/test_disks.py").read_text()
    lines = {node.name: node.lineno for node in ast.parse(disks).body if isinstance(node, ast.FunctionDef)}
    return Run(home, said.getvalue(), before, cloud.functions(text), lines)


def named(text: str) -> str:
    """The name of the one function of a shape."""
    (name,) = cloud.functions(textwrap.dedent(text))
    return name


@pytest.mark.parametrize(("before", "expected"), KEPT.values(), ids=KEPT)
def test_an_expectation_on_a_call_that_stays_names_the_function(run: Run, before: str, expected: str) -> None:
    found = run.after[named(before)]
    assert expected in found
    assert "run_as_root=True" not in found
    area = expected.partition("cloudy.privsep.")[2].partition(".")[0]
    assert f"import cloudy.privsep.{area}\n" in run.text("test_disks.py")


@pytest.mark.parametrize(("before", "expected"), REPLACED.values(), ids=REPLACED)
def test_a_test_mocks_the_function_that_its_command_became(run: Run, before: str, expected: str) -> None:
    assert textwrap.dedent(expected).strip() in run.after[named(before)]


@pytest.mark.parametrize("before", [*LEFT.values(), OTHER], ids=[*LEFT, "another command"])
def test_what_is_not_certain_is_left(run: Run, before: str) -> None:
    assert run.after[named(before)] == run.before[named(before)]


@pytest.mark.parametrize("before", LEFT.values(), ids=LEFT)
def test_what_is_left_is_told_with_its_line(run: Run, before: str) -> None:
    told = run.said.partition("unit tests to mend by hand:")[2]
    first = run.line[named(before)]
    last = first + run.before[named(before)].count("\n")
    assert any(f"cloudy/tests/unit/test_disks.py:{line}: by hand: " in told for line in range(first, last + 1)), told


def test_only_how_root_was_got_vanishes_from_an_expectation(run: Run) -> None:
    """Every keyword but the root flag and its helper is there as often as before, in each test that changed."""
    changed = [name for name, before in run.before.items() if run.after[name] != before]
    assert len(changed) == len(KEPT) + len(REPLACED)
    assert {name: cloud.lost(run.before[name], run.after[name]) for name in changed} == {name: {} for name in changed}


def test_the_words_of_a_command_stay(run: Run) -> None:
    """Where a function runs the command; what stands for a native one asks for its arguments."""
    kept = [name for name, after in run.after.items() if "_argv" in after or "'cloudy.privsep.command.run'" in after]
    assert len(kept) > len(KEPT)
    for name in kept:
        assert not constants(run.before[name]) - constants(run.after[name]), name


def constants(text: str) -> Counter[str]:
    """What a test's expectations say by its value: constants but the root flag's, each as often as it stands there."""
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and cloud.expects(node)]
    return Counter(repr(word.value) for node in calls for word in node.args if isinstance(word, ast.Constant))


def test_no_test_and_no_assertion_goes(run: Run) -> None:
    assert run.before.keys() <= run.after.keys()
    for name, before in run.before.items():
        assert run.after[name].count("assert") == before.count("assert")


def test_a_class_that_fakes_oslos_executor_runs_the_functions_in_its_own_process(run: Run) -> None:
    text = run.text("test_mounts.py")
    assert text.count("mock.patch.object(context, 'client_mode', False)") == 1
    assert "attempts=3, delay_on_retry=True," in text
    assert "run_as_root=False" in text and "preexec_fn=mock.ANY" in text
    assert "root_helper" not in text
    assert "mounts.umount(mock.sentinel.path)" in text and "'umount', str(path)," in text


def test_sentinels_that_a_stand_in_compares_are_texts(run: Run) -> None:
    text = run.text("test_mounted.py")
    assert "self.mounted = {'sentinel.path'}" in text and "mounts.umount('sentinel.path')" in text
    assert "'umount', 'sentinel.path', attempts=3" in text and "mock.sentinel" not in text


def test_one_mock_stands_for_its_executor_and_for_functions(run: Run) -> None:
    text = run.text("test_shared.py")
    assert "from cloudy.tests.unit.privsep import stand_in\n" in text
    assert "stand_in.named(self, self.execute, cloudy.privsep.path, 'chown')" in text
    assert "self.execute.assert_called_once_with('chown', '7', '/a')" in text
    assert "mock.call('gzip', '-k', '/b', run_as_root=False," in text
    assert "mock.call('chown', '7', str(path))]" in text
    assert "side_effect=ValueError) as execute:" in text


def test_a_fake_that_answers_by_the_words_is_left(run: Run) -> None:
    line = textwrap.dedent(SHARED).splitlines().index("    def test_that_answers_by_words(self):") + 1
    assert f"cloudy/tests/unit/test_shared.py:{line}: by hand: it comes to cloudy.privsep.path.chown()" in run.said


def unittests(home: Path, *names: str) -> subprocess.CompletedProcess[str]:
    """unittest runs what was rewritten; a daemon that is started finds no helper and fails."""
    words = [sys.executable, "-m", "unittest", *(f"cloudy.tests.unit.{name}" for name in names)]
    return subprocess.run(words, cwd=home, capture_output=True, text=True, check=False)


def test_tests_that_followed_pass(run: Run) -> None:
    done = unittests(run.home, "test_mounts", "test_mounted", "test_shared")
    assert done.returncode == 0, done.stderr
    assert "Ran 8 tests" in done.stderr


def test_a_call_that_must_not_come_is_noticed_as_before(run: Run, tmp_path: Path) -> None:
    """assert_not_called() of a mock that nothing calls any more would pass whatever the code does."""
    home = tmp_path / "changed"
    shutil.copytree(run.home, home)
    disks = home / "cloudy/disks.py"
    text = disks.read_text()
    assert "    if path:\n" in text
    disks.write_text(text.replace("    if path:\n", "    if True:\n"))
    done = unittests(home, "test_shared.SharedTestCase.test_not_owned")
    assert "Expected 'execute' to not have been called" in done.stderr


def test_a_second_run_changes_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(run.home)
    texts = {name: run.text(name) for name in ("test_disks.py", "test_mounts.py")}
    assert main(["rewrite", "--apply", "--allow-dirty", "cloudy"]) == 0
    assert {name: run.text(name) for name in texts} == texts


def test_no_tests_leaves_them_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.written(tmp_path, {"test_mounts.py": MOUNTS})
    monkeypatch.chdir(tmp_path)
    assert main(["rewrite", "--diff", "--no-tests", "--output", "out.diff", "cloudy"]) == 1
    assert "cloudy/mounts.py" in (tmp_path / "out.diff").read_text()
    assert "/tests/" not in (tmp_path / "out.diff").read_text()
