"""Derive unit tests from the text of a privileged function that runs a command."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from migrator.rewrite import checked, layout, source
from migrator.rewrite.reflow import reflow
from migrator.rewrite.spelling import COMMAND, Spelled

_EXECUTE = "oslo_concurrency.processutils.execute"
ERRORS = "from oslo_concurrency import processutils"
INDENT = " " * 8
ERROR = "processutils.ProcessExecutionError"


@dataclass(frozen=True)
class UnitTest:
    """A method of a test case, or one that such call: name, text with its indentation, import lines that it needs."""

    name: str
    text: str
    imports: tuple[str, ...]


# Gives the error that a function raised, which assertRaises() gives in some projects' test cases only.
FAILURE = UnitTest(
    "_failure",
    """\
    def _failure(self, function, *words, **options):
        try:
            function(*words, **options)
        except processutils.ProcessExecutionError as exc:
            return exc
        self.fail('nothing was raised')
""",
    (ERRORS,),
)


def method(name: str, text: str, lines: Iterable[str], width: int) -> UnitTest:
    """A method of a text without indentation, laid out for a class."""
    return UnitTest(name, textwrap.indent(reflow(textwrap.dedent(text), width - 4), "    "), tuple(lines))


def derive(spelled: Spelled, callee: str, width: int) -> tuple[UnitTest, ...]:
    """Tests of a function that runs a command, none when its form is not known.

    callee: how the test module reaches it. It has to hand on just its words and keywords, and a guarded one to refuse
    others.
    """
    function = source.parse(spelled.text).body[0]
    assert isinstance(function, ast.FunctionDef)
    ran = _ran(function, spelled)
    return _of_command(function, ran, callee, width) if ran else ()


@dataclass(frozen=True)
class _Ran:
    """The one call that a function consists of, which runs a command.

    patched: dotted name of what runs it in the end. always: what that is given beside the call's own keywords.
    guarded: the parameter that holds all words, and the pattern of those that are admitted. check: what a filter asked
    of the parameters, before it.
    """

    call: ast.Call
    patched: str
    always: tuple[str, ...]
    lines: tuple[str, ...]
    guarded: tuple[str, tuple[object, ...]] | None = None
    check: checked.Check | None = None


def _ran(function: ast.FunctionDef, spelled: Spelled) -> _Ran | None:
    """The call when the function does nothing but `return command.run(...)`, under any spelling of the module.

    Before it the words may be held against a pattern: `words = command.admitted(words, ...)`, or the parameters to what
    a filter asked of them.
    """
    check = checked.check_of(function)
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if check is not None:
        body = [] if check.before else check.after
    guarded = _guard(body[0]) if len(body) == 2 else None
    if len(body) != (2 if guarded else 1):
        return None
    last = body[-1]
    if not isinstance(last, ast.Return) or not isinstance(last.value, ast.Call):
        return None
    module, _, name = ast.unparse(last.value.func).rpartition(".")
    lines = tuple(line for line in spelled.imports if _binds(line) in names_in(last.value) - names_in(last.value.func))
    if module.split(".")[-1] == COMMAND and name == "run":
        return _Ran(last.value, _EXECUTE, ("run_as_root=False", "preexec_fn=mock.ANY"), lines, guarded, check)
    for line in spelled.imports:
        words = line.split()
        if module and words[-1] == module:
            dotted = f"{words[1]}.{words[3]}" if words[0] == "from" else words[1]
            return _Ran(last.value, f"{dotted}.{name}", (), lines, guarded, check)
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
    name = f"test_{function.name}"
    mock = f"mock_{ran.patched.rpartition('.')[2]}"
    patch = f"    @mock.patch('{ran.patched}', autospec=True)\n"
    refusing: tuple[UnitTest, ...] = ()
    if ran.check:
        refusing = refuses_what_no_filter_admits(function.name, ran.check, callee, known, {}, width, (patch, mock))
        known = checked.values(ran.check, known, wanted=False, fixed={})
        if not known:
            return refusing
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
    given = layout.call(callee, arguments, behind("result = ", width))
    text = (
        f"{patch}    def {name}(self, {mock}):\n"
        f"{INDENT}{mock}.return_value = ('out', 'err')\n"
        f"{INDENT}result = {given}\n"
        f"{INDENT}self.assertEqual(('out', 'err'), result)\n"
        f"{INDENT}{layout.call(f'{mock}.assert_called_once_with', expected, behind('', width))}\n"
    )
    lines = (*ran.lines, *(["import os"] if "os" in used else []))
    tests = [method(name, text, lines, width)]
    if ran.guarded and _is_closed(ran.guarded[1]):
        refused = [repr(["fake"]) if one.arg == ran.guarded[0] else repr(known[one.arg]) for one in function.args.args]
        asserted = layout.call("self.assertRaises", [ERROR, callee, *refused], behind("", width))
        text = (
            f"{patch}    def {name}_refuses_other_words(self, {mock}):\n"
            f"{INDENT}{asserted}\n"
            f"{INDENT}{mock}.assert_not_called()\n"
        )
        tests.append(method(f"{name}_refuses_other_words", text, (ERRORS,), width))
    return (*tests, *refusing)


def refuses_what_no_filter_admits(
    function: str,
    check: checked.Check,
    callee: str,
    start: Mapping[str, object],
    fixed: Mapping[str, object],
    width: int,
    patched: tuple[str, str] = ("", ""),
) -> tuple[UnitTest, ...]:
    """A test that it refuses what its check refuses, none when no such values are found.

    start, fixed: as of checked.values(). patched: the decorator and the name of what must not be called.
    """
    refused = checked.values(check, start, wanted=True, fixed=fixed)
    if not refused:
        return ()
    patch, mock = patched
    words = list(map(repr, refused.values()))
    if check.raises:
        lines = [
            "exc = " + layout.call("self._failure", [callee, *words], behind("exc = ", width)),
            "self.assertEqual(99, exc.exit_code)",
        ]
    else:
        lines = [
            "result = " + layout.call(callee, words, behind("result = ", width)),
            "self.assertIn('Unauthorized command', result[1])",
        ]
    lines += [f"{mock}.assert_not_called()"] if mock else []
    name = f"test_{function}_refuses_what_no_filter_admits"
    text = f"{patch}    def {name}(self{', ' + mock if mock else ''}):\n"
    text += "".join(f"{INDENT}{line}\n" for line in lines)
    return (*([FAILURE] if check.raises else []), method(name, text, (), width))


def _is_closed(pattern: Sequence[object]) -> bool:
    """True when the first word is a constant other than `fake`."""
    return bool(pattern) and isinstance(pattern[0], str) and "%" not in pattern[0] and pattern[0] != "fake"


def behind(text: str, width: int) -> layout.Place:
    """Where a call goes that stands in a method behind this text."""
    return layout.Place(before=INDENT + text, indent=INDENT, width=width)


def names_in(node: ast.AST) -> set[str]:
    """All names that are read or bound in a piece of code."""
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
    if any(isinstance(part, (ast.Call, ast.Lambda)) for part in ast.walk(node)) or names_in(node) & set(known):
        return None
    code = ast.unparse(node)
    # command.run() puts them on top of the environment.
    return f"{word.arg}=" + (f"dict(os.environ, **{code})" if word.arg == "env_variables" else code)


def _binds(line: str) -> str:
    """The name that an import line gives its module."""
    words = line.split()
    return words[-1] if words[0] == "from" or "as" in words else words[-1].split(".")[0]


def contents(tests: Sequence[UnitTest]) -> tuple[str, ...]:
    """The import lines of several tests, each once."""
    return tuple(sorted({line for test in tests for line in test.imports}))
