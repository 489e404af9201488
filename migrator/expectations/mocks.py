"""The mocks that a test file puts in the place of executors: where each is made, and what it is called."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from migrator.rewrite.source import Source, statement_of

_PATCHES = frozenset({"patch", "mock.patch", "self.patch"})
_OBJECTS = frozenset({"patch.object", "mock.patch.object", "self.mock_object", "self.patch_object", "self.stubs.Set"})
_STUBS = frozenset({"self.stub_out"})
_FAKES = frozenset({"mock.Mock", "mock.MagicMock", "Mock", "MagicMock"})
_LAST = frozenset(name.rpartition(".")[2] for name in _PATCHES | _OBJECTS | _STUBS)
_MAKING = _LAST | {"start", "Mock", "MagicMock"}
_NESTING = frozenset({"nested", "test.nested", "contextlib.nested"})


@dataclass(frozen=True)
class Made:
    """A mock of an attribute.

    function: where it is made. attribute: what it stands for, without its module or class. name: how the code calls it.
    at: character offset at which a statement can follow that finds it, with this indent. answers: it may tell one
    command from another, being code of the test's own. node: the call that makes it. bind: the text that gives it the
    name and the character offset where that has to go, where it has none yet.
    """

    function: ast.FunctionDef
    attribute: str
    name: str
    at: int
    indent: str
    answers: bool
    node: ast.Call
    bind: tuple[int, str] | None = None


def made(source: Source, function: ast.FunctionDef) -> Iterator[Made]:
    """The mocks that a function makes and has a name for."""
    yield from _by_decorators(source, function)
    for node in ast.walk(function):
        if isinstance(node, ast.With) and node.body:
            yield from _by_with(source, function, node)
        elif isinstance(node, (ast.Assign, ast.Expr)):
            yield from _by_statement(source, function, node)


def mocked(function: ast.FunctionDef) -> frozenset[str]:
    """The attributes that a function puts something in the place of, whatever it is."""
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            found.add(_attribute(node))
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            fake = ast.unparse(node.value.func) in _FAKES
            found |= {each.attr for each in node.targets if isinstance(each, ast.Attribute) and fake}
    return frozenset(found - {""})


def _by_decorators(source: Source, function: ast.FunctionDef) -> Iterator[Made]:
    """Each patch with no value of its own hands its mock over, the innermost first, behind all other arguments."""
    patches = [node for node in reversed(function.decorator_list) if isinstance(node, ast.Call) and _attribute(node)]
    giving = [node for node in patches if _value(node) is None]
    given = function.args
    names = [each.arg for each in given.args[: len(given.args) - len(given.defaults)]]
    if len(names) <= len(giving) or (given.defaults and len(names) > len(giving) + 1):
        return
    if any(_unknown(node) for node in function.decorator_list):
        return
    at, indent = _before(source, _first(function))
    for node, name in zip(giving, names[len(names) - len(giving) :], strict=True):
        yield Made(function, _attribute(node), name, at, indent, _answers(function, name, node), node)
    for node in patches:
        value = _value(node)
        if value is not None and _plain(value):
            yield Made(function, _attribute(node), ast.unparse(value), at, indent, True, node)


def _by_with(source: Source, function: ast.FunctionDef, node: ast.With) -> Iterator[Made]:
    at, indent = _before(source, node.body[0])
    for item in node.items:
        call, name = item.context_expr, item.optional_vars
        pairs = [(call, name)]
        if isinstance(call, ast.Call) and ast.unparse(call.func) in _NESTING and isinstance(name, ast.Tuple):
            pairs = list(zip(call.args, name.elts, strict=False))
        for patch, known in pairs:
            if not isinstance(patch, ast.Call) or not _attribute(patch):
                continue
            given = _value(patch)
            if isinstance(known, ast.Name):
                answers = _answers(function, known.id, patch) if given is None else not _fake(given)
                yield Made(function, _attribute(patch), known.id, at, indent, answers, patch)
            elif known is None and patch is call:
                free = _free(function, patch)
                if given is None and free:
                    bind = (source.span(patch)[1], f" as {free}")
                    answers = _answers(function, free, patch)
                    yield Made(function, _attribute(patch), free, at, indent, answers, patch, bind)
                elif given is not None and _plain(given):
                    yield Made(function, _attribute(patch), ast.unparse(given), at, indent, True, patch)


def _by_statement(source: Source, function: ast.FunctionDef, node: ast.Assign | ast.Expr) -> Iterator[Made]:
    """A mock that is assigned or started: `self.execute = self.mock_object(utils, 'execute')`, `x._run = Mock()`."""
    value = node.value
    target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
    last = _last(value.func) if isinstance(value, ast.Call) else ""
    if last not in _MAKING:
        return
    at, indent = _behind(source, node)
    if target is not None and not _plain(target):
        return
    call = _started(function, value)
    if call is not None and _attribute(call):
        given = _value(call)
        if given is not None and _plain(given):
            name = ast.unparse(target if target is not None else given)
            yield Made(function, _attribute(call), name, at, indent, True, call)
        elif target is not None:
            name = ast.unparse(target)
            answers = _answers(function, name, call) if given is None else not _fake(given)
            yield Made(function, _attribute(call), name, at, indent, answers, call)
        elif given is None and _free(function, call):
            free = _free(function, call)
            bind = (source.span(node)[0], f"{free} = ")
            yield Made(function, _attribute(call), free, at, indent, _answers(function, free, call), call, bind)
    elif isinstance(target, ast.Attribute) and _fake(value):
        name = ast.unparse(target)
        assert isinstance(value, ast.Call)
        yield Made(function, target.attr, name, at, indent, _answers(function, name, value), value)


def _free(function: ast.FunctionDef, patch: ast.Call) -> str:
    """A name for the mock of a patch that nothing in its function has yet, "" where there is none."""
    name = _attribute(patch).lstrip("_")
    nodes = list(ast.walk(function))
    taken = {one.id for one in nodes if isinstance(one, ast.Name)} | {
        one.arg for one in nodes if isinstance(one, ast.arg)
    }
    return "" if name in taken else name


def _started(function: ast.FunctionDef, value: ast.expr) -> ast.Call | None:
    """The patch that a value starts: `mock.patch(...).start()`, or `patcher.start()` of one made before."""
    if not isinstance(value, ast.Call):
        return None
    if not (isinstance(value.func, ast.Attribute) and value.func.attr == "start"):
        # A patch that is only made puts nothing anywhere yet.
        return (
            None if ast.unparse(value.func) in {"mock.patch", "mock.patch.object", "patch", "patch.object"} else value
        )
    inner = value.func.value
    if isinstance(inner, ast.Call):
        return inner
    name = ast.unparse(inner)
    sets = [
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and [ast.unparse(each) for each in node.targets] == [name]
    ]
    return sets[0] if len(sets) == 1 and isinstance(sets[0], ast.Call) else None


def _attribute(node: ast.Call) -> str:
    """What a patch puts its mock in the place of, without the module or class; "" for what is no patch."""
    if _last(node.func) not in _LAST:
        return ""
    callee = ast.unparse(node.func)
    given: ast.expr | None = None
    if callee in _PATCHES | _STUBS and node.args:
        given = node.args[0]
    elif callee in _OBJECTS and len(node.args) > 1:
        given = node.args[1]
    return str(given.value).rpartition(".")[2] if isinstance(given, ast.Constant) else ""


def _last(callee: ast.expr) -> str:
    if isinstance(callee, ast.Name):
        return callee.id
    return callee.attr if isinstance(callee, ast.Attribute) else ""


def _value(node: ast.Call) -> ast.expr | None:
    """What a patch puts there, where the test says it."""
    spare = node.args[1 if ast.unparse(node.func) in _PATCHES | _STUBS else 2 :]
    named = [word.value for word in node.keywords if word.arg in ("new", "new_callable")]
    return next(iter([*spare, *named]), None)


def _answers(function: ast.FunctionDef, name: str, node: ast.Call) -> bool:
    effects = [word.value for word in node.keywords if word.arg in ("side_effect", "wraps")]
    return answers(function, name) or any(not _certain(function, effect) for effect in effects)


def answers(function: ast.FunctionDef, name: str) -> bool:
    """Whether a function lets code of its own answer for a mock: a side effect that is no list and no exception."""
    effects = []
    for each in ast.walk(function):
        if isinstance(each, ast.Assign):
            said = [one for one in each.targets if isinstance(one, ast.Attribute) and one.attr == "side_effect"]
            effects += [each.value for one in said if ast.unparse(one.value) == name]
    return any(not _certain(function, effect) for effect in effects)


def _certain(function: ast.FunctionDef, effect: ast.expr) -> bool:
    if isinstance(effect, ast.Name):
        sets = [
            node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and [ast.unparse(each) for each in node.targets] == [effect.id]
        ]
        if len(sets) == 1 and not isinstance(sets[0], ast.Name):
            return _certain(function, sets[0])
    if isinstance(effect, (ast.Name, ast.Attribute)):
        return ast.unparse(effect).rpartition(".")[2][:1].isupper()
    if isinstance(effect, ast.BinOp):
        return _certain(function, effect.left) or _certain(function, effect.right)
    if isinstance(effect, ast.Call):
        return ast.unparse(effect.func).rpartition(".")[2][:1].isupper()
    return isinstance(effect, (ast.List, ast.Tuple)) or (isinstance(effect, ast.Constant) and effect.value is None)


def _fake(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func) in _FAKES


def _plain(node: ast.expr) -> bool:
    """Whether reading an expression once more is the same as having read it."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _unknown(node: ast.expr) -> bool:
    """Whether a decorator may hand over mocks in a way that is not known: a patch of several, or of a dictionary."""
    name = ast.unparse(node.func if isinstance(node, ast.Call) else node)
    return name.endswith(("patch.multiple", "patch.dict")) or (
        isinstance(node, ast.Call) and "patch" in name and not _attribute(node)
    )


def _first(function: ast.FunctionDef) -> ast.stmt:
    """The first statement that is no docstring; the docstring where there is nothing else."""
    documented = ast.get_docstring(function, clean=False) is not None
    return function.body[1 if documented and len(function.body) > 1 else 0]


def _before(source: Source, statement: ast.stmt) -> tuple[int, str]:
    first = min([statement.lineno, *(each.lineno for each in getattr(statement, "decorator_list", ()))])
    start = source.line_start(first)
    text = source.line_text(first)
    return start, text[: len(text) - len(text.lstrip())]


def _behind(source: Source, node: ast.stmt) -> tuple[int, str]:
    statement = statement_of(node, source.above)
    assert statement.end_lineno is not None
    text = source.line_text(statement.lineno)
    return source.line_start(statement.end_lineno + 1), text[: len(text) - len(text.lstrip())]
