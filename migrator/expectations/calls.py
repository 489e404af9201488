"""The calls of an executor that unit tests expect: mock.call(...) and assert_called_with(...) with a root flag."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from migrator.expectations import wording
from migrator.rewrite.source import Source
from migrator.understand.flags import is_flag_name
from migrator.words import Word

ASSERTIONS = frozenset({"assert_called_with", "assert_called_once_with", "assert_any_call"})


@dataclass(frozen=True)
class Expected:
    """A call that a test expects of an executor.

    node: the ast.Call that writes it down. flag: the keyword that gives the root flag. words: its positional
    arguments. options: source of its other keywords by name; open: it may have more (`**kwargs`).
    """

    node: ast.Call
    flag: ast.keyword
    words: tuple[Word, ...]
    options: dict[str, str]
    open: bool


def expected(source: Source) -> Iterator[Expected]:
    """The calls with a root flag that is literally True which a test file expects, in no certain order."""
    for node in source.nodes:
        if isinstance(node, ast.Call) and is_expectation(node):
            flag = next((word for word in node.keywords if word.arg and is_flag_name(word.arg)), None)
            if flag is None or not (isinstance(flag.value, ast.Constant) and flag.value.value is True):
                continue
            yield Expected(
                node,
                flag,
                wording.of(source, node.args),
                {word.arg: ast.unparse(word.value) for word in node.keywords if word.arg and word is not flag},
                any(word.arg is None for word in node.keywords),
            )


def is_expectation(node: ast.Call) -> bool:
    """Whether a call only writes down what a mock is to be called with."""
    name = _dotted(node.func)
    return name in ("call", "mock.call") or name.rpartition(".")[2] in ASSERTIONS


def _dotted(node: ast.expr) -> str:
    """The last two names of a callee ("mock.call"), as far as they are names."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{node.value.id}.{node.attr}" if isinstance(node.value, ast.Name) else f"?.{node.attr}"
    return ""
