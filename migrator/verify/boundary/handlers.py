"""PRV214: handlers around privileged calls that name an object where a class belongs."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from migrator.verify.boundary import codes
from migrator.verify.boundary.finding import Finding
from migrator.verify.boundary.project import Module, Project


def check(modules: Iterable[Module], project: Project) -> Iterator[Finding]:
    """`except X():` in the modules that make privileged calls, X being a class or called like one."""
    for module in modules:
        if "():" not in module.source.text:
            continue
        for node, scope in module.nodes:
            if not isinstance(node, ast.ExceptHandler) or node.type is None:
                continue
            for one in node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]:
                if not isinstance(one, ast.Call):
                    continue
                dotted = project.one(one.func, module, scope) or ast.unparse(one.func)
                found = project.definition(dotted)
                last = dotted.rpartition(".")[2]
                if isinstance(found[1], ast.ClassDef) if found is not None else last[:1].isupper():
                    text = f"`except {ast.unparse(one)}` names an object: what is raised there becomes a TypeError"
                    yield module.finding(codes.HANDLER, one, text, f"{module.name}:{dotted}")
