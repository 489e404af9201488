"""The calls of library functions that a privileged function comes to, with what its callers give as their arguments."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from migrator.understand.evaluate import evaluate
from migrator.understand.events import Event
from migrator.understand.facts import bare
from migrator.understand.functions import canonical
from migrator.understand.resolve import Resolver
from migrator.understand.substitution import Binding, substitute
from migrator.understand.symbols import Attr, Function, Global, Invoke, Library, Unknown
from migrator.understand.syntax import terminal
from migrator.understand.values import Beyond, Either, Map, Text, Value
from migrator.verify.boundary import operations
from migrator.verify.boundary.guards import Asked, asked
from migrator.verify.boundary.origins import Origins

_DEEPEST = 7  # functions that call one another
_MOST = 150  # functions behind one entrypoint


@dataclass(frozen=True, slots=True)
class Made:
    """A call of a library's function behind an entrypoint.

    name: dotted. node: the call. path, line, enclosing: where it stands. arguments, keywords: in terms of the
    entrypoint's parameters where `binding` is asked. checked: parameters of the entrypoint that were tested before it.
    begins: of a call that opens a file, what its path surely begins with.
    """

    name: str
    node: ast.Call
    path: str
    line: int
    enclosing: str
    arguments: tuple[Value, ...]
    keywords: Map
    binding: Binding = field(repr=False)
    checked: frozenset[str]
    begins: str
    event: Event = field(repr=False)


class Behind:
    """Reads the functions behind entrypoints; each is read once."""

    def __init__(self, resolver: Resolver):
        self.resolver = resolver
        self._events: dict[object, list[Event]] = {}
        self._targets: dict[int, tuple[Event, list[Value]]] = {}
        self._asked: dict[object, Asked] = {}

    def calls(self, function: Function, origins: Origins) -> tuple[Made, ...]:
        """What an entrypoint calls in the end. Raises Beyond where that takes more functions than are followed."""
        return tuple(self._made(function, {}, origins, frozenset(), (function.key,), [_MOST]))

    def _made(
        self,
        function: Function,
        binding: Binding,
        origins: Origins,
        checked: frozenset[str],
        above: tuple[object, ...],
        left: list[int],
    ) -> Iterator[Made]:
        """The calls of library functions that a function comes to; left: how many functions may yet be looked into."""
        left[0] -= 1
        questions = self.asked(function)
        entered: set[object] = set()
        late: list[Event] = []
        for event in self.events(function):
            within = event.frame.function
            if within is not None and within.key != function.key:
                late.append(event)
                continue
            yield from self._of_event(event, binding, origins, checked, questions, above, left, entered)
        for event in late:  # of functions inside it: those that it only hands on are as good as called
            within = event.frame.function
            if within is not None and within.key not in entered:
                yield from self._of_event(event, binding, origins, checked, questions, above, left, set())

    def _of_event(
        self,
        event: Event,
        binding: Binding,
        origins: Origins,
        checked: frozenset[str],
        questions: Asked,
        above: tuple[object, ...],
        left: list[int],
        entered: set[object],
    ) -> Iterator[Made]:
        arguments, keywords = self.resolver.arguments(event)
        tested = self._tested(event, questions, binding, origins) | checked
        for target in self.targets(event):
            name = _library(target)
            if isinstance(target, Function):
                entered.add(target.key)
                if target.key in above:
                    continue
                if len(above) > _DEEPEST or left[0] <= 0:
                    raise Beyond("more functions than are followed stand behind it")
                given = self.resolver.functions.bound_arguments(target, arguments, keywords)
                inner = {key: substitute(value, binding) for key, value in given.items()}
                yield from self._made(
                    canonical(target), {**binding, **inner}, origins, tested, (*above, target.key), left
                )
            elif name:
                line, source = event.frame.line(event.node), event.frame.source
                yield Made(
                    *(name, event.node, source.path, line, event.frame.qualname, arguments, keywords),
                    *(binding, tested, self._begins(name, arguments, binding), event),
                )

    def _begins(self, name: str, arguments: tuple[Value, ...], binding: Binding) -> str:
        if name not in operations.OPENS or not arguments:
            return ""
        return beginning(substitute(arguments[0], binding), self.resolver)

    def _tested(self, event: Event, questions: Asked, binding: Binding, origins: Origins) -> frozenset[str]:
        """The entrypoint's parameters that the function around a call has tested before it."""
        function = event.frame.function
        local = questions.at(event.node.lineno)
        found: frozenset[str] = frozenset()
        for name in local if function is not None else ():
            if function is not None and function.key == origins.key:
                found |= {name}
            elif function is not None and (function.key, name) in binding:
                found |= origins.made_of(binding[function.key, name], binding)
        return found

    def events(self, function: Function) -> list[Event]:
        """All calls of a function, those of functions inside it too."""
        if function.key not in self._events:
            reading = self.resolver.functions.read(function, lambda _: True)
            self._events[function.key] = reading.events if reading is not None else []
        return self._events[function.key]

    def targets(self, event: Event) -> list[Value]:
        """What a call may call."""
        known = self._targets.get(id(event))
        if known is None:
            func = evaluate(event.node.func, event.env, event.frame)
            known = self._targets[id(event)] = (event, self.resolver.concrete(func))
        return known[1]

    def asked(self, function: Function) -> Asked:
        """What a function asks of its parameters, by itself and through what it calls."""
        if function.key not in self._asked:
            self._asked[function.key] = Asked((), False, ())  # while it is being read
            found = self.resolver.functions.node(function)
            if found is not None and isinstance(found[0], (ast.FunctionDef, ast.AsyncFunctionDef)):
                callees: dict[int, Asked] = {}
                for event in self.events(function):
                    for target in self.targets(event):
                        if isinstance(target, Function):
                            callees[id(event.node)] = self.asked(canonical(target))
                self._asked[function.key] = asked(found[0], callees)
        return self._asked[function.key]


def _library(target: Value) -> str:
    """The dotted name of a library's function or of a builtin, "" for anything else."""
    if isinstance(target, Library):
        return "" if target.called else target.name
    return f"builtins.{target.name}" if isinstance(target, Global) else ""


def argument(made: Made, position: int, keyword: str) -> Value | None:
    """What a call gives for a parameter, in terms of the entrypoint's own; None when it gives nothing."""
    found = made.keywords.entries.get(keyword)
    if found is None and len(made.arguments) > position:
        found = made.arguments[position]
    return substitute(found, made.binding) if found is not None else None


def flags(made: Made) -> frozenset[str]:
    """The names of the flags that os.open() is given; "?" among them for what is none."""
    given = argument(made, 1, "flags")
    waiting: list[Value] = [given] if given is not None else []
    found: set[str] = set()
    while waiting:
        inner = bare(waiting.pop())
        node = inner.node if isinstance(inner, Unknown) else None
        if isinstance(inner, Unknown) and isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            waiting += [evaluate(side, inner.env, inner.frame) for side in (node.left, node.right)]
        elif isinstance(inner, Either):
            waiting += inner.options
        elif isinstance(inner, Attr) and inner.name.startswith("O_"):
            found.add(inner.name)
        else:
            found.add("?")
    return frozenset(found)


def beginning(value: Value | None, resolver: Resolver) -> str:
    """The text that a path surely begins with, "" when that is not known."""
    inner = bare(value) if value is not None else None
    if isinstance(inner, Text):
        first = inner.pieces[0] if inner.pieces else ""
        return first if isinstance(first, str) else beginning(first, resolver)
    if isinstance(inner, Invoke) and terminal(inner.node.func) in ("join", "Path", "str") and inner.arguments:
        return beginning(inner.arguments[0], resolver)
    if isinstance(inner, (Global, Attr)):
        found = resolver.concrete(inner)
        return beginning(found[0], resolver) if len(found) == 1 and isinstance(found[0], Text) else ""
    return ""
