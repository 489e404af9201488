"""Changes of source text for the property tests: some that break it, some that must not matter."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import symtable
import sys
import tempfile
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hypothesis import strategies as st

_PIECES = re.compile(r"\w+|[ \t]+|\n|.", re.DOTALL)
_ODD_TOKENS = (
    *("(", ")", "[", "]", "{", "}", ":", ",", "*", "**", "=", "\\", "'", '"', '"""', "#", "\n", "\t", "\f", "\0", "\r"),
    *(
        "run_as_root=True",
        "**kwargs",
        "*cmd",
        "execute(",
        "lambda:",
        "async ",
        "yield ",
        "print ",
        "def f(",
        "class C(",
    ),
    *(
        "\ufeff",
        "\u2028",
        "\xa0",
        "0777",
        "1_000",
        "f'{",
        "b''",
        "self.",
        "global x\n",
        "import ",
        "else:\n",
        "é",
        "%s",
    ),
)
_STEP = st.tuples(
    st.sampled_from(
        ["drop line", "double line", "swap lines", "drop piece", "double piece", "swap pieces", "insert", "cut"]
    ),
    st.integers(0, 10_000),
    st.integers(0, 10_000),
    st.sampled_from(_ODD_TOKENS),
)


def broken(texts: Sequence[str]) -> st.SearchStrategy[str]:
    """One of the texts, with a few lines or tokens dropped, doubled, swapped, put in, or the end cut off."""
    return st.builds(_mutated, st.sampled_from(texts), st.lists(_STEP, min_size=1, max_size=6))


def _mutated(text: str, steps: list[tuple[str, int, int, str]]) -> str:
    for what, one, two, token in steps:
        pieces = text.splitlines(keepends=True) if "line" in what else _PIECES.findall(text)
        if not pieces:
            return text
        first, second = one % len(pieces), two % len(pieces)
        if what == "cut":
            text = text[: one % len(text)]
            continue
        if what.startswith("drop"):
            del pieces[first]
        elif what.startswith("double"):
            pieces.insert(first, pieces[first])
        elif what.startswith("swap"):
            pieces[first], pieces[second] = pieces[second], pieces[first]
        else:
            pieces.insert(first, token)
        text = "".join(pieces)
    return text


def gaps(text: str) -> list[int]:
    """Line numbers after which a comment or a blank line can be put without changing the program."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [0, *(token.start[0] for token in tokens if token.type in (tokenize.NEWLINE, tokenize.NL))]


def with_comments(text: str, places: Sequence[int], added: Sequence[str]) -> str:
    """The text with these lines put in after these gaps (numbers into `gaps`, taken round)."""
    lines = text.splitlines(keepends=True)
    found = gaps(text)
    chosen = [(found[place % len(found)], line) for place, line in zip(places, added, strict=False)]
    for place, line in sorted(chosen, reverse=True):
        lines.insert(place, line + "\n")
    return "".join(lines)


def ruff_formatted(files: Mapping[str, bytes], width: int) -> dict[str, bytes]:
    """The files as `ruff format` writes them, all in one run of it."""
    with tempfile.TemporaryDirectory() as folder:
        for number, content in enumerate(files.values()):
            Path(folder, f"f{number}.py").write_bytes(content)
        command = [sys.executable, "-m", "ruff", "format", "--isolated", "--quiet", f"--line-length={width}", folder]
        subprocess.run(command, check=True)
        return {name: Path(folder, f"f{number}.py").read_bytes() for number, name in enumerate(files)}


def black_formatted(text: str, width: int) -> str:
    import black

    return black.format_str(text, mode=black.Mode(line_length=width))


def renameable(text: str) -> list[tuple[tuple[int, str], str]]:
    """Locals that can be renamed without changing what the program does: ((line of the function, its name), local).

    Left out: parameters, names that a nested scope reads, names bound by anything but a plain `Name` node (imports,
    handlers, nested functions, match patterns), and names inside f-strings, whose places ast does not tell before 3.12.
    """
    functions = {
        (node.lineno, node.name): node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)
    }
    found: list[tuple[tuple[int, str], str]] = []
    for table in _tables(symtable.symtable(text, "x.py", "exec")):
        # symtable counts a decorated function from its decorator on some versions: no pair, no renaming
        node = functions.get((table.get_lineno(), table.get_name()))
        if node is None or not isinstance(table, symtable.Function):
            continue
        below = {name for child in table.get_children() for inner in _tables(child) for name in inner.get_identifiers()}
        for symbol in table.get_symbols():
            plain = symbol.is_local() and symbol.is_assigned() and not symbol.is_parameter()
            plain = plain and not symbol.is_imported() and not symbol.is_namespace() and not symbol.is_global()
            if plain and symbol.get_name() not in below | _otherwise_bound(node):
                found.append(((node.lineno, node.name), symbol.get_name()))
    return sorted(found)


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)


def _otherwise_bound(function: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.JoinedStr):
            names |= {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
            names |= {node.name} if node.name else set()
        elif isinstance(node, ast.MatchMapping):
            names |= {node.rest} if node.rest else set()
    return names


def renamed(text: str, function: tuple[int, str], local: str, new: str) -> str:
    """The text with one local of one function called otherwise."""
    lines = [line.encode() for line in text.splitlines(keepends=True)]
    node = next(
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and (node.lineno, node.name) == function
    )
    places = [
        (inner.lineno, inner.col_offset)
        for statement in node.body
        for inner in ast.walk(statement)
        if isinstance(inner, ast.Name) and inner.id == local
    ]
    for line, column in sorted(places, reverse=True):
        content = lines[line - 1]
        assert content[column:].startswith(local.encode())
        lines[line - 1] = content[:column] + new.encode() + content[column + len(local.encode()) :]
    return b"".join(lines).decode()
