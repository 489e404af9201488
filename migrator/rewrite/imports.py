"""Add import lines to a module in hacking's order, and see whether a name is free for one."""

from __future__ import annotations

import ast
import enum
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from migrator.model import Edit
from migrator.rewrite.source import Source

ImportNode = ast.Import | ast.ImportFrom


class Group(enum.IntEnum):
    """Hacking's three groups (H305/H306), in their order."""

    STDLIB = 0
    THIRD_PARTY = 1
    PROJECT = 2


@dataclass(frozen=True)
class _Entry:
    node: ImportNode
    key: str
    group: Group


def group_of(module: str, top: str) -> Group:
    """The group that a dotted module belongs to in a project whose top package is `top`."""
    root = module.split(".")[0]
    if root == top or not root:
        return Group.PROJECT
    return Group.STDLIB if root in sys.stdlib_module_names else Group.THIRD_PARTY


def key_of(node: ImportNode) -> str:
    """What H306 compares: `from a import b` sorts as a.b, letters in lower case."""
    name = node.names[0].name
    if isinstance(node, ast.ImportFrom):
        name = f"{'.' * node.level}{node.module or ''}.{name}"
    return name.lower()


def parse_line(line: str) -> ImportNode:
    """The node of one import line; ValueError when the line is something else."""
    body = ast.parse(line).body
    if len(body) == 1 and isinstance(body[0], (ast.Import, ast.ImportFrom)):
        return body[0]
    raise ValueError(f"not one import: {line!r}")


def ordered(lines: Iterable[str], top: str) -> list[list[str]]:
    """Import lines without repetitions, in hacking's order, one list for each group that has any."""
    found: dict[Group, list[tuple[str, str]]] = {}
    for line in sorted(set(lines)):
        node = parse_line(line)
        found.setdefault(group_of(module_of(node), top), []).append((key_of(node), line))
    return [[line for _, line in sorted(found[group])] for group in sorted(found)]


def has(tree: ast.Module, line: str) -> bool:
    """True when the module has this import at its top level, outside try and if."""
    wanted = parse_line(line)
    for node in tree.body:
        if isinstance(node, ast.Import) and isinstance(wanted, ast.Import):
            if any(_same(alias, wanted.names[0]) for alias in node.names):
                return True
        elif isinstance(node, ast.ImportFrom) and isinstance(wanted, ast.ImportFrom):
            same_module = (node.module, node.level) == (wanted.module, wanted.level)
            if same_module and any(_same(alias, wanted.names[0]) for alias in node.names):
                return True
    return False


def add(source: Source, lines: Sequence[str], top: str) -> list[Edit]:
    """Edits that add the import lines which the module lacks, each in its group and alphabetical place."""
    missing = [line for line in lines if not has(source.tree, line)]
    edits = []
    for block in ordered(missing, top):
        group = group_of(module_of(parse_line(block[0])), top)
        placed: dict[int, list[str]] = {}
        fresh: list[str] = []
        for line in block:
            at = _place(source, key_of(parse_line(line)), group, top)
            if at is None:
                fresh.append(line)
            else:
                placed.setdefault(at, []).append(line)
        edits += [_insert(source, at, several) for at, several in placed.items()]
        if fresh:
            edits.append(_new_group(source, fresh, group, top))
    return edits


def binds_otherwise(nodes: Iterable[ast.AST], line: str) -> bool:
    """True when a name that the import line binds is bound by anything else in these nodes, which are not descended.

    `import nova.conf` and `import nova.privsep` bind `nova` to the same thing.
    """
    wanted = parse_line(line)
    alias = wanted.names[0]
    name = alias.asname or alias.name.split(".")[0]
    for node in nodes:
        if isinstance(node, ast.Import):
            for other in node.names:
                own = other.asname or other.name.split(".")[0]
                if own == name and not (
                    isinstance(wanted, ast.Import) and (other.asname is None or other.name == name)
                ):
                    return True
        elif isinstance(node, ast.ImportFrom):
            for other in node.names:
                if (other.asname or other.name) == name and not (
                    isinstance(wanted, ast.ImportFrom)
                    and (node.module, node.level) == (wanted.module, wanted.level)
                    and other.name == alias.name
                ):
                    return True
        elif name in bound(node):
            return True
    return False


def bound(node: ast.AST) -> tuple[str, ...]:
    """Names that this very node binds, its children not counted."""
    if isinstance(node, ast.Import):
        return tuple(alias.asname or alias.name.split(".")[0] for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return tuple(alias.asname or alias.name for alias in node.names)
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        return (node.id,)
    if isinstance(node, ast.arg):
        return (node.arg,)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return (node.name,)
    if isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        return (node.name,) if node.name else ()
    if isinstance(node, ast.MatchMapping):
        return (node.rest,) if node.rest else ()
    return ()


def module_scope(tree: ast.Module) -> Iterable[ast.AST]:
    """Nodes that bind names in the module itself: everything outside functions and class bodies."""
    stack: list[ast.AST] = list(tree.body)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            stack.extend(ast.iter_child_nodes(node))


def _same(one: ast.alias, other: ast.alias) -> bool:
    return (one.name, one.asname or one.name) == (other.name, other.asname or other.name)


def module_of(node: ImportNode) -> str:
    """The dotted module that an import names first, with leading dots when it is relative."""
    if isinstance(node, ast.ImportFrom):
        return "." * node.level + (node.module or "")
    return node.names[0].name


def _blocks(source: Source, top: str) -> list[list[_Entry]]:
    """Runs of imports at the head of the module, each alone on its lines, with no blank line or code between."""
    blocks: list[list[_Entry]] = []
    body = source.tree.body
    last = -1
    for number, node in enumerate(body):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            break
        alone = (number == 0 or body[number - 1].end_lineno != node.lineno) and (
            number + 1 == len(body) or body[number + 1].lineno != node.end_lineno
        )
        if not isinstance(node, (ast.Import, ast.ImportFrom)) or not alone or module_of(node) == "__future__":
            last = -1
            continue
        between = range(last + 1, node.lineno)
        if last == -1 or any(not source.line_text(line).strip() for line in between):
            blocks.append([])
        blocks[-1].append(_Entry(node, key_of(node), group_of(module_of(node), top)))
        assert node.end_lineno is not None
        last = node.end_lineno
    return blocks


def _place(source: Source, key: str, group: Group, top: str) -> int | None:
    """Character offset for a line in the group's first block, None when the group has no block."""
    for block in _blocks(source, top):
        own = [entry for entry in block if entry.group is group]
        if not own:
            continue
        greater = next((number for number, entry in enumerate(own) if entry.key > key), len(own))
        if greater == 0:
            return source.line_start(own[0].node.lineno)
        return _after(source, own[greater - 1].node)
    return None


def _after(source: Source, node: ast.stmt) -> int:
    assert node.end_lineno is not None
    return source.line_start(node.end_lineno + 1)


def _insert(source: Source, at: int, lines: Sequence[str], *, before: bool = False, behind: bool = False) -> Edit:
    """Insert whole lines at the start of a line, with an empty line before or behind them."""
    newline = source.newline
    text = newline * before + "".join(line + newline for line in lines) + newline * behind
    if at == len(source.text) and source.text and not source.text.endswith(("\n", "\r")):
        text = newline + text[: -len(newline)]
    byte = source.byte(at)
    return Edit(source.path, byte, byte, source.encode(text))


def _new_group(source: Source, lines: Sequence[str], group: Group, top: str) -> Edit:
    blocks = _blocks(source, top)
    lower = [block for block in blocks if min(entry.group for entry in block) < group]
    if lower:
        at = _after(source, lower[-1][-1].node)
        return _insert(source, at, lines, before=True, behind=not _blank_at(source, at))
    if blocks:
        return _insert(source, source.line_start(blocks[0][0].node.lineno), lines, behind=True)
    head = [
        node
        for number, node in enumerate(source.tree.body)
        if (number == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or (isinstance(node, ast.ImportFrom) and node.module == "__future__")
    ]
    if head:
        at = _after(source, head[-1])
        return _insert(source, at, lines, before=True, behind=not _blank_at(source, at))
    line = 1
    while line <= len(source.starts) and source.line_text(line).startswith("#"):
        line += 1
    at = source.line_start(line)
    return _insert(source, at, lines, before=line > 1, behind=not _blank_at(source, at))


def _blank_at(source: Source, at: int) -> bool:
    """True when an empty line, or nothing, stands at this offset."""
    return at >= len(source.text) or not source.line_text(source.line_of(at)).strip()
