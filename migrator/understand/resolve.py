"""What values come down to: names looked up, attributes found through classes, calls of helpers followed."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache

from migrator.understand.binding import bound, parameters
from migrator.understand.evaluate import evaluate, item, keyword_map
from migrator.understand.events import Event
from migrator.understand.facts import bare, entry, flattened, sliced, truth
from migrator.understand.outline import Definition
from migrator.understand.source import Source
from migrator.understand.statements import Reading, read
from migrator.understand.substitution import Binding, substitute
from migrator.understand.symbols import (
    Attr,
    Class,
    Frame,
    Function,
    Global,
    Instance,
    Invoke,
    Library,
    Module,
    Named,
    Param,
    Super,
    Unknown,
)
from migrator.understand.syntax import calls_in, terminal
from migrator.understand.tree import Tree
from migrator.understand.values import ABSENT, Beyond, Const, Either, Map, Seq, Slice, Spread, Text, Value

_DEEPEST = 12  # steps from one name to the next before a value is given up
_MOST_STEPS = 100_000  # looks at values while one function is read
_MOST = 8  # alternatives of one value that are followed
_ASSIGNS = re.compile(r"[ \t]*(?::[^=\n]*)?=(?!=)")
_HEADER = re.compile(r"class[ \t]+\w+[ \t]*(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))?")

Node = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Resolver:
    """Follows values through the tree; what it has read of a function it keeps."""

    def __init__(self, tree: Tree):
        self.tree = tree
        self._nodes: dict[object, tuple[Node, int] | None] = {}
        self._bases: dict[tuple[str, int], list[Value]] = {}
        self._attributes: dict[tuple[str, int], dict[str, list[Value]]] = {}
        self._assigners: dict[object, dict[str, list[Value]]] = {}
        self._returned: dict[object, list[Value]] = {}
        self._members: dict[tuple[str, int, str, bool], list[Value]] = {}
        self._lineages: dict[tuple[str, int], tuple[list[Class], list[str]]] = {}
        self.known = 0  # how many wrappers are known by name: with more of them, more calls are told of
        self._readings: dict[tuple[object, int], Reading | None] = {}
        self.steps = 0  # since the last function was begun
        self._calls: dict[int, list[ast.Call]] = {}
        self._constants: dict[tuple[object, str], list[Text]] = {}
        self._given: dict[tuple[object, str], list[Value]] = {}

    # --- functions -----------------------------------------------------------------------------------

    def node(self, function: Function) -> tuple[Node, int] | None:
        """A function's syntax tree and line shift; None when it cannot be parsed."""
        if function.node is not None and function.frame is not None:
            return function.node, function.frame.shift
        key = function.key
        if key not in self._nodes:
            self._nodes[key] = None
            if function.definition is not None:
                try:
                    statement, shift = function.source.parse(function.definition)
                except SyntaxError:
                    statement, shift = None, 0
                if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    self._nodes[key] = (statement, shift)
        return self._nodes[key]

    def frame(self, function: Function, shift: int) -> Frame:
        definition = function.definition
        if definition is None:
            assert function.frame is not None
            outer = function.frame
            return Frame(outer.source, outer.shift, outer.qualname, function, outer.owner)
        return Frame(function.source, shift, definition.qualname, function, definition.owner)

    def canonical(self, function: Function) -> Function:
        """The function as its own class sees it: bound to an object of that class, or to the class."""
        definition = function.definition
        if definition is None or definition.owner is None or function.closure is not None:
            return function
        static, of_class = self.binding_kind(function)
        owner = Class(function.source, definition.owner)
        receiver: Value | None = None if static else owner if of_class else Instance(owner)
        return Function(function.source, definition, receiver=receiver)

    def binding_kind(self, function: Function) -> tuple[bool, bool]:
        """Whether a method is static, and whether it is a class method."""
        definition = function.definition
        if definition is None or definition.owner is None:
            return True, False
        decorators = function.source.decorators(definition)
        of_class = any(one.endswith("classmethod") for one in decorators) or definition.name == "__new__"
        return any(one.endswith("staticmethod") for one in decorators), of_class

    def decorators(self, function: Function) -> tuple[str, ...]:
        if function.definition is None:
            return ()
        return function.source.decorators(function.definition)

    def nested(
        self, frame: Frame, node: ast.FunctionDef | ast.AsyncFunctionDef, env: dict[str, Value]
    ) -> tuple[Function, Frame] | None:
        """The Function of a `def` inside another function."""
        line = node.lineno + frame.shift
        definition = next(
            (one for one in frame.source.outline.definitions if one.line == line and one.name == node.name), None
        )
        if definition is None:
            return None
        function = Function(frame.source, definition, node, env, frame)
        return function, Frame(frame.source, frame.shift, definition.qualname, function, frame.owner)

    def reading(self, function: Function, wanted: Callable[[ast.Call], bool] | None) -> Reading | None:
        """What a function does; None when it cannot be parsed. wanted: which calls to tell of, None for none."""
        key = (function.key, self.known if wanted is not None else -1)
        if key in self._readings:
            return self._readings[key]
        if wanted is None:  # any reading tells what is returned and set
            for other in (self.known, 0):
                if (function.key, other) in self._readings:
                    return self._readings[function.key, other]
        reading = self._readings[key] = self._read(function, wanted)
        return reading

    def _read(self, function: Function, wanted: Callable[[ast.Call], bool] | None) -> Reading | None:
        found = self.node(function)
        if found is None:
            return None
        node, shift = found
        frame = self.frame(function, shift)
        env = bound(function, node, frame)
        body: list[ast.stmt]
        if isinstance(node, ast.Lambda):
            body = [ast.copy_location(ast.Return(value=node.body), node.body)]
        else:
            body = node.body
        calls: list[ast.Call] = []
        if wanted is not None:
            if id(node) not in self._calls:
                self._calls[id(node)] = calls_in(body)
            calls = [call for call in self._calls[id(node)] if wanted(call)]
        return read(body, env, frame, calls, self.nested)

    # --- what a value comes down to ------------------------------------------------------------------

    def concrete(self, value: Value, depth: int = 0) -> list[Value]:
        """The alternatives of a value, each looked up as far as it goes; never empty."""
        value = bare(value)
        self.steps += 1
        if self.steps > _MOST_STEPS:
            raise Beyond("its values have too many alternatives")
        if depth > _DEEPEST:
            return [value]
        if isinstance(value, Global):
            found = self.tree.lookup(value.source, value.name)
            return [value] if found is None else self.concrete(found, depth + 1)
        if isinstance(value, Attr):
            found_all: list[Value] = []
            for base in self.concrete(value.base, depth + 1):
                for one in self.attribute(base, value.name, depth + 1):
                    found_all.extend(self.concrete(one, depth + 1))
            return _distinct(found_all) or [value]
        if isinstance(value, Either):
            if value.test is not None and len(value.options) == 2:
                decided = truth(value.test)
                if decided is not None:
                    return self.concrete(value.options[0 if decided else 1], depth + 1)
            alternatives = [one for option in value.options for one in self.concrete(option, depth + 1)]
            return _distinct(alternatives)
        if isinstance(value, Invoke):
            return self.result(value, depth + 1) or [value]
        if isinstance(value, Slice):
            known = [flattened(self._filled(one)) for one in self.concrete(value.sequence, depth + 1)]
            parts = [sliced(Seq(items), value.lower, value.upper) for items in known if items is not None]
            return parts if parts and len(parts) == len(known) else [value]
        return [value]

    def _filled(self, value: Value) -> Value:
        """A sequence with the named sequences that are spread in it put in their place, where they are known."""
        if not isinstance(value, Seq):
            return value
        items: list[Value] = []
        for one in value.items:
            found = self.concrete(one.value) if isinstance(one, Spread) else []
            if len(found) == 1 and isinstance(found[0], Seq):
                items.append(Spread(self._filled(found[0])))
            else:
                items.append(one)
        return Seq(tuple(items))

    def attribute(self, base: Value, name: str, depth: int = 0) -> list[Value]:
        """What `base.name` may be; empty when that is not known."""
        base = bare(base)
        if isinstance(base, (Module, Library)):
            if isinstance(base, Library) and base.called:
                return [Library(f"{base.name}.{name}")]
            found = self.tree.member(base, name)
            return [found] if found is not None else []
        if isinstance(base, Instance):
            return self.class_member(base.of, name, base, depth)
        if isinstance(base, Class):
            return self.class_member(base, name, base, depth)
        if isinstance(base, Super):
            found_all: list[Value] = []
            for parent in self.bases(base.of):
                if isinstance(parent, Class):
                    found_all.extend(self.class_member(parent, name, Instance(base.of), depth))
                elif isinstance(parent, Library):
                    found_all.append(Library(f"{parent.name}.{name}"))
            return found_all
        if isinstance(base, Param) and base.default is not None and depth < _DEEPEST:
            default = bare(base.default)
            if not isinstance(default, Const):
                known = self.concrete(default, depth + 1)
                return [found for one in known for found in self.attribute(one, name, depth + 1)]
        if isinstance(base, Param) and depth < _DEEPEST // 2:
            found_all = []
            for value in self.given(base):
                for one in self.concrete(value, depth + 3):
                    if not isinstance(one, Param):
                        found_all.extend(self.attribute(one, name, depth + 3))
            return _distinct(found_all)
        return []

    def bases(self, of: Class) -> list[Value]:
        """The base classes of a class: classes of the project, or libraries' names."""
        key = (of.source.path, of.definition.start)
        if key not in self._bases:
            self._bases[key] = []
            header = _HEADER.match(of.source.text, of.source.text.index("class", of.definition.start))
            written = header.group(1) if header else None
            if written:
                frame = self.tree.frame(of.source)
                try:
                    call = ast.parse("f" + written.replace("\n", " "), mode="eval").body
                except SyntaxError:
                    call = None
                if isinstance(call, ast.Call):
                    for argument in call.args:
                        self._bases[key].extend(self.concrete(_dotted_value(argument, frame)))
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

    def class_member(self, of: Class, name: str, receiver: Value, depth: int = 0) -> list[Value]:
        """What an attribute of a class's object (or of the class itself) may be: set at run time, or inherited."""
        key = (of.source.path, of.definition.start, name, isinstance(receiver, Instance))
        known = self._members.get(key)
        if known is None:
            # Bound to the class where the look-up starts: what a subclass rebinds is found from the subclass.
            known = self._members[key] = self._class_member(of, name, receiver, depth)
        return known

    def _class_member(self, of: Class, name: str, receiver: Value, depth: int) -> list[Value]:
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
                    found.extend(self.returned(Function(one.source, child)))
                else:
                    found.append(self.bind(Function(one.source, child), receiver))
                break
            values = self.tree.class_attribute(one.source, one.definition, name)
            if values:
                found.extend(self.unwrapped(value, depth) for value in values)
                break
        else:
            found.extend(Library(f"{base}.{name}") for base in libraries if base not in ("object", "builtins.object"))
        return found

    def unwrapped(self, value: Value, depth: int) -> Value:
        """`staticmethod(f)` in a class body is f."""
        inner = bare(value)
        if isinstance(inner, Invoke) and len(inner.arguments) == 1:
            called = terminal(inner.node.func)
            if called in ("staticmethod", "classmethod", "property"):
                return inner.arguments[0]
        return value

    def bind(self, function: Function, receiver: Value) -> Function:
        """A method as `receiver.method` gives it."""
        static, of_class = self.binding_kind(function)
        if static:
            return function
        if of_class:
            owner = receiver.of if isinstance(receiver, Instance) else receiver
            return Function(function.source, function.definition, receiver=owner)
        if isinstance(receiver, Instance):
            return Function(function.source, function.definition, receiver=receiver)
        return function

    # --- attributes that methods set -------------------------------------------------------------------

    def set_attributes(self, of: Class, name: str) -> list[Value]:
        """The values that the methods of one class (not of its bases) give `self.name`."""
        key = (of.source.path, of.definition.start)
        table = self._attributes.setdefault(key, {})
        if name not in table:
            table[name] = []
            text, end = of.source.text, of.source.outline.body_end(of.definition)
            methods: dict[int, Definition] = {}
            for position in _settings(text, name, of.definition.start, end):
                method = of.source.outline.function_at(position)
                if method is not None and method.owner is of.definition:
                    methods[method.start] = method
            for method in methods.values():
                table[name].extend(self._sets(of.source, method).get(name, ()))
        return table[name]

    def _sets(self, source: Source, method: Definition) -> dict[str, list[Value]]:
        function = self.canonical(Function(source, method))
        if function.key not in self._assigners:
            self._assigners[function.key] = {}
            reading = self.reading(function, None)
            if reading is not None:
                self._assigners[function.key] = reading.attributes
        return self._assigners[function.key]

    # --- calls -------------------------------------------------------------------------------------------

    def result(self, call: Invoke, depth: int = 0) -> list[Value]:
        """What a call may give back; empty when that is not known."""
        if depth > _DEEPEST:
            return []
        if terminal(call.node.func) == "super":
            owner = call.frame.owner
            return [Super(Class(call.frame.source, owner))] if owner is not None else []
        found: list[Value] = []
        for target in self.concrete(call.func, depth + 1)[:_MOST]:
            if isinstance(target, Class):
                found.append(Instance(target))
            elif isinstance(target, Library):
                found.append(Library(target.name, called=True))
            elif isinstance(target, Function):
                binding = self.bound_arguments(target, call.arguments, call.keywords)
                for value in self.returned(target):
                    found.extend(self.concrete(substitute(value, binding), depth + 1))
        return _distinct(found)

    def returned(self, function: Function) -> list[Value]:
        """The values that a function returns, in terms of its parameters."""
        canonical = self.canonical(function)
        key = canonical.key
        if key in self._returned:
            return self._returned[key]
        self._returned[key] = []
        reading = self.reading(canonical, None)
        if reading is not None:
            self._returned[key] = reading.returns[:_MOST]
        return self._returned[key]

    def bound_arguments(self, function: Function, arguments: tuple[Value, ...], keywords: Map) -> Binding:
        """Which value each parameter gets from a call."""
        found = self.node(function)
        if found is None:
            return {}
        node, _ = found
        key = function.key
        binding: Binding = {}
        given = list(arguments)
        entries = dict(keywords.entries)
        below = Map({}, keywords.rest)
        names = list(parameters(node.args))
        if function.receiver is not None and names:
            names = names[1:]
        for name, star, default in names:
            if star == "*":
                binding[key, name] = Seq(tuple(given))
                given = []
            elif star == "**":
                binding[key, name] = Map(entries, keywords.rest)
            elif star == "" and given and not isinstance(given[0], Spread):
                binding[key, name] = given.pop(0)
            elif name in entries:
                binding[key, name] = entries.pop(name)
            elif star == "" and given:
                binding[key, name] = _first_of(given[0], call_default(function, default, self.frame(function, 0)))
            else:
                fallback = call_default(function, default, self._default_frame(function))
                if keywords.rest:
                    binding[key, name] = entry(below, name, fallback or ABSENT)
                elif fallback is not None:
                    binding[key, name] = fallback
        return binding

    def _default_frame(self, function: Function) -> Frame:
        found = self.node(function)
        shift = found[1] if found else 0
        return Frame(function.source, shift, "<module>", None, None)

    def event_arguments(self, event: Event) -> tuple[tuple[Value, ...], Map]:
        """The arguments of a call as it was reached."""
        node = event.node
        arguments = tuple(item(argument, event.env, event.frame) for argument in node.args)
        keywords = keyword_map(node.keywords, event.env, event.frame)
        if any(isinstance(bare(rest), (Global, Attr)) for rest in keywords.rest):
            keywords = Map(keywords.entries, tuple(self._mapping(rest) for rest in keywords.rest))
        return arguments, keywords

    def _mapping(self, value: Value) -> Value:
        """A mapping that is splatted into a call, looked up when it is a constant of a module or class."""
        found = self.concrete(value) if isinstance(bare(value), (Global, Attr)) else []
        return found[0] if len(found) == 1 and isinstance(found[0], Map) else value

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
                classes, _ = self.lineage(Class(source, one))
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
            inside = self.canonical(Function(source, caller))
            reading = self._read(inside, lambda call: terminal(call.func) == name)
            for event in reading.events if reading is not None else ():
                arguments, keywords = self.event_arguments(event)
                bound_function = (
                    self.bind(function, Instance(Class(source, definition.owner))) if definition.owner else function
                )
                value = self.bound_arguments(bound_function, arguments, keywords).get((function.key, parameter.name))
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


def call_default(function: Function, default: ast.expr | None, frame: Frame) -> Value | None:
    return evaluate(default, function.closure or {}, frame) if default is not None else None


def _first_of(spread: Value, default: Value | None) -> Value:
    """A positional parameter that is filled from `*args`."""
    inner = bare(spread.value) if isinstance(spread, Spread) else spread
    return Named(inner.node, inner.env, inner.frame, inner) if isinstance(inner, Unknown) else inner


def _dotted_value(node: ast.expr, frame: Frame) -> Value:
    """A base class expression as a value, without source positions (it was parsed apart)."""
    if isinstance(node, ast.Name):
        return Global(frame.source, node.id)
    if isinstance(node, ast.Attribute):
        return Attr(_dotted_value(node.value, frame), node.attr)
    if isinstance(node, ast.Subscript):  # Generic[T]
        return _dotted_value(node.value, frame)
    if isinstance(node, ast.Call) and node.args:  # six.with_metaclass(Meta, Base)
        return _dotted_value(node.args[-1], frame)
    return Const(None)


def _distinct(values: list[Value]) -> list[Value]:
    kept: list[Value] = []
    for value in values:
        if not any(_same_thing(value, one) for one in kept):
            kept.append(value)
        if len(kept) >= _MOST:
            break
    return kept


def _same_thing(a: Value, b: Value) -> bool:
    if a is b:
        return True
    if isinstance(a, Function) and isinstance(b, Function):
        return a.key == b.key
    if isinstance(a, Library) and isinstance(b, Library):
        return a.name == b.name and a.called == b.called
    if isinstance(a, Class) and isinstance(b, Class):
        return a.definition is b.definition
    if isinstance(a, Instance) and isinstance(b, Instance):
        return a.of.definition is b.of.definition
    if isinstance(a, Const) and isinstance(b, Const):
        return a.value is b.value
    return False


def _settings(text: str, name: str, start: int, end: int) -> Iterator[int]:
    """Where `self.name` is assigned in a stretch of text."""
    place = f"self.{name}"
    position = text.find(place, start, end)
    while position >= 0:
        after = position + len(place)
        if _ASSIGNS.match(text, after):
            yield position
        position = text.find(place, after, end)


@cache
def _calling(name: str) -> re.Pattern[str]:
    return re.compile(rf"{re.escape(name)}[ \t]*\(")
