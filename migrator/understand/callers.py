"""The calls of a function in its own file, read for what they give its parameters."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from migrator.understand.binding import given_arguments
from migrator.understand.classes import Classes
from migrator.understand.facts import bare
from migrator.understand.functions import Functions, bind, canonical
from migrator.understand.outline import Definition
from migrator.understand.source import Source
from migrator.understand.symbols import Class, Function, Instance, Param
from migrator.understand.syntax import terminal
from migrator.understand.tree import Tree
from migrator.understand.values import Const, Text, Value


class Callers:
    """What callers give for parameters, kept. concrete: what a value comes down to."""

    def __init__(self, tree: Tree, functions: Functions, classes: Classes, concrete: Callable[[Value], list[Value]]):
        self.tree = tree
        self.functions = functions
        self.classes = classes
        self.concrete = concrete
        self._given: dict[tuple[object, str], list[Value]] = {}
        self._constants: dict[tuple[object, str], list[Text]] = {}

    def given(self, parameter: Param) -> list[Value]:
        """What the calls in the same file give for a parameter, its default among it."""
        key = (parameter.function.key, parameter.name)
        if key not in self._given:
            self._given[key] = []
            values: list[Value] = []
            if parameter.default is not None:
                default = bare(parameter.default)
                if not (isinstance(default, Const) and default.value is None):
                    values.append(parameter.default)
            values.extend(self._calls_of(parameter))
            self._given[key] = values
        return self._given[key]

    def _calls_of(self, parameter: Param) -> list[Value]:
        function = parameter.function
        definition = function.definition
        if definition is None:
            return []
        source = function.source
        names = {definition.name}
        if definition.name == "__init__" and definition.owner is not None:
            names |= {definition.owner.name, *self._subclasses(source, definition.owner)}
        values: list[Value] = []
        for name in sorted(names):
            values.extend(self._calls_by_name(parameter, source, definition, name))
        return [value for value in values if not isinstance(bare(value), Const)]

    def _subclasses(self, source: Source, owner: Definition) -> set[str]:
        """The classes of the same file that inherit a class's constructor."""
        names: set[str] = set()
        for one in source.outline.definitions:
            if one.is_class and one is not owner and "__init__" not in one.children:
                classes, _ = self.classes.lineage(Class(source, one))
                if any(known.definition is owner for known in classes):
                    names.add(one.name)
        return names

    def _calls_by_name(self, parameter: Param, source: Source, definition: Definition, name: str) -> list[Value]:
        function = parameter.function
        values: list[Value] = []
        seen: set[int] = set()
        for found in _calling(name).finditer(source.text):
            caller = source.outline.function_at(found.start())
            if caller is None or caller.start in seen:
                continue
            seen.add(caller.start)
            inside = canonical(Function(source, caller))
            reading = self.functions.read(inside, lambda call: terminal(call.func) == name)
            for event in reading.events if reading is not None else ():
                arguments, keywords = given_arguments(event.node, event.env, event.frame, self.concrete)
                bound_function = (
                    bind(function, Instance(Class(source, definition.owner))) if definition.owner else function
                )
                value = self.functions.bound_arguments(bound_function, arguments, keywords).get(
                    (function.key, parameter.name)
                )
                if value is not None:
                    values.append(value)
            if len(seen) > 12:
                break
        return values

    def constants(self, parameter: Param) -> list[Text]:
        """The known texts that all callers of a private function give for a parameter; empty when one gives another.

        Private: its name starts with an underscore, and stands in no other file.
        """
        key = (parameter.function.key, parameter.name)
        if key not in self._constants:
            self._constants[key] = []  # while its callers are read
            self._constants[key] = self._constant_callers(parameter)
        return self._constants[key]

    def _constant_callers(self, parameter: Param) -> list[Text]:
        function = parameter.function
        definition = function.definition
        if definition is None or parameter.star or not definition.name.startswith("_") or definition.name[-2:] == "__":
            return []
        source, name = function.source, definition.name
        if self.tree.store.holding(name.encode()) != [source.path]:
            return []
        uses = len(re.findall(rf"\b{name}\b", source.text))
        values = self._calls_by_name(parameter, source, definition, name)
        found = [one for value in values for one in self.concrete(value)]
        texts = [one for one in found if isinstance(one, Text) and one.known is not None]
        # A use that is no call, or a call that was not read, may give anything.
        return texts if texts and len(texts) == len(found) and len(values) == uses - 1 else []


@cache
def _calling(name: str) -> re.Pattern[str]:
    return re.compile(rf"{re.escape(name)}[ \t]*\(")
