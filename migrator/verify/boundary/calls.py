"""PRV221-223, 241: calls of entrypoints that do not fit, and arguments and results that cannot cross."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrator.verify.boundary import codes
from migrator.verify.boundary.finding import Entrypoint, Finding
from migrator.verify.boundary.names import Function, own
from migrator.verify.boundary.project import Project
from migrator.verify.boundary.reach import Reached
from migrator.verify.boundary.uses import Use
from migrator.verify.boundary.values import uncrossable

_TIMEOUT = "_wrap_timeout"  # taken by PrivContext itself
_LISTS_IN_PYTHON2 = ("an iterator", "a range", "a dictionary view")


def unbound(node: Function, call: ast.Call, entrypoint: bool) -> str:
    """Why a call's arguments do not fit a function's parameters, "" when they do or it cannot be told."""
    if any(isinstance(one, ast.Starred) for one in call.args) or any(word.arg is None for word in call.keywords):
        return ""
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    if len(call.args) > len(plain) and arguments.vararg is None:
        takes = f"{len(plain)} positional argument{'' if len(plain) == 1 else 's'}"
        return f"it takes {takes}, and gets {len(call.args)}"
    given = {one.arg for one in plain[: len(call.args)]}
    by_name = {one.arg for one in (*arguments.args, *arguments.kwonlyargs)}
    for word in call.keywords:
        assert word.arg is not None
        if entrypoint and word.arg == _TIMEOUT:
            continue
        if word.arg in given and word.arg in by_name:
            return f"it gets `{word.arg}` twice"
        if word.arg not in by_name and arguments.kwarg is None:
            return f"it has no parameter `{word.arg}`"
        given.add(word.arg)
    needed = plain[: len(plain) - len(arguments.defaults)]
    missing = [one.arg for one in needed if one.arg not in given]
    for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is None and one.arg not in given:
            missing.append(one.arg)
    return f"{', '.join(f'`{name}`' for name in missing)} missing" if missing else ""


def check(
    use: Use, node: Function, entrypoint: Entrypoint | None, project: Project, python2: bool
) -> Iterator[Finding]:
    """The faults of one call; entrypoint: None for a plain function of the privsep package."""
    if use.call is None or not use.sole:
        return
    if entrypoint is None or entrypoint.direct:
        why = unbound(node, use.call, entrypoint is not None)
        if why:
            signature = f"{node.name}({ast.unparse(node.args)})"
            text = f"the call does not fit `{signature}`: {why}; TypeError when it is made"
            yield use.module.finding(codes.BIND, use.call, text, use.target)
    if entrypoint is None:
        return
    for given in (*use.call.args, *(word.value for word in use.call.keywords)):
        what = "" if isinstance(given, ast.Starred) else uncrossable(given, use.module, use.scope, project)
        if what and not (python2 and what in _LISTS_IN_PYTHON2):
            shown = " ".join(ast.unparse(given).split())
            text = f"the argument `{shown if len(shown) < 60 else shown[:57] + '...'}` of `{node.name}` is {what}"
            text += ": TypeError in the client, nothing is done"
            yield use.module.finding(codes.ARGUMENT, given, text, use.target)
    if use.taken and entrypoint.direct and not _gives(node):
        text = f"`{node.name}` returns nothing, and the caller {use.taken} its result: TypeError in the client"
        yield use.module.finding(codes.NO_RESULT, use.call, text, use.target)


def results(reached: Reached, project: Project, python2: bool) -> Iterator[Finding]:
    """What an entrypoint returns and cannot be sent."""
    for node in own(reached.node):
        if isinstance(node, ast.Return) and node.value is not None:
            what = uncrossable(node.value, reached.module, reached.scope, project)
            if what and not (python2 and what in _LISTS_IN_PYTHON2):
                text = f"`{reached.node.name}` returns {what}, which cannot be sent: TypeError after the work is done"
                yield reached.module.finding(codes.RESULT, node, text, reached.name)


def _gives(node: Function) -> bool:
    """Whether a function returns anything at all."""
    for one in own(node):
        if isinstance(one, (ast.Yield, ast.YieldFrom)):
            return True
        given = one.value if isinstance(one, ast.Return) else None
        if given is not None and not (isinstance(given, ast.Constant) and given.value is None):
            return True
    return False


def unread(entrypoint: Entrypoint, reached: Reached) -> Iterator[Finding]:
    """Parameters that an entrypoint never reads."""
    if entrypoint.node is None:
        return
    body = entrypoint.node.body
    first = body[0].value if isinstance(body[0], ast.Expr) else None
    if len(body) == 1 and (isinstance(body[0], ast.Pass) or isinstance(first, ast.Constant)):
        return  # it stands for something yet to be written
    names = {one.id for one in ast.walk(ast.Module(body, [])) if isinstance(one, ast.Name)}
    if names & {"locals", "vars", "eval", "exec"} or all(isinstance(one, ast.Raise) for one in body):
        return
    for argument in (*entrypoint.node.args.args, *entrypoint.node.args.kwonlyargs):
        if argument.arg not in names and not argument.arg.startswith("_"):
            text = f"`{entrypoint.node.name}` never reads its parameter `{argument.arg}`: what callers give is ignored"
            symbol = f"{entrypoint.name}:{argument.arg}"
            yield reached.module.finding(codes.UNREAD, entrypoint.node, text, symbol, body[0].lineno)
