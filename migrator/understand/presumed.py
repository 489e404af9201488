"""Callees that the scan cannot look into: executors of libraries, and calls that only look like one."""

from __future__ import annotations

import ast

from migrator.understand.executors import EXECUTOR_NAMES, FLAGS, Executor
from migrator.understand.facts import bare, called, entry, truth
from migrator.understand.flags import given_flag
from migrator.understand.flows import Flow, as_argv, as_given
from migrator.understand.resolve import Resolver
from migrator.understand.sudo import becomes_root
from migrator.understand.symbols import Class, Library, Param
from migrator.understand.syntax import terminal
from migrator.understand.values import FALSE, TRUE, Logic, Map, Seq, Spread, Value

_LISTED = ("cmd", "command", "args")  # keywords by which a whole argv is given


def of_library(executor: Executor, name: str, arguments: tuple[Value, ...], keywords: Map) -> Flow:
    """What a call of a library's executor runs."""
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
        if executor.held:
            root = Logic("and", (Logic("not", (called(root),)), root))
    return Flow(argv, root, how, keywords, (), name)


def of_constructor(of: Class, arguments: tuple[Value, ...], keywords: Map) -> list[Flow]:
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


def of_unknown(
    target: Value, arguments: tuple[Value, ...], keywords: Map, node: ast.Call, resolver: Resolver
) -> list[Flow]:
    """A callee that cannot be found, taken for an executor when the call looks like one."""
    name = terminal(node.func)
    flag = given_flag(keywords)
    certain = flag is not None
    if not arguments and not any(key in keywords.entries for key in _LISTED):
        return []
    if not certain and name in EXECUTOR_NAMES and becomes_root(Seq(arguments), resolver) is not None:
        return [Flow(as_given(arguments), FALSE, "flag", keywords, (), "")]
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
    argv = as_given(arguments)
    if not arguments:
        listed = next((keywords.entries[key] for key in _LISTED if key in keywords.entries), None)
        argv = as_argv(listed)
    return [Flow(argv, root, "flag", keywords, (), "")]
