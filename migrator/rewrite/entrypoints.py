"""Find the entry points of a target's services that do not tell oslo.privsep how to become root, and mend them."""

from __future__ import annotations

import ast
import configparser
import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from migrator.decide.requirements import read_text
from migrator.model import Edit
from migrator.rewrite import imports, source
from migrator.rewrite.conventions import project_table
from migrator.rewrite.pending import Pending
from migrator.rewrite.splice import splice
from migrator.rewrite.target import Target, module_name, own_files
from migrator.understand.walk import relative

_INIT = re.compile(rb"^[^#\n]*\bpriv_context\.init\(", re.M)
_IMPORT = re.compile(
    rb"^[ \t]*(?:import[ \t]+([\w., \t]+)|from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n#]*))", re.M
)
_HELPER = re.compile(rb"^def get_root_helper\(\)", re.M)
# What has to be done before a root helper can be asked for: the configuration is read, then logging set up.
_READS = re.compile(r"(^|\.)(CONF|parse_args)\(|\blog(ging)?\.setup\(")


@dataclass(frozen=True)
class Main:
    """A function that a console script starts: the script, its module's path, its name, and the line of its def."""

    script: str
    path: str
    name: str
    line: int


@dataclass(frozen=True)
class Call:
    """The call of priv_context.init() that a project makes, and the import lines that it takes."""

    code: str
    lines: tuple[str, ...]


def start(target: Target, callers: Collection[str], pending: Pending, *, write: bool) -> list[str]:
    """Look at every console script from which a module that calls privileged functions is imported.

    callers: paths of those modules. write: put the call into main() where it is clear where it goes. Returns what is
    left to a person, one sentence each.
    """
    texts = _texts(target, pending)
    scripts = _scripts(target, texts)
    call = _call(target, texts)
    inits = _inits(texts)
    if not scripts:
        found = f"; {_at(inits[0], texts)} does" if inits else ""
        text = f"{target.top} starts no service of its own: the service that uses it has to call "
        return [f"{text}`priv_context.init(root_helper=...)` before the first privileged call{found}"]
    open_ = _open(scripts, inits, callers, texts, target)
    if not open_:
        if inits:
            return []
        return [f"no console script of {target.top} was seen to make a privileged call: what does has to `{call.code}`"]
    written = [main for main in open_ if write and _write(main, call, pending, target)]
    left = [main for main in open_ if main not in written]
    notes = []
    if written:
        notes.append(f"priv_context.init() is called now in {_places(written)}: look whether that is the right place")
    if left:
        how = "" if write else "; --unsafe writes it"
        notes.append(f"call `{call.code}` once the configuration is read, in {_places(left)}{how}")
    return notes


def unstarted(target: Target, callers: Collection[str]) -> list[Main]:
    """The console scripts that come to privileged calls and do not call priv_context.init()."""
    texts = _texts(target, Pending(()))
    return _open(_scripts(target, texts), _inits(texts), callers, texts, target)


def starts(text: bytes) -> bool:
    """Whether a module calls priv_context.init()."""
    return b"priv_context.init(" in text and _INIT.search(text) is not None


def _inits(texts: Mapping[str, bytes]) -> list[str]:
    """Paths of the modules that call priv_context.init()."""
    return [path for path, text in texts.items() if starts(text)]


def _open(
    scripts: Iterable[Main],
    inits: Collection[str],
    callers: Collection[str],
    texts: Mapping[str, bytes],
    target: Target,
) -> list[Main]:
    reaching = _reaching(callers, texts, target)
    return [main for main in scripts if main.path in reaching and main.path not in inits]


def _places(mains: Iterable[Main]) -> str:
    return ", ".join(dict.fromkeys(f"{relative(main.path)}:{main.line}" for main in mains))


def _at(path: str, texts: Mapping[str, bytes]) -> str:
    found = _INIT.search(texts[path])
    assert found is not None
    line = texts[path].count(b"\n", 0, found.end()) + 1
    return f"{relative(path)}:{line}"


def _texts(target: Target, pending: Pending) -> dict[str, bytes]:
    """The bytes of the target's own modules, tests left out, by path."""
    home = os.path.join(target.root, target.top)
    found = {}
    for path in own_files(home):
        try:
            found[path] = pending.data(path) or b""
        except OSError:
            continue
    return found


def _scripts(target: Target, texts: Mapping[str, bytes]) -> list[Main]:
    """The console scripts that start a function of the target, by name."""
    named: dict[str, str] = {}
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(read_text(os.path.join(target.root, "setup.cfg")))
    except configparser.Error:
        parser.clear()
    for section in ("entry_points", "options.entry_points"):
        for line in parser.get(section, "console_scripts", fallback="").splitlines():
            name, equals, where = line.partition("=")
            if equals:
                named[name.strip()] = where.strip()
    scripts = project_table(read_text(os.path.join(target.root, "pyproject.toml"))).get("scripts")
    if isinstance(scripts, dict):
        named |= {str(name): str(where) for name, where in scripts.items()}
    found = []
    for name, where in sorted(named.items()):
        module, _, function = where.partition(":")
        path = _file(module.strip(), texts, target)
        if path:
            text = read_text(path)
            begin = re.search(rf"^def {re.escape(function.strip())}\(", text, re.M)
            if begin:
                number = text.count("\n", 0, begin.start()) + 1
                found.append(Main(name, path, function.strip(), number))
    return found


def _file(module: str, texts: Mapping[str, bytes], target: Target) -> str:
    """Path of a module of the target, "" when it has none of this name."""
    if not (module + ".").startswith(target.top + "."):
        return ""
    base = os.path.join(target.root, *module.split("."))
    return next((path for path in (base + ".py", os.path.join(base, "__init__.py")) if path in texts), "")


def _call(target: Target, texts: Mapping[str, bytes]) -> Call:
    """With the project's own root helper where it has a function for it that takes nothing."""
    common = "from oslo_privsep import priv_context"
    having = [path for path, text in texts.items() if b"def get_root_helper" in text and _HELPER.search(text)]
    placed = min(
        (module_name(path) or ("", "") for path in having),
        key=lambda one: one[1] != f"{target.top}.utils",
        default=None,
    )
    if placed is None or "." not in placed[1]:
        return Call("priv_context.init(root_helper=['sudo'])", (common,))
    parent, _, leaf = placed[1].rpartition(".")
    return Call(
        f"priv_context.init(root_helper=shlex.split({leaf}.get_root_helper()))",
        ("import shlex", common, f"from {parent} import {leaf}"),
    )


def _reaching(wanted: Collection[str], texts: Mapping[str, bytes], target: Target) -> set[str]:
    """The modules that are one of the wanted or come to import one, at any level and in functions too."""
    importers: dict[str, list[str]] = {}
    for path, text in texts.items():
        for name in _imported(text, path):
            importers.setdefault(_file(name, texts, target), []).append(path)
    found: set[str] = set()
    waiting = list(wanted)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += importers.get(path, [])
    return found


def _imported(text: bytes, path: str) -> set[str]:
    """Dotted names that a module imports; of `from a import b` both a and a.b."""
    names: set[str] = set()
    placed = module_name(path)
    package = (placed[1] if placed else "").split(".")
    package = package if path.endswith("__init__.py") else package[:-1]
    for plain, base, given in _IMPORT.findall(text):
        for part in plain.decode().split(","):
            names.add(part.split()[0] if part.split() else "")
        if base:
            dots = len(base) - len(base.lstrip(b"."))
            stem = base.decode().lstrip(".")
            if dots:
                stem = ".".join([*package[: len(package) - dots + 1], *([stem] if stem else [])])
            names.add(stem)
            names |= {f"{stem}.{one}" for one in re.findall(r"(\w+)(?:\s+as\s+\w+)?", given.decode("utf-8", "replace"))}
    return names


def _write(main: Main, call: Call, pending: Pending, target: Target) -> bool:
    """Put the call behind the statement of main() that reads the configuration; False when there is no clear place."""
    data = pending.data(main.path)
    assert data is not None
    try:
        read = source.read(main.path, data)
    except (SyntaxError, ValueError, LookupError):
        return False
    function = next((node for node in read.tree.body if getattr(node, "name", "") == main.name), None)
    if not isinstance(function, ast.FunctionDef) or _taken(read.tree, function, call.lines):
        return False
    behind = [node for node in function.body if _READS.search(_statement(node))]
    if not behind:
        return False
    indent = read.line_text(behind[-1].lineno)[: behind[-1].col_offset]
    at = read.line_start(behind[-1].end_lineno or 0) + len(read.line_text(behind[-1].end_lineno or 0))
    if indent.strip() or read.text[read.span(behind[-1])[1] : at].strip():
        return False
    line = indent + call.code
    if len(line) > target.width:
        line = line.replace("init(", f"init({read.newline}{indent}    ")
    byte = read.byte(at)
    edits = [Edit(main.path, byte, byte, read.encode(read.newline + line)), *imports.add(read, call.lines, target.top)]
    new = splice(data, edits)
    compile(new, main.path, "exec", dont_inherit=True)
    pending.put(main.path, new)
    return True


def _statement(node: ast.stmt) -> str:
    """The text of a simple statement; one with a body of its own is no place to rely on."""
    return ast.unparse(node) if isinstance(node, (ast.Expr, ast.Assign)) else ""


def _taken(tree: ast.Module, function: ast.FunctionDef, lines: Iterable[str]) -> bool:
    inside = [node for node in ast.walk(function) if node is not function]
    return any(
        imports.binds_otherwise(imports.module_scope(tree), line) or imports.binds_otherwise(inside, line)
        for line in lines
    )
