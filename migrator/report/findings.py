"""What the gate judges, as findings of one kind: root calls, faults at the boundary, comments, unread files."""

from __future__ import annotations

import enum
import os
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from migrator.report import text
from migrator.report.baseline import Key, numbered
from migrator.report.codes import ROOT_CALL, UNREASONED

# What these do as root with a word that varies is whatever one likes: they run what they are given, or write, replace,
# own or mount any file. Sources: their manual pages; the entries "sudo" of GTFOBins.
_AS_GOOD_AS_ROOT = frozenset(
    (
        "ash", "awk", "bash", "busybox", "chgrp", "chmod", "chown", "chroot", "cp", "csh", "dash", "dd",
        "dmsetup", "docker", "ed", "env", "find", "gawk", "git", "install", "ionice", "kmod", "ksh", "ln",
        "make", "mawk", "modprobe", "insmod", "mount", "mv", "nice", "nohup", "nsenter", "ntfs-3g",
        "openssl", "patch", "perl", "php", "pip", "python", "python2", "python3", "qemu-img", "qemu-nbd",
        "rsync", "ruby", "runuser", "scp", "sed", "setcap", "setfacl", "setpriv", "sh", "ssh", "stdbuf", "su",
        "sudo", "systemctl", "systemd-run", "tar", "taskset", "tcpdump", "tee", "timeout", "unshare",
        "useradd", "usermod", "vi", "vim", "visudo", "xargs", "zsh",
    )
)  # fmt: skip
# What an entrypoint does for whoever calls it: any command, any words, any path.
_GRANTS = frozenset({"PRV270", "PRV271", "PRV272", "PRV273", "PRV274"})
MODULE = "<module>"  # the scope of what stands outside of functions and classes
_WIDTH = 72


class Rank(enum.IntEnum):
    """How bad a new finding is, the worst first."""

    UNREAD = 0  # anything may be in there
    GRANTS = 1  # a hole at the boundary: root for whoever calls it
    EQUIVALENT = 2  # a root call of a program that is not known, or that is as good as root
    RUNS = 3  # another root call
    BREAKS = 4  # another fault at the boundary
    UPKEEP = 5  # comments and entries that need care


@dataclass(frozen=True, slots=True)
class Step:
    """A place on the way from a call to what runs it. line: from 1, 0 where only the file is known."""

    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that the gate tells of. line, end_line, column: from 1.

    message: what it is. why: why it counts. advice: what to do, a sentence without its full stop. site: the id of a
    root call, "" for others. ready: `rewrite` moves it as the tree is. steps: from the call to the executor.
    """

    key: Key
    path: str
    line: int
    end_line: int
    column: int
    rank: Rank
    message: str
    why: str
    advice: str
    site: str = ""
    ready: bool = False
    steps: tuple[Step, ...] = ()

    @property
    def code(self) -> str:
        return self.key.code

    @property
    def place(self) -> str:
        return f"{text.clean(self.path)}:{self.line}:{self.column}"

    @property
    def order(self) -> tuple[int, str, int, int, str]:
        """The worst first, then by place."""
        return self.rank, self.path, self.line, self.column, self.code


def rewriting(paths: Sequence[str], options: Sequence[str] = ()) -> Callable[[dict[str, Any]], str]:
    """What moves a site of a ledger: the command line, with the paths that were scanned and options for `rewrite`."""

    def command(site: dict[str, Any]) -> str:
        unsafe = ["--unsafe"] if site["outcome"]["status"] == "review" else []
        words = ["privmigrate", "rewrite", *options, *unsafe, "--only", f"{site['path']}:{site['line']}", *paths]
        return shlex.join(words)

    return command


def findings(
    ledger: dict[str, Any], folder: str, command: Callable[[dict[str, Any]], str] | None
) -> dict[Key, Finding]:
    """What the gate judges by a gated ledger, by key, suppressed findings left out; unread files are not among it.

    folder: where the baseline lies, which keys' paths are relative to. command: see `rewriting`; None where no command
    line would move a call, as of a tree that lies in git only.
    """
    entries = [one for one in ledger["sites"] if not one["suppressed"]]
    entries += [one for name in ("boundary", "comments") for one in ledger.get(name, ()) if not one["suppressed"]]
    entries.sort(key=lambda one: (one["path"], one["line"], one["column"], one["code"]))
    keys = numbered([_key(one, folder) for one in entries])
    return {
        key: _root_call(key, one, command) if one["code"] == ROOT_CALL else _other(key, one)
        for key, one in zip(keys, entries, strict=True)
    }


def unread(entry: dict[str, Any], folder: str) -> Finding:
    """The finding for a place of a ledger that could not be read."""
    line = max(entry["line"], 1)
    key = Key(os.path.relpath(entry["path"], folder or "."), "", (entry["reason"],), entry["code"], 1)
    advice = "mend it, or leave the file out: `exclude` in the configuration"
    return Finding(
        key, entry["path"], line, line, 1, Rank.UNREAD, entry["reason"], "root calls in it are not known", advice
    )


def _key(entry: dict[str, Any], folder: str) -> Key:
    path = os.path.relpath(entry["path"], folder or ".")
    if entry["code"] == ROOT_CALL:
        return Key(path, entry["enclosing"], tuple(entry["shape"]), ROOT_CALL, 1)
    return Key(path, entry["scope"], (entry["symbol"],) if entry["symbol"] else (), entry["code"], 1)


def _root_call(key: Key, site: dict[str, Any], command: Callable[[dict[str, Any]], str] | None) -> Finding:
    rank, why = _weight(site)
    root = f", {site['root']}" if site["root"] else ""
    message = f"runs as root: {text.command(site['argv'], _WIDTH)} ({site['kind']}{root})"
    outcome = site["outcome"]
    ready = outcome["status"] == "ready"
    reasons = "; ".join(reason["text"].rstrip(".") for reason in outcome["reasons"])
    advice = reasons or "write a function of the privsep package for it"
    if ready:
        advice = f"it can be moved to privsep ({outcome['rung']})"
    if command is not None and ready:
        advice = f"`{command(site)}` moves it to privsep ({outcome['rung']})"
    elif command is not None and outcome["status"] == "review":
        advice = f"`{command(site)}` moves it, when this holds: {reasons}"
    steps = tuple(_step(where, what) for where, what in site.get("story", ()))
    return Finding(
        *(key, site["path"], site["line"], site["end_line"], site["column"], rank, message, why, advice),
        site=site["id"],
        ready=ready and command is not None,
        steps=steps,
    )


def _step(where: str, what: str) -> Step:
    path, _, line = where.rpartition(":")
    return Step(path, int(line), what) if path and line.isdecimal() else Step(where, 0, what)


def _weight(site: dict[str, Any]) -> tuple[Rank, str]:
    """How bad a root call is, and why. A command whose words are all known can do no more than it says."""
    programs = [os.path.basename(name) for name in site["programs"] or [site["program"]] if name]
    if not programs:
        return Rank.EQUIVALENT, "what it runs is not known, so that it may run anything as root"
    risky = [name for name in programs if name in _AS_GOOD_AS_ROOT]
    if risky and any("{" in word for word in site["shape"]):
        return Rank.EQUIVALENT, f"`{risky[0]}` as root, with words that vary, is as good as root"
    return Rank.RUNS, f"one more command that runs as root: {' or '.join(programs)}"


def _other(key: Key, one: dict[str, Any]) -> Finding:
    grants = one["code"] in _GRANTS
    boundary = one["code"].startswith("PRV2")
    rank = Rank.GRANTS if grants else Rank.BREAKS if boundary else Rank.UPKEEP
    why = "it would hide the next such finding on its line"
    if one["code"] == UNREASONED:
        why = "nobody can tell whether what it was written for still holds"
    if boundary:
        why = "whoever takes over the service has it" if grants else "it fails, or leaves a hole, when it runs"
    return Finding(
        key, one["path"], one["line"], one["end_line"], one["column"], rank, one["text"], why, one["help"].rstrip(".")
    )
