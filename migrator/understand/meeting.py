"""What names stand for where several paths through a function meet."""

from __future__ import annotations

from collections.abc import Sequence

from migrator.understand.facts import as_map, bare, either, entry, same
from migrator.understand.symbols import Param, Unknown
from migrator.understand.values import ABSENT, Branch, Either, Env, Loop, Map, Seq, Spread, Value


def join(envs: Sequence[Env | None], test: Value | None, condition: str) -> Env | None:
    """The names where several paths meet; with a test, the first path is where it holds and the second where not."""
    met = [env for env in envs if env is not None]
    if len(met) < 2:
        return met[0] if met else None
    if len(met) != len(envs):
        test, condition = None, ""
    first = met[0]
    if all(env is first for env in met):
        return first
    joined: Env = {}
    for name in {name: None for env in met for name in env}:
        values = [env[name] for env in met if name in env]
        if all(value is values[0] for value in values):
            joined[name] = values[0]
        elif len(values) == len(met):
            joined[name] = _meet(values, test, condition)
        else:
            joined[name] = either(tuple(values))
    return joined


def _meet(values: list[Value], test: Value | None, condition: str) -> Value:
    inner = [bare(value) for value in values]
    if any(isinstance(value, Seq) for value in inner):
        inner = [Seq((Spread(one),)) if isinstance(one, (Param, Unknown)) else one for one in inner]
    if all(isinstance(value, Seq) for value in inner):
        return _meet_sequences([value for value in inner if isinstance(value, Seq)], test, condition)
    maps = [found for found in map(as_map, inner) if found is not None]
    if len(maps) == len(inner):
        return _meet_maps(maps, test, condition)
    return either(tuple(values), test if len(values) == 2 else None, condition)


def _meet_sequences(values: list[Seq], test: Value | None, condition: str) -> Value:
    """Sequences that share their beginning and end: what differs is a branch."""
    runs = [value.items for value in values]
    head = 0
    while all(head < len(run) for run in runs) and all(same(run[head], runs[0][head]) for run in runs[1:]):
        head += 1
    tail = 0
    while all(tail < len(run) - head for run in runs) and all(
        same(run[-1 - tail], runs[0][-1 - tail]) for run in runs[1:]
    ):
        tail += 1
    options = tuple(run[head : len(run) - tail] for run in runs)
    if not any(options):
        return values[0]
    ending = runs[0][len(runs[0]) - tail :] if tail else ()
    unique: list[tuple[Value, ...]] = []
    for option in options:
        if not any(len(option) == len(one) and all(map(same, option, one)) for one in unique):
            unique.append(option)
    if len(unique) != 2 or len(options) != 2:
        test = None
    return Seq((*runs[0][:head], Branch(tuple(unique), test, condition if test is not None else ""), *ending))


def _meet_maps(values: list[Map], test: Value | None, condition: str) -> Value:
    rest = values[0].rest
    if any(len(value.rest) != len(rest) or not all(map(same, value.rest, rest)) for value in values[1:]):
        return Either(tuple(values), test if len(values) == 2 else None, condition)
    entries: dict[str, Value] = {}
    for key in {key: None for value in values for key in value.entries}:
        below = Map({}, rest)
        options = tuple(value.entries.get(key, entry(below, key, ABSENT)) for value in values)
        entries[key] = either(options, test if len(values) == 2 else None, condition)
    return Map(entries, rest)


def repeated(before: Env, after: Env | None, target: str, iterable: str) -> Env:
    """The names after any number of turns of a loop, none included: what a turn adds to a list is a Loop."""
    if after is None:
        return before
    result: Env = {}
    for name, value in after.items():
        earlier = before.get(name)
        if earlier is None or earlier is value:
            result[name] = value
            continue
        old, new = bare(earlier), bare(value)
        if isinstance(old, Seq) and isinstance(new, Seq):
            count = len(old.items)
            if len(new.items) >= count and all(map(same, old.items, new.items[:count])):
                added = new.items[count:]
                if added and isinstance(added[0], Loop) and added[0].iterable == iterable:
                    added = added[1:] or added  # what an earlier turn has added
                if not added:
                    result[name] = earlier
                elif len(added) == 1 and isinstance(added[0], Loop) and added[0].iterable == iterable:
                    result[name] = value
                else:
                    result[name] = Seq((*old.items, Loop(added, target, iterable)))
                continue
        result[name] = _meet([earlier, value], None, "")
    return result
