"""What `rewrite -i` was answered, kept in the user's state folder so that a session that broke off can go on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from migrator.commands.output import put
from migrator.fault import Fault
from migrator.model import Outcome, Privileged

_SCHEMA = "privmigrate.decisions/1"
_ELSEWHERE = "XDG_STATE_HOME names another folder"


@dataclass
class Memory:
    """The answers for one project; written to `path` with each one that is added.

    answers: site id -> (yes or no, digest of the change that was shown). names: "area.name" of a planned function ->
    the name that the user gave it.
    """

    path: str
    root: str
    answers: dict[str, tuple[bool, str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def answer(self, outcome: Outcome) -> bool | None:
        """What was answered for just this change; None when it was not shown yet, or is another one now."""
        said, change = self.answers.get(outcome.site.id, (False, ""))
        return said if change == _change(outcome) else None

    def record(self, outcomes: Iterable[Outcome], said: bool) -> None:
        self.answers.update((outcome.site.id, (said, _change(outcome))) for outcome in outcomes)
        self._save()

    def rename(self, function: Privileged, name: str) -> None:
        self.names[key(function)] = name
        self._save()

    def moved(self, sites: Iterable[str]) -> None:
        """Drop the answers for calls that are gone: the next one like them in their function takes over their id."""
        gone = [site for site in sites if site in self.answers]
        for site in gone:
            del self.answers[site]
        if gone:
            self._save()

    def _save(self) -> None:
        try:
            os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        except OSError as error:
            raise Fault(f"{error.filename}: can't be made: {error.strerror}; {_ELSEWHERE}") from None
        sites = {site: {"move": said, "change": change} for site, (said, change) in sorted(self.answers.items())}
        names = dict(sorted(self.names.items()))
        record = {"schema": _SCHEMA, "root": self.root, "sites": sites, "names": names}
        put(json.dumps(record, indent=1) + "\n", self.path)


def place(root: str, environ: Mapping[str, str]) -> str:
    """The file for a project: its root's digest, in privmigrate/decisions of the user's state folder."""
    state = environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(state):  # the specification says that a relative one is to be ignored
        state = os.path.join(os.path.expanduser("~"), ".local", "state")
    if not os.path.isabs(state):
        raise Fault("no folder to remember decisions in: set XDG_STATE_HOME to an absolute path")
    name = hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
    return os.path.join(state, "privmigrate", "decisions", f"{name}.json")


def load(path: str, root: str, *, forget: bool = False) -> Memory:
    """The memory of a project, empty when there is none. forget: drop it first. Raises Fault for a damaged one."""
    if forget:
        try:
            os.unlink(path)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise Fault(f"{path}: can't be removed: {error.strerror}") from None
    try:
        with open(path, encoding="utf-8") as file:
            record = json.load(file)
        if record["schema"] != _SCHEMA:
            raise ValueError(f"schema {record['schema']}")
        answers = {str(site): (bool(one["move"]), str(one["change"])) for site, one in record["sites"].items()}
        names = {str(function): str(name) for function, name in record["names"].items()}
        if not all(map(str.isidentifier, names.values())):
            raise ValueError("a name that no function can have")
    except FileNotFoundError:
        return Memory(path, root)
    except OSError as error:
        raise Fault(f"{path}: can't be read: {error.strerror}; {_ELSEWHERE}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Fault(f"{path}: damaged ({error}); --forget drops it") from None
    return Memory(path, root, answers, names)


def key(function: Privileged) -> str:
    """What a planned function is remembered by."""
    return f"{function.module}.{function.name}"


def _change(outcome: Outcome) -> str:
    """A digest of what the user agrees to: the function, what it does, and what it is given."""
    function = outcome.function
    assert function is not None
    parts = [key(function), function.source, *(f"{one.name}={one.code}" for one in outcome.arguments)]
    return hashlib.sha256("\x1e".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:16]
