"""Where a command that a rewrite moved stands before and after it: the calls and functions that strength.py changes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

Entry = dict[str, Any]  # of the report of `privmigrate rewrite --format json`, schema privmigrate.rewrite/1


@dataclass(frozen=True)
class Point:
    """One call or function that can be changed while tests run.

    at: first line, first column (in bytes), last line, last column, as `ast` counts. kind: "command" takes the words,
    "function" is a call of a privileged function, "operation" the function itself. literals: texts of words that are
    known. parameters: of the function; words: the one that takes all words, if one does. shift: arguments before the
    function's own.
    """

    id: str
    path: str
    at: tuple[int, int, int, int]
    kind: str
    literals: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    words: str = ""
    shift: int = 0


@dataclass(frozen=True)
class Target:
    """A moved site. body: the call or operation inside of the function. other: the call that stays for callers without
    root. values: the function's parameters that take a word, by its number from the end ("0") or its text ("=0644")."""

    entry: Entry
    before: Point
    call: Point
    body: Point | None
    other: Point | None
    values: dict[str, str]

    @property
    def id(self) -> str:
        return str(self.entry["id"])

    @property
    def where(self) -> str:
        return f"{self.entry['path']}:{self.entry['line']}"

    @property
    def points(self) -> tuple[Point, ...]:
        return tuple(point for point in (self.call, self.body, self.other) if point)


class Lost(Exception):
    """A call that the report tells of is not found in the rewritten tree."""


def targets(entries: Sequence[Entry], before: Path, after: Path) -> Iterator[Target | str]:
    """Each moved site with its places, or a sentence on one whose places are not found."""
    moved = [entry for entry in entries if entry["moved"]]
    for entry in moved:
        try:
            yield _target(entry, moved, before, after)
        except Lost as error:
            yield f"{entry['path']}:{entry['line']}: {error}"


def mates(target: Target, every: Sequence[Target]) -> frozenset[str]:
    """The calls, as points, of other sites that moved to the same function."""
    same = [one for one in every if one.entry["function"] == target.entry["function"] and one.id != target.id]
    return frozenset(point.id for one in same for point in (one.call, one.other) if point)


def _target(entry: Entry, moved: Sequence[Entry], before: Path, after: Path) -> Target:
    old = _old(before, entry)
    texts = literals(entry["argv"])
    stays = entry["form"] in ("flag", "inner")
    body = _body(after, entry, texts)
    if stays:
        call = _point(entry["path"], _still(entry, moved, before, after), "command", texts)
        other = None
    else:
        call = _entrypoint(entry, moved, before, after, texts)
        other = None
        if entry["form"] == "condition":
            other = _point(entry["path"], _still(entry, moved, before, after), "command", texts)
    return Target(entry, _point(entry["path"], old, "command", texts), call, body, other, values(entry))


def _point(path: str, node: ast.expr | ast.stmt, kind: str, texts: tuple[str, ...], **more: Any) -> Point:
    at = (node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)
    return Point(f"{path}:{at[0]}:{at[1]}:{at[2]}:{at[3]}", path, at, kind, texts, **more)


# --- calls -------------------------------------------------------------------------------------------


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes())


@cache
def _calls(path: Path) -> tuple[tuple[str, ast.Call], ...]:
    """Every call of a file with the function it stands in, in the order of the text."""
    found: list[tuple[str, ast.Call]] = []

    def visit(node: ast.AST, name: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Call):
                found.append((name, child))
            inner = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            visit(child, f"{name}.{child.name}" if inner else name)  # type: ignore[attr-defined]

    visit(_tree(path), "")
    return tuple(sorted(found, key=lambda item: (item[1].lineno, item[1].col_offset, -(item[1].end_lineno or 0))))


def _old(root: Path, entry: Entry) -> ast.Call:
    path = root / entry["path"]
    line = path.read_text().split("\n")[entry["line"] - 1]
    column = len(line[: entry["column"] - 1].encode())
    here = [call for _, call in _calls(path) if (call.lineno, call.col_offset) == (entry["line"], column)]
    # of `execute(...)[0].strip()` the first call
    ends = sorted(here, key=lambda call: (call.end_lineno or 0, call.end_col_offset or 0))
    found = [call for call in ends if call.end_lineno == entry["end_line"]]
    if not found:
        raise Lost(f"no call at column {entry['column']}")
    return found[0]


def _within(root: Path, path: str, call: ast.Call) -> str:
    return next(name for name, node in _calls(root / path) if node is call)


def _still(entry: Entry, moved: Sequence[Entry], before: Path, after: Path) -> ast.Call:
    """The call in the rewritten tree, where it is still one of the same wrapper: the one with the same number in its
    function, without those that are no more."""
    old = _old(before, entry)
    name, callee = _within(before, entry["path"], old), ast.unparse(old.func)
    gone = {id(_old(before, one)) for one in moved if one["path"] == entry["path"] and one["form"] == "call"}
    same = [call for within, call in _calls(before / entry["path"]) if within == name and id(call) not in gone]
    number = [call for call in same if ast.unparse(call.func) == callee].index(old)
    new = [call for within, call in _calls(after / entry["path"]) if within == name]
    new = [call for call in new if ast.unparse(call.func) == callee]
    if number >= len(new):
        raise Lost(f"{callee} is not called in {name.lstrip('.')} any more")
    return new[number]


def _entrypoint(entry: Entry, moved: Sequence[Entry], before: Path, after: Path, texts: tuple[str, ...]) -> Point:
    """The call of the privileged function that stands in the place of the old call."""
    module, _, function = entry["function"].rpartition(".")
    name = _within(before, entry["path"], _old(before, entry))
    mates = [one for one in moved if one["path"] == entry["path"] and one["function"] == entry["function"]]
    mates = [one for one in mates if _within(before, one["path"], _old(before, one)) == name]
    mates.sort(key=lambda one: (one["line"], one["column"]))

    def names(node: ast.expr) -> bool:
        text = ast.unparse(node)
        return bool(re.search(rf"{re.escape(module.rpartition('.')[2])}\.{re.escape(function)}\Z", text))

    new = [call for within, call in _calls(after / entry["path"]) if within == name]
    new = [call for call in new if names(call.func) or (call.args and names(call.args[0]))]
    if len(new) != len(mates):
        raise Lost(f"{len(new)} calls of {function} in {name.lstrip('.')} for {len(mates)} that moved")
    call = new[mates.index(entry)]
    parameters = _parameters(_function(after, entry))
    words = "words" if entry["rung"] == "guarded" else ""
    return _point(
        entry["path"],
        call,
        "function",
        texts,
        parameters=parameters,
        words=words,
        shift=0 if names(call.func) else 1,
    )


# --- functions ---------------------------------------------------------------------------------------


def _file(root: Path, module: str) -> str:
    path = module.replace(".", "/")
    return f"{path}.py" if (root / f"{path}.py").exists() else f"{path}/__init__.py"


def _function(root: Path, entry: Entry) -> ast.FunctionDef:
    module, _, function = entry["function"].rpartition(".")
    for node in _tree(root / _file(root, module)).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return node
    raise Lost(f"there is no {entry['function']}")


def _parameters(function: ast.FunctionDef) -> tuple[str, ...]:
    return tuple(argument.arg for argument in (*function.args.args, *function.args.kwonlyargs))


def _body(root: Path, entry: Entry, texts: tuple[str, ...]) -> Point | None:
    """What the function does: its operation for a native one, else the call that runs the command."""
    function = _function(root, entry)
    path = _file(root, entry["function"].rpartition(".")[0])
    if entry["rung"] == "native":
        return _point(
            path,
            function,
            "operation",
            texts,
            parameters=_parameters(function),
        )
    returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
    calls = [value for value in returned if isinstance(value, ast.Call)]
    if not calls:
        raise Lost(f"{entry['function']} returns nothing that it calls")
    # the way that most words go, where a check returns something of its own
    return _point(path, max(calls, key=lambda call: len(ast.unparse(call))), "command", texts)


# --- words -------------------------------------------------------------------------------------------


def literals(argv: Sequence[str]) -> tuple[str, ...]:
    """The texts that words of a spelled argv are known to be, those of branches and loops too."""
    found = {word for word in argv if not word.startswith(("{", "*{"))}
    for word in argv:
        if word.startswith("*{") or re.match(r"\{'(\*?\{)", word):
            found |= {ast.literal_eval(text) for text in re.findall(r"'[^'\\]*'|\"[^\"\\]*\"", word)}
    return tuple(sorted(found))


def values(entry: Entry) -> dict[str, str]:
    """Which parameter takes a word: one that varies by the word's number from the end, one that is known by its text.

    A parameter that takes a part of a word (the name in /dev/NAME) takes that word. A word before any number of others
    has no number.
    """
    varying = []
    for word in reversed(entry["argv"]):
        if word.startswith("*{"):
            break
        if word.startswith("{"):
            varying.append(word[1:-1])
    found = {
        f"={ast.literal_eval(code)}": name
        for name, code in entry["arguments"].items()
        if re.fullmatch(r"'[^'\\]*'", code) and code[1:-1] in entry["argv"]
    }
    from_words = [name for name, code in entry["arguments"].items() if re.fullmatch(r"words\[\d+\]", code)]
    if from_words:
        if len(from_words) == len(varying):
            order = sorted(from_words, key=lambda name: int(entry["arguments"][name][6:-1]))
            found |= {str(number): name for number, name in enumerate(reversed(order))}
        return found
    for exact in (True, False):
        for name, code in entry["arguments"].items():
            bare = re.sub(r"\Astr\((.*)\)\Z", r"\1", code)
            for number, word in enumerate(varying):
                plain = re.sub(r"\Astr\((.*)\)\Z", r"\1", word)
                fits = plain == bare if exact else re.search(rf"(?<!\w){re.escape(bare)}(?!\w)", word)
                if fits and str(number) not in found and name not in found.values():
                    found[str(number)] = name
    return found
