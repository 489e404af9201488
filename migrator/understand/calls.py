"""Calls to the commands that they run: through wrappers, methods, attributes, partials and lambdas."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from migrator.understand.evaluate import evaluate
from migrator.understand.events import Event
from migrator.understand.executors import EXECUTORS, FLAGS, Executor
from migrator.understand.facts import bare, truth
from migrator.understand.flags import flag_parts, is_flag_name
from migrator.understand.flows import Flow, distinct, takes_tail
from migrator.understand.functions import canonical, decorators_of
from migrator.understand.presumed import of_constructor, of_library, of_unknown
from migrator.understand.resolve import Resolver
from migrator.understand.substitution import substitute, substitute_map
from migrator.understand.sudo import becomes_root, raised, written_as_root
from migrator.understand.symbols import (
    Attr,
    Class,
    Function,
    Global,
    Instance,
    Invoke,
    Library,
    Param,
    Partial,
    Unknown,
)
from migrator.understand.syntax import abstract, terminal
from migrator.understand.values import TRUE, Either, Entry, Logic, Map, Seq, Value

_LIKELY = re.compile(r"exec|cmd|command|process|popen|sudo|root|spawn|shell|_run|run_|^run$|^call$|check_", re.I)
_PROMISING = re.compile(r"exec|cmd|command|open|sudo|root|subprocess|process|run|spawn|shell|system")
_DEEPEST = 8  # wrappers of wrappers
_MOST = 6  # ways through one wrapper


class Calls:
    """Follows calls; `names` are the wrappers known so far, by which a call is worth following at all."""

    def __init__(self, resolver: Resolver, executors: dict[str, Executor] | None = None):
        self.resolver = resolver
        self.executors = {**EXECUTORS, **(executors or {})}
        self.names: set[str] = set()
        self.met: dict[object, Function] = {}  # functions that were found to run commands for their callers
        self.injected: dict[tuple[str, int, str], tuple[str, ...]] = {}  # see migrator.understand.injection
        self.setting: dict[str, dict[tuple[str, int], list[Class]]] = {}  # the same
        self.added: dict[object, tuple[str, ...]] = {}  # what each wrapper does beyond forwarding
        self._event_flows: dict[tuple[int, int], tuple[Event, list[Flow]]] = {}
        self._flows: dict[object, list[Flow]] = {}
        self._open: list[object] = []
        self._plain = False  # commands that are surely not root are of interest: a caller may yet make them so
        self._taking: dict[object, bool] = {}

    # --- which calls are looked at -----------------------------------------------------------------------

    def wanted(self, call: ast.Call) -> bool:
        """Whether a call may run a command, by its form alone."""
        name = terminal(call.func)
        if name in self.names or _LIKELY.search(name):
            return True
        for keyword in call.keywords:
            if keyword.arg is None or keyword.arg in FLAGS or "root" in keyword.arg:
                return True
        return any(isinstance(argument, ast.Starred) or written_as_root(argument) for argument in call.args)

    # --- flows ---------------------------------------------------------------------------------------------

    def of_event(self, event: Event) -> list[Flow]:
        """The commands that a call may run, its conditions taken into the decision to be root."""
        if self._open:  # what a function that is still being read runs is not known yet
            return self._of_event(event)
        key = (id(event), len(self.names))
        known = self._event_flows.get(key)
        if known is None:
            known = self._event_flows[key] = (event, self._of_event(event))
        return known[1]

    def _of_event(self, event: Event) -> list[Flow]:
        node = event.node
        arguments, keywords = self.resolver.arguments(event)
        keywords = self._named(keywords)
        func = evaluate(node.func, event.env, event.frame)
        flows: list[Flow] = []
        within = event.frame.function
        plain = bool(self._open) or (within is not None and self.is_entrypoint(within))
        for target, conditions in self._callees(func):
            self._plain = plain
            found = self._invoke(target, arguments, keywords, node, 0)
            flows.extend(_on_condition(found, conditions))
            if len(flows) > _MOST:
                break
        return distinct(_on_condition(flows, event.conditions))

    def _callees(self, func: Value) -> list[tuple[Value, tuple[tuple[Value, bool], ...]]]:
        """What a callee may be, each on the condition that it is chosen on."""
        inner = bare(func)
        if (
            isinstance(inner, Either)
            and inner.test is not None
            and len(inner.options) == 2
            and truth(inner.test) is None
        ):
            found: list[tuple[Value, tuple[tuple[Value, bool], ...]]] = []
            for option, holds in zip(inner.options, (True, False), strict=True):
                found += [(one, ((inner.test, holds),)) for one in self.resolver.concrete(option)]
            return found
        return [(one, ()) for one in self.resolver.concrete(func)]

    def _named(self, keywords: Map) -> Map:
        """Keywords whose root flag, where it names a function, is that function."""
        entries = {
            name: self._function_of(value) if is_flag_name(name) else value for name, value in keywords.entries.items()
        }
        rest = tuple(self._named(one) if isinstance(one := bare(value), Map) else value for value in keywords.rest)
        return Map(entries, rest)

    def _function_of(self, value: Value) -> Value:
        inner = bare(value)
        if isinstance(inner, Logic) and inner.operator == "and":
            return Logic("and", (*inner.operands[:-1], self._function_of(inner.operands[-1])))
        if isinstance(inner, (Attr, Global)):
            found = self.resolver.concrete(inner)
            if len(found) == 1 and isinstance(found[0], Function):
                return found[0]
        return value

    def of_function(self, function: Function) -> list[Flow]:
        """The commands that a function runs, in terms of its own parameters."""
        own = canonical(function)
        key = own.key
        known = self._flows.get(key)
        if known is not None:
            return known
        if key in self._open or len(self._open) >= _DEEPEST or not self._promising(own):
            return []
        self._open.append(key)
        flows: list[Flow] = []
        reading = self.resolver.functions.reading(own, self.wanted)
        for event in reading.events if reading is not None else ():
            within = event.frame.function
            for flow in self.of_event(event):
                # What a nested function runs for its own callers comes in where it is called.
                if within is None or within.key == key or not takes_tail(flow.argv, within.key):
                    flows.append(flow)
        if self.is_entrypoint(own):
            flows = [flow.under(TRUE, "entrypoint") for flow in flows]
        self._open.pop()
        flows = distinct(flows)[:_MOST]
        if not self._open or flows:
            self._flows[key] = flows
        if flows:
            self.met[key] = own
        return flows

    def forget(self, function: Function) -> None:
        """Read a function anew next time: a wrapper that it calls was not known before."""
        self._flows.pop(function.key, None)
        self._taking.pop(function.key, None)

    def _promising(self, function: Function) -> bool:
        definition = function.definition
        if definition is None:
            return True
        text = function.source.text[definition.start : function.source.outline.body_end(definition)]
        return bool(_PROMISING.search(text)) or any(name in text for name in self.names)

    def is_entrypoint(self, function: Function) -> bool:
        """Whether a function runs in a privsep daemon."""
        return any(is_entrypoint_decorator(one) for one in decorators_of(function))

    def _invoke(
        self, target: Value, arguments: tuple[Value, ...], keywords: Map, node: ast.Call, depth: int
    ) -> list[Flow]:
        target = bare(target)
        if depth > _DEEPEST:
            return []
        if isinstance(target, Library):
            executor = self.executors.get(target.name) if not target.called else None
            if executor is not None:
                return [raised(of_library(executor, target.name, arguments, keywords), self.resolver)]
            return self._presumed(target, arguments, keywords, node)
        if isinstance(target, Function):
            return self._function(target, arguments, keywords, node)
        if isinstance(target, Partial):
            merged = Map({**target.keywords.entries, **keywords.entries}, (*target.keywords.rest, *keywords.rest))
            flows: list[Flow] = []
            for func in self.resolver.concrete(target.func):
                flows.extend(self._invoke(func, (*target.arguments, *arguments), merged, node, depth + 1))
            return flows
        if isinstance(target, Instance):
            flows = []
            for func in self.resolver.classes.member(target.of, "__call__", target):
                if isinstance(func, Function):
                    flows.extend(self._function(func, arguments, keywords, node))
            return flows
        if isinstance(target, Class):
            return of_constructor(target, arguments, keywords)
        if isinstance(target, Param):
            flows = []
            known = False
            for value in self.resolver.callers.given(target):
                for one in self.resolver.concrete(value):
                    for held in self._held(one):
                        flows.extend(self._invoke(held, arguments, keywords, node, depth + 1))
                        known = known or (isinstance(held, Function) and bool(self.of_function(held)))
            # An executor that is known and surely not root here leaves nothing to presume.
            return flows if flows or known else self._presumed(target, arguments, keywords, node)
        if isinstance(target, (Unknown, Attr, Global, Invoke, Entry)):
            return self._presumed(target, arguments, keywords, node)
        return []

    def _held(self, value: Value) -> list[Value]:
        """What a value is; of a parameter that is handed on, its default."""
        if not isinstance(value, Param):
            return [value]
        found = self.resolver.concrete(value.default) if value.default is not None else []
        return [one for one in found if not isinstance(one, Param)]

    def _function(self, function: Function, arguments: tuple[Value, ...], keywords: Map, node: ast.Call) -> list[Flow]:
        plain = self._plain
        inner = self.of_function(function)
        if not inner:
            return self._opaque(function, arguments, keywords, node)
        binding = self.resolver.functions.bound_arguments(function, arguments, keywords)
        flows: list[Flow] = []
        for flow in inner:
            root = substitute(flow.root, binding)
            argv = substitute(flow.argv, binding)
            assert isinstance(argv, Seq)
            if not plain and truth(root) is False and becomes_root(argv, self.resolver) is None:
                continue  # surely not root here, and nobody further out will ask
            given = substitute(flow.keywords, binding)
            assert isinstance(argv, Seq) and isinstance(given, Map)
            how = flow.how
            if truth(root) is False and truth(flow.root) is not False:
                # The flag is surely off here; a literal sudo may still make it root.
                how = "flag"
            elif truth(flow.root) is None and truth(root) is True and how != "sudo":
                how = "flag"
            crossing = keywords if self.is_entrypoint(function) else flow.crossing
            if crossing is flow.crossing and crossing is not None:
                crossing = substitute_map(crossing, binding)
            via = (function, *flow.via)
            flows.append(raised(Flow(argv, root, how, given, via, flow.executor, crossing), self.resolver))
        return flows

    def _presumed(self, target: Value, arguments: tuple[Value, ...], keywords: Map, node: ast.Call) -> list[Flow]:
        return [raised(flow, self.resolver) for flow in of_unknown(target, arguments, keywords, node, self.resolver)]

    def _opaque(self, function: Function, arguments: tuple[Value, ...], keywords: Map, node: ast.Call) -> list[Flow]:
        """A function of the project in which no executor was found: abstract, or it reaches one in an unseen way."""
        own = canonical(function)
        found = self.resolver.functions.node(own)
        if own.key in self._open or found is None or not abstract(found[0]):
            return []
        return self._presumed(Unknown(node, {}, self.resolver.tree.frame(function.source)), arguments, keywords, node)

    def silent(self, function: Function) -> list[Flow]:
        """The commands of a call that gives a function its argv and says nothing of root."""
        own = canonical(function)
        binding = self.resolver.functions.bound_arguments(own, (), Map({}))
        return [flow.under(substitute(flow.root, binding)) for flow in self.of_function(own)]

    # --- what a wrapper takes ----------------------------------------------------------------------------------

    def takes_argv(self, function: Function) -> bool:
        """Whether a function runs what its caller tells it: the whole argv, or all that follows a fixed beginning."""
        key = canonical(function).key
        if key not in self._taking:
            self._taking[key] = any(takes_tail(flow.argv, key) for flow in self.of_function(function))
        return self._taking[key]


def _on_condition(flows: list[Flow], conditions: Sequence[tuple[Value, bool]]) -> list[Flow]:
    """Flows with what the conditions say of being root taken into that decision."""
    flagged = [part for value, holds in conditions for part in flag_parts(value, holds)]
    if not flagged:
        return flows
    return [
        flow.under(flow.root if truth(flow.root) is False else Logic("and", (*flagged, flow.root))) for flow in flows
    ]


def is_entrypoint_decorator(decorator: str) -> bool:
    """Whether a decorator, as written, makes a privsep entrypoint."""
    name = decorator.split("(")[0]
    return name.endswith((".entrypoint", ".entrypoint_with_timeout"))
