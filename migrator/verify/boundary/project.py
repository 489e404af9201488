"""The files around a privsep boundary as modules: parsed when they may matter, names followed through imports."""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from migrator.model import Unreadable
from migrator.understand.source import Source
from migrator.understand.tree import Tree
from migrator.understand.walk import walk
from migrator.verify.boundary.codes import Code
from migrator.verify.boundary.finding import Finding
from migrator.verify.boundary.mentions import Mentions, mentions, renamings
from migrator.verify.boundary.names import Binding, Scope, scope_of, walked

Text = tuple[str, bytes]  # a file's path and what it holds
_DEEP = 20  # re-exports of re-exports
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, eq=False)
class Module:
    """One parsed file. name: dotted. package: what its relative imports start from."""

    name: str
    path: str
    package: str
    source: Source = field(repr=False)
    tree: ast.Module = field(repr=False)
    scope: Scope = field(repr=False)

    @cached_property
    def nodes(self) -> tuple[tuple[ast.AST, Scope], ...]:
        """Every node with the scope it is read in, as `walked` gives them; several checks read a file."""
        return tuple(walked(self.tree, self.scope))

    @cached_property
    def mentions(self) -> Mentions:
        """What the file says of names, by name."""
        return mentions(self.nodes)

    @cached_property
    def renamings(self) -> dict[str, tuple[str, ...]]:
        """Name -> the local names under which it is imported or assigned."""
        return renamings(self.tree)

    @cached_property
    def calls(self) -> dict[tuple[int, int], ast.Call]:
        """Every call by its line and column, as the tree has them."""
        return {(node.lineno, node.col_offset): node for node, _ in self.nodes if isinstance(node, ast.Call)}

    def finding(
        self, code: Code, node: ast.expr | ast.stmt | ast.alias, text: str, symbol: str, end: int = 0
    ) -> Finding:
        """A finding at a node; end: the last line on which a comment may suppress it, else the node's last."""
        try:
            start = self.source.outline.starts[node.lineno - 1]
            column = self.source.text_offset(node.lineno, node.col_offset) - start + 1
        except (IndexError, ValueError):  # a column of text that was read tolerantly
            column = node.col_offset + 1
        last = end or node.end_lineno or 0
        return Finding(self.path, node.lineno, column, code.code, text, code.help, last, self.around(node), symbol)

    def around(self, node: ast.expr | ast.stmt | ast.alias) -> str:
        """The qualified name of the innermost function or class around a node, "<module>" outside of any."""
        try:
            offset = self.source.text_offset(node.lineno, node.col_offset)
        except (IndexError, ValueError):  # as above
            offset = self.source.outline.starts[min(node.lineno, len(self.source.outline.starts)) - 1]
        found = self.source.outline.enclosing(offset)
        if found is not None and found.line == node.lineno and isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            found = found.parent
        return found.qualname if found is not None else "<module>"

    def assigned(self, name: str) -> ast.Assign | ast.AnnAssign | None:
        """The first statement at the top level that binds a name to a value; None when there is none."""
        for one in self.tree.body:
            targets: Sequence[ast.expr] = ()
            if isinstance(one, (ast.Assign, ast.AnnAssign)):
                targets = one.targets if isinstance(one, ast.Assign) else (one.target,)
                if any(isinstance(each, ast.Name) and each.id == name for each in targets):
                    return one
        return None


class Project:
    """The files of the given paths and of the top packages that they lie in.

    given: the files that findings are reported in. problems: what could not be read or parsed, by path. Modules are
    parsed once, when asked for; those that `parsed` has of a project before are taken from there.
    """

    def __init__(self, paths: Sequence[str], exclude: Sequence[str] = (), parsed: Mapping[Text, Module] | None = None):
        given = walk(paths, tests=False, exclude=exclude)
        self.given = frozenset(path for path, _, _ in given.files)
        self.tree = Tree(sorted(self.given))
        tops = {os.path.join(folder, top) for top, folder in self.tree.tops.items()}
        everything = walk([*paths, *sorted(tops)], tests=False, exclude=exclude)
        # a folder above the current one is walked by its absolute path, and comes upon the given files again
        named = {os.path.abspath(path) for path in self.given}
        more = {path for path, _, _ in everything.files if os.path.abspath(path) not in named}
        files = sorted({*self.given, *more})
        self.tree = Tree(files)
        self.tree.read()
        self.problems: dict[str, Unreadable] = {
            path: Unreadable(path, 0, reason, "PRV902")
            for path, reason in [*self.tree.store.problems.items(), *given.problems]
        }
        self._modules: dict[str, Module | None] = {}
        self._parsed_before = parsed or {}
        self._canonical: dict[str, str] = {}

    # --- modules -----------------------------------------------------------------------------------

    @property
    def names(self) -> dict[str, str]:
        """Dotted module name -> path, of all files."""
        return self.tree.modules

    @property
    def parsed(self) -> dict[Text, Module]:
        """The modules that were parsed, by path and bytes: a later project need not parse them again."""
        return {(one.path, one.source.data): one for one in self._modules.values() if one is not None}

    @property
    def read(self) -> frozenset[str]:
        """The files that were asked for as modules."""
        return frozenset(self.names[name] for name in self._modules if name in self.names)

    def holding(self, *words: str) -> list[str]:
        """Names of the modules whose text holds every one of some words."""
        found: set[str] | None = None
        for word in words:
            paths = set(self.tree.store.holding(word.encode()))
            found = paths if found is None else found & paths
        return sorted(self.tree.module_name(path) for path in found or ())

    def text_holds(self, name: str, *words: str) -> bool:
        """Whether a module's bytes hold one of some words."""
        data = self.tree.store.data(self.names[name])
        return any(word.encode() in data for word in words)

    def module(self, name: str) -> Module | None:
        """A module of the project by its dotted name; None for others and for what cannot be read (see problems)."""
        if name not in self._modules:
            self._modules[name] = self._parsed(name)
        return self._modules[name]

    def _parsed(self, name: str) -> Module | None:
        path = self.names.get(name)
        if path is None or path in self.problems:
            return None
        try:
            source = Source(path, name, self.tree.store.data(path))
            before = self._parsed_before.get((path, source.data))
            if before is not None:
                return before
            source.text  # noqa: B018 - decodes
        except (OSError, ValueError) as error:
            self.problems[path] = Unreadable(path, getattr(error, "line", 0), f"is not text: {error}", "PRV902")
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of the code that is read, such as invalid escapes in its strings
                tree = source.whole()
        except SyntaxError as error:
            self.problems[path] = Unreadable(path, error.lineno or 0, f"does not parse: {error.msg}")
            return None
        is_package = os.path.basename(path) == "__init__.py"
        package = name if is_package else name.rpartition(".")[0]
        return Module(name, path, package, source, tree, scope_of(tree, None))

    def is_module(self, name: str) -> bool:
        """Whether a dotted name is a file or folder of the project."""
        return name in self.names or self.tree.is_package(name)

    def root(self, name: str) -> str:
        """The folder that holds a module's top package; its own folder when it lies in none."""
        top = name.partition(".")[0]
        folder = self.tree.tops.get(top)
        return folder if folder is not None else os.path.dirname(os.path.abspath(self.names[name]))

    # --- names -------------------------------------------------------------------------------------

    def absolute(self, target: str, module: Module) -> str:
        """An import's target with the dots of a relative one resolved."""
        stripped = target.lstrip(".")
        level = len(target) - len(stripped)
        if not level:
            return target
        parts = module.package.split(".")
        base = ".".join(parts[: len(parts) - level + 1])
        return ".".join(part for part in (base, stripped) if part)

    def canonical(self, dotted: str, depth: int = 0) -> str:
        """The dotted name under which something is defined, re-exports followed; "" when that cannot be told.

        Names of other distributions stay as they are.
        """
        known = self._canonical.get(dotted)
        if known is None:
            known = self._canonical[dotted] = self._follow(dotted, depth)
        return known

    def _follow(self, dotted: str, depth: int) -> str:
        if depth > _DEEP:
            return ""
        parts = dotted.split(".")
        if not self.is_module(parts[0]):
            return dotted
        count = 1
        while count < len(parts) and self.is_module(".".join(parts[: count + 1])):
            count += 1
        home, rest = ".".join(parts[:count]), parts[count:]
        if not rest:
            return home
        module = self.module(home)
        if module is None:
            return "" if home in self.names else dotted
        found = self._bound(module, rest[0], depth)
        if len(found) != 1 or not found[0]:
            return ""
        below = ".".join([found[0], *rest[1:]])
        return below if below == dotted else self.canonical(below, depth + 1)

    def _bound(self, module: Module, name: str, depth: int) -> tuple[str, ...]:
        """Dotted names that a module's own name may stand for; () for none."""
        bindings = module.scope.names.get(name, ())
        found: dict[str, None] = {}
        for binding in bindings:
            if binding.kind == "import":
                target = self.absolute(binding.target, module)
                if target != f"{module.name}.{name}":
                    found[target] = None
                else:
                    found[f"{module.name}.{name}"] = None
            elif binding.kind in ("function", "class"):
                found[f"{module.name}.{name}"] = None
            elif binding.kind == "value" and isinstance(binding.node, (ast.Name, ast.Attribute)):
                for one in self.meanings(binding.node, module, module.scope, depth + 1):
                    found[one] = None
            elif binding.kind == "value" and not (isinstance(binding.node, ast.Constant) and len(bindings) > 1):
                found[f"{module.name}.{name}"] = None
        if not bindings:
            for star in module.scope.names.get("*", ()):
                other = self.module(self.absolute(star.target, module))
                if other is not None and other is not module and name in other.scope.names:
                    found[f"{other.name}.{name}"] = None
        return tuple(found)

    def meanings(self, node: ast.expr, module: Module, scope: Scope, depth: int = 0) -> tuple[str, ...]:
        """The canonical dotted names that `a.b.c` may stand for; () when that cannot be told."""
        if depth > _DEEP:
            return ()
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ()
        bindings, owner = scope.find(node.id)
        if owner is None:
            starred = self._bound(module, node.id, depth)  # through a star import
            heads = starred or (f"builtins.{node.id}",)
        elif owner.parent is None:
            heads = self._bound(module, node.id, depth)
        else:
            heads = self._local(bindings, owner, module, depth)
        found = {self.canonical(".".join([head, *attributes]), depth + 1): None for head in heads if head}
        return tuple(one for one in found if one)

    def _local(self, bindings: tuple[Binding, ...], owner: Scope, module: Module, depth: int) -> tuple[str, ...]:
        """What a function's own name may stand for: imported or assigned there, and nothing else."""
        found: list[str] = []
        for binding in bindings:
            if binding.kind == "import":
                found.append(self.absolute(binding.target, module))
            elif binding.kind == "value" and isinstance(binding.node, (ast.Name, ast.Attribute)):
                inner = self.meanings(binding.node, module, owner, depth + 1)
                if not inner:
                    return ()
                found.extend(inner)
            else:
                return ()
        return tuple(dict.fromkeys(found))

    def one(self, node: ast.expr, module: Module, scope: Scope) -> str:
        """The canonical dotted name of `a.b.c` when it can only be one, else ""."""
        found = self.meanings(node, module, scope)
        return found[0] if len(found) == 1 else ""

    def definition(self, dotted: str) -> tuple[Module, ast.stmt] | None:
        """The module-level function or class of a canonical name, when it is the only one of that name."""
        home, _, name = dotted.rpartition(".")
        module = self.module(home) if home else None
        bindings = module.scope.names.get(name, ()) if module is not None else ()
        defined = [one.node for one in bindings if one.kind in ("function", "class")]
        if module is None or len(defined) != 1 or len(bindings) != 1 or not isinstance(defined[0], ast.stmt):
            return None
        return module, defined[0]

    def klass(self, dotted: str) -> tuple[Module, ast.ClassDef] | None:
        """The module-level class of a canonical name, when it is the only definition of that name."""
        found = self.definition(dotted) if dotted else None
        return (found[0], found[1]) if found is not None and isinstance(found[1], ast.ClassDef) else None
