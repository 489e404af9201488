"""The service itself: calls in random order, each timed from outside, its effect looked at afterwards.

It writes JSON lines: {"stage": words}, {"ask": "memory"} (it waits for a line in return), and at the end {"done": ...}.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import shlex
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oslo_concurrency import processutils
from oslo_config import cfg
from oslo_rootwrap import client as rootwrap_client

from . import contexts, privileged

Act = Callable[[], str]


@dataclass
class Work:
    """One operation. ways: way -> for each turn, what does it and gives its output. turn: of the next call."""

    name: str
    effect: str
    path: str
    wanted: list[str]
    ways: dict[str, list[Act]]
    turn: int = 0
    times: dict[str, list[float]] = field(default_factory=dict)


def main() -> None:
    settings: dict[str, Any] = contexts.SETTINGS
    cfg.CONF(
        ["--config-file", settings["config"]],
        project="privmigrate_bench",
        default_config_files=[],
        default_config_dirs=[],
    )
    order = random.Random(settings["seed"])
    daemon = rootwrap_client.Client(settings["daemon"])
    _by_rootwrap(settings, ["true"])()  # it tells best where sudo refuses
    works = [_work(told, settings, daemon) for told in settings["operations"]]
    starts = _starts(settings, order)
    for work in works:  # what is imported, compiled and started once
        for way in work.ways:
            _timed(work, way)
        work.times.clear()
    for number in range(settings["rounds"]):
        _tell(stage=f"latency, round {number + 1} of {settings['rounds']}")
        turns = [
            (work, way)
            for work in works
            for way in work.ways
            for _ in range(1 if way == "rootwrap" else settings["often"])
        ]
        order.shuffle(turns)
        for work, way in turns:
            _timed(work, way)
    throughput = _throughput(settings, order, works, daemon)
    _tell(ask="memory")
    sys.stdin.readline()
    _tell(done={"latency": {work.name: work.times for work in works}, "starts": starts, "throughput": throughput})


def _tell(**item: Any) -> None:
    print(json.dumps(item), flush=True)


def _by_rootwrap(settings: dict[str, Any], words: Sequence[str]) -> Act:
    def act() -> str:
        return str(processutils.execute(*words, run_as_root=True, root_helper=settings["root_helper"])[0])

    return act


def _by_daemon(daemon: Any, words: Sequence[str]) -> Act:
    def act() -> str:
        status, stdout, stderr = daemon.execute(list(words))
        if status:
            raise RuntimeError(f"rootwrap-daemon: {shlex.join(words)} ends with {status}: {stderr.strip()}")
        return str(stdout)

    return act


def _by(function: Callable[..., Any], *words: Any, **named: Any) -> Act:
    def act() -> str:
        result = function(*words, **named)
        return str(result[0]) if result else ""

    return act


def _work(told: dict[str, Any], settings: dict[str, Any], daemon: Any) -> Work:
    argv = [shlex.split(line) for line in told["lines"]]
    ways = {
        "rootwrap": [_by_rootwrap(settings, words) for words in argv],
        "daemon": [_by_daemon(daemon, words) for words in argv],
        "exec": [_by(privileged.run, *words) for words in argv],
    }
    if told["function"]:
        module, _, name = told["function"].partition(".")
        function = getattr(importlib.import_module(f".{module}", __package__), name)
        ways["native"] = [_by(function, **given) for given in told["given"]]
    return Work(told["name"], told["effect"], told["path"], told["wanted"], ways)


def _timed(work: Work, way: str) -> None:
    """Make one call, and note how long it took. Raises RuntimeError where it did not do what it is for."""
    turn = work.turn % len(work.wanted)
    work.turn += 1
    act = work.ways[way][turn]
    begin = time.perf_counter()
    output = act()
    took = time.perf_counter() - begin
    seen = _seen(work.effect, work.path, output)
    if seen != work.wanted[turn]:
        raise RuntimeError(f"{work.name} through {way}: {work.wanted[turn]!r} was to be seen, not {seen!r}")
    work.times.setdefault(way, []).append(took)


def _seen(effect: str, path: str, output: str) -> str:
    if effect == "owner":
        return str(os.stat(path).st_uid)
    if effect == "mode":
        return f"{os.stat(path).st_mode & 0o7777:o}"
    if effect == "link":
        flags = int(Path("/sys/class/net", path, "flags").read_text(encoding="ascii"), 16)
        return "up" if flags & 1 else "down"
    return output


def _starts(settings: dict[str, Any], order: random.Random) -> dict[str, list[float]]:
    """The first call of each daemon, with its start; the first start of each, which compiles, is not counted."""
    found: dict[str, list[float]] = {"daemon": [], "privsep": [], "privsep-rootwrap": []}

    def by_privsep(context: Any, function: Callable[[], bool]) -> float:
        begin = time.perf_counter()
        function()
        took = time.perf_counter() - begin
        context.stop()
        return took

    def by_daemon() -> float:
        begin = time.perf_counter()
        client = rootwrap_client.Client(settings["daemon"])
        _by_daemon(client, ["true"])()
        return time.perf_counter() - begin

    acts: dict[str, Callable[[], float]] = {
        "daemon": by_daemon,
        "privsep": lambda: by_privsep(contexts.started_by_sudo, privileged.by_sudo),
        "privsep-rootwrap": lambda: by_privsep(contexts.started_by_rootwrap, privileged.by_rootwrap),
    }
    for number in range(settings["starts"] + 1):
        _tell(stage=f"start-up, {number} of {settings['starts']}")
        for name in order.sample(list(acts), len(acts)):
            took = acts[name]()
            if number:
                found[name].append(took)
    return found


def _throughput(
    settings: dict[str, Any], order: random.Random, works: Sequence[Work], daemon: Any
) -> list[dict[str, Any]]:
    """Calls a second: the first operation, and one that waits, by way, pool and number of threads."""
    default, wide = (getattr(contexts, name).conf.thread_pool_size for name in ("default", "wide"))
    seconds = settings["wait"]
    waiting = ["sleep", str(seconds)]
    cases: list[tuple[str, str, int | None, Act]] = []
    for work in works[:1]:
        words = [str(word) for word in settings["operations"][0]["lines"][0].split()]
        for way, acts in work.ways.items():
            cases.append((work.name, way, default if way in ("exec", "native") else None, acts[0]))
        cases.append((work.name, "exec", wide, _by(privileged.run_wide, *words)))
    cases += [
        ("wait", "rootwrap", None, _by_rootwrap(settings, waiting)),
        ("wait", "daemon", None, _by_daemon(daemon, waiting)),
        ("wait", "exec", default, _by(privileged.run, *waiting)),
        ("wait", "exec", wide, _by(privileged.run_wide, *waiting)),
        ("wait", "native", default, _by(privileged.wait, seconds)),
        ("wait", "native", wide, _by(privileged.wait_wide, seconds)),
    ]
    for _, _, _, act in cases:
        act()
    found = {
        (number, threads): {"operation": case[0], "way": case[1], "pool": case[2], "threads": threads, "runs": []}
        for number, case in enumerate(cases)
        for threads in settings["threads"]
    }
    for repetition in range(settings["repetitions"]):
        _tell(stage=f"throughput, {repetition + 1} of {settings['repetitions']}")
        for number, threads in order.sample(list(found), len(found)):
            runs: list[float] = found[number, threads]["runs"]
            runs.append(_rate(cases[number][3], threads, settings["seconds"]))
    return list(found.values())


def _rate(act: Act, threads: int, seconds: float) -> float:
    """Calls a second of so many threads; each ends with the call that it is in when the time is over."""
    counts = [0] * threads
    errors: list[BaseException] = []
    begin = time.perf_counter()

    def call(number: int) -> None:
        try:
            while time.perf_counter() - begin < seconds:
                act()
                counts[number] += 1
        except BaseException as error:  # told by the thread that waits
            errors.append(error)

    running = [threading.Thread(target=call, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    took = time.perf_counter() - begin
    if errors:
        raise errors[0]
    return sum(counts) / took
