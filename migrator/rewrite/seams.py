"""Let the executors of a project call the privileged function that a root flag names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from migrator.model import Edit, Reason, Seam
from migrator.rewrite.source import Source
from migrator.rewrite.spelling import Unfit

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_REMARK = "# What runs the command is a privileged function, where run_as_root names one."


def edits(source: Source, seams: Iterable[Seam], width: int) -> list[Edit]:
    """Edits that make the seams of one file, those that are there already left out; Unfit when one has no place."""
    found: dict[tuple[int, int], Edit] = {}
    for seam in seams:
        made = _body(source, seam, width) if seam.kind == "body" else _call(source, seam, width)
        for edit in made:
            found[edit.start, edit.end] = edit
    return list(found.values())


def _body(source: Source, seam: Seam, width: int) -> list[Edit]:
    function = next(
        (
            node
            for node in source.nodes
            if isinstance(node, _FUNCTIONS) and node.name == seam.name.rpartition(".")[2] and _starts(node, seam.line)
        ),
        None,
    )
    if function is None or function.args.vararg is None or function.args.kwarg is None:
        raise _lost(seam)
    words, keywords = function.args.vararg.arg, function.args.kwarg.arg
    if f"callable({keywords}.get('run_as_root'))" in ast.unparse(function):
        return []
    documented = ast.get_docstring(function, clean=False) is not None
    if documented and len(function.body) == 1:
        raise _lost(seam)
    first = function.body[1 if documented else 0]
    start = source.span(first)[0]
    line = source.line_start(first.lineno)
    indent = source.text[line:start]
    if indent.strip():
        raise _lost(seam)
    step = "\t" if indent.endswith("\t") else "    "
    # Keywords of a type that cannot be called: the flag's is not what a type checker of the project knows.
    typed = "  # type: ignore" if function.args.kwarg.annotation is not None else ""
    lines = [
        *_wrapped(_REMARK, indent, width),
        f"{indent}if callable({keywords}.get('run_as_root')):",
        f"{indent}{step}return {keywords}['run_as_root'](*{words}, **{keywords}){typed}",
    ]
    text = "".join(each + source.newline for each in lines)
    return [Edit(source.path, source.byte(line), source.byte(line), source.encode(text))]


def _starts(function: ast.FunctionDef | ast.AsyncFunctionDef, line: int) -> bool:
    """Whether a function is the one of a line, which may be that of its first decorator."""
    return line == function.lineno or any(line == each.lineno for each in function.decorator_list)


def _wrapped(remark: str, indent: str, width: int) -> list[str]:
    if len(indent) + len(remark) <= width:
        return [indent + remark]
    words, lines = remark.split(" ")[1:], [f"{indent}#"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > width:
            lines.append(f"{indent}#")
        lines[-1] += f" {word}"
    return lines


def _call(source: Source, seam: Seam, width: int) -> list[Edit]:
    """`run(*cmd, **kwargs)` calls what the flag names, where it names something."""
    calls = [node for node in source.nodes if isinstance(node, ast.Call) and node.lineno == seam.line]
    calls = [node for node in calls if any(isinstance(each, ast.Starred) for each in node.args)]
    if len(calls) != 1:
        raise _lost(seam)
    func = calls[0].func
    if isinstance(func, ast.IfExp):
        return []
    start, end = source.span(func)
    before = source.text[source.line_start(func.lineno) : start]
    after = source.text[end:].partition("\n")[0].rstrip("\r")
    inner = re.sub(r"[^\t]", " ", before) + " "
    lines = [f"{before}({seam.flag}"]
    for piece in (f"if callable({seam.flag})", f"else {source.text[start:end]})"):
        rest = after if piece.startswith("else") else ""
        if len(lines[-1]) + 1 + len(piece) + len(rest) > width:
            lines.append(f"{inner}{piece}")
        else:
            lines[-1] += f" {piece}"
    text = source.newline.join(lines).removeprefix(before)
    return [Edit(source.path, source.byte(start), source.byte(end), source.encode(text))]


def _lost(seam: Seam) -> Unfit:
    return Unfit(
        Reason("seam-not-found", f"{seam.name}() cannot be told to call a privileged function; write this one by hand")
    )


def values(source: Source, function: str, width: int) -> list[Edit]:
    """Edits that give `function` where the module takes processutils.execute as a value: a default, an attribute."""
    names = _names(source.tree)
    called = {id(node.func) for node in source.nodes if isinstance(node, ast.Call)}
    found = []
    for node in _held(source.tree):
        if id(node) not in called and ast.unparse(node) in names:
            start, end = source.span(node)
            found.append(Edit(source.path, source.byte(start), source.byte(end), source.encode(function)))
            found += _broken(source, node, len(function) - (end - start), width)
    return found


def imported(tree: ast.Module) -> frozenset[str]:
    """The names by which a module's imports bind what has oslo's processutils.execute."""
    return frozenset(name.partition(".")[0] for name in _names(tree))


def _broken(source: Source, node: ast.expr, longer: int, width: int) -> list[Edit]:
    """A line break before the parameter of this default, where the line of its `def` would become too long."""
    line = source.line_text(node.lineno)
    before = source.text[source.line_start(node.lineno) : source.span(node)[0]]
    opening, comma = before.find("("), before.rfind(", ")
    if len(line) + longer <= width or not line.lstrip().startswith("def ") or not 0 < opening < comma:
        return []
    at = source.line_start(node.lineno) + comma + 1
    text = source.newline + " " * (opening + 1)
    return [Edit(source.path, source.byte(at), source.byte(at + 1), source.encode(text))]


def _held(tree: ast.Module) -> Iterable[ast.expr]:
    """Defaults of parameters, and values that attributes are set to."""
    for node in ast.walk(tree):
        if isinstance(node, (*_FUNCTIONS, ast.Lambda)):
            yield from (each for each in (*node.args.defaults, *node.args.kw_defaults) if each is not None)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
            yield node.value


def _names(tree: ast.Module) -> set[str]:
    """How a module spells oslo's processutils.execute."""
    found = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module in ("oslo_concurrency", "oslo.concurrency"):
            found |= {f"{each.asname or each.name}.execute" for each in node.names if each.name == "processutils"}
        elif isinstance(node, ast.ImportFrom) and node.module == "oslo_concurrency.processutils":
            found |= {each.asname or each.name for each in node.names if each.name == "execute"}
        elif isinstance(node, ast.Import):
            for each in node.names:
                if each.name == "oslo_concurrency.processutils":
                    found.add(f"{each.asname or each.name}.execute")
    return found
