"""PRV242, 243: functions of the privsep package that no context exports, entrypoints that nothing calls."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

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
        if any(fnmatchcase(name, pattern) for pattern in unprivileged):
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
        yield module.finding(codes.UNDECORATED, node, text, node.body[0].lineno)


def uncalled(entrypoints: Iterable[Entrypoint], uses: Uses, project: Project) -> Iterator[Finding]:
    """Entrypoints that nothing in the project, its tests left out, names."""
    for one in entrypoints:
        leaf = one.name.rpartition(".")[2]
        used = [use for use in uses.of.get(one.name, ()) if use.within != one.name]
        module = project.module(one.name.rpartition(".")[0])
        if used or leaf in uses.loose or module is None or one.node is None:
            continue
        text = f"nothing calls the entrypoint `{leaf}` (tests left out): whoever takes over the service still can"
        yield module.finding(codes.UNCALLED, one.node, text, one.node.body[0].lineno)
