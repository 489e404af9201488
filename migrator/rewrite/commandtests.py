"""Unit tests of the functions that the target's command module gets."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from migrator.rewrite.testforms import ERRORS, FAILURE, UnitTest, method

# By the function that they are for; COMMAND stands for the module. They run on Python 2 as well.
_TESTS = {
    "run": (
        (
            "test_run_gives_the_command_the_usual_umask",
            """\
            @mock.patch('os.umask', autospec=True)
            @mock.patch('oslo_concurrency.processutils.execute', autospec=True)
            def {name}(self, mock_execute, mock_umask):
                COMMAND.run('fake')
                mock_execute.call_args[1]['preexec_fn']()
                mock_umask.assert_called_once_with(0o022)
            """,
            (),
        ),
        (
            "test_run_keeps_the_environment",
            """\
            @mock.patch('oslo_concurrency.processutils.execute', autospec=True)
            def {name}(self, mock_execute):
                COMMAND.run('fake', env_variables={'FAKE': '1'})
                mock_execute.assert_called_once_with(
                    'fake', run_as_root=False, preexec_fn=mock.ANY,
                    env_variables=dict(os.environ, FAKE='1'))
            """,
            ("import os",),
        ),
        (
            "test_run_of_a_missing_program",
            """\
            @mock.patch('oslo_concurrency.processutils.execute', autospec=True)
            def {name}(self, mock_execute):
                mock_execute.side_effect = OSError(errno.ENOENT, 'missing')
                exc = self._failure(COMMAND.run, 'fake')
                self.assertEqual(96, exc.exit_code)
                result = COMMAND.run('fake', check_exit_code=[0, 96])
                self.assertEqual(('', 'Executable not found: fake'), result)
            """,
            ("import errno",),
        ),
        (
            "test_run_that_a_signal_ends",
            """\
            @mock.patch('oslo_concurrency.processutils.execute', autospec=True)
            def {name}(self, mock_execute):
                mock_execute.side_effect = processutils.ProcessExecutionError(
                    exit_code=-9)
                exc = self._failure(COMMAND.run, 'fake')
                self.assertEqual(137, exc.exit_code)
            """,
            (ERRORS,),
        ),
    ),
    "execute": (
        (
            "test_execute_calls_what_run_as_root_names",
            """\
            @mock.patch('oslo_concurrency.processutils.execute', autospec=True)
            def {name}(self, mock_execute):
                function = mock.Mock(return_value=('out', 'err'))
                result = COMMAND.execute('fake', run_as_root=function)
                self.assertEqual(('out', 'err'), result)
                self.assertEqual('fake', function.call_args[0][0])
                mock_execute.assert_not_called()
            """,
            (),
        ),
        (
            "test_execute_runs_the_command_otherwise",
            """\
            @mock.patch('oslo_concurrency.processutils.execute', autospec=True)
            def {name}(self, mock_execute):
                COMMAND.execute('fake', run_as_root=True)
                mock_execute.assert_called_once_with('fake', run_as_root=True)
            """,
            (),
        ),
    ),
    "trycmd": (
        (
            "test_trycmd",
            """\
            def {name}(self):
                function = mock.Mock(return_value=('out', 'err'))
                self.assertEqual(('out', 'err'), COMMAND.trycmd(function))
                self.assertEqual(
                    ('out', ''),
                    COMMAND.trycmd(function, discard_warnings=True))
                function.side_effect = processutils.ProcessExecutionError(
                    stderr='fake failure')
                out, err = COMMAND.trycmd(function)
                self.assertEqual('', out)
                self.assertIn('fake failure', err)
            """,
            (ERRORS,),
        ),
    ),
    "operands": (
        (
            "test_operands",
            """\
            def {name}(self):
                words = ['dd', 'if=fake', 'count=1']
                self.assertEqual(
                    ['fake'], COMMAND.operands(words, 'dd', 'if=%s', 'count=1'))
                exc = self._failure(COMMAND.operands, words, 'dd', 'of=%s', '%s')
                self.assertEqual(99, exc.exit_code)
                exc = self._failure(COMMAND.operands, words, 'dd', 'if=%s')
                self.assertEqual(99, exc.exit_code)
            """,
            (),
        ),
    ),
    "admitted": (
        (
            "test_admitted",
            """\
            def {name}(self):
                words = ['ls', '-a', 'one', 'two']
                pattern = ['ls', [(), ('-a',)], ('%s',)]
                self.assertEqual(words, COMMAND.admitted(words, *pattern))
                exc = self._failure(COMMAND.admitted, ['rm', 'one'], *pattern)
                self.assertEqual(99, exc.exit_code)
            """,
            (),
        ),
    ),
}


def tests(functions: Iterable[str], module: str, width: int) -> tuple[UnitTest, ...]:
    """Tests of these functions of the command module. module: how the test module calls it."""
    found = []
    for function in functions:
        for name, text, lines in _TESTS.get(function, ()):
            plain = textwrap.dedent(text).replace("{name}", name).replace("COMMAND", module)
            found.append(method(name, plain, lines, width))
    helped = any("self._failure" in test.text for test in found)
    return (*([FAILURE] if helped else []), *found)
