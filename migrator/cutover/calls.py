"""Root calls that rootwrap is still needed for: what a scan found, without what only hands on."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Collection, Iterator, Sequence

from migrator.cutover.mentions import PROGRAM, Found
from migrator.cutover.ties import Kind, Standing, Tie
from migrator.cutover.tree import Tree, in_tests
from migrator.model import Kind as Way
from migrator.model import Site
from migrator.rewrite import source
from migrator.understand.notation import spelled

_WIDTH, _SHORT = 100, 40
_CALLERS = 3  # that are named
_MOVE = "move it to a privileged function: `privmigrate explain` tells why rewrite left it"
_HANDED_IN = (
    "what runs it is handed in, and may go through rootwrap: move it, or take the root flag away where that is a "
    "function of privsep"
)
_SUDO = "runs sudo by itself, which needs a line in sudoers and no rootwrap"


def ties(tree: Tree, found: Found, sites: Sequence[Site]) -> tuple[Tie, ...]:
    """One tie for each call that gets root through rootwrap.

    Left out is what needs none: a call in a privsep daemon; a wrapper that only hands on what its callers ask for, as
    those are calls of their own, and one that builds its command when no caller in the project asks for root; and what
    stands in code that is about rootwrap itself, which goes with the rest.
    """
    out = []
    own = {
        module.path: [(one.lineno, one.end_lineno or one.lineno) for one in module.definitions]
        for module in found.modules
    }
    for site in sites:
        path = os.path.relpath(os.path.realpath(site.path), tree.root)
        if site.kind is Way.LAUNDERED or site.runner is not None:
            continue
        if any(first <= site.line <= last for first, last in own.get(path, ())):
            continue
        asking: list[str] = []
        if site.kind is Way.FORWARDER:
            asking = [] if site.takes_argv else list(_asking(tree, site))
            if not asking:
                continue
        words = list(spelled(site.command.words))
        text = " ".join(words) or "(not known)"
        width = _SHORT if asking else _WIDTH
        text = text if len(text) <= width else text[: width - 3].rstrip() + "..."
        wrapped = site.kind is not Way.LITERAL_SUDO or any(re.fullmatch(rf"(?:\S*/)?{PROGRAM}", word) for word in words)
        todo = _SUDO if not wrapped else _MOVE if site.executor else _HANDED_IN
        if asking:
            text += f" (for {', '.join(asking[:_CALLERS])}{' and more' if len(asking) > _CALLERS else ''})"
        standing = Standing.BLOCKING if wrapped else Standing.BY_HAND
        out.append(Tie(Kind.CALL, standing, path, (site.line,), text, todo))
    return tuple(out)


def lines(tree: Tree, sites: Sequence[Site]) -> dict[str, Collection[int]]:
    """By path, the lines that the calls of a scan stand on."""
    told: dict[str, set[int]] = {}
    for site in sites:
        path = os.path.relpath(os.path.realpath(site.path), tree.root)
        told.setdefault(path, set()).update(range(site.line, site.end_line + 1))
    return dict(told)


def _asking(tree: Tree, site: Site) -> Iterator[str]:
    """Where a function that takes the root flag is given one: path:line of the calls by its name, outside of tests.

    A call that gives none asks for root where the function's default does.
    """
    name = site.enclosing.rpartition(".")[2]
    with_default = _parameter(tree, site)
    if with_default is None:
        return
    flag, place, default = with_default
    own = os.path.relpath(os.path.realpath(site.path), tree.root)
    word = re.compile(rb"\b" + name.encode() + rb"\s*\(")
    for path, data in tree.data.items():
        if not path.endswith(".py") or in_tests(path) or not word.search(data):
            continue
        try:
            tree_of = source.parse(data.decode("utf-8", "replace"))
        except (SyntaxError, ValueError):
            continue
        named = _imported(tree_of)
        for node in ast.walk(tree_of):
            if isinstance(node, ast.Call) and _may_call(node.func, name, site.module, named, path == own):
                given = [each.value for each in node.keywords if each.arg == flag]
                given += node.args[place : place + 1]
                if _on(given[0] if given else default):
                    yield f"{path}:{node.lineno}"


def _imported(tree_of: ast.Module) -> dict[str, str]:
    """The dotted names that a module's imports give to names."""
    named = {}
    for node in ast.walk(tree_of):
        if isinstance(node, ast.ImportFrom) and not node.level:
            named.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
        elif isinstance(node, ast.Import):
            named.update({alias.asname: alias.name for alias in node.names if alias.asname})
    return named


def _may_call(function: ast.expr, name: str, module: str, named: dict[str, str], here: bool) -> bool:
    """Whether a callee of that name may be the function of a module, `here` or elsewhere: not one that is imported."""
    dotted = ast.unparse(function)
    first, _, rest = dotted.partition(".")
    if dotted.rpartition(".")[2] != name:
        return False
    if not rest:
        return named.get(name) == f"{module}.{name}" if name in named else here
    return first not in named or f"{named[first]}.{rest}" == f"{module}.{name}"


def _parameter(tree: Tree, site: Site) -> tuple[str, int, ast.expr | None] | None:
    """The parameter that a site's flag is, its place among the positional ones, and its default."""
    path = os.path.relpath(os.path.realpath(site.path), tree.root)
    around = [
        node
        for node in ast.walk(source.parse(tree.data[path].decode("utf-8", "replace")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.lineno <= site.line <= (node.end_lineno or node.lineno)
    ]
    for node in reversed(around):
        positional = [*node.args.posonlyargs, *node.args.args]
        defaults = [None] * (len(positional) - len(node.args.defaults)) + [*node.args.defaults]
        method = bool(positional) and positional[0].arg in ("self", "cls")
        for number, (one, default) in enumerate(zip(positional, defaults, strict=True)):
            if one.arg == site.flag:
                return one.arg, number - method, default
        for one, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
            if one.arg == site.flag:
                return one.arg, len(positional), default
    return None


def _on(value: ast.expr | None) -> bool:
    """Whether a flag may be on."""
    return value is not None and not (isinstance(value, ast.Constant) and not value.value)
