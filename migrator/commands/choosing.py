"""--only and --skip: which sites a rewrite may touch, by rule, program, path, glob or PATH:LINE."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from migrator.fault import Fault
from migrator.model import Outcome, Privileged
from migrator.understand.walk import shown, spelled

_PLACE = re.compile(r"(?P<path>.+?):(?P<line>[1-9][0-9]*)(:[0-9]+)?")
_MOST_LINES = 8


def chosen(
    outcomes: Sequence[Outcome], only: Sequence[str], skip: Sequence[str]
) -> tuple[list[Outcome], list[Outcome]]:
    """The outcomes that may be rewritten, and the others; both in order.

    A word is a rule ("chown.chown"), a program ("chown"), a path (a file, or a folder with all below it), a glob over
    paths ("nova/virt/*", where * takes slashes too) or a call ("nova/utils.py:42", any of its lines). Raises Fault for
    a word that fits no call: it is mistyped, and what it was meant to keep back would be changed. Calls that can only
    move together (see companions) are all taken by a word that fits one of them.
    """
    wanted = set(range(len(outcomes))) if not only else _fitting("--only", only, outcomes)
    wanted -= _fitting("--skip", skip, outcomes)
    inside = [outcome for number, outcome in enumerate(outcomes) if number in wanted]
    return inside, [outcome for number, outcome in enumerate(outcomes) if number not in wanted]


def companions(outcomes: Iterable[Outcome]) -> dict[str, tuple[Outcome, ...]]:
    """Site id -> the calls that move together with it, itself among them; only where there are others.

    The call inside a wrapper that is root by itself becomes a call of one function for all commands that the wrapper
    is given: its callers have the same function, and none of them can move or stay alone.
    """
    sharing: dict[Privileged, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.function is not None:
            sharing.setdefault(outcome.function, []).append(outcome)
    together = (some for some in sharing.values() if len(some) > 1 and any(one.site.takes_argv for one in some))
    return {one.site.id: tuple(some) for some in together for one in some}


def _fitting(option: str, words: Iterable[str], outcomes: Sequence[Outcome]) -> set[int]:
    families = companions(outcomes)
    numbers = {outcome.site.id: number for number, outcome in enumerate(outcomes)}
    found: set[int] = set()
    for word in words:
        fitting = _by_word(word, outcomes)
        if not fitting:
            raise Fault(f"{option} {shown(word)}: {_nothing(word, outcomes)}")
        found |= fitting
        for number in fitting:
            found |= {numbers[one.site.id] for one in families.get(outcomes[number].site.id, ())}
    return found


def _by_word(word: str, outcomes: Sequence[Outcome]) -> set[int]:
    """Numbers of the outcomes that a word fits. A rule comes before a program, and that before a path."""
    place = _PLACE.fullmatch(word)
    if place:
        path, line = spelled(place["path"], os.getcwd()), int(place["line"])
        return {
            number
            for number, one in enumerate(outcomes)
            if one.site.path == path and one.site.line <= line <= one.site.end_line
        }
    by_rule = {number for number, one in enumerate(outcomes) if word and word == _rule(one)}
    found = by_rule or {number for number, one in enumerate(outcomes) if word in _programs(one)}
    if found or not word:
        return found
    path = spelled(word, os.getcwd())
    return {number for number, one in enumerate(outcomes) if _lies(one.site.path, path)}


def _lies(file: str, path: str) -> bool:
    """Whether a file is a path, lies below it or fits it as a glob; both spelled as reports do."""
    if path == ".":
        return not os.path.isabs(file) and not file.startswith("../")
    return file == path or file.startswith(path.rstrip("/") + "/") or fnmatchcase(file, path)


def _rule(outcome: Outcome) -> str:
    return outcome.function.rule if outcome.function else ""


def _programs(outcome: Outcome) -> set[str]:
    return {os.path.basename(name) for name in outcome.site.command.programs} | set(outcome.site.command.programs)


def _nothing(word: str, outcomes: Sequence[Outcome]) -> str:
    """Why a word fits nothing, with what may have been meant."""
    place = _PLACE.fullmatch(word)
    if place:
        path = spelled(place["path"], os.getcwd())
        lines = sorted({one.site.line for one in outcomes if one.site.path == path})
        some = ", ".join(map(str, lines[:_MOST_LINES])) + (", ..." if len(lines) > _MOST_LINES else "")
        return f"no root call on that line; the file has some on line {some}" if lines else "no root call in that file"
    if "/" in word or word.endswith(".py"):
        return "no root call in a file of that path or glob"
    known = {name for one in outcomes for name in (*_programs(one), _rule(one)) if name}
    near = get_close_matches(word, sorted(known), n=1)
    return f"no root call has this rule, program or path{f', did you mean {near[0]}?' if near else ''}"
