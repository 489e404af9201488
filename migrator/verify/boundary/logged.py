"""PRV291: secrets that a daemon writes into its log."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from migrator.decide.requirements import minimum_version
from migrator.rewrite.target import Context
from migrator.verify.boundary import codes
from migrator.verify.boundary.finding import Entrypoint, Finding
from migrator.verify.boundary.names import own
from migrator.verify.boundary.project import Project

_SECRET = re.compile(
    r"^_?process_input$|passw|passphrase|(^|_)pass$|secret|chap_|credential|auth_token|private_key", re.I
)
_ANSWERS_ONLY = (2, 0)  # oslo.privsep release that logs what comes back only, not what a call gave
_KEPT = re.compile(rb"oslo[._]privsep(?:\.daemon)?\s*=\s*(?:INFO|WARN|WARNING|ERROR|CRITICAL)\b")


def kept_at_info(project: Project) -> bool:
    """Whether a project's defaults for log levels keep the daemon at INFO: `oslo.privsep.daemon=INFO`."""
    return any(
        _KEPT.search(project.tree.store.data(project.names[name])) for name in project.holding("privsep.daemon=")
    )


def check(entrypoint: Entrypoint, context: Context | None, quiet: bool, project: Project) -> Iterator[Finding]:
    """A function that gives back or takes a secret, of a context whose daemon logs at DEBUG level.

    context: None for one of another distribution. quiet: the project keeps such daemons at INFO by its defaults.
    """
    module = project.module(entrypoint.name.rpartition(".")[0])
    if module is None or context is None or context.quiet or quiet:
        return
    node = entrypoint.node
    name = f"`{node.name}` of {entrypoint.context.rpartition('.')[2]}"
    given = _returned(node)
    if given:
        text = f"{name} gives back {given}, which its daemon writes into the log at DEBUG level"
        yield module.finding(codes.LOGGED, node, text, entrypoint.name, node.body[0].lineno)
        return
    taken = next((one for one in entrypoint.parameters if _SECRET.search(one)), "")
    lowest = minimum_version(project.root(module.name), "oslo.privsep")
    if taken and lowest is not None and lowest < _ANSWERS_ONLY:
        text = (
            f"{name} takes `{taken}`, which oslo.privsep below 2.0 logs at DEBUG level, and the requirements admit that"
        )
        yield module.finding(codes.LOGGED, node, text, entrypoint.name, node.body[0].lineno)


def _returned(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The source of a secret that a function returns, "" when its names tell of none."""
    for one in own(node):
        for part in ast.walk(one.value) if isinstance(one, ast.Return) and one.value is not None else ():
            word = ""
            if isinstance(part, ast.Name):
                word = part.id
            elif isinstance(part, ast.Attribute):
                word = part.attr
            elif isinstance(part, ast.Subscript):
                word = ast.unparse(part.slice).strip("'\"")
            if word and _SECRET.search(word):
                return f"`{ast.unparse(part)}`"
    return ""
