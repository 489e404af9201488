"""Two playbacks compared: every difference that is not declared here is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.scenario.deployment import ROOTWRAP
from tests.scenario.stage import Playback

Raised = dict[str, Any]
Declared = Mapping[str, Callable[[Raised], Raised]]


def _root_helper(error: Raised) -> Raised:
    return {**error, "cmd": error["cmd"].removeprefix(f"sudo moraine-rootwrap {ROOTWRAP} ")}


def _root_helper_in(text: str) -> str:
    return text.replace(f"\nCommand: sudo moraine-rootwrap {ROOTWRAP} ", "\nCommand: ")


def _program_path(error: Raised) -> Raised:
    return {**error, "stderr": re.sub(r"^/(?:usr/)?s?bin/(\w+): ", r"\1: ", error["stderr"], flags=re.MULTILINE)}


def _quotes(error: Raised) -> Raised:
    return {**error, "stderr": re.sub("[\u2018\u2019]", "'", error["stderr"])}


def _written(error: Raised) -> Raised:
    return {**error, "stdout": ""} if error["cmd"].split()[-2:-1] == ["tee"] else error


def _not_found(error: Raised) -> Raised:
    found = re.fullmatch(r"\S+/moraine-rootwrap: (.*) \(filter match = \S+\)\n", error["stderr"])
    return {**error, "stderr": found[1]} if found and error["exit_code"] == 96 else error


def _refused(error: Raised) -> Raised:
    return {**error, "stderr": re.sub(r"^\S+/moraine-rootwrap: (Unauthorized command: )", r"\1", error["stderr"])}


_CMD = "cmd names the command without the root helper before it"
# What a handler of ProcessExecutionError sees differently after the rewrite, and nothing else may be different.
DECLARED: Declared = {
    _CMD: _root_helper,
    "the program that complains is called by its name, not by the path that rootwrap found it at": _program_path,
    "a native function quotes as commands do in the C locale": _quotes,
    "what was written by tee does not come back": _written,
    "a program that is not there is told without the name of rootwrap and of its filter": _not_found,
    "a command that no filter admits is told without the name of rootwrap": _refused,
}


def differences(old: Playback, new: Playback, declared: Declared = DECLARED) -> list[str]:
    """One line for each thing that differs: where, and the two sides."""
    lines: list[str] = []
    for one, two in zip(old.steps, new.steps, strict=True):
        lines += _between(f"step {one['step']!r}", _reduced(one, declared), _reduced(two, declared))
    return [*lines, *_between("world", old.world, new.world)]


def _reduced(value: Any, declared: Declared) -> Any:
    if not isinstance(value, dict):
        return value
    reduced = {key: _reduced(each, declared) for key, each in value.items()}
    if "exit_code" in reduced:
        for reduce in declared.values():
            reduced = reduce(reduced)
    if "logged" in reduced and _CMD in declared:  # an exception that the project logs, cmd and all
        reduced["logged"] = [[name, level, _root_helper_in(text)] for name, level, text in reduced["logged"]]
    return reduced


def _between(where: str, one: object, two: object) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(two, dict):
        for key in sorted({*one, *two}):
            yield from _between(f"{where}, {key}", one.get(key, "nothing"), two.get(key, "nothing"))
    elif one != two:
        yield f"{where}: {one!r} before, {two!r} after"
