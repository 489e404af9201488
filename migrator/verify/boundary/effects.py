"""What each privileged function of a project does: the commands that it runs, and the paths that it is given."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from migrator.model import Rung
from migrator.understand.calls import Calls
from migrator.understand.executors import Executor
from migrator.understand.facts import bare, flattened
from migrator.understand.flows import takes_tail
from migrator.understand.functions import canonical
from migrator.understand.outline import Definition
from migrator.understand.presumed import of_library
from migrator.understand.program import command
from migrator.understand.resolve import Resolver
from migrator.understand.substitution import substitute
from migrator.understand.symbols import Function
from migrator.understand.values import Beyond, Seq, Text, Value
from migrator.understand.words import Reader
from migrator.verify.boundary import operations
from migrator.verify.boundary.behind import Behind, Made, argument, flags
from migrator.verify.boundary.finding import Entrypoint
from migrator.verify.boundary.origins import Origins
from migrator.verify.boundary.project import Project
from migrator.words import Command

_LADDER = (Rung.LAUNDERED, Rung.GUARDED, Rung.NARROW, Rung.NATIVE)


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
    reader = _Reader(Calls(Resolver(project.tree), dict(executors or {})))
    found: dict[str, Effects] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the code that is read, such as invalid escapes in its strings
        for one in entrypoints:
            decided = _decided(one, project, reader)
            if decided is not None:
                found[one.name] = decided
    return found


def _decided(one: Entrypoint, project: Project, reader: _Reader) -> Effects | None:
    """What one entrypoint does; None where that cannot be followed to its end."""
    source = project.tree.source(one.path)
    definition = source.outline.top.get(one.name.rpartition(".")[2]) if source is not None else None
    if source is None or definition is None or definition.is_class:
        return None
    reader.resolver.steps = 0
    try:
        return reader.effects(Function(source, _placed(source.outline.definitions, one, definition)))
    except (Beyond, RecursionError):
        return None


def _placed(definitions: list[Definition], entrypoint: Entrypoint, otherwise: Definition) -> Definition:
    """The definition of an entrypoint, of several with its name."""
    return next((one for one in definitions if one.line == entrypoint.line and not one.is_class), otherwise)


class _Reader:
    """Tells what each of the calls behind an entrypoint does."""

    def __init__(self, calls: Calls):
        self.calls = calls
        self.resolver = calls.resolver
        self.behind = Behind(calls.resolver)

    def effects(self, function: Function) -> Effects:
        """What one entrypoint does."""
        own = canonical(function)
        origins = Origins(self.resolver, own)
        made = self.behind.calls(own, origins)
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
        return operations.opened_by(flags(made))
    mode = argument(made, 1, "mode")
    if mode is None:
        return operations.READ
    inner = bare(mode)
    return operations.opened(inner.known if isinstance(inner, Text) else None)


def _by_program(made: Made, argv: Seq, ran: Command, origins: Origins) -> Iterator[Touch]:
    """The paths that a command of a well-known program gets from parameters."""
    name = (ran.program or "").rpartition("/")[2]
    items = flattened(argv) or ()
    at = next((place for place, one in enumerate(items) if _known(one) == ran.program), len(items))
    if name == "dd":
        words = [pair for one in items for pair in _of_dd(one)]
    elif name in operations.PROGRAMS:
        words = _operands(items[at + 1 :], operations.PROGRAMS[name])
    else:
        return
    for one, word in words:
        for parameter in sorted(origins.leading(one, made.binding) - made.checked):
            yield Touch(parameter, word, name, False, made.path, made.line)


def _operands(items: tuple[Value, ...], program: operations.Program) -> list[tuple[Value, str]]:
    """The words behind a program's name that are paths, and what is done to each."""
    found: list[Value] = []
    skip, valued = program.skip, False
    for one in items:
        known = _known(one)
        if valued:
            valued = False
        elif known is not None and known.startswith("-") and len(known) > 1:
            valued = known in program.values
            skip = 0 if program.reference and known.startswith(program.reference) else skip
        elif _starts(one).startswith("-"):
            skip = 0 if program.reference and _starts(one).startswith(program.reference) else skip
        elif skip:
            skip -= 1
        else:
            found.append(one)
    found = found[: program.most or len(found)]
    told = [(one, program.does) for one in found]
    if program.last and len(found) > 1:
        told[-1] = (found[-1], program.last)
    return told


def _of_dd(word: Value) -> Iterator[tuple[Value, str]]:
    """The path in a word `if=PATH` or `of=PATH` of dd, and what is done to it."""
    opening, inner = _starts(word), bare(word)
    path = inner.pieces[1] if isinstance(inner, Text) and len(inner.pieces) > 1 else None
    if opening in ("if=", "of=") and isinstance(path, Value):
        yield path, operations.READ if opening == "if=" else operations.WRITE


def _known(value: Value) -> str | None:
    inner = bare(value)
    return inner.known if isinstance(inner, Text) else None


def _starts(value: Value) -> str:
    """The known text that a word begins with."""
    inner = bare(value)
    first = inner.pieces[0] if isinstance(inner, Text) and inner.pieces else ""
    return first if isinstance(first, str) else ""
