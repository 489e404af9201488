"""rewrite -i: show each change and ask whether to make it."""

from __future__ import annotations

import builtins
import keyword
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from migrator.commands.choosing import companions
from migrator.commands.decisions import Memory, key
from migrator.model import Outcome, Privileged
from migrator.report.text import clean, command
from migrator.rewrite import imports
from migrator.rewrite.diff import coloured, unified
from migrator.rewrite.rewriting import Rewriting
from migrator.rewrite.spelling import PLACEHOLDER, renamed
from migrator.understand.notation import spelled

_HELP = """\
  y  make this change
  n  leave this call
  e  give the privileged function another name, at all of its calls
  f  show the privileged function
  s  leave this call and all that follow in its file
  q  stop asking: what was accepted so far counts, the rest is left
"""
_CONTEXT = 2  # lines around a change that are shown
_PLACES = 3  # calls that are named
_ONLY_PYTHON2 = frozenset({"print", "exec"})


Rewrite = Callable[[Sequence[Outcome]], Rewriting]


@dataclass(frozen=True)
class _Session:
    """What one run asks about; whole: the rewrite of everything, from which the calls that move are known.

    rewrite: computes the rewrite of some outcomes, as `whole` was.
    """

    whole: Rewriting
    rewrite: Rewrite
    memory: Memory
    coloured: bool

    @cached_property
    def outcomes(self) -> list[Outcome]:
        return [moved.outcome for moved in self.whole.moved]

    @cached_property
    def _companions(self) -> dict[str, tuple[Outcome, ...]]:
        return companions(self.outcomes)

    def with_companions(self, outcome: Outcome) -> tuple[Outcome, ...]:
        """The outcome and those that can only move together with it."""
        return self._companions.get(outcome.site.id, (outcome,))


def decided(whole: Rewriting, rewrite: Rewrite, memory: Memory, in_colour: bool) -> tuple[Rewriting, list[Outcome]]:
    """The rewriting of what the user accepts, now or in an earlier session, and the outcomes that they do not.

    Questions go to standard error, answers come from standard input, line by line; its end is as good as `q`. Each
    answer is remembered at once, so that Ctrl-C (KeyboardInterrupt goes on) loses none.
    """
    session = _Session(whole, rewrite, memory, in_colour)
    open_ones = [outcome for outcome in session.outcomes if memory.answer(outcome) is None]
    known = len(session.outcomes) - len(open_ones)
    if known:
        _say(f"{known} of {len(session.outcomes)} changes were decided before; --forget asks for them again\n")
    for number, outcome in enumerate(open_ones, 1):
        if memory.answer(outcome) is None and not _asked(session, outcome, f"{number}/{len(open_ones)}"):
            break
    accepted = [outcome for outcome in session.outcomes if memory.answer(outcome)]
    done = rewrite([_renamed(outcome, memory) for outcome in accepted])
    declined = [outcome for outcome in session.outcomes if not memory.answer(outcome)]
    return replace(done, left=(*whole.left, *done.left)), declined


def _asked(session: _Session, outcome: Outcome, position: str) -> bool:
    """Ask for one change until it is decided; False when the user wants no more questions."""
    memory = session.memory
    _show(session, outcome, position)
    while True:
        answer = _answer("move this call? [y,n,e,f,s,q,?] ")
        if answer is None or answer == "q":
            return False
        if answer in ("y", "n"):
            memory.record(session.with_companions(outcome), answer == "y")
            return True
        if answer == "s":
            same = [one for one in session.outcomes if one.site.path == outcome.site.path]
            open_ones = [one for one in same if memory.answer(one) is None]
            memory.record((each for one in open_ones for each in session.with_companions(one)), False)
            return True
        if answer == "e":
            if not _named(session, outcome):
                return False
            _show(session, outcome, position)
        elif answer == "f":
            _say(_renamed_source(outcome, memory))
        else:
            _say(_HELP)


def _show(session: _Session, outcome: Outcome, position: str) -> None:
    site = outcome.site
    group = session.with_companions(outcome)
    alone = session.rewrite([_renamed(one, session.memory) for one in group])
    shown = alone if alone.moved else session.whole
    name = next((one.function for one in shown.moved if one.outcome.site.id == site.id), "")
    lines = [
        f"({position}) {clean(site.path)}:{site.line}: {command(spelled(site.command.words), 72)}",
        f"  {outcome.rung.value}: {name}",
    ]
    lines += [f"  {one.code}: {one.text}" for one in outcome.reasons if one.code != "not-by-rule"]
    others = [f"{clean(one.site.path)}:{one.site.line}" for one in group if one is not outcome]
    if others:
        more = f" and {len(others) - _PLACES} more" if len(others) > _PLACES else ""
        lines.append(f"  together with {', '.join(others[:_PLACES])}{more}")
    here = {os.path.abspath(one.site.path) for one in group}
    beside = [clean(one.path) for one in shown.changes if os.path.abspath(one.path) not in here]
    if beside:
        lines.append(f"  and in {', '.join(beside)}")
    diff = "".join(
        unified(one.path, one.old, one.new, _CONTEXT) for one in shown.changes if os.path.abspath(one.path) in here
    )
    _say("\n" + "\n".join(lines) + f"\n{coloured(diff) if session.coloured else diff}")


def _named(session: _Session, outcome: Outcome) -> bool:
    """Ask for a name until it fits; an empty one changes nothing. False at the end of input."""
    assert outcome.function is not None
    now = session.memory.names.get(key(outcome.function), outcome.function.name)
    while True:
        name = _answer(f"name of the function [{now}]: ")
        if name is None:
            return False
        if name in ("", now):
            return True
        fault = _unfit(session, outcome, name)
        if not fault:
            session.memory.rename(outcome.function, name)
            return True
        _say(f"  {fault}\n")


def _unfit(session: _Session, outcome: Outcome, name: str) -> str:
    """Why the function cannot be called that; "" when it can."""
    function = outcome.function
    assert function is not None
    if not (name.isidentifier() and name.isascii()) or keyword.iskeyword(name) or name in _ONLY_PYTHON2:
        return f"{clean(name)} is no name that a function can have"
    if hasattr(builtins, name):
        return f"{name} is built into Python, and the functions beside it may read it"
    others = {one.function for one in session.outcomes if one.function} - {function}
    if any(one.module == function.module and _name(one, session.memory) == name for one in others):
        return f"another function of {function.module} gets the name {name}"
    lines = {line for one in (function, *others) if one.module == function.module for line in one.imports}
    if any(name in imports.bound(imports.parse_line(line.replace(PLACEHOLDER, "privsep"))) for line in lines):
        return f"{name} is what functions of {function.module} import"
    moved = session.rewrite([replace(outcome, function=renamed(function, name))]).moved
    if moved and moved[0].function.rpartition(".")[2] != name:
        return f"{name} stands for something else in {moved[0].function.rpartition('.')[0]}"
    return ""


def _name(function: Privileged, memory: Memory) -> str:
    return memory.names.get(key(function), function.name)


def _renamed(outcome: Outcome, memory: Memory) -> Outcome:
    function = outcome.function
    assert function is not None
    name = _name(function, memory)
    return outcome if name == function.name else replace(outcome, function=renamed(function, name))


def _renamed_source(outcome: Outcome, memory: Memory) -> str:
    function = _renamed(outcome, memory).function
    assert function is not None
    return function.source if function.source.endswith("\n") else function.source + "\n"


def _answer(question: str) -> str | None:
    """One line of standard input without the blanks around it; None at its end."""
    _say(question)
    try:
        line = sys.stdin.readline() if sys.stdin is not None else ""
    except UnicodeDecodeError:
        return "?"
    if not line:
        _say("\n")
        return None
    return line.strip()


def _say(text: str) -> None:
    print(text, end="", file=sys.stderr, flush=True)
