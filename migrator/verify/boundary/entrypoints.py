"""Find the contexts of a project and all that is made an entrypoint of one, the forms that cannot work too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from migrator.rewrite.target import Context, contexts_in, quiet_loggers
from migrator.verify.boundary.finding import Entrypoint
from migrator.verify.boundary.names import Function, Scope, parameters
from migrator.verify.boundary.project import Module, Project

_PLAIN, _TIMED = "entrypoint", "entrypoint_with_timeout"


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """Something that is made an entrypoint.

    context: dotted name. prefix: the context's, None when not known. scope: where it stands. node: the definition, or
    the argument of `context.entrypoint(...)`. place: the decorator or the call. above, below: the other decorators.
    bound: the name that the outcome of a call is bound to, "?" when there is none, "" for a decorator.
    """

    context: str
    prefix: str | None
    module: Module
    scope: Scope
    node: Function | ast.expr
    place: ast.expr
    above: tuple[ast.expr, ...] = ()
    below: tuple[ast.expr, ...] = ()
    bound: str = ""


@dataclass(frozen=True, slots=True)
class Forms:
    """All entrypoints of a project as they are written.

    contexts: by dotted name. appliers: dotted names of functions that make entrypoints of what they are given.
    """

    forms: tuple[Form, ...]
    contexts: dict[str, Context]
    appliers: frozenset[str]


def forms(project: Project) -> Forms:
    """Everything in the project that is decorated with, or given to, `entrypoint` of a context."""
    known = contexts(project)
    found: list[Form] = []
    appliers: set[str] = set()
    for name in project.holding(_PLAIN):
        module = project.module(name)
        for form in _of_module(module, known, project) if module is not None else ():
            outer = form.scope.function
            if outer is not None and _hands_on(form):
                appliers.add(f"{name}.{getattr(outer.node, 'name', '')}")
            else:
                found.append(form)
    return Forms(tuple(found), known, frozenset(appliers))


def contexts(project: Project) -> dict[str, Context]:
    """The contexts that a project defines, by their dotted names."""
    found: dict[str, Context] = {}
    for name in project.holding("PrivContext"):
        module = project.module(name)
        if module is not None:
            quiet = _quiet_above(name, project)
            found.update({f"{name}.{one.name}": one for one in contexts_in(module.tree, name, quiet)})
    return found


def entrypoints(found: Forms) -> tuple[Entrypoint, ...]:
    """The module-level functions among the forms, sorted by name."""
    made = []
    for form in found.forms:
        node = definition(form)
        if node is not None and form.scope.parent is None and form.bound in ("", node.name):
            name = f"{form.module.name}.{node.name}"
            direct = not (form.above or form.below or (form.bound and node.decorator_list))
            names = tuple(parameters(node.args))
            made.append(Entrypoint(name, form.context, form.module.path, node.lineno, names, direct, node))
    return tuple(sorted(made, key=lambda one: (one.name, one.line)))


def definition(form: Form) -> Function | None:
    """The function of a form; None for a lambda, a partial and what cannot be told."""
    if isinstance(form.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return form.node
    if isinstance(form.node, ast.Name):
        bindings, _ = form.scope.find(form.node.id)
        nodes = [one.node for one in bindings if isinstance(one.node, (ast.FunctionDef, ast.AsyncFunctionDef))]
        return nodes[0] if len(nodes) == 1 else None
    return None


def _of_module(module: Module, contexts: dict[str, Context], project: Project) -> Iterator[Form]:
    decorators: set[int] = set()
    bound: dict[int, str] = {}
    for node, scope in module.nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            decorators.update(map(id, node.decorator_list))
            for index, decorator in enumerate(node.decorator_list):
                context = _context(decorator, module, scope, contexts, project)
                if context:
                    above, below = node.decorator_list[:index], node.decorator_list[index + 1 :]
                    yield Form(
                        context,
                        _prefix(contexts.get(context)),
                        module,
                        scope,
                        node,
                        decorator,
                        tuple(above),
                        tuple(below),
                    )
                    break
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            bound[id(node.value)] = node.targets[0].id
        elif isinstance(node, ast.Call) and id(node) not in decorators and len(node.args) == 1:
            timed = isinstance(node.func, ast.Call)  # entrypoint_with_timeout(60)(function)
            if timed or (isinstance(node.func, ast.Attribute) and node.func.attr == _PLAIN):
                context = _context(node.func, module, scope, contexts, project)
                if context:
                    name = bound.get(id(node), "?")
                    yield Form(context, _prefix(contexts.get(context)), module, scope, node.args[0], node, bound=name)


def _prefix(context: Context | None) -> str | None:
    return context.prefix if context is not None else None


def _quiet_above(name: str, project: Project) -> set[str]:
    """The loggers that the packages around a module keep at INFO or above."""
    found: set[str] = set()
    while name := name.rpartition(".")[0]:
        module = project.module(name)
        if module is not None:
            found |= quiet_loggers(module.tree, name)
    return found


def _context(node: ast.expr, module: Module, scope: Scope, contexts: dict[str, Context], project: Project) -> str:
    """The dotted name of the context whose entrypoint an expression is, "" when it is none.

    A context of another distribution is known by its name: `neutron.privileged.default`.
    """
    wanted = _PLAIN
    if isinstance(node, ast.Call):
        node, wanted = node.func, _TIMED
    if not isinstance(node, ast.Attribute) or node.attr != wanted:
        return ""
    for dotted in project.meanings(node.value, module, scope):
        if dotted in contexts:
            return dotted
        top = dotted.partition(".")[0]
        if top != "builtins" and not project.is_module(top) and "priv" in dotted.rpartition(".")[0]:
            return dotted
    return ""


def _hands_on(form: Form) -> bool:
    """Whether a call makes an entrypoint of a parameter: then its function is a decorator of its own."""
    if not isinstance(form.node, ast.Name):
        return False
    bindings, _ = form.scope.find(form.node.id)
    return any(one.kind == "parameter" for one in bindings)
