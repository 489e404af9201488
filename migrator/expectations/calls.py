"""The calls of an executor that unit tests expect: mock.call(...) and assert_called_with(...) with a root flag."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from migrator.expectations import wording
from migrator.rewrite.source import Source, ancestors
from migrator.understand.flags import is_flag_name
from migrator.words import Word

# What says how a command gets root: all that an expectation may lose.
ROOT = frozenset({"run_as_root", "root_helper", "as_root"})
ASSERTIONS = frozenset({"assert_called_with", "assert_called_once_with", "assert_any_call"})


@dataclass(frozen=True)
class Expected:
    """A call that a test expects of an executor.

    node: the ast.Call that writes it down. test: the function that it stands in, None outside of any. flag: the keyword
    that gives the root flag. words: its positional arguments. options: source of its other keywords by name; open: it
    may have more (`**kwargs`).
    """

    node: ast.Call
    test: ast.FunctionDef | None
    flag: ast.keyword
    words: tuple[Word, ...]
    options: dict[str, str]
    open: bool

    @property
    def root(self) -> bool | None:
        """Whether it is to be run as root; None where an expression decides."""
        value = self.flag.value
        return value.value if isinstance(value, ast.Constant) and isinstance(value.value, bool) else None

    @property
    def called(self) -> frozenset[str]:
        """Names of the functions and methods that its test calls."""
        nodes = ast.walk(self.test) if self.test is not None else ()
        found = [node.func for node in nodes if isinstance(node, ast.Call)]
        return frozenset(
            one.attr if isinstance(one, ast.Attribute) else one.id
            for one in found
            if isinstance(one, (ast.Attribute, ast.Name))
        )


def expected(source: Source) -> list[Expected]:
    """The calls with a root flag that a test file expects, in the order of its lines."""
    found = []
    for node in source.nodes:
        if not isinstance(node, ast.Call) or not is_expectation(node):
            continue
        flag = next((word for word in node.keywords if word.arg and is_flag_name(word.arg)), None)
        if flag is None:
            continue
        around = next((one for one in ancestors(node, source.above) if isinstance(one, ast.FunctionDef)), None)
        found.append(
            Expected(
                node,
                around,
                flag,
                wording.of(source, node.args),
                {word.arg: ast.unparse(word.value) for word in node.keywords if word.arg and word is not flag},
                any(word.arg is None for word in node.keywords),
            )
        )
    return sorted(found, key=lambda one: (one.node.lineno, one.node.col_offset))


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
