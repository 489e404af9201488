"""One trial, twice: the command, and the function that replaces it, each in a world of its own."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from migrator.decide.exits import checking
from migrator.decide.fixture_names import ASPECTS, DEVICES, NAMESPACES, RULED
from migrator.decide.match import Behind, Match, match
from migrator.decide.rule import Rule, Trial
from migrator.verify import fixtures, privileges, room, sandbox, world
from migrator.verify.house import SECURE_PATH
from migrator.verify.verdict import Divergence
from migrator.words import Command, Literal, Value

QUICK, PATIENT = 0.7, 10.0  # seconds: a first run that takes longer is repeated before it counts
_ENVIRONMENT = {"PATH": SECURE_PATH, "LC_ALL": "C"}
_LONGEST = 300  # characters of a text that are shown
ENDLESS = "did not end"
# What begins each text of these programs; the function, of which no version is known, says it without.
_VERSION = re.compile(r"^(conntrack|ipset) v[0-9][0-9.]*( \(conntrack-tools\))?: ", re.MULTILINE)
# A connection as conntrack tells it, with the seconds that it has left; they come in an order drawn for each network.
_CONNECTION = re.compile(r"^(\w+ +[0-9]+ [0-9]*)[0-9] (.*src=.*)$", re.MULTILINE)
# How long it took, and how fast that was (dd): another time on each run.
_TIMED = re.compile(r"[0-9.e+-]+ s, ([0-9.]+|Infinity) [kMGTPE]?B/s$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a caller, and whoever looks at the machine afterwards, can tell of one run.

    status: "exit N", "raised CLASS: ...", or "did not end". enough: the capabilities in effect of a function that did
    this itself; None where it may have left it to a command, which gets more.
    """

    status: str
    stdout: str
    stderr: str
    files: world.Sight = field(default_factory=dict)
    network: world.Sight = field(default_factory=dict)
    processes: world.Sight = field(default_factory=dict)
    enough: frozenset[str] | None = None


class Unfit(Exception):
    """The words of a trial are none that the rule covers; the text says which word is not."""


@dataclass(frozen=True, slots=True)
class Run:
    """One side of a trial. given: the function's arguments, fixtures still in braces; None: the command runs.

    capabilities: those that the function has, None for all there are. bounded: commands that it runs cannot get more
    either. alone: in a process of its own, which may hang or end. seconds: what it may take.
    """

    trial: Trial
    seconds: float
    given: Mapping[str, Any] | None = None
    capabilities: frozenset[str] | None = None
    bounded: bool = False
    alone: bool = False


# Where runs happen: the room, which is that of a side, the run, the seconds that it may take in all.
Place = Callable[[str, Run, float], "Seen | str"]


def networked(rule: Rule) -> bool:
    """Whether the state of the network has to be compared."""
    if "CAP_NET_ADMIN" in rule.capabilities:
        return True
    lines = "\n".join(trial.line for trial in rule.trials)
    return any(f"{{{device}" in lines for device in (*DEVICES, *NAMESPACES, *RULED))


@contextlib.contextmanager
def rooms(rule: Rule) -> Iterator[Place]:
    """A place for many runs of a rule, each side's in a world that is cleared between them; for use inside a house."""
    looks = networked(rule)

    def act(run: Run) -> tuple[Seen | str, room.Sights]:
        seen = _life(rule, run, looks)
        return seen, None if isinstance(seen, str) else (seen.files, seen.processes)

    with room.rooms(act, looks) as ask:
        yield ask


def _own_world(rule: Rule) -> Place:
    looks = networked(rule)
    return lambda name, run, seconds: sandbox.world(lambda: _life(rule, run, looks), seconds, looks)


def by_command(rule: Rule, trial: Trial, seconds: float = QUICK, place: Place | None = None) -> Seen:
    """The real command, as rootwrap runs it: umask 022, in the folder of its caller. Raises fixtures.NotHere.

    place: None for a world of its own.
    """
    run = Run(trial, seconds)
    if place:
        with contextlib.suppress(sandbox.OutOfTime, sandbox.WorldError):
            return _told(place("command", run, seconds + 2 * PATIENT))
    return _told(_own_world(rule)("command", run, seconds + 2 * PATIENT))


def by_function(
    rule: Rule,
    trial: Trial,
    capabilities: frozenset[str] | None,
    *,
    check: bool = True,
    seconds: float = QUICK,
    bounded: bool = False,
    alone: bool = False,
    place: Place | None = None,
) -> Seen:
    """The rule's function, as a privsep daemon runs it: umask 0, folder /, these capabilities (None: all there are).

    check=False: asked to tell each failure instead of raising. bounded: commands that it runs cannot get more
    capabilities either. alone: it is expected to hang. place: None for a world of its own. Raises fixtures.NotHere
    and Unfit.
    """
    given = arguments(rule, trial)
    if not check:
        told = checking(rule, lambda code: True)
        assert isinstance(told, dict), told
        given |= told
    run = Run(trial, seconds, given, capabilities, bounded, alone)
    own = _own_world(rule)
    if place or not run.alone:
        # A fork less, which is most of the time; a function that hangs or ends its process needs one of its own, and
        # is judged by what it does in a world of its own.
        with contextlib.suppress(sandbox.OutOfTime, sandbox.WorldError):
            return _told((place or own)("function", run, seconds + (2 * PATIENT if run.alone else 0)))
    return _told(own("function", replace(run, alone=True), seconds + 2 * PATIENT))


def _told(result: Seen | str) -> Seen:
    if isinstance(result, str):
        raise fixtures.NotHere(result)
    return result


def _life(rule: Rule, run: Run, looks: bool) -> Seen | str:
    """What a run does in its world, from the fixtures to the look at it afterwards; a sentence for fixtures.NotHere."""
    words = fixtures.words(run.trial.line)
    try:
        line, waiting = fixtures.build(words)
    except fixtures.NotHere as lack:
        return str(lack)
    before = world.prepare(looks)
    if run.given is None:
        done = _executed(line, run)
    else:
        named = dict(zip(words, line, strict=True))
        done = _acted(rule, run, {name: _filled(value, named) for name, value in run.given.items()})
    if isinstance(done, str):
        return done
    return replace(
        done,
        files=world.files(before),
        network=world.network(before) if looks else {},
        processes=world.processes(waiting, before),
    )


def _executed(line: Sequence[str], run: Run) -> Seen | str:
    try:
        process = subprocess.Popen(
            line,
            cwd=sandbox.SCRATCH,
            umask=0o022,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_ENVIRONMENT,
        )
    except FileNotFoundError:
        return f"{line[0]} is not installed"
    with process:
        wait, last = run.seconds, time.monotonic() + run.seconds + PATIENT
        while True:
            try:
                stdout, stderr = process.communicate(run.trial.stdin.encode(), wait)
                break
            except subprocess.TimeoutExpired:
                # A busy machine is no reason: what has still something to do gets more time.
                if time.monotonic() > last or sandbox.asleep():
                    process.kill()
                    return Seen(ENDLESS, "", "")
                wait = 0.1
    code = process.returncode if process.returncode >= 0 else 128 - process.returncode
    return Seen(f"exit {code}", os.fsdecode(stdout), os.fsdecode(stderr))


def _acted(rule: Rule, run: Run, named: Mapping[str, Any]) -> Seen:
    def act() -> Seen:
        if run.capabilities is not None:
            (privileges.keep if run.bounded else privileges.use)(run.capabilities)
        return _as_the_daemon(rule, named)

    if run.alone:
        return _answered(lambda: sandbox.child(act, run.seconds, PATIENT))
    if run.bounded:
        # What a thread gives up is gone with it: a process of its own would have to be copied from this large one.
        return sandbox.in_thread(act)
    before = sandbox.last_pid()
    seen = act()
    privileges.use(None)
    return replace(seen, enough=run.capabilities) if sandbox.last_pid() == before != "" else seen


def _answered(ask: Callable[[], Seen]) -> Seen:
    """What another process saw; one that does not answer is something to see as well."""
    try:
        return ask()
    except sandbox.OutOfTime:
        return Seen(ENDLESS, "", "")
    except sandbox.WorldError as error:
        return Seen(f"raised {str(error).strip().splitlines()[-1]}", "", "")


def arguments(rule: Rule, trial: Trial) -> dict[str, Any]:
    """Parameter -> what the trial's line gives for it, fixtures still in braces, by the rule's own grammar.

    A word that names a fixture is one that the scanned code does not spell out. Raises Unfit.
    """
    line = fixtures.words(trial.line)
    words = tuple(_word(word) for word in line)
    found = match(Command(words, program=line[0]), rule)
    if not isinstance(found, Match):
        raise Unfit(found.reason)
    given = {name: _plain(value) for name, value in found.given}
    if "process_input" in rule.signature.parameters:
        given["process_input"] = trial.stdin or None
    return given


def _word(word: str) -> Literal | Value:
    if not fixtures.spots(word):
        return Literal(word)
    start = word.partition("{")[0]
    return Value(word, (start, None) if start else ())


def _plain(given: object) -> object:
    if isinstance(given, tuple):
        return tuple(map(_plain, given))
    if isinstance(given, Literal):
        return given.text
    if isinstance(given, Behind):
        return given.word.code.removeprefix(given.start)
    return given.code if isinstance(given, Value) else given


def _filled(given: object, words: Mapping[str, str]) -> object:
    if isinstance(given, tuple):
        return tuple(_filled(each, words) for each in given)
    if not isinstance(given, str) or given in words:
        return words.get(given, given) if isinstance(given, str) else given
    for word, made in words.items():  # what stands behind a key is a part of its word
        key, equals, value = word.partition("=")
        if equals and value == given and made.startswith(key + equals):
            return made.removeprefix(key + equals)
    return given


def _like_the_daemon() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.environ.clear()
    os.environ.update(_ENVIRONMENT)
    os.close(nothing)
    os.umask(0)
    os.chdir("/")


def _as_the_daemon(rule: Rule, named: Mapping[str, Any]) -> Seen:
    _like_the_daemon()
    from oslo_concurrency import processutils

    try:
        result = _across(rule.function(**_across(dict(named))))
    except processutils.ProcessExecutionError as error:
        if type(error) is not processutils.ProcessExecutionError:
            return Seen(f"raised {type(error).__name__}", "", "")
        code, stdout, stderr, *_ = _across((error.exit_code, error.stdout, error.stderr, error.args))
        return Seen(f"exit {code}", stdout or "", stderr or "")
    except BaseException as error:  # whatever it is, the caller would have to live with it
        return Seen(f"raised {''.join(traceback.format_exception_only(error)).strip()}", "", "")
    stdout, stderr = result if isinstance(result, tuple) and len(result) == 2 else (result, "")
    return Seen("exit 0", "" if stdout is None else stdout, stderr)


def _across(value: Any) -> Any:
    """The value as it arrives on the other side of the privsep channel (oslo_privsep.comm); raises what that raises."""
    import msgpack  # type: ignore[import-untyped]

    packed = msgpack.packb(value, use_bin_type=True, unicode_errors="surrogateescape")
    return msgpack.unpackb(packed, use_list=False, raw=False, strict_map_key=False, unicode_errors="surrogateescape")


def compared(command: Seen, function: Seen, apart: str = "") -> tuple[Divergence, ...]:
    """How the two differ, in the order of ASPECTS. apart: an aspect that is left out."""
    found: list[Divergence] = []
    for aspect in ASPECTS:
        one, two = getattr(command, aspect), getattr(function, aspect)
        if aspect == "stderr":
            one, two = _VERSION.sub(r"\1: ", _TIMED.sub("(time)", str(one))), _TIMED.sub("(time)", str(two))
        elif aspect == "stdout":
            one, two = _even(str(one)), _even(str(two))
        if one == two or aspect == apart:
            continue
        if aspect in ("status", "stdout", "stderr"):
            found.append(Divergence(aspect, "", _text(one, aspect), _text(two, aspect)))
        else:
            found += [Divergence(aspect, *told) for told in world.differences(one, two)]
    return tuple(found)


def _even(stdout: str) -> str:
    """Without what differs from run to run."""
    lines = stdout.splitlines(keepends=True)
    if not lines or not all(map(_CONNECTION.match, lines)):
        return stdout
    return "".join(sorted(_CONNECTION.sub(r"\1? \2", line) for line in lines))


def _text(text: object, aspect: str) -> str:
    shown = text if aspect == "status" and isinstance(text, str) else repr(text)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}... ({len(shown)} characters)"
