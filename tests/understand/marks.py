"""Marks in source text that say which calls a scan must report."""

from __future__ import annotations

import ast
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SITES = Path(__file__).parent.parent / "fixtures" / "sites"

_MARK = re.compile(
    r"^[ \t]*# site: (?P<kinds>[a-z_/]+)(?: (?P<which>programs?)=(?P<names>\S+))?(?: \| (?P<words>.+?))?\s*$"
)
_KINDS = {"direct", "conditional", "forwarder", "via_wrapper", "laundered", "literal_sudo"}


@dataclass(frozen=True)
class Mark:
    """One expected site. programs and words are None where the mark leaves them open."""

    path: str
    line: int
    kinds: frozenset[str]
    programs: tuple[str, ...] | None
    words: tuple[str, ...] | None


def marks(path: str, text: str) -> list[Mark]:
    """The marks of a source text, in order; `line` is the line of the marked call.

    Raises ValueError for a comment that looks like a mark and is none.
    """
    found: list[Mark] = []
    waiting: list[tuple[frozenset[str], tuple[str, ...] | None, tuple[str, ...] | None]] = []
    for number, line in enumerate(text.splitlines(), 1):
        match = _MARK.match(line)
        if match is None:
            if "# site:" in line:
                raise ValueError(f"{path}:{number}: not a mark: {line.strip()}")
            found += [Mark(path, number, *parts) for parts in waiting]
            waiting = []
            continue
        kinds = frozenset(match["kinds"].split("/"))
        if not kinds <= _KINDS:
            raise ValueError(f"{path}:{number}: unknown kind: {line.strip()}")
        names = tuple(sorted(match["names"].split(","))) if match["names"] else None
        waiting.append((kinds, names, tuple(split(match["words"])) if match["words"] else None))
    if waiting:
        raise ValueError(f"{path}: the last mark has no line below it")
    return found


def split(words: str) -> list[str]:
    """Split a spelled argv at spaces outside braces and outside single quotes around a whole word."""
    found: list[str] = []
    rest = words.strip()
    while rest:
        if rest.startswith("'"):
            end = rest.index("'", 1) + 1
            found.append(rest[1 : end - 1])
        elif rest.startswith(("{", "*{")):
            end = _closing(rest) + 1
            found.append(rest[:end])
        else:
            end = (rest + " ").index(" ")
            found.append(rest[:end])
        rest = rest[end:].lstrip()
    return found


def _closing(text: str) -> int:
    """Where the brace that the text starts with is closed, minding quoted text."""
    depth, quote = 0, ""
    for index, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0:
                return index
    raise ValueError(f"brace not closed: {text}")


def normal(word: str) -> str:
    """A spelled word without what is a matter of taste: quotes, spacing, and `{a if c else b}` for a choice of one."""
    starred = word.startswith("*{")
    if not (starred or word.startswith("{")) or not word.endswith("}"):
        return word
    code = word[2:-1] if starred else word[1:-1]
    for attempt in (code, f"{code} else []", f"({code})"):
        try:
            tree = ast.parse(attempt.strip(), mode="eval").body
        except (SyntaxError, ValueError):
            continue
        if isinstance(tree, ast.IfExp) and not starred:
            tree.body, tree.orelse = (ast.List([side], ast.Load()) for side in (tree.body, tree.orelse))
            starred = True
        return ("*{" if starred else "{") + ast.unparse(_Formats().visit(tree)) + "}"
    return word


_ONE_VALUE = (ast.Name, ast.Attribute, ast.Subscript, ast.Call)


class _Formats(ast.NodeTransformer):
    """`'a=%s' % b` as the f-string that says the same."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        text = node.left.value if isinstance(node.left, ast.Constant) else None
        single = isinstance(text, str) and text.count("%") == text.count("%s") == 1
        if isinstance(text, str) and single and isinstance(node.op, ast.Mod) and isinstance(node.right, _ONE_VALUE):
            before, after = text.split("%s")
            pieces = [ast.Constant(before), ast.FormattedValue(node.right, -1), ast.Constant(after)]
            return ast.JoinedStr([piece for piece in pieces if not isinstance(piece, ast.Constant) or piece.value])
        return node


@contextmanager
def laid_out(files: Mapping[str, bytes]) -> Iterator[Path]:
    """A fresh folder with these files that is the current folder meanwhile."""
    before = Path.cwd()
    folder = Path(tempfile.mkdtemp(prefix="sites-"))
    try:
        for name, content in files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        os.chdir(folder)
        yield folder
    finally:
        os.chdir(before)
        shutil.rmtree(folder)


def shapes() -> dict[str, dict[str, bytes]]:
    """Every shape below tests/fixtures/sites: its name, and its files by their relative path."""
    found: dict[str, dict[str, bytes]] = {}
    for entry in sorted(SITES.iterdir()):
        if entry.suffix == ".py":
            found[entry.stem] = {entry.name: entry.read_bytes()}
        elif entry.is_dir() and not entry.name.startswith(("_", ".")):
            files = {str(path.relative_to(entry)): path.read_bytes() for path in sorted(entry.rglob("*.py"))}
            found[entry.name] = files
    return found


def decoded(content: bytes) -> str:
    """Source bytes as text, by their own coding cookie, line ends kept."""
    if b"coding: latin-1" in content[:100]:
        return content.decode("latin-1")
    return content.decode("utf-8-sig")
