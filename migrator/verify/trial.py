"""One trial, twice: the command, and the function that replaces it, each in a world of its own."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from migrator.decide.match import Behind, Match, match
from migrator.decide.rule import ASPECTS, DEVICES, Rule, Trial
from migrator.model import Command, Literal, Value
from migrator.verify import fixtures, privileges, sandbox, world
from migrator.verify.house import SECURE_PATH
from migrator.verify.verdict import Divergence

QUICK, PATIENT = 0.7, 10.0  # seconds: a first run that takes longer is repeated before it counts
_ENVIRONMENT = {"PATH": SECURE_PATH, "LC_ALL": "C"}
_LONGEST = 300  # characters of a text that are shown
_ENDLESS = "did not end"
# How long it took, and how fast that was (dd): another time on each run.
_TIMED = re.compile(r"[0-9.e+-]+ s, ([0-9.]+|Infinity) [kMGTPE]?B/s$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a caller, and whoever looks at the machine afterwards, can tell of one run.

    status: "exit N", "raised CLASS: ...", or "did not end".
    """

    status: str
    stdout: str
    stderr: str
    files: world.Sight = field(default_factory=dict)
    network: world.Sight = field(default_factory=dict)
    processes: world.Sight = field(default_factory=dict)


class Unfit(Exception):
    """The words of a trial are none that the rule covers; the text says which word is not."""


def networked(rule: Rule) -> bool:
    """Whether the state of the network has to be compared."""
    named = {
        spot.fixture for trial in rule.trials for word in fixtures.words(trial.line) for spot in fixtures.spots(word)
    }
    return "CAP_NET_ADMIN" in rule.capabilities or bool(named & set(DEVICES))


def by_command(rule: Rule, trial: Trial, seconds: float = QUICK) -> Seen:
    """The real command, as rootwrap runs it: umask 022, in the folder of its caller. Raises fixtures.NotHere."""

    def life() -> Seen | str:
        try:
            line, waiting = fixtures.build(fixtures.words(trial.line))
        except fixtures.NotHere as lack:
            return str(lack)
        before = world.prepare()
        try:
            done = subprocess.run(
                line,
                cwd=sandbox.SCRATCH,
                umask=0o022,
                input=trial.stdin.encode(),
                capture_output=True,
                env=_ENVIRONMENT,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            seen = Seen(_ENDLESS, "", "")
        except FileNotFoundError:
            return f"{line[0]} is not installed"
        else:
            code = done.returncode if done.returncode >= 0 else 128 - done.returncode
            seen = Seen(f"exit {code}", os.fsdecode(done.stdout), os.fsdecode(done.stderr))
        return _looked(seen, before, waiting, rule)

    return _told(sandbox.world(life, seconds + PATIENT, networked(rule)))


def by_function(
    rule: Rule,
    trial: Trial,
    capabilities: frozenset[str] | None,
    *,
    check: bool = True,
    seconds: float = QUICK,
    bounded: bool = False,
) -> Seen:
    """The rule's function, as a privsep daemon runs it: umask 0, folder /, these capabilities (None: all there are).

    check=False: asked to tell a failure instead of raising. bounded: commands that it runs cannot get more
    capabilities either. Raises fixtures.NotHere and Unfit.
    """
    given = arguments(rule, trial)
    if not check:
        given["check"] = False

    def life(alone: bool) -> Seen | str:
        try:
            line, waiting = fixtures.build(fixtures.words(trial.line))
        except fixtures.NotHere as lack:
            return str(lack)
        before = world.prepare()
        words = dict(zip(fixtures.words(trial.line), line, strict=True))
        named = {name: _filled(value, words) for name, value in given.items()}

        def act() -> Seen:
            _like_the_daemon()
            if capabilities is not None:
                (privileges.keep if bounded else privileges.use)(capabilities)
            return _called(rule, named)

        if not alone:
            seen = act()
            privileges.use(None)
            return _looked(seen, before, waiting, rule)
        try:
            seen = sandbox.child(act, seconds)
        except sandbox.OutOfTime:
            seen = Seen(_ENDLESS, "", "")
        except sandbox.WorldError as error:
            seen = Seen(f"raised {str(error).strip().splitlines()[-1]}", "", "")
        return _looked(seen, before, waiting, rule)

    if not bounded:
        # A fork less, which is a third of the time; a function that hangs or ends its process needs one of its own.
        with contextlib.suppress(sandbox.OutOfTime, sandbox.WorldError):
            return _told(sandbox.world(lambda: life(alone=False), seconds, networked(rule)))
    return _told(sandbox.world(lambda: life(alone=True), seconds + PATIENT, networked(rule)))


def _told(result: Seen | str) -> Seen:
    if isinstance(result, str):
        raise fixtures.NotHere(result)
    return result


def _looked(seen: Seen, before: world.Before, waiting: Mapping[str, int], rule: Rule) -> Seen:
    return replace(
        seen,
        files=world.files(before),
        network=world.network() if networked(rule) else {},
        processes=world.processes(waiting, before),
    )


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


def _called(rule: Rule, named: Mapping[str, Any]) -> Seen:
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
            one, two = _TIMED.sub("(time)", str(one)), _TIMED.sub("(time)", str(two))
        if one == two or aspect == apart:
            continue
        if aspect in ("status", "stdout", "stderr"):
            found.append(Divergence(aspect, "", _text(one, aspect), _text(two, aspect)))
        else:
            found += [Divergence(aspect, *told) for told in world.differences(one, two)]
    return tuple(found)


def _text(text: object, aspect: str) -> str:
    shown = text if aspect == "status" and isinstance(text, str) else repr(text)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}... ({len(shown)} characters)"
