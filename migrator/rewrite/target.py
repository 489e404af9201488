"""What the project that is rewritten looks like: its privsep package, contexts and import style."""

from __future__ import annotations

import ast
import itertools
import os
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from migrator.decide import python2
from migrator.decide.requirements import minimum_version, read_text
from migrator.fault import Fault
from migrator.rewrite import conventions, source
from migrator.understand.walk import TESTS

_PACKAGES = ("privsep", "privileged")
# oslo.log gives the loggers of oslo_* modules names that begin with "oslo."; PrivContext's default is either.
DEFAULT_LOGGER = "oslo.privsep.daemon"
_QUIET_LEVELS = frozenset({"INFO", "WARNING", "WARN", "ERROR", "CRITICAL"})
NATIVE_LOGGER = (2, 6)  # oslo.privsep release that took PrivContext(logger_name=)


@dataclass(frozen=True)
class Context:
    """A PrivContext of the target.

    capabilities: CAP_ names, None when they could not be read. prefix: dotted module prefix, None when not readable.
    quiet: the package itself keeps the daemon's DEBUG messages, which can tell what a call gave and got, from the log.
    commands: a new one whose functions run commands.
    """

    name: str
    capabilities: frozenset[str] | None
    prefix: str | None
    cfg_section: str
    quiet: bool = False
    commands: bool = False

    def admits(self, module: str, needed: frozenset[str]) -> bool:
        """True when a function of this module that needs these capabilities can be its entrypoint."""
        if self.prefix is None or not module.startswith(self.prefix):
            return False
        return not needed or (self.capabilities is not None and needed <= self.capabilities)


@dataclass(frozen=True)
class Imports:
    """How the project imports modules of its privsep package.

    full: `import nova.privsep.path` and the whole path at the call; else `from nova.privsep import path as
    <prefix>path<suffix>`. inside: the same question for the package itself in its own modules.
    """

    full: bool = True
    prefix: str = ""
    suffix: str = ""
    inside_full: bool = True


@dataclass(frozen=True)
class Target:
    """One top-level package and what it has for privsep.

    root: folder that holds the top package. top: its name. package: dotted name of the privsep package, which exists
    when `exists`. contexts: those of its __init__, in order. usable: names of those that new functions may use, all of
    them when empty. width: line length. python2: must run there too.
    """

    root: str
    top: str
    package: str
    exists: bool
    contexts: tuple[Context, ...]
    imports: Imports
    width: int
    python2: bool
    logger_names: bool
    usable: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """Path of the privsep package's folder."""
        return os.path.join(self.root, *self.package.split("."))

    @cached_property
    def licence(self) -> str:
        """Licence header for new files."""
        own = sorted(files_below(self.folder)) if self.exists else []
        return conventions.licence([*own, *sorted(_few(os.path.join(self.root, self.top)))])

    def module(self, area: str) -> str:
        """Dotted name of an area's module ("" is the package itself)."""
        return f"{self.package}.{area}" if area else self.package

    def file(self, area: str) -> str:
        """Path of an area's module."""
        return os.path.join(self.folder, f"{area or '__init__'}.py")


def module_name(path: str) -> tuple[str, str] | None:
    """(root folder, dotted module name) of a Python file, walking up while there is an __init__.py; None outside."""
    path = os.path.abspath(path)
    folder, name = os.path.split(path)
    parts = [] if name == "__init__.py" else [name.removesuffix(".py")]
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder, package = os.path.split(folder)
        parts.insert(0, package)
    return (folder, ".".join(parts)) if len(parts) > 1 or (name == "__init__.py" and parts) else None


def describe(root: str, top: str, wanted: str = "", usable: Collection[str] = ()) -> Target:
    """Read a top-level package's conventions from its files.

    wanted: the privsep package that the user names, there or not; "" for the one that is found, as for a package
    elsewhere. usable: names of the contexts that new functions may use. Raises Fault for one that there is not.
    """
    home = os.path.join(root, top)
    named = wanted if wanted.startswith(f"{top}.") else ""
    package = named if named and os.path.isfile(os.path.join(root, *named.split("."), "__init__.py")) else ""
    if not named:
        package = _find_package(root, top)
    contexts: tuple[Context, ...] = ()
    if package:
        contexts = read_contexts(os.path.join(root, *package.split("."), "__init__.py"), package)
    missing = sorted({name.rpartition(".")[2] for name in usable} - {context.name for context in contexts})
    if missing:
        has = ", ".join(context.name for context in contexts) or "none"
        raise Fault(f"{package or top}: no context {missing[0]!r}, which the configuration names; it has {has}")
    version = minimum_version(root, "oslo.privsep")
    name = package or named or _free_name(home, top)
    on_python2 = python2.runs_there(root)
    return Target(
        root=root,
        top=top,
        package=name,
        exists=bool(package),
        contexts=contexts,
        imports=_import_style(home, name) if package else Imports(),
        width=conventions.line_length(root),
        python2=on_python2,
        logger_names=version >= NATIVE_LOGGER if version else not on_python2,
        usable=tuple(name.rpartition(".")[2] for name in usable),
    )


def files_below(folder: str) -> Iterator[str]:
    """Python files below a folder, symlinked folders not entered."""
    for base, folders, names in os.walk(folder):
        folders.sort()
        yield from (os.path.join(base, name) for name in sorted(names) if name.endswith(".py"))


def own_files(home: str) -> Iterator[str]:
    """Python files below a folder, but those of tests."""
    for path in files_below(home):
        if not TESTS & set(os.path.relpath(path, home).split(os.sep)):
            yield path


def _few(home: str) -> list[str]:
    return (
        [os.path.join(home, name) for name in os.listdir(home) if name.endswith(".py")] if os.path.isdir(home) else []
    )


def _find_package(root: str, top: str) -> str:
    """Dotted name of the package `privsep` or `privileged` that makes a PrivContext, "" when there is none."""
    for base, folders, _ in os.walk(os.path.join(root, top)):
        folders[:] = sorted(name for name in folders if name not in TESTS)
        if os.path.basename(base) in _PACKAGES and "PrivContext(" in read_text(os.path.join(base, "__init__.py")):
            return os.path.relpath(base, root).replace(os.sep, ".")
    return ""


def _free_name(home: str, top: str) -> str:
    """Name for a new privsep package that hides no module of the same name."""
    for name in _PACKAGES:
        if not os.path.exists(os.path.join(home, name)) and not os.path.exists(os.path.join(home, f"{name}.py")):
            return f"{top}.{name}"
    return f"{top}.privsep_daemon"


def read_contexts(path: str, package: str) -> tuple[Context, ...]:
    """The contexts that a package's __init__ assigns at its top level, in order; none when it does not parse."""
    tree = _tree(path)
    if tree is None:
        return ()
    folder, quiet = os.path.dirname(path), set()
    for above in itertools.accumulate(package.split(".")[:-1], lambda one, other: f"{one}.{other}"):
        up = package.count(".") - above.count(".")
        outer = _tree(os.path.join(folder, *[os.pardir] * up, "__init__.py"))
        quiet |= quiet_loggers(outer, above) if outer else set()
    return contexts_in(tree, package, quiet)


def _tree(path: str) -> ast.Module | None:
    try:
        with open(path, "rb") as file:
            return source.read(path, file.read()).tree
    except (OSError, SyntaxError, ValueError, LookupError):
        return None


def contexts_in(tree: ast.Module, package: str, quiet: Collection[str] = ()) -> tuple[Context, ...]:
    """The contexts that a module assigns at its top level, in order. package: its dotted name, its `__name__`.

    quiet: the loggers that a package around it keeps at INFO or above.
    """
    known: dict[str, ast.expr] = {}
    quiet = {*quiet, *quiet_loggers(tree, package)}
    contexts = []
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            bound, call = node.targets[0], node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            bound, call = node.target, node.value
        else:
            continue
        if not isinstance(bound, ast.Name):
            continue
        known[bound.id] = call
        if isinstance(call, ast.Call) and ast.unparse(call.func).rsplit(".", 1)[-1] == "PrivContext":
            given = {word.arg: word.value for word in call.keywords if word.arg}
            for name, value in zip(("prefix", "cfg_section", "pypath", "capabilities"), call.args, strict=False):
                given.setdefault(name, value)
            section = given.get("cfg_section")
            logger = _logger(given["logger_name"], package) if "logger_name" in given else DEFAULT_LOGGER
            contexts.append(
                Context(
                    name=bound.id,
                    capabilities=_capabilities(given.get("capabilities"), known),
                    prefix=_dotted(given.get("prefix"), package),
                    cfg_section=section.value
                    if isinstance(section, ast.Constant) and isinstance(section.value, str)
                    else "privsep",
                    quiet=logger in quiet,
                )
            )
    return tuple(contexts)


def quiet_loggers(tree: ast.Module, package: str) -> set[str]:
    """Names of the loggers that the module sets to INFO or above: `logging.getLogger(X).setLevel(logging.INFO)`."""
    found = set()
    named: dict[str, ast.expr] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            named[statement.targets[0].id] = statement.value
        call = statement.value if isinstance(statement, ast.Expr) else None
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "setLevel"):
            continue
        got, level = call.func.value, ast.unparse(call.args[0]) if call.args else ""
        got = named.get(got.id, got) if isinstance(got, ast.Name) else got
        if isinstance(got, ast.Call) and got.args and level.rpartition(".")[2] in _QUIET_LEVELS:
            found.add(_logger(got.args[0], package))
    return found


def _logger(node: ast.expr, package: str) -> str:
    """The name that a logger's expression gives, "" when it cannot be told."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _logger(node.left, package), _logger(node.right, package)
        return left + right if left and right else ""
    name = _dotted(node, package) or ""
    return DEFAULT_LOGGER if name == "oslo_privsep.daemon" else name


def _capabilities(node: ast.expr | None, known: dict[str, ast.expr]) -> frozenset[str] | None:
    if isinstance(node, ast.Name) and node.id in known:
        node = known[node.id]
    if not isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return None
    names = set()
    for item in node.elts:
        if not (isinstance(item, (ast.Attribute, ast.Name))):
            return None
        names.add(item.attr if isinstance(item, ast.Attribute) else item.id)
    return frozenset(names) if all(name.startswith("CAP_") for name in names) else None


def _dotted(node: ast.expr | None, package: str) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name) and node.id in ("__name__", "__package__"):
        return package
    return None


def _import_style(home: str, package: str) -> Imports:
    """Count how the project's own code imports the package's modules, and the package inside itself."""
    parent, _, leaf = package.rpartition(".")
    full = inside_full = inside_from = 0
    aliases: Counter[tuple[str, str]] = Counter()
    own = os.path.join(home, *package.split(".")[1:]) + os.sep
    module = re.escape(package)
    imports = re.compile(rb"^[ \t]*(?:from|import)[ \t][^\n]*\b" + leaf.encode() + rb"\b[^\n]*", re.M)
    for path in own_files(home):
        with open(path, "rb") as file:
            lines = [line.decode("utf-8", "replace").strip() for line in imports.findall(file.read())]
        for line in lines:
            if path.startswith(own):
                inside_full += bool(re.fullmatch(rf"import {module}(\.\w+)*", line))
                inside_from += bool(re.fullmatch(rf"from {re.escape(parent)} import {leaf}", line))
                continue
            if re.fullmatch(rf"import {module}(\.\w+)+", line):
                full += 1
            found = re.match(rf"from {module}(?:\.\w+)* import (\w+)(?: as (\w+))?$", line)
            if found:
                name, alias = found.group(1), found.group(2) or found.group(1)
                before, _, after = alias.partition(name)
                aliases[(before, after) if name in alias else ("", "")] += 1
    inside = inside_full >= inside_from
    if full >= sum(aliases.values()):
        return Imports(inside_full=inside)
    prefix, suffix = max(sorted(aliases), key=lambda pair: aliases[pair])
    return Imports(full=False, prefix=prefix, suffix=suffix, inside_full=inside)
