"""How much each filter grants to whoever is the service's user, and whether all of them together make it root."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from migrator.rootwrap import patterns
from migrator.rootwrap.admission import admitted
from migrator.rootwrap.conditions import matches
from migrator.rootwrap.crafted import Crafted, behind_env, crafted
from migrator.rootwrap.filters import Filter
from migrator.rootwrap.programs import table
from migrator.rootwrap.programs.gain import Gain, Level, Power

# A KillFilter knows a process by its executable, and these run all kinds of things.
_INTERPRETER = re.compile(r"(python|perl|ruby|bash|sh|dash|java|node|busybox)[\d.]*")
_THEIRS = "/tmp/d/"  # a folder of the service's user
_ROOTS = ("/etc/passwd", "/dev/sda")
_CHAIN = Power(
    Gain.RUNS,
    "",
    "oslo_rootwrap/filters.py, exec_args",
    "the inner program is compared by its name without the folder, and run with it",
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How much a filter grants. why: in words, a sentence without its full stop.

    ways: what it admits to get something out of it, the most first; () where nothing of the kind is known. unknown: its
    program is not in the table. remarks: what else is odd about it.
    """

    filter: Filter
    level: Level
    why: str
    ways: tuple[Crafted, ...] = ()
    unknown: bool = False
    remarks: tuple[str, ...] = ()

    @property
    def gain(self) -> Gain | None:
        return self.ways[0].power.gain if self.ways else None


def audited(filters: Sequence[Filter]) -> tuple[Verdict, ...]:
    """The verdict on each filter, in their order; a chaining one is judged with the others."""
    return tuple(replace(_audited(one, filters), remarks=tuple(_remarks(one, filters))) for one in filters)


def _audited(one: Filter, filters: Sequence[Filter]) -> Verdict:
    if one.chaining:
        return _chaining(one, filters)
    if one.kind == "KillFilter":
        return _killing(one)
    powers = _powers(one)
    ways = tuple(each for each in crafted(one, powers) if admitted(filters, each.argv) is not None)
    if one.run_as != "root":
        text = f"it runs as {one.run_as}, not as root; but rootwrap leaves it root's groups"
        return Verdict(one, Level.BOUNDED, text, ways)
    if not powers:
        return Verdict(one, Level.BROAD, "its program is not in the table: treated as broad", unknown=True)
    if _exact(one) and not (ways and ways[0].power.gain.weight <= Gain.READS.weight):
        return Verdict(one, Level.EXACT, "it admits one command line", ways)
    if ways:
        return Verdict(one, ways[0].power.gain.level, ways[0].power.gain.value, ways)
    if os.path.basename(one.executable) == "privsep-helper":
        return Verdict(one, Level.BROAD, f"whatever the functions of {_context(one)} do: `privmigrate verify` tells")
    if any(power.gain.level < Level.BOUNDED for power in powers) and _takes_any_path(one):
        text = "a word may be any path, and what that comes to is not in the table, which has worse of the program"
        return Verdict(one, Level.BROAD, text)
    return Verdict(one, Level.BOUNDED, "some words vary, but the table has no way to misuse it that is admitted")


def _takes_any_path(one: Filter) -> bool:
    """Whether one of the words that vary may be a path of root's, be it behind `of=`."""
    if one.kind == "PathFilter":
        return any(arg == "pass" or arg == "/" for arg in one.args)
    if one.kind != "RegExpFilter":
        return True
    if os.path.basename(behind_env(one)[1] or one.executable) in table.TELLING and not _takes_options(one):
        return False
    for pattern in one.args:
        starts = {"", *(sample[: sample.rfind("=") + 1] for sample in patterns.samples(pattern))}
        if any(next(patterns.places(pattern, start, "", _ROOTS), None) for start in starts):
            return True
    return False


def _takes_options(one: Filter) -> bool:
    """Whether a word that varies may be an option."""
    return any(patterns.fixed(pattern) is None and matches(pattern, "--x") for pattern in one.args)


def _context(one: Filter) -> str:
    """The privsep context that a filter lets be started, as far as it names one."""
    return next(
        (word.replace("\\.", ".") for word in one.args if re.fullmatch(r"[\w.\\]+\.[\w.\\]+", word)), "a context"
    )


def _powers(one: Filter) -> tuple[Power, ...]:
    """What the table has of a filter's program, and of the variables that it lets through."""
    names, program = behind_env(one)
    found = [power for name in names if (power := table.through(name[:-1])) is not None]
    own = table.powers(program or one.executable)
    return tuple(sorted((*own, *found), key=lambda power: power.gain.weight))


def _killing(one: Filter) -> Verdict:
    program, *signals = one.args
    which = f"signal {', '.join(signals)}" if signals else "the signal that ends a process"
    name = os.path.basename(program)
    if _INTERPRETER.fullmatch(name):
        text = f"{which} to every process that {name} runs, other services and daemons of root's with them"
        return Verdict(one, Level.BROAD, text)
    return Verdict(one, Level.BOUNDED, f"{which} to processes of {program} only")


def _chaining(one: Filter, filters: Sequence[Filter]) -> Verdict:
    """It runs what another filter admits, and takes that filter's word for the program's name only."""
    if one.kind == "ChainingFilter":
        return Verdict(one, Level.EXACT, "it admits nothing: rootwrap finds no inner command in this class")
    for argv in _chained(one, filters):
        way = admitted(filters, argv)
        if way is not None and way.filter == one and one.run_as == "root":
            ways = (Crafted(_CHAIN, tuple(argv)),)
            return Verdict(one, Level.ROOT, Gain.RUNS.value, ways)
    return Verdict(one, Level.BOUNDED, "it runs what another filter admits, and none does")


def _chained(one: Filter, filters: Sequence[Filter]) -> Iterator[list[str]]:
    if one.kind == "IpNetnsExecFilter":
        outer = ["ip", "netns", "exec", "x"]
    else:
        outer = [next(iter(patterns.samples(pattern)), "") for pattern in one.args]
    for leaf in filters:
        if leaf.chaining or leaf.run_as != one.run_as:
            continue
        name = os.path.basename(leaf.executable)
        inner = [[name], *(list(each.argv) for each in crafted(leaf, _powers(leaf)))]
        inner += [[next(iter(patterns.samples(each)), "") for each in leaf.args]] if leaf.kind == "RegExpFilter" else []
        for words in inner:
            if words[:1] == [name]:
                yield [*outer, _THEIRS + name, *words[1:]]


def _exact(one: Filter) -> bool:
    if one.kind == "RegExpFilter":
        return all(patterns.fixed(pattern) is not None for pattern in one.args)
    if one.kind == "PathFilter":
        return not any(arg == "pass" or os.path.isabs(arg) for arg in one.args)
    return one.kind == "ReadFileFilter"


def _remarks(one: Filter, filters: Sequence[Filter]) -> Iterator[str]:
    before = next((each for each in filters if each.kind == "EnvFilter" or each is one), one)
    if one.kind == "RegExpFilter" and one.args[:1] == ("env",) and before is not one:
        yield f"it admits nothing: {before.name}, an EnvFilter before it, takes `env` away from what it sees"
    if one.kind == "RegExpFilter":
        yield from filter(None, map(patterns.open_ended, one.args))
    if one.kind == "PathFilter":
        for arg in one.args:
            if os.path.isabs(arg) and ("(" in arg or "*" in arg):
                yield f"a PathFilter knows no patterns: {arg!r} is the name of a folder, which hardly is there"
    if one.kind == "CommandFilter" and one.args:
        yield f"a CommandFilter takes no notice of {', '.join(one.args)}: any words are admitted"
