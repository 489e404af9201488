"""Calls that stay, and whose root flag names what runs them: what may change of them, and what an adapter hands on."""

from __future__ import annotations

import ast
import copy
import types
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from migrator.rewrite import command
from migrator.understand.flags import is_flag_name
from migrator.verify.replay.entrypoints import Entrypoint, Usage, flag_of
from migrator.verify.replay.judging import Difference
from migrator.verify.replay.reading import Ran, Sent


def sending(usage: Usage, ran: Ran) -> Sent:
    """What reaches the function: the words and options that its executor was given."""
    if usage.named or usage.function.behind is not None:
        return Sent(ran.words, dict(ran.options))
    taken = [one.arg for one in usage.function.node.args.args]
    options = {name: ran.options[name] for name in taken[1:] if name in ran.options}
    return Sent((list(ran.texts),), {**_by_default(usage.inner, taken), **options})


def _by_default(call: ast.Call | None, taken: Sequence[str]) -> dict[str, Any]:
    """What a wrapper's call gives for options that its own caller left out: `kwargs.get('check_exit_code', True)`."""
    if call is None:
        return {}
    given = {**dict(zip(taken, call.args, strict=False)), **{one.arg: one.value for one in call.keywords if one.arg}}
    found = {}
    for name in taken[1:]:
        value = given.get(name)
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "get":
            value = value.args[1] if len(value.args) == 2 else ast.Constant(None)
        if value is not None:
            with suppress(ValueError):  # else it is not the same for all callers
                found[name] = ast.literal_eval(value)
    return found


def differences(call: ast.Call, usage: Usage, rooted: frozenset[tuple[int, int]]) -> Iterator[Difference]:
    """How the call changed beside its flag, and the flag beside the function. rooted: calls that are root as before."""
    if usage.inner:
        return
    before, after = _plain(call), _plain(usage.call)
    if before != after:
        yield Difference("call", before, after)
    if (usage.call.lineno, usage.call.col_offset + 1) in rooted:
        yield Difference("executor", "calls the function that the flag names", "takes the flag for a plain one")
    old = next((word.value for word in call.keywords if word.arg and is_flag_name(word.arg)), None)
    new = usage.handed
    assert new is not None
    kept = ast.unparse(old) if old is not None and not isinstance(old, ast.Constant) else ""
    now = "" if flag_of(new) is new else " and ".join(map(ast.unparse, getattr(new, "values", [])[:-1]))
    if kept != now:
        yield Difference("root", f"only if {kept}" if kept else "always", f"only if {now}" if now else "always")


def _plain(call: ast.Call) -> str:
    words = [word for word in call.keywords if not (word.arg and is_flag_name(word.arg))]
    return ast.unparse(ast.Call(call.func, call.args, words))


def handed_on(adapter: Entrypoint, words: Sequence[Any], options: Mapping[str, Any]) -> Sent:
    """What an adapter gives the function behind it, told by running it here: it looks at nothing but its arguments."""
    assert adapter.behind is not None
    given: list[Sent] = []
    space: dict[str, Any] = {}
    for part in command.needed(["command.operands("]):
        exec("\n".join(part.imports) + "\n" + part.text, space)
    reading = types.SimpleNamespace(operands=space["operands"])
    target = adapter.behind.node.name
    names: dict[str, Any] = {
        "command": reading,
        target: lambda *args, **keywords: given.append(Sent(tuple(args), keywords)),
    }
    tree = ast.Module([_Short().visit(copy.deepcopy(adapter.node))], [])
    exec(compile(ast.fix_missing_locations(tree), "<adapter>", "exec"), names)
    try:
        names[adapter.node.name](*words, **options)
    except Exception as error:  # the target's code on samples: what it raises would reach the caller
        return Sent(error=f"{type(error).__name__}: {error}")
    return given[0] if given else Sent(error=f"{target}() is not called")


class _Short(ast.NodeTransformer):
    """`project.privsep.command.operands` is `command.operands`, however the command module was imported."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.value, ast.Attribute) and node.value.attr == command.NAME:
            return ast.Attribute(ast.Name(command.NAME, ast.Load()), node.attr, node.ctx)
        return node
