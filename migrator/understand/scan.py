"""The scan: files to sites, by following the wrappers of root commands to all that call them."""

from __future__ import annotations

import ast
import contextlib
import gc
import warnings
from collections.abc import Iterator, Mapping, Sequence

from migrator.model import Scan, Site, Unreadable
from migrator.understand.binding import parameters
from migrator.understand.calls import Calls
from migrator.understand.executors import Executor
from migrator.understand.facts import truth
from migrator.understand.flags import flag_parameters
from migrator.understand.functions import canonical, nested
from migrator.understand.identity import numbered
from migrator.understand.outline import Definition
from migrator.understand.readable import readability
from migrator.understand.resolve import Resolver
from migrator.understand.search import SEEDS, made_callables, seeds, uses, ways_to
from migrator.understand.sites import site_of
from migrator.understand.source import Source
from migrator.understand.statements import read
from migrator.understand.symbols import Frame, Function
from migrator.understand.syntax import calls_in
from migrator.understand.tree import Tree
from migrator.understand.values import Beyond
from migrator.understand.walk import Walk, walk

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_FIRST_NAMES = ("execute", "trycmd")


def scan(
    paths: Sequence[str],
    *,
    tests: bool = False,
    files: Walk | None = None,
    executors: Mapping[str, Executor] | None = None,
    thorough: bool = False,
    tree: Tree | None = None,
) -> Scan:
    """Find the calls below `paths` that may run a command as root.

    files: what `walk(paths)` gave, when it was walked already. executors: further library functions that run
    commands. thorough: parse every file, also those in which nothing can be root. tree: of just those files, not read
    yet, for who wants to know afterwards what was looked at. Raises Fault for a path that does not exist and for a tree
    without Python files.
    """
    walked = files if files is not None else walk(paths, tests=tests)
    with uncollected(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the scanned code, such as invalid escapes in its strings
        return _Scanner(walked, dict(executors or {}), thorough, tree).run()


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Without the garbage collector: hardly anything is in cycles, and looking for them takes a quarter of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


_Place = tuple[str, int]  # path, and where the function starts
_MODULE = -1  # in place of a start: the statements outside of functions
_Mode = tuple[bool, frozenset[str], frozenset[str]]  # all calls or not, flags, and the classes it is a method of
_COMMON = 25  # a name that stands in more files than this is looked for only near its class


class _Scanner:
    """One scan; the work list is filled by seeds, then by the calls of each wrapper that is found."""

    def __init__(self, walked: Walk, executors: dict[str, Executor], thorough: bool, tree: Tree | None):
        self.walked = walked
        self.tree = tree or Tree([path for path, _, _ in walked.files])
        self.resolver = Resolver(self.tree)
        self.calls = Calls(self.resolver, executors)
        self.thorough = thorough
        self.files: frozenset[str] = frozenset()
        self.sites: dict[tuple[str, int, int], Site] = {}
        # Function -> how many wrapper names were known when it was read: names only ever come in.
        self.done: dict[_Place, int] = {}
        self.waiting: dict[_Place, tuple[Source, Definition | None]] = {}
        self.searched: dict[str, set[_Mode]] = {}  # name -> which of its calls were looked for
        self.kin: dict[str, frozenset[str]] = {}  # class name -> what _kin says of it
        self.problems: list[Unreadable] = [Unreadable(path, 0, reason, "PRV902") for path, reason in walked.problems]

    def run(self) -> Scan:
        self.tree.read()
        hits = {path for seed in SEEDS for path in self.tree.store.holding(seed)}
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
            _, (source, definition) = self.waiting.popitem()
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
        for offset, decorator in seeds(source):
            if decorator:
                following = next((one for one in source.outline.definitions if one.start > offset), None)
                if following is not None:
                    self._enqueue(source, following)
                continue
            self._enqueue_at(source, offset)
        for name in made_callables(source):
            self._search(name, everywhere=True)

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
        key = (source.path, definition.start if definition is not None else _MODULE)
        if self.done.get(key) != len(self.calls.names):
            self.waiting.setdefault(key, (source, definition))

    def _found_wrapper(self, function: Function) -> None:
        """A function that runs what its callers say: look for them."""
        definition = function.definition
        if definition is None:
            return
        takes = self.calls.takes_argv(function)
        self.calls.met.pop(function.key, None)
        self._enqueue_once(function)
        if not takes or all(truth(flow.root) is False for flow in self.calls.of_function(function)):
            return
        by_itself = any(truth(flow.root) is not False for flow in self.calls.silent(function))
        near = frozenset[str]()
        if definition.owner is not None and len(self.tree.store.holding(definition.name.encode())) > _COMMON:
            owner = definition.owner.name
            if owner not in self.kin:
                self.kin[owner] = self._kin(owner)
            near = self.kin[owner]
        self._search(definition.name, everywhere=by_itself, flags=self._flag_parameters(function), near=near)

    def _kin(self, name: str) -> frozenset[str]:
        """The names by which code comes to objects of a class: its own, its heirs', and of what hands such objects out.

        Without one of them in a file no call there can be found to be the class's. Empty when there are many.
        """
        kin, waiting = {name}, [name]
        while waiting:
            name = waiting.pop()
            for path in self.tree.store.holding(name.encode()):
                source = self.tree.source(path)
                found = set(ways_to(source, name)) - kin if source is not None else set()
                kin |= found
                waiting.extend(found)
            if len(kin) > _COMMON:
                return frozenset()
        return frozenset(kin)

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

    def _search(
        self, name: str, everywhere: bool, flags: dict[str, int] | None = None, near: frozenset[str] = frozenset()
    ) -> None:
        """Put on the work list the functions that call `name`.

        Without `everywhere` only the calls that can say something of root: that pass a mapping, or one of `flags`
        (name -> place). near: only in files that hold one of these class names.
        """
        flags = flags or {}
        mode = (everywhere, frozenset(flags), near)
        done = self.searched.setdefault(name, set())
        if mode in done or any(all_calls and not classes for all_calls, _, classes in done):
            return
        done.add(mode)
        if everywhere:
            self.calls.names.add(name)
            self.resolver.functions.known = len(self.calls.names)
        renamed: set[str] = set()
        paths = self.tree.store.holding(name.encode())
        if near:
            paths = [path for path in paths if any(path in self.tree.store.holding(one.encode()) for one in near)]
        for path in paths:
            source = self.tree.source(path) if path in self.files else None
            if source is None:
                continue
            calls, aliases = uses(source, name, None if everywhere else flags)
            for offset in calls:
                self._enqueue_at(source, offset)
            renamed |= aliases
        for alias in sorted(renamed):
            self._search(alias, everywhere, flags, near)

    # --- reading ---------------------------------------------------------------------------------------------

    def _function(self, function: Function) -> None:
        definition = function.definition
        assert definition is not None
        key = (function.source.path, definition.start)
        names = len(self.calls.names)
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
        key = (source.path, _MODULE)
        names = len(self.calls.names)
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
            statements = [one for one in body if not isinstance(one, _DEFINITIONS)]
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
