"""The files of a scan as modules: which file a dotted name is, and what a module's names stand for."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator

from migrator.understand.evaluate import evaluate
from migrator.understand.facts import either
from migrator.understand.outline import Definition
from migrator.understand.source import Source
from migrator.understand.store import Store
from migrator.understand.symbols import Attr, Class, Frame, Function, Library, Module, Unknown
from migrator.understand.values import Either, Env, Value
from migrator.understand.walk import relative

_IMPORT = re.compile(
    r"[ \t]*(?:from[ \t]+([.\w]+)[ \t]+import[ \t]+(\([^)]*\)|(?:[^\n\\;]|\\\r?\n)+)"
    r"|import[ \t]+((?:[^\n\\;]|\\\r?\n)+))"
)
_ASSIGNS = re.compile(r"[ \t]*(?::[^=\n]+)?=(?!=)")
_COMMENT = re.compile(r"#[^\n]*")
_ASSIGNMENTS_LOOKED_AT = 6


class Tree:
    """All files of a scan, and those around them that their imports lead to; read when somebody asks."""

    def __init__(self, paths: list[str]):
        self.paths = paths
        self.modules: dict[str, str] = {}
        self.tops: dict[str, str] = {}  # top package -> the folder that holds it
        self.packages: dict[str, str] = {}  # folder -> its dotted package name, "" when it is none
        self._sources: dict[str, Source | None] = {}
        self.store = Store()
        self._globals: dict[tuple[str, str], Value | None] = {}
        self._imports: dict[str, dict[str, tuple[str, str]]] = {}
        for path in paths:
            self.modules.setdefault(self.module_name(path), path)

    # --- files -------------------------------------------------------------------------------------

    def module_name(self, path: str) -> str:
        """The dotted name that a file has as a module."""
        folder, _, name = path.rpartition("/")
        package = self._package(folder)
        stem = name.removesuffix(".py")
        if stem == "__init__":
            return package or stem
        return f"{package}.{stem}" if package else stem

    def _package(self, folder: str) -> str:
        known = self.packages.get(folder)
        if known is not None:
            return known
        name = ""
        if os.path.exists(os.path.join(folder, "__init__.py")):
            absolute = os.path.abspath(folder or ".")
            parent, base = os.path.split(absolute)
            outer = self._package(os.path.dirname(folder)) if "/" in folder.strip("/") else self._package_above(parent)
            name = f"{outer}.{base}" if outer else base
            if not outer:
                self.tops.setdefault(base, parent)
        self.packages[folder] = name
        return name

    def _package_above(self, folder: str) -> str:
        """The package name of an absolute folder that lies above what is scanned."""
        if not os.path.exists(os.path.join(folder, "__init__.py")):
            return ""
        parent, base = os.path.split(folder)
        outer = self._package_above(parent)
        if not outer:
            self.tops.setdefault(base, parent)
        return f"{outer}.{base}" if outer else base

    def read(self) -> None:
        """Read all files; `store.problems` holds those that cannot be."""
        self.store.read(self.paths)

    def source(self, path: str) -> Source | None:
        """A file as a Source; None when it cannot be read or is no text."""
        if path not in self._sources:
            try:
                source: Source | None = Source(path, self.module_name(path), self.store.data(path))
                assert source is not None
                source.text  # noqa: B018 - decodes; what is no text is no module
            except (OSError, ValueError):
                source = None
            self._sources[path] = source
        return self._sources[path]

    @property
    def read_closer(self) -> frozenset[str]:
        """The files of which more was asked than which words they hold, and whether they can be read."""
        return frozenset(path for path, one in self._sources.items() if one is not None and "outline" in vars(one))

    def module(self, name: str, beside: Source | None = None) -> Source | None:
        """The module of a dotted name, looked for among the scanned files, then where its package lies on disk."""
        path = self.modules.get(name)
        if path is None:
            path = self._find(name, beside)
            if path is None:
                return None
            self.modules[name] = path
        return self.source(path)

    def _find(self, name: str, beside: Source | None) -> str | None:
        parts = name.split(".")
        homes = [self.tops[parts[0]]] if parts[0] in self.tops else []
        if not homes and beside is not None:
            folder = os.path.dirname(beside.path)
            homes = [folder or ".", os.path.dirname(folder) or "."]
        for home in homes:
            base = os.path.join(home, *parts)
            for candidate in (base + ".py", os.path.join(base, "__init__.py")):
                if os.path.isfile(candidate):
                    return relative(candidate)
        return None

    def is_package(self, name: str) -> bool:
        """True for a dotted name that is a folder of the project, with or without an __init__.py."""
        parts = name.split(".")
        top = self.tops.get(parts[0])
        return top is not None and os.path.isdir(os.path.join(top, *parts))

    # --- a module's names ----------------------------------------------------------------------------

    def frame(self, source: Source) -> Frame:
        """Where a module's own statements stand."""
        return Frame(source, 0, "<module>", None, None)

    def lookup(self, source: Source, name: str) -> Value | None:
        """What a module's name stands for; None when it has no such name."""
        key = (source.path, name)
        if key not in self._globals:
            self._globals[key] = None  # a name that is defined by itself stays unknown
            self._globals[key] = self._look(source, name)
        return self._globals[key]

    def _look(self, source: Source, name: str) -> Value | None:
        definition = source.outline.top.get(name) if source.outline.may_define(name) else None
        if definition is not None:
            return Class(source, definition) if definition.is_class else Function(source, definition)
        values = self.assigned(source, name)
        if values:
            return either(tuple(values)) if len(values) > 1 else values[0]
        found = self.imports(source).get(name)
        if found is not None:
            return self._imported(source, *found)
        star = self.imports(source).get("*")
        if star is not None:
            other = self.module(star[0], source)
            if other is not None and other is not source:
                return self.lookup(other, name)
        return None

    def _imported(self, source: Source, module: str, name: str) -> Value:
        if not name:
            return self.named_module(module, source)
        return self.member(self.named_module(module, source), name) or Library(f"{module}.{name}")

    def named_module(self, name: str, beside: Source | None = None) -> Value:
        """A dotted module name as a value: of the project, or a library."""
        if self.module(name, beside) is not None or self.is_package(name):
            return Module(name)
        return Library(name)

    def member(self, module: Value, name: str) -> Value | None:
        """An attribute of a module: its own name, or a module below it."""
        if isinstance(module, Library):
            return Library(f"{module.name}.{name}")
        if not isinstance(module, Module):
            return None
        source = self.module(module.name)
        if source is not None:
            value = self.lookup(source, name)
            if value is not None:
                return value
        below = f"{module.name}.{name}"
        if self.module(below) is not None or self.is_package(below):
            return Module(below)
        return Library(below) if source is None else None

    def assigned(self, source: Source, name: str) -> list[Value]:
        """The values that a module's own statements give a name."""
        values: list[Value] = []
        if name not in source.text:
            return values
        for start, margin in _assignments(source, name, 0, len(source.text)):
            if source.outline.enclosing(start) is not None:
                continue
            values.append(self._assigned_value(source, start, margin, name))
            if len(values) > _ASSIGNMENTS_LOOKED_AT:
                break
        return values

    def _assigned_value(self, source: Source, start: int, margin: int, name: str) -> Value:
        try:
            statements, shift = source.statement_at(start, margin)
        except SyntaxError:
            return Library(f"{source.module}.{name}")
        frame = Frame(source, shift, "<module>", None, None)
        statement = statements[0] if statements else None
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                if f"global {name}" in source.text:  # set again by a function
                    return Either((evaluate(statement.value, {}, frame), Unknown(statement.value, {}, frame)))
                return evaluate(statement.value, {}, frame)
            return Unknown(statement.value, {}, frame)
        return Library(f"{source.module}.{name}")

    def class_attribute(self, source: Source, owner: Definition, name: str) -> list[Value]:
        """The values that a class's body (not its methods) gives a name."""
        values: list[Value] = []
        for start, margin in _assignments(source, name, owner.start, source.outline.body_end(owner)):
            if source.outline.enclosing(start) is not owner:
                continue
            try:
                statements, shift = source.statement_at(start, margin)
            except SyntaxError:
                continue
            frame = Frame(source, shift, owner.qualname, None, owner)
            statement = statements[0] if statements else None
            if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
                # Names in a class body are looked up in the class first.
                env: Env = {}
                for node in ast.walk(statement.value):
                    if isinstance(node, ast.Name) and node.id != name:
                        child = owner.children.get(node.id)
                        if child is not None and not child.is_class:
                            env[node.id] = Function(source, child)
                        elif any(True for _ in _assignments(source, node.id, owner.start, start)):
                            env[node.id] = Attr(Class(source, owner), node.id)
                values.append(evaluate(statement.value, env, frame))
        return values

    def imports(self, source: Source) -> dict[str, tuple[str, str]]:
        """name -> (module, attribute) of what a file imports anywhere; attribute "" for a module itself."""
        table = self._imports.get(source.path)
        if table is None:
            table = self._imports[source.path] = {}
            for found in _imports(source):
                origin, names, modules = found.groups()
                if origin is not None:
                    module = self._absolute(source, origin)
                    for part in _COMMENT.sub("", names).strip("() \t\r\n").replace("\\", " ").split(","):
                        words = part.split()
                        if words:
                            table.setdefault(words[-1], (module, words[0]))
                            if words[0] == "*":
                                table["*"] = (module, "*")
                else:
                    for part in _COMMENT.sub("", modules).replace("\\", " ").split(","):
                        words = part.split()
                        if len(words) == 3 and words[1] == "as":
                            table.setdefault(words[2], (words[0], ""))
                        elif len(words) == 1:
                            top = words[0].split(".")[0]
                            table.setdefault(top, (top, ""))
        return table

    def _absolute(self, source: Source, origin: str) -> str:
        """A module name as an import statement gives it, leading dots resolved."""
        if not origin.startswith("."):
            return origin
        rest = origin.lstrip(".")
        parts = source.module.split(".")
        levels = len(origin) - len(rest) - (1 if source.path.endswith("__init__.py") else 0)
        base = parts[: len(parts) - levels] if levels else parts
        return ".".join([*base, rest] if rest else base)


def _imports(source: Source) -> Iterator[re.Match[str]]:
    """The import statements of a file; the word is looked for first, which is faster than the pattern on every line."""
    text, position = source.text, 0
    while (position := text.find("import", position)) >= 0:
        found = _IMPORT.match(text, text.rfind("\n", 0, position) + 1)
        position += 6
        if found is not None:
            position = max(position, found.end())
            if not source.outline.in_long_string(found.start()):
                yield found


def _assignments(source: Source, name: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where lines that assign to a name start, and their margin in columns."""
    text, length = source.text, len(name)
    position = text.find(name, start, end)
    while position >= 0:
        line = text.rfind("\n", 0, position) + 1
        margin = text[line:position]
        if (
            not margin.strip(" \t")
            and _ASSIGNS.match(text, position + length)
            and not source.outline.in_long_string(position)
        ):
            yield line, len(margin.expandtabs(8))
        position = text.find(name, position + length, end)
