"""What each privileged function of a project does: the commands that it runs, and the paths that it is given."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from migrator.model import Rung
from migrator.understand.calls import Calls
from migrator.understand.evaluate import evaluate
from migrator.understand.events import Event
from migrator.understand.executors import Executor
from migrator.understand.facts import bare, flattened
from migrator.understand.flows import takes_tail
from migrator.understand.functions import canonical
from migrator.understand.outline import Definition
from migrator.understand.presumed import of_library
from migrator.understand.program import command
from migrator.understand.resolve import Resolver
from migrator.understand.substitution import Binding, substitute
from migrator.understand.symbols import Function, Global, Library
from migrator.understand.values import Beyond, Map, Seq, Text, Value
from migrator.understand.words import Reader
from migrator.verify.boundary import operations
from migrator.verify.boundary.finding import Entrypoint
from migrator.verify.boundary.guards import Asked, asked
from migrator.verify.boundary.origins import Origins
from migrator.verify.boundary.project import Project
from migrator.words import Command

_DEEPEST = 7  # functions that call one another
_MOST = 150  # functions behind one entrypoint
_LADDER = (Rung.LAUNDERED, Rung.GUARDED, Rung.NARROW, Rung.NATIVE)


@dataclass(frozen=True, slots=True)
class Made:
    """A call of a library's function behind an entrypoint.

    name: dotted. node: the call. path, line, enclosing: where it stands. arguments, keywords: in terms of the
    entrypoint's parameters where `binding` is asked. checked: parameters of the entrypoint that were tested before it.
    """

    name: str
    node: ast.Call
    path: str
    line: int
    enclosing: str
    arguments: tuple[Value, ...]
    keywords: Map
    binding: Binding = field(repr=False)
    checked: frozenset[str]
    event: Event = field(repr=False)


@dataclass(frozen=True, slots=True)
class Touch:
    """A parameter that decides which path something is done to, with no test before that would confine it.

    does: in a word ("reads", "changes the owner of"). by: the function or program that does it. native: no process is
    started. path, line: where it is done.
    """

    parameter: str
    does: str
    by: str
    native: bool
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Effects:
    """What an entrypoint does.

    rung: the lowest of what it does; GUARDED where an argv is tested before it is run. commands: what it runs, none
    when it is native. programs: theirs, sorted. opens: the parameters that an argv, or the tail of one, is taken from.
    whole: the program itself comes from one of them. paths: what it does to paths that it is given. made: the calls of
    library functions that it comes to.
    """

    rung: Rung
    commands: tuple[Command, ...]
    programs: tuple[str, ...]
    opens: tuple[str, ...]
    whole: bool
    paths: tuple[Touch, ...]
    made: tuple[Made, ...] = field(repr=False)


def effects(
    project: Project, entrypoints: Iterable[Entrypoint], executors: Mapping[str, Executor] | None = None
) -> dict[str, Effects]:
    """What each entrypoint does, by its dotted name. executors: further library functions that run commands.

    Read from the source, the functions of the project that it calls followed; what a library's function does is known
    of the executors and of migrator.verify.boundary.operations. One that cannot be followed to its end (its values have
    too many forms) is left out.
    """
    resolver = Resolver(project.tree)
    reader = _Behind(Calls(resolver, dict(executors or {})))
    found: dict[str, Effects] = {}
    for one in entrypoints:
        source = project.tree.source(one.path)
        definition = source.outline.top.get(one.name.rpartition(".")[2]) if source is not None else None
        if source is None or definition is None or definition.is_class:
            continue
        resolver.steps = 0
        try:
            found[one.name] = reader.effects(Function(source, _placed(source.outline.definitions, one, definition)))
        except (Beyond, RecursionError):
            continue
    return found


def _placed(definitions: list[Definition], entrypoint: Entrypoint, otherwise: Definition) -> Definition:
    """The definition of an entrypoint, of several with its name."""
    return next((one for one in definitions if one.line == entrypoint.line and not one.is_class), otherwise)


class _Behind:
    """Reads the functions behind entrypoints; each is read once."""

    def __init__(self, calls: Calls):
        self.calls = calls
        self.resolver = calls.resolver
        self._events: dict[object, list[Event]] = {}
        self._targets: dict[int, tuple[Event, list[Value]]] = {}
        self._asked: dict[object, Asked] = {}

    def effects(self, function: Function) -> Effects:
        """What one entrypoint does."""
        own = canonical(function)
        origins = Origins(self.resolver, own)
        made = tuple(self._made(own, {}, origins, frozenset(), (own.key,), [_MOST]))
        commands: dict[Command, None] = {}
        rungs = [Rung.NATIVE]
        opens: dict[str, None] = {}
        touched: dict[tuple[str, str, str], Touch] = {}
        whole = False
        for one in made:
            executor = self.calls.executors.get(one.name)
            if executor is None:
                for touch in _native(one, origins):
                    touched.setdefault((touch.parameter, touch.does, touch.by), touch)
                continue
            argv = substitute(of_library(executor, one.name, one.arguments, one.keywords).argv, one.binding)
            assert isinstance(argv, Seq)
            ran = command(Reader(self.resolver, one.event).words(argv))
            commands[ran] = None
            taken, head = self._taken(argv, own, one, origins, ran)
            rungs.append(Rung.NARROW if not taken else Rung.GUARDED if taken <= one.checked else Rung.LAUNDERED)
            if rungs[-1] is Rung.LAUNDERED:
                opens.update(dict.fromkeys(sorted(taken)))
                whole = whole or head
            for touch in _by_program(one, argv, ran, origins):
                touched.setdefault((touch.parameter, touch.does, touch.by), touch)
        programs = sorted({name for ran in commands for name in ran.programs})
        rung = min(rungs, key=_LADDER.index)
        return Effects(rung, tuple(commands), tuple(programs), tuple(opens), whole, tuple(touched.values()), made)

    def _taken(
        self, argv: Seq, own: Function, made: Made, origins: Origins, ran: Command
    ) -> tuple[frozenset[str], bool]:
        """The parameters that an argv, or all that follows a fixed beginning, is taken from; whether the program is."""
        items = flattened(argv) or ()
        head = origins.leading(items[0], made.binding) if items and not ran.programs else frozenset()
        if head:
            return head, True
        if items and takes_tail(argv, own.key):
            return origins.leading(items[-1], made.binding), not ran.programs
        return frozenset(), False

    # --- the way there -------------------------------------------------------------------------------------

    def _made(
        self,
        function: Function,
        binding: Binding,
        origins: Origins,
        checked: frozenset[str],
        above: tuple[object, ...],
        left: list[int],
    ) -> Iterator[Made]:
        """The calls of library functions that a function comes to; left: how many functions may yet be looked into."""
        left[0] -= 1
        questions = self.asked(function)
        entered: set[object] = set()
        late: list[Event] = []
        for event in self.events(function):
            within = event.frame.function
            if within is not None and within.key != function.key:
                late.append(event)
                continue
            yield from self._of_event(event, binding, origins, checked, questions, above, left, entered)
        for event in late:  # of functions inside it: those that it only hands on are as good as called
            within = event.frame.function
            if within is not None and within.key not in entered:
                yield from self._of_event(event, binding, origins, checked, questions, above, left, set())

    def _of_event(
        self,
        event: Event,
        binding: Binding,
        origins: Origins,
        checked: frozenset[str],
        questions: Asked,
        above: tuple[object, ...],
        left: list[int],
        entered: set[object],
    ) -> Iterator[Made]:
        arguments, keywords = self.resolver.arguments(event)
        tested = self._tested(event, questions, binding, origins) | checked
        for target in self.targets(event):
            name = _library(target)
            if isinstance(target, Function):
                entered.add(target.key)
                if target.key in above or len(above) > _DEEPEST or left[0] <= 0:
                    continue
                given = self.resolver.functions.bound_arguments(target, arguments, keywords)
                inner = {key: substitute(value, binding) for key, value in given.items()}
                yield from self._made(
                    canonical(target), {**binding, **inner}, origins, tested, (*above, target.key), left
                )
            elif name:
                line, source = event.frame.line(event.node), event.frame.source
                yield Made(
                    *(name, event.node, source.path, line, event.frame.qualname, arguments, keywords),
                    *(binding, tested, event),
                )

    def _tested(self, event: Event, questions: Asked, binding: Binding, origins: Origins) -> frozenset[str]:
        """The entrypoint's parameters that the function around a call has tested before it."""
        function = event.frame.function
        local = questions.at(event.node.lineno)
        found: frozenset[str] = frozenset()
        for name in local if function is not None else ():
            if function is not None and function.key == origins.key:
                found |= {name}
            elif function is not None and (function.key, name) in binding:
                found |= origins.made_of(binding[function.key, name], binding)
        return found

    def events(self, function: Function) -> list[Event]:
        """All calls of a function, those of functions inside it too."""
        if function.key not in self._events:
            reading = self.resolver.functions.read(function, lambda _: True)
            self._events[function.key] = reading.events if reading is not None else []
        return self._events[function.key]

    def targets(self, event: Event) -> list[Value]:
        """What a call may call."""
        known = self._targets.get(id(event))
        if known is None:
            func = evaluate(event.node.func, event.env, event.frame)
            known = self._targets[id(event)] = (event, self.resolver.concrete(func))
        return known[1]

    def asked(self, function: Function) -> Asked:
        """What a function asks of its parameters, by itself and through what it calls."""
        if function.key not in self._asked:
            self._asked[function.key] = Asked((), False, ())  # while it is being read
            found = self.resolver.functions.node(function)
            if found is not None and isinstance(found[0], (ast.FunctionDef, ast.AsyncFunctionDef)):
                callees: dict[int, Asked] = {}
                for event in self.events(function):
                    for target in self.targets(event):
                        if isinstance(target, Function):
                            callees[id(event.node)] = self.asked(canonical(target))
                self._asked[function.key] = asked(found[0], callees)
        return self._asked[function.key]


def _library(target: Value) -> str:
    """The dotted name of a library's function or of a builtin, "" for anything else."""
    if isinstance(target, Library):
        return "" if target.called else target.name
    return f"builtins.{target.name}" if isinstance(target, Global) else ""


def argument(made: Made, position: int, keyword: str) -> Value | None:
    """What a call gives for a parameter, in terms of the entrypoint's own; None when it gives nothing."""
    found = made.keywords.entries.get(keyword)
    if found is None and len(made.arguments) > position:
        found = made.arguments[position]
    return substitute(found, made.binding) if found is not None else None


def _native(made: Made, origins: Origins) -> Iterator[Touch]:
    known = operations.OPERATIONS.get(made.name)
    does = known.does if known is not None else ()
    if made.name in operations.OPENS:
        does = ((_open_does(made), 0, "path" if made.name == "os.open" else "file"),)
    for word, position, keyword in does:
        value = argument(made, position, keyword)
        for parameter in sorted(origins.leading(value, made.binding) - made.checked) if value is not None else ():
            yield Touch(parameter, word, made.name.removeprefix("builtins."), True, made.path, made.line)


def _open_does(made: Made) -> str:
    if made.name == "os.open":
        given = made.node.args[1] if len(made.node.args) > 1 else None
        flags = (
            {getattr(one, "attr", getattr(one, "id", "")) for one in ast.walk(given)} if given is not None else set()
        )
        writes = {"O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"}
        return operations.WRITE if flags & writes else operations.READ
    mode = argument(made, 1, "mode")
    if mode is None:
        return operations.READ
    inner = bare(mode)
    return operations.opened(inner.known if isinstance(inner, Text) else None)


def _by_program(made: Made, argv: Seq, ran: Command, origins: Origins) -> Iterator[Touch]:
    """The paths that a command of a well-known program gets from parameters."""
    program = (ran.program or "").rpartition("/")[2]
    does = operations.of_program(program)
    for one in flattened(argv) or () if does else ():
        inner, word = bare(one), does
        leading = origins.leading(one, made.binding)
        if program == "dd" and isinstance(inner, Text) and len(inner.pieces) > 1:
            opening, second = inner.pieces[0], inner.pieces[1]
            if opening not in ("if=", "of=") or not isinstance(second, Value):
                continue
            leading = origins.leading(second, made.binding)
            word = operations.READ if opening == "if=" else operations.WRITE
        for parameter in sorted(leading - made.checked):
            yield Touch(parameter, word, program, False, made.path, made.line)
