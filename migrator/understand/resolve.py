"""What values come down to: names looked up, attributes found through classes, calls of helpers followed."""

from __future__ import annotations

from migrator.understand.binding import given_arguments
from migrator.understand.callers import Callers
from migrator.understand.classes import Classes
from migrator.understand.events import Event
from migrator.understand.facts import bare, flattened, sliced, truth
from migrator.understand.functions import Functions
from migrator.understand.substitution import substitute
from migrator.understand.symbols import Attr, Class, Function, Global, Instance, Invoke, Library, Module, Param, Super
from migrator.understand.syntax import terminal
from migrator.understand.tree import Tree
from migrator.understand.values import Beyond, Const, Either, Map, Seq, Slice, Spread, Value

_DEEPEST = 12  # steps from one name to the next before a value is given up
_MOST_STEPS = 100_000  # looks at values while one function is read
_MOST = 8  # alternatives of one value that are followed


class Resolver:
    """Follows values through the tree."""

    def __init__(self, tree: Tree):
        self.tree = tree
        self.functions = Functions()
        self.classes = Classes(tree, self.functions, self.concrete)
        self.callers = Callers(tree, self.functions, self.classes, self.concrete)
        self.steps = 0  # since the last function was begun

    def arguments(self, event: Event) -> tuple[tuple[Value, ...], Map]:
        """The arguments of a call as it was reached."""
        return given_arguments(event.node, event.env, event.frame, self.concrete)

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
            return self.classes.member(base.of, name, base)
        if isinstance(base, Class):
            return self.classes.member(base, name, base)
        if isinstance(base, Super):
            found_all: list[Value] = []
            for parent in self.classes.bases(base.of):
                if isinstance(parent, Class):
                    found_all.extend(self.classes.member(parent, name, Instance(base.of)))
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
            for value in self.callers.given(base):
                for one in self.concrete(value, depth + 3):
                    if not isinstance(one, Param):
                        found_all.extend(self.attribute(one, name, depth + 3))
            return _distinct(found_all)
        return []

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
                binding = self.functions.bound_arguments(target, call.arguments, call.keywords)
                for value in self.functions.returned(target):
                    found.extend(self.concrete(substitute(value, binding), depth + 1))
        return _distinct(found)


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
