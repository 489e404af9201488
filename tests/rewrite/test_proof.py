"""libcst confirms a replaced call, or the rewrite does not happen."""

from __future__ import annotations

import ast

import pytest

from migrator.rewrite import proof, source
from migrator.rewrite.spelling import Unfit

NEW = "privsep.path.rm(path)"
LONG = "privsep.path.rm(path,\n                    force=True)"


def opened(text: str) -> tuple[source.Source, ast.Call]:
    """A source and its call of `execute`."""
    read = source.read("driver.py", text.encode())
    call = next(
        node
        for node in ast.walk(read.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("execute")
    )
    return read, call


@pytest.mark.parametrize(
    "text",
    [
        "execute('rm', path)\n",
        "def f(path):\n    out, err = self._execute('rm', path)  # why\n",
        "class A:\n\tdef f(self):\n\t\tif a:\n\t\t\treturn (\n\t\t\t\tutils.execute('rm',\n\t\t\t\t\tpath))\n",
        "if execute('rm', path): other(  1 )\nelse :\n    x = 1;  y=2\n",
        "a = 1; b = execute('rm', path); c = 3\n",
        "with lock, execute('rm', path) as x:\n    pass\n",
        "x = [execute('rm', path)[0] for path in paths]",
        "def f():\r\n    execute('rm',\r\n            path)\r\n",
        "# été\ndef f(é):\n    é = 'ü', execute('rm', path)\n",
        "if a: execute('rm', path)\n",
        "x = (  execute('rm', path)  )\n",
    ],
)
@pytest.mark.parametrize("new", [NEW, LONG])
def test_a_call_put_in_anothers_place_is_confirmed(text: str, new: str) -> None:
    read, call = opened(text)
    proof.check(read, call, new.replace("\n", read.newline))


@pytest.mark.parametrize(
    "new", ["rm(path", "rm(path))", "rm(path), rm(path)", "rm(path)\nrm(path)", "rm", "", "rm(path) or y"]
)
def test_what_is_not_one_call_is_not_confirmed(new: str) -> None:
    read, call = opened("def f(path):\n    g(execute('rm', path), 1)\n")
    with pytest.raises(Unfit) as error:
        proof.check(read, call, new)
    assert error.value.reason.code == "edit-not-confirmed"


def test_a_comment_that_would_swallow_the_line_is_not_confirmed() -> None:
    read, call = opened("g(execute('rm', path), 1)\n")
    with pytest.raises(Unfit):
        proof.check(read, call, "rm(path)  # done")
