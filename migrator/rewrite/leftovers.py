"""Take away what a replaced call leaves behind: names that nothing reads any more, and their imports."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from migrator.model import Edit
from migrator.rewrite.source import Source, ancestors, block_of, read
from migrator.rewrite.splice import splice

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_GROWING = frozenset({"append", "extend", "insert", "update"})
_INERT = (
    ast.Constant,
    ast.Name,
    ast.Attribute,
    ast.List,
    ast.Tuple,
    ast.Dict,
    ast.Starred,
    ast.BinOp,
    ast.JoinedStr,
    ast.FormattedValue,
    ast.operator,
    ast.expr_context,
)


@dataclass(frozen=True)
class Candidate:
    """Names that a removed call read, and the dotted name of the function around it ("" at module level)."""

    names: frozenset[str]
    enclosing: str


def names_read(call: ast.Call) -> frozenset[str]:
    """Names that an expression reads."""
    return frozenset(node.id for node in ast.walk(call) if isinstance(node, ast.Name))


def enclosing(node: ast.AST, above: Mapping[ast.AST, ast.AST]) -> str:
    """Dotted name of the functions and classes around a node, outermost first."""
    around = [outer.name for outer in ancestors(node, above) if isinstance(outer, (*_FUNCTIONS, ast.ClassDef))]
    return ".".join(reversed(around))


def clear(path: str, data: bytes, candidates: Iterable[Candidate], reached: Callable[[str], bool]) -> bytes:
    """The file without statements that only built a removed command, and without imports that only it used.

    reached(name): another file reaches this module's `name`, as tests do that patch `module.utils.execute`; such an
    import stays, marked for flake8. Anything that could do something else than build a value stays too.
    """
    waiting: dict[str, set[str]] = {}
    for candidate in candidates:
        waiting.setdefault(candidate.enclosing, set()).update(candidate.names)
    source = read(path, data)
    dead: list[ast.stmt] = []
    gone: set[ast.AST] = set()
    if any(waiting):  # a call inside of a function
        for function in source.nodes:
            if isinstance(function, _FUNCTIONS):
                around = enclosing(function, source.above)
                dotted = f"{around}.{function.name}" if around else function.name
                if dotted in waiting:
                    dead += _dead(source, function, waiting[dotted], gone)
    going = {line for one in dead for line in range(one.lineno, (one.end_lineno or one.lineno) + 1)}
    edits = [_without(source, statement, going) for statement in dead]
    edits += _clear_imports(source, gone, going, frozenset().union(*waiting.values()), reached)
    return splice(source.data, edits)


def _dead(
    source: Source, function: ast.FunctionDef | ast.AsyncFunctionDef, waiting: set[str], gone: set[ast.AST]
) -> list[ast.stmt]:
    """Statements that only build a local value that nothing reads, once those before them are gone.

    waiting: names whose reader went; it grows by the names that these statements read, and gone by their nodes.
    """
    found: list[ast.stmt] = []
    inside = list(ast.walk(function))
    arguments = {node.arg for node in inside if isinstance(node, ast.arg)}
    shared = {name for node in inside if isinstance(node, (ast.Global, ast.Nonlocal)) for name in node.names}
    while True:
        before = len(found)
        for name in sorted(waiting - arguments - shared):
            statements = _builders([node for node in inside if node not in gone], name, source.above)
            if _removable(statements, source.above, gone) and all(_alone(source, one) for one in statements):
                found += statements
                within = {node for one in statements for node in ast.walk(one)}
                gone |= within
                waiting.update(node.id for node in within if isinstance(node, ast.Name))
        if len(found) == before:
            return found


def _builders(inside: Iterable[ast.AST], name: str, above: Mapping[ast.AST, ast.AST]) -> list[ast.stmt]:
    """The statements that mention a name, when each of them only builds its value; else none."""
    found: list[ast.stmt] = []
    assigned = False
    for node in inside:
        if not (isinstance(node, ast.Name) and node.id == name):
            continue
        statement = next(outer for outer in (node, *ancestors(node, above)) if isinstance(outer, ast.stmt))
        if not _builds(statement, name):
            return []
        assigned = assigned or isinstance(statement, ast.Assign)
        if statement not in found:
            found.append(statement)
    return found if assigned else []


def _builds(statement: ast.stmt, name: str) -> bool:
    if isinstance(statement, ast.Assign):
        target = statement.targets[0]
        return (
            len(statement.targets) == 1
            and isinstance(target, ast.Name)
            and target.id == name
            and _inert(statement.value)
        )
    if isinstance(statement, ast.AugAssign):
        return isinstance(statement.target, ast.Name) and statement.target.id == name and _inert(statement.value)
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        return (
            isinstance(call.func, ast.Attribute)
            and call.func.attr in _GROWING
            and isinstance(call.func.value, ast.Name)
            and call.func.value.id == name
            and not call.keywords
            and all(_inert(argument) for argument in call.args)
        )
    return False


def _inert(value: ast.expr) -> bool:
    """True for an expression that only puts values together."""
    for node in ast.walk(value):
        if isinstance(node, ast.Call):
            plain = isinstance(node.func, ast.Name) and (
                node.func.id == "dict" or (node.func.id in ("str", "int") and not node.keywords)
            )
            form = isinstance(node.func, ast.Attribute) and node.func.attr == "format"
            if not (plain or form):
                return False
        elif not isinstance(node, (*_INERT, ast.keyword)):
            return False
    return True


def _removable(statements: list[ast.stmt], above: Mapping[ast.AST, ast.AST], gone: Container[ast.AST]) -> bool:
    """True when no block would be left empty; gone: what is taken away already."""
    blocks: dict[int, tuple[int, int]] = {}
    for statement in statements:
        block = block_of(statement, above)
        removed = blocks.get(id(block[0]), (0, 0))[0] + 1
        blocks[id(block[0])] = (removed, sum(one not in gone for one in block))
    return all(removed < size for removed, size in blocks.values())


def _alone(source: Source, statement: ast.stmt) -> bool:
    """True when a statement has its lines for itself, comments included."""
    start, end = source.span(statement)
    assert statement.end_lineno is not None
    first = source.text[source.line_start(statement.lineno) : start]
    last = source.text[end : source.line_start(statement.end_lineno + 1)]
    inside = source.text[start:end]
    return not first.strip() and not last.strip() and not ("#" in inside and "\n" in inside)


def _without(source: Source, statement: ast.stmt, going: Container[int] = ()) -> Edit:
    """An edit that takes the lines of a statement away, and an empty line behind it that would look lost."""
    assert statement.end_lineno is not None
    start, end = source.line_start(statement.lineno), source.line_start(statement.end_lineno + 1)
    after = statement.end_lineno + 1
    if statement.lineno > 1 and after <= len(source.starts):
        above = statement.lineno - 1
        while above in going:
            above -= 1
        before = source.line_text(above).strip() if above else ""
        opens = not before or before.startswith("#") or before.endswith(":")
        if opens and not source.line_text(after).strip():
            end = source.line_start(after + 1)
    return Edit(source.path, source.byte(start), source.byte(end), b"")


def _clear_imports(
    source: Source,
    gone: Container[ast.AST],
    going: Container[int],
    names: frozenset[str],
    reached: Callable[[str], bool],
) -> list[Edit]:
    """Edits that take away the imports that bind names which nothing reads any more; gone, going: as in `clear`."""
    if source.path.endswith("__init__.py"):
        return []
    used: set[str] = set()
    for node in source.nodes:
        if node in gone:
            continue
        if isinstance(node, ast.Name):
            used.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            used.add(node.value)  # __all__, and annotations in quotes
    if names <= used:
        return []
    edits: list[Edit] = []
    for node in source.nodes:
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        place = source.above[node]
        idle = [alias for alias in node.names if _name(alias) in names and _name(alias) not in used]
        if not idle or not isinstance(place, (ast.Module, *_FUNCTIONS)) or not _alone(source, node):
            continue
        kept = [alias for alias in idle if isinstance(place, ast.Module) and reached(_name(alias))]
        idle = [alias for alias in idle if alias not in kept]
        if len(idle) == len(node.names) and sum(one not in gone for one in block_of(node, source.above)) > 1:
            edits.append(_without(source, node, going))
        elif idle and len(idle) < len(node.names):
            edits += _shorten(source, node, idle)
        elif kept and not idle:
            end = source.byte(source.span(node)[1])
            edits.append(Edit(source.path, end, end, b"  # noqa: F401"))
    return edits


def _name(alias: ast.alias) -> str:
    return alias.asname or alias.name.split(".")[0]


def _shorten(source: Source, node: ast.Import | ast.ImportFrom, gone: list[ast.alias]) -> list[Edit]:
    """Take some of several names out of one import."""
    edits = []
    last_kept = max(number for number, alias in enumerate(node.names) if alias not in gone)
    for number, alias in enumerate(node.names):
        if alias not in gone:
            continue
        if number < last_kept:
            place = source.span(alias)[0], source.span(node.names[number + 1])[0]
        else:
            place = source.span(node.names[number - 1])[1], source.span(alias)[1]
        edits.append(Edit(source.path, source.byte(place[0]), source.byte(place[1]), b""))
    return edits


def reacher(module: str, texts: Sequence[tuple[str, bytes]], path: str) -> Callable[[str], bool]:
    """A question to ask of the other files of a project: does one of them reach `module.name`?

    texts: (path, bytes) of the project's files. Strings count: mock.patch("nova.utils.execute") reaches execute.
    """
    leaf = module.rpartition(".")[2].encode()
    renaming = b"import %b as " % leaf
    renamed = re.compile(rb"\b" + re.escape(renaming) + rb"(\w+)")
    taken = re.compile(rb"^\s*from " + re.escape(module.encode()) + rb" import ([^\n]*)", re.M)
    near: list[bytes] = []  # most files lose no import, and ask nothing

    def reached(name: str) -> bool:
        wanted = name.encode()
        if not near:
            near.extend(data for other, data in texts if other != path and leaf in data)
        for data in near:
            if wanted in data:
                quoted = b"'%b'" % wanted in data or b'"%b"' % wanted in data
                for alias in {leaf, *(renamed.findall(data) if renaming in data else ())}:
                    # looked for as it stands first: an expression takes a hundred times as long
                    if b"%b.%b" % (alias, wanted) in data and re.search(rb"\b%b\.%b\b" % (alias, wanted), data):
                        return True
                    if quoted and re.search(rb"\(\s*%b,\s*['\"]%b['\"]" % (alias, wanted), data):
                        return True
            lists = taken.findall(data) if module.encode() in data else ()
            if any(re.search(rb"\b%b\b|\*" % wanted, names) for names in lists):
                return True
        return False

    return reached
