"""Python 2: which projects still run on it, and what it does not know."""

from __future__ import annotations

import ast
import functools
import os
import re

from migrator.decide.requirements import read_text

_CLASSIFIER = re.compile(r"Programming Language :: Python :: 2\b")
# What modules of the standard library have in Python 3 alone.
_PYTHON3_ATTRIBUTES = frozenset({"f_fsid", "fwalk", "sync"})
_PYTHON3_NAMES = frozenset(
    {
        "BlockingIOError",
        "ChildProcessError",
        "ConnectionError",
        "FileExistsError",
        "FileNotFoundError",
        "InterruptedError",
        "IsADirectoryError",
        "NotADirectoryError",
        "PermissionError",
        "ProcessLookupError",
        "TimeoutError",
    }
)
_PYTHON3_KEYWORDS = frozenset({"exist_ok", "follow_symlinks", "dir_fd", "src_dir_fd", "dst_dir_fd", "encoding", "ns"})


def runs_there(root: str) -> bool:
    """True when the metadata of the project in this folder names Python 2."""
    return any(_CLASSIFIER.search(read_text(os.path.join(root, name))) for name in ("setup.cfg", "setup.py"))


def project_of(path: str) -> str:
    """The folder that holds the top package of a Python file; the file's own where it is in no package."""
    folder = os.path.dirname(os.path.abspath(path))
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder = os.path.dirname(folder)
    return folder


@functools.cache
def lacking(source: str) -> str:
    """The first thing in a function's text that Python 2 does not know; "" when there is none."""
    return next((problem for problem in map(only_python3, ast.walk(ast.parse(source))) if problem), "")


def only_python3(node: ast.AST) -> str:
    """What of Python 3 alone this node is, in words; "" for none. Annotations and `raise from` can be left out."""
    if isinstance(node, ast.Name) and node.id in _PYTHON3_NAMES:
        return node.id
    if isinstance(node, ast.Attribute) and node.attr in _PYTHON3_ATTRIBUTES:
        return node.attr
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)) and any(isinstance(each, ast.Starred) for each in node.elts):
        return "* in a list"
    if isinstance(node, ast.arguments) and (node.kwonlyargs or node.posonlyargs):
        return "keyword-only or positional-only parameters"
    if isinstance(node, ast.keyword) and node.arg in _PYTHON3_KEYWORDS:
        return f"the argument {node.arg}="
    if isinstance(node, (ast.JoinedStr, ast.Nonlocal, ast.YieldFrom, ast.NamedExpr, ast.Await)):
        return {"JoinedStr": "f-strings", "NamedExpr": ":="}.get(type(node).__name__, type(node).__name__.lower())
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return "a bare annotation"
    return ""
