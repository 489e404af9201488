"""What `check` and `baseline` share: the ledger for the paths asked for, the baseline, files that were renamed."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from migrator.commands.survey import survey
from migrator.commands.worktree import in_tests, package
from migrator.config import Config
from migrator.fault import Fault
from migrator.report import baseline, codes
from migrator.report.baseline import Baseline, Key
from migrator.report.findings import Finding, findings
from migrator.understand.walk import TESTS, relative

DEFAULT = "privmigrate-baseline.txt"


def surveyed(paths: Sequence[str], *, tests: bool, indexed: bool, settings: Config) -> dict[str, Any]:
    """The gated ledger of what lies below `paths`, read with the whole packages that they lie in.

    A call of a wrapper is found only where the wrapper is: asked for one file, the gate has to say of it what it says
    of it in a run over everything. Raises Fault as `survey` does.
    """
    for path in paths:
        if not os.path.exists(path):
            raise Fault(f"{path}: no such file or folder; name a Python file or a folder that holds some")
    wide = list(dict.fromkeys(map(package, paths)))
    inside = tests or any(map(in_tests, paths))
    # Strict: a gate may not let a file pass because nobody can tell what is in it.
    ledger, _ = survey(wide, tests=inside, indexed=indexed, settings=settings, strict=True, gate=True)
    for name in ("sites", "unreadable", "boundary", "comments"):
        ledger[name] = [
            {**entry, "path": relative(entry["path"])}
            for entry in ledger[name]
            if wide == list(paths) or asked_for(entry["path"], paths, tests)
        ]
    return ledger


def found(
    ledger: dict[str, Any], folder: str, settings: Config, command: Callable[[dict[str, Any]], str] | None
) -> dict[Key, Finding]:
    """The findings of a gated ledger that the configuration selects. Raises Fault for codes that there are not."""
    wanted = selection(settings)
    return {key: one for key, one in findings(ledger, folder, command).items() if wanted(key.code)}


def selection(settings: Config) -> Callable[[str], bool]:
    """Whether findings of a code count by the configuration. Raises Fault for codes that there are not."""
    chosen = codes.selection(settings.select, settings.ignore, settings.source)

    def wanted(code: str) -> bool:
        return chosen.admits(code) and (code != codes.UNREASONED or settings.noqa_requires_reason)

    return wanted


def asked_for(path: str, paths: Sequence[str], tests: bool) -> bool:
    """Whether one of `paths` is `path`, or a folder above it with no folder of tests between, unless those count."""
    absolute = os.path.abspath(path)
    for one in map(os.path.abspath, paths):
        if absolute == one:
            return True
        if absolute.startswith(one.rstrip("/") + "/"):
            between = absolute[len(one) :].split("/")[:-1]
            if tests or TESTS.isdisjoint(between):
                return True
    return False


def covers(key: Key, path: str, options: argparse.Namespace, ledger: dict[str, Any]) -> bool:
    """Whether this run would have found what an entry of the baseline at `path` stands for, were it still there.

    An entry elsewhere, or in a file that could not be read, is not stale.
    """
    file = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(path)), key.path))
    if any(asked_for(file, [entry["path"]], tests=True) for entry in ledger["unreadable"]):
        return False
    return asked_for(file, options.paths, options.tests)


def read(path: str) -> tuple[Baseline, str]:
    """A baseline and its text. Raises Fault when it is not there, or garbled."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
    except FileNotFoundError:
        raise Fault(f"{path}: no such baseline; `privmigrate baseline` writes one, --baseline names another") from None
    except OSError as error:
        raise Fault(f"{path}: the baseline can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise Fault(f"{path}: not a baseline: byte {error.start} is not UTF-8") from None
    return baseline.loads(text, path), text


def renamed_since(path: str, new: Sequence[str]) -> Callable[[Key], Key]:
    """What an entry's key is after the renames of files since the commit that last touched the baseline at `path`.

    new: paths of findings that the baseline does not hold, for files that git is not told of yet. Git is asked when
    the function is first called; without git, or with a baseline that is not committed, keys stay as they are.
    """

    @cache
    def known() -> tuple[dict[str, str], str]:
        """The renames, and the baseline's folder, both relative to the top of the work tree."""
        from migrator import revisions

        try:
            top = revisions.top_of(os.path.dirname(os.path.abspath(path)))
            commit = revisions.last_change(top, path)
            inside = [os.path.realpath(one) for one in new if os.path.realpath(one).startswith(top + "/")]
            renames = revisions.renames(top, commit, untracked=sorted(set(inside))) if commit else {}
        except revisions.NoGit:
            return {}, ""
        return renames, os.path.relpath(os.path.dirname(os.path.realpath(path)), top)

    def renamed(key: Key) -> Key:
        renames, folder = known()
        return follow(key, renames, folder) if renames else key

    return renamed


def follow(key: Key, renames: dict[str, str], folder: str) -> Key:
    """A key after renames. renames: relative to the top of the work tree. folder: of the baseline, relative to it too.

    What a finding at the boundary is about is a dotted name, which a renamed module changes.
    """
    path = os.path.normpath(os.path.join(folder, key.path))
    command = key.command
    if key.code.startswith("PRV2"):
        command = tuple(_renamed(name, renames) for name in key.command)
    return replace(key, path=os.path.relpath(renames.get(path, path), folder), command=command)


def _renamed(name: str, renames: dict[str, str]) -> str:
    for old, new in renames.items():
        before, after = _module(old), _module(new)
        # How many folders above the package there are cannot be told from the paths: the name tells.
        for start in range(len(before)):
            dotted = ".".join(before[start:])
            if name == dotted or name.startswith((f"{dotted}.", f"{dotted}:")):
                return ".".join(after[start:]) + name[len(dotted) :]
    return name


def _module(path: str) -> list[str]:
    return path.removesuffix(".py").removesuffix("/__init__").split("/")


def scope_options(options: argparse.Namespace) -> list[str]:
    """The options of a command line that say what is read, for another command that has to see the same."""
    rules = [word for folder in options.rules for word in ("--rules", folder)]
    return [*(["--config", options.config] if options.config else []), *rules]
