"""Unit tests of privileged functions that make system calls: samples, and a path that the daemon cannot find."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Sequence

from migrator.model import Sample
from migrator.rewrite import layout, source
from migrator.rewrite.spelling import Spelled
from migrator.rewrite.testforms import ERROR, ERRORS, INDENT, UnitTest, behind, method, names_in

_GIVEN = {"path", "missing", "folder", "result"}


def derive(
    spelled: Spelled, callee: str, width: int, samples: Sequence[Sample], *, on_python2: bool
) -> tuple[UnitTest, ...]:
    """Tests of a native function, none when no honest one is known for it.

    callee: how the test module reaches it. It is tried on its samples, and has to refuse a relative path: the
    daemon's working directory is not the caller's.
    """
    function = source.parse(spelled.text).body[0]
    assert isinstance(function, ast.FunctionDef)
    found: list[UnitTest] = []
    for number, sample in enumerate(samples, 1):
        found += _of_sample(sample, function.name, number, callee, width)
    refusing = _of_relative_path(function, callee, width, samples, on_python2=on_python2)
    return (*found, *([refusing] if refusing else []))


def _of_relative_path(
    function: ast.FunctionDef, callee: str, width: int, samples: Sequence[Sample], *, on_python2: bool
) -> UnitTest | None:
    """`if not os.path.isabs(path)` leads to an error that says so."""
    raises = any(isinstance(node, ast.Raise) and ERROR in ast.unparse(node) for node in ast.walk(function))
    tested = [(names, said) for names, said in map(_relative, ast.walk(function)) if names and said]
    if not raises or not tested:
        return None
    names, said = tested[0]
    arguments = _arguments(function, names, samples)
    if arguments is None:
        return None
    name = f"test_{function.name}_refuses_a_relative_path"
    asserted = "self.assertRaises" if on_python2 else "self.assertRaisesRegex"
    given = [ERROR, *([] if on_python2 else [repr(said)]), callee, *arguments]
    text = f"    def {name}(self):\n{INDENT}{layout.call(asserted, given, behind('', width))}\n"
    return method(name, text, (ERRORS, *_modules(" ".join(arguments))), width)


def _arguments(function: ast.FunctionDef, names: set[str], samples: Sequence[Sample]) -> list[str] | None:
    """Arguments with which nothing is wrong but a relative path: those of a sample, or paths where all are.

    None when what else the function takes is not known.
    """
    taken = function.args
    required = [one.arg for one in taken.args[: len(taken.args) - len(taken.defaults)]]
    if set(required) <= names and not taken.posonlyargs and None not in taken.kw_defaults:
        return ["'fake_path'"] * len(required)
    for sample in samples:
        call = ast.parse(sample.call, mode="eval").body
        assert isinstance(call, ast.Call)
        given = [
            "'fake_path'" if one.arg in names else ast.get_source_segment(sample.call, node) or ""
            for one, node in zip(taken.args, call.args, strict=False)
        ]
        plain = not call.keywords and len(required) <= len(given) == len(call.args)
        known = names <= {one.arg for one in taken.args[: len(given)]}
        if plain and known and not names_in(ast.parse("\n".join(given))) & _GIVEN:
            return given
    return None


def _modules(code: str) -> tuple[str, ...]:
    """Import lines of the standard library's modules that stand in some code."""
    return tuple(
        f"import {name}" for name in sorted(set(re.findall(r"\b([a-z]+)\.", code))) if name in sys.stdlib_module_names
    )


def _relative(node: ast.AST) -> tuple[set[str], str]:
    """The names that an `if` tests for not being absolute paths, and what it says of them; empty for all else."""
    if not isinstance(node, ast.If):
        return set(), ""
    names = {
        part.operand.args[0].id
        for part in ast.walk(node.test)
        if isinstance(part, ast.UnaryOp) and isinstance(part.op, ast.Not) and isinstance(part.operand, ast.Call)
        if ast.unparse(part.operand.func) == "os.path.isabs" and part.operand.args
        if isinstance(part.operand.args[0], ast.Name)
    }
    said = [
        part.value
        for statement in node.body
        for part in ast.walk(statement)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and "absolute path" in part.value
    ]
    return names, "not an absolute path" if said and "not an absolute path" in said[0] else ""


_FOLDER = UnitTest(
    "_make_folder",
    "    def _make_folder(self):\n"
    "        folder = tempfile.mkdtemp()\n"
    "        self.addCleanup(shutil.rmtree, folder, True)\n"
    "        return folder\n",
    ("import shutil", "import tempfile"),
)
_FILE = UnitTest(
    "_make_file",
    "    def _make_file(self):\n"
    "        path = os.path.join(self._make_folder(), 'file')\n"
    "        with open(path, 'w') as stream:\n"
    "            stream.write('old')\n"
    "        os.chmod(path, 0o644)\n"
    "        return path\n",
    ("import os",),
)
_TEXT = UnitTest(
    "_read",
    "    def _read(self, path):\n        with open(path) as stream:\n            return stream.read()\n",
    (),
)


def _of_sample(sample: Sample, function: str, number: int, callee: str, width: int) -> tuple[UnitTest, ...]:
    """What the call does is looked at afterwards, in a temporary folder; before the test the methods that it calls."""
    call = source.parse(sample.call).body[0]
    assert isinstance(call, ast.Expr) and isinstance(call.value, ast.Call)
    words = [ast.get_source_segment(sample.call, node) or "" for node in call.value.args]
    words += [ast.get_source_segment(sample.call, node) or "" for node in call.value.keywords]
    read = (
        names_in(call) - names_in(call.value.func)
        | names_in(ast.parse(sample.expected))
        | names_in(ast.parse(sample.seen))
    )
    lines = ["path = self._make_file()"] if "path" in read else []
    if "path" in read and read & {"folder", "missing"}:
        lines.append("folder = os.path.dirname(path)")
    elif read & {"folder", "missing"}:
        lines.append("folder = self._make_folder()")
    if "missing" in read:
        lines.append("missing = os.path.join(folder, 'missing')")
    result = "result = " if "result" in read else ""
    seen = re.sub(r"\btext\(", "self._read(", sample.seen)
    lines.append(result + layout.call(callee, words, behind(result, width)))
    lines.append(layout.call("self.assertEqual", [sample.expected, seen], behind("", width)))
    name = f"test_{function}" + (f"_case_{number}" if number > 1 else "")
    text = f"    def {name}(self):\n" + "".join(f"{INDENT}{line}\n" for line in lines)
    modules = {name for name in read if name in sys.stdlib_module_names} | ({"os"} if "os.path" in text else set())
    helpers = [_FOLDER] if read & {"path", "folder", "missing"} else []
    helpers += [_FILE] if "path" in read else []
    helpers += [_TEXT] if seen != sample.seen else []
    return (*helpers, method(name, text, [f"import {module}" for module in sorted(modules)], width))
