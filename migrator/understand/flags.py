"""The decision to be root as code carries it: keywords, parameters and tests that are flags."""

from __future__ import annotations

from migrator.understand.executors import FLAGS
from migrator.understand.facts import bare
from migrator.understand.symbols import Function, Param
from migrator.understand.values import Callable, Const, Either, Entry, Has, Logic, Map, Starts, Value


def flag_parts(value: Value, holds: bool) -> list[Value]:
    """What a condition that holds (or does not) says of the decision to be root, and nothing else that it says."""
    inner = bare(value)
    if isinstance(inner, Logic):
        if inner.operator == "not":
            return flag_parts(inner.operands[0], not holds)
        if (inner.operator == "and") is holds:
            return [part for operand in inner.operands for part in flag_parts(operand, holds)]
        if not all(_mentions_flag(operand) for operand in inner.operands):
            return []  # that it failed may have had another cause
    if not _mentions_flag(inner):
        return []
    return [inner if holds else Logic("not", (inner,))]


def is_flag_name(name: str) -> bool:
    """Whether a parameter or keyword of this name decides on root."""
    return name in FLAGS or name.endswith("as_root") or "sudo" in name


def given_flag(keywords: Map) -> tuple[str, Value] | None:
    """The root flag that a call gives by keyword."""
    for name in FLAGS:
        if name in keywords.entries:
            return name, keywords.entries[name]
    for name, value in keywords.entries.items():
        if is_flag_name(name):
            return name, value
    return None


def parameter_of(value: Value) -> Param | None:
    """The parameter that a value is, or is an entry of."""
    value = bare(value)
    if isinstance(value, Param):
        return value
    if isinstance(value, (Entry, Has)):
        return parameter_of(value.mapping)
    return None


def deciding(root: Value) -> list[Value]:
    """The values that decide on root, but for constants."""
    root = bare(root)
    if isinstance(root, Logic):
        return [leaf for operand in root.operands for leaf in deciding(operand)]
    if isinstance(root, Either):
        found = [leaf for option in root.options for leaf in deciding(option)]
        tested = deciding(root.test) if root.test is not None else []
        return found + [leaf for leaf in tested if is_flag(leaf)]
    return [] if isinstance(root, (Const, Callable)) else [root]


def is_flag(leaf: Value) -> bool:
    """Whether a value is a root flag of the function around it: a parameter by its name, or a key of its `**`."""
    parameter = parameter_of(leaf)
    return parameter is not None and (parameter.star == "**" or is_flag_name(parameter.name))


def flag_parameters(root: Value, function: Function) -> list[Param]:
    """The parameters of a function, but for `**`, that decide on root."""
    found = [parameter_of(leaf) for leaf in deciding(root)]
    return [one for one in found if one is not None and one.star == "" and one.function.key == function.key]


def _mentions_flag(value: Value) -> bool:
    """Whether a condition speaks of the decision to be root."""
    value = bare(value)
    if isinstance(value, Logic):
        return any(_mentions_flag(operand) for operand in value.operands)
    if isinstance(value, (Entry, Has)):
        return is_flag_name(value.key)
    if isinstance(value, Callable):
        return _mentions_flag(value.value)
    if isinstance(value, Param):
        return is_flag_name(value.name)
    return isinstance(value, Starts)
