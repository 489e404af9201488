"""What a call runs: its argv, and what decides whether that is root."""

from __future__ import annotations

from migrator.understand.facts import bare, truth
from migrator.understand.symbols import Attr, Function, Invoke, Param
from migrator.understand.values import Branch, Const, Either, Map, Seq, Slice, Spread, Text, Value


class Flow:
    """One way in which a call runs a command, in terms of the parameters of the function that makes the call.

    argv: the words. root: the value that decides whether it is root. how: why it is, once that is certain: "flag",
    "entrypoint", "daemon", "sudo". keywords: what the executor is given beside the words. via: the wrappers on the way,
    nearest first. executor: the library function at the end, "" when the callee was not found. crossing: what the
    privsep entrypoint on the way is given beside the words, None when there is none.
    """

    __slots__ = ("argv", "crossing", "executor", "how", "keywords", "root", "via")

    def __init__(
        self,
        argv: Seq,
        root: Value,
        how: str,
        keywords: Map,
        via: tuple[Function, ...],
        executor: str,
        crossing: Map | None = None,
    ):
        self.argv = argv
        self.root = root
        self.how = how
        self.keywords = keywords
        self.via = via
        self.executor = executor
        self.crossing = crossing

    def under(self, root: Value, how: str | None = None) -> Flow:
        """The same, where something else decides whether it is root."""
        return Flow(self.argv, root, how or self.how, self.keywords, self.via, self.executor, self.crossing)


def as_argv(value: Value | None) -> Seq:
    """One value that holds a whole argv, as a Seq."""
    if value is None:
        return Seq(())
    inner = bare(value)
    if isinstance(inner, Seq):
        return inner
    if isinstance(inner, Text):
        known = inner.known
        if known is not None:
            return Seq(tuple(Text((word,)) for word in known.split()))
        head = inner.pieces[0] if inner.pieces else ""
        words = head.split() if isinstance(head, str) else []
        if isinstance(head, str) and words and not head.endswith(" "):
            words = words[:-1]
        return Seq((*(Text((word,)) for word in words), Spread(value)))
    return Seq((Spread(value),))


def as_given(arguments: tuple[Value, ...]) -> Seq:
    """The argv of a callee that is not known: its first argument when that is a list, else all of them."""
    if arguments and isinstance(bare(arguments[0]), Seq):
        return as_argv(arguments[0])
    return Seq(arguments)


def takes_tail(argv: Seq, key: object) -> bool:
    """Whether an argv ends in words that come from a list parameter of the function `key`."""
    items = list(argv.items)
    while items:
        last = items.pop()
        if isinstance(last, Spread):
            inner = bare(last.value)
            while isinstance(inner, Slice):
                inner = bare(inner.sequence)
            if isinstance(inner, Seq):
                if takes_tail(inner, key):
                    return True
                continue
            if isinstance(inner, Either):
                return any(takes_tail(as_argv(option), key) for option in inner.options)
            return _from_parameter(inner, key)
        if isinstance(last, Branch):
            if all(last.options) and any(takes_tail(Seq(option), key) for option in last.options):
                return True
            continue  # words that are there only sometimes: options that follow a command of its own
        return False
    return False


def distinct(flows: list[Flow]) -> list[Flow]:
    """Flows without repetitions: of the same executor, wrappers and number of words, where root is settled."""
    kept: list[Flow] = []
    seen: set[tuple[object, ...]] = set()
    for flow in flows:
        mark = (flow.executor, tuple(one.key for one in flow.via), len(flow.argv.items), truth(flow.root))
        if mark in seen and isinstance(flow.root, Const):
            continue
        seen.add(mark)
        kept.append(flow)
    return kept


def _from_parameter(value: Value, key: object) -> bool:
    value = bare(value)
    if isinstance(value, Param):
        return value.function.key == key
    if isinstance(value, Either):
        return any(_from_parameter(option, key) for option in value.options)
    if isinstance(value, Invoke):
        func = bare(value.func)
        if isinstance(func, Attr) and func.name == "split":
            return _from_parameter(func.base, key)
    return False
