"""A guard in a project's base TestCase: what a test does not mock starts no privsep daemon, and runs no command."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable
from dataclasses import dataclass

from migrator.decide.requirements import read_text
from migrator.expectations import bases, inside
from migrator.model import Edit
from migrator.rewrite import calls as reaching
from migrator.rewrite import imports, package, source
from migrator.rewrite.pending import Pending
from migrator.rewrite.source import Source
from migrator.rewrite.spelling import COMMAND, Unfit
from migrator.rewrite.splice import splice
from migrator.rewrite.target import Target, module_name
from migrator.understand.walk import relative

# What a guard puts something in the place of; nova's PrivsepNoHelperFixture has it in this very form.
_CHANNEL = "RootwrapClientChannel"
_FIXTURE = "PrivsepNoHelperFixture"
_FUNCTION = "no_privsep_helper"
_EXECUTOR = "from oslo_concurrency import processutils"


@dataclass(frozen=True)
class Guard:
    """What became of the guard: the line that it stands on, one sentence, and whether a person has to do it."""

    path: str
    line: int
    text: str
    left: bool = False


def add(target: Target, paths: Iterable[str], pending: Pending) -> Guard | None:
    """Put the guard into the class that most test cases derive from; None where it has one already, or has no tests.

    paths: the files of its tests. Raises OSError when one cannot be read.
    """
    there = list(paths)
    if not there:
        return None
    every = list(dict.fromkeys([*there, os.path.join(target.root, target.top, "test.py")]))
    if any(_CHANNEL in read_text(path) for path in every):
        return None
    base = bases.base(every)
    try:
        return _added(base, target, pending) if base else _nowhere(target, "no class of its own that they derive from")
    except (SyntaxError, ValueError, LookupError) as error:
        return _nowhere(target, f"a class that they derive from that does not parse ({error})")
    except Unfit as error:
        return _nowhere(target, error.reason.text)


def _nowhere(target: Target, why: str) -> Guard:
    text = f"its tests have {why}: see to it that none starts a privsep daemon, as nova's {_FIXTURE} does"
    return Guard(relative(os.path.join(target.root, target.top, "__init__.py")), 1, text, left=True)


def _added(base: bases.Base, target: Target, pending: Pending) -> Guard:
    read = _read(base.path, pending)
    home = next((node for node in read.tree.body if isinstance(node, ast.ClassDef) and node.name == base.name), None)
    if home is None:
        raise LookupError(f"{base.name} is not there")
    module, name = _fixtures(base, read, pending)
    holder = module or read
    library = _binds(holder, "fixtures")
    text, lines = _text(holder, target, library=library, runs=_runs(target, pending))
    called = f"self.useFixture({name}{_FIXTURE}())" if library else f"{_FUNCTION}(self)"
    edit = _set_up(read, home, called, target)
    if module is not None:
        _put(module, [package.append(module, [text])], lines, target, pending)
        _put(read, [edit], (), target, pending)
    else:
        _put(read, [_before(read, home, text), edit], lines, target, pending)
    told = f"lets no test start a privsep daemon: {base.covered} of {base.all} classes of tests derive from it"
    return Guard(relative(base.path), home.lineno, told)


def _read(path: str, pending: Pending) -> Source:
    return source.read(relative(path), pending.data(path) or b"")


def _binds(read: Source, name: str) -> bool:
    """Whether a module has a module under its own name (`import fixtures`)."""
    return any(name in imports.bound(node) for node in imports.module_scope(read.tree) if isinstance(node, ast.Import))


def _bound(read: Source, name: str) -> bool:
    return any(name in imports.bound(node) for node in imports.module_scope(read.tree))


def _runs(target: Target, pending: Pending) -> bool:
    """Whether the package has our function that runs commands."""
    try:
        tree = ast.parse(pending.data(target.file(COMMAND)) or b"")
    except SyntaxError:
        return False
    return any(isinstance(node, ast.FunctionDef) and node.name == "run" for node in tree.body)


def _fixtures(base: bases.Base, read: Source, pending: Pending) -> tuple[Source | None, str]:
    """The project's module of fixtures that the base class's module imports, and how it is written there."""
    for path in bases.beside(base, "fixtures"):
        placed = module_name(path)
        if placed is None:
            continue
        package, _, leaf = placed[1].rpartition(".")
        for node in imports.module_scope(read.tree):
            if isinstance(node, ast.ImportFrom) and node.module == package and not node.level:
                alias = next((one for one in node.names if one.name == leaf), None)
                module = _read(path, pending) if alias else None
                if alias and module and _binds(module, "fixtures"):
                    return module, f"{alias.asname or alias.name}."
    return None, ""


def _text(read: Source, target: Target, *, library: bool, runs: bool) -> tuple[str, set[str]]:
    """The guard as it stands in a module, and the import lines that it needs there.

    library: it is a fixture of the library `fixtures`; else a function that is handed the test. runs: the package has
    our function that runs commands.
    """
    old = target.python2
    lines: set[str] = set() if library or _bound(read, "mock") else {inside.mock_line(target)}
    stand_ins = [(f"oslo_privsep.daemon.{_CHANNEL}", "PrivsepNoHelperChannel")]
    commands = ""
    if runs:
        reach = reaching.reach_of(read, target, COMMAND)
        lines |= {reach.line, _EXECUTOR}
        stand_ins.append((f"{target.module(COMMAND)}.run", "run_if_mocked"))
        commands = _COMMANDS.replace("COMMAND", reach.name)
    channel = _CHANNEL_CLASS.replace("BASE", "(object)" if old else "")
    if library:
        head = _FIXTURE_CLASS.replace("SUPER", f"super({_FIXTURE}, self)" if old else "super()")
        put = "".join(
            f"        self.useFixture(fixtures.MonkeyPatch(\n            {name!r},\n            {stand_in}))\n"
            for name, stand_in in stand_ins
        )
    else:
        head = _FUNCTION_HEAD
        pairs = ",\n            ".join(f"({name!r},\n             {stand_in})" for name, stand_in in stand_ins)
        put = f"    for name, stand_in in (\n            {pairs},):\n{_PATCHER}"
    return f"{channel}{commands}\n\n{head}{put}", lines


_CHANNEL_CLASS = '''\
class PrivsepNoHelperChannelBASE:
    """Stands for a privsep daemon, and refuses each call by its name."""

    running = True

    def __init__(self, context):
        self._context = context

    def remote_call(self, name, args, kwargs, timeout=None):
        self._context.channel = None
        raise AssertionError(
            '%s() is not mocked: a test starts no privsep daemon' % name)

    def close(self):
        pass
'''

_WHAT = '''\
"""Fail a test that comes to a privileged function that it has not mocked.

    Where a test lets the functions run in its own process (client_mode is
    off), it has to mock what runs their commands.
    """
'''

_FIXTURE_CLASS = f"""\
class {_FIXTURE}(fixtures.Fixture):
    {_WHAT}
    def setUp(self):
        SUPER.setUp()
"""

_FUNCTION_HEAD = f"""\
def {_FUNCTION}(case):
    {_WHAT}"""

_COMMANDS = '''

# As they are before a test puts something in their place.
_EXECUTE = processutils.execute
_RUN = COMMAND.run


def run_if_mocked(*words, **options):
    """Run a privileged function's command, where a test mocks execute()."""
    if processutils.execute is _EXECUTE:
        raise AssertionError(
            'a privileged function runs %s, and nothing stands for '
            'processutils.execute()' % words[0])
    return _RUN(*words, **options)
'''

_PATCHER = """\
        patcher = mock.patch(name, stand_in)
        patcher.start()
        case.addCleanup(patcher.stop)
"""


def _set_up(read: Source, home: ast.ClassDef, called: str, target: Target) -> Edit:
    """The edit that has a class's setUp(), which it gets if need be, start the guard behind the one of its base."""
    setup = next((one for one in home.body if isinstance(one, ast.FunctionDef) and one.name == "setUp"), None)
    if setup is not None:
        docstring = ast.get_docstring(setup, clean=False) is not None
        above = next((one for one in setup.body if inside.sets_up(one)), setup.body[0] if docstring else None)
        if above is None:
            first = setup.body[0]
            return _insert(read, first.lineno, _indent(read, first) + called + "\n")
        assert above.end_lineno is not None
        return _insert(read, above.end_lineno + 1, _indent(read, above) + called + "\n")
    method = next((one for one in home.body if isinstance(one, ast.FunctionDef)), None)
    indent = _indent(read, home.body[0])
    above_it = f"super({home.name}, self)" if target.python2 else "super()"
    text = f"{indent}def setUp(self):\n{indent}    {above_it}.setUp()\n{indent}    {called}\n"
    if method is not None:
        return _insert(read, min([method.lineno, *(one.lineno for one in method.decorator_list)]), f"{text}\n")
    last = home.body[-1].end_lineno
    assert last is not None
    return _insert(read, last + 1, f"\n{text}")


def _before(read: Source, home: ast.ClassDef, text: str) -> Edit:
    """The edit that puts blocks above a class, its decorators and the comment right above it."""
    line = min([home.lineno, *(one.lineno for one in home.decorator_list)])
    while line > 1 and read.line_text(line - 1).startswith("#"):
        line -= 1
    return _insert(read, line, f"{text}\n\n")


def _insert(read: Source, line: int, text: str) -> Edit:
    """An edit that puts whole lines above a line, from 1; behind the last where there is no such one."""
    at = read.line_start(line)
    unfinished = read.newline if at and read.text[at - 1] not in "\r\n" else ""
    return Edit(read.path, read.byte(at), read.byte(at), read.encode(unfinished + text.replace("\n", read.newline)))


def _indent(read: Source, statement: ast.stmt) -> str:
    return read.text[read.line_start(statement.lineno) : read.span(statement)[0]]


def _put(read: Source, edits: list[Edit], lines: Iterable[str], target: Target, pending: Pending) -> None:
    new = splice(read.data, [*edits, *imports.add(read, sorted(lines), target.top)])
    compile(new, read.path, "exec", dont_inherit=True)
    pending.put(read.path, new)
