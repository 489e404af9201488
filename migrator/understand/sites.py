"""One call as a site: its kind, its command, and everything that its caller relies on."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from migrator.model import Kind, Option, Site, Step, Use
from migrator.understand.calls import Calls
from migrator.understand.events import Event
from migrator.understand.facts import bare, flattened, truth
from migrator.understand.flags import is_flag_name
from migrator.understand.flows import Flow, takes_tail
from migrator.understand.functions import decorators_of
from migrator.understand.injection import injected
from migrator.understand.kinds import entrypoint_around, kind_of
from migrator.understand.program import command
from migrator.understand.seams import flag_keyword, runner, seams
from migrator.understand.spelling import code_of
from migrator.understand.symbols import Function
from migrator.understand.syntax import terminal
from migrator.understand.values import ABSENT, Const, Map, Seq, Text, Value
from migrator.understand.words import Reader
from migrator.understand.wrappers import additions
from migrator.words import Word

_NOT_CALLS = ("assert_", "mock_calls")
_MOCKS = {"dict", "partial", "partialmethod", "call", "Mock", "MagicMock", "patch", "_replace"}
_FLAG_OPTIONS = {"root_helper"}
_USES = {
    "attempts": Use.RETRY,
    "delay_on_retry": Use.RETRY,
    "process_input": Use.STDIN,
    "check_exit_code": Use.EXIT_CODES,
    "env_variables": Use.ENVIRONMENT,
    "cwd": Use.DIRECTORY,
    "shell": Use.SHELL,
    "timeout": Use.TIMEOUT,
}


def site_of(calls: Calls, event: Event) -> Site | None:
    """The site that a call is; None when it runs nothing, or surely not as root."""
    node = event.node
    name = terminal(node.func)
    if name.startswith(_NOT_CALLS) or (name in _MOCKS and _is_mock(node.func, name)):
        return None
    flows = [flow for flow in calls.of_event(event) if _told_by_caller(calls, flow)]
    inside = entrypoint_around(calls, event)
    if inside is not None:
        flows = [flow for flow in flows if truth(flow.root) is True or takes_tail(flow.argv, inside.key)]
    else:
        flows = [flow for flow in flows if truth(flow.root) is not False]
    if not flows:
        return None
    flow = min(flows, key=lambda one: (len(additions(calls, one.via)), len(one.via)))
    site = _site(calls, event, flow, kind_of(calls, event, flow, inside), inside)
    if (site.kind is Kind.FORWARDER and site.takes_argv) or inside is not None:
        return site
    return replace(
        site,
        seams=seams(calls, flows),
        runner=runner(calls, flow),
        flag_name=flag_keyword(calls, flow),
        whole=_whole(calls, event, site.command.words),
    )


def _whole(calls: Calls, event: Event, words: tuple[Word, ...]) -> Literal["", "words", "list"]:
    """Whether the positional arguments of a call, or the first of them, are all the words that it runs."""
    given, _ = calls.resolver.arguments(event)
    reader = Reader(calls.resolver, event)
    if reader.words(Seq(given)) == words:
        return "words"
    listed = flattened(given[0]) if len(given) > 0 else None
    return "list" if listed is not None and reader.words(Seq(listed)) == words else ""


def _told_by_caller(calls: Calls, flow: Flow) -> bool:
    """Whether the call itself says what to run; a function that runs a command of its own is no executor."""
    return not flow.via or calls.takes_argv(flow.via[0])


def _is_mock(func: ast.expr, name: str) -> bool:
    if name == "dict":
        return isinstance(func, ast.Name)
    if name == "call":
        base = func.value if isinstance(func, ast.Attribute) else None
        return base is None or (isinstance(base, ast.Name) and base.id == "mock")
    return True


def _site(calls: Calls, event: Event, flow: Flow, kind: Kind, inside: Function | None) -> Site:
    frame, node = event.frame, event.node
    source = frame.source
    ran = command(Reader(calls.resolver, event).words(flow.argv))
    if not ran.programs:  # the callers of the function around the call may tell
        across = command(Reader(calls.resolver, event, across=True).words(flow.argv))
        ran = replace(ran, prefix=across.prefix, program=across.program, programs=across.programs)
    line = frame.line(node)
    end_line = (node.end_lineno or node.lineno) + frame.shift
    start = source.byte_offset(line, node.col_offset)
    end = source.byte_offset(end_line, node.end_col_offset or 0)
    function = frame.function
    decorators = decorators_of(function) if function is not None else ()
    options = _options(flow, event)
    written = _flag_source(event)
    takes = function is not None and takes_tail(flow.argv, function.key)
    via = tuple(one.qualname for one in flow.via)
    added = (*injected(calls, event), *additions(calls, flow.via))
    column = len(source.line_text(line).encode()[: node.col_offset].decode(errors="replace")) + 1
    return Site(
        id="",
        path=source.path,
        line=line,
        end_line=end_line,
        column=column,
        span=(start, end),
        kind=kind,
        enclosing=frame.qualname,
        callee=frame.code(node.func),
        via=via,
        executor=flow.executor,
        command=ran,
        flag=written,
        root=_root_in_words(kind, flow, written, inside),
        takes_argv=takes,
        options=options,
        result=event.result,
        uses=_uses(event, flow, kind, options, decorators),
        handlers=event.handlers,
        decorators=decorators,
        adds=added,
        module=source.module,
        story=_story(event, flow),
    )


def _flag_source(event: Event) -> str:
    for keyword in event.node.keywords:
        if keyword.arg is not None and is_flag_name(keyword.arg):
            return event.frame.code(keyword.value)
    return ""


def _options(flow: Flow, event: Event) -> tuple[Option, ...]:
    found: dict[str, Option] = {}
    unknown: list[Option] = []
    waiting: list[Value] = [flow.keywords if flow.crossing is None else flow.crossing]
    seen: set[str] = set()
    while waiting:  # what stands above hides what lies below it
        mapping = waiting.pop(0)
        inner = bare(mapping)
        if not isinstance(inner, Map):
            unknown.append(_option("**", mapping, event))
            continue
        for name, value in inner.entries.items():
            if name in seen:
                continue
            seen.add(name)
            if name not in _FLAG_OPTIONS and not is_flag_name(name) and bare(value) is not ABSENT:
                found[name] = _option(name, value, event)
        waiting.extend(reversed(inner.rest))
    return (*found.values(), *unknown)


def _option(name: str, value: Value, event: Event) -> Option:
    code, here = code_of(value, event)
    known = _literal(value)
    if known:
        return Option(name, known, True)
    try:
        ast.literal_eval(code)
        literal = True
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        literal = False
    return Option(name, code, literal, here)


def _literal(value: Value) -> str:
    """The source of a value that is known whole, a number, a text or a list of those; "" for any other."""
    inner = bare(value)
    if isinstance(inner, Const) and inner is not ABSENT:
        return repr(inner.value)
    if isinstance(inner, Text) and inner.known is not None:
        return repr(inner.known)
    if isinstance(inner, Seq):
        parts = [_literal(one) for one in inner.items]
        return f"[{', '.join(parts)}]" if all(parts) else ""
    return ""


def _uses(event: Event, flow: Flow, kind: Kind, options: Sequence[Option], decorators: Sequence[str]) -> frozenset[Use]:
    uses = {_USES[option.name] for option in options if option.name in _USES}
    if event.result != "ignored":
        uses.add(Use.RESULT)
    if event.handlers:
        uses.add(Use.HANDLER)
    if any("retry" in one.lower() for one in decorators):
        uses.add(Use.RETRY)
    if kind is Kind.CONDITIONAL:
        uses.add(Use.CONDITION)
    if flow.via:
        uses.add(Use.WRAPPER)
    return frozenset(uses)


def _root_in_words(kind: Kind, flow: Flow, written: str, inside: Function | None) -> str:
    nearest = flow.via[0].qualname if flow.via else flow.executor
    if kind is Kind.LITERAL_SUDO:
        return "the command starts with sudo or a root helper"
    if kind is Kind.LAUNDERED:
        if inside is not None:
            return f"{inside.name} is a privsep entrypoint that takes the command from its caller"
        return f"{nearest} runs any command in a privsep daemon"
    if written:
        return f"run_as_root={written}"
    if kind is Kind.FORWARDER:
        return "handed on from its caller"
    if flow.how == "daemon":
        return "rootwrap daemon"
    if kind is Kind.VIA_WRAPPER and flow.via:
        return f"{nearest} asks for root"
    return "the keyword mapping asks for root" if kind is Kind.VIA_WRAPPER else f"{nearest} decides"


def _story(event: Event, flow: Flow) -> tuple[Step, ...]:
    steps: list[Step] = []
    source = event.frame.source
    for number, function in enumerate(flow.via):
        definition = function.definition
        where = f"{function.source.path}:{definition.line}" if definition is not None else source.path
        verb = "is" if number == 0 else "which calls"
        steps.append(Step(where, f"{verb} {function.qualname}"))
    if flow.executor:
        verb = "which ends in" if flow.via else "is"
        steps.append(Step("", f"{verb} {flow.executor}"))
    return tuple(steps)
