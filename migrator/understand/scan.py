"""The scan: files to sites, by following the wrappers of root commands to all that call them."""

from __future__ import annotations

import ast
import gc
import re
import warnings
from collections.abc import Mapping, Sequence
from functools import cache

from migrator.model import Scan, Site, Unreadable
from migrator.understand.binding import parameters
from migrator.understand.calls import Calls
from migrator.understand.executors import Executor
from migrator.understand.facts import truth
from migrator.understand.flags import flag_parameters
from migrator.understand.functions import canonical, nested
from migrator.understand.outline import Definition
from migrator.understand.readable import readability
from migrator.understand.resolve import Resolver
from migrator.understand.sites import numbered, site_of
from migrator.understand.source import Source
from migrator.understand.statements import read
from migrator.understand.symbols import Frame, Function
from migrator.understand.syntax import calls_in
from migrator.understand.tree import Tree
from migrator.understand.values import Beyond
from migrator.understand.walk import Walk, walk

# A file without any of these cannot make itself root: it can only call a wrapper that is found elsewhere.
_SEEDS = (b"as_root", b"sudo", b"entrypoint", b"rootwrap")
_SEED = re.compile(r"as_root|sudo|rootwrap|\.entrypoint")
_LONGEST_CALL = 4000
_KEYWORD = re.compile(r"(\w+)\s*=(?!=)")
_LONGEST_NAME = 200
_MADE_CALLABLE = (re.compile(r"lambda\b"), re.compile(r"partial(?:method)?(?=\()"))
_ASSIGNED = re.compile(r"\b(\w+)[ \t]*=[ \t]*(?:\(\s*)?(?:functools\.)?$")
# `self._run = ` or `execute=` before a value: the other name that it goes by.
_RENAMING = re.compile(r"\b(\w+)[ \t]*=[ \t]*(?:functools\.partial\(|partial\(|staticmethod\()?[\w.]*$")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_FIRST_NAMES = ("execute", "trycmd")


def scan(
    paths: Sequence[str],
    *,
    tests: bool = False,
    files: Walk | None = None,
    executors: Mapping[str, Executor] | None = None,
    thorough: bool = False,
) -> Scan:
    """Find the calls below `paths` that may run a command as root.

    files: what `walk(paths)` gave, when it was walked already. executors: further library functions that run
    commands. thorough: parse every file, also those in which nothing can be root. Raises Fault for a path that does
    not exist and for a tree without Python files.
    """
    walked = files if files is not None else walk(paths, tests=tests)
    collecting = gc.isenabled()
    gc.disable()  # hardly anything is in cycles, and looking for them takes a quarter of the time
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the scanned code, such as invalid escapes in its strings
            return _Scanner(walked, dict(executors or {}), thorough).run()
    finally:
        if collecting:
            gc.enable()


class _Scanner:
    """One scan; the work list is filled by seeds, then by the calls of each wrapper that is found."""

    def __init__(self, walked: Walk, executors: dict[str, Executor], thorough: bool):
        self.walked = walked
        self.tree = Tree([path for path, _, _ in walked.files])
        self.resolver = Resolver(self.tree)
        self.calls = Calls(self.resolver, executors)
        self.thorough = thorough
        self.files: frozenset[str] = frozenset()
        self.sites: dict[tuple[str, int, int], Site] = {}
        self.done: dict[tuple[str, int], frozenset[str]] = {}  # function -> the wrapper names it was read with
        self.waiting: list[tuple[Source, Definition | None]] = []
        self.searched: dict[str, tuple[bool, frozenset[str]]] = {}  # name -> which of its calls were looked for
        self.problems: list[Unreadable] = [Unreadable(path, 0, reason, "PRV902") for path, reason in walked.problems]

    def run(self) -> Scan:
        self.tree.read()
        hits = {path for seed in _SEEDS for path in self.tree.store.holding(seed)}
        readable, unreadable, tolerated = readability(self.tree, self.walked, hits, self.thorough)
        self.problems.extend(unreadable)
        self.files = frozenset(readable)
        for path in sorted(hits & self.files):
            source = self.tree.source(path)
            if source is not None:
                self._seed(source)
        for name in _FIRST_NAMES:
            self._search(name, everywhere=False)
        while self.waiting:
            source, definition = self.waiting.pop()
            if definition is None:
                self._module(source)
            else:
                self._function(Function(source, definition))
            for function in list(self.calls.met.values()):
                self._found_wrapper(function)
        sites = sorted(self.sites.values(), key=lambda site: (site.path, site.span))
        problems = {(one.path, one.line, one.reason): one for one in self.problems}
        return Scan(
            root=".",
            sites=numbered(sites),
            unreadable=tuple(sorted(problems.values(), key=lambda one: (one.path, one.line))),
            tolerated=tuple(tolerated),
            files=len(self.files),
        )

    # --- the work list -----------------------------------------------------------------------------------

    def _seed(self, source: Source) -> None:
        for found in source.outline.segments(_SEED):
            offset = found.start()
            if found.group() == ".entrypoint":
                following = next((one for one in source.outline.definitions if one.start > offset), None)
                if following is not None:
                    self._enqueue(source, following)
                continue
            self._enqueue_at(source, offset)

        for pattern in _MADE_CALLABLE:
            for found in source.outline.segments(pattern):
                # `x = functools.partial(execute, run_as_root=True)`: a wrapper without a def of its own.
                if _SEED.search(source.text, found.end(), _call_end(source.text, found.end())):
                    named = _ASSIGNED.search(source.text, max(0, found.start() - _LONGEST_NAME), found.start())
                    if named is not None:
                        self._search(named.group(1), everywhere=True)

    def _enqueue_at(self, source: Source, offset: int) -> None:
        line_start = source.text.rfind("\n", 0, offset) + 1
        if source.text[line_start:offset].lstrip().startswith("#"):
            return
        self._enqueue(source, source.outline.function_at(offset))

    def _enqueue(self, source: Source, definition: Definition | None) -> None:
        while definition is not None and definition.parent is not None and not definition.parent.is_class:
            definition = definition.parent
        if definition is not None and definition.is_class:
            definition = None
        key = (source.path, definition.start if definition is not None else -1)
        if self.done.get(key) == frozenset(self.calls.names) or (source, definition) in self.waiting:
            return
        self.waiting.append((source, definition))

    def _found_wrapper(self, function: Function) -> None:
        """A function that runs what its callers say: look for them."""
        definition = function.definition
        if definition is None:
            return
        if not self.calls.takes_argv(function):
            self.calls.met.pop(function.key, None)
            self._enqueue_once(function)
            return
        self.calls.met.pop(function.key, None)
        self._enqueue_once(function)
        flows = self.calls.of_function(function)
        rooted = [flow for flow in flows if truth(flow.root) is not False]
        if not rooted:
            return
        by_itself = any(truth(flow.root) is not False for flow in self.calls.silent(function))
        self._search(definition.name, everywhere=by_itself, flags=self._flag_parameters(function))

    def _flag_parameters(self, function: Function) -> dict[str, int]:
        """The parameters of a wrapper that decide on root, and the place of each among the caller's arguments."""
        found = self.resolver.functions.node(function)
        flows = self.calls.of_function(function)
        leaves = {leaf.name for flow in flows for leaf in flag_parameters(flow.root, function)}
        if found is None or not leaves:
            return {}
        bound_first = 1 if function.receiver is not None else 0
        places = {
            name: place for place, (name, star, _) in enumerate(parameters(found[0].args)) if star in ("", "only")
        }
        return {name: places[name] - bound_first for name in leaves if name in places}

    def _enqueue_once(self, function: Function) -> None:
        definition = function.definition
        if definition is None or function.source.path not in self.files:
            return
        outer = definition
        while outer.parent is not None and not outer.parent.is_class:
            outer = outer.parent
        if (function.source.path, outer.start) not in self.done:
            self._enqueue(function.source, outer)

    def _search(self, name: str, everywhere: bool, flags: dict[str, int] | None = None) -> None:
        """Put on the work list the functions that call `name`.

        Without `everywhere` only the calls that can say something of root: that pass a mapping, or one of `flags`
        (name -> place).
        """
        flags = flags or {}
        mode = (everywhere, frozenset(flags))
        if name in self.searched and (self.searched[name] == mode or self.searched[name][0]):
            return
        self.searched[name] = mode
        if everywhere:
            self.calls.names.add(name)
            self.resolver.functions.known = len(self.calls.names)
        using = _using(name)
        aliases: set[str] = set()
        for path in self.tree.store.holding(name.encode()):
            source = self.tree.source(path) if path in self.files else None
            if source is None:
                continue
            text = source.text
            for found in source.outline.segments(using):
                start = found.start()
                if start and (text[start - 1].isalnum() or text[start - 1] == "_"):
                    continue
                if text.startswith("(", found.end() - 1):
                    defined = text[max(0, start - 6) : start].endswith(("def ", "class "))
                    if not defined and (everywhere or _says_something(text, found.end(), flags)):
                        self._enqueue_at(source, start)
                    continue
                line_start = text.rfind("\n", 0, start) + 1
                renamed = _RENAMING.search(text, max(line_start, start - _LONGEST_NAME), start)
                if renamed and renamed.group(1) != name:
                    aliases.add(renamed.group(1))
        for alias in aliases:
            self._search(alias, everywhere, flags)

    # --- reading ---------------------------------------------------------------------------------------------

    def _function(self, function: Function) -> None:
        definition = function.definition
        assert definition is not None
        key = (function.source.path, definition.start)
        names = frozenset(self.calls.names)
        if self.done.get(key) == names:
            return
        self.done[key] = names
        own = canonical(function)
        self.calls.forget(own)
        self.resolver.steps = 0
        try:
            reading = self.resolver.functions.reading(own, self.calls.wanted)
            if reading is None:
                self._complain(function.source, definition, "cannot be parsed")
                return
            for event in reading.events:
                site = site_of(self.calls, event)
                if site is not None:
                    self._add(site)
            self.calls.of_function(own)
        except (Beyond, RecursionError) as error:
            self._complain(function.source, definition, f"cannot be followed: {error}")

    def _complain(self, source: Source, definition: Definition | None, what: str) -> None:
        """Tell of a function that was not understood, unless its whole file is told of."""
        if not any(one.path == source.path for one in self.problems):
            line, name = (definition.line, definition.qualname) if definition is not None else (0, "<module>")
            self.problems.append(Unreadable(source.path, line, f"{name} {what}"))

    def _add(self, site: Site) -> None:
        start, end = site.span
        self.sites[site.path, start, end] = site

    def _module(self, source: Source) -> None:
        """The statements of a module and of its classes that stand in no function."""
        key = (source.path, -1)
        names = frozenset(self.calls.names)
        if self.done.get(key) == names:
            return
        self.done[key] = names
        try:
            tree = source.whole()
        except SyntaxError:
            return  # told of by readability
        frame = Frame(source, 0, "<module>", None, None)
        bodies: list[tuple[list[ast.stmt], Frame]] = [(tree.body, frame)]
        while bodies:
            body, frame = bodies.pop()
            statements = [
                one for one in body if not isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            ]
            told = [call for call in calls_in(statements) if self.calls.wanted(call)]
            try:
                for event in read(statements, {}, frame, told, nested).events:
                    site = site_of(self.calls, event)
                    if site is not None:
                        self._add(site)
            except (Beyond, RecursionError) as error:
                self._complain(source, None, f"cannot be followed: {error}")
            for one in body:
                if isinstance(one, ast.ClassDef):
                    definition = next(
                        (d for d in source.outline.definitions if d.line == one.lineno and d.is_class), None
                    )
                    qualname = definition.qualname if definition is not None else one.name
                    bodies.append((one.body, Frame(source, 0, qualname, None, definition)))


@cache
def _using(name: str) -> re.Pattern[str]:
    """A name that is called, or whose value goes elsewhere; what stands before it is for the caller to look at."""
    return re.compile(rf"{re.escape(name)}(?:[ \t]*\(|(?![\w.=\[])(?![ \t]*[\w.=\[]))")


def _call_end(text: str, position: int) -> int:
    """Where the statement that begins at `position` ends, as far as brackets and line ends tell."""
    depth = 0
    for index in range(position, min(len(text), position + _LONGEST_CALL)):
        char = text[index]
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "\n" and depth <= 0:
            return index
    return min(len(text), position + _LONGEST_CALL)


def _says_something(text: str, position: int, flags: dict[str, int]) -> bool:
    """Whether the call whose parenthesis opens just before `position` can say something of root."""
    depth, commas, start = 1, 0, position
    for index in range(position, min(len(text), position + _LONGEST_CALL)):
        char = text[index]
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        if depth == 0 or (depth == 1 and char == ","):
            argument = text[start:index].strip()
            keyword = _KEYWORD.match(argument)
            if argument.startswith("**") or (keyword is not None and keyword.group(1) in flags):
                return True
            if keyword is None and argument and not argument.startswith("*") and commas in flags.values():
                return True
            if depth == 0:
                return False
            commas, start = commas + 1, index + 1
    return True
