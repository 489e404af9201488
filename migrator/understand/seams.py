"""Where a root flag that names a privileged function is met on the way of a command: the seams of its executors."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from migrator.model import Runner, Seam
from migrator.understand.evaluate import evaluate
from migrator.understand.events import Event
from migrator.understand.facts import bare
from migrator.understand.flags import given_flag, is_flag_name
from migrator.understand.flows import Flow
from migrator.understand.functions import Node, canonical
from migrator.understand.symbols import Attr, Function, Instance, Param
from migrator.understand.values import ABSENT, Either, Entry, Map, Value
from migrator.understand.wrappers import additions

if TYPE_CHECKING:
    from migrator.understand.calls import Calls

# Executors of libraries that code holds as a value; os-brick's own hands everything on to the one it was made with.
_TAKEN_AS_VALUE = ("oslo_concurrency.processutils.execute", "os_brick.executor.Executor._execute")
_TAKERS = ("get", "pop", "setdefault")  # methods by which a wrapper reads the flag out of its keywords


def seams(calls: Calls, flows: Sequence[Flow]) -> tuple[Seam, ...]:
    """The seams for all ways that a command may take; () when there is a way on which the flag would be lost.

    One wrapper that all ways pass, and after which nothing is added, is enough; the one nearest to the executor.
    """
    ways = [_way(calls, flow) for flow in flows]
    passed = [[seam for seam in way if seam.kind == "body"] for way in ways]
    plain = {seam.name: seam for found in passed for seam in found}
    common = [name for name in plain if all(name in [one.qualname for one in flow.via] for flow in flows)]
    if common:
        order = [one.qualname for one in flows[0].via]
        return (plain[max(common, key=order.index)],)
    found: dict[Seam, None] = {}
    for flow, way in zip(flows, ways, strict=True):
        shared = [plain[one.qualname] for one in flow.via if one.qualname in plain]
        if not shared and not way:
            return ()
        found[(shared or way)[-1]] = None
    return tuple(found)


def runner(calls: Calls, flow: Flow) -> Runner | None:
    """What a privsep entrypoint on the way runs the command with; None when it does more than run it, or there is none.

    The entrypoint has to be one statement, `return run(*words, name=constant, **keywords)`.
    """
    entry = next((one for one in flow.via if calls.is_entrypoint(one)), None)
    found = calls.resolver.functions.node(entry) if entry is not None else None
    if entry is None or found is None or isinstance(found[0], ast.Lambda):
        return None
    body = [one for one in found[0].body if not _docstring(one)]
    if len(body) != 1 or not isinstance(body[0], ast.Return) or not isinstance(body[0].value, ast.Call):
        return None
    call, given = body[0].value, found[0].args
    star = given.vararg.arg if given.vararg else ""
    mapping = given.kwarg.arg if given.kwarg else ""
    words = [one for one in call.args if isinstance(one, ast.Starred)]
    if len(words) != 1 or call.args[-1] is not words[0] or not _named(words[0].value, star) or given.args:
        return None
    if any(one.arg is None and not _named(one.value, mapping) for one in call.keywords):
        return None
    fixed = [(one.arg, one.value) for one in call.keywords if one.arg is not None]
    if not all(isinstance(value, ast.Constant) for _, value in fixed):
        return None
    at = flow.via.index(entry)
    name = flow.via[at + 1].qualname if at + 1 < len(flow.via) else flow.executor
    context = (
        next(one for one in entry.source.decorators(entry.definition) if ".entrypoint" in one)
        if (entry.definition is not None)
        else ""
    )
    keywords = tuple((keyword, ast.unparse(value)) for keyword, value in fixed)
    return Runner(name, keywords, context.partition(".entrypoint")[0], entry.qualname, len(call.args) - 1)


def _docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _way(calls: Calls, flow: Flow) -> tuple[Seam, ...]:
    """The places from which on nothing is lost when the privileged function is called there, nearest first."""
    if flow.executor.endswith("trycmd"):
        return ()  # it turns a failure into text
    found: list[Seam] = []
    for number, wrapper in enumerate(flow.via):
        read = calls.resolver.functions.node(wrapper)
        if read is None or wrapper.definition is None or isinstance(read[0], ast.Lambda):
            break
        node, rest = read[0], flow.via[number:]
        if calls.is_entrypoint(wrapper) or not _arrives(node):
            break
        crossing = any(calls.is_entrypoint(one) for one in rest)
        if not crossing and not additions(calls, rest) and _open_signature(node):
            assert node.args.kwarg is not None
            flag = f"{node.args.kwarg.arg}.get('run_as_root')"
            found.append(Seam("body", wrapper.source.path, wrapper.definition.line, wrapper.qualname, flag))
        following = rest[1] if len(rest) > 1 else None
        inner = next(_inner(calls, wrapper, following, flow.executor), None)
        if inner is None:
            break
        if following is None and _held(inner) and flow.executor in _TAKEN_AS_VALUE:
            if not found and _passes(calls, wrapper, inner):
                found.append(Seam("value", "", 0, flow.executor, ""))
            break
        if following is None or calls.is_entrypoint(following):
            flag = _read_flag(node)
            if flag and not found:
                line = inner.frame.line(inner.node)
                found.append(Seam("call", wrapper.source.path, line, wrapper.qualname, flag))
            break
        if not _passes(calls, wrapper, inner):
            break
    if not flow.via and flow.executor in _TAKEN_AS_VALUE:
        found.append(Seam("value", "", 0, flow.executor, ""))
    return tuple(found)


def _held(inner: Event) -> bool:
    """Whether a wrapper calls an executor that it holds, and does not name it itself."""
    func = bare(evaluate(inner.node.func, inner.env, inner.frame))
    return isinstance(func, Param) or (isinstance(func, Attr) and isinstance(bare(func.base), Instance))


def flag_keyword(calls: Calls, flow: Flow) -> str:
    """The keyword by which a call can give the flag, whether it does or not; "" when the callee takes none."""
    if not flow.via:
        return "run_as_root" if flow.executor in _TAKEN_AS_VALUE or not flow.executor else ""
    found = calls.resolver.functions.node(flow.via[0])
    if found is None:
        return ""
    given = found[0].args
    named = [one.arg for one in (*given.args, *given.kwonlyargs) if is_flag_name(one.arg)]
    return named[0] if named else "run_as_root" if given.kwarg is not None else ""


def _arrives(node: Node) -> bool:
    given = node.args
    return given.kwarg is not None or any(is_flag_name(one.arg) for one in (*given.args, *given.kwonlyargs))


def _open_signature(node: Node) -> bool:
    """`(*cmd, **kwargs)`, after `self` at most: what is called in its place gets the same."""
    given = node.args
    plain = [one for one in (*given.posonlyargs, *given.args) if one.arg not in ("self", "cls")]
    return given.vararg is not None and given.kwarg is not None and not plain and not given.kwonlyargs


def _inner(calls: Calls, wrapper: Function, following: Function | None, executor: str) -> Iterator[Event]:
    """The calls in a wrapper that go on to the next one."""
    own = canonical(wrapper)
    reading = calls.resolver.functions.reading(own, calls.wanted)
    for event in reading.events if reading is not None else ():
        within = event.frame.function
        if within is None or within.key != own.key:
            continue
        for flow in calls.of_event(event):
            ahead = flow.via[0].key if flow.via else None
            if ahead == (following.key if following is not None else None) and (ahead or flow.executor == executor):
                yield event
                break


def _passes(calls: Calls, wrapper: Function, inner: Event) -> bool:
    """Whether the flag is handed on as it came."""
    _, keywords = calls.resolver.arguments(inner)
    flag = given_flag(keywords)
    if flag is not None and bare(flag[1]) is not ABSENT:
        return _own(flag[1], wrapper)
    if flag is not None:
        return False
    return any(_own(one, wrapper) for one in keywords.rest)


def _own(value: Value, wrapper: Function) -> bool:
    """Whether a value is the flag that the wrapper was given."""
    value = bare(value)
    if value is ABSENT:
        return False
    if isinstance(value, Either):
        return any(_own(option, wrapper) for option in value.options)
    if isinstance(value, Entry):
        return is_flag_name(value.key) and _own(value.mapping, wrapper)
    if isinstance(value, Map):
        given = given_flag(value)
        return _own(given[1], wrapper) if given is not None else any(_own(one, wrapper) for one in value.rest)
    return isinstance(value, Param) and value.function.key == canonical(wrapper).key


def _read_flag(node: Node) -> str:
    """How the flag is reached inside a wrapper: by the name it was given there, its parameter, or its `**`."""
    assert not isinstance(node, ast.Lambda)
    for statement in ast.walk(node):
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            value = statement.value
            if (
                isinstance(value, ast.Call)
                and isinstance(value.func, ast.Attribute)
                and value.func.attr in _TAKERS
                and value.args
                and isinstance(value.args[0], ast.Constant)
                and is_flag_name(str(value.args[0].value))
            ):
                return statement.targets[0].id
    for one in (*node.args.args, *node.args.kwonlyargs):
        if is_flag_name(one.arg):
            return one.arg
    return f"{node.args.kwarg.arg}.get('run_as_root')" if node.args.kwarg else ""
