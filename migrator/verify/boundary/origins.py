"""Which parameters of an entrypoint a value begins with, or is made of, in the functions that it calls too."""

from __future__ import annotations

import ast

from migrator.understand.evaluate import evaluate
from migrator.understand.facts import bare
from migrator.understand.resolve import Resolver
from migrator.understand.substitution import Binding, substitute
from migrator.understand.symbols import Attr, Frame, Function, Global, Invoke, Library, Param, Unknown
from migrator.understand.syntax import terminal
from migrator.understand.values import Branch, Either, Entry, Env, Logic, Loop, Map, Seq, Slice, Spread, Text, Value

_DEEP = 12
_MOST_STEPS = 20_000
# Their result begins as their first argument does; map() and filter() are told apart below.
_KEEP = frozenset(
    {
        *("abspath", "realpath", "normpath", "expanduser", "expandvars", "fsencode", "fsdecode", "fspath", "join"),
        *("str", "list", "tuple", "sorted", "reversed", "iter", "dict", "bytes", "text_type", "Path", "PurePath"),
        *("walk", "listdir", "scandir", "glob", "iglob", "ensure_binary", "ensure_text", "safe_encode", "safe_decode"),
    }
)
# Methods of texts and mappings whose result begins as what they are called on does.
_METHODS = frozenset(
    {"split", "rsplit", "strip", "rstrip", "lstrip", "encode", "decode", "format", "items", "values", "keys", "copy"}
)
_SECOND = frozenset({"map", "filter"})


class Origins:
    """Follows values to the parameters of one function. binding: what calls on the way gave other functions."""

    def __init__(self, resolver: Resolver, entrypoint: Function):
        self.resolver = resolver
        self.key = entrypoint.key
        self.left = _MOST_STEPS

    def leading(self, value: Value, binding: Binding, depth: int = 0) -> frozenset[str]:
        """The parameters that a text or list may begin with: of a path, they choose where it leads."""
        inner = bare(value)
        self.left -= 1
        if depth > _DEEP or self.left < 0:
            return frozenset()
        if isinstance(inner, Param):
            return self._parameter(inner, binding, depth)
        if isinstance(inner, Text):
            first = inner.pieces[0] if inner.pieces else ""
            return self.leading(first, binding, depth + 1) if isinstance(first, Value) else frozenset()
        if isinstance(inner, Seq):
            return self.leading(inner.items[0], binding, depth + 1) if inner.items else frozenset()
        if isinstance(inner, Spread):
            return self.leading(inner.value, binding, depth + 1)
        if isinstance(inner, (Slice, Entry)):
            held = inner.sequence if isinstance(inner, Slice) else inner.mapping
            return self.leading(held, binding, depth + 1)
        if isinstance(inner, (Either, Logic)):
            options = inner.options if isinstance(inner, Either) else inner.operands
            return frozenset().union(*(self.leading(one, binding, depth + 1) for one in options))
        if isinstance(inner, Branch):
            runs = (run[0] for run in inner.options if run)
            return frozenset().union(*(self.leading(one, binding, depth + 1) for one in runs))
        if isinstance(inner, Loop):
            return self.leading(inner.items[0], binding, depth + 1) if inner.items else frozenset()
        if isinstance(inner, Invoke):
            return self._result(inner, binding, depth)
        if isinstance(inner, Unknown):
            return self._expression(inner.node, inner.env, inner.frame, binding, depth)
        return frozenset()

    def made_of(self, value: Value, binding: Binding, depth: int = 0) -> frozenset[str]:
        """All parameters that a value is made of."""
        inner = bare(value)
        self.left -= 1
        if depth > _DEEP or self.left < 0:
            return frozenset()
        if isinstance(inner, Param):
            return self._parameter(inner, binding, depth, whole=True)
        parts: list[Value] = []
        if isinstance(inner, Text):
            parts = [one for one in inner.pieces if isinstance(one, Value)]
        elif isinstance(inner, (Seq, Loop)):
            parts = list(inner.items)
        elif isinstance(inner, Spread):
            parts = [inner.value]
        elif isinstance(inner, Slice):
            parts = [inner.sequence]
        elif isinstance(inner, Entry):
            parts = [inner.mapping]
        elif isinstance(inner, Map):
            parts = [*inner.entries.values(), *inner.rest]
        elif isinstance(inner, Either):
            parts = list(inner.options)
        elif isinstance(inner, Logic):
            parts = list(inner.operands)
        elif isinstance(inner, Branch):
            parts = [one for run in inner.options for one in run]
        elif isinstance(inner, Invoke):
            parts = [*inner.arguments, *inner.keywords.entries.values(), inner.func]
        elif isinstance(inner, Attr):
            parts = [inner.base]
        elif isinstance(inner, Unknown):
            names = (one for one in ast.walk(inner.node) if isinstance(one, ast.Name) and one is not inner.node)
            found = [inner.env[one.id] for one in names if one.id in inner.env]
            parts = [*found, *self._turned(inner.node, inner.env, inner.frame)]
        return frozenset().union(*(self.made_of(one, binding, depth + 1) for one in parts))

    def _parameter(self, value: Param, binding: Binding, depth: int, whole: bool = False) -> frozenset[str]:
        if value.function.key == self.key:
            return frozenset({value.name})
        given = binding.get((value.function.key, value.name))
        if given is None or given is value:
            return frozenset()
        follow = self.made_of if whole else self.leading
        return follow(given, binding, depth + 1)

    def _result(self, call: Invoke, binding: Binding, depth: int) -> frozenset[str]:
        name, func = terminal(call.node.func), bare(call.func)
        if isinstance(func, Attr) and name in _METHODS:
            return self.leading(func.base, binding, depth + 1)
        place = 1 if name in _SECOND else 0
        targets = self.resolver.concrete(call.func)
        found: frozenset[str] = frozenset()
        for target in targets:
            if isinstance(target, Function):
                given = self.resolver.functions.bound_arguments(target, call.arguments, call.keywords)
                for one in self.resolver.functions.returned(target):
                    found |= self.leading(substitute(one, given), {**binding, **given}, depth + 2)
            elif isinstance(target, (Library, Global)) and name in _KEEP | _SECOND and len(call.arguments) > place:
                found |= self.leading(call.arguments[place], binding, depth + 1)
        return found

    def _expression(self, node: ast.expr, env: Env, frame: Frame, binding: Binding, depth: int) -> frozenset[str]:
        """The same for an expression that is not followed: sums, comprehensions, names that a loop gives."""
        if isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp)):
            return self.leading(evaluate(node.generators[0].iter, env, frame), binding, depth + 1)
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Div)):
            sides = (evaluate(side, env, frame) for side in (node.left, node.right))
            both = [self.leading(side, binding, depth + 1) for side in sides]
            return both[0] or (both[1] if not isinstance(node.left, (ast.Constant, ast.JoinedStr)) else frozenset())
        if isinstance(node, (ast.Subscript, ast.Starred)):
            return self.leading(evaluate(node.value, env, frame), binding, depth + 1)
        if isinstance(node, ast.Name):
            turned = self._turned(node, env, frame)
            return frozenset().union(*(self.leading(one, binding, depth + 1) for one in turned))
        if isinstance(node, ast.Call):
            value = evaluate(node, env, frame)
            return self.leading(value, binding, depth + 1) if not isinstance(bare(value), Unknown) else frozenset()
        return frozenset()

    def _turned(self, node: ast.AST, env: Env, frame: Frame) -> list[Value]:
        """What the loop that binds a name goes over."""
        function = frame.function
        found = self.resolver.functions.node(function) if function is not None else None
        if not isinstance(node, ast.Name) or found is None:
            return []
        loops = [one for one in ast.walk(found[0]) if isinstance(one, (ast.For, ast.AsyncFor, ast.comprehension))]
        over = [one.iter for one in loops if any(_names(one.target, node.id))]
        return [evaluate(one, env, frame) for one in over]


def _names(target: ast.expr, name: str) -> list[bool]:
    return [True for one in ast.walk(target) if isinstance(one, ast.Name) and one.id == name]
