"""Derive a unit test from the text of a privileged function; a form that is not known gives none."""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from migrator.model import Sample
from migrator.rewrite import layout, source
from migrator.rewrite.reflow import reflow
from migrator.rewrite.spelling import COMMAND, Spelled

_EXECUTE = "oslo_concurrency.processutils.execute"
_ERRORS = "from oslo_concurrency import processutils"
_INDENT = " " * 8
_ERROR = "processutils.ProcessExecutionError"


@dataclass(frozen=True)
class UnitTest:
    """A method of a test case, or one that such call: name, text with its indentation, import lines that it needs."""

    name: str
    text: str
    imports: tuple[str, ...]


def method(name: str, text: str, lines: Iterable[str], width: int) -> UnitTest:
    """A method of a text without indentation, laid out for a class."""
    return UnitTest(name, textwrap.indent(reflow(textwrap.dedent(text), width - 4), "    "), tuple(lines))


def derive(
    spelled: Spelled, callee: str, width: int, samples: Sequence[Sample] = (), *, on_python2: bool
) -> tuple[UnitTest, ...]:
    """Tests of the function, none when no honest one is known for it.

    callee: how the test module reaches it. One that runs a command has to hand on just its words and keywords, and a
    guarded one to refuse others. One that makes system calls is tried on its samples, and has to refuse a relative
    path, as the daemon's working directory is not the caller's.
    """
    function = source.parse(spelled.text).body[0]
    assert isinstance(function, ast.FunctionDef)
    ran = _ran(function, spelled)
    if ran is not None:
        return _of_command(function, ran, callee, width)
    of_path = _of_relative_path(function, callee, width, on_python2=on_python2)
    tried = [_of_sample(sample, function.name, number, callee, width) for number, sample in enumerate(samples, 1)]
    return (*(test for several in tried for test in several), *([of_path] if of_path else []))


@dataclass(frozen=True)
class _Ran:
    """The one call that a function consists of, which runs a command.

    patched: dotted name of what runs it in the end. always: what that is given beside the call's own keywords.
    guarded: the parameter that holds all words, and the pattern of those that are admitted.
    """

    call: ast.Call
    patched: str
    always: tuple[str, ...]
    lines: tuple[str, ...]
    guarded: tuple[str, tuple[object, ...]] | None = None


def _ran(function: ast.FunctionDef, spelled: Spelled) -> _Ran | None:
    """The call when the function does nothing but `return command.run(...)`, under any spelling of the module.

    Before it the words may be held against a pattern: `words = command.admitted(words, ...)`.
    """
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    guarded = _guard(body[0]) if len(body) == 2 else None
    if len(body) != (2 if guarded else 1):
        return None
    last = body[-1]
    if not isinstance(last, ast.Return) or not isinstance(last.value, ast.Call):
        return None
    module, _, name = ast.unparse(last.value.func).rpartition(".")
    lines = tuple(line for line in spelled.imports if _binds(line) in _names(last.value) - _names(last.value.func))
    if module.split(".")[-1] == COMMAND and name == "run":
        return _Ran(last.value, _EXECUTE, ("run_as_root=False", "preexec_fn=mock.ANY"), lines, guarded)
    for line in spelled.imports:
        words = line.split()
        if module and words[-1] == module:
            dotted = f"{words[1]}.{words[3]}" if words[0] == "from" else words[1]
            return _Ran(last.value, f"{dotted}.{name}", (), lines, guarded)
    return None


def _guard(node: ast.stmt) -> tuple[str, tuple[object, ...]] | None:
    call = node.value if isinstance(node, ast.Assign) else None
    if not isinstance(call, ast.Call) or ast.unparse(call.func).split(".")[-2:] != [COMMAND, "admitted"]:
        return None
    try:
        pattern = tuple(ast.literal_eval(part) for part in call.args[1:])
    except ValueError:
        return None
    return (call.args[0].id, pattern) if isinstance(call.args[0], ast.Name) else None


def _admitted(pattern: Iterable[object]) -> list[str]:
    """Words of a pattern: `fake` for each varying stretch, the first of several runs, a repeated one once."""
    words: list[str] = []
    for part in pattern:
        if isinstance(part, str):
            words.append(re.sub("%[s%]", lambda found: "fake" if found.group() == "%s" else "%", part))
        elif isinstance(part, list):
            words += _admitted(part[0])
        elif isinstance(part, tuple):
            words += _admitted(part)
    return words


def _of_command(function: ast.FunctionDef, ran: _Ran, callee: str, width: int) -> tuple[UnitTest, ...]:
    known = _given(function)
    if known is None:
        return ()
    words: list[object]
    if ran.guarded:
        words = list(_admitted(ran.guarded[1]))
        known[ran.guarded[0]] = words
        if [ast.unparse(node) for node in ran.call.args] != [f"*{ran.guarded[0]}"]:
            return ()
    else:
        words = [_word(node, known) for node in ran.call.args]
    keywords = [_keyword(word, known) for word in ran.call.keywords]
    expected = [*map(repr, words), *(code for code in keywords if code), *ran.always]
    used = {part.id for code in keywords if code for part in ast.walk(ast.parse(f"f({code})")) if hasattr(part, "id")}
    missing = used - {_binds(line) for line in ran.lines} - {"f", "os", "dict"}
    if None in words or None in keywords or missing:
        return ()
    arguments = [repr(known[one.arg]) for one in function.args.args]
    given = layout.call(callee, arguments, _behind("result = ", width))
    mock = f"mock_{ran.patched.rpartition('.')[2]}"
    patch = f"    @mock.patch('{ran.patched}', autospec=True)\n"
    name = f"test_{function.name}"
    text = (
        f"{patch}    def {name}(self, {mock}):\n"
        f"{_INDENT}{mock}.return_value = ('out', 'err')\n"
        f"{_INDENT}result = {given}\n"
        f"{_INDENT}self.assertEqual(('out', 'err'), result)\n"
        f"{_INDENT}{layout.call(f'{mock}.assert_called_once_with', expected, _behind('', width))}\n"
    )
    lines = (*ran.lines, *(["import os"] if "os" in used else []))
    tests = [method(name, text, lines, width)]
    if ran.guarded and _is_closed(ran.guarded[1]):
        refused = [repr(["fake"]) if one.arg == ran.guarded[0] else repr(known[one.arg]) for one in function.args.args]
        asserted = layout.call("self.assertRaises", [_ERROR, callee, *refused], _behind("", width))
        text = (
            f"{patch}    def {name}_refuses_other_words(self, {mock}):\n"
            f"{_INDENT}{asserted}\n"
            f"{_INDENT}{mock}.assert_not_called()\n"
        )
        tests.append(method(f"{name}_refuses_other_words", text, (_ERRORS,), width))
    return tuple(tests)


def _is_closed(pattern: Sequence[object]) -> bool:
    """True when the first word is a constant other than `fake`."""
    return bool(pattern) and isinstance(pattern[0], str) and "%" not in pattern[0] and pattern[0] != "fake"


def _behind(text: str, width: int) -> layout.Place:
    return layout.Place(before=_INDENT + text, indent=_INDENT, width=width)


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _given(function: ast.FunctionDef) -> dict[str, object] | None:
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


def _word(node: ast.expr, known: Mapping[str, object]) -> object:
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


def _keyword(word: ast.keyword, known: Mapping[str, object]) -> str | None:
    """A keyword as the executor gets it, as source; None when it takes more than constants and parameters."""
    node = word.value
    if word.arg is None:
        return None
    if isinstance(node, ast.Name) and node.id in known and word.arg != "env_variables":
        return f"{word.arg}={known[node.id]!r}"
    if any(isinstance(part, (ast.Call, ast.Lambda)) for part in ast.walk(node)) or _names(node) & set(known):
        return None
    code = ast.unparse(node)
    # command.run() puts them on top of the environment.
    return f"{word.arg}=" + (f"dict(os.environ, **{code})" if word.arg == "env_variables" else code)


def _binds(line: str) -> str:
    """The name that an import line gives its module."""
    words = line.split()
    return words[-1] if words[0] == "from" or "as" in words else words[-1].split(".")[0]


def _of_relative_path(function: ast.FunctionDef, callee: str, width: int, *, on_python2: bool) -> UnitTest | None:
    """`if not os.path.isabs(path)` leads to an error that says so."""
    raises = any(isinstance(node, ast.Raise) and _ERROR in ast.unparse(node) for node in ast.walk(function))
    tested = [(names, said) for names, said in map(_relative, ast.walk(function)) if names and said]
    taken = function.args
    required = [one.arg for one in taken.args[: len(taken.args) - len(taken.defaults)]]
    if not raises or not tested or taken.posonlyargs or any(default is None for default in taken.kw_defaults):
        return None
    names, said = tested[0]
    if not names <= set(required):
        return None
    # '1' is an owner, a mode, a size, so that nothing else is wrong.
    arguments = ["'fake_path'" if name in names else "'1'" for name in required]
    name = f"test_{function.name}_refuses_a_relative_path"
    asserted = "self.assertRaises" if on_python2 else "self.assertRaisesRegex"
    given = [_ERROR, *([] if on_python2 else [repr(said)]), callee, *arguments]
    text = f"    def {name}(self):\n{_INDENT}{layout.call(asserted, given, _behind('', width))}\n"
    return method(name, text, (_ERRORS,), width)


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


_FOLDER = UnitTest(
    "_make_folder",
    "    def _make_folder(self):\n"
    "        folder = tempfile.mkdtemp()\n"
    "        self.addCleanup(shutil.rmtree, folder, True)\n"
    "        return folder\n",
    ("import shutil", "import tempfile"),
)
_FILE = UnitTest(
    "_make_file",
    "    def _make_file(self):\n"
    "        path = os.path.join(self._make_folder(), 'file')\n"
    "        with open(path, 'w') as stream:\n"
    "            stream.write('old')\n"
    "        os.chmod(path, 0o644)\n"
    "        return path\n",
    ("import os",),
)
_TEXT = UnitTest(
    "_read",
    "    def _read(self, path):\n        with open(path) as stream:\n            return stream.read()\n",
    (),
)


def _of_sample(sample: Sample, function: str, number: int, callee: str, width: int) -> tuple[UnitTest, ...]:
    """What the call does is looked at afterwards, in a temporary folder; before the test the methods that it calls."""
    call = source.parse(sample.call).body[0]
    assert isinstance(call, ast.Expr) and isinstance(call.value, ast.Call)
    words = [ast.get_source_segment(sample.call, node) or "" for node in call.value.args]
    words += [ast.get_source_segment(sample.call, node) or "" for node in call.value.keywords]
    read = _names(call) - _names(call.value.func) | _names(ast.parse(sample.expected)) | _names(ast.parse(sample.seen))
    lines = ["path = self._make_file()"] if "path" in read else []
    if "path" in read and read & {"folder", "missing"}:
        lines.append("folder = os.path.dirname(path)")
    elif read & {"folder", "missing"}:
        lines.append("folder = self._make_folder()")
    if "missing" in read:
        lines.append("missing = os.path.join(folder, 'missing')")
    result = "result = " if "result" in read else ""
    seen = re.sub(r"\btext\(", "self._read(", sample.seen)
    lines.append(result + layout.call(callee, words, _behind(result, width)))
    lines.append(layout.call("self.assertEqual", [sample.expected, seen], _behind("", width)))
    name = f"test_{function}" + (f"_case_{number}" if number > 1 else "")
    text = f"    def {name}(self):\n" + "".join(f"{_INDENT}{line}\n" for line in lines)
    modules = {name for name in read if name in sys.stdlib_module_names} | ({"os"} if "os.path" in text else set())
    helpers = [_FOLDER] if read & {"path", "folder", "missing"} else []
    helpers += [_FILE] if "path" in read else []
    helpers += [_TEXT] if seen != sample.seen else []
    return (*helpers, method(name, text, [f"import {module}" for module in sorted(modules)], width))


def contents(tests: Sequence[UnitTest]) -> tuple[str, ...]:
    """The import lines of several tests, each once."""
    return tuple(sorted({line for test in tests for line in test.imports}))
