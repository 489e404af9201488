"""What names are bound to in a module's scopes, and a walk over a module that knows the scope of each node."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

Function = ast.FunctionDef | ast.AsyncFunctionDef
Scoped = ast.Module | Function | ast.Lambda | ast.ClassDef | ast.expr
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True)
class Binding:
    """One way in which a name gets its value.

    kind: import, function, class, value (a plain assignment), entered (with ... as), parameter, or other.
    target: the dotted name that is imported; one that begins with dots is relative. node: the definition, or the
    expression that is assigned or entered.
    """

    kind: str
    target: str = ""
    node: ast.AST | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """The names of a module, class, function or comprehension. package: for relative imports, of the module."""

    node: Scoped = field(repr=False)
    names: Mapping[str, tuple[Binding, ...]]
    parent: Scope | None
    globals: frozenset[str] = frozenset()

    def find(self, name: str) -> tuple[tuple[Binding, ...], Scope | None]:
        """How a name that is read here got its value, and the scope that binds it; () and None for a builtin."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.globals:
                scope = scope.top
            skipped = scope is not self and isinstance(scope.node, ast.ClassDef)  # methods do not see it
            if name in scope.names and not skipped:
                return scope.names[name], scope
            scope = scope.parent
        return (), None

    @property
    def top(self) -> Scope:
        """The module's scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    @property
    def function(self) -> Scope | None:
        """The innermost function around, None at module and class level."""
        scope: Scope | None = self
        while scope is not None and not isinstance(scope.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            scope = scope.parent
        return scope

    @property
    def method_of(self) -> ast.ClassDef | None:
        """The class that the innermost function is a method of."""
        function = self.function
        if function is None or function.parent is None or not isinstance(function.parent.node, ast.ClassDef):
            return None
        return function.parent.node


def scope_of(node: Scoped, parent: Scope | None) -> Scope:
    """The scope that a module, class, function, lambda or comprehension opens."""
    names: dict[str, list[Binding]] = {}
    outer: set[str] = set()
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        for name in parameters(node.args):
            names.setdefault(name, []).append(Binding("parameter"))
    if isinstance(node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        for name, binding in _bindings(node.body, outer):
            names.setdefault(name, []).append(binding)
    elif isinstance(node, _COMPREHENSIONS):
        for generator in node.generators:
            for name in _targets(generator.target):
                names.setdefault(name, []).append(Binding("other"))
    kept = {name: tuple(found) for name, found in names.items() if name not in outer}
    return Scope(node, kept, parent, frozenset(outer))


def parameters(arguments: ast.arguments) -> list[str]:
    """The names of all parameters, in order."""
    plain = [*arguments.posonlyargs, *arguments.args]
    found = [one.arg for one in plain]
    if arguments.vararg:
        found.append(arguments.vararg.arg)
    found += [one.arg for one in arguments.kwonlyargs]
    if arguments.kwarg:
        found.append(arguments.kwarg.arg)
    return found


def _bindings(body: Iterable[ast.AST], outer: set[str]) -> Iterator[tuple[str, Binding]]:
    """The names that statements bind in their own scope; those declared global come to `outer`."""
    waiting: list[ast.AST] = list(body)[::-1]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, Binding("function", node=node)
            continue
        if isinstance(node, ast.ClassDef):
            yield node.name, Binding("class", node=node)
            continue
        if isinstance(node, (ast.Lambda, *_COMPREHENSIONS)):
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from imported(node)
        elif isinstance(node, ast.Global):
            outer.update(node.names)
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, Binding("value", node=node.value)
            waiting.append(node.value)
            continue
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            if node.value is not None:
                yield node.target.id, Binding("value", node=node.value)
            continue
        elif isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
            yield node.optional_vars.id, Binding("entered", node=node.context_expr)
            continue
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name, Binding("other")
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id, Binding("other")
        elif isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
            yield node.name, Binding("other")
        waiting.extend(list(ast.iter_child_nodes(node))[::-1])


def imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Binding]]:
    """The names that an import binds; `*` stands for those of a star import."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            target = alias.name if alias.asname else alias.name.partition(".")[0]
            yield alias.asname or target, Binding("import", target, node)
        return
    base = "." * node.level + (node.module or "")
    for alias in node.names:
        if alias.name == "*":
            yield "*", Binding("import", base, node)
        else:
            joined = base + alias.name if base.endswith(".") else f"{base}.{alias.name}"
            yield alias.asname or alias.name, Binding("import", joined, node)


def _targets(node: ast.expr) -> Iterator[str]:
    return (one.id for one in ast.walk(node) if isinstance(one, ast.Name))


def walked(tree: ast.Module, top: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    """Every node of a module with the scope it is read in, parents before their children, in the order of the text."""
    yield from _walked([(child, top) for child in reversed(tree.body)])


def within(scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    """The nodes of a function's body, those of functions inside it too."""
    assert isinstance(scope.node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module))
    yield from _walked([(child, scope) for child in reversed(scope.node.body)])


def _walked(waiting: list[tuple[ast.AST, Scope]]) -> Iterator[tuple[ast.AST, Scope]]:
    while waiting:
        node, scope = waiting.pop()
        yield node, scope
        children: list[tuple[ast.AST, Scope]]
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            inner = scope_of(node, scope)
            body = [node.body] if isinstance(node, ast.Lambda) else node.body
            outside: list[ast.AST] = [*node.args.defaults, *(one for one in node.args.kw_defaults if one)]
            outside += [] if isinstance(node, ast.Lambda) else node.decorator_list
            children = [*((one, scope) for one in outside), *((one, inner) for one in body)]
        elif isinstance(node, ast.ClassDef):
            inner = scope_of(node, scope)
            heads: list[ast.AST] = [*node.decorator_list, *node.bases, *(word.value for word in node.keywords)]
            children = [*((one, scope) for one in heads), *((one, inner) for one in node.body)]
        elif isinstance(node, _COMPREHENSIONS):
            inner = scope_of(node, scope)
            children = [(child, inner) for child in ast.iter_child_nodes(node)]
        else:
            children = [(child, scope) for child in ast.iter_child_nodes(node)]
        waiting.extend(reversed(children))


def own(node: Function) -> Iterator[ast.AST]:
    """The nodes of a function's body; definitions inside it are named but not entered."""
    waiting: list[ast.AST] = list(reversed(node.body))
    while waiting:
        one = waiting.pop()
        yield one
        if not isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            waiting.extend(reversed(list(ast.iter_child_nodes(one))))
