"""The join of code and policy: which filters admit each site, and which sites need each filter."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrator.model import Kind, Site
from migrator.rootwrap import daemons
from migrator.rootwrap.admission import Way, certain, ways
from migrator.rootwrap.conditions import INNER, Condition, Matches, NoExec, OneOf, Runs, Unclear, Within
from migrator.rootwrap.filters import Filter
from migrator.rootwrap.lines import Definition, FiltersFile
from migrator.rootwrap.project import asked_of
from migrator.rootwrap.shapes import shapes
from migrator.understand.notation import spelled
from migrator.words import Literal, Rest, Value, Word


class Admission(str, enum.Enum):
    """How far the filters admit what a site can run."""

    WHOLLY = "wholly"
    PARTLY = "partly"  # when the words that vary are as a filter asks
    NEVER = "not at all"  # rootwrap answers with 99
    UNKNOWN = "not known"  # its program is not known


class Whose(str, enum.Enum):
    """Where a site, or a context, stands."""

    CODE = "code"
    TESTS = "tests"
    OTHERS = "other projects"


class Need(str, enum.Enum):
    """Who needs a filter."""

    CODE = "code"
    TESTS = "tests"
    OTHERS = "other projects"
    PERHAPS = "perhaps"  # what some site runs is not known
    NOBODY = "nobody"
    OVERRIDDEN = "overridden"  # a later one in its file has its name
    UNKNOWN = "no such class"  # rootwrap skips it with a warning


@dataclass(frozen=True, slots=True)
class Asking:
    """A site that rootwrap runs.

    by: the filters that can admit it, as (path, name), inner ones of a chain included. conditions: what they ask where
    none admits in any case, one sentence for each way. refused: the forms of it that none admits, spelled. passing: a
    wrapper's own call: its words, or its being root, are its callers' matter, who are sites themselves. runs: what
    somebody said that it runs.
    """

    site: Site
    whose: Whose
    admission: Admission
    by: frozenset[tuple[str, str]]
    conditions: tuple[str, ...] = ()
    refused: tuple[tuple[str, ...], ...] = ()
    passing: bool = False
    runs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A definition in a file of filters, and who needs it.

    sites: those it can admit, of whoever it is that needs it. why: one sentence, "" where the sites say it.
    """

    path: str
    definition: Definition
    need: Need
    sites: tuple[Site, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Join:
    """Sites that rootwrap runs and definitions, each in their order; contexts for which no line starts a daemon."""

    asking: tuple[Asking, ...]
    lines: tuple[Line, ...]
    unadmitted: tuple[str, ...]

    @property
    def open(self) -> tuple[Asking, ...]:
        """The sites that may run anything."""
        return tuple(one for one in self.asking if _may_run_anything(one))


def join(
    files: Sequence[FiltersFile],
    sites: Sequence[tuple[Site, Whose]],
    contexts: Mapping[str, Whose],
    own: Collection[str],
    required: Callable[[str], bool],
    runs: Mapping[str, tuple[str, ...]],
    unread: Sequence[str] = (),
) -> Join:
    """Hold sites and contexts (dotted names) against files of filters.

    own: the project's top-level packages. required: whether it requires the library of a top-level package. runs: by a
    site's place ("path:line") or its function's dotted name, the programs that somebody says it runs. unread: what
    could not be read, and may hold root calls. Where the lines do nothing but start daemons, as a library's do, its
    calls are admitted by the filters of those that use it: nothing is said of them.
    """
    filters = [one for file in files for one in file.filters]
    policy = () if all(map(daemons.is_daemon_line, filters)) else filters
    asking = tuple(
        judged(site, whose, policy, runs.get(f"{site.path}:{site.line}", runs.get(site.qualname, ())))
        for site, whose in sites
        if asked_of(site, policy)
    )
    around = _Around(asking, contexts, own, required, tuple(unread))
    lines = tuple(_line(file, one, around) for file in files for one in file.definitions)
    mine = [name for name in sorted(contexts) if contexts[name] is Whose.CODE]
    return Join(asking, lines, tuple(name for name in mine if not any(daemons.starts(one, name) for one in filters)))


def unneeded(line: Line) -> bool:
    """Whether a definition can go: nobody needs it, or rootwrap never sees it."""
    return line.need in (Need.NOBODY, Need.OVERRIDDEN)


# --- sites -----------------------------------------------------------------------------------------


def judged(site: Site, whose: Whose, filters: Sequence[Filter], runs: tuple[str, ...] = ()) -> Asking:
    """How far filters admit a site. runs: the programs that somebody says it runs."""
    by: set[tuple[str, str]] = set()
    told: list[str] = []
    refused: list[tuple[str, ...]] = []
    unknown = False
    for words in shapes(site.command.words):
        forms = [_said(program, words) for program in runs] if runs and _open(words) else [words]
        for form in forms:
            if _open(form):
                unknown = True
                continue
            found = list(ways(filters, form))
            unknown |= any(one == INNER for way in found for one in way.conditions)
            by.update((one.path, one.name) for way in found for one in (way.filter, way.inner) if one is not None)
            if not found:
                refused.append(tuple(spelled(form)))
            elif not any(_in_any_case(way, form) for way in found):
                told += [_sentence(way, form) for way in found]
    admission = Admission.PARTLY if told or refused else Admission.WHOLLY
    if unknown:
        admission = Admission.UNKNOWN
    elif refused and not by:
        admission = Admission.NEVER
    passing = site.kind is Kind.FORWARDER or (site.takes_argv and unknown)
    return Asking(
        site,
        whose,
        admission,
        frozenset(by),
        tuple(dict.fromkeys(told)),
        tuple(dict.fromkeys(refused)),
        passing,
        runs,
    )


def _open(words: Sequence[Word]) -> bool:
    """Whether the first word may be anything."""
    first = words[0] if words else None
    return not (isinstance(first, Literal) or (isinstance(first, Value) and any(first.pieces)))


def _said(program: str, words: Sequence[Word]) -> tuple[Word, ...]:
    """The words of a command whose program somebody named; what follows it stays, where it was one word."""
    first = words[0] if words else None
    return (Literal(program), *words[1:]) if isinstance(first, Value) else (Literal(program), Rest("words"))


def _in_any_case(way: Way, words: Sequence[Word]) -> bool:
    return not any(_asks_something(each, words) for each in way.conditions)


def _asks_something(condition: Condition, words: Sequence[Word]) -> bool:
    """Whether a condition says anything of the unknown words; `.*` only keeps line breaks out."""
    return not certain(condition, words) and not (isinstance(condition, Matches) and condition.pattern == ".*")


def _sentence(way: Way, words: Sequence[Word]) -> str:
    asked = [_asks(each, words) for each in way.conditions if _asks_something(each, words)]
    name = way.filter.name if way.inner is None else f"{way.filter.name} and {way.inner.name}"
    return f"{name}: {' and '.join(asked)}"


def _asks(condition: Condition, words: Sequence[Word]) -> str:
    if isinstance(condition, NoExec):
        return "it is not `ip netns exec`"
    if isinstance(condition, Unclear):
        return condition.text
    word = words[condition.word]
    assert isinstance(word, (Literal, Value))
    code = word.text if isinstance(word, Literal) else word.code
    if isinstance(condition, OneOf):
        return f"{code} is {' or '.join(condition.texts)}"
    if isinstance(condition, Matches):
        return f"{code} matches {condition.pattern}"
    if isinstance(condition, Within):
        return f"{code} is below {condition.folder}"
    assert isinstance(condition, Runs)
    return f"process {code} runs {condition.program}"


# --- lines -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Around:
    """All that the need of a line depends on, as join() has it."""

    asking: Sequence[Asking]
    contexts: Mapping[str, Whose]
    own: Collection[str]
    required: Callable[[str], bool]
    unread: tuple[str, ...]


def _line(file: FiltersFile, definition: Definition, around: _Around) -> Line:
    one = definition.filter
    if definition.overridden:
        why = "a later filter in this file has its name: rootwrap never sees it"
        return Line(file.path, definition, Need.OVERRIDDEN, (), why)
    if one is None:
        return Line(file.path, definition, Need.UNKNOWN, (), "there is no such class: rootwrap skips it with a warning")
    if daemons.is_daemon_line(one):
        need, why = _daemon(one, around)
        return Line(file.path, definition, need, (), why)
    for whose, need in ((Whose.CODE, Need.CODE), (Whose.TESTS, Need.TESTS), (Whose.OTHERS, Need.OTHERS)):
        sites = [each.site for each in around.asking if each.whose is whose and (file.path, one.name) in each.by]
        if sites:
            return Line(file.path, definition, need, tuple(sites))
    elsewhere = sorted(set(_elsewhere(file, definition, around)))
    if elsewhere:
        return Line(file.path, definition, Need.OTHERS, (), f"its comment names {', '.join(elsewhere)}")
    anything = tuple(each.site for each in around.asking if _may_run_anything(each))
    if anything:
        return Line(file.path, definition, Need.PERHAPS, anything, "what a call runs is not known")
    if around.unread:
        return Line(file.path, definition, Need.PERHAPS, (), f"{around.unread[0]} could not be read")
    return Line(file.path, definition, Need.NOBODY)


def _may_run_anything(one: Asking) -> bool:
    """Whether a site can be what needs a filter that no known command needs."""
    return one.admission is Admission.UNKNOWN and not one.site.takes_argv and one.whose is not Whose.TESTS


def _daemon(one: Filter, around: _Around) -> tuple[Need, str]:
    contexts = around.contexts
    started = [name for name in sorted(contexts) if daemons.starts(one, name)]
    mine = [name for name in started if contexts[name] is Whose.CODE]
    if mine:
        return Need.CODE, f"starts the daemon of {', '.join(mine)}"
    if started:
        return Need.OTHERS, f"starts the daemon of {', '.join(started)}"
    name = daemons.named(one)
    top = name.partition(".")[0]
    if not name:
        return (
            (Need.PERHAPS, "which daemon it starts is not known") if one.args else (Need.NOBODY, "no context is there")
        )
    if top in around.own:
        return Need.NOBODY, f"nobody defines the context {name}"
    if around.required(top):
        return Need.OTHERS, f"starts the daemon of {name}, and {top} is required"
    return Need.PERHAPS, f"starts the daemon of {name}, and {top} is not among the requirements"


_PYTHON = re.compile(r"[\w./-]+\.py\b")
_LIBRARY = re.compile(r"[A-Za-z]\w*(?:[-_]\w+)+")


def _elsewhere(file: FiltersFile, definition: Definition, around: _Around) -> Iterator[str]:
    """What the comments above a definition name of other projects: their Python files, and libraries it requires."""
    own = {name.replace("_", "-") for name in around.own}
    for text in (*file.heading(definition), *file.comment(definition)):
        for path in _PYTHON.findall(text):
            if "/" in path and path.partition("/")[0].replace("_", "-") not in own:
                yield path
        for name in _LIBRARY.findall(_PYTHON.sub("", text)):
            if name.replace("_", "-") not in own and around.required(name):
                yield name
