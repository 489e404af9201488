"""Edit the calls of one target, each in its form, and the seams that they need."""

from __future__ import annotations

import ast
import dataclasses
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from migrator.model import Edit, Form, Outcome, Privileged, Reason, Seam, Status
from migrator.rewrite import adapters, calls, command, conditions, cycles, flags, homes, leftovers, proof, seams, source
from migrator.rewrite.adapters import Adapter
from migrator.rewrite.homes import Home
from migrator.rewrite.spelling import Unfit
from migrator.rewrite.target import Target, module_name, own_files
from migrator.understand.walk import relative

Pair = tuple[Outcome, ast.Call]


@dataclass
class File:
    """A file under work: local to one rewriting."""

    source: source.Source
    target: Target
    edits: list[Edit] = field(default_factory=list)
    lines: set[str] = field(default_factory=set)
    candidates: list[leftovers.Candidate] = field(default_factory=list)


@dataclass(frozen=True)
class Done:
    """A site that is moved: its outcome, the home of its function, and the adapter that its flag names, if any.

    given: the arguments of the new call as they are written, none where the flag names the function.
    """

    outcome: Outcome
    home: Home
    adapter: Adapter | None = None
    given: tuple[str, ...] = ()

    def flag(self, target: Target) -> str:
        """Dotted name of the adapter, "" for none."""
        return f"{target.module(self.adapter.area)}.{self.adapter.name}" if self.adapter else ""

    def function(self, target: Target) -> str:
        """Dotted name of the privileged function."""
        return f"{target.module(self.home.area)}.{self.home.name}"

    def context(self, target: Target) -> str:
        """Dotted name of the context that it is an entrypoint of."""
        return f"{target.package}.{self.home.context.name}"


@dataclass(frozen=True)
class Work:
    """What was done for one target. files: those with edits. calls: new code that calls the command module."""

    done: tuple[Done, ...]
    lost: tuple[Outcome, ...]
    files: tuple[File, ...]
    homes: homes.Homes
    calls: tuple[str, ...]


def move(opened: Mapping[str, tuple[File, Sequence[Pair]]], target: Target) -> Work:
    """Edit all calls of a target; opened: its files with the outcomes and calls in them, by path."""
    pairs = [(file, outcome, call) for file, some in opened.values() for outcome, call in some]
    secret = {one.function for _, one, _ in pairs if one.function and calls.may_be_secret(one.arguments)}
    settled = homes.settle({one.function for _, one, _ in pairs if one.function}, target, secret)
    named = [outcome for _, outcome, _ in pairs if outcome.form is Form.FLAG]
    files = {path: file for path, (file, _) in opened.items()}
    made, broken = _seams({seam for outcome in named for seam in outcome.site.seams}, files, target)
    known = adapters.settle(
        [(one, settled.of[one.function]) for one in named if one.function is not None and one.function in settled.of],
        settled.modules,
        target,
    )
    done: list[Done] = []
    lost: list[Outcome] = []
    inner: list[Outcome] = []
    texts: list[str] = []
    circular: dict[tuple[str, str], bool] = {}
    for file, outcome, call in pairs:
        if outcome.form is Form.INNER:
            inner.append(outcome)
            continue
        function = outcome.function
        assert isinstance(function, Privileged)
        try:
            if function in settled.refused:
                raise Unfit(settled.refused[function])
            bad = next((broken[seam] for seam in outcome.site.seams if seam in broken), None)
            if outcome.form is Form.FLAG and bad is not None:
                raise bad
            home = settled.of[function]
            adapter = known[adapters.key_of(outcome, home)] if outcome.form is Form.FLAG else None
            _check_cycle(file, home.area, circular)
            used_there, given = _edit(file, outcome, call, home, adapter)
            texts += used_there
        except Unfit as error:
            lost.append(refused(outcome, error.reason))
            continue
        done.append(Done(outcome, home, adapter, given))
    more, without = _inner(inner, done)
    used = {seam for each in done if each.adapter for seam in each.outcome.site.seams}
    for seam in used:
        if seam.kind != "value":
            path, edits = made[seam]
            for edit in edits:
                if edit not in files[path].edits:
                    files[path].edits.append(edit)
    if any(seam.kind == "value" for seam in used) or any(map(_handed_in, done)):
        texts += _values(files, target, circular)
    changed = tuple(file for file in files.values() if file.edits)
    return Work((*done, *more), (*lost, *without), changed, settled, tuple(texts))


def refused(outcome: Outcome, reason: Reason) -> Outcome:
    """The outcome, refused for one more reason."""
    return dataclasses.replace(outcome, status=Status.REFUSED, reasons=(reason, *outcome.reasons))


def _edit(
    file: File, outcome: Outcome, call: ast.Call, home: Home, adapter: Adapter | None
) -> tuple[list[str], tuple[str, ...]]:
    """Make the edits of one call; what it calls of the command module, and the arguments that it gives now."""
    read, width = file.source, file.target.width
    reach = calls.reach(read, file.target, home.area, call)
    if adapter is not None:
        edits = flags.name(read, call, outcome.site, f"{reach.name}.{adapter.name}", width)
        file.edits += [edit for edit in edits if edit not in file.edits]
        file.lines.add(reach.line)
        return [], ()
    arguments = calls.words_given(read, call, outcome)
    words = calls.bind(home, calls.as_written(read, call, dataclasses.replace(outcome, arguments=arguments)))
    given = tuple(words)
    callee = f"{reach.name}.{home.name}"
    used: list[str] = []
    if outcome.tried is not None:
        other = calls.reach(read, file.target, command.NAME, call)
        words = [callee, *words, *(f"{name}={code}" for name, code in outcome.tried)]
        callee = f"{other.name}.trycmd"
        used.append("command.trycmd(")
        file.lines.add(other.line)
    if outcome.form is Form.CONDITION:
        file.edits += conditions.split(read, call, callee, words, width)
    else:
        edits = calls.replace(read, call, callee, words, width)
        proof.check(read, call, edits[-1].text.decode(read.encoding))
        file.edits += edits
        around = leftovers.enclosing(call, read.above)
        file.candidates.append(leftovers.Candidate(leftovers.names_read(call), around))
    file.lines.add(reach.line)
    return used, given


def _check_cycle(file: File, area: str, circular: dict[tuple[str, str], bool]) -> None:
    placed = module_name(file.source.path)
    assert placed is not None
    key = (area, placed[1])
    if key not in circular:
        circular[key] = cycles.closes(file.target, area, placed[1])
    if circular[key]:
        module = file.target.module(area)
        raise Unfit(Reason("import-cycle", f"{module} comes to import {placed[1]}; break that import first"))


def _inner(inner: Iterable[Outcome], done: Sequence[Done]) -> tuple[list[Done], list[Outcome]]:
    """Those whose wrapper's own call was moved, to the same function; and those where it was not."""
    containers = {each.outcome.function: each for each in done if each.outcome.site.takes_argv}
    more: list[Done] = []
    lost: list[Outcome] = []
    for outcome in inner:
        container = containers.get(outcome.function)
        if container is not None:
            more.append(Done(outcome, container.home, container.adapter))
        else:
            lost.append(refused(outcome, Reason("wrapper-left", f"the call inside {outcome.site.via[0]}() is left")))
    return more, lost


# --- seams -------------------------------------------------------------------------------------------------


def _seams(
    wanted: Iterable[Seam], files: dict[str, File], target: Target
) -> tuple[dict[Seam, tuple[str, list[Edit]]], dict[Seam, Unfit]]:
    """The edits of each seam with the path of its file, which is opened; and why one cannot be made."""
    made: dict[Seam, tuple[str, list[Edit]]] = {}
    broken: dict[Seam, Unfit] = {}
    for seam in sorted(wanted, key=lambda one: (one.path, one.line)):
        if seam.kind == "value":
            continue
        try:
            file = files.get(seam.path) or _opened(seam.path, target)
            files[seam.path] = file
            made[seam] = seam.path, seams.edits(file.source, [seam], target.width)
        except Unfit as error:
            broken[seam] = error
    return made, broken


def _opened(path: str, target: Target) -> File:
    try:
        with open(path, "rb") as file:
            read = source.read(path, file.read())
    except (OSError, SyntaxError, ValueError, LookupError) as error:
        raise Unfit(Reason("seam-not-found", f"{path} cannot be edited ({error}); write this one by hand")) from error
    return File(read, target)


def _handed_in(done: Done) -> bool:
    """Whether a site's executor comes from somewhere else, which may take oslo's as a value."""
    return done.adapter is not None and any(": " not in one for one in done.outcome.site.adds)


def _values(files: dict[str, File], target: Target, circular: dict[tuple[str, str], bool]) -> list[str]:
    """Give the command module's execute() wherever the target takes oslo's as a value."""
    used = []
    by_place = {os.path.abspath(path): file for path, file in files.items()}
    for path in own_files(os.path.join(target.root, target.top)):
        if os.path.abspath(path).startswith(target.folder + os.sep):
            continue
        with open(path, "rb") as stream:
            if b"processutils" not in stream.read():
                continue
        try:
            file = by_place.get(os.path.abspath(path)) or _opened(relative(path), target)
            reach = calls.reach_of(file.source, target, command.NAME)
            edits = seams.values(file.source, f"{reach.name}.execute", target.width)
            if edits:
                _check_cycle(file, command.NAME, circular)
        except Unfit:
            continue  # that executor goes on running its commands through rootwrap
        if edits:
            file.edits += edits
            file.lines.add(reach.line)
            file.candidates.append(leftovers.Candidate(seams.imported(file.source.tree), ""))
            files.setdefault(file.source.path, file)
            used.append("command.execute(")
    return used
