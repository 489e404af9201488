"""Functions that stand between an executor and a privileged function: they take argv, and keep no privilege."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from migrator.decide.expressions import is_literal
from migrator.decide.narrow import WORDS
from migrator.decide.options import SETTINGS, default
from migrator.model import Outcome
from migrator.rewrite.homes import Home, Module
from migrator.rewrite.reflow import reflow
from migrator.rewrite.target import Target

SUFFIX = "_argv"
_MOST_NAMES = 99


@dataclass(frozen=True)
class Adapter:
    """An undecorated function of the privsep package; present: it is there already."""

    area: str
    name: str
    text: str
    imports: tuple[str, ...]
    present: bool


def settle(
    wanted: Iterable[tuple[Outcome, Home]], modules: Mapping[str, Module], target: Target
) -> dict[tuple[Home, tuple[str, ...], tuple[str, ...]], Adapter]:
    """An adapter for each home, pattern and way of handing words over; see key_of()."""
    found: dict[tuple[Home, tuple[str, ...], tuple[str, ...]], Adapter] = {}
    given: dict[tuple[str, str], str] = {}
    ordered = sorted(wanted, key=lambda pair: (pair[1].area, pair[1].name, pair[0].pattern))
    for outcome, home in ordered:
        key = key_of(outcome, home)
        if key in found:
            continue
        module = modules.get(home.area)
        for number in range(1, _MOST_NAMES):
            name = home.name + SUFFIX + (f"_{number}" if number > 1 else "")
            text, imports = _text(name, outcome, home, target)
            there = module.functions.get(name) if module else None
            if there is not None:
                if _same(there, text):
                    found[key] = Adapter(home.area, name, text, imports, present=True)
                    break
                continue
            if (module and name in module.bound) or given.get((home.area, name), text) != text:
                continue
            given[home.area, name] = text
            found[key] = Adapter(home.area, name, text, imports, present=False)
            break
    return found


def adapted(node: ast.stmt) -> str:
    """The function of its module that an adapter hands an executor's argv to, "" for anything that is none."""
    if (
        not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        or node.decorator_list
        or not (node.args.vararg and node.args.kwarg)
    ):
        return ""
    last = node.body[-1]
    called = last.value.func if isinstance(last, ast.Return) and isinstance(last.value, ast.Call) else None
    return called.id if isinstance(called, ast.Name) and not node.args.args else ""


def key_of(outcome: Outcome, home: Home) -> tuple[Home, tuple[str, ...], tuple[str, ...]]:
    """What decides which adapter a site needs."""
    return home, outcome.pattern, tuple(_arguments(outcome))


def _arguments(outcome: Outcome) -> list[str]:
    """The arguments of the privileged call, as the adapter gives them."""
    settings = {option.name for option in outcome.site.options} | SETTINGS
    found = []
    for argument in outcome.arguments:
        code = argument.code
        if argument.name in settings and not is_literal(code):
            code = f"options.get({argument.name!r}, {default(argument.name)!r})"
        found.append(f"{argument.name}={code}")
    return found


def _text(name: str, outcome: Outcome, home: Home, target: Target) -> tuple[str, tuple[str, ...]]:
    command = f"{target.package}.command" if target.imports.full else "command"
    signature = home.spelled.parameters
    defaults = _with_default(home)
    given = dict(argument.split("=", 1) for argument in _arguments(outcome))
    if outcome.pattern:
        pattern = ", ".join(map(repr, outcome.pattern))
        varying = any(re.search(r"words\[", code) for code in given.values())
        first = (
            f"    {WORDS} = {command}.operands(argv, {pattern})\n"
            if varying
            else (f"    {command}.operands(argv, {pattern})\n")
        )
    else:
        first = ""
        given[WORDS] = "[str(word) for word in argv]"
    handed = [f"{one}={given[one]}" if one in defaults else given[one] for one in signature if one in given]
    text = (
        f"def {name}(*argv, **options):\n"
        f'    """Hand the words of a command on to {home.name}()."""\n'
        f"{first}"
        f"    return {home.name}({', '.join(handed)})\n"
    )
    line = f"import {command}" if target.imports.full else f"from {target.package} import command"
    imports = (line,) if outcome.pattern else ()
    return reflow(text, target.width), imports


def _with_default(home: Home) -> set[str]:
    function = ast.parse(home.spelled.text).body[0]
    assert isinstance(function, ast.FunctionDef)
    positional = [*function.args.posonlyargs, *function.args.args]
    return {one.arg for one in positional[len(positional) - len(function.args.defaults) :]} | {
        one.arg for one in function.args.kwonlyargs
    }


def _same(there: ast.FunctionDef, text: str) -> bool:
    ours = ast.parse(text).body[0]
    return ast.dump(there) == ast.dump(ours)
