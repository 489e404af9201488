"""Classes of the scanned code: what they inherit from, and what their attributes may be."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from migrator.understand.facts import bare
from migrator.understand.functions import Functions, bind
from migrator.understand.outline import Definition
from migrator.understand.source import Source
from migrator.understand.symbols import Attr, Class, Function, Global, Instance, Invoke, Library
from migrator.understand.syntax import terminal
from migrator.understand.tree import Tree
from migrator.understand.values import Const, Value

_ASSIGNS = re.compile(r"[ \t]*(?::[^=\n]*)?=(?!=)")
_HEADER = re.compile(r"class[ \t]+\w+[ \t]*(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))?")


class Classes:
    """What is known of classes, kept. concrete: what a value comes down to."""

    def __init__(self, tree: Tree, functions: Functions, concrete: Callable[[Value], list[Value]]):
        self.tree = tree
        self.functions = functions
        self.concrete = concrete
        self._bases: dict[tuple[str, int], list[Value]] = {}
        self._lineages: dict[tuple[str, int], tuple[list[Class], list[str]]] = {}
        self._members: dict[tuple[str, int, str, bool], list[Value]] = {}
        self._attributes: dict[tuple[str, int], dict[str, list[Value]]] = {}

    def bases(self, of: Class) -> list[Value]:
        """The base classes of a class: classes of the project, or libraries' names."""
        key = (of.source.path, of.definition.start)
        if key not in self._bases:
            self._bases[key] = []
            header = _HEADER.match(of.source.text, of.source.text.index("class", of.definition.start))
            written = header.group(1) if header else None
            if written:
                try:
                    call = ast.parse("f" + written.replace("\n", " "), mode="eval").body
                except SyntaxError:
                    call = None
                if isinstance(call, ast.Call):
                    for argument in call.args:
                        self._bases[key].extend(self.concrete(_dotted_value(argument, of.source)))
        return self._bases[key]

    def lineage(self, of: Class) -> tuple[list[Class], list[str]]:
        """A class and the classes of the project that it inherits from, nearest first; and library bases by name."""
        key = (of.source.path, of.definition.start)
        if key not in self._lineages:
            self._lineages[key] = self._lineage(of)
        return self._lineages[key]

    def _lineage(self, of: Class) -> tuple[list[Class], list[str]]:
        classes: list[Class] = []
        libraries: list[str] = []
        waiting: list[Value] = [of]
        while waiting and len(classes) < 40:
            one = waiting.pop(0)
            if isinstance(one, Class):
                if any(known.definition is one.definition for known in classes):
                    continue
                classes.append(one)
                waiting[0:0] = self.bases(one)
            elif isinstance(one, Library):
                libraries.append(one.name)
        return classes, libraries

    def member(self, of: Class, name: str, receiver: Value) -> list[Value]:
        """What an attribute of a class's object (or of the class itself) may be: set at run time, or inherited."""
        key = (of.source.path, of.definition.start, name, isinstance(receiver, Instance))
        known = self._members.get(key)
        if known is None:
            # Bound to the class where the look-up starts: what a subclass rebinds is found from the subclass.
            known = self._members[key] = self._member(of, name, receiver)
        return known

    def _member(self, of: Class, name: str, receiver: Value) -> list[Value]:
        classes, libraries = self.lineage(of)
        found: list[Value] = []
        for one in classes:
            found.extend(self.set_attributes(one, name))
        for one in classes:
            child = one.definition.children.get(name)
            if child is not None:
                if child.is_class:
                    found.append(Class(one.source, child))
                elif any(mark.endswith("property") for mark in one.source.decorators(child)):
                    found.extend(self.functions.returned(Function(one.source, child)))
                else:
                    found.append(bind(Function(one.source, child), receiver))
                break
            values = self.tree.class_attribute(one.source, one.definition, name)
            if values:
                found.extend(_unwrapped(value) for value in values)
                break
        else:
            found.extend(Library(f"{base}.{name}") for base in libraries if base not in ("object", "builtins.object"))
        return found

    def set_attributes(self, of: Class, name: str) -> list[Value]:
        """The values that the methods of one class (not of its bases) give `self.name`, `cls.name` or `Class.name`."""
        key = (of.source.path, of.definition.start)
        table = self._attributes.setdefault(key, {})
        if name not in table:
            table[name] = []
            text, end = of.source.text, of.source.outline.body_end(of.definition)
            methods: dict[int, Definition] = {}
            for position in _settings(text, name, of.definition, end):
                method = of.source.outline.function_at(position)
                if method is not None and method.owner is of.definition:
                    methods[method.start] = method
            for method in methods.values():
                table[name].extend(self.functions.attributes(Function(of.source, method)).get(name, ()))
        return table[name]


def _unwrapped(value: Value) -> Value:
    """`staticmethod(f)` in a class body is f."""
    inner = bare(value)
    if isinstance(inner, Invoke) and len(inner.arguments) == 1:
        called = terminal(inner.node.func)
        if called in ("staticmethod", "classmethod", "property"):
            return inner.arguments[0]
    return value


def _dotted_value(node: ast.expr, source: Source) -> Value:
    """A base class expression as a value, without source positions (it was parsed apart)."""
    if isinstance(node, ast.Name):
        return Global(source, node.id)
    if isinstance(node, ast.Attribute):
        return Attr(_dotted_value(node.value, source), node.attr)
    if isinstance(node, ast.Subscript):  # Generic[T]
        return _dotted_value(node.value, source)
    if isinstance(node, ast.Call) and node.args:  # six.with_metaclass(Meta, Base)
        return _dotted_value(node.args[-1], source)
    return Const(None)


def _settings(text: str, name: str, of: Definition, end: int) -> Iterator[int]:
    """Where an attribute of a class or its objects is assigned, from the start of the class to the end."""
    for owner in ("self", "cls", of.name):
        place = f"{owner}.{name}"
        position = text.find(place, of.start, end)
        while position >= 0:
            after = position + len(place)
            if _ASSIGNS.match(text, after):
                yield position
            position = text.find(place, after, end)
