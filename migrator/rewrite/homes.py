"""Find each privileged function its place and name in the target's privsep package."""

from __future__ import annotations

import ast
import contextlib
import copy
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from migrator.model import Privileged, Reason
from migrator.rewrite import command, contexts, imports, source, spelling
from migrator.rewrite.target import Context, Target, files_below

_MOST_NAMES = 9


@dataclass(frozen=True)
class Home:
    """Where a privileged function stands: module area, name, context, text, and whether it is there already."""

    area: str
    name: str
    context: Context
    spelled: spelling.Spelled
    present: bool


@dataclass(frozen=True)
class Module:
    """An existing module of the privsep package; source is None when there is none. bound: names it binds."""

    source: source.Source | None
    functions: Mapping[str, ast.FunctionDef]
    bound: frozenset[str]


@dataclass(frozen=True)
class Homes:
    """A home or a reason for every function.

    new: the contexts that have to be added. modules: what is there already, by area.
    """

    of: Mapping[Privileged, Home]
    refused: Mapping[Privileged, Reason]
    new: tuple[Context, ...]
    modules: Mapping[str, Module]


def settle(functions: Iterable[Privileged], target: Target, secret: Collection[Privileged] = ()) -> Homes:
    """Give every function a name that is free or that has just this body already.

    secret: the functions that some call hands what may be a secret: only a quiet context will do for them.

    An existing function with another body keeps its name: the new one is called name_2, name_3 ... The order is
    by area, name and source, so that it does not depend on which site came first.
    """
    refused: dict[Privileged, Reason] = {}
    of: dict[Privileged, Home] = {}
    wanted = sorted(set(functions), key=lambda function: (function.module, function.name, function.source))
    modules: dict[str, Module] = {}
    needed = _imported(wanted, target) if target.python2 else frozenset()
    possible = []
    for function in wanted:
        try:
            for area in [function.module, *([command.NAME] if _runs(function) else [])]:
                if area not in modules:
                    modules[area] = load(target, area)
            _check_area(function, target, needed)
            if _runs(function):
                _check_command(modules[command.NAME])
            possible.append(function)
        except spelling.Unfit as error:
            refused[function] = error.reason
    chosen = contexts.choose(possible, target, secret)
    given: dict[tuple[str, str], spelling.Spelled] = {}
    helpers: dict[tuple[str, str], str] = {}
    used = {area: _names_imported(area, possible, module, target) for area, module in modules.items()}
    for function in possible:
        try:
            context, hidden = chosen.of[function], function in secret
            home = _home(
                function, context, modules[function.module], given, used[function.module], target, hidden=hidden
            )
        except spelling.Unfit as error:
            refused[function] = error.reason
            continue
        clash = next((name for name, text in home.spelled.helpers if helpers.get((home.area, name), text) != text), "")
        if clash:
            refused[function] = Reason("name-taken", f"two rules have another {clash}; rename one of the two")
            continue
        helpers.update(((home.area, name), text) for name, text in home.spelled.helpers)
        given[home.area, home.name] = home.spelled
        of[function] = home
    return Homes(of, refused, chosen.new, modules)


def load(target: Target, area: str) -> Module:
    """Read an area's module. Raises spelling.Unfit when it is there and cannot be read."""
    path = target.file(area)
    if not target.exists or not os.path.exists(path):
        if os.path.isdir(path.removesuffix(".py")) and target.exists:
            raise spelling.Unfit(
                Reason("module-name-taken", f"{target.module(area)} is a package; move its functions to another module")
            )
        return Module(None, {}, frozenset())
    try:
        with open(path, "rb") as file:
            read = source.read(path, file.read())
    except (OSError, SyntaxError, ValueError, LookupError) as error:
        raise spelling.Unfit(Reason("module-unreadable", f"{path} cannot be extended: {error}")) from error
    found = {node.name: node for node in read.tree.body if isinstance(node, ast.FunctionDef)}
    bound = set(found)
    for node in imports.module_scope(read.tree):
        bound.update(imports.bound(node))
    return Module(read, found, frozenset(bound))


def _runs(function: Privileged) -> bool:
    return f"from {spelling.PLACEHOLDER} import {spelling.COMMAND}" in function.imports


def _check_area(function: Privileged, target: Target, needed: frozenset[str]) -> None:
    area = function.module
    if not area.isidentifier() or area == "__init__":
        raise spelling.Unfit(Reason("generated-invalid", f"{area!r} is no module name"))
    if target.python2 and area in needed and not os.path.exists(target.file(area)):
        # Python 2 looks beside the module first: a privsep/os.py would hide os from its neighbours.
        raise spelling.Unfit(Reason("module-name-taken", f"on Python 2 a new {area}.py would hide the module {area}"))


def _imported(functions: Iterable[Privileged], target: Target) -> frozenset[str]:
    """First parts of the module names that the package's modules import, old and new."""
    lines = {line.replace(spelling.PLACEHOLDER, target.package) for one in functions for line in one.imports}
    nodes: list[ast.AST] = [imports.parse_line(line) for line in (*lines, *_command_imports(), "import logging")]
    if target.exists:
        for path in files_below(target.folder):
            with contextlib.suppress(OSError, SyntaxError, ValueError, LookupError), open(path, "rb") as file:
                nodes += source.read(path, file.read()).nodes
    return frozenset(
        imports.module_of(node).split(".")[0] for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom))
    )


def _names_imported(area: str, functions: Iterable[Privileged], module: Module, target: Target) -> frozenset[str]:
    """Names that imports bind, or will bind, in an area's module."""
    lines = {
        line.replace(spelling.PLACEHOLDER, target.package)
        for one in functions
        if one.module == area
        for line in one.imports
    }
    nodes: list[ast.AST] = [imports.parse_line(line) for line in (*lines, inside_import(target))]
    if module.source is not None:
        nodes += [node for node in module.source.tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    return frozenset(name for node in nodes for name in imports.bound(node))


def _command_imports() -> list[str]:
    return [line for part in command.PARTS.values() for line in part.imports]


def _check_command(module: Module) -> None:
    for part in command.PARTS.values():
        there = module.functions.get(part.name)
        if there is None:
            if part.name in module.bound:
                raise spelling.Unfit(
                    Reason("command-module-taken", f"the privsep package's command module binds {part.name} otherwise")
                )
            continue
        ours = source.parse(part.text).body[0]
        assert isinstance(ours, ast.FunctionDef)
        if body_of(there) != body_of(ours):
            raise spelling.Unfit(
                Reason(
                    "command-module-taken", f"the privsep package has another command.{part.name}(); rename it first"
                )
            )


def _home(
    function: Privileged,
    context: Context,
    module: Module,
    given: Mapping[tuple[str, str], spelling.Spelled],
    used: frozenset[str],
    target: Target,
    *,
    hidden: bool,
) -> Home:
    area = function.module
    # stat(1) beside `import stat`: the function would hide the module from its neighbours.
    base = f"run_{function.name}" if function.name in used else function.name
    for number in range(1, _MOST_NAMES + 1):
        name = base if number == 1 else f"{base}_{number}"
        spelled = spelling.spell(function, name, target)
        body = source.parse(spelled.text).body[0]
        assert isinstance(body, ast.FunctionDef)
        there = module.functions.get(name)
        if there is not None:
            serving = _context_of(there, target)
            fits = serving is not None and serving.admits(target.module(area), function.capabilities)
            fits = fits and (not hidden or (serving is not None and serving.quiet))
            if serving is not None and fits and body_of(there) == body_of(body):
                return Home(area, name, serving, spelled, present=True)
            continue
        other = given.get((area, name))
        if name in module.bound or (other is not None and other.text != spelled.text):
            continue
        _check_names(module, spelled, target)
        return Home(area, name, context, spelled, present=False)
    raise spelling.Unfit(
        Reason("name-taken", f"{target.module(area)} has {function.name} with other bodies; rename one and run again")
    )


def _check_names(module: Module, spelled: spelling.Spelled, target: Target) -> None:
    """The names of the function's imports and helpers must not mean something else in the module."""
    if module.source is None:
        return
    for name, text in spelled.helpers:
        there, ours = module.functions.get(name), source.parse(text).body[0]
        assert isinstance(ours, ast.FunctionDef)
        if name in module.bound and (there is None or body_of(there) != body_of(ours)):
            raise spelling.Unfit(Reason("name-taken", f"{module.source.path} has another {name}; rename it first"))
    for line in (*spelled.imports, inside_import(target)):
        if imports.binds_otherwise(imports.module_scope(module.source.tree), line):
            raise spelling.Unfit(
                Reason("name-taken", f"{module.source.path} binds the name of `{line}` otherwise; free the name first")
            )


def inside_import(target: Target) -> str:
    """The line with which the package's own modules import the package."""
    parent, _, leaf = target.package.rpartition(".")
    return f"import {target.package}" if target.imports.inside_full else f"from {parent} import {leaf}"


def decorator(home: Home, target: Target) -> str:
    """The decorator line of a home's function."""
    package = target.package if target.imports.inside_full else target.package.rpartition(".")[2]
    return f"@{package}.{home.context.name}.entrypoint"


def _context_of(function: ast.FunctionDef, target: Target) -> Context | None:
    """The context whose entrypoint decorates a function, None when nothing or something more does."""
    if len(function.decorator_list) != 1:
        return None
    words = ast.unparse(function.decorator_list[0]).split(".")
    if len(words) < 2 or words[-1] != "entrypoint":
        return None
    return next((context for context in target.contexts if context.name == words[-2]), None)


def body_of(function: ast.FunctionDef) -> str:
    """What a function does, as text to compare: without name, decorators, docstring and annotations.

    Nor does it matter what the parameters without a default are called: they are given by position.
    """
    bare = copy.deepcopy(function)
    positional = [*bare.args.posonlyargs, *bare.args.args]
    required = positional[: len(positional) - len(bare.args.defaults)]
    numbered = {argument.arg: f"_{number}" for number, argument in enumerate(required)}
    bare.name, bare.decorator_list, bare.returns = "", [], None
    if ast.get_docstring(bare) is not None:
        bare.body = bare.body[1:]
    for node in ast.walk(bare):
        if isinstance(node, ast.arg):
            node.arg, node.annotation = numbered.get(node.arg, node.arg), None
        elif isinstance(node, ast.Name):
            node.id = numbered.get(node.id, node.id)
    return ast.dump(bare)
