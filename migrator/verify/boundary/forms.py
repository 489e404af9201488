"""PRV201-207: what is decorated as an entrypoint and cannot be one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrator.verify.boundary import codes
from migrator.verify.boundary.entrypoints import Form, definition
from migrator.verify.boundary.finding import Finding
from migrator.verify.boundary.names import Function, imported, own, scope_of
from migrator.verify.boundary.project import Module, Project

_TRANSPARENT = frozenset({"typing.no_type_check", "typing.final"})
_KEEPS_NAME = ("wraps", "update_wrapper", "__name__")


def check(form: Form, project: Project) -> Iterator[Finding]:
    """The faults of one entrypoint's form."""
    node = definition(form)
    name = node.name if node is not None else _short(form.node)
    where = form.module
    symbol = f"{where.name}.{name}"
    if node is not None and node is form.node:
        yield from _position(form, node)
    elif node is None and isinstance(form.node, ast.Name):
        pass  # what it is cannot be told
    elif node is None or form.bound != node.name:
        made = f"`{form.bound}` is" if form.bound != "?" else "this makes"
        looked_up = "has no name of its own" if node is None else f"is looked up as `{name}`"
        text = f"{made} an entrypoint of `{name}`, which {looked_up}: every call fails in the daemon"
        yield where.finding(codes.UNNAMED, form.place, text, symbol)
    if form.prefix is not None and not where.name.startswith(form.prefix) and "." in where.name:
        text = f"`{where.name}` is not below `{form.prefix}`, the prefix of {form.context}: it cannot be imported"
        yield where.finding(codes.PREFIX, form.place, text, symbol)
    yield from _decorators(form, name, project)
    if node is not None:
        kind = _deferred(node, form.below)
        if kind:
            text = f"`{name}` is {kind}: the daemon calls it, nothing is done, and what it gives cannot be sent"
            yield where.finding(codes.ASYNCHRONOUS, node, text, symbol, node.body[0].lineno)
        if form.scope.parent is None:
            yield from _rebound(form, node)


def _position(form: Form, node: Function) -> Iterator[Finding]:
    if form.scope.parent is None:
        return
    if isinstance(form.scope.node, ast.ClassDef):
        inside = f"in class `{form.scope.node.name}`"
    else:
        inside = f"inside function `{getattr(form.scope.node, 'name', '?')}`"
    text = f"`{node.name}` is {inside}: the daemon looks for `{form.module.name}.{node.name}` and raises ImportError"
    yield form.module.finding(codes.NESTED, node, text, f"{form.module.name}.{node.name}", node.body[0].lineno)


def _decorators(form: Form, name: str, project: Project) -> Iterator[Finding]:
    for decorator in form.above:
        if form.scope.parent is None and not _transparent(decorator, form, project):
            text = (
                f"`@{_short(decorator)}` stands above the entrypoint decorator of `{name}`: the daemon refuses what it"
                " made (NameError) or, when it uses functools.wraps, its code runs in client and daemon both"
            )
            yield form.module.finding(codes.ABOVE, decorator, text, f"{form.module.name}.{name}")
    for decorator in form.below:
        why = _hides(decorator, form, project)
        if why:
            text = f"`@{_short(decorator)}` below the entrypoint decorator of `{name}` {why}: every call fails"
            yield form.module.finding(codes.BELOW, decorator, text, f"{form.module.name}.{name}")


def _transparent(decorator: ast.expr, form: Form, project: Project) -> bool:
    """Whether a decorator gives back the very function: nothing then stands above the entrypoint."""
    dotted = project.one(decorator, form.module, form.scope)
    if dotted in _TRANSPARENT:
        return True
    found = project.definition(dotted) if dotted else None
    if found is None or not isinstance(found[1], ast.FunctionDef) or not found[1].args.args:
        return False
    first = found[1].args.args[0].arg
    returned = [one.value for one in own(found[1]) if isinstance(one, ast.Return)]
    same = all(isinstance(value, ast.Name) and value.id == first for value in returned)
    return bool(returned) and same and len(scope_of(found[1], None).names.get(first, ())) == 1


def _hides(decorator: ast.expr, form: Form, project: Project) -> str:
    """How a decorator of the project gives the function another name, "" when it does not or that cannot be told."""
    called = isinstance(decorator, ast.Call)
    callee = decorator.func if isinstance(decorator, ast.Call) else decorator
    dotted = project.one(callee, form.module, form.scope)
    found = project.definition(dotted) if dotted else None
    if found is None or _mentions(found[1], _KEEPS_NAME):
        return ""
    node = found[1]
    if isinstance(node, ast.ClassDef):
        plain = not node.bases and any(getattr(one, "name", "") == "__call__" for one in node.body)
        return f"gives an instance of `{node.name}`, which has no name" if plain and not called else ""
    inner = _returned(node)
    if inner is not None and called:
        inner = _returned(inner)
    if inner is None or inner.decorator_list:
        return ""
    return f"gives `{inner.name}` of {found[0].name}, without functools.wraps: the daemon looks for that name"


def _returned(node: ast.stmt) -> ast.FunctionDef | None:
    """The nested function that a function returns."""
    if not isinstance(node, ast.FunctionDef):
        return None
    returns = [one for one in own(node) if isinstance(one, ast.Return)]
    if len(returns) != 1 or not isinstance(returns[0].value, ast.Name):
        return None
    inside = [one for one in own(node) if isinstance(one, ast.FunctionDef) and one.name == returns[0].value.id]
    return inside[0] if len(inside) == 1 else None


def _mentions(node: ast.AST, words: tuple[str, ...]) -> bool:
    text = ast.dump(node)
    return any(f"'{word}'" in text for word in words)


def _deferred(node: Function, below: tuple[ast.expr, ...]) -> str:
    if isinstance(node, ast.AsyncFunctionDef):
        return "async" if not below else ""
    plain = all("contextmanager" in ast.unparse(one) for one in below)
    if plain and any(isinstance(one, (ast.Yield, ast.YieldFrom)) for one in own(node)):
        return "a generator" if not below else "a context manager"
    return ""


def _rebound(form: Form, node: Function) -> Iterator[Finding]:
    """A later statement of the module that binds the entrypoint's name again."""
    placed = list(_placed(form.module))
    path = next((path for _, one, path in placed if one is node), ())
    for name, one, other in placed:
        if name != node.name or one.lineno <= node.lineno or _exclusive(path, other):
            continue
        if isinstance(one, ast.Assign) and any(inner is form.place for inner in ast.walk(one.value)):
            continue  # name = context.entrypoint(name)
        text = f"`{node.name}` is bound again in line {one.lineno}: the daemon looks the name up and finds that"
        yield form.module.finding(codes.REBOUND, node, text, f"{form.module.name}.{node.name}", node.body[0].lineno)
        return


_Path = tuple[tuple[int, str], ...]


def _placed(module: Module) -> Iterator[tuple[str, ast.stmt, _Path]]:
    """Each binding of a module's own statements: the name, the statement, and the branches it stands in."""
    waiting: list[tuple[ast.stmt, _Path]] = [(one, ()) for one in reversed(module.tree.body)]
    while waiting:
        node, path = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name, node, path
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for name, _ in imported(node):
                yield name, node, path
        for branch, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.ExceptHandler):
                    waiting.extend((one, (*path, (id(node), "handler"))) for one in child.body)
                elif isinstance(child, ast.stmt):
                    side = "body" if isinstance(node, ast.Try) and branch != "handlers" else branch
                    waiting.append((child, (*path, (id(node), side))))
                elif isinstance(child, ast.expr):
                    for one in ast.walk(child):
                        if isinstance(one, ast.Name) and isinstance(one.ctx, (ast.Store, ast.Del)):
                            yield one.id, node, path


def _exclusive(one: _Path, other: _Path) -> bool:
    """Whether two places stand in different branches of the same statement."""
    branches = dict(one)
    return any(key in branches and branches[key] != side for key, side in other)


def _short(node: ast.AST) -> str:
    """An expression on one line; of a call with long arguments only what is called."""
    text = " ".join(ast.unparse(node).split())
    if len(text) > 40 and isinstance(node, ast.Call):
        text = f"{ast.unparse(node.func)}(...)"
    return text if len(text) <= 60 else text[:57] + "..."
