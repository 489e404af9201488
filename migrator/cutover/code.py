"""Ties in a project's code: what hands a root helper on, and what goes once nobody asks for root any more."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from migrator.cutover import forms
from migrator.cutover.mentions import Definition, Found, Mention, Module, What, spelled
from migrator.cutover.ties import STARTED, Kind, Standing, Start, Tie
from migrator.rewrite.source import Source, ancestors, block_of, statement_of

_TODO = {
    Kind.HANDED: "a library is handed rootwrap's command line: hand over 'sudo' once it starts no command of its own "
    "with it, as os-brick, whose executor drops it",
    Kind.COMMAND: "a command line of rootwrap is put together here: take it away, or put 'sudo' in its place",
    Kind.IMPORT: "oslo.rootwrap is used here: move what it runs to a privileged function",
    Kind.CODE: "this code is for rootwrap, in a form that is not taken out by itself: take it out by hand",
    Kind.TEST: "functional tests run what is installed: let them use privsep, or sudo",
    Kind.START: STARTED,
}


@dataclass(frozen=True, eq=False)
class Cut:
    """What goes from one module: statements, elements of lists (options), and arguments with what takes their place."""

    module: Module
    statements: tuple[ast.stmt, ...]
    options: tuple[ast.Call, ...]
    arguments: tuple[ast.expr, ...]


@dataclass(frozen=True)
class Code:
    """Ties in code, the edits that cut those that can be removed, and the names of options and functions that go."""

    ties: tuple[Tie, ...]
    cuts: tuple[Cut, ...]
    options: tuple[str, ...]
    functions: tuple[str, ...]


def ties(found: Found, called: Mapping[str, Collection[int]], start: Start | None) -> Code:
    """The ties of a project's code, that of tests included.

    called: by path, lines that root calls stand on, which are ties of their own. start: how privsep is to be started.
    """
    out: list[Tie] = []
    cuts: list[Cut] = []
    code = [module for module in found.modules if not module.tests]
    helpers = {one.name for module in code for one in module.definitions if not isinstance(one, ast.ClassDef)}
    gone: list[str] = []
    for module in code:
        if module.source is None:
            text = f"does not parse with this Python ({module.unread})"
            out.append(Tie(Kind.CODE, Standing.BLOCKING, module.path, (), text, "look at it by hand"))
            continue
        more, cut = _module(module, module.source, helpers, called.get(module.path, ()), start)
        out += more
        cuts.append(cut)
        gone += [one.name for one in cut.statements if isinstance(one, Definition)]
    out += [tie for module in found.modules if module.tests for tie in _tests(module)]
    return Code(tuple(out), tuple(cuts), tuple(sorted(found.options)), tuple(gone))


def _module(
    module: Module, read: Source, helpers: Collection[str], called: Collection[int], start: Start | None
) -> tuple[list[Tie], Cut]:
    out: list[Tie] = []
    statements: dict[ast.stmt, None] = {}  # ordered, as a set is not
    arguments: dict[ast.expr, None] = {}
    options: list[ast.Call] = []
    imports: list[ast.stmt] = []
    stuck: dict[int, list[tuple[Kind, Mention]]] = {}
    outermost = [one for one in module.definitions if not _inside(one, module.definitions, read)]
    for one in outermost:
        kept = _on_top(one, read) or any(each not in outermost for each in block_of(one, read.above))
        standing = Standing.REMOVABLE if kept else Standing.BLOCKING
        todo = "" if kept else _TODO[Kind.CODE]
        if kept:
            statements[one] = None
        out.append(Tie(Kind.CODE, standing, module.path, (one.lineno,), spelled(read, (one.lineno,)), todo))
    for mention in module.mentions:
        if mention.around is not None:
            continue
        if mention.what is What.OPTION:
            assert isinstance(mention.node, ast.Call)
            listed = isinstance(read.above[mention.node], (ast.List, ast.Tuple))
            standing = Standing.REMOVABLE if listed else Standing.BY_HAND
            todo = "" if listed else "an option that nothing reads then: take it away by hand"
            out.append(Tie(Kind.OPTION, standing, module.path, (mention.line,), f"option {mention.name}", todo))
            if listed:
                options.append(mention.node)
            continue
        handed = forms.start_of(mention.node, read.above)
        if handed is not None:
            arguments[handed] = None
            continue
        if isinstance(mention.node, ast.alias) and _used(mention, module):
            continue  # the uses are ties
        statement = forms.going(mention, read.above)
        if statement is not None:
            statements[statement] = None
        elif isinstance(mention.node, (ast.Import, ast.ImportFrom)) and _on_top(mention.node, read):
            imports.append(mention.node)
        elif mention.line not in called:
            first = statement_of(mention.node, read.above).lineno
            stuck.setdefault(first, []).append((forms.kind_of(mention, helpers), mention))
    statements = {one: None for one in statements if not _inside(one, statements, read)}
    for each in statements:
        if each not in outermost:
            out.append(_tie(Kind.CODE, Standing.REMOVABLE, module.path, read, each.lineno))
    for node in imports:
        used = [name for alias in _names(node) for name in _uses(alias, read, statements)]
        if used:
            out.append(_tie(Kind.IMPORT, Standing.BLOCKING, module.path, read, node.lineno, _TODO[Kind.IMPORT]))
        else:
            statements[node] = None
            out.append(_tie(Kind.IMPORT, Standing.REMOVABLE, module.path, read, node.lineno))
    for value in arguments:
        known = start is not None
        standing = Standing.REMOVABLE if known else Standing.BLOCKING
        todo = "" if known else _TODO[Kind.START]
        out.append(_tie(Kind.START, standing, module.path, read, statement_of(value, read.above).lineno, todo))
    for some in stuck.values():
        kind, mention = some[0]
        out.append(_tie(kind, Standing.BLOCKING, module.path, read, mention.line, _TODO[kind]))
    return out, Cut(module, tuple(statements), tuple(options), tuple(arguments))


def _tie(kind: Kind, standing: Standing, path: str, read: Source, line: int, todo: str = "") -> Tie:
    return Tie(kind, standing, path, (line,), spelled(read, (line,)), todo)


def _used(mention: Mention, module: Module) -> bool:
    """Whether a name that is imported from where it is made is used in the module."""
    others = [one for one in module.mentions if one.name == mention.name and not isinstance(one.node, ast.alias)]
    return bool(others)


def _inside(node: ast.AST, others: Iterable[ast.AST], read: Source) -> bool:
    some = set(others)
    return any(outer in some for outer in ancestors(node, read.above))


def _on_top(node: ast.stmt, read: Source) -> bool:
    return isinstance(read.above[node], ast.Module)


def _names(node: ast.stmt) -> Iterator[str]:
    assert isinstance(node, (ast.Import, ast.ImportFrom))
    for alias in node.names:
        yield alias.asname or alias.name.split(".")[0]


def _uses(name: str, read: Source, going: Collection[ast.stmt]) -> list[ast.Name]:
    """Where a module uses a name outside of the statements that go."""
    some = [node for node in read.nodes if isinstance(node, ast.Name) and node.id == name]
    return [node for node in some if not _inside(node, going, read)]


def _tests(module: Module) -> Iterator[Tie]:
    """One tie for a file of tests, with all its lines."""
    if module.source is None:
        return
    lines = tuple(sorted({mention.line for mention in module.mentions}))
    runs = not {"functional", "fullstack"}.isdisjoint(module.path.split("/"))
    standing = Standing.BLOCKING if runs else Standing.BY_HAND
    todo = _TODO[Kind.TEST] if runs else "these expect rootwrap: delete them, or let them expect what is there now"
    yield Tie(Kind.TEST, standing, module.path, lines, spelled(module.source, lines), todo)
