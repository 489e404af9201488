"""One run of both sides beside the other: what is different, in words."""

from __future__ import annotations

import enum
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migrator.model import Site

# Shells and libraries set these for themselves.
_OWN_NAMES = frozenset({"PWD", "OLDPWD", "SHLVL", "_", "LC_CTYPE"})


@dataclass(frozen=True)
class Difference:
    """What is different, and how it is on the two sides; when: the samples and the program's behaviour."""

    aspect: str
    before: str
    after: str
    when: str = ""


class Verdict(str, enum.Enum):
    """What came of a site."""

    SAME = "same"
    DIFFERENT = "different"
    UNVERIFIABLE = "not verifiable"
    NOT_MIGRATED = "not migrated"
    UNPAIRED = "unpaired"


@dataclass(frozen=True)
class Replayed:
    """A site of the tree before, and what came of it.

    site: as it was, its path relative to the trees' root; None for a use of a privileged function that replaces none.
    path, line: where the privileged function is used now, else where the site was. function: its dotted name, "" for
    none. rule: of a native function, the rule whose text it has: it does what `verify rules` proves of that. runs: how
    often both sides were run. why: for UNVERIFIABLE and UNPAIRED, in words.
    """

    site: Site | None
    path: str
    line: int
    function: str
    verdict: Verdict
    differences: tuple[Difference, ...] = ()
    runs: int = 0
    rule: str = ""
    why: str = ""


def differences(
    site: Site, options: Mapping[str, Any], result: Mapping[str, Any], *, absent: bool, tried: bool = False
) -> list[Difference]:
    """Compare what the harness saw of the two sides. absent: the program could not be started.

    tried: what comes back may be the text of an exception, which names the way that the command was run.
    """
    old, new = result["old"], result["new"]
    found = [Difference("does itself", "runs a command", f"{each}, and no rule proves it") for each in new["touched"]]
    if found:
        return found
    found += _started(old["started"], new["started"])
    if not found:
        found += _each_run(old["runs"], new["runs"], options, new.get("daemon") or [result["environ"]])
        if old["delays"] != new["delays"]:
            found.append(Difference("waits between attempts", str(old["delays"]), str(new["delays"])))
        found += _asked(old["asked"], new["asked"])
    found += _outcome(site, old, new, absent=absent, tried=tried)
    return found


def _started(old: Sequence[Sequence[str]], new: Sequence[Sequence[str]]) -> Iterator[Difference]:
    for first, second in zip(old, new, strict=False):
        if first != second:
            yield Difference("command", line(first), line(second))
            return
    if len(old) != len(new):
        yield Difference("attempts", f"started {len(old)} times", f"started {len(new)} times")


def _each_run(
    old: Sequence[Mapping[str, Any]],
    new: Sequence[Mapping[str, Any]],
    options: Mapping[str, Any],
    daemon: Sequence[Any],
) -> Iterator[Difference]:
    for first, second in zip(old, new, strict=False):
        if first["argv"] != second["argv"]:
            yield Difference("command", line(first["argv"]), line(second["argv"]))
        if first["stdin"] != second["stdin"]:
            yield Difference("stdin", repr(first["stdin"]), repr(second["stdin"]))
        if first["cwd"] != second["cwd"]:
            yield Difference("directory", first["cwd"], second["cwd"])
        if first["umask"] != second["umask"]:
            yield Difference("umask", f"{first['umask']:03o}", f"{second['umask']:03o}")
        yield from _environment(options.get("env_variables") or {}, second["environ"], daemon[-1])
        return  # the runs of one call have all that is compared here in common


def _environment(asked: Mapping[str, Any], given: Mapping[str, str], daemon: Mapping[str, str]) -> Iterator[Difference]:
    """The variables that the call sets, on top of those of the daemon, which takes sudo's place."""
    wanted = {str(name): str(each) for name, each in asked.items()}
    for name, text in wanted.items():
        if given.get(name) != text:
            yield Difference(
                "environment", f"{name}={text}", f"{name}={given[name]}" if name in given else f"no {name}"
            )
    more = sorted(name for name in given if name not in wanted and given[name] != daemon.get(name))
    for name in (each for each in more if each not in _OWN_NAMES):
        yield Difference("environment", f"no {name}", f"{name}={given[name]}")
    lost = sorted(set(daemon) - set(given) - _OWN_NAMES)
    if lost:
        yield Difference("environment", f"has {', '.join(lost)}", "has lost them")


def _asked(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> Iterator[Difference]:
    if not old:
        return
    usual = {"timeout": None, "log_errors": 0, "loglevel": 10}
    second = new[0] if new else usual
    for name in sorted(usual):
        if old[0][name] != second[name]:
            yield Difference(name, str(old[0][name]), str(second[name]))


def _outcome(
    site: Site, old: Mapping[str, Any], new: Mapping[str, Any], *, absent: bool, tried: bool
) -> Iterator[Difference]:
    first, second = old.get("raised"), new.get("raised")
    if first is None and second is None:
        if absent and _texts(new["returned"]):  # what rootwrap says there is none of the program's words
            return
        if site.result != "ignored" and not _alike(old["returned"], new["returned"], texts=absent or tried):
            yield Difference("result", _value(old["returned"]), _value(new["returned"]))
    elif first is None or second is None:
        yield Difference("outcome", outcome(old), outcome(new))
    elif first["class"] != second["class"]:
        yield Difference("exception", outcome(old), outcome(new))
    else:
        for name in ("exit_code", "stdout", "stderr", "description"):
            one, other = first.get(name), second.get(name)
            if absent and name in ("stdout", "stderr"):  # rootwrap's own words are none of the program's
                if not isinstance(other, str):
                    yield Difference(f"{name} of the exception", "a text", _value(other))
            elif one != other:
                yield Difference(f"{name} of the exception", _value(one), _value(other))


def _texts(value: Any) -> bool:
    inner = value.get("tuple", value.get("list")) if isinstance(value, dict) else None
    return inner is not None and len(inner) == 2 and all(isinstance(each, str) for each in inner)


def _alike(one: Any, other: Any, *, texts: bool = False) -> bool:
    """Equal, a list and a tuple being the same: privsep makes tuples of both. texts: whatever texts they are."""
    if isinstance(one, dict) and isinstance(other, dict):
        first, second = (each.get("tuple", each.get("list")) for each in (one, other))
        if first is not None and second is not None:
            return len(first) == len(second) and all(
                _alike(*pair, texts=texts) for pair in zip(first, second, strict=True)
            )
    return type(one) is type(other) and (bool(one == other) or (texts and isinstance(one, str)))


def outcome(side: Mapping[str, Any]) -> str:
    """What the caller of one side got, in words."""
    if "raised" not in side:
        return f"returns {_value(side['returned'])}"
    raised = side["raised"]
    name = raised["class"].rpartition(".")[2]
    if "exit_code" in raised:
        return f"{name}: exit code {_value(raised['exit_code'])}"
    return f"{name}: {raised['text']}"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        (kind, inner), *_ = value.items()
        if kind == "tuple":
            return "(" + ", ".join(map(_value, inner)) + ("," if len(inner) == 1 else "") + ")"
        if kind == "list":
            return "[" + ", ".join(map(_value, inner)) + "]"
        return repr(inner.encode("latin-1")) if kind == "bytes" else str(inner)
    return repr(value)


def line(argv: Sequence[str]) -> str:
    """Words as a line to read, quoted as for a shell."""
    texts = [word.encode("latin-1").decode("utf-8", "backslashreplace") for word in argv]
    return shlex.join(text if text.isprintable() else ascii(text)[1:-1] for text in texts)
