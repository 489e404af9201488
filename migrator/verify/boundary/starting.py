"""PRV283-285: what keeps a context's daemon from being started: filters, the start of services, its own path."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from migrator.rewrite.entrypoints import starts, unstarted
from migrator.rewrite.target import Context, describe
from migrator.rootwrap import daemons, lines
from migrator.rootwrap import project as shipped
from migrator.rootwrap.filters import Filter
from migrator.understand.walk import relative
from migrator.verify.boundary import codes
from migrator.verify.boundary.finding import Entrypoint, Finding
from migrator.verify.boundary.project import Project

_SUDOERS = re.compile(r"^[^#\n]*privsep-helper(?P<rest>[^\n]*)", re.M)


def paths(contexts: Mapping[str, Context], project: Project) -> Iterator[Finding]:
    """Contexts whose pypath is not where they stand: the daemon asks for another one."""
    for dotted, context in contexts.items():
        module = project.module(dotted.rpartition(".")[0])
        statement = module.assigned(context.name) if module is not None else None
        call = statement.value if statement is not None else None
        if module is None or not isinstance(call, ast.Call):
            continue
        given = next((word.value for word in call.keywords if word.arg == "pypath"), None)
        given = call.args[2] if given is None and len(call.args) > 2 else given
        if given is None and not any(word.arg is None for word in call.keywords):
            text = f"`{context.name}` has no pypath: AssertionError when its daemon is started through a helper"
            yield module.finding(codes.PYPATH, call, text, dotted)
            continue
        told = _text(given, module.name)
        if told and project.canonical(told) not in (dotted, "") and told != dotted:
            text = f"`{context.name}` says that it is {told}: AssertionError when its daemon is started"
            yield module.finding(codes.PYPATH, call, text, dotted)


def filters(contexts: Collection[str], project: Project) -> Iterator[Finding]:
    """Contexts that no filter and no sudoers line of a project admits, where it ships filters.

    Raises Fault for a filters file that rootwrap could not load.
    """
    read: dict[str, dict[str, Sequence[Filter]]] = {}  # root -> what each of its files holds
    for dotted in sorted(contexts):
        module = project.module(dotted.rpartition(".")[0])
        if module is None:
            continue
        root = project.root(module.name)
        if root not in read:
            read[root] = {path: lines.read(path).filters for path in shipped.files(root)}
        some = [one for each in read[root].values() for one in each]
        if not some or any(daemons.starts(one, dotted) for one in some) or _by_sudo(root, dotted):
            continue
        node = module.assigned(dotted.rpartition(".")[2])
        if node is not None:
            where = relative(os.path.commonpath([os.path.dirname(path) for path in read[root]]))
            text = f"no filter below {where} admits privsep-helper with --privsep_context {dotted}:"
            yield module.finding(codes.UNADMITTED, node, f"{text} rootwrap < 5.0.0 does not start its daemon", dotted)


def services(exported: Sequence[Entrypoint], callers: Collection[str], project: Project) -> Iterator[Finding]:
    """Console scripts of a project in which nothing calls priv_context.init(), and which come to privileged functions.

    callers: paths of the files that call one.
    """
    tops = sorted({one.name.partition(".")[0] for one in exported})
    for top in tops:
        root = project.tree.tops.get(top)
        calling = (project.names[name] for name in project.holding("priv_context.init("))
        if root is None or any(starts(project.tree.store.data(path)) for path in calling):
            continue  # which of the others are services, and which only import what one needs, cannot be told
        for main in unstarted(describe(root, top), {os.path.abspath(path) for path in callers}):
            module = project.module(project.tree.module_name(relative(main.path)))
            node = (
                next((one for one in module.tree.body if getattr(one, "name", "") == main.name), None)
                if module
                else None
            )
            if module is None or not isinstance(node, ast.FunctionDef) or not _serves(node):
                continue
            text = f"`{main.script}` starts a service, and nothing of {top} calls priv_context.init(): the daemon is"
            text += " started with plain sudo, whatever root helper is configured"
            yield module.finding(codes.UNSTARTED, node, text, f"{module.name}.{main.name}", node.body[0].lineno)


def _serves(node: ast.FunctionDef) -> bool:
    """Whether a main() starts what goes on: it waits for it, or hands it to a launcher."""
    names = {
        getattr(one.func, "attr", getattr(one.func, "id", "")) for one in ast.walk(node) if isinstance(one, ast.Call)
    }
    return bool(names & {"wait", "serve", "launch_service", "serve_forever"})


def _by_sudo(root: str, context: str) -> bool:
    """Whether a sudoers file below etc has a line for a context, or for any."""
    for folder, _, names in os.walk(os.path.join(root, "etc")):
        for name in names:
            if "sudo" not in name and "sudo" not in os.path.basename(folder):
                continue
            try:
                with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                    text = file.read()
            except OSError:
                continue
            for found in _SUDOERS.finditer(text):
                if "--privsep_context" not in found["rest"] or context in found["rest"]:
                    return True
    return False


def _text(node: ast.expr | None, module: str) -> str:
    """The text of a pypath, "" when it cannot be told."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name) and node.id in ("__name__", "__package__"):
        return module
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left, module), _text(node.right, module)
        return left + right if left and right else ""
    return ""
