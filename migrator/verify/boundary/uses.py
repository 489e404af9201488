"""Where a project names the functions that stand at its boundary: calls, and names handed on."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from migrator.verify.boundary.names import Scope
from migrator.verify.boundary.project import Module, Project


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """One place that names a function. call: the call, None where the name is only handed on.

    within: dotted name of the module-level function around it, the module's name outside of any. sole: the function
    is the only one that the name can stand for. taken: how the result is taken apart ("unpacks", "indexes" ...), ""
    when it is not.
    """

    target: str
    module: Module
    scope: Scope = field(repr=False)
    node: ast.expr = field(repr=False)
    call: ast.Call | None = field(repr=False)
    within: str
    sole: bool
    taken: str = ""


@dataclass(frozen=True, slots=True)
class Uses:
    """All uses, by the function's name. loose: last names of what is used and cannot be told, and of texts."""

    of: dict[str, tuple[Use, ...]]
    loose: frozenset[str]


def uses(project: Project, functions: Iterable[str], packages: Iterable[str]) -> Uses:
    """Find the uses of module-level functions in all files that may import their modules.

    A file is parsed when it lies in one of the packages, or holds the last part of the package's or the module's name
    and the name of one of its functions; and when it holds the name of a function that is met nowhere else.
    """
    by_home: dict[str, set[str]] = {}
    for function in functions:
        home, _, name = function.rpartition(".")
        by_home.setdefault(home, set()).add(name)
    wanted = {name for names in by_home.values() for name in names}
    targets = {f"{home}.{name}" for home, names in by_home.items() for name in names}
    inside = tuple(packages)
    files = {name for name in project.names if any((name + ".").startswith(package + ".") for package in inside)}
    renamed = set().union(*(_aliases(one, wanted) for one in map(project.module, sorted(files)) if one is not None))
    for home, names in by_home.items():
        package = next((one for one in inside if (home + ".").startswith(one + ".")), "")
        word = (package or home).rpartition(".")[2]
        files.add(home)
        files.update(name for name in project.holding(word) if package or project.text_holds(name, *names))
    found: dict[str, list[Use]] = {}
    loose: set[str] = set()
    read: set[str] = set()
    more: set[str] = set()  # files that only hold the name of a function: what cannot be told there is something else
    while files - read:
        for file in sorted(files - read):
            read.add(file)
            module = project.module(file)
            if module is not None:
                for use in _in_module(module, project, targets, wanted | renamed, set() if file in more else loose):
                    found.setdefault(use.target, []).append(use)
                files.update(_readers(module, project, targets))
        if not files - read:  # who uses the rest may get the module from a file that imports it, `files.root.touch()`
            lost = {one.rpartition(".")[2] for one in targets if one not in found} - loose
            more.update({name for leaf in lost for name in project.holding(f".{leaf}")} - files)
            files |= more
    return Uses({name: tuple(places) for name, places in found.items()}, frozenset(loose))


def _readers(module: Module, project: Project, targets: set[str]) -> Iterator[str]:
    """Files that may use re-exports: `from nova.privsep.path import chown` there, `utils.chown` elsewhere."""
    last = module.name.rpartition(".")[2]
    for name, bindings in module.scope.names.items():
        meant = {project.absolute(one.target, module) for one in bindings if one.kind == "import"}
        if f"{module.name}.{name}" not in targets and targets & set(map(project.canonical, meant)):
            yield from project.holding(last, name)


def _in_module(module: Module, project: Project, targets: set[str], wanted: set[str], loose: set[str]) -> Iterator[Use]:
    told = module.mentions
    loose.update(told.dotted & wanted)
    for node, scope in told.asked:
        loose.update(_asked(node, module, scope, project, targets))
    for name, one in told.among(wanted | _aliases(module, wanted)):
        meant = project.meanings(one.node, module, one.scope)
        if not meant and isinstance(one.node, ast.Attribute) and _may_be_module(one.node.value, one.scope):
            loose.add(name)
        for target in meant:
            if target in targets:
                within = around(module, one.scope)
                yield Use(target, module, one.scope, one.node, one.call, within, len(meant) == 1, one.taken)


def _asked(call: ast.Call, module: Module, scope: Scope, project: Project, targets: set[str]) -> set[str]:
    """getattr(module, name): the function of that name, or all of the module's."""
    word = call.args[1] if len(call.args) > 1 else None
    homes = project.meanings(call.args[0], module, scope) if call.args else ()
    leaves = {leaf for home, _, leaf in (one.rpartition(".") for one in targets) if home in homes}
    return leaves & {word.value} if isinstance(word, ast.Constant) else leaves


def _may_be_module(node: ast.expr, scope: Scope) -> bool:
    """Whether an expression, which cannot be told, may be a module that was handed on: `self.root`, a parameter."""
    if not isinstance(node, ast.Name):
        return isinstance(node, ast.Attribute)
    bindings, owner = scope.find(node.id)
    if owner is None or (owner.method_of is not None and owner is owner.function and node.id in ("self", "cls")):
        return False
    made = (ast.Call, ast.Constant, ast.List, ast.Dict, ast.Set, ast.Tuple, ast.BinOp, ast.JoinedStr)
    return any(one.kind != "entered" and not isinstance(one.node, made) for one in bindings)


def around(module: Module, scope: Scope) -> str:
    """The dotted name of the module-level function or class around a scope, the module's outside of any."""
    outermost = scope
    while outermost.parent is not None and outermost.parent.parent is not None:
        outermost = outermost.parent
    name = getattr(outermost.node, "name", "")
    return f"{module.name}.{name}" if name else module.name


def _aliases(module: Module, wanted: set[str]) -> set[str]:
    """Local names of what is imported or assigned under another name."""
    return {local for name in wanted & module.renamings.keys() for local in module.renamings[name]}
