"""Outcomes to new files: the whole rewrite, computed and checked in memory."""

from __future__ import annotations

import ast
import dataclasses
import os
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from migrator.model import Edit, Outcome, Privileged, Reason, Status
from migrator.rewrite import calls, contexts, cycles, homes, imports, leftovers, package, proof, source, surroundings
from migrator.rewrite.spelling import Unfit
from migrator.rewrite.splice import splice
from migrator.rewrite.target import Target, files_below, find, module_name
from migrator.rewrite.transaction import Change


@dataclass(frozen=True)
class Moved:
    """A site that moves: its outcome, and the dotted name of the function that it calls then."""

    outcome: Outcome
    function: str


@dataclass(frozen=True)
class Rewriting:
    """Everything that a rewrite would do; nothing is written yet.

    changes: by path. moved: the sites that change, by path and line. left: all other outcomes, each with its reason.
    notes: what the user has to do or know beside it, one sentence each. roots: folders that hold the top packages.
    """

    changes: tuple[Change, ...]
    moved: tuple[Moved, ...]
    left: tuple[Outcome, ...]
    notes: tuple[str, ...]
    roots: tuple[str, ...]


@dataclass
class _File:
    """A file under work: local to one call of rewrite()."""

    source: source.Source
    target: Target
    above: dict[ast.AST, ast.AST]
    edits: list[Edit] = field(default_factory=list)
    lines: set[str] = field(default_factory=set)
    candidates: list[leftovers.Candidate] = field(default_factory=list)


_Pair = tuple[Outcome, ast.Call]


def rewrite(outcomes: Sequence[Outcome], wanted: surroundings.Wanted = surroundings.USUAL) -> Rewriting:
    """Compute the new text of every file that the READY outcomes change, and of what they need around them.

    A site that cannot be rewritten safely comes back in `left` as refused. Every new text is compiled; SyntaxError
    from there means a fault of ours and is not caught. Raises OSError when a file cannot be read.
    """
    left = [outcome for outcome in outcomes if outcome.status is not Status.READY or outcome.function is None]
    by_path: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.status is Status.READY and outcome.function is not None:
            by_path.setdefault(outcome.site.path, []).append(outcome)
    files: dict[str, _File] = {}
    pairs: dict[str, list[_Pair]] = {}
    targets: dict[tuple[str, str], Target] = {}
    for path, ready in sorted(by_path.items()):
        opened = _open(path, targets)
        if isinstance(opened, Reason):
            left += [_refused(outcome, opened) for outcome in ready]
            continue
        files[path] = opened
        located, lost = _locate(opened, ready)
        pairs[path], left = located, left + lost
    moved: list[Moved] = []
    changes: list[Change] = []
    notes: list[str] = []
    for target in targets.values():
        mine = [path for path in pairs if files[path].target == target]
        asked = [(outcome.function, outcome) for path in mine for outcome, _ in pairs[path] if outcome.function]
        secret = {function for function, outcome in asked if calls.may_be_secret(outcome.arguments)}
        settled = homes.settle({function for function, _ in asked}, target, secret)
        used: list[homes.Home] = []
        serving: dict[Privileged, homes.Home] = {}
        for path in mine:
            done, lost = _calls(files[path], pairs[path], settled)
            left += lost
            used += [home for _, home in done]
            serving |= {outcome.function: home for outcome, home in done if outcome.function}
            moved += [Moved(outcome, f"{target.module(home.area)}.{home.name}") for outcome, home in done]
        changes += _files([files[path] for path in mine if files[path].edits], target)
        new = contexts.trimmed(settled.new, {function: home.context.name for function, home in serving.items()})
        changes += [Change(_shown(path), old, text) for path, old, text in package.changes(used, new, target)]
        notes += _notes(used, settled, target)
        notes += contexts.notes(new, target)
        callers = {os.path.abspath(path) for path in mine if files[path].edits}
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
    )


def _refused(outcome: Outcome, reason: Reason) -> Outcome:
    return dataclasses.replace(outcome, status=Status.REFUSED, reasons=(reason, *outcome.reasons))


def _shown(path: str) -> str:
    """A path as the user writes them: relative when it is below the current folder."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def _open(path: str, targets: dict[tuple[str, str], Target]) -> _File | Reason:
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
        found = find(path)
        assert found is not None
        targets[key] = found
    target = targets[key]
    if (placed[1] + ".").startswith(target.package + "."):
        return Reason(
            "inside-privsep", "this call is inside the privsep package already: narrow its entrypoint by hand"
        )
    return _File(read, target, source.parents(read.tree))


def _locate(file: _File, ready: Iterable[Outcome]) -> tuple[list[_Pair], list[Outcome]]:
    found: list[_Pair] = []
    lost: list[Outcome] = []
    by_line = calls.calls_by_line(file.source)
    for outcome in ready:
        try:
            found.append((outcome, calls.locate(file.source, by_line, outcome.site)))
        except Unfit as error:
            lost.append(_refused(outcome, error.reason))
    reason = Reason("nested-call", "one rewritten call stands inside another; take the inner one out first")
    both: set[int] = set()
    for _, outer in found:
        inside = {id(node) for node in ast.walk(outer)} & {id(call) for _, call in found}
        if len(inside) > 1:
            both |= inside
    lost += [_refused(outcome, reason) for outcome, call in found if id(call) in both]
    return [(outcome, call) for outcome, call in found if id(call) not in both], lost


def _calls(
    file: _File, pairs: Iterable[_Pair], settled: homes.Homes
) -> tuple[list[tuple[Outcome, homes.Home]], list[Outcome]]:
    """Make the edits of one file's calls; what was done, and what was refused."""
    done: list[tuple[Outcome, homes.Home]] = []
    lost: list[Outcome] = []
    placed = module_name(file.source.path)
    circular: dict[str, bool] = {}
    for outcome, call in pairs:
        function = outcome.function
        assert isinstance(function, Privileged) and placed is not None
        try:
            if function in settled.refused:
                raise Unfit(settled.refused[function])
            home = settled.of[function]
            if home.area not in circular:
                circular[home.area] = cycles.closes(file.target, home.area, placed[1])
            if circular[home.area]:
                raise Unfit(
                    Reason(
                        "import-cycle",
                        f"{file.target.module(home.area)} comes to import {placed[1]}; break that import first",
                    )
                )
            reach = calls.reach(file.source, file.target, home.area, call, file.above)
            words = calls.bind(home, calls.as_written(file.source, call, outcome))
            edits = calls.replace(file.source, call, file.above, f"{reach.name}.{home.name}", words, file.target.width)
            proof.check(file.source, call, file.above, edits[-1].text.decode(file.source.encoding))
        except Unfit as error:
            lost.append(_refused(outcome, error.reason))
            continue
        file.edits += edits
        file.lines.add(reach.line)
        file.candidates.append(leftovers.Candidate(leftovers.names_read(call), leftovers.enclosing(call, file.above)))
        done.append((outcome, home))
    return done, lost


def _files(edited: Sequence[_File], target: Target) -> list[Change]:
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
