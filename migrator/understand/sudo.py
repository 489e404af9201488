"""Commands that start with sudo or a root helper, and so are root whatever a flag says."""

from __future__ import annotations

import ast

from migrator.understand.executors import BECOME_ROOT, ROOT_HELPER
from migrator.understand.facts import bare, either, truth
from migrator.understand.flows import Flow, as_argv
from migrator.understand.resolve import Resolver
from migrator.understand.symbols import Attr, Global, Invoke, Named, Param, Unknown
from migrator.understand.values import FALSE, TRUE, Branch, Either, Logic, Loop, Seq, Spread, Text, Value


def written_as_root(argument: ast.expr) -> bool:
    """Whether an argument is a text, or a list of texts, that starts with sudo."""
    if isinstance(argument, (ast.List, ast.Tuple)) and argument.elts:
        argument = argument.elts[0]
    if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
        return False
    return argument.value.split(" ")[0].rpartition("/")[2] in BECOME_ROOT


def becomes_root(argv: Seq, resolver: Resolver, depth: int = 0) -> Value | None:
    """What decides that an argv starts with sudo or a root helper; None when it does not."""
    for first in argv.items[:1]:
        if isinstance(first, Spread):
            inner = bare(first.value)
            if isinstance(inner, Seq) and depth < 4:
                return becomes_root(inner, resolver, depth + 1)
            if isinstance(inner, Either) and depth < 4:
                return _either_root(
                    [becomes_root(as_argv(option), resolver, depth + 1) for option in inner.options], inner.test
                )
            return TRUE if _mentions_helper(first.value) else None
        if isinstance(first, Branch):
            rest = argv.items[1:]
            found = [becomes_root(Seq((*option, *rest)), resolver, depth + 1) for option in first.options]
            return _either_root(found, first.test)
        if isinstance(first, Loop):
            return None
        inner = bare(first)
        if isinstance(inner, (Attr, Global)):
            inner = next((one for one in resolver.concrete(inner) if isinstance(one, Text)), inner)
        if isinstance(inner, Either):
            return _either_root(
                [TRUE if _starts_as_root(bare(option)) else None for option in inner.options], inner.test
            )
        if _starts_as_root(inner) or (isinstance(inner, (Attr, Global, Invoke)) and _mentions_helper(first)):
            return TRUE
    return None


def raised(flow: Flow, resolver: Resolver) -> Flow:
    """A command that starts with sudo or a root helper is root whatever the flag says."""
    if truth(flow.root) is True:
        return flow
    by_prefix = becomes_root(flow.argv, resolver)
    if by_prefix is None:
        return flow
    root = by_prefix if truth(flow.root) is False else Logic("or", (by_prefix, flow.root))
    if not _literally(flow.argv, resolver):
        argv = _without_helper(flow.argv)
        return Flow(argv, root, flow.how, flow.keywords, flow.via, flow.executor, flow.crossing)
    return flow.under(root, "sudo")


def _literally(argv: Seq, resolver: Resolver, depth: int = 0) -> bool:
    """Whether sudo itself is what an argv may start with, and not a root helper from the configuration."""
    first = argv.items[0] if argv.items else None
    if isinstance(first, Spread):
        inner = bare(first.value)
        return isinstance(inner, Seq) and depth < 4 and _literally(inner, resolver, depth + 1)
    if isinstance(first, Branch):
        return any(_literally(Seq(option), resolver, depth + 1) for option in first.options if option and depth < 4)
    if first is None or isinstance(first, Loop):
        return False
    options = first.options if isinstance(first, Either) else (first,)
    return any(_starts_as_root(bare(one)) for option in options for one in resolver.concrete(option))


def _either_root(found: list[Value | None], test: Value | None) -> Value | None:
    if not any(found):
        return None
    if all(one is not None and truth(one) is True for one in found):
        return TRUE
    if len(found) == 2:
        return either((found[0] or FALSE, found[1] or FALSE), test)
    return Either(tuple(one or FALSE for one in found))


def _without_helper(argv: Seq) -> Seq:
    """An argv without the root helper in front: that is how root is got, not what is run."""
    first = argv.items[0] if argv.items else None
    if isinstance(first, Spread):
        inner = bare(first.value)
        if isinstance(inner, Seq):
            return Seq((*_without_helper(inner).items, *argv.items[1:]))
        return Seq(argv.items[1:])
    if isinstance(first, Branch):
        options = tuple(_without_helper(Seq(option)).items if option else option for option in first.options)
        if not any(options):
            return Seq(argv.items[1:])
        return Seq((Branch(options, first.test, first.condition), *argv.items[1:]))
    return Seq(argv.items[1:])


def _mentions_helper(value: Value) -> bool:
    """Whether the source of a value speaks of a root helper."""
    while True:
        if isinstance(value, (Named, Unknown, Invoke)):
            code = value.frame.code(value.node)
            if any(word in code for word in ROOT_HELPER):
                return True
        if isinstance(value, Named):
            value = value.value
            continue
        if isinstance(value, Invoke):
            return any(_mentions_helper(argument) for argument in value.arguments if not isinstance(argument, Spread))
        if isinstance(value, Attr):
            return any(word in value.name for word in ROOT_HELPER)
        if isinstance(value, Param):
            return "root_helper" in value.name
        return False


def _starts_as_root(value: Value) -> bool:
    if isinstance(value, Text) and value.pieces and isinstance(value.pieces[0], str):
        words = value.pieces[0].split()
        return bool(words) and words[0].rpartition("/")[2] in BECOME_ROOT
    return False
