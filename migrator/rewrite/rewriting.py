"""Outcomes to new files: the whole rewrite, computed and checked in memory."""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from migrator.model import Outcome, Reason, Status
from migrator.rewrite import calls, contexts, homes, imports, leftovers, moving, package, source, surroundings
from migrator.rewrite.moving import File, Pair
from migrator.rewrite.spelling import Unfit
from migrator.rewrite.splice import splice
from migrator.rewrite.target import Target, describe, files_below, module_name
from migrator.rewrite.transaction import Change
from migrator.understand.walk import relative


@dataclass(frozen=True)
class Moved:
    """A site that moves: its outcome, and the dotted name of the function that it calls then.

    flag: dotted name of what its root flag, or that of the call inside its wrapper, names; "" where none does.
    given: the arguments with which it is called in the call's place, as they are written. context: dotted name of the
    context that the function is an entrypoint of.
    """

    outcome: Outcome
    function: str
    flag: str = ""
    given: tuple[str, ...] = ()
    context: str = ""


@dataclass(frozen=True)
class Rewriting:
    """Everything that a rewrite would do; nothing is written yet.

    changes: by path. moved: the sites that change, by path and line. left: all other outcomes, each with its reason.
    notes: what the user has to do or know beside it, one sentence each. roots: folders that hold the top packages.
    targets: those packages.
    """

    changes: tuple[Change, ...]
    moved: tuple[Moved, ...]
    left: tuple[Outcome, ...]
    notes: tuple[str, ...]
    roots: tuple[str, ...]
    targets: tuple[Target, ...] = ()


def rewrite(outcomes: Sequence[Outcome], wanted: surroundings.Wanted = surroundings.USUAL) -> Rewriting:
    """Compute the new text of every file that the READY outcomes change, and of what they need around them.

    A site that cannot be rewritten safely comes back in `left` as refused. Every new text is compiled; SyntaxError
    from there means a fault of ours and is not caught. Raises OSError when a file cannot be read, and Fault for a
    context that is wanted and not there.
    """
    left = [outcome for outcome in outcomes if outcome.status is not Status.READY or outcome.function is None]
    by_path: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.status is Status.READY and outcome.function is not None:
            by_path.setdefault(outcome.site.path, []).append(outcome)
    files: dict[str, File] = {}
    pairs: dict[str, list[Pair]] = {}
    targets: dict[tuple[str, str], Target] = {}
    for path, ready in sorted(by_path.items()):
        opened = _open(path, targets, wanted)
        if isinstance(opened, Reason):
            left += [moving.refused(outcome, opened) for outcome in ready]
            continue
        files[path] = opened
        located, lost = _locate(opened, ready)
        pairs[path], left = located, left + lost
    moved: list[Moved] = []
    changes: list[Change] = []
    notes: list[str] = []
    for target in targets.values():
        mine = {path: pairs[path] for path in pairs if files[path].target == target}
        work = moving.move({path: (files[path], some) for path, some in mine.items()}, target)
        left += work.lost
        moved += [
            Moved(each.outcome, each.function(target), each.flag(target), each.given, each.context(target))
            for each in work.done
        ]
        changes += _files(work.files, target)
        used = [each.home for each in work.done]
        added = [each.adapter for each in work.done if each.adapter is not None]
        serving = {each.outcome.function: each.home for each in work.done if each.outcome.function}
        new = contexts.trimmed(work.homes.new, {function: home.context.name for function, home in serving.items()})
        made = package.changes(used, added, work.calls, new, work.homes.modules, target)
        changes = _joined(changes, [Change(relative(path), old, text) for path, old, text in made])
        notes += _notes(used, work.homes, target)
        notes += contexts.notes(new, target)
        callers = {os.path.abspath(file.source.path) for file in work.files}
        changes, more = surroundings.around(changes, serving, new, callers, target, wanted)
        notes += more
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old code has `is not "x"` and "\\d"; that is not ours to say
        for change in (change for change in changes if change.path.endswith(".py")):
            compile(change.new, change.path, "exec", dont_inherit=True)
    return Rewriting(
        tuple(sorted(changes, key=lambda change: change.path)),
        tuple(sorted(moved, key=lambda one: (one.outcome.site.path, one.outcome.site.line))),
        tuple(sorted(left, key=lambda outcome: (outcome.site.path, outcome.site.line))),
        tuple(notes),
        tuple(sorted({target.root for target in targets.values()})),
        tuple(targets.values()),
    )


def _open(path: str, targets: dict[tuple[str, str], Target], wanted: surroundings.Wanted) -> File | Reason:
    with open(path, "rb") as file:
        data = file.read()
    try:
        read = source.read(path, data)
    except (SyntaxError, ValueError, LookupError) as error:
        return Reason("does-not-parse", f"{path} does not parse with this Python ({error}); edit this call by hand")
    placed = module_name(path)
    if placed is None:
        return Reason("no-package", f"{path} lies in no package, so it has no privsep package to call; edit it by hand")
    key = (placed[0], placed[1].split(".")[0])
    if key not in targets:
        targets[key] = describe(*key, wanted.package, wanted.contexts)
    target = targets[key]
    if (placed[1] + ".").startswith(target.package + "."):
        return Reason(
            "inside-privsep", "this call is inside the privsep package already: narrow its entrypoint by hand"
        )
    return File(read, target)


def _locate(file: File, ready: Iterable[Outcome]) -> tuple[list[Pair], list[Outcome]]:
    found: list[Pair] = []
    lost: list[Outcome] = []
    by_line = calls.calls_by_line(file.source)
    for outcome in ready:
        try:
            found.append((outcome, calls.locate(file.source, by_line, outcome.site)))
        except Unfit as error:
            lost.append(moving.refused(outcome, error.reason))
    reason = Reason("nested-call", "one rewritten call stands inside another; take the inner one out first")
    both: set[int] = set()
    for _, outer in found:
        inside = {id(node) for node in ast.walk(outer)} & {id(call) for _, call in found}
        if len(inside) > 1:
            both |= inside
    lost += [moving.refused(outcome, reason) for outcome, call in found if id(call) in both]
    return [(outcome, call) for outcome, call in found if id(call) not in both], lost


def _joined(changes: list[Change], more: list[Change]) -> list[Change]:
    """Changes of files; no file may be changed in two ways."""
    paths = {os.path.abspath(change.path) for change in changes}
    both = [change.path for change in more if os.path.abspath(change.path) in paths]
    if both:
        raise ValueError(f"{both[0]}: is changed as a module of the privsep package and as one that calls it")
    return [*changes, *more]


def _files(edited: Sequence[File], target: Target) -> list[Change]:
    if not edited:
        return []
    texts = [(path, _read(path)) for path in files_below(os.path.join(target.root, target.top))]
    out = []
    for file in edited:
        edits = [*file.edits, *imports.add(file.source, sorted(file.lines), target.top)]
        data = splice(file.source.data, edits)
        placed = module_name(file.source.path)
        assert placed is not None
        reached = leftovers.reacher(placed[1], texts, os.path.abspath(file.source.path))
        out.append(
            Change(
                file.source.path, file.source.data, leftovers.clear(file.source.path, data, file.candidates, reached)
            )
        )
    return out


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def _notes(used: Sequence[homes.Home], settled: homes.Homes, target: Target) -> list[str]:
    """What no file change says: the daemon of a new context has to be started, a renamed function be looked at."""
    absent = {home for home in used if not home.present}
    notes = []
    read = sorted(
        {home.context.name for home in used if home.context.quiet and "process_input" in home.spelled.parameters}
    )
    notes += [
        f"what commands read, keys too, passes {target.package}.{name}, whose daemon logs at INFO: keep it there"
        for name in read
    ]
    named = {function: home for function, home in settled.of.items() if home in absent and home.name != function.name}
    notes += [
        f"{target.module(home.area)}.{function.name} stands for something else: the new function is {home.name}"
        for function, home in sorted(named.items(), key=lambda item: (item[1].area, item[1].name))
    ]
    return notes
