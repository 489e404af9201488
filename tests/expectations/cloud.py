"""A small project, with unit tests that a test writes."""

from __future__ import annotations

import ast
import textwrap
from collections import Counter
from pathlib import Path

TREE = {
    "setup.cfg": "[metadata]\nname = cloudy\nclassifier =\n    Programming Language :: Python :: 3\n",
    "requirements.txt": "oslo.concurrency>=3.8.0\noslo.privsep>=2.6.0 # Apache-2.0\n",
    "cloudy/__init__.py": "",
    "cloudy/tests/__init__.py": "",
    "cloudy/tests/unit/__init__.py": "",
    "cloudy/utils.py": """\
        from oslo_concurrency import processutils


        def execute(*cmd, **kwargs):
            return processutils.execute(*cmd, **kwargs)
        """,
    "cloudy/disks.py": """\
        from oslo_concurrency import processutils

        from cloudy import utils


        class Disks:
            def __init__(self, execute=utils.execute, root=True):
                self._execute = execute
                self._root = root

            def settle(self):
                self._execute('udevadm', 'settle', '--timeout', '5', run_as_root=True, root_helper='sudo')

            def drop(self, path):
                self._execute('lvremove', '-f', path, run_as_root=True, check_exit_code=[0, 5])

            def empty(self, path):
                self._execute('truncate', '-s0', path, run_as_root=self._root)


        def own(uid, path):
            if path:
                utils.execute('chown', uid, path, run_as_root=True)


        def copy(source, dest):
            utils.execute('dd', 'count=0', 'if=%s' % source, 'of=%s' % dest, 'oflag=sync', run_as_root=True)


        def give(uid, path):
            utils.execute('chown', uid, path, run_as_root=True, check_exit_code=True)


        def forget(path):
            utils.execute('rm', '-f', path, run_as_root=True, check_exit_code=False)


        def spin(path):
            utils.execute('hdparm', '-y', path, run_as_root=True, check_exit_code=[0, 5], attempts=3)


        def peek(path):
            utils.execute('hdparm', '-I', path, run_as_root=True, check_exit_code=True)


        def both(path):
            peek(path)
            spin(path)


        def halt(pid, path):
            utils.execute('kill', '-9', pid, run_as_root=True)
            spin(path)


        def squeeze(path, as_root):
            utils.execute('gzip', '-k', path, run_as_root=as_root)
        """,
    "cloudy/mounts.py": """\
        from oslo_concurrency import processutils


        def umount(path):
            processutils.execute('umount', path, attempts=3, delay_on_retry=True,
                                 run_as_root=True, root_helper='sudo')
        """,
}


def written(home: Path, tests: dict[str, str]) -> None:
    """Write the project with these test files, by name."""
    for path, text in {**TREE, **{f"cloudy/tests/unit/{name}": text for name, text in tests.items()}}.items():
        place = home / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(textwrap.dedent(text))


def functions(text: str) -> dict[str, str]:
    """The text of each top-level function of a module, with its decorators, by name."""
    lines = text.splitlines(keepends=True)
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            found[node.name] = "".join(lines[first - 1 : node.end_lineno])
    return found


def expects(node: ast.Call) -> bool:
    """Whether a call writes down what a mock is to be called with."""
    name = ast.unparse(node.func)
    return name in ("call", "mock.call") or "assert_called" in name or name.endswith("assert_any_call")


def lost(before: str, after: str) -> dict[str, int]:
    """Keywords of expectations that are gone, but for those that say how a command got root, and how often each.

    Those with other values are gone as well. Exit codes may have become what a native function is told of them.
    """
    gone = _keywords(before) - _keywords(after)
    told = Counter(name for name in _keywords(after) - _keywords(before) if name.startswith(("check=", "check_exit")))
    for name in [name for name in gone if name.startswith("check_exit_code=")]:
        gone[name] -= min(gone[name], told.total())
    return {name: count for name, count in gone.items() if count}


def _keywords(text: str) -> Counter[str]:
    calls = [node for node in ast.walk(ast.parse(textwrap.dedent(text))) if isinstance(node, ast.Call)]
    found = [word for node in calls if expects(node) for word in node.keywords if word.arg is not None]
    return Counter(
        f"{word.arg}={ast.unparse(word.value)}" for word in found if word.arg not in ("run_as_root", "root_helper")
    )
