"""Write the target's privsep package: new files, or additions to the files that it has."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable

from migrator.model import Edit
from migrator.rewrite import command, contexts, homes, imports, source
from migrator.rewrite.splice import splice
from migrator.rewrite.target import Context, Target


def changes(
    used: Iterable[homes.Home], new: Iterable[Context], target: Target
) -> list[tuple[str, bytes | None, bytes]]:
    """(path, old bytes or None, new bytes) of each file of the package that the functions in use need.

    used: homes of the functions that are called after the rewrite; those present already are left alone. A file that
    exists keeps all its bytes: imports are inserted, functions and contexts appended.
    """
    absent = sorted({home for home in used if not home.present}, key=lambda home: (home.area, home.name))
    out: list[tuple[str, bytes | None, bytes]] = []
    if not absent:
        return out
    needed = {home.context.name for home in absent}
    added = [context for context in new if context.name in needed]
    if not target.exists:
        text = target.licence + "\n" + contexts.module_text(added, target)
        out.append((target.file(""), None, text.encode()))
    elif added:
        out.append(_add_contexts(added, target))
    areas: dict[str, list[homes.Home]] = {}
    for home in absent:
        areas.setdefault(home.area, []).append(home)
    if any(_runs(home, target) for home in absent):
        made = _command(target)
        if made:
            out.append(made)
    out += [_area(area, several, target) for area, several in areas.items()]
    return out


def _runs(home: homes.Home, target: Target) -> bool:
    return bool(
        {f"import {target.package}.{command.NAME}", f"from {target.package} import {command.NAME}"}
        & set(home.spelled.imports)
    )


def _function(home: homes.Home, target: Target) -> str:
    return homes.decorator(home, target) + "\n" + home.spelled.text


def _area(area: str, several: list[homes.Home], target: Target) -> tuple[str, bytes | None, bytes]:
    lines = {homes.inside_import(target), *(line for home in several for line in home.spelled.imports)}
    texts = [_function(home, target) for home in several]
    path = target.file(area)
    if target.exists and os.path.exists(path):
        return _extend(path, sorted(lines), texts, target)
    return path, None, _new_module(f'"""Helpers for {area} related routines."""\n', lines, texts, target).encode()


def _new_module(docstring: str, lines: Iterable[str], texts: list[str], target: Target) -> str:
    groups = "\n".join("".join(line + "\n" for line in group) for group in imports.ordered(lines, target.top))
    return "\n".join([target.licence, docstring, groups]) + "\n\n" + "\n\n".join(texts)


def _command(target: Target) -> tuple[str, bytes | None, bytes] | None:
    path = target.file(command.NAME)
    if target.exists and os.path.exists(path):
        if command.FUNCTION in homes.load(target, command.NAME).functions:
            return None
        return _extend(path, command.IMPORTS, [command.SOURCE], target)
    return path, None, _new_module(command.DOCSTRING, command.IMPORTS, [command.SOURCE], target).encode()


def _extend(path: str, lines: Iterable[str], texts: list[str], target: Target) -> tuple[str, bytes | None, bytes]:
    with open(path, "rb") as file:
        read = source.read(path, file.read())
    edits = imports.add(read, list(lines), target.top)
    edits.append(append(read, texts))
    return path, read.data, splice(read.data, edits)


def append(read: source.Source, texts: Iterable[str]) -> Edit:
    """An edit that puts top-level blocks behind a module, two empty lines before each."""
    newline = read.newline
    tail = "" if not read.text or read.text.endswith(("\n", "\r")) else newline
    lines = read.text.splitlines()
    empty = 0
    while empty < len(lines) and not lines[-1 - empty].strip():
        empty += 1
    first = "" if not lines else newline * max(0, 2 - empty)
    body = (newline * 2).join(text.replace("\n", newline) for text in texts)
    end = len(read.data)
    return Edit(read.path, end, end, read.encode(tail + first + body))


def _add_contexts(added: list[Context], target: Target) -> tuple[str, bytes | None, bytes]:
    path = target.file("")
    with open(path, "rb") as file:
        read = source.read(path, file.read())
    names = {"capabilities": "capabilities", "priv_context": "priv_context"}
    lines = ["import logging"]
    for module, name in names.items():
        alias = _alias(read, module)
        if alias:
            names[module] = alias
        elif imports.binds_otherwise(imports.module_scope(read.tree), f"from oslo_privsep import {name}"):
            names[module] = f"privsep_{name}"
            lines.append(f"from oslo_privsep import {module} as privsep_{name}")
        else:
            lines.append(f"from oslo_privsep import {name}")
    text = "\n".join(contexts.blocks_of(added, target, names["capabilities"], names["priv_context"]))
    edits = [*imports.add(read, lines, target.top), append(read, [text])]
    return path, read.data, splice(read.data, edits)


def _alias(read: source.Source, module: str) -> str:
    """The name under which the file has a module of oslo_privsep, "" when it has not."""
    for node in read.tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "oslo_privsep":
            for alias in node.names:
                if alias.name == module:
                    return alias.asname or alias.name
    return ""
