"""Calls to the commands that they run: through wrappers, methods, attributes, partials and lambdas."""

from __future__ import annotations

import ast
import re

from migrator.understand.evaluate import evaluate
from migrator.understand.events import Event
from migrator.understand.executors import BECOME_ROOT, EXECUTOR_NAMES, EXECUTORS, FLAGS, ROOT_HELPER, Executor
from migrator.understand.facts import bare, either, entry, truth
from migrator.understand.functions import canonical, decorators_of
from migrator.understand.resolve import Resolver
from migrator.understand.substitution import substitute
from migrator.understand.symbols import (
    Attr,
    Class,
    Function,
    Global,
    Instance,
    Invoke,
    Library,
    Named,
    Param,
    Partial,
    Unknown,
)
from migrator.understand.syntax import terminal
from migrator.understand.values import (
    FALSE,
    TRUE,
    Branch,
    Const,
    Either,
    Entry,
    Has,
    Logic,
    Loop,
    Map,
    Seq,
    Slice,
    Spread,
    Starts,
    Text,
    Value,
)

_LIKELY = re.compile(r"exec|cmd|command|process|popen|sudo|root|spawn|shell|_run|run_|^run$|^call$|check_", re.I)
_PROMISING = re.compile(r"exec|cmd|command|open|sudo|root|subprocess|process|run|spawn|shell|system")
_LISTED = ("cmd", "command", "args")  # keywords by which a whole argv is given
_DEEPEST = 8  # wrappers of wrappers
_MOST = 6  # ways through one wrapper


class Flow:
    """One way in which a call runs a command, in terms of the parameters of the function that makes the call.

    argv: the words. root: the value that decides whether it is root. how: why it is, once that is certain: "flag",
    "entrypoint", "daemon", "sudo". keywords: what the executor is given beside the words. via: the wrappers on the way,
    nearest first. executor: the library function at the end, "" when the callee was not found.
    """

    __slots__ = ("argv", "executor", "how", "keywords", "root", "via")

    def __init__(self, argv: Seq, root: Value, how: str, keywords: Map, via: tuple[Function, ...], executor: str):
        self.argv = argv
        self.root = root
        self.how = how
        self.keywords = keywords
        self.via = via
        self.executor = executor


class Calls:
    """Follows calls; `names` are the wrappers known so far, by which a call is worth following at all."""

    def __init__(self, resolver: Resolver, executors: dict[str, Executor] | None = None):
        self.resolver = resolver
        self.executors = {**EXECUTORS, **(executors or {})}
        self.names: set[str] = set()
        self.met: dict[object, Function] = {}  # functions that were found to run commands for their callers
        self.injected: dict[tuple[str, int, str], tuple[str, ...]] = {}  # see migrator.understand.injection
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
        func = evaluate(node.func, event.env, event.frame)
        flows: list[Flow] = []
        within = event.frame.function
        plain = bool(self._open) or (within is not None and self.is_entrypoint(within))
        for target in self.resolver.concrete(func):
            self._plain = plain
            flows.extend(self._invoke(target, arguments, keywords, node, 0))
            if len(flows) > _MOST:
                break
        flagged = [part for value, holds in event.conditions for part in flag_parts(value, holds)]
        if flagged:
            flows = [
                Flow(
                    flow.argv,
                    flow.root if truth(flow.root) is False else Logic("and", (*flagged, flow.root)),
                    flow.how,
                    flow.keywords,
                    flow.via,
                    flow.executor,
                )
                for flow in flows
            ]
        return _distinct(flows)

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
            flows = [Flow(flow.argv, TRUE, "entrypoint", flow.keywords, flow.via, flow.executor) for flow in flows]
        self._open.pop()
        flows = _distinct(flows)[:_MOST]
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
                return [self._library(executor, target.name, arguments, keywords)]
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
            return self._constructor(target, arguments, keywords, node)
        if isinstance(target, Param):
            flows = []
            for value in self.resolver.callers.given(target):
                for one in self.resolver.concrete(value):
                    if not isinstance(one, Param):
                        flows.extend(self._invoke(one, arguments, keywords, node, depth + 1))
            return flows or self._presumed(target, arguments, keywords, node)
        if isinstance(target, (Unknown, Attr, Global, Invoke, Entry)):
            return self._presumed(target, arguments, keywords, node)
        return []

    def _library(self, executor: Executor, name: str, arguments: tuple[Value, ...], keywords: Map) -> Flow:
        if executor.argv == "*":
            argv = Seq(arguments)
        else:
            words = keywords.entries.get(executor.argv)
            if words is None and len(arguments) > executor.position:
                words = arguments[executor.position]
            argv = as_argv(words)
        root: Value = FALSE
        how = "flag"
        if executor.always:
            root, how = TRUE, executor.how
        elif executor.flag is not None:
            default: Value = FALSE
            place = executor.flag_position
            if place is not None and len(arguments) > place:
                default = arguments[place]
            root = entry(keywords, executor.flag, default)
        flow = Flow(argv, root, how, keywords, (), name)
        return self._raised(flow)

    def _raised(self, flow: Flow) -> Flow:
        """A command that starts with sudo or a root helper is root whatever the flag says."""
        if truth(flow.root) is True:
            return flow
        by_prefix = self.becomes_root(flow.argv)
        if by_prefix is None:
            return flow
        root = by_prefix if truth(flow.root) is False else Logic("or", (by_prefix, flow.root))
        if not self._literally(flow.argv):
            return Flow(_without_helper(flow.argv), root, flow.how, flow.keywords, flow.via, flow.executor)
        return Flow(flow.argv, root, "sudo", flow.keywords, flow.via, flow.executor)

    def _literally(self, argv: Seq, depth: int = 0) -> bool:
        """Whether sudo itself is what an argv may start with, and not a root helper from the configuration."""
        first = argv.items[0] if argv.items else None
        if isinstance(first, Spread):
            inner = bare(first.value)
            return isinstance(inner, Seq) and depth < 4 and self._literally(inner, depth + 1)
        if isinstance(first, Branch):
            return any(self._literally(Seq(option), depth + 1) for option in first.options if option and depth < 4)
        if first is None or isinstance(first, Loop):
            return False
        options = first.options if isinstance(first, Either) else (first,)
        return any(_starts_as_root(bare(one)) for option in options for one in self.resolver.concrete(option))

    def becomes_root(self, argv: Seq, depth: int = 0) -> Value | None:
        """What decides that an argv starts with sudo or a root helper; None when it does not."""
        for first in argv.items[:1]:
            if isinstance(first, Spread):
                inner = bare(first.value)
                if isinstance(inner, Seq) and depth < 4:
                    return self.becomes_root(inner, depth + 1)
                if isinstance(inner, Either) and depth < 4:
                    return self._either_root(
                        [self.becomes_root(as_argv(option), depth + 1) for option in inner.options], inner.test
                    )
                return TRUE if _mentions_helper(first.value) else None
            if isinstance(first, Branch):
                rest = argv.items[1:]
                found = [self.becomes_root(Seq((*option, *rest)), depth + 1) for option in first.options]
                return self._either_root(found, first.test)
            if isinstance(first, Loop):
                return None
            inner = bare(first)
            if isinstance(inner, (Attr, Global)):
                inner = next((one for one in self.resolver.concrete(inner) if isinstance(one, Text)), inner)
            if isinstance(inner, Either):
                return self._either_root(
                    [TRUE if _starts_as_root(bare(option)) else None for option in inner.options], inner.test
                )
            if _starts_as_root(inner) or (isinstance(inner, (Attr, Global, Invoke)) and _mentions_helper(first)):
                return TRUE
        return None

    def _either_root(self, found: list[Value | None], test: Value | None) -> Value | None:
        if not any(found):
            return None
        if all(one is not None and truth(one) is True for one in found):
            return TRUE
        if len(found) == 2:
            return either((found[0] or FALSE, found[1] or FALSE), test)
        return Either(tuple(one or FALSE for one in found))

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
            if not plain and truth(root) is False and self.becomes_root(argv) is None:
                continue  # surely not root here, and nobody further out will ask
            given = substitute(flow.keywords, binding)
            assert isinstance(argv, Seq) and isinstance(given, Map)
            how = flow.how
            if truth(root) is False and truth(flow.root) is not False:
                # The flag is surely off here; a literal sudo may still make it root.
                how = "flag"
            elif truth(flow.root) is None and truth(root) is True and how != "sudo":
                how = "flag"
            flows.append(self._raised(Flow(argv, root, how, given, (function, *flow.via), flow.executor)))
        return flows

    def _opaque(self, function: Function, arguments: tuple[Value, ...], keywords: Map, node: ast.Call) -> list[Flow]:
        """A function of the project in which no executor was found: abstract, or it reaches one in an unseen way."""
        own = canonical(function)
        if own.key in self._open or not self._abstract(own):
            return []
        return self._presumed(Unknown(node, {}, self.resolver.tree.frame(function.source)), arguments, keywords, node)

    def _abstract(self, function: Function) -> bool:
        """Whether a function only stands for those that its subclasses put in its place."""
        found = self.resolver.functions.node(function)
        if found is None or isinstance(found[0], ast.Lambda):
            return False
        for statement in found[0].body:
            empty = isinstance(statement, ast.Pass) or (
                isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            )
            raises = isinstance(statement, ast.Raise) and "NotImplemented" in ast.dump(statement)
            if not empty and not raises:
                return False
        return True

    def _constructor(self, of: Class, arguments: tuple[Value, ...], keywords: Map, node: ast.Call) -> list[Flow]:
        """An object that is told the command and the flag when it is made, and runs it later."""
        flag = given_flag(keywords)
        if flag is None:
            return []
        value = flag[1]
        argv = next((keywords.entries[key] for key in _LISTED if key in keywords.entries), None)
        if argv is None:
            argv = next((one for one in arguments if isinstance(bare(one), Seq)), None)
        if argv is None:
            return []
        return [Flow(as_argv(argv), value, "flag", keywords, (), f"{of.source.module}.{of.definition.qualname}")]

    def _presumed(self, target: Value, arguments: tuple[Value, ...], keywords: Map, node: ast.Call) -> list[Flow]:
        """A callee that cannot be found, taken for an executor when the call looks like one."""
        name = terminal(node.func)
        flag = given_flag(keywords)
        certain = flag is not None
        if not arguments and not any(key in keywords.entries for key in _LISTED):
            return []
        if not certain and name in EXECUTOR_NAMES and self.becomes_root(Seq(arguments)) is not None:
            return [self._raised(Flow(_as_given(arguments), FALSE, "flag", keywords, (), ""))]
        if not certain:
            splat = [bare(rest) for rest in keywords.rest]
            told = [one for one in splat if isinstance(one, Map) and any(key in one.entries for key in FLAGS)]
            forwarded = name in EXECUTOR_NAMES and any(
                (isinstance(one, Param) and one.star == "**") or (isinstance(one, Map) and one.rest) for one in splat
            )
            starred = any(isinstance(one, Spread) for one in arguments)
            if not told and not (forwarded and starred):
                return []
        if isinstance(target, Library) and not certain and name not in EXECUTOR_NAMES:
            return []
        root: Value = FALSE
        for key in FLAGS:
            root = entry(keywords, key, FALSE)
            if truth(root) is not False:
                break
        argv = _as_given(arguments)
        if not arguments:
            listed = next(
                (keywords.entries[key] for key in ("cmd", "command", "args") if key in keywords.entries), None
            )
            argv = as_argv(listed)
        return [self._raised(Flow(argv, root, "flag", keywords, (), ""))]

    def silent(self, function: Function) -> list[Flow]:
        """The commands of a call that gives a function its argv and says nothing of root."""
        own = canonical(function)
        binding = self.resolver.functions.bound_arguments(own, (), Map({}))
        return [
            Flow(flow.argv, substitute(flow.root, binding), flow.how, flow.keywords, flow.via, flow.executor)
            for flow in self.of_function(own)
        ]

    # --- what a wrapper takes ----------------------------------------------------------------------------------

    def takes_argv(self, function: Function) -> bool:
        """Whether a function runs what its caller tells it: the whole argv, or all that follows a fixed beginning."""
        key = canonical(function).key
        if key not in self._taking:
            self._taking[key] = any(takes_tail(flow.argv, key) for flow in self.of_function(function))
        return self._taking[key]


def is_entrypoint_decorator(decorator: str) -> bool:
    """Whether a decorator, as written, makes a privsep entrypoint."""
    name = decorator.split("(")[0]
    return name.endswith((".entrypoint", ".entrypoint_with_timeout"))


def as_argv(value: Value | None) -> Seq:
    """One value that holds a whole argv, as a Seq."""
    if value is None:
        return Seq(())
    inner = bare(value)
    if isinstance(inner, Seq):
        return inner
    if isinstance(inner, Text):
        known = inner.known
        if known is not None:
            return Seq(tuple(Text((word,)) for word in known.split()))
        head = inner.pieces[0] if inner.pieces else ""
        words = head.split() if isinstance(head, str) else []
        if isinstance(head, str) and words and not head.endswith(" "):
            words = words[:-1]
        return Seq((*(Text((word,)) for word in words), Spread(value)))
    return Seq((Spread(value),))


def _as_given(arguments: tuple[Value, ...]) -> Seq:
    """The argv of a callee that is not known: its first argument when that is a list, else all of them."""
    if arguments and isinstance(bare(arguments[0]), Seq):
        return as_argv(arguments[0])
    return Seq(arguments)


def takes_tail(argv: Seq, key: object) -> bool:
    """Whether an argv ends in words that come from a list parameter of the function `key`."""
    items = list(argv.items)
    while items:
        last = items.pop()
        if isinstance(last, Spread):
            inner = bare(last.value)
            while isinstance(inner, Slice):
                inner = bare(inner.sequence)
            if isinstance(inner, Seq):
                if takes_tail(inner, key):
                    return True
                continue
            if isinstance(inner, Either):
                return any(takes_tail(as_argv(option), key) for option in inner.options)
            return _from_parameter(inner, key)
        if isinstance(last, Branch):
            if all(last.options) and any(takes_tail(Seq(option), key) for option in last.options):
                return True
            continue  # words that are there only sometimes: options that follow a command of its own
        if isinstance(last, Loop):
            return False
        return False
    return False


def _from_parameter(value: Value, key: object) -> bool:
    value = bare(value)
    if isinstance(value, Param):
        return value.function.key == key
    if isinstance(value, Either):
        return any(_from_parameter(option, key) for option in value.options)
    if isinstance(value, Invoke):
        func = bare(value.func)
        if isinstance(func, Attr) and func.name == "split":
            return _from_parameter(func.base, key)
    return False


def flag_parts(value: Value, holds: bool) -> list[Value]:
    """What a condition that holds (or does not) says of the decision to be root, and nothing else that it says."""
    inner = bare(value)
    if isinstance(inner, Logic):
        if inner.operator == "not":
            return flag_parts(inner.operands[0], not holds)
        if (inner.operator == "and") is holds:
            return [part for operand in inner.operands for part in flag_parts(operand, holds)]
        if not all(_mentions_flag(operand) for operand in inner.operands):
            return []  # that it failed may have had another cause
    if not _mentions_flag(inner):
        return []
    return [inner if holds else Logic("not", (inner,))]


def _mentions_flag(value: Value) -> bool:
    """Whether a condition speaks of the decision to be root."""
    value = bare(value)
    if isinstance(value, Logic):
        return any(_mentions_flag(operand) for operand in value.operands)
    if isinstance(value, (Entry, Has)):
        return is_flag_name(value.key)
    if isinstance(value, Param):
        return is_flag_name(value.name)
    return isinstance(value, Starts)


def is_flag_name(name: str) -> bool:
    return name in FLAGS or name.endswith("as_root") or "sudo" in name


def given_flag(keywords: Map) -> tuple[str, Value] | None:
    """The root flag that a call gives by keyword."""
    for name in FLAGS:
        if name in keywords.entries:
            return name, keywords.entries[name]
    for name, value in keywords.entries.items():
        if is_flag_name(name):
            return name, value
    return None


def _without_helper(argv: Seq) -> Seq:
    """An argv without the root helper in front: that is how root is got, not what is run."""
    first = argv.items[0] if argv.items else None
    if isinstance(first, Spread):
        inner = bare(first.value)
        if isinstance(inner, Seq):
            return Seq((*_without_helper(inner).items, *argv.items[1:]))
        return Seq(argv.items[1:])
    if isinstance(first, Branch):
        options = tuple(_without_helper(Seq(option)).items if option else option for option in first.options)
        if not any(options):
            return Seq(argv.items[1:])
        return Seq((Branch(options, first.test, first.condition), *argv.items[1:]))
    return Seq(argv.items[1:])


def _mentions_helper(value: Value) -> bool:
    """Whether the source of a value speaks of a root helper."""
    while True:
        if isinstance(value, (Named, Unknown, Invoke)):
            code = value.frame.code(value.node)
            if any(word in code for word in ROOT_HELPER):
                return True
        if isinstance(value, Named):
            value = value.value
            continue
        if isinstance(value, Invoke):
            return any(_mentions_helper(argument) for argument in value.arguments if not isinstance(argument, Spread))
        if isinstance(value, Attr):
            return any(word in value.name for word in ROOT_HELPER)
        if isinstance(value, Param):
            return "root_helper" in value.name
        return False


def written_as_root(argument: ast.expr) -> bool:
    """Whether an argument is a text, or a list of texts, that starts with sudo."""
    if isinstance(argument, (ast.List, ast.Tuple)) and argument.elts:
        argument = argument.elts[0]
    if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
        return False
    return argument.value.split(" ")[0].rpartition("/")[2] in BECOME_ROOT


def _starts_as_root(value: Value) -> bool:
    if isinstance(value, Text) and value.pieces and isinstance(value.pieces[0], str):
        words = value.pieces[0].split()
        return bool(words) and words[0].rpartition("/")[2] in BECOME_ROOT
    return False


def _distinct(flows: list[Flow]) -> list[Flow]:
    kept: list[Flow] = []
    seen: set[tuple[object, ...]] = set()
    for flow in flows:
        mark = (flow.executor, tuple(one.key for one in flow.via), len(flow.argv.items), truth(flow.root))
        if mark in seen and isinstance(flow.root, Const):
            continue
        seen.add(mark)
        kept.append(flow)
    return kept
