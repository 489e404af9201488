"""The replay of a rewritten tree: for each site that moved, what ran before against what runs now."""

from __future__ import annotations

import ast
import functools
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from migrator.decide.load import Rulebook
from migrator.decide.rule import Rule
from migrator.model import Site
from migrator.rewrite import command
from migrator.rewrite.target import module_name
from migrator.rootwrap.filters import Filter
from migrator.understand.executors import Executor
from migrator.verify.replay import admission, around, families, named, native, reading, running
from migrator.verify.replay.before import NothingBefore
from migrator.verify.replay.deployment import Daemon
from migrator.verify.replay.entrypoints import Usage, aliases, parse
from migrator.verify.replay.judging import Difference, Replayed, Verdict, differences, line, outcome
from migrator.verify.replay.pairing import Pair
from migrator.verify.replay.reading import File, Ran, Sent
from migrator.verify.replay.samples import World
from migrator.verify.replay.trees import Item, paired, read_file
from migrator.verify.replay.walkthrough import Unknown


@dataclass(frozen=True)
class Replay:
    """What came of every site, by path and line; daemon: how it was started."""

    sites: tuple[Replayed, ...]
    daemon: str

    def count(self, verdict: Verdict) -> int:
        return sum(each.verdict is verdict for each in self.sites)

    @property
    def runs(self) -> int:
        return sum(each.runs for each in self.sites)


@dataclass(frozen=True)
class _Asked:
    """What old calls are held to: the texts of rules, the filters by folder, and all pairs, which share functions."""

    texts: Mapping[str, Rule]
    filters: Mapping[str, tuple[Filter, ...]]
    moved: Sequence[Pair]

    def sites(self, function: str) -> list[Site]:
        """The sites that one privileged function stands for, itself or behind its adapter."""
        used = ((pair.placed, pair.usage.function) for pair in self.moved if pair.usage is not None)
        return [placed.site for placed, one in used if placed is not None and (one.behind or one).name == function]


@dataclass(frozen=True)
class _Job:
    """One run of both sides: number of the item it is for, its samples in words, and what the harness gets.

    absent: rootwrap starts nothing, so that what it says itself is none of the program's words.
    """

    item: int
    when: str
    options: Mapping[str, Any]
    absent: bool
    task: Mapping[str, Any]


def replay(
    before: str,
    after: str,
    paths: Sequence[str],
    rules: Rulebook,
    *,
    daemon: Daemon | None = None,
    python: str = sys.executable,
    executors: Mapping[str, Executor] | None = None,
    exclude: Sequence[str] = (),
) -> Replay:
    """Replay what lies below `paths` (in the tree `after`) against the same paths of the tree `before`.

    Raises Fault when there is nothing to compare, or the target's Python cannot run privsep.
    """
    daemon = daemon or Daemon()
    items = tuple(families.completed(paired(before, after, paths, executors or {}, exclude)))
    if not any(each.usage is not None or not each.kept for _, each, _, _ in items):
        raise NothingBefore(
            f"{paths[0]}: nothing moved: every root call is as it was before; rewrite it first, or see --before"
        )
    done: dict[int, Replayed] = {}
    tasks: list[_Job] = []
    known: set[str] = set()
    texts = native.texts(rules.all())
    moved = [pair for _, pair, _, _ in items if pair.placed is not None and pair.usage is not None]
    filters = admission.filters(before, [pair.placed.site for pair in moved if pair.placed is not None])
    asked = _Asked(texts, filters, moved)
    for number, (path, pair, old, new) in enumerate(items):
        judged = _prepared(number, path, pair, old, new, asked, known)
        if isinstance(judged, Replayed):
            done[number] = judged
        else:
            tasks += judged
    for number, each in _run(tasks, daemon, python, items):
        done[number] = each
    found = families.judged([done[number] for number in sorted(done)])
    return Replay(tuple(sorted(found, key=lambda each: (each.path, each.line))), daemon.method)


# --- the runs ---------------------------------------------------------------------------------------


def _prepared(
    number: int, path: str, pair: Pair, old: File, new: File, asked: _Asked, known: set[str]
) -> Replayed | list[_Job]:
    """What can be told without a run, else the runs that tell it. known: functions that have been run in every way."""
    placed, usage = pair.placed, pair.usage
    if placed is None:
        assert usage is not None
        why = "a privileged call that takes the place of no root call"
        return Replayed(None, path, usage.call.lineno, usage.function.name, Verdict.UNPAIRED, why=why)
    site = placed.site
    if pair.why:
        return Replayed(site, path, site.line, "", Verdict.UNVERIFIABLE, why=pair.why)
    if pair.kept:
        return Replayed(site, path, site.line, "", Verdict.NOT_MIGRATED)
    if usage is None or pair.old is None or pair.new is None:
        why = "the root call is gone, and no privileged call stands in its place"
        return Replayed(site, path, site.line, "", Verdict.UNPAIRED, why=why)
    blank = Replayed(site, path, usage.call.lineno, usage.function.name, Verdict.SAME)
    odd = tuple(around.differences(pair.old, placed.call, pair.new, usage))
    if site.tried is not usage.tried and not usage.named:
        ways = {True: "comes back as text", False: "is raised"}
        odd = (Difference("a failure", ways[site.tried], ways[usage.tried]), *odd)
    if usage.named:
        odd = (*odd, *named.differences(placed.call, usage, new.rooted))
    if odd:
        return replace(blank, verdict=Verdict.DIFFERENT, differences=odd)
    try:
        worlds = reading.worlds(placed, pair.old, old)
    except Unknown as error:
        return replace(blank, verdict=Verdict.UNVERIFIABLE, why=f"what the old call ran cannot be told: {error}")
    admitting = admission.of(site, asked.filters)
    fits = admission.fitting(placed, pair.old, old, admitting, worlds)
    sides, why = [], ""
    for world in [*([fits] if fits is not None else []), *worlds]:
        try:
            ran = reading.reading(placed, pair.old, old, world)
        except Unknown as error:  # no value of this kind can stand there
            why = str(error)
            continue
        if usage.named or usage.inner:
            sides.append((world, ran, named.sending(usage, ran)))
        else:
            sides.append((world, ran, reading.sending(pair.new, usage.call, usage.handed, new, world)))
    if not sides:
        return replace(blank, verdict=Verdict.UNVERIFIABLE, why=f"what the old call ran cannot be told: {why}")
    broken = [
        Difference("arguments", "the old call takes these values", sent.error, _when(world))
        for world, _, sent in sides
        if sent.error
    ]
    world, ran, _ = sides[0]
    kept = usage.named or usage.inner
    unguarded = None if kept else around.condition(pair.old, placed.call, ran, pair.new, usage, new.imported, world)
    if unguarded is not None:
        broken.insert(0, unguarded)
    if broken:
        return replace(blank, verdict=Verdict.DIFFERENT, differences=tuple(broken[:1]))
    if site.adds and usage.handed is None and not usage.inner:
        return replace(blank, verdict=Verdict.UNVERIFIABLE, why="; ".join(("the wrapper did more", *site.adds)))
    local = sorted(
        {name for _, ran, _ in sides for name in ran.options if name in ("on_execute", "on_completion", "preexec_fn")}
    )
    if local:
        return replace(blank, verdict=Verdict.UNVERIFIABLE, why=f"{local[0]}= is a function of the caller's process")
    proven = _by_rule(blank, usage, sides, asked)
    if proven is not None:
        return proven
    run = [(world, admission.through(ran, admitting), sent) for world, ran, sent in sides]
    if all(ran.refused for _, ran, _ in run):
        return replace(blank, verdict=Verdict.UNVERIFIABLE, why="no sample was found that its rootwrap filters admit")
    return list(_jobs(number, site, usage, sorted(run, key=lambda side: side[1].refused), known))


def _by_rule(blank: Replayed, usage: Usage, sides: Sequence[tuple[World, Ran, Sent]], asked: _Asked) -> Replayed | None:
    """The verdict on a function that runs no program; None for one that does."""
    entry, site = usage.function.behind or usage.function, blank.site
    assert site is not None
    data = read_file(entry.path)
    tree, imported = _module(entry.path, data) if data is not None else (None, {})
    if tree is None:
        return None
    admitting = admission.shipped(site, asked.filters)
    sites = asked.sites(entry.name)
    rule, unchecked = native.checked_rule_of(entry, tree, imported, asked.texts, sites, admitting)
    if rule is None:
        return None
    if unchecked:
        wider = Difference("constraint", unchecked, "takes any")
        return replace(blank, verdict=Verdict.DIFFERENT, differences=(wider,), rule=rule.name)
    found = []
    for world, ran, sent in sides:
        if usage.function.behind is not None:
            sent = named.handed_on(usage.function, sent.args, sent.keywords)
        told = native.sends(rule, site, ran, sent) if not sent.error else ("a call", sent.error)
        if told is not None:
            found.append(Difference("arguments", *told, _when(world)))
    if found:
        return replace(blank, verdict=Verdict.DIFFERENT, differences=tuple(found[:1]), rule=rule.name)
    return replace(blank, rule=rule.name, runs=0)


@functools.lru_cache(maxsize=64)  # one module has functions for many sites
def _module(path: str, data: bytes) -> tuple[ast.Module | None, Mapping[str, str]]:
    """The tree of a file with this content, and what it imports; no tree where this Python does not read it."""
    tree, placed = parse(data), module_name(path)
    return tree, aliases(tree, placed[1] if placed else "", package=False) if tree is not None else {}


def _jobs(
    number: int, site: Site, usage: Usage, sides: Sequence[tuple[World, Ran, Sent]], known: set[str]
) -> Iterator[_Job]:
    """For the first site of a function with these options all that a program can do; else success and a failure."""
    seen: set[str] = set()
    options = reading.encoded(dict(sides[0][1].options))
    key = json.dumps([usage.function.name, len(sides[0][1].words), site.result, options])
    first = key not in known
    known.add(key)
    for world, ran, sent in sides:
        parts = dict(reading.jobs(site, ran, sent))
        text = json.dumps(parts, sort_keys=True)
        if text in seen:
            continue
        plans = list(_plans(ran))
        if seen or ran.refused:
            plans = plans[:1]
        elif not first:
            short = ("", f"exit code {_refused(ran)}")
            plans = [plan for plan in plans if plan[0] in short]
        seen.add(text)
        for told, program, plan in plans:
            task = {"id": 0, "function": usage.function.name, "program": program, "plan": plan, **parts}
            if usage.function.behind is not None:
                task["behind"] = usage.function.behind.name
            if usage.tried:
                package = usage.function.name.rpartition(".")[0].rpartition(".")[0]
                task["through"] = f"{package}.{command.NAME}.trycmd"
            when = ", ".join(each for each in (_when(world), told) if each)
            yield _Job(number, when, ran.options, program != "recorder" or ran.refused, task)


def _plans(ran: Ran) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """What the program does, in words, what stands in its place, and its steps: one for each attempt."""
    bad = _refused(ran)
    for code in dict.fromkeys([0, *_accepted(ran)[:5], bad, 255]):
        yield (f"exit code {code}" if code else ""), "recorder", [_step(code)]
    attempts = ran.options.get("attempts", 1)
    if isinstance(attempts, int) and attempts > 1:
        yield f"exit code {bad}, then 0", "recorder", [_step(bad), _step(0)]
    yield "ended by signal 9", "recorder", [{**_step(0), "signal": 9}]
    yield "no such program", "absent", [_step(0)]
    yield "program not executable", "locked", [_step(0)]


def _accepted(ran: Ran) -> list[int]:
    """The exit codes that check_exit_code= names."""
    expected = ran.options.get("check_exit_code", [0])
    codes = expected if isinstance(expected, (list, tuple)) else [expected]
    return [code for code in codes if isinstance(code, int) and not isinstance(code, bool)]


def _refused(ran: Ran) -> int:
    """An exit code that it does not name."""
    return next(code for code in range(1, 256) if code not in _accepted(ran))


def _step(code: int) -> dict[str, Any]:
    return {"exit": code, "stdout": "first line\nsecond \xff\n", "stderr": "warning: \xfe\n"}


def _when(world: World) -> str:
    flavour = f"words: {world.flavour}" if world.flavour != "plain" else ""
    flips = ", ".join(f"{key} is false" for key in world.truths)
    return ", ".join(each for each in (flavour, flips) if each)


def _root(item: Item) -> str:
    """The folder that holds the top package of an item's privileged function."""
    usage = item[1].usage
    return usage.function.root if usage is not None else ""


def _run(tasks: Sequence[_Job], daemon: Daemon, python: str, items: Sequence[Item]) -> Iterator[tuple[int, Replayed]]:
    """Run the jobs; yields the verdict of each item that has some."""
    found: dict[int, list[tuple[int, _Job, dict[str, Any]]]] = {}
    given = [{**job.task, "id": number} for number, job in enumerate(tasks)]
    for root in sorted({_root(items[job.item]) for job in tasks}):
        mine = [each for each in given if _root(items[tasks[each["id"]].item]) == root]
        for sent, result in running.inside(mine, root, daemon, python):
            job = tasks[sent["id"]]
            found.setdefault(job.item, []).append((sent["id"], job, result))
    for number, results in found.items():
        path, pair, _, _ = items[number]
        assert pair.placed is not None and pair.usage is not None
        blank = Replayed(pair.placed.site, path, pair.usage.call.lineno, pair.usage.function.name, Verdict.SAME)
        ordered = [(job, result) for _, job, result in sorted(results, key=lambda each: each[0])]
        yield number, _judged(blank, pair.placed.site, ordered)


def _judged(blank: Replayed, site: Site, results: Sequence[tuple[_Job, dict[str, Any]]]) -> Replayed:
    found: dict[str, Difference] = {}
    runs = 0
    for job, result in results:
        if "unusable" in result:
            if result["needs"]:
                return replace(blank, verdict=Verdict.UNVERIFIABLE, why=f"needs {result['needs']}, not installed here")
            told = Difference("import", "", result["unusable"])
            return replace(blank, verdict=Verdict.DIFFERENT, differences=(told,))
        if "failed" in result:
            found.setdefault("call", Difference("call", "comes back", result["failed"], job.when))
            continue
        raised = result["new"].get("raised")
        if raised and raised["class"].endswith(".FailedToDropPrivileges"):
            why = f"the daemon of its context does not start: {raised['text']}"
            return replace(blank, verdict=Verdict.UNVERIFIABLE, why=why)
        raised = result["old"].get("raised")
        if raised and not result["old"]["started"] and not job.task["old"]["refused"]:
            continue  # the executor does not take such words at all
        runs += 1
        absent = job.absent and site.runner is None  # in the daemon both sides meet the same
        for each in differences(site, job.options, result, absent=absent, tried=site.tried):
            found.setdefault(each.aspect, replace(each, when=job.when))
    if found and all("failed" in result or not result["new"]["started"] for _, result in results):
        ran = [result["old"]["started"] for _, result in results if result.get("old", {}).get("started")]
        command = line(ran[0][0]) if ran else ""
        new: Mapping[str, Any] = next((result["new"] for _, result in results if "new" in result), {})
        raises = "raised" in new and not new["touched"]
        instead = outcome(new) if raises else "runs no program, and its text is no native rule's"
        told = Difference("command", command, instead)
        found = {"command": told, **{name: each for name, each in found.items() if name in ("call", "does itself")}}
    if found:
        return replace(blank, verdict=Verdict.DIFFERENT, differences=tuple(found.values()), runs=runs)
    if not runs:
        return replace(blank, verdict=Verdict.UNVERIFIABLE, why="the executor takes none of the sample words")
    return replace(blank, runs=runs)
