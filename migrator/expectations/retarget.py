"""Let a test whose commands all became one privileged function put its mock in that function's place."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from migrator.expectations import calls, inside, seam, translation
from migrator.expectations.calls import Expected
from migrator.model import Edit, Reason, Site
from migrator.rewrite import calls as reaching
from migrator.rewrite import flags, proof, tokens
from migrator.rewrite.rewriting import Moved
from migrator.rewrite.source import Source, ancestors
from migrator.rewrite.spelling import Unfit
from migrator.rewrite.target import Target

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_PATCHES = frozenset({"patch", "mock.patch", "self.patch"})
_OBJECTS = frozenset({"patch.object", "mock.patch.object", "self.mock_object", "self.stub_out"})
# What a patch may say beside its target, so that what it puts there is a Mock that the test can ask.
_ALLOWED = frozenset({"return_value", "side_effect", "autospec", "name"})
_ASKING = frozenset({"called", "assert_not_called", "call_count", "assert_called_once", "assert_called"})


@dataclass(frozen=True)
class Patch:
    """A patch of an executor: the call that makes it, and whether it names its target as text."""

    node: ast.Call
    by_text: bool


@dataclass(frozen=True)
class Retargeted:
    """The edits of one test, the import lines that they need.

    inside: where the commands of functions that run in its process then are mocked, None where none run there.
    """

    edits: tuple[Edit, ...]
    lines: frozenset[str]
    inside: seam.Seam | None = None


def retargeted(
    source: Source, test: ast.FunctionDef, expectations: Sequence[tuple[Expected, Sequence[Moved]]], target: Target
) -> Retargeted:
    """Put the mock of one test's executor where the calls go now, and write what it expects as it comes there.

    What only runs a command is mocked where it does that, and asked for the same words and keywords; a native function
    is mocked itself, and asked for the arguments that they stand for.

    expectations: all of them that a moved call answers, each with the calls that it may come from. Raises Unfit when
    another call may reach the same mock, when its patch is not found, or when an expectation cannot be translated for
    certain.
    """
    every = [moved for _, some in expectations for moved in some]
    met = seam.shared(every, target)
    if met is None and len({moved.function for moved in every}) != 1:
        raise Unfit(Reason("several-functions", "its mock stands for several functions"))
    known = {id(expected.node) for expected, _ in expectations}
    edits, lines = _aimed(source, test, every, known, target, met)
    translate = translation.arguments if met is None else seam.expectation
    for expected, some in expectations:
        ways = {tuple(translate(source, expected, moved)) for moved in some}
        if len(ways) != 1:
            raise Unfit(Reason("expectation-not-sure", "it may come from several calls that differ"))
        edits += _written(source, expected.node, ways.pop(), target.width)
    return Retargeted(tuple(edits), frozenset(lines), met)


def asks(source: Source, test: ast.FunctionDef) -> bool:
    """Whether a test asks how often something was called."""
    text = source.whole(test)
    nodes = ast.walk(test) if any(word in text for word in _ASKING) else ()
    return any(isinstance(node, ast.Attribute) and node.attr in _ASKING for node in nodes)


def asked(source: Source, test: ast.FunctionDef, moved: Sequence[Moved], target: Target) -> Retargeted:
    """The same for a test that only asks whether, or how often, its mock was called. Raises Unfit."""
    met = seam.shared(moved, target)
    edits, lines = _aimed(source, test, moved, frozenset(), target, met)
    return Retargeted(tuple(edits), frozenset(lines), met)


def _aimed(
    source: Source,
    test: ast.FunctionDef,
    moved: Sequence[Moved],
    known: Collection[int],
    target: Target,
    met: seam.Seam | None,
) -> tuple[list[Edit], list[str]]:
    names = {one.outcome.site.callee.rpartition(".")[2] for one in moved}
    names |= {one.outcome.site.executor.rpartition(".")[2] for one in moved}
    found = [patch for patch in patches(test) if _attribute(patch) in names]
    if len(found) != 1:
        many = "more than once" if found else "in no place of its own"
        raise Unfit(Reason("patch-not-found", f"{test.name}() mocks {' or '.join(sorted(names))} {many}"))
    others = [node for node in others_of(test) if id(node) not in known]
    if others:
        raise Unfit(Reason("mixed-commands", f"line {others[0].lineno} expects another command of the same mock"))
    if met is None:
        return _patch(source, found[0], moved[0].function, target)
    edits, lines = _patch(source, found[0], met.name, target)
    off, more = inside.contexts_off_for(source, test, met.contexts, target)
    return [*edits, *off], [*lines, *more]


def mocks(test: ast.FunctionDef, site: Site) -> bool:
    """Whether a test puts something in the place of what a site was run by."""
    names = {name.rpartition(".")[2] for name in (site.callee, site.executor)}
    return any(_attribute(patch) in names for patch in patches(test))


def below(test: ast.FunctionDef, sites: Iterable[Site]) -> bool:
    """Whether a test mocks the library's executor, where wrappers call the privileged function before they come to it.

    Where a library's executor is taken as a value nothing stands above it.
    """
    made = [patch.node.args[0] for patch in patches(test) if patch.by_text]
    texts = {node.value for node in made if isinstance(node, ast.Constant)}
    return any(
        site.executor in texts and any(seam.kind != "value" and seam.name != site.executor for seam in site.seams)
        for site in sites
    )


def without(source: Source, node: ast.Call, keyword: ast.keyword, width: int) -> list[Edit]:
    """The edits that take one keyword out of a call. Raises Unfit."""
    given: list[ast.expr | ast.keyword] = [*node.args, *(word for word in node.keywords if word is not keyword)]
    ordered = sorted(given, key=lambda each: (each.lineno, each.col_offset))
    words = [reaching.argument(source, each) for each in ordered]
    return _replaced(source, node, [tokens.flat(word) for word in words], width)


def patches(test: ast.FunctionDef) -> Iterator[Patch]:
    """The patches that a test makes itself, in its decorators, `with` statements or setUp-like calls."""
    for node in ast.walk(test):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in _PATCHES and node.args:
                yield Patch(node, by_text=True)
            elif name in _OBJECTS and len(node.args) > 1:
                yield Patch(node, by_text=False)


def _attribute(patch: Patch) -> str:
    """What a patch puts its mock in the place of, without the module or class."""
    node = patch.node.args[0 if patch.by_text else 1]
    return str(node.value).rpartition(".")[2] if isinstance(node, ast.Constant) else ""


def others_of(test: ast.FunctionDef) -> Iterable[ast.Call]:
    """Calls that a test expects and that begin with a word of text, as a command does."""
    for node in ast.walk(test):
        if isinstance(node, ast.Call) and calls.is_expectation(node) and node.args:
            first = node.args[0]
            flagged = any(word.arg == "run_as_root" for word in node.keywords)
            if flagged or (isinstance(first, ast.Constant) and isinstance(first.value, str) and len(node.args) > 1):
                yield node


def _patch(source: Source, patch: Patch, function: str, target: Target) -> tuple[list[Edit], list[str]]:
    node = patch.node
    spare = node.args[1 if patch.by_text else 2 :]
    if spare or any(word.arg not in _ALLOWED for word in node.keywords):
        raise Unfit(Reason("stand-in", f"line {node.lineno} puts a stand-in of its own in the executor's place"))
    if patch.by_text:
        words, lines = [repr(function)], []
    else:
        module, _, name = function.rpartition(".")
        if module != target.module(module.rpartition(".")[2]):
            raise Unfit(Reason("patch-not-found", f"{module} is no module of {target.package}"))
        reach = reaching.reach(source, target, module.rpartition(".")[2], node)
        words, lines = [reach.name, repr(name)], [reach.line]
    words += [reaching.argument(source, word) for word in node.keywords]
    return _replaced(source, node, words, target.width), lines


def _written(source: Source, node: ast.Call, words: Sequence[str], width: int) -> list[Edit]:
    """The edits that give a call these arguments: each in the place of the one that it comes from, if that is plain."""
    every: list[ast.expr | ast.keyword] = [*node.args, *node.keywords]
    kept = [each for each in every if not isinstance(each, ast.keyword) or each.arg not in calls.ROOT]
    start, end = source.span(node)
    spans = [source.span(each) for each in every]
    plain = len(kept) == len(words) and spans == sorted(spans) and not tokens.comments(source.text[start:end])
    if not plain or not kept:
        return _replaced(source, node, [tokens.flat(word) for word in words], width)
    text, gap, left = source.text[start : spans[0][0]], "", iter(words)
    for number, (each, (first, last)) in enumerate(zip(every, spans, strict=True)):
        before = source.text[spans[number - 1][1] : first] if number else ""
        gap = before if "\n" in before or not gap else gap
        if each in kept:
            word = next(left)
            # A layout of its own stays where nothing changes.
            same = tokens.flat(word) == tokens.flat(source.text[first:last])
            text += (gap if each is not kept[0] else "") + (source.text[first:last] if same else word)
            gap = ""
    text += source.text[last:end]
    if flags.too_long(source, node, text, width):
        return _replaced(source, node, [tokens.flat(word) for word in words], width)
    _confirm(source, node, text)
    return [Edit(source.path, source.byte(start), source.byte(end), source.encode(text))]


def _replaced(source: Source, node: ast.Call, words: list[str], width: int) -> list[Edit]:
    callee = tokens.flat(source.text[slice(*source.span(node.func))])
    edits = reaching.replace(source, node, callee, words, width)
    _confirm(source, node, edits[-1].text.decode(source.encoding))
    return edits


def _confirm(source: Source, node: ast.Call, text: str) -> None:
    """The second opinion, where the call does not stand in a decorator, which is no statement."""
    if not any(isinstance(each, _FUNCTIONS) and node in each.decorator_list for each in ancestors(node, source.above)):
        proof.check(source, node, text)
