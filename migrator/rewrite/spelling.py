"""Spell a privileged function as the target does: imports, Python version, line length."""

from __future__ import annotations

import ast
import dataclasses
import functools
import re
import textwrap
from dataclasses import dataclass

from migrator.decide import python2
from migrator.model import Edit, Privileged, Reason
from migrator.rewrite import source
from migrator.rewrite.reflow import reflow
from migrator.rewrite.splice import splice
from migrator.rewrite.target import Target

PLACEHOLDER = "{privsep}"
COMMAND = "command"


class Unfit(Exception):
    """The function cannot go into this target; reason says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.text)
        self.reason = reason


@dataclass(frozen=True)
class Spelled:
    """A function's text without decorator, ending in one newline, the import lines that it needs, its parameters.

    helpers: name and text of each function that has to stand beside it.
    """

    text: str
    imports: tuple[str, ...]
    parameters: tuple[str, ...]
    helpers: tuple[tuple[str, str], ...] = ()


def spell(function: Privileged, name: str, target: Target) -> Spelled:
    """The function under this name, as it will stand in the target. Raises Unfit."""
    text = textwrap.dedent(function.source).strip("\n") + "\n"
    lines = tuple(line.replace(PLACEHOLDER, target.package) for line in function.imports)
    uses_command = f"from {PLACEHOLDER} import {COMMAND}" in function.imports
    try:
        tree = source.parse(text)
    except SyntaxError as error:
        raise Unfit(Reason("generated-invalid", f"the generated function does not parse: {error.msg}")) from error
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.FunctionDef):
        raise Unfit(Reason("generated-invalid", "the generated source is not one function"))
    if name != function.name:
        text = _substitute(text, function.name, name)
    if uses_command and target.imports.full:
        shadow = {argument.arg for argument in _parameters(tree.body[0])}
        if target.top in shadow:
            raise Unfit(
                Reason("name-taken", f"a parameter named {target.top} hides the package; write this one by hand")
            )
        lines = tuple(
            f"import {target.package}.{COMMAND}" if line == f"from {target.package} import {COMMAND}" else line
            for line in lines
        )
        text = _substitute(text, COMMAND, f"{target.package}.{COMMAND}", attribute=True)
    text = _as_written_there(text, target.width, python2=target.python2)
    parameters = tuple(argument.arg for argument in _parameters(tree.body[0]))
    helpers = tuple(
        (helper.name, _as_written_there(helper.source, target.width, python2=target.python2))
        for helper in function.helpers
    )
    return Spelled(text, tuple(sorted(lines)), parameters, helpers)


@functools.cache  # functions share helpers, and try several names
def _as_written_there(text: str, width: int, *, python2: bool) -> str:
    if python2:
        text = _for_python2(text)
    text = reflow(text, width)
    source.parse(text)
    return text


def renamed(function: Privileged, name: str) -> Privileged:
    """The same function under another name."""
    return dataclasses.replace(function, name=name, source=_substitute(function.source, function.name, name))


def _substitute(text: str, old: str, new: str, *, attribute: bool = False) -> str:
    """Replace a name where it is read (attribute: only as `name.x`), and in the def line of that name."""
    read = source.read("generated", text.encode())
    edits = []
    for node in read.nodes:
        place: tuple[int, int] | None = None
        if attribute:
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == old:
                place = read.span(node.value)
        elif isinstance(node, ast.Name) and node.id == old:
            place = read.span(node)
        elif isinstance(node, ast.FunctionDef) and node.name == old:
            start = read.span(node)[0] + len("def ")
            place = (start, start + len(old))
        if place:
            edits.append(_edit(read, place, new))
    return splice(read.data, edits).decode()


def _edit(read: source.Source, place: tuple[int, int], text: str) -> Edit:
    return Edit(read.path, read.byte(place[0]), read.byte(place[1]), text.encode())


def _parameters(function: ast.FunctionDef) -> list[ast.arg]:
    given = function.args
    some = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    return some + [argument for argument in (given.vararg, given.kwarg) if argument is not None]


def _needs_python3(what: str) -> Reason:
    return Reason("needs-python3", f"the project still runs on Python 2 and the privileged function needs {what}")


def _for_python2(text: str) -> str:
    """Drop annotations and `from` of raise; refuse what has no Python 2 form."""
    if not text.isascii():  # a str of Python 2 has no characters, and its files are ASCII
        raise Unfit(_needs_python3("text beyond ASCII"))
    read = source.read("generated", text.encode())
    edits = []
    for node in read.nodes:
        problem = python2.only_python3(node)
        if problem:
            raise Unfit(_needs_python3(problem))
        if isinstance(node, ast.arg) and node.annotation is not None:
            start, end = read.span(node)[0] + len(node.arg), read.span(node.annotation)[1]
            default = re.compile(r"\s*=\s*").match(read.text, end)
            edits.append(_edit(read, (start, default.end() if default else end), "=" if default else ""))
        elif isinstance(node, ast.FunctionDef) and node.returns is not None:
            end = read.span(node.returns)[1]
            edits.append(_edit(read, (read.text.rindex("->", 0, end), end), ""))
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            start, end = read.span(node.target)[1], read.span(node.annotation)[1]
            edits.append(_edit(read, (start, end), ""))
        elif isinstance(node, ast.Raise) and node.cause is not None and node.exc is not None:
            edits.append(_edit(read, (read.span(node.exc)[1], read.span(node.cause)[1]), ""))
    return splice(read.data, edits).decode().replace(" :\n", ":\n")
