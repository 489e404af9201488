"""Write the target's privsep package: new files, or additions to the files that it has."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from migrator.model import Edit
from migrator.rewrite import command, contexts, homes, imports, source
from migrator.rewrite.adapters import Adapter
from migrator.rewrite.splice import splice
from migrator.rewrite.target import Context, Target


def changes(
    used: Iterable[homes.Home],
    added: Iterable[Adapter],
    calls: Iterable[str],
    new: Iterable[Context],
    modules: Mapping[str, homes.Module],
    target: Target,
) -> list[tuple[str, bytes | None, bytes]]:
    """(path, old bytes or None, new bytes) of each file of the package that the functions in use need.

    used: homes of the functions that are called after the rewrite; added: adapters that are named; those that are
    present are left alone. calls: new code outside the package, which may call functions of the command module. new:
    the contexts that the package gets. modules: what is there already, by area. A file that exists keeps all its bytes:
    imports are inserted, functions and contexts appended.
    """
    absent = sorted({home for home in used if not home.present}, key=lambda home: (home.area, home.name))
    adapters = sorted({one for one in added if not one.present}, key=lambda one: (one.area, one.name))
    out: list[tuple[str, bytes | None, bytes]] = []
    contexts_added = list(new)
    if not target.exists and (absent or adapters):
        text = target.licence + "\n" + contexts.module_text(contexts_added, target)
        out.append((target.file(""), None, text.encode()))
    elif contexts_added:
        out.append(_add_contexts(contexts_added, target))
    texts = [*(home.spelled.text for home in absent), *(one.text for one in adapters), *calls]
    made = _command(command.needed(texts), modules.get(command.NAME) or homes.load(target, command.NAME), target)
    if made:
        out.append(made)
    for area in sorted({home.area for home in absent} | {one.area for one in adapters}):
        out.append(
            _area(
                modules[area],
                area,
                [one for one in absent if one.area == area],
                [one for one in adapters if one.area == area],
                target,
            )
        )
    return out


def _function(home: homes.Home, target: Target) -> str:
    return homes.decorator(home, target) + "\n" + home.spelled.text


def _area(
    module: homes.Module, area: str, several: list[homes.Home], adapters: list[Adapter], target: Target
) -> tuple[str, bytes | None, bytes]:
    lines = {line for home in several for line in home.spelled.imports}
    lines |= {line for one in adapters for line in one.imports}
    if several:
        lines.add(homes.inside_import(target))
    named = [(home.name, _function(home, target)) for home in several] + [(one.name, one.text) for one in adapters]
    helpers = {name: text for home in several for name, text in home.spelled.helpers if name not in module.functions}
    texts = [*helpers.values(), *(text for _, text in sorted(named))]
    if module.source is not None:
        return _extend(module.source, sorted(lines), texts, target)
    return (
        target.file(area),
        None,
        _new_module(f'"""Helpers for {area} related routines."""\n', lines, texts, target).encode(),
    )


def _new_module(docstring: str, lines: Iterable[str], texts: list[str], target: Target) -> str:
    groups = "\n".join("".join(line + "\n" for line in group) for group in imports.ordered(lines, target.top))
    return "\n".join([target.licence, docstring, groups]) + "\n\n" + "\n\n".join(texts)


def _command(
    parts: Iterable[command.Part], module: homes.Module, target: Target
) -> tuple[str, bytes | None, bytes] | None:
    missing = [part for part in parts if part.name not in module.functions]
    if not missing:
        return None
    lines = {line for part in missing for line in part.imports}
    texts = [part.text for part in missing]
    if module.source is not None:
        return _extend(module.source, lines, texts, target)
    return target.file(command.NAME), None, _new_module(command.DOCSTRING, lines, texts, target).encode()


def _extend(
    read: source.Source, lines: Iterable[str], texts: list[str], target: Target
) -> tuple[str, bytes | None, bytes]:
    edits = imports.add(read, list(lines), target.top)
    edits.append(append(read, texts))
    return read.path, read.data, splice(read.data, edits)


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
