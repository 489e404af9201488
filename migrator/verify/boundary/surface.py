"""PRV242-244: functions that no context exports, entrypoints that nothing calls, names that no module has."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from migrator.rewrite import command
from migrator.rewrite.adapters import adapted
from migrator.verify.boundary import codes
from migrator.verify.boundary.finding import Entrypoint, Finding
from migrator.verify.boundary.names import Function
from migrator.verify.boundary.project import Module, Project
from migrator.verify.boundary.uses import Uses

Placed = tuple[Module, Function]
_NAMES = ("privsep", "privileged")
_UNPRIVILEGED = "unprivileged_"


def packages(project: Project, contexts: Iterable[str]) -> tuple[str, ...]:
    """The dotted names of the privsep packages: they make a context, and have nothing else to do.

    A package below the top one, or a module that is called privsep or privileged. A context that is made elsewhere,
    beside a service's own code, makes no package of that code.
    """
    found = set()
    for context in contexts:
        home = context.rpartition(".")[0]
        module = project.module(home)
        if module is None:
            continue
        own_package = module.package == home and "." in home
        if own_package or home.rpartition(".")[2] in _NAMES:
            found.add(home)
    return tuple(sorted(found))


def modules(project: Project, inside: Iterable[str]) -> list[str]:
    """The modules of privsep packages, sorted by name."""
    wanted = tuple(f"{package}." for package in inside)
    return sorted(name for name in project.names if (name + ".").startswith(wanted)) if wanted else []


def functions(project: Project, inside: Iterable[str]) -> dict[str, Placed]:
    """The module-level functions of privsep packages by dotted name."""
    found: dict[str, Placed] = {}
    for name in modules(project, inside):
        module = project.module(name)
        for leaf, bindings in module.scope.names.items() if module is not None else ():
            for binding in bindings:
                if module is not None and isinstance(binding.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    found[f"{name}.{leaf}"] = (module, binding.node)
    return found


def undecorated(
    known: dict[str, Placed],
    exported: Iterable[str],
    inside: Sequence[str],
    uses: Uses,
    unprivileged: Sequence[str],
) -> Iterator[Finding]:
    """Functions without entrypoint decorator that are used from outside of the package, or not at all."""
    left_out = set(exported)
    for name, (module, node) in known.items():
        if name in left_out or node.name.startswith(("_", _UNPRIVILEGED)):
            continue
        if any(fnmatchcase(name, pattern) for pattern in unprivileged) or _hands_on(name, node, left_out):
            continue
        used = [use for use in uses.of.get(name, ()) if use.within != name]
        package = next(one for one in inside if (name + ".").startswith(one + "."))
        outside = [use for use in used if not (use.module.name + ".").startswith(package + ".")]
        if outside:
            first = min(outside, key=lambda use: (use.module.path, use.node.lineno))
            who = f"{first.module.path}:{first.node.lineno} runs it as the service's own user"
        elif used or node.name in uses.loose:
            continue
        else:
            who = "whoever calls it runs it as the service's own user"
        text = f"`{node.name}` has no entrypoint decorator: {who}"
        yield module.finding(codes.UNDECORATED, node, text, name, node.body[0].lineno)


def _hands_on(name: str, node: Function, exported: Collection[str]) -> bool:
    """Whether a function needs no privilege: it reads an executor's argv and calls an entrypoint of its module.

    So do those of the command module that a rewrite writes to be called in the service.
    """
    module = name.rpartition(".")[0]
    if module.rpartition(".")[2] == command.NAME and node.name in command.PARTS:
        return ast.dump(node) == ast.dump(ast.parse(command.PARTS[node.name].text).body[0])
    return f"{module}.{adapted(node)}" in exported


def uncalled(
    entrypoints: Iterable[Entrypoint], uses: Uses, project: Project, making: Collection[int]
) -> Iterator[Finding]:
    """Entrypoints that nothing in the project names, its tests left out. making: ids of nodes that make one of them."""
    for one in entrypoints:
        leaf = one.name.rpartition(".")[2]
        used = [use for use in uses.of.get(one.name, ()) if use.within != one.name and id(use.node) not in making]
        module = project.module(one.name.rpartition(".")[0])
        if used or leaf in uses.loose or module is None or one.node is None:
            continue
        text = f"nothing calls the entrypoint `{leaf}` (tests left out): whoever takes over the service still can"
        yield module.finding(codes.UNCALLED, one.node, text, one.name, one.node.body[0].lineno)


def absent(project: Project, inside: Sequence[str]) -> Iterator[Finding]:
    """Names that are asked of a module of a privsep package and that it does not have."""
    own = set(modules(project, inside))
    files = own | {name for package in inside for name in project.holding(package.rpartition(".")[2])}
    leaves = {name.rpartition(".")[2] for name in own}
    for file in sorted(files):
        module = project.module(file)
        words = leaves | _renamed(module, leaves) if module is not None else leaves
        for node, scope in module.nodes if module is not None and own else ():
            if module is None:
                continue
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                last = getattr(node.value, "attr", getattr(node.value, "id", ""))
                home = project.one(node.value, module, scope) if last in words else ""
                if home in own and _lacks(home, node.attr, project):
                    text = f"`{home}` has no `{node.attr}`: AttributeError when this runs"
                    yield module.finding(codes.ABSENT, node, text, f"{home}.{node.attr}")
            elif isinstance(node, ast.ImportFrom):
                home = project.absolute("." * node.level + (node.module or ""), module)
                for alias in node.names if home in own else ():
                    if alias.name != "*" and _lacks(home, alias.name, project):
                        text = f"`{home}` has no `{alias.name}`: ImportError when `{file}` is imported"
                        yield module.finding(codes.ABSENT, node, text, f"{home}.{alias.name}")


def _renamed(module: Module, leaves: set[str]) -> set[str]:
    """Other names that a file imports modules under: `import a.b as c`."""
    found: set[str] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found.update(one.asname for one in node.names if one.asname and one.name.rpartition(".")[2] in leaves)
    return found


def _lacks(home: str, name: str, project: Project) -> bool:
    module = project.module(home)
    if module is None or name in module.scope.names or name.startswith("__") or "*" in module.scope.names:
        return False
    if project.is_module(f"{home}.{name}") or "__getattr__" in module.scope.names:
        return False
    # a function may bind it through `global`, another module or setattr() from outside
    return not any(word in module.source.text for word in (f"global {name}", "globals()", "setattr(", "sys.modules"))
