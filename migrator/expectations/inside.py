"""Run privileged functions inside the test where it fakes what they run their command with."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from migrator.expectations.calls import ROOT, Expected
from migrator.expectations.translation import as_text
from migrator.model import Edit, Rung
from migrator.rewrite import calls as reaching
from migrator.rewrite import imports, proof, tokens
from migrator.rewrite.rewriting import Moved
from migrator.rewrite.source import Source, ancestors
from migrator.rewrite.target import Target

_EXECUTE = "oslo_concurrency.processutils.execute"
CONTEXTS = "from oslo_privsep import priv_context"
_NOTHING: Mapping[str, str] = MappingProxyType({})


def setups(source: Source, moved: Iterable[Moved]) -> Iterator[tuple[ast.ClassDef, ast.stmt]]:
    """Classes whose setUp() puts a fake in the place of oslo's execute(), and its statement that sets the base up.

    moved: the replaced calls that the file's tests may come to. A privileged function that ran here would have real
    effects unless all it does is to run a command, so there is no class where one of them does more.
    """
    functions = {one.outcome.rung for one in moved}
    if not functions or Rung.NATIVE in functions:
        return
    for node in source.nodes:
        if not isinstance(node, ast.ClassDef):
            continue
        setup = next((one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "setUp"), None)
        if setup is None or not any(_fakes(each) for each in ast.walk(setup)):
            continue
        if "client_mode" in source.text[slice(*source.span(setup))]:
            continue  # they do already
        above = next((one for one in setup.body if sets_up(one)), None)
        if above is not None:
            yield node, above


def _fakes(node: ast.AST) -> bool:
    """Whether a call puts something in the place of oslo's execute() for all modules that use it."""
    if not isinstance(node, ast.Call):
        return False
    for one, other in zip(node.args, (*node.args[1:], None), strict=False):
        if isinstance(one, ast.Constant) and one.value == _EXECUTE:
            return True
        module = ast.unparse(one).rpartition(".")[2] in ("processutils", "putils")
        if module and isinstance(other, ast.Constant) and other.value == "execute":
            return True
    return False


def sets_up(statement: ast.stmt) -> bool:
    """Whether a statement calls the setUp() of the class above."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and isinstance(statement.value.func, ast.Attribute)
        and statement.value.func.attr == "setUp"
        and ast.unparse(statement.value.func.value).startswith("super(")
    )


def contexts_off(source: Source, above: ast.stmt, target: Target) -> tuple[Edit, tuple[str, ...]]:
    """The edit that lets a class's privileged functions run in its own process, and the import lines for it."""
    package, _, leaf = target.package.rpartition(".")
    line = f"import {target.package}" if target.imports.full else f"from {package} import {leaf}"
    name = target.package if target.imports.full else leaf
    first = source.line_start(above.lineno)
    indent = source.text[first : source.span(above)[0]]
    assert above.end_lineno is not None
    at = source.line_start(above.end_lineno + 1)
    lines = (
        "# Let privileged functions run here and not in a daemon.",
        f"for context in vars({name}).values():",
        "    if isinstance(context, priv_context.PrivContext):",
        "        patcher = mock.patch.object(context, 'client_mode', False)",
        "        patcher.start()",
        "        self.addCleanup(patcher.stop)",
    )
    text = "".join(indent + each + source.newline for each in lines)
    return Edit(source.path, source.byte(at), source.byte(at), source.encode(text)), (CONTEXTS, line, mock_line(target))


def contexts_off_for(
    source: Source, test: ast.FunctionDef, contexts: Iterable[str], target: Target
) -> tuple[list[Edit], list[str]]:
    """The edit that lets the functions of these contexts run in one test's own process, and the import lines for it.

    contexts: dotted names. It stands right above the `def`, and gives the test no argument.
    """
    at = source.line_start(test.lineno)
    indent = source.text[at : source.line_start(test.lineno) + test.col_offset]
    lines = []
    for name in contexts:
        line = f"{indent}@mock.patch('{name}.client_mode', False)"
        short = len(line) <= target.width
        lines += [line] if short else [f"{indent}@mock.patch(", f"{indent}    '{name}.client_mode', False)"]
    text = "".join(line + source.newline for line in lines)
    return [Edit(source.path, source.byte(at), source.byte(at), source.encode(text))], mock_needed(source, target)


def mock_needed(source: Source, target: Target) -> list[str]:
    """The import line of mock, where a file does not bind the name."""
    bound = {name for node in imports.module_scope(source.tree) for name in imports.bound(node)}
    return [] if "mock" in bound else [mock_line(target)]


def mock_line(target: Target) -> str:
    """The line with which a project imports mock."""
    return "import mock" if target.python2 else "from unittest import mock"


def within(source: Source, node: ast.AST, classes: Collection[ast.ClassDef]) -> ast.ClassDef | None:
    """The one of these classes that a node stands in."""
    around = ancestors(node, source.above)
    return next((each for each in around if isinstance(each, ast.ClassDef) and each in classes), None)


def answers(home: ast.ClassDef) -> bool:
    """Whether what a class's setUp() puts in an executor's place looks at the words: it is, or calls, some function."""
    setup = next(one for one in home.body if isinstance(one, ast.FunctionDef) and one.name == "setUp")
    return any(
        isinstance(node, (ast.FunctionDef, ast.Lambda))
        or (isinstance(node, ast.keyword) and node.arg == "side_effect" and isinstance(node.value, ast.Attribute))
        for node in ast.walk(setup)
        if node is not setup
    )


def expectation(
    source: Source, expected: Expected, target: Target, *, texts: bool, adds: Mapping[str, str] = _NOTHING
) -> list[Edit]:
    """What oslo's execute() is called with by a privileged function: the same words and keywords, and no root flag.

    Its words are texts. It is told that it is root already, and given the umask that a command of rootwrap has.
    texts: a sentinel is a text of its own in the whole class, and not made one here.
    adds: source of the keywords that the function gives where its caller gives none.
    """
    node = expected.node
    words = []
    for each in node.args:
        starred = isinstance(each, ast.Starred)
        sentinel = _sentinel(each) if texts else ""
        if sentinel:
            words.append(repr(f"sentinel.{sentinel}"))
        else:
            words.append(source.text[slice(*source.span(each))] if starred else as_text(source, each))
    kept = [reaching.argument(source, word) for word in node.keywords if word.arg not in ROOT]
    kept += [f"{name}={code}" for name, code in adds.items() if name not in expected.options]
    words = [tokens.flat(word) for word in (*words, *kept, "run_as_root=False", "preexec_fn=mock.ANY")]
    callee = tokens.flat(source.text[slice(*source.span(node.func))])
    edits = reaching.replace(source, node, callee, words, target.width)
    proof.check(source, node, edits[-1].text.decode(source.encoding))
    return edits


def adds(function: ast.FunctionDef, given: Sequence[str]) -> dict[str, str]:
    """Source of the keywords with which a function runs its command where its caller says nothing of them.

    given: the arguments that it is called with, as they are written.
    """
    arguments = function.args
    named = arguments.args[len(arguments.args) - len(arguments.defaults) :]
    defaults = {one.arg: ast.unparse(value) for one, value in zip(named, arguments.defaults, strict=True)}
    for parameter, code in zip(arguments.args, given, strict=False):
        node = ast.parse(code.partition("=")[2] if code.startswith(f"{parameter.arg}=") else code, mode="eval").body
        looked = (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "pop")
        )
        if isinstance(node, ast.Call) and looked and len(node.args) > 1:
            defaults[parameter.arg] = ast.unparse(node.args[1])  # kwargs.get('check_exit_code', True)
    runs = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ("run", "execute")
    ]
    given_on = [(word.arg, word.value) for node in runs for word in node.keywords if word.arg]
    return {
        name: defaults[value.id] for name, value in given_on if isinstance(value, ast.Name) and value.id in defaults
    }


def sentinels(source: Source, expectations: Sequence[Expected]) -> list[Edit]:
    """Edits that make text of the sentinels that stand for words of a command, in all of a file.

    What a privileged function is called with is text: a fake that remembers it, and a test that compares it, have to
    know it under one name. The expectations themselves are edited elsewhere.
    """
    if not expectations:
        return []
    written = [one.node for one in expectations]
    names = {name for one in expectations for name in _names(source, one)}
    inside = {id(each) for node in written for each in ast.walk(node)}
    found = []
    for node in source.nodes:
        name = _sentinel(node)
        if name in names and id(node) not in inside and isinstance(node, ast.Attribute):
            start, end = source.span(node)
            found.append(
                Edit(source.path, source.byte(start), source.byte(end), source.encode(repr(f"sentinel.{name}")))
            )
    return found


def _names(source: Source, expected: Expected) -> Iterator[str]:
    """The sentinels that are words of an expectation, or the defaults of parameters that are."""
    defaults: dict[str, ast.expr] = {}
    if expected.test is not None:
        given = expected.test.args
        named = given.args[len(given.args) - len(given.defaults) :]
        defaults = {one.arg: value for one, value in zip(named, given.defaults, strict=True)}
    for each in expected.node.args:
        name = _sentinel(defaults.get(each.id, each) if isinstance(each, ast.Name) else each)
        if name:
            yield name


def _sentinel(node: ast.AST) -> str:
    """The name of a sentinel of mock, "" for anything else."""
    if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("mock.sentinel", "sentinel"):
        return node.attr
    return ""
