"""The module of a target's tests with which one mock stands for an executor and for privileged functions."""

from __future__ import annotations

import os
from collections.abc import Iterable

from migrator.expectations import inside
from migrator.rewrite import imports, unittests
from migrator.rewrite.pending import Pending
from migrator.rewrite.target import Target

NAME = "stand_in"

_BODY = '''\
def named(test, execute, module, *functions):
    """Have privileged functions of a module call execute(NAME, ...) in a test.

    It is the very mock of the commands that they took the place of: what it
    returns or raises, and in which order it is called, stays the same.
    """
    for name in functions:
        _patch(test, module, name, functools.partial(execute, name))


def run(test, execute, module, *functions):
    """Have privileged functions of a module run their commands by execute().

    They run in the test and not in a daemon, they alone; what they take the
    words for and which keywords they add is seen by execute().
    """
    _patch(test, processutils, 'execute', execute)
    for name in functions:
        _patch(test, module, name, _here(getattr(module, name)))


def _here(function):
    @functools.wraps(function)
    def call(*args, **kwargs):
        patchers = [mock.patch.object(context, 'client_mode', False)
                    for context in vars({package}).values()
                    if isinstance(context, priv_context.PrivContext)]
        for patcher in patchers:
            patcher.start()
        try:
            return function(*args, **kwargs)
        finally:
            for patcher in patchers:
                patcher.stop()
    return call


def _patch(test, module, name, new):
    patcher = mock.patch.object(module, name, new)
    patcher.start()
    test.addCleanup(patcher.stop)
'''


def line(target: Target) -> str:
    """The line with which a test imports the module; "" when the project has no folder of tests."""
    folder = unittests.tests_folder(target)
    package = os.path.relpath(folder, target.root).replace(os.sep, ".") if folder else ""
    return f"from {package} import {NAME}" if package else ""


def write(target: Target, pending: Pending) -> None:
    """Write the module where it is not there yet."""
    folder = unittests.tests_folder(target)
    path = os.path.join(folder, f"{NAME}.py")
    if pending.data(path) is not None:
        return
    unittests.packages(folder, pending)
    package, _, leaf = target.package.rpartition(".")
    own = f"import {target.package}" if target.imports.full else f"from {package} import {leaf}"
    lines = {
        "import functools",
        inside.mock_line(target),
        "from oslo_concurrency import processutils",
        "from oslo_privsep import priv_context",
        own,
    }
    head = "\n\n".join("\n".join(group) for group in imports.ordered(lines, target.top))
    body = _BODY.replace("{package}", target.package if target.imports.full else leaf)
    licence = f"{target.licence}\n" if target.licence else ""
    text = f'{licence}"""Let a mock of an executor stand for privileged functions as well."""\n\n{head}\n\n\n{body}'
    compile(text, path, "exec", dont_inherit=True)
    pending.put(path, text)


def functions_by_module(functions: Iterable[str]) -> dict[str, list[str]]:
    """Names of functions by the module that has them, both in order."""
    found: dict[str, list[str]] = {}
    for function in sorted(set(functions)):
        module, _, name = function.rpartition(".")
        found.setdefault(module, []).append(name)
    return found
