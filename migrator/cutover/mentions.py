"""Where Python code speaks of rootwrap: its imports, its command lines, its options, and the names built on them."""

from __future__ import annotations

import ast
import enum
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from migrator.cutover.tree import Tree, documents, in_tests
from migrator.rewrite import source
from migrator.rewrite.source import Source, ancestors

# The name of a program: nova-rootwrap, nova-rootwrap-daemon.
PROGRAM = r"[\w.-]*-rootwrap(?:-daemon)?"
# A command line, or a word of one, that starts it.
_COMMAND = re.compile(rf"(?:sudo\s+(?:-\S+\s+)*)?(?:\S*/)?{PROGRAM}(?:\s|\Z)")
_VARIABLE = re.compile(r"[A-Z_]*ROOTWRAP[A-Z_]*\Z")
_PACKAGE = re.compile(r"oslo_rootwrap\b")
_ABOUT = re.compile(r"rootwrap|root_helper", re.I)
_HELPER_OPTIONS = frozenset({"root_helper", "root_helper_daemon"})
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class What(enum.Enum):
    """What a place speaks of."""

    IMPORT = "imports oslo_rootwrap"
    COMMAND = "a command line of rootwrap"
    OPTION = "defines an option"
    READ = "reads an option"
    NAME = "uses what is built on it"


@dataclass(frozen=True, eq=False)
class Mention:
    """A place in a module; name: of the option, or of the function or class that is used; around: see `Module`."""

    what: What
    node: ast.AST
    line: int
    name: str
    around: Definition | None


@dataclass(frozen=True, eq=False)
class Module:
    """A Python file that speaks of rootwrap.

    definitions: its functions and classes that are about rootwrap by name and by what they hold; the outermost of
    these stands in `around` of the mentions inside. unread: why it does not parse.
    """

    path: str
    source: Source | None
    definitions: tuple[Definition, ...] = ()
    mentions: tuple[Mention, ...] = ()
    unread: str = ""

    @property
    def tests(self) -> bool:
        return in_tests(self.path)


@dataclass(frozen=True)
class Found:
    """The modules that speak of rootwrap; options: names of those that are about it."""

    modules: tuple[Module, ...]
    options: frozenset[str]


def find(tree: Tree) -> Found:
    """Read every Python file that may speak of rootwrap.

    A function or class is about rootwrap when its name says so and something in it speaks of rootwrap, be it through
    another one: `get_root_helper()`, `RootwrapDaemonHelper`. A project's own module that is only called rootwrap, as
    os-brick's, is none of it.
    """
    sources: dict[str, Source] = {}
    unread: list[Module] = []
    for path in tree.speaking:
        if path.endswith(".py") and path != "setup.py" and not documents(path):
            try:
                sources[path] = source.read(tree.file(path), tree.data[path])
            except (SyntaxError, ValueError, LookupError) as error:
                unread.append(Module(path, None, unread=str(error)))
    code = {path: read for path, read in sources.items() if not in_tests(path)}
    options = frozenset(name for read in code.values() for name in _options(read))
    known: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    for some in (code, sources):  # what tests build themselves is only looked for in tests
        known = names
        names = _settled(some, options, known)
    own = _settled(code, options, frozenset())
    modules = [_module(path, read, options, names if in_tests(path) else own) for path, read in sources.items()]
    wanted = [module for module in modules if module.mentions]
    return Found(tuple(sorted([*wanted, *unread], key=lambda module: module.path)), options)


def _settled(sources: dict[str, Source], options: frozenset[str], names: frozenset[str]) -> frozenset[str]:
    while True:
        more = {one.name for path, read in sources.items() for one in _module(path, read, options, names).definitions}
        if more <= names:
            return names
        names = names | more


def _options(read: Source) -> Iterator[str]:
    for node in read.nodes:
        name = option_name(node)
        if name:
            yield name


def option_name(node: ast.AST) -> str:
    """The name of the option that a call such as `cfg.StrOpt('rootwrap_config', ...)` defines, if it is rootwrap's."""
    if not (isinstance(node, ast.Call) and node.args and _last(node.func).endswith("Opt")):
        return ""
    name = node.args[0]
    if not (isinstance(name, ast.Constant) and isinstance(name.value, str)):
        return ""
    text = name.value.replace("-", "_")
    return text if "rootwrap" in text or text in _HELPER_OPTIONS else ""


def _module(path: str, read: Source, options: frozenset[str], names: frozenset[str]) -> Module:
    tests = in_tests(path)
    spoken = [one for node in read.nodes if (one := _said(node, read, options, names, tests)) is not None]
    holding = [
        outer
        for what, node, _ in spoken
        if what is not What.OPTION
        for outer in ancestors(node, read.above)
        if isinstance(outer, Definition) and _ABOUT.search(outer.name)
    ]
    definitions = tuple(dict.fromkeys(holding))
    mentions = []
    for what, node, name in spoken:
        around = [outer for outer in ancestors(node, read.above) if outer in definitions]
        outermost = around[-1] if around else None
        assert outermost is None or isinstance(outermost, Definition)
        mentions.append(Mention(what, node, getattr(node, "lineno", 1), name, outermost))
    return Module(path, read, definitions, tuple(sorted(mentions, key=lambda one: one.line)))


def _said(
    node: ast.AST, read: Source, options: frozenset[str], names: frozenset[str], tests: bool
) -> tuple[What, ast.AST, str] | None:
    if isinstance(node, ast.Import) and any(_PACKAGE.match(alias.name) for alias in node.names):
        return What.IMPORT, node, ""
    if isinstance(node, ast.ImportFrom) and _PACKAGE.match(node.module or ""):
        return What.IMPORT, node, ""
    if isinstance(node, ast.alias):
        return (What.NAME, node, node.name) if node.name in names else None
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _in_text(node, node.value, read, options, names, tests)
    if isinstance(node, ast.keyword):
        flagged = tests and node.arg is not None and "rootwrap" in node.arg and node.arg in options
        return (What.READ, node.value, node.arg or "") if flagged else None
    if isinstance(node, (ast.Name, ast.Attribute)):
        name = _last(node)
        if name in names:
            return What.NAME, node, name
        if isinstance(node, ast.Attribute) and name in options and _of_configuration(node):
            return What.READ, node, name
    name = option_name(node)
    return (What.OPTION, node, name) if name else None


def _in_text(
    node: ast.Constant, text: str, read: Source, options: frozenset[str], names: frozenset[str], tests: bool
) -> tuple[What, ast.AST, str] | None:
    above = read.above[node]
    if isinstance(above, ast.Expr):
        return None  # a docstring
    if isinstance(above, ast.JoinedStr) and above.values[0] is not node:
        return None
    if _COMMAND.match(text) or _VARIABLE.match(text):
        return What.COMMAND, node, text
    if text in options and "rootwrap" in text and not option_name(above):
        return What.READ, node, text
    if tests and re.fullmatch(r"[\w.]+", text):  # what a mock takes the place of
        if _PACKAGE.match(text):
            return What.IMPORT, node, text
        if not names.isdisjoint(text.split(".")):
            return What.NAME, node, text.rpartition(".")[2]
    return None


def _of_configuration(node: ast.Attribute) -> bool:
    """Whether an attribute is looked up in a configuration: CONF.x, cfg.CONF.AGENT.x, self.conf.x."""
    inner = node.value
    while isinstance(inner, ast.Attribute):
        if inner.attr.lower().endswith("conf"):
            return True
        inner = inner.value
    return isinstance(inner, ast.Name) and inner.id.lower().endswith("conf")


def _last(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def spelled(read: Source, lines: Sequence[int]) -> str:
    """The first of some lines of a module, as it stands there."""
    return read.line_text(lines[0]).strip()
