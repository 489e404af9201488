"""PRV252: follow the privsep package's imports in order, each module first, without running them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrator.verify.boundary import codes
from migrator.verify.boundary.finding import Finding
from migrator.verify.boundary.names import imported
from migrator.verify.boundary.project import Module, Project

_CATCHES = ("ImportError", "ModuleNotFoundError", "Exception", "AttributeError")


class Order:
    """Imports modules in thought: which are under way, and what names each has by then.

    A failure is a name that is asked of a module which has not come to bind it: what CPython reports as a circular
    import. What stands under a condition, or where the failure is handled, is taken for bound and never fails.
    """

    def __init__(self, project: Project, first: str):
        self.project = project
        self.first = first
        self.under_way: list[str] = []
        self.bound: dict[str, set[str]] = {}
        self.done: set[str] = set()
        self.failures: list[Finding] = []
        self.load(first)

    def load(self, name: str) -> None:
        """Import a module and the packages above it."""
        outer = name.rpartition(".")[0]
        if outer:
            self.load(outer)
        if name not in self.bound and name in self.project.names:
            module = self.project.module(name)
            self.bound[name] = set()
            if module is not None:
                self.under_way.append(name)
                self._run(module, module.tree.body, certain=True)
                self.under_way.pop()
            self.done.add(name)
        if outer in self.bound:
            self.bound[outer].add(name.rpartition(".")[2])

    def _run(self, module: Module, body: list[ast.stmt], certain: bool) -> None:
        for node in body:
            if len(self.failures) > 0:
                return
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                self._import(module, node, certain)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                for decorator in node.decorator_list:
                    self._needs(module, decorator, certain)
                self.bound[module.name].add(node.name)
            elif isinstance(node, ast.ClassDef):
                for head in (*node.decorator_list, *node.bases):
                    self._needs(module, head, certain)
                self.bound[module.name].add(node.name)
            elif isinstance(node, ast.If):
                if "TYPE_CHECKING" not in ast.dump(node.test):
                    self._run(module, node.body, certain=False)
                self._run(module, node.orelse, certain=False)
            elif isinstance(node, ast.Try):
                sure = certain and not any(_catches(handler) for handler in node.handlers)
                self._run(module, node.body, sure)
                for handler in node.handlers:
                    self._run(module, handler.body, certain=False)
                self._run(module, node.orelse, certain=False)
                self._run(module, node.finalbody, certain)
            elif isinstance(node, (ast.With, ast.For, ast.While)):
                self._run(module, node.body, certain=False)
            else:
                if isinstance(node, (ast.Assign, ast.AnnAssign, ast.Expr)) and node.value is not None:
                    self._needs(module, node.value, certain)
                names = (one for one in ast.walk(node) if isinstance(one, ast.Name))
                self.bound[module.name].update(one.id for one in names if not isinstance(one.ctx, ast.Load))

    def _import(self, module: Module, node: ast.Import | ast.ImportFrom, certain: bool) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.load(alias.name)
        else:
            base = self.project.absolute("." * node.level + (node.module or ""), module)
            self.load(base)
            for alias in node.names:
                below = f"{base}.{alias.name}"
                if alias.name == "*":
                    self.bound[module.name].update(self.bound.get(base, ()))
                elif alias.name not in self.bound.get(base, ()) and self.project.is_module(below):
                    self.load(below)
                elif certain and base in self.under_way and alias.name not in self.bound[base]:
                    self._fail(module, node, f"cannot import name {alias.name} from {base}", base)
        self.bound[module.name].update(name for name, _ in imported(node))

    def _needs(self, module: Module, node: ast.expr, certain: bool) -> None:
        """Attributes of modules under way that a module's own statement reads, functions inside it left out."""
        waiting: list[ast.AST] = [node]
        while certain and waiting and not self.failures:
            one = waiting.pop()
            if isinstance(one, (ast.Lambda, ast.GeneratorExp, ast.IfExp, ast.BoolOp)):
                continue
            waiting.extend(ast.iter_child_nodes(one))
            if not isinstance(one, ast.Attribute):
                continue
            home = self._module_named(one.value, module)
            if home in self.under_way and home != module.name and one.attr not in self.bound[home]:
                self._fail(module, one, f"{home} has no attribute {one.attr} yet", home)

    def _module_named(self, node: ast.expr, module: Module) -> str:
        """The module of the project that `a.b` is, by the module's imports."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        bindings = module.scope.names.get(node.id, ())
        if len({one.target for one in bindings}) != 1 or bindings[0].kind != "import":
            return ""
        dotted = ".".join([self.project.absolute(bindings[0].target, module), *parts])
        return dotted if dotted in self.project.names else ""

    def _fail(self, module: Module, node: ast.stmt | ast.expr, what: str, target: str) -> None:
        start = self.under_way.index(target)
        circle = " -> ".join([*self.under_way[start:], target])
        text = f"`{self.first}`, imported first, fails: {what} (circular import: {circle})"
        self.failures.append(module.finding(codes.CYCLE, node, text, self.first))


def check(project: Project, modules: list[str]) -> Iterator[Finding]:
    """Circular imports that fail when a module of the privsep package is the first to be imported."""
    for name in modules:
        yield from Order(project, name).failures


def _catches(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or any(word in ast.dump(handler.type) for word in _CATCHES)
