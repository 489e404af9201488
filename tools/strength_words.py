"""The words of a call while tests run, and the call with one dropped, changed or swapped, in the project's Python."""

from __future__ import annotations

import itertools
import types
from collections.abc import Iterator
from functools import partial
from typing import Any

Point = dict[str, Any]  # of strength_places.Point
Mutation = dict[str, Any]  # of strength_judging.Mutant.order, and what the site's function has for its words
Identity = tuple[Any, ...]  # ("literal", text, number) or ("value", number), counted from the end
_CODE = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, partial, type)


def words(arguments: Any, here: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Each word of a call's positional arguments, also in lists and tuples, with the way there."""
    for number, value in enumerate(arguments):
        if isinstance(value, (list, tuple)):
            yield from words(value, (*here, number))
        elif value is not None and not isinstance(value, (bool, dict, *_CODE)):
            yield (*here, number), value


def identities(arguments: Any, literals: frozenset[str]) -> list[tuple[Identity, tuple[int, ...]]]:
    """What each word is called, whatever else a call has: counted from the end, as a wrapper puts words before them."""
    seen: dict[Any, int] = {}
    found: list[tuple[Identity, tuple[int, ...]]] = []
    for way, value in reversed(list(words(arguments))):
        known = isinstance(value, str) and value in literals
        key = ("literal", value) if known else ("value",)
        found.append(((*key, seen.setdefault(key, 0)), way))
        seen[key] += 1
    return found[::-1]


def changed(value: Any) -> Any:
    """Another value of its kind: a text that goes on, the next number."""
    if isinstance(value, bytes):
        return value + b"-changed"
    if isinstance(value, int) and not isinstance(value, bool):
        return value + 1
    return f"{value}-changed"


def mutated(arguments: Any, mutation: Mutation, literals: frozenset[str]) -> Any:
    """The arguments with a word dropped, changed, or two swapped; as they were where the call has no such word."""
    ways = dict(identities(arguments, literals))
    way, other = (ways.get(tuple(mutation.get(name) or ())) for name in ("word", "other"))
    if way is None or (mutation["act"] == "swap" and other is None):
        return arguments
    if mutation["act"] == "swap":
        assert other is not None
        first, second = _at(arguments, way), _at(arguments, other)
        return _put(_put(arguments, way, (second,)), other, (first,))
    return _put(arguments, way, () if mutation["act"] == "drop" else (changed(_at(arguments, way)),))


def _at(arguments: Any, way: tuple[int, ...]) -> Any:
    for number in way:
        arguments = arguments[number]
    return arguments


def _put(arguments: Any, way: tuple[int, ...], values: tuple[Any, ...]) -> Any:
    """A copy with other values in the place of one."""
    first, rest = way[0], way[1:]
    inside = (_put(arguments[first], rest, values),) if rest else values
    found = [*arguments[:first], *inside, *arguments[first + 1 :]]
    return found if isinstance(arguments, list) else tuple(found)


def command_call(point: Point, mutation: Mutation, arguments: Any, keywords: dict[str, Any]) -> tuple[Any, Any] | None:
    """The arguments of a call that takes the words themselves."""
    if mutation["act"] == "keyword":
        return arguments, {name: value for name, value in keywords.items() if name != mutation["name"]}
    return mutated(arguments, mutation, frozenset(point["literals"])), keywords


def function_call(point: Point, mutation: Mutation, arguments: Any, keywords: dict[str, Any]) -> tuple[Any, Any] | None:
    """The arguments of a call of a privileged function; None when another function is called in its place."""
    names, shift = point["parameters"], point["shift"]
    given = dict(zip(names, arguments[shift:], strict=False)) | keywords
    if point["words"] and mutation["act"] != "keyword":
        inner = given[point["words"]]
        given[point["words"]] = mutated(tuple(inner), mutation, frozenset(point["literals"]))
    else:
        altered = parameters(mutation, given)
        if altered is None:
            return None
        given = altered
    first = list(itertools.takewhile(lambda name: name in given and name not in keywords, names))
    rest = {name: value for name, value in given.items() if name not in first}
    return (*arguments[:shift], *(given[name] for name in first)), rest


def parameters(mutation: Mutation, given: dict[str, Any]) -> dict[str, Any] | None:
    """The parameters of a privileged function under a mutation of the command that it stands for; None where that is a
    word which its name says."""
    name, other = mutation["parameter"], mutation["other_parameter"]
    if mutation["act"] == "keyword":
        return {key: value for key, value in given.items() if key != mutation["name"]}
    if name not in given:
        return None if mutation["named"] else given
    if mutation["act"] == "swap":
        return given | {name: given[other], other: given[name]} if other in given else given
    if mutation["act"] == "drop":
        return {key: value for key, value in given.items() if key != name}
    return given | {name: changed(given[name])}
