"""What of Python 3 alone a function's text has, so that a project on Python 2 does not get it."""

from __future__ import annotations

import pytest

from migrator.decide.python2 import lacking


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("return f'{path}'", "f-strings"),
        ("return os.statvfs(path).f_fsid", "f_fsid"),
        ("os.sync()", "sync"),
        ("return [*path, 1]", "* in a list"),
        ("first, *rest = path", "* in a list"),
        ("return (*path,)", "* in a list"),
        ("return os.fsync(path), list(path) + [1]", ""),
        ("return run(*path)", ""),
    ],
)
def test_what_is_of_python_3_alone_is_named(line: str, said: str) -> None:
    assert lacking(f"def named(path):\n    {line}\n") == said
