"""Replace a call that runs a command as root by a call of its privileged function."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from migrator.decide.expressions import is_literal
from migrator.decide.narrow import WORDS
from migrator.model import Argument, Edit, Outcome, Reason, Site
from migrator.rewrite import imports, layout, tokens
from migrator.rewrite.homes import Home
from migrator.rewrite.source import Source, ancestors, parse, statement_of
from migrator.rewrite.spelling import Unfit
from migrator.rewrite.target import Target
from migrator.words import Literal

# A comment that a tool reads belongs to its line and cannot move.
_PRAGMA = re.compile(r"#\s*(noqa|nosec|type:|pylint:|pragma:|fmt:|mypy:|pyre-)", re.I)
_SECRET = re.compile(r"^process_input$|passw|passphrase|(^|_)pass$|secret|chap|credential|token|private_key")
_SIMPLE = (ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Raise, ast.Assert)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True)
class Reach:
    """How a file reaches a privileged module: its import line, and the name in front of the function."""

    line: str
    name: str


def calls_by_line(source: Source) -> dict[int, list[ast.Call]]:
    """The calls of a file by the line that they start on."""
    found: dict[int, list[ast.Call]] = {}
    for node in source.nodes:
        if isinstance(node, ast.Call):
            found.setdefault(node.lineno, []).append(node)
    return found


def locate(source: Source, calls: Mapping[int, list[ast.Call]], site: Site) -> ast.Call:
    """The call that a site stands for. Raises Unfit when the file is not the one that was scanned."""
    for node in calls.get(site.line, ()):
        start, end = source.span(node)
        if (source.byte(start), source.byte(end)) == site.span and _reads_as(source.text[start:end], node):
            return node
    raise Unfit(
        Reason("changed-since-scan", f"no such call at {site.path}:{site.line} any more; scan again, then rewrite")
    )


def _reads_as(text: str, node: ast.expr) -> bool:
    """Positions inside f-strings are not to be trusted before Python 3.12: the text has to give the node."""
    try:
        return ast.dump(parse(f"({text})")) == ast.dump(ast.Module([ast.Expr(node)], type_ignores=[]))
    except SyntaxError:
        return False


def reach(source: Source, target: Target, area: str, call: ast.Call) -> Reach:
    """How this file imports an area: as it does already, else in the project's style, else `as privsep_<area>`.

    Raises Unfit when every name means something else in the module or around the call.
    """
    plain = reach_of(source, target, area)
    try:
        check_names(source, call, plain.line)
    except Unfit:
        name = f"privsep_{area}"
        if target.imports.full or name == plain.name:
            raise
        plain = Reach(_from(target.package, area, name), name)
        check_names(source, call, plain.line)
    return plain


def reach_of(source: Source, target: Target, area: str) -> Reach:
    """How this file imports an area, or would, whatever its names mean there."""
    module = target.module(area)
    if target.imports.full:
        return Reach(f"import {module}", module)
    for node in source.tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == target.package and not node.level:
            for alias in node.names:
                if alias.name == area:
                    name = alias.asname or area
                    return Reach(_from(target.package, area, name), name)
    name = f"{target.imports.prefix}{area}{target.imports.suffix}"
    return Reach(_from(target.package, area, name), name)


def _from(package: str, area: str, name: str) -> str:
    return f"from {package} import {area}" + (f" as {name}" if name != area else "")


def check_names(source: Source, call: ast.Call, line: str) -> None:
    """Raise Unfit when the name that an import line binds means something else in the module or around the call."""
    taken = imports.binds_otherwise(imports.module_scope(source.tree), line)
    inner: ast.AST = call
    for outer in ancestors(call, source.above):
        direct = isinstance(outer, ast.ClassDef) and not isinstance(inner, _FUNCTIONS)
        if isinstance(outer, (*_FUNCTIONS, *_COMPREHENSIONS)) or direct:
            taken = taken or imports.binds_otherwise((node for node in ast.walk(outer) if node is not outer), line)
        if isinstance(outer, (*_FUNCTIONS, ast.ClassDef)):
            inner = outer
    if taken:
        raise Unfit(Reason("name-taken", f"`{line}` would bind a name that is in use here; free the name first"))


def bind(home: Home, arguments: tuple[Argument, ...]) -> list[str]:
    """The argument list of the privileged call, in the order of the function's parameters.

    Those without a default go by position, those with one by keyword. Raises Unfit when the arguments do not fit the
    signature.
    """
    function = parse(home.spelled.text).body[0]
    assert isinstance(function, ast.FunctionDef)
    given = {argument.name: argument.code for argument in arguments}
    signature = function.args
    positional = [*signature.posonlyargs, *signature.args]
    required = positional[: len(positional) - len(signature.defaults)]
    optional = [*positional[len(required) :], *signature.kwonlyargs]
    names = [parameter.arg for parameter in (*required, *optional)]
    missing = [parameter.arg for parameter in required if parameter.arg not in given]
    missing += [
        parameter.arg
        for parameter, default in zip(signature.kwonlyargs, signature.kw_defaults, strict=True)
        if default is None and parameter.arg not in given
    ]
    surplus = [name for name in given if name not in names]
    if missing or surplus or len(given) != len(arguments):
        raise Unfit(
            Reason(
                "arguments-do-not-fit",
                f"{home.name}() lacks [{', '.join(missing)}] and takes no [{', '.join(surplus)}]",
            )
        )
    try:
        flat = {name: tokens.flat(code) for name, code in given.items()}
        for code in flat.values():
            parse(f"({code})")
    except (ValueError, SyntaxError) as error:
        raise Unfit(Reason("argument-not-movable", f"an argument cannot be put on one line: {error}")) from error
    words = [flat[parameter.arg] for parameter in required]
    words += [f"{parameter.arg}={flat[parameter.arg]}" for parameter in optional if parameter.arg in flat]
    return words


def words_given(source: Source, call: ast.Call, outcome: Outcome) -> tuple[Argument, ...]:
    """The outcome's arguments, a guarded function's words being a list of the call's own."""
    return tuple(
        Argument(one.name, f"list(map(str, {_listed(source, call, outcome.site)}))")
        if one.name == WORDS and one.code == WORDS
        else one
        for one in outcome.arguments
    )


def _listed(source: Source, call: ast.Call, site: Site) -> str:
    """The positional arguments of a call as one sequence, in a form that Python 2 reads as well."""
    given = call.args[:1] if site.whole == "list" else call.args
    texts = [tokens.flat(source.text[slice(*source.span(node))]) for node in given]
    if site.whole == "list":
        return texts[0]
    if len(given) == 1 and isinstance(given[0], ast.Starred):
        return tokens.flat(source.text[slice(*source.span(given[0].value))])
    parts: list[str] = []
    plain: list[str] = []
    for node, text in zip(given, texts, strict=True):
        if isinstance(node, ast.Starred):
            if plain:
                parts.append(f"[{', '.join(plain)}]")
                plain = []
            parts.append(f"list({tokens.flat(source.text[slice(*source.span(node.value))])})")
        else:
            plain.append(text)
    if plain:
        parts.append(f"[{', '.join(plain)}]")
    return " + ".join(parts)


def as_written(source: Source, call: ast.Call, outcome: Outcome) -> tuple[Argument, ...]:
    """The outcome's arguments, with the constant's own name where the call has one: CONF_PATH, not its text.

    Only where every word of the command is an argument of the call.
    """
    words = outcome.site.command.words
    if len(words) != len(call.args) or any(isinstance(given, ast.Starred) for given in call.args):
        return outcome.arguments
    named: dict[str, set[str]] = {}
    for word, given in zip(words, call.args, strict=True):
        if isinstance(word, Literal):
            name = source.text[slice(*source.span(given))] if isinstance(given, (ast.Name, ast.Attribute)) else ""
            named.setdefault(repr(word.text), set()).add(name)
    return tuple(
        Argument(argument.name, f"str({name})")
        if argument.name != "process_input" and (name := _only(named.get(argument.code, set())))
        else argument
        for argument in outcome.arguments
    )


def _only(names: set[str]) -> str:
    return next(iter(names)) if len(names) == 1 else ""


def may_be_secret(arguments: Iterable[Argument]) -> bool:
    """True when what a command reads, or a password among its words, goes with the call and is no constant.

    oslo.privsep 1.x logs every request at DEBUG level, arguments and all; later ones only what comes back.
    """
    return any(_SECRET.search(argument.name) and not is_literal(argument.code) for argument in arguments)


def argument(source: Source, node: ast.expr | ast.keyword) -> str:
    """The source of an argument of a call, on one line. Raises ValueError when it cannot stand on one."""
    if isinstance(node, ast.keyword):
        value = tokens.flat(source.text[slice(*source.span(node.value))])
        return f"{node.arg}={value}" if node.arg else f"**{value}"
    return tokens.flat(source.text[slice(*source.span(node))])


def place_of(source: Source, call: ast.Call, width: int) -> layout.Place:
    """Where a call stands, for what is put in its place."""
    start, end = source.span(call)
    assert call.end_lineno is not None
    line = source.line_text(call.lineno)
    func_end = source.span(call.func)[1]
    return layout.Place(
        before=source.text[source.line_start(call.lineno) : start],
        after=source.line_text(call.end_lineno)[end - source.line_start(call.end_lineno) :],
        indent=line[: len(line) - len(line.lstrip(" \t\f"))].rpartition("\f")[2],
        width=width,
        hanging=bool(re.match(r"\s*\([ \t]*(#.*)?[\r\n]", source.text[func_end:end])),
        newline=source.newline,
    )


def replace(source: Source, call: ast.Call, callee: str, words: list[str], width: int) -> list[Edit]:
    """Edits that put `callee(words)` in the call's place and its comments above the statement.

    Raises Unfit when a comment would be lost.
    """
    start, end = source.span(call)
    old = source.text[start:end]
    edits = []
    remarks = tokens.comments(old)
    if remarks:
        edits.append(_keep(source, call, remarks))
    place = place_of(source, call, width)
    text = layout.call(callee, words, place)
    edits.append(Edit(source.path, source.byte(start), source.byte(end), source.encode(text)))
    return edits


def _keep(source: Source, call: ast.Call, remarks: tuple[str, ...]) -> Edit:
    statement = statement_of(call, source.above)
    start = source.span(statement)[0]
    line_start = source.line_start(statement.lineno)
    indent = source.text[line_start:start]
    if not isinstance(statement, _SIMPLE) or indent.strip() or any(_PRAGMA.match(remark) for remark in remarks):
        raise Unfit(Reason("comment-in-call", "a comment inside the call would be lost; move it above the statement"))
    text = "".join(f"{remark}{source.newline}{indent}" for remark in remarks)
    return Edit(source.path, source.byte(start), source.byte(start), source.encode(text))
