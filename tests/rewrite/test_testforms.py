"""Tests derived from a function's text alone: forms whose modules a small project lacks."""

from __future__ import annotations

import textwrap

from migrator.rewrite.spelling import Spelled
from migrator.rewrite.testforms import derive


def derived(text: str, *imports: str) -> list[str]:
    spelled = Spelled(textwrap.dedent(text), imports, ())
    return [test.text for test in derive(spelled, "privsep.f", 79)]


GUARDED = """\
def f(words, process_input):
    words = command.admitted(words, 'dd', 'if=%s', [('-a', '%%'), ()], ('x', '%s'))
    return command.run(*words, process_input=process_input)
"""


def test_a_guarded_function_takes_words_of_its_pattern_and_refuses_others() -> None:
    first, second = derived(GUARDED)
    assert "privsep.f(['dd', 'if=fake', '-a', '%', 'x', 'fake']," in first
    assert "'dd', 'if=fake', '-a', '%', 'x', 'fake'," in first.partition("assert_called_once_with(")[2]
    assert "process_input='fake_process_input'" in first and "def test_f(self, mock_execute):" in first
    assert "processutils.ProcessExecutionError, privsep.f," in second and "['fake'], 'fake_process_input'" in second
    assert "mock_execute.assert_not_called()" in second


def test_a_pattern_that_begins_with_anything_refuses_nothing_for_sure() -> None:
    assert len(derived(GUARDED.replace("'dd'", "'%s'"))) == 1


def test_a_guard_around_other_words_is_no_known_form() -> None:
    assert derived(GUARDED.replace("*words", "*words[1:]")) == []
    assert derived(GUARDED.replace("'dd',", "*PATTERN,")) == []


def test_a_function_of_the_project_that_runs_the_command_is_what_is_mocked() -> None:
    text = "def f(path):\n    return rootwrap.custom_execute('multipath', path, shell=False)\n"
    (only,) = derived(text, "from lagoon.privileged import rootwrap")
    assert "@mock.patch('lagoon.privileged.rootwrap.custom_execute', autospec=True)" in only
    assert "mock_custom_execute.assert_called_once_with('multipath', 'fake_path'," in only
    assert "run_as_root" not in only
    assert derived(text) == [], "what is not imported is not known"


def test_a_project_that_calls_processutils_inside_its_entrypoints_keeps_doing_so() -> None:
    text = "def f():\n    return processutils.execute('scstadmin', '-write_config')\n"
    (only,) = derived(text, "from oslo_concurrency import processutils")
    assert "@mock.patch('oslo_concurrency.processutils.execute', autospec=True)" in only
    assert "assert_called_once_with('scstadmin', '-write_config')" in only


def test_an_environment_that_a_caller_gives_is_not_guessed() -> None:
    assert derived("def f(a, env_variables):\n    return command.run('x', a, env_variables=env_variables)\n") == []
