"""Let one mock stand for an executor and for the privileged functions that its commands became."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrator.expectations import inside, mocks, reached, stand_in, translation
from migrator.expectations.calls import Expected
from migrator.expectations.mocks import Made
from migrator.model import Edit, Reason, Rung, Site
from migrator.rewrite import calls as reaching
from migrator.rewrite import layout, proof, tokens
from migrator.rewrite.rewriting import Moved
from migrator.rewrite.source import Source, ancestors
from migrator.rewrite.spelling import Unfit
from migrator.rewrite.target import Target

Expectations = Sequence[tuple[Expected, Sequence[Moved]]]
_NAMED = 3  # functions that one line names
_LOOKING = frozenset({"call_args", "call_args_list", "mock_calls", "method_calls"})


@dataclass(frozen=True)
class Waiting:
    """A test, or what tests call, whose mock cannot simply be moved: what it expects of moved calls, and why not."""

    test: ast.FunctionDef
    expectations: Expectations = ()
    why: str = ""


@dataclass(frozen=True)
class Follower:
    """What stays as it is in a test but for its expectations, once its mock stands for these functions too.

    texts: the mock looks at the words, so that sentinels among them are texts in the whole file.
    """

    waiting: Waiting
    mock: Made
    moved: tuple[Moved, ...]
    edits: tuple[Edit, ...] = ()
    texts: bool = False


@dataclass(frozen=True)
class Left:
    """What a person has to look at: where, and why."""

    node: ast.stmt | ast.expr
    text: str


def followers(
    source: Source,
    waiting: Iterable[Waiting],
    replaced: Sequence[Moved],
    around: reached.Around,
    privileged: Mapping[str, ast.FunctionDef],
    wrapped: Mapping[str, Sequence[str]],
    target: Target,
) -> Iterator[Follower | Left]:
    """The tests that a shared mock keeps as they are, and what is left of the others.

    replaced: the calls that other calls stand in the place of. privileged: the functions that they became, by dotted
    name. wrapped: what wrappers give those that they call for all who call them.
    """
    waiting = list(waiting)
    expected = [moved for one in waiting for _, some in one.expectations for moved in some]
    names = {name for moved in (*replaced, *expected) for name in _answering(moved)}

    @functools.cache
    def made(function: ast.FunctionDef) -> tuple[Made, ...]:
        text = source.whole(function)  # most tests say none of the names
        return tuple(mocks.made(source, function)) if any(name in text for name in names) else ()

    functions = [node for node in source.nodes if isinstance(node, ast.FunctionDef)]
    if not expected and not any(each.attribute in names for function in functions for each in made(function)):
        return
    near = [one for one in replaced if one.outcome.site.module in around.modules]
    closer = {name for moved in (*near, *expected) for name in _answering(moved)}
    for one in waiting:
        home = _class(source, one.test)
        if not one.expectations and not (closer and _mocks(source, one.test, home, closer, made)):
            continue
        moved = _reached(source, one, home, near, around)
        if not moved:
            continue
        found = _mocks(source, one.test, home, {name for each in moved for name in _answering(each)}, made)
        if len(found) > 1:
            # Where a wrapper is mocked and what it calls is too, the wrapper's mock answered.
            nearest = [each for each in found if all(each.attribute == _callee(call) for call in moved)]
            found = nearest if len(nearest) == 1 else found
        if len(found) != 1 or home is None:
            if one.expectations:
                yield from (Left(expected.node, _why(some[0], one.why)) for expected, some in one.expectations)
            elif found:
                yield Left(one.test, f"it comes to {_names(moved)} now; mock that beside the executor")
            continue
        (mock,) = found
        first = [some[0] for _, some in one.expectations]
        mine = tuple(dict.fromkeys([*(each for each in moved if mock.attribute in _answering(each)), *first]))
        try:
            _certain(source, one, mock, mine)
            texts = mock.answers or mocks.answers(one.test, mock.name)
            written = [_expectation(source, *pair, privileged, wrapped, target, texts) for pair in one.expectations]
        except Unfit as error:
            nodes: list[ast.expr | ast.stmt] = [each.node for each, _ in one.expectations]
            for node in nodes or [one.test]:
                yield Left(node, f"it comes to {_names(mine)} now, and {error.reason.text}")
        else:
            yield Follower(one, mock, mine, tuple(edit for some in written for edit in some), texts)


def seams(source: Source, mock: Made, moved: Iterable[Moved], target: Target) -> tuple[list[Edit], list[str]]:
    """The statements behind a mock that have it stand for privileged functions too, and the import lines they need.

    Raises Unfit when a name that they need is another's in the file.
    """
    native = [one.function for one in moved if one.outcome.rung is Rung.NATIVE]
    others = [one.function for one in moved if one.outcome.rung is not Rung.NATIVE]
    line = stand_in.line(target)
    reaching.check_names(source, mock.node, line)
    lines = [line]
    text = ""
    for verb, functions in (("named", native), ("run", others)):
        for module, names in stand_in.functions_by_module(functions).items():
            reach = reaching.reach(source, target, module.rpartition(".")[2], mock.node)
            lines.append(reach.line)
            place = layout.Place(mock.indent, "", mock.indent, target.width, newline=source.newline)
            words = ["self", mock.name, reach.name, *map(repr, names)]
            text += mock.indent + layout.call(f"{stand_in.NAME}.{verb}", words, place) + source.newline
    at = source.byte(mock.at)
    edits = [Edit(source.path, at, at, source.encode(text))]
    if mock.bind:
        bound = source.byte(mock.bind[0])
        edits.append(Edit(source.path, bound, bound, source.encode(mock.bind[1])))
    return edits, lines


def _class(source: Source, test: ast.FunctionDef) -> ast.ClassDef | None:
    """The class that a method with a `self` stands in."""
    above = source.above.get(test)
    named = bool(test.args.args) and test.args.args[0].arg == "self"
    return above if isinstance(above, ast.ClassDef) and named else None


@functools.lru_cache(maxsize=8)  # one test of a class after the other
def _methods(around: ast.ClassDef | None) -> dict[str, ast.FunctionDef]:
    body = around.body if around is not None else []
    return {node.name: node for node in body if isinstance(node, ast.FunctionDef)}


def comes_to(
    source: Source, test: ast.FunctionDef, around: reached.Around, mocked: Collection[str]
) -> frozenset[tuple[str, str]]:
    """The functions that a test comes to, through methods of its class too, each as its module and its name."""
    methods = _methods(_class(source, test))
    first = set(reached.called(test))
    for name in sorted({name for _, name in first} & methods.keys()):
        first |= reached.called(methods[name])
    return reached.closure(first, around, mocked)


def _reached(
    source: Source, one: Waiting, home: ast.ClassDef | None, near: Sequence[Moved], around: reached.Around
) -> list[Moved]:
    """The moved calls that a test comes to."""
    away = set(mocks.mocked(one.test))
    setup = _methods(home).get("setUp")
    if setup is not None:
        away |= mocks.mocked(setup)
    found = comes_to(source, one.test, around, away)
    come = [each for each in near if stands_in(each.outcome.site) in found]
    return list(dict.fromkeys([*come, *(each for _, some in one.expectations for each in some)]))


def stands_in(site: Site) -> tuple[str, str]:
    """The module and the name of the function that a site stands in."""
    return site.module, site.enclosing.rpartition(".")[2]


def _answering(moved: Moved) -> set[str]:
    """The attributes whose mock may answer for a call."""
    site = moved.outcome.site
    return {name.rpartition(".")[2] for name in (site.callee, *site.via, site.executor)}


def _callee(moved: Moved) -> str:
    return moved.outcome.site.callee.rpartition(".")[2]


def _mocks(
    source: Source,
    test: ast.FunctionDef,
    home: ast.ClassDef | None,
    names: Collection[str],
    made: Callable[[ast.FunctionDef], Sequence[Made]],
) -> list[Made]:
    """The mocks that may answer for calls of a test: its own, else one of a method that it calls, else its class's."""
    own = [one for one in made(test) if one.attribute in names]
    if own:
        return own
    methods = _methods(home)
    asked = [methods[name] for _, name in sorted(reached.called(test)) if name in methods and methods[name] is not test]
    setups = [each["setUp"] for each in map(_methods, _bases(source, home)) if "setUp" in each]
    every: list[list[ast.FunctionDef]] = [list(dict.fromkeys(asked)), *([setup] for setup in setups)]
    for places in every:
        found = [one for place in places for one in made(place) if one.attribute in names]
        if found:
            return found
    return []


def _bases(source: Source, around: ast.ClassDef | None) -> list[ast.ClassDef]:
    """A class and those of the file that it derives from, in their order."""
    there = {node.name: node for node in source.tree.body if isinstance(node, ast.ClassDef)}
    found: list[ast.ClassDef] = []
    waiting = [around] if around is not None else []
    for one in waiting:  # which grows on the way
        if one not in found:
            found.append(one)
            waiting += [there[base.id] for base in one.bases if isinstance(base, ast.Name) and base.id in there]
    return found


def _certain(source: Source, one: Waiting, mock: Made, moved: Sequence[Moved]) -> None:
    """Raise Unfit for a test that looks at its mock's calls in a way that is not known to stay right."""
    native = [each for each in moved if each.outcome.rung is Rung.NATIVE]
    if native and (mock.answers or mocks.answers(one.test, mock.name)):
        raise Unfit(_left(f"{mock.name} answers by the words: let it answer to the names of {_names(native)} too"))
    written = {id(node) for expected, _ in one.expectations for node in ancestors(expected.node, source.above)}
    for node in ast.walk(one.test):
        if isinstance(node, ast.Dict) and any(
            isinstance(key, ast.Constant) and key.value == "run_as_root" for key in node.keys
        ):
            raise Unfit(
                _left(f"line {node.lineno} looks for the root flag, which is False or gone: write what is given")
            )
        if isinstance(node, ast.Attribute) and node.attr in _LOOKING and ast.unparse(node.value) == mock.name:
            looked = _looked(source, node)
            if looked and id(looked) not in written:
                text = f"line {node.lineno} takes apart calls of {mock.name}: see that it holds for functions too"
                raise Unfit(_left(text))


def _looked(source: Source, node: ast.expr) -> ast.AST | None:
    """The statement in which calls of a mock are taken apart, by an index, a loop or an attribute; None elsewhere."""
    for above in ancestors(node, source.above):
        if isinstance(above, (ast.Subscript, ast.Attribute, ast.comprehension, ast.For, ast.Assign)):
            return next(each for each in [above, *ancestors(above, source.above)] if isinstance(each, ast.stmt))
        if isinstance(above, ast.stmt):
            return None
    return None


def _expectation(
    source: Source,
    expected: Expected,
    some: Sequence[Moved],
    privileged: Mapping[str, ast.FunctionDef],
    wrapped: Mapping[str, Sequence[str]],
    target: Target,
    texts: bool,
) -> list[Edit]:
    native = [one for one in some if one.outcome.rung is Rung.NATIVE]
    if not native:
        known = [
            inside.adds(privileged[one.function], one.given or wrapped.get(one.function, ()))
            for one in some
            if one.function in privileged
        ]
        if len(known) != len(some) or any(each != known[0] for each in known):
            raise Unfit(_left("what it expects may come from several calls that differ"))
        return inside.expectation(source, expected, target, texts=texts, adds=known[0])
    if any(one.flag for one in native):
        raise Unfit(_left(f"{_names(native)} is called above what the test mocks: mock it there"))
    ways = {(one.function, tuple(translation.arguments(source, expected, one))) for one in native}
    if len(ways) != 1 or len(native) != len(some):
        raise Unfit(_left("what it expects may come from several calls that differ"))
    ((function, arguments),) = ways
    words = [repr(function.rpartition(".")[2]), *(tokens.flat(word) for word in arguments)]
    callee = tokens.flat(source.text[slice(*source.span(expected.node.func))])
    edits = reaching.replace(source, expected.node, callee, words, target.width)
    proof.check(source, expected.node, edits[-1].text.decode(source.encoding))
    return edits


def _left(text: str) -> Reason:
    return Reason("mock-not-shared", text)


def _names(moved: Iterable[Moved]) -> str:
    """The functions, the first few of many by name."""
    names = sorted({one.function for one in moved})
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED + 1 else ""
    return ", ".join(f"{name}()" for name in names[: _NAMED if more else None]) + more


def _why(moved: Moved, why: str) -> str:
    return f"the call is {moved.function}({', '.join(moved.given)}) now, mock that: {why}"
