"""Derive a unit test from the text of a privileged function; a form that is not known gives none."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from migrator.rewrite import command, layout, source
from migrator.rewrite.spelling import Spelled

_EXECUTE = "oslo_concurrency.processutils.execute"
_ERRORS = "from oslo_concurrency import processutils"
_INDENT = " " * 8
_WORD = "ProcessExecutionError"


@dataclass(frozen=True)
class UnitTest:
    """A method of a test case: its name, its text with its indentation, and the import lines that it needs."""

    name: str
    text: str
    imports: tuple[str, ...]


def derive(spelled: Spelled, callee: str, width: int, *, on_python2: bool) -> UnitTest | None:
    """A test of the function, None when no honest one is known for it.

    callee: how the test module reaches it. One that runs a command has to hand on just its words and keywords; one
    that makes system calls has to refuse a relative path, as the daemon's working directory is not the caller's.
    """
    function = source.parse(spelled.text).body[0]
    assert isinstance(function, ast.FunctionDef)
    made = _of_command(function, spelled, callee, width)
    return made or _of_relative_path(function, callee, width, on_python2=on_python2)


@dataclass(frozen=True)
class _Ran:
    """The words and keywords of the one command.run() that a function consists of."""

    words: tuple[ast.expr, ...]
    keywords: tuple[tuple[str, ast.expr], ...]


def _of_command(function: ast.FunctionDef, spelled: Spelled, callee: str, width: int) -> UnitTest | None:
    ran = _ran(function)
    given = _given(function)
    if ran is None or given is None:
        return None
    known: dict[str, str | int] = dict(given)
    words = [_word(node, known) for node in ran.words]
    if None in words:
        return None
    expected = [repr(word) for word in words]
    used: set[str] = set()
    for name, node in ran.keywords:
        code = _keyword(name, node, known)
        if code is None:
            return None
        used |= {part.id for part in ast.walk(ast.parse(code)) if isinstance(part, ast.Name)}
        expected.append(f"{name}={code}")
    expected += ["run_as_root=False", "preexec_fn=mock.ANY"]
    lines = tuple(line for line in spelled.imports if _binds(line) in used)
    if used - {_binds(line) for line in lines} - {"os", "dict"}:
        return None
    place = layout.Place(before=_INDENT, indent=_INDENT, width=width)
    call = layout.call(callee, [repr(value) for value in given.values()], place)
    if "\n" in call or len(f"{_INDENT}result = {call}") > width:
        call = layout.call(callee, [repr(value) for value in given.values()], _behind("result = ", width))
    name = f"test_{function.name}"
    text = (
        f"    @mock.patch('{_EXECUTE}', autospec=True)\n"
        f"    def {name}(self, mock_execute):\n"
        f"{_INDENT}mock_execute.return_value = ('out', 'err')\n"
        f"{_INDENT}result = {call}\n"
        f"{_INDENT}self.assertEqual(('out', 'err'), result)\n"
        f"{_INDENT}{layout.call('mock_execute.assert_called_once_with', expected, place)}\n"
    )
    return UnitTest(name, text, (*lines, *(["import os"] if "os" in used else [])))


def _behind(text: str, width: int) -> layout.Place:
    return layout.Place(before=_INDENT + text, indent=_INDENT, width=width)


def _ran(function: ast.FunctionDef) -> _Ran | None:
    """The call when the function does nothing but `return command.run(...)`, under any spelling of the module."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if len(body) != 1 or not isinstance(body[0], ast.Return) or not isinstance(body[0].value, ast.Call):
        return None
    call = body[0].value
    if ast.unparse(call.func).split(".")[-2:] != [command.NAME, command.FUNCTION]:
        return None
    keywords = tuple((word.arg or "", word.value) for word in call.keywords)
    return None if any(not name for name, _ in keywords) else _Ran(tuple(call.args), keywords)


def _given(function: ast.FunctionDef) -> dict[str, str | int] | None:
    """A value for each parameter, one that tells it from the others; None when there are others than plain ones."""
    taken = function.args
    if taken.defaults or taken.vararg or taken.kwarg or taken.kwonlyargs or taken.posonlyargs:
        return None
    numbers = {
        node.right.id
        for node in ast.walk(function)
        if isinstance(node, ast.BinOp) and _template(node) and isinstance(node.right, ast.Name)
        if "%d" in _template(node) or "%i" in _template(node)
    }
    return {
        one.arg: 41 + number if one.arg in numbers else f"fake_{one.arg}" for number, one in enumerate(taken.args, 1)
    }


def _template(node: ast.BinOp) -> str:
    constant = isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant)
    return str(node.left.value) if constant and isinstance(node.left, ast.Constant) else ""


def _word(node: ast.expr, known: Mapping[str, str | int]) -> str | int | None:
    """What a word comes to with these values; None when it is made in a way that is not known here."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, int)):
        return node.value
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.BinOp) and _template(node) and isinstance(node.right, ast.Name) and node.right.id in known:
        try:
            return _template(node) % known[node.right.id]
        except (TypeError, ValueError):
            return None
    return None


def _keyword(name: str, node: ast.expr, known: Mapping[str, str | int]) -> str | None:
    """The keyword's value as the executor gets it, as source; None when it takes more than constants and parameters."""
    if isinstance(node, ast.Name) and node.id in known:
        return repr(known[node.id])
    if any(isinstance(part, ast.Name) and part.id in known for part in ast.walk(node)):
        return None
    if any(isinstance(part, (ast.Call, ast.Lambda)) for part in ast.walk(node)):
        return None
    code = ast.unparse(node)
    # command.run() puts them on top of the environment.
    return f"dict(os.environ, **{code})" if name == "env_variables" else code


def _binds(line: str) -> str:
    """The name that an import line gives its module."""
    words = line.split()
    return words[-1] if words[0] == "from" or "as" in words else words[-1].split(".")[0]


def _of_relative_path(function: ast.FunctionDef, callee: str, width: int, *, on_python2: bool) -> UnitTest | None:
    """`if not os.path.isabs(path)` leads to an error that says so."""
    raises = any(isinstance(node, ast.Raise) and _WORD in ast.unparse(node) for node in ast.walk(function))
    tested = [(names, said) for names, said in map(_relative, ast.walk(function)) if names and said]
    taken = function.args
    required = [one.arg for one in taken.args[: len(taken.args) - len(taken.defaults)]]
    if not raises or not tested or taken.posonlyargs or any(default is None for default in taken.kw_defaults):
        return None
    names, said = tested[0]
    if not names <= set(required):
        return None
    # '0' is an owner, a mode, a size; what is tested for being absolute is not.
    arguments = ["'fake_path'" if name in names else "'0'" for name in required]
    name = f"test_{function.name}_refuses_a_relative_path"
    place = layout.Place(before=_INDENT, indent=_INDENT, width=width)
    error = f"processutils.{_WORD}"
    asserted = "self.assertRaises" if on_python2 else "self.assertRaisesRegex"
    given = [error, *([] if on_python2 else [repr(said)]), callee, *arguments]
    text = f"    def {name}(self):\n{_INDENT}{layout.call(asserted, given, place)}\n"
    return UnitTest(name, text, (_ERRORS,))


def _relative(node: ast.AST) -> tuple[set[str], str]:
    """The names that an `if` tests for not being absolute paths, and what it says of them; empty for all else."""
    if not isinstance(node, ast.If):
        return set(), ""
    names = {
        part.operand.args[0].id
        for part in ast.walk(node.test)
        if isinstance(part, ast.UnaryOp) and isinstance(part.op, ast.Not) and isinstance(part.operand, ast.Call)
        if ast.unparse(part.operand.func) == "os.path.isabs" and isinstance(part.operand.args[0], ast.Name)
    }
    said = [
        part.value
        for statement in node.body
        for part in ast.walk(statement)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and "absolute path" in part.value
    ]
    return names, "not an absolute path" if said and "not an absolute path" in said[0] else ""


def contents(tests: Sequence[UnitTest]) -> tuple[str, ...]:
    """The import lines of several tests, each once."""
    return tuple(sorted({line for test in tests for line in test.imports}))
