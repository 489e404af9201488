"""Unit tests of privileged functions that make system calls: samples, and what they have to refuse."""

from __future__ import annotations

import ast
import dataclasses
import re
import sys
from collections.abc import Mapping, Sequence

from migrator.model import Sample
from migrator.rewrite import checked, layout, source
from migrator.rewrite.spelling import Spelled
from migrator.rewrite.testforms import (
    ERROR,
    ERRORS,
    FAILURE,
    INDENT,
    UnitTest,
    behind,
    method,
    names_in,
    refuses_what_no_filter_admits,
)

_GIVEN = {"path", "missing", "folder", "result"}


def derive(
    spelled: Spelled, callee: str, width: int, samples: Sequence[Sample], *, on_python2: bool
) -> tuple[UnitTest, ...]:
    """Tests of a native function, none when no honest one is known for it.

    callee: how the test module reaches it. It is tried on its samples, those that a filter's check at its beginning
    lets pass, has to refuse others, and a relative path: the daemon's working directory is not the caller's.
    """
    function = source.parse(spelled.text).body[0]
    assert isinstance(function, ast.FunctionDef)
    check = checked.check_of(function)
    fixed = _defaults(function)
    kept = samples if check is None else [one for each in samples for one in _admitted(each, function, check, fixed)]
    found: list[UnitTest] = []
    names: dict[str, int] = {}
    for sample in kept:
        name = f"test_{function.name}" + ("_fails" if sample.code else "")
        names[name] = names.get(name, 0) + 1
        found += _of_sample(sample, name + (f"_case_{names[name]}" if names[name] > 1 else ""), callee, width)
    if check is None:
        refusing = _of_relative_path(function, callee, width, samples, on_python2=on_python2)
        return (*found, *([refusing] if refusing else []))
    start: dict[str, object] = {
        one.arg: ["fake"] if f"len({one.arg})" in ast.unparse(check.condition) else f"fake_{one.arg}"
        for one in function.args.args
        if one.arg not in fixed
    }
    return (*found, *refuses_what_no_filter_admits(function.name, check, callee, start, fixed, width))


def _admitted(
    sample: Sample, function: ast.FunctionDef, check: checked.Check, fixed: Mapping[str, object]
) -> list[Sample]:
    """The sample when the check lets it pass; where that is for a program, with one that the process runs."""
    given = {**fixed, **_constants(function, sample)}
    if checked.refused(check, given) is False:
        return [sample]
    for name, program in checked.programs(check, [one.arg for one in function.args.args]):
        if checked.refused(check, {**given, name: program}) is False:
            found = f"mock_readlink.return_value = {program!r}", "mock_isfile.return_value = True"
            patched = (*sample.patched, "os.readlink", "os.path.isfile")
            return [dataclasses.replace(sample, patched=patched, given=(*found, *sample.given))]
    return []


def _defaults(function: ast.FunctionDef) -> dict[str, object]:
    """The parameters that have one, with their default values."""
    taken = function.args
    return {
        one.arg: ast.literal_eval(node)
        for one, node in zip(taken.args[len(taken.args) - len(taken.defaults) :], taken.defaults, strict=True)
    }


def _constants(function: ast.FunctionDef, sample: Sample) -> dict[str, object]:
    """What a sample gives for the parameters; for what is made in the test, a path that no filter names."""
    call = ast.parse(sample.call, mode="eval").body
    assert isinstance(call, ast.Call)
    given = dict(zip([one.arg for one in function.args.args], call.args, strict=False))
    given.update({word.arg: word.value for word in call.keywords if word.arg})
    return {
        name: node.value if isinstance(node, ast.Constant) else [] if isinstance(node, ast.List) else "/nowhere/fake"
        for name, node in given.items()
    }


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
    for sample in (one for one in samples if not one.code):
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


def _of_sample(sample: Sample, name: str, callee: str, width: int) -> tuple[UnitTest, ...]:
    """What the call does is looked at afterwards; before the test the methods that it calls."""
    call = source.parse(sample.call).body[0]
    assert isinstance(call, ast.Expr) and isinstance(call.value, ast.Call)
    seen = sample.seen if sample.expected else ""
    around = "\n".join((*sample.given, sample.expected, seen, *sample.asserted))
    read = names_in(call) - names_in(call.value.func) | names_in(ast.parse(around))
    lines = ["path = self._make_file()"] if "path" in read else []
    if "path" in read and read & {"folder", "missing"}:
        lines.append("folder = os.path.dirname(path)")
    elif read & {"folder", "missing"}:
        lines.append("folder = self._make_folder()")
    if "missing" in read:
        lines.append("missing = os.path.join(folder, 'missing')")
    lines += sample.given
    if sample.code:
        words = [callee, *_words(call.value, sample.call)]
        lines.append("exc = " + layout.call("self._failure", words, behind("exc = ", width)))
        lines.append(f"self.assertEqual({sample.code}, exc.exit_code)")
    else:
        result = "result = " if "result" in read else ""
        lines.append(result + layout.call(callee, _words(call.value, sample.call), behind(result, width)))
    for text in (*([_equal(sample.expected, seen)] if sample.expected else []), *sample.asserted):
        text = re.sub(r"\btext\(", "self._read(", text)
        asserted = ast.parse(text, mode="eval").body
        assert isinstance(asserted, ast.Call)
        lines.append(layout.call(ast.unparse(asserted.func), _words(asserted, text), behind("", width)))
    code = "".join(f"{INDENT}{line}\n" for line in lines)
    text = f"{_patches(sample)}    def {name}({', '.join(['self', *map(_mock, sample.patched)])}):\n{code}"
    modules = {name for name in read if name in sys.stdlib_module_names} | ({"os"} if "os.path" in code else set())
    modules |= {"pyroute2"} & read
    helpers = [_FOLDER] if read & {"path", "folder", "missing"} else []
    helpers += [_FILE] if "path" in read else []
    helpers += [_TEXT] if "self._read(" in code else []
    helpers += [FAILURE] if sample.code else []
    return (*helpers, method(name, text, [f"import {module}" for module in sorted(modules)], width))


def _equal(expected: str, seen: str) -> str:
    name = {"True": "assertTrue", "False": "assertFalse", "None": "assertIsNone"}.get(expected)
    return f"self.{name}({seen})" if name else f"self.assertEqual({expected}, {seen})"


def _words(call: ast.Call, text: str) -> list[str]:
    """The source of a call's arguments."""
    return [ast.get_source_segment(text, node) or "" for node in (*call.args, *call.keywords)]


def _mock(patched: str) -> str:
    return f"mock_{patched.rpartition('.')[2].lower().lstrip('_')}"


def _patches(sample: Sample) -> str:
    """The decorators that patch. A class has no signature to keep to: its methods may be found as they are called."""
    lines = []
    for patched in reversed(sample.patched):
        kept = "" if patched.rpartition(".")[2][0].isupper() else ", autospec=True"
        lines.append(f"    @mock.patch('{patched}'{kept})\n")
    return "".join(lines)
