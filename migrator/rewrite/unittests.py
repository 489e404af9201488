"""Write unit tests of new privileged functions into the target's tests, in its style."""

from __future__ import annotations

import ast
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from migrator.decide.requirements import read_text
from migrator.model import Edit, Privileged
from migrator.rewrite import commandtests, imports, nativetests, package, source, testforms
from migrator.rewrite.homes import Home
from migrator.rewrite.pending import Pending
from migrator.rewrite.spelling import COMMAND
from migrator.rewrite.splice import splice
from migrator.rewrite.target import Target, files_below

_CLASS = re.compile(r"^class \w+\((\w+)\.(\w*TestCase)\):", re.M)
_MADE = "client_mode"
_CONTEXTS = "from oslo_privsep import priv_context"


@dataclass(frozen=True)
class Base:
    """The class that test cases derive from: how it is written, and the line that imports it."""

    name: str
    line: str


def write(used: Mapping[Privileged, Home], target: Target, pending: Pending) -> list[str]:
    """Add tests for every new function that some can be derived for; what the user should know, one sentence each.

    A file that is there keeps all it has; a method of the name that a test would have is left as it is.
    """
    folder = tests_folder(target)
    new = {home: function.samples for function, home in used.items() if not home.present}
    if not new:
        return []
    if not folder:
        return [f"{target.top} has no folder tests, so the new functions have no unit tests: write some"]
    base = _base(target, folder)
    areas: dict[str, list[testforms.UnitTest]] = {}
    untested = []
    for home, samples in sorted(new.items(), key=lambda pair: (pair[0].area, pair[0].name)):
        callee = f"{_name(_reach(home.area, target))}.{home.name}"
        tests = testforms.derive(home.spelled, callee, target.width) or nativetests.derive(
            home.spelled, callee, target.width, samples, on_python2=target.python2
        )
        areas.setdefault(home.area, []).extend(tests)
        if not any(test.name.startswith("test_") and "_refuses_" not in test.name for test in tests):
            untested.append(f"{home.area}.{home.name}" + (" (but for what it refuses)" if tests else ""))
    areas.setdefault(COMMAND, []).extend(_of_command_module(target, pending))
    for area, some in areas.items():
        if some:
            packages(folder, pending)
            # What several of them call comes once, before them.
            once = sorted(dict.fromkeys(some), key=lambda test: test.name.startswith("test_"))
            _file(os.path.join(folder, f"test_{area}.py"), area, once, base, target, pending)
    if untested:
        return [f"unit tests to write by hand, in {os.path.relpath(folder, target.root)}: {', '.join(untested)}"]
    return []


def _of_command_module(target: Target, pending: Pending) -> tuple[testforms.UnitTest, ...]:
    """Tests of the functions that the rewrite puts into the command module."""
    path = target.file(COMMAND)
    new = _functions(pending.data(path)) - _functions(pending.before(path))
    changed = any(os.path.abspath(change.path) == os.path.abspath(path) for change in pending.changes)
    return commandtests.tests(sorted(new), _name(_reach(COMMAND, target)), target.width) if changed else ()


def _functions(data: bytes | None) -> set[str]:
    return {node.name for node in ast.parse(data or b"").body if isinstance(node, ast.FunctionDef)}


def tests_folder(target: Target) -> str:
    """The folder of tests for the privsep package, which may not exist yet; "" when the project has no tests."""
    leaf = target.package.split(".")[1:]
    for tests in (("tests", "unit"), ("tests",), ("test", "unit"), ("test",)):
        above = os.path.join(target.root, target.top, *tests)
        if os.path.isfile(os.path.join(above, "__init__.py")):
            return os.path.join(above, *leaf)
    return ""


def packages(folder: str, pending: Pending) -> None:
    """An __init__.py in each folder that is new."""
    above = folder
    while not os.path.exists(os.path.join(above, "__init__.py")):
        pending.put(os.path.join(above, "__init__.py"), "")
        above = os.path.dirname(above)


def _base(target: Target, folder: str) -> Base:
    """The class `TestCase` of a module `test` or `base` that most of the project's test cases derive from."""
    counted: Counter[Base] = Counter()
    above = os.path.join(target.root, target.top, os.path.relpath(folder, target.root).split(os.sep)[1])
    for path in files_below(above):
        text = read_text(path)
        for module, name in _CLASS.findall(text) if "TestCase):" in text else ():
            line = re.search(rf"^from [\w.]+ import {module}$", text, re.M) if module in ("test", "base") else None
            if line and (line.group().startswith(f"from {target.top}") or "oslotest" in line.group()):
                counted[Base(f"{module}.{name}", line.group())] += 1
    if counted:
        return max(sorted(counted, key=lambda base: base.line), key=lambda base: counted[base])
    return Base("unittest.TestCase", "import unittest")


def _reach(area: str, target: Target) -> str:
    """The line with which a test module imports an area."""
    if target.imports.full:
        return f"import {target.module(area)}"
    name = f"{target.imports.prefix}{area}{target.imports.suffix}"
    return f"from {target.package} import {area}" + (f" as {name}" if name != area else "")


def _name(line: str) -> str:
    """The name that an import line binds, a dotted module's whole path."""
    return line.split()[-1]


def _file(
    path: str, area: str, tests: Sequence[testforms.UnitTest], base: Base, target: Target, pending: Pending
) -> None:
    package_line = (
        f"import {target.package}"
        if target.imports.full
        else f"from {target.package.rpartition('.')[0]} import {target.package.rpartition('.')[2]}"
    )
    mock = "import mock" if target.python2 else "from unittest import mock"
    lines = {base.line, mock, _CONTEXTS, package_line, _reach(area, target), *testforms.contents(tests)}
    data = pending.data(path)
    if not data:
        text = _new(area, tests, lines, base, package_line, target)
        compile(text, path, "exec", dont_inherit=True)
        pending.put(path, text)
        return
    try:
        read = source.read(path, data)
    except (SyntaxError, ValueError, LookupError):
        return
    if any(imports.binds_otherwise(imports.module_scope(read.tree), line) for line in lines):
        return
    edit = _within(read, area, tests, base, package_line, target)
    if edit:
        new = splice(data, [*imports.add(read, sorted(lines), target.top), edit])
        compile(new, path, "exec", dont_inherit=True)
        pending.put(path, new)


def _class_names(area: str) -> tuple[str, str]:
    camel = "".join(part.capitalize() for part in area.split("_"))
    return f"{camel}TestCase", f"{camel}PrivsepTestCase"


def _new(
    area: str,
    tests: Sequence[testforms.UnitTest],
    lines: Iterable[str],
    base: Base,
    package_line: str,
    target: Target,
) -> str:
    groups = ["".join(line + "\n" for line in group) for group in imports.ordered(lines, target.top)]
    head = "\n".join([target.licence, *groups])
    return f"{head}\n\n{_class(_class_names(area)[0], tests, base, package_line, target)}"


def _class(name: str, tests: Sequence[testforms.UnitTest], base: Base, package_line: str, target: Target) -> str:
    above = f"super({name}, self)" if target.python2 else "super()"
    setup = (
        f"class {name}({base.name}):\n"
        "    def setUp(self):\n"
        f"        {above}.setUp()\n"
        "        # Let the functions run here and not in a daemon.\n"
        f"        for context in vars({_name(package_line)}).values():\n"
        "            if isinstance(context, priv_context.PrivContext):\n"
        f"                patcher = mock.patch.object(context, '{_MADE}', False)\n"
        "                patcher.start()\n"
        "                self.addCleanup(patcher.stop)\n"
    )
    return "\n".join([setup, *(test.text for test in tests)])


def _within(
    read: source.Source,
    area: str,
    tests: Sequence[testforms.UnitTest],
    base: Base,
    package_line: str,
    target: Target,
) -> Edit | None:
    """Put the tests at the end of our class in a file, or a class at its end; None when nothing is missing."""
    there = {node.name: node for node in read.tree.body if isinstance(node, ast.ClassDef)}
    for name in _class_names(area):
        ours = there.get(name)
        if ours is None:
            return package.append(read, [_class(name, tests, base, package_line, target)])
        if _MADE not in read.text[slice(*read.span(ours))]:
            continue
        known = {node.name for node in ours.body if isinstance(node, ast.FunctionDef)}
        missing = [test for test in tests if test.name not in known]
        if not missing:
            return None
        assert ours.end_lineno is not None
        at = read.line_start(ours.end_lineno + 1)
        text = "".join("\n" + test.text for test in missing).replace("\n", read.newline)
        if at and read.text[at - 1] not in "\r\n":
            text = read.newline + text
        return Edit(read.path, read.byte(at), read.byte(at), read.encode(text))
    return None
