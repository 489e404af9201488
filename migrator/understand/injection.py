"""Executors that can be another one at run time: handed in by a caller, set on the object, overridden in a subclass."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migrator.understand.evaluate import evaluate
from migrator.understand.facts import bare
from migrator.understand.symbols import Attr, Class, Function, Instance, Param
from migrator.understand.values import Value

if TYPE_CHECKING:
    from migrator.understand.calls import Calls
    from migrator.understand.events import Event


def injected(calls: Calls, event: Event) -> tuple[str, ...]:
    """One sentence when the callee may be another executor than the one that was found; else nothing."""
    func = bare(evaluate(event.node.func, event.env, event.frame))
    if isinstance(func, Param):
        return (f"the executor is the parameter {func.name}, which a caller may set",)
    if not isinstance(func, Attr):
        return ()
    base = bare(func.base)
    if isinstance(base, Instance):
        key = (base.of.source.path, base.of.definition.start, func.name)
        if key not in calls.injected:
            calls.injected[key] = _rebound(calls, base.of, func.name)
        return calls.injected[key]
    return ()


def _rebound(calls: Calls, of: Class, name: str) -> tuple[str, ...]:
    resolver = calls.resolver
    lineage, _ = resolver.classes.lineage(of)
    found: list[Value] = []
    for one in lineage:
        for value in resolver.classes.set_attributes(one, name):
            found.extend(resolver.concrete(value))
    if any(isinstance(value, Param) for value in found):
        return (f"self.{name} is set from a parameter, so that a caller may give another executor",)
    if len({value.key for value in found if isinstance(value, Function)}) > 1:
        return (f"self.{name} is set to one of several executors",)
    other = _in_subclass(calls, of, name)
    return (f"self.{name} is another one in {other}",) if other else ()


def _in_subclass(calls: Calls, of: Class, name: str) -> str:
    """The first class that inherits from `of` and sets or overrides the attribute; "" when there is none."""
    heirs = calls.setting.get(name)
    if heirs is None:
        heirs = calls.setting[name] = _setting(calls, name)
    own, _ = calls.resolver.classes.lineage(of)
    for one in heirs.get((of.source.path, of.definition.start), ()):
        if not any(above.definition is one.definition for above in own):
            return f"{one.source.module}.{one.definition.qualname}"
    return ""


def _setting(calls: Calls, name: str) -> dict[tuple[str, int], list[Class]]:
    """The classes that set or override an attribute, by each class that they inherit from, in the order of the files.

    Made once for a name and not for each class: else a tree of twice the size would take four times as long.
    """
    resolver, tree = calls.resolver, calls.resolver.tree
    setting, defining = f"self.{name} =", f"def {name}("
    pattern = re.compile(rf"{re.escape(setting)}|{re.escape(defining)}")
    named = tree.store.holding(name.encode())
    holding = {*tree.store.among(named, setting.encode()), *tree.store.among(named, defining.encode())}
    heirs: dict[tuple[str, int], list[Class]] = {}
    for path in sorted(holding):
        source = tree.source(path)
        if source is None:
            continue
        for match in source.outline.segments(pattern):
            definition = source.outline.enclosing(match.start() if match.group() == setting else match.start() - 1)
            while definition is not None and not definition.is_class:
                definition = definition.parent
            if definition is None:
                continue
            heir = Class(source, definition)
            for above in resolver.classes.lineage(heir)[0]:
                heirs.setdefault((above.source.path, above.definition.start), []).append(heir)
    return heirs
