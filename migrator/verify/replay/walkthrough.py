"""A function's statements up to one of its calls, carried out with samples in place of what is not known."""

from __future__ import annotations

import ast
import copy
import itertools
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from migrator.verify.replay.pairing import Scope
from migrator.verify.replay.samples import Names, World, joined

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_JUMPS = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_TURNS = 2
_STEPS = 2000  # statements that are carried out for one site
T = TypeVar("T", bound=ast.AST)


class Unknown(Exception):
    """What a call is given cannot be told with samples; carries why."""


def given(names: Names, call: ast.Call, after: ast.expr | None = None) -> tuple[list[Any], dict[str, Any]]:
    """The arguments that a call is given; after: only those that follow this argument. Raises Unknown."""
    arguments = call.args
    if after is not None:
        arguments = arguments[arguments.index(after) + 1 :] if after in arguments else []
    recorder = ast.Call(ast.Name("__record__", ast.Load()), arguments, call.keywords)
    names["__record__"] = lambda *args, **keywords: (list(args), keywords)
    found: tuple[list[Any], dict[str, Any]] = value(names, recorder)
    return found


def value(names: Names, node: ast.expr | str) -> Any:
    """What an expression gives; raises Unknown with what went wrong."""
    try:
        tree = ast.parse(f"({node}\n)", mode="eval") if isinstance(node, str) else ast.Expression(node)
        return eval(compile(_ready(names, tree), "<site>", "eval"), names)
    except Exception as error:  # the target's code on samples: whatever it does not take
        raise Unknown(f"{type(error).__name__}: {error}") from error


def _ready(names: Names, tree: T) -> T:
    """A tree to be compiled: calls that were paired are their results, and join() sees that it joins text."""
    results = names.results
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (node in results or getattr(node.func, "attr", "") == "join"):
            break
    else:
        return ast.fix_missing_locations(tree)
    # Copied with the paired calls in place: they are known by their identity.
    held = {id(call): call for call in results}
    names["__join__"] = joined
    ready: T = _Ready(results).visit(copy.deepcopy(tree, held))
    return ast.fix_missing_locations(ready)


class _Ready(ast.NodeTransformer):
    def __init__(self, results: Mapping[ast.Call, str]):
        self.results = results

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if node in self.results:
            return ast.Name(self.results[node], ast.Load())
        self.generic_visit(node)
        plain = len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Starred)
        if plain and isinstance(node.func, ast.Attribute) and node.func.attr == "join":
            return ast.Call(ast.Name("__join__", ast.Load()), [node.func.value, *node.args], [])
        return node


def names_at(scope: Scope, target: ast.AST, world: World, aliases: Mapping[str, str]) -> Names:
    """Carry out a function's (or module's) statements on the way to a node of it; the names as they are there."""
    world.stores.clear()
    names = Names(world, aliases, scope.results)
    function = scope.node
    if isinstance(function, _FUNCTIONS):
        arguments = function.args
        for each in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]:
            if each is not None:
                names[each.arg] = world.value(each.arg)
    walk = _Walk(names, target)
    walk.towards(getattr(function, "body", []))
    return names


class _Walk:
    def __init__(self, names: Names, target: ast.AST):
        self.names, self.target = names, target
        self.steps = 0

    def holds(self, node: ast.AST) -> bool:
        return any(each is self.target for each in ast.walk(node))

    def towards(self, body: Sequence[ast.stmt]) -> None:
        """The statements before the one that holds the target, then into that one."""
        for statement in body:
            if self.holds(statement):
                self.into(statement)
                return
            self.run(statement)

    def into(self, statement: ast.stmt) -> None:
        if isinstance(statement, (*_FUNCTIONS, ast.ClassDef)):
            if isinstance(statement, _FUNCTIONS):
                for each in ast.walk(statement.args):
                    if isinstance(each, ast.arg):
                        self.names[each.arg] = self.names.world.value(each.arg)
            self.towards(statement.body)
            return
        if isinstance(statement, (ast.For, ast.AsyncFor)):
            self.bind(statement.target, next(iter(self.turns(statement.iter)), None))
        if isinstance(statement, (ast.With, ast.AsyncWith)):
            self.enter(statement)
        if isinstance(statement, ast.Try) and not any(self.holds(one) for one in statement.body):
            self.body(statement.body)
        for part in ast.iter_child_nodes(statement):
            if isinstance(part, ast.ExceptHandler) and self.holds(part):
                if part.name:
                    self.names[part.name] = self.names.world.value(part.name)
                self.towards(part.body)
        for block in ("body", "orelse", "finalbody"):
            inner = getattr(statement, block, None)
            if isinstance(inner, list) and any(self.holds(one) for one in inner):
                self.towards(inner)

    def body(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            self.run(statement)

    def run(self, statement: ast.stmt) -> None:
        """Carry out one statement that the target is not in; what fails leaves samples behind."""
        self.steps += 1
        if self.steps > _STEPS:
            return
        if isinstance(statement, (ast.Assign, ast.AnnAssign)):
            if statement.value is not None:
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                found = self.value(statement.value)
                for target in targets:
                    self.bind(target, found)
        elif isinstance(statement, (ast.AugAssign, ast.Expr)):
            self.carry_out(statement)
        elif isinstance(statement, ast.If):
            taken = statement.body if self.value(statement.test) else statement.orelse
            if any(isinstance(one, _JUMPS) for one in taken):  # this way does not lead to the target
                taken = statement.orelse if taken is statement.body else statement.body
                if any(isinstance(one, _JUMPS) for one in taken):
                    return
            self.body(taken)
        elif isinstance(statement, (ast.For, ast.AsyncFor)):
            for item in self.turns(statement.iter):
                self.bind(statement.target, item)
                self.body(statement.body)
        elif isinstance(statement, ast.While):
            self.body(statement.body)
        elif isinstance(statement, (ast.With, ast.AsyncWith)):
            self.enter(statement)
            self.body(statement.body)
        elif isinstance(statement, ast.Try):
            self.body([*statement.body, *statement.orelse, *statement.finalbody])
        elif isinstance(statement, (*_FUNCTIONS, ast.ClassDef)):
            self.names[statement.name] = self.names.world.value(statement.name)

    def turns(self, iterable: ast.expr) -> list[Any]:
        try:
            return list(itertools.islice(iter(self.value(iterable)), _TURNS))
        except TypeError:
            return [self.names.world.value(f"{ast.unparse(iterable)}[0]")]

    def enter(self, statement: ast.With | ast.AsyncWith) -> None:
        for item in statement.items:
            found = self.value(item.context_expr)
            if item.optional_vars is not None:
                try:
                    entered = found.__enter__()
                except AttributeError:
                    entered = found
                self.bind(item.optional_vars, entered)

    def value(self, node: ast.expr) -> Any:
        try:
            return value(self.names, node)
        except Unknown:
            return self.names.world.value(ast.unparse(node))

    def carry_out(self, statement: ast.stmt) -> None:
        try:
            exec(compile(_ready(self.names, ast.Module([statement], [])), "<site>", "exec"), self.names)
        except Exception:  # as in value()
            if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
                self.names[statement.target.id] = self.names.world.value(ast.unparse(statement))

    def bind(self, target: ast.expr, found: Any) -> None:
        if isinstance(target, ast.Name):
            self.names[target.id] = found
        elif isinstance(target, (ast.Tuple, ast.List)):
            for number, inner in enumerate(target.elts):
                try:
                    self.bind(inner, found[number])
                except Exception:  # as in value()
                    self.bind(inner, self.names.world.value(ast.unparse(inner)))
        elif isinstance(target, (ast.Attribute, ast.Subscript)):
            self.names["__found__"] = found
            stored = ast.Assign([target], ast.Name("__found__", ast.Load()))
            self.carry_out(ast.fix_missing_locations(stored))
