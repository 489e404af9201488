"""Verdicts on rules: a table for a terminal, lines for a pipe, JSON (schema privmigrate.verify-rules/1)."""

from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from migrator.report.text import counted
from migrator.verify.verdict import Divergence, Finding, Verdict, Word

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_REPEAT = "repeat: "
SCHEMA = "privmigrate.verify-rules/1"
# What a verdict is drawn in.
WORDS = {Word.PROVEN: "green", Word.DIFFERS: "red", Word.CLAIMS: "red", Word.NOT_HERE: "yellow"}
_NARROW = 72  # columns that a table needs at the least
_SHORTEST = 13  # columns that a rule's name has in any case
_TOLD = 8  # differences of one trial that are told to people; JSON has all


def dumps(verdicts: Sequence[Verdict], given: Sequence[str] = ()) -> str:
    """The verdicts as JSON text. given: options with which their rules are found again (so in lines() and table())."""
    counts = Counter(verdict.word.value for verdict in verdicts)
    summary = {
        "rules": len(verdicts),
        "by_verdict": {word.value: counts[word.value] for word in Word},
        "trials": sum(verdict.trials for verdict in verdicts),
    }
    document = {"schema": SCHEMA, "rules": [_entry(verdict, given) for verdict in verdicts], "summary": summary}
    return json.dumps(document, indent=2) + "\n"


def _entry(verdict: Verdict, given: Sequence[str]) -> dict[str, Any]:
    found = verdict.found
    return {
        "rule": verdict.rule,
        "verdict": verdict.word.value,
        "written": verdict.written,
        "trials": verdict.trials,
        "claimed": sorted(verdict.claimed),
        "found": None if found is None else sorted(found.capabilities),
        "needed_by": {} if found is None else dict(found.needed_by),
        "findings": [
            {
                "line": finding.line,
                "stdin": finding.stdin,
                "origin": finding.origin,
                "check": finding.check,
                "divergences": [
                    {"aspect": each.aspect, "what": each.what, "command": each.command, "function": each.function}
                    for each in finding.divergences
                ],
                "repeat": repeat(verdict.rule, finding, given),
            }
            for finding in verdict.findings
        ],
        "absent": list(verdict.absent),
        "shown": dict(verdict.shown),
        "lacking": dict(verdict.lacking),
        "seconds": round(verdict.seconds, 3),
    }


def repeat(rule: str, finding: Finding, given: Sequence[str] = ()) -> str:
    """The command line that repeats a finding."""
    # With `=`, since a text may begin with a dash.
    words = ["privmigrate", "verify", "rules", rule, *given, f"--trial={finding.line}"]
    if finding.stdin:
        words.append(f"--stdin={finding.stdin}")
    return " ".join(_quoted(word) for word in words)


def _quoted(word: str) -> str:
    """The word for a shell: on one line, also where it has a newline in it (bash, zsh and ksh know $'...')."""
    name, sign, value = word.partition("=") if word.startswith("--") and "=" in word else ("", "", word)
    if value.isprintable():
        return f"{name}{sign}{shlex.quote(value)}"
    escaped = "".join(f"\\{each}" if each in "\\'" else each if each.isprintable() else _octal(each) for each in value)
    return f"{name}{sign}$'{escaped}'"


def _octal(character: str) -> str:
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))


def lines(verdicts: Sequence[Verdict], given: Sequence[str] = ()) -> str:
    """One line for each rule, what is wrong with it below."""
    text = []
    for verdict in verdicts:
        text.append(f"{verdict.rule}: {verdict.word.value}: {counted(verdict.trials, 'trial')}; {_needs(verdict)}\n")
        text += [f"    {line}\n" for line in _troubles(verdict, given)]
    return "".join([*text, f"{_total(verdicts)}\n"])


def table(verdicts: Sequence[Verdict], coloured: bool, encoding: str, given: Sequence[str] = (), width: int = 0) -> str:
    """A table as wide as the terminal (width: so wide), what is wrong below it; lines where a table has no place."""
    from migrator.report import console

    width = width or console.width()
    if width < _NARROW:
        return lines(verdicts, given)
    return console.drawn(_parts(verdicts, given, width), coloured, encoding, width)


def _parts(verdicts: Sequence[Verdict], given: Sequence[str], width: int) -> Iterator[RenderableType]:
    from rich.text import Text

    yield _summary(verdicts, width)
    yield ""
    for verdict in verdicts:
        troubles = list(_troubles(verdict, given))
        if troubles:
            yield Text(f"{verdict.rule}: {verdict.word.value}", f"bold {WORDS[verdict.word]}")
            yield from drawn(troubles, 2)
            yield ""
    yield _total(verdicts)


def drawn(told: Sequence[str], indent: int = 0) -> Iterator[RenderableType]:
    """Lines for a terminal: what goes on in a next one stands below the text, what can be pasted is not cut."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    for line in told:
        text = line.lstrip(" ")
        left = indent + len(line) - len(text)
        if text.startswith(_REPEAT):
            # In a group, since a text alone is printed as part of another one, which is wrapped.
            yield Group(Text(" " * left + text, "dim", no_wrap=True, overflow="ignore"))
        elif text.startswith(("- ", "+ ")):
            style = "red" if text[0] == "-" else "green"
            below = Text(text, style, overflow="fold")
            yield Padding(below, (0, 0, 0, left), expand=False)
        else:
            yield Padding(Text(text, overflow="fold"), (0, 0, 0, left), expand=False)


def _summary(verdicts: Sequence[Verdict], width: int) -> RenderableType:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    claims = [_names(verdict.claimed) for verdict in verdicts]
    needs = [_compared(verdict) for verdict in verdicts]
    words = [verdict.word.value for verdict in verdicts]
    # trials, differences, and two columns between any two
    beside = 6 + 8 + 5 * 2 + sum(map(_widest, (["claims", *claims], ["needs", *(text.plain for text in needs)])))
    names = max(len(verdict.rule) for verdict in verdicts)
    if beside + names + _widest(["verdict", *words]) > width:
        words = [word.replace(" ", "\n") for word in words]
    room = max(width - beside - _widest(["verdict", *words]), _SHORTEST)
    shown = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    shown.add_column("rule", no_wrap=True)
    shown.add_column("trials", justify="right", no_wrap=True)
    shown.add_column("verdict", no_wrap=True)
    shown.add_column("claims", no_wrap=True)
    shown.add_column("needs", no_wrap=True)
    shown.add_column("differ", justify="right", no_wrap=True)
    for verdict, word, claim, need in zip(verdicts, words, claims, needs, strict=True):
        shown.add_row(
            Text(folded(verdict.rule, room), "bold"),
            str(verdict.trials),
            Text(word, WORDS[verdict.word]),
            claim,
            need,
            _differences(verdict),
        )
    return shown


def _widest(texts: Sequence[str]) -> int:
    return max(len(line) for text in texts for line in text.splitlines())


def folded(name: str, columns: int) -> str:
    """A rule's name on as many lines as it needs, broken only after a dot or an underscore."""
    rows = [""]
    for part in re.findall(r"[^._]*[._]|[^._]+", name):
        if rows[-1] and len(rows[-1] + part) > columns:
            rows.append("  ")
        rows[-1] += part
    return "\n".join(rows)


def _compared(verdict: Verdict) -> Text:
    """What was found beside what is claimed: + is needed and not claimed, - is claimed and not needed."""
    from rich.text import Text

    if verdict.found is None:
        return Text("not\nknown", "dim")
    found, claimed = verdict.found.capabilities, verdict.claimed
    if found == claimed:
        return Text("the same", "dim")
    more = [f"+ {name.removeprefix('CAP_')}" for name in sorted(found - claimed)]
    return Text("\n".join([*more, *(f"- {name.removeprefix('CAP_')}" for name in sorted(claimed - found))]), "red")


def _names(capabilities: frozenset[str]) -> str:
    """One below the other, without the CAP_ that all of them have."""
    return "\n".join(sorted(name.removeprefix("CAP_") for name in capabilities)) or "none"


def _differences(verdict: Verdict) -> RenderableType:
    """How many were found that nobody declared, how many declared ones do not show, or how many showed."""
    from rich.text import Text

    if verdict.findings or verdict.absent:
        counts = ((len(verdict.findings), "new"), (len(verdict.absent), "absent"))
        return Text("\n".join(f"{count} {word}" for count, word in counts if count), "red")
    return f"{sum(1 for count in verdict.shown.values() if count)} known"


def _needs(verdict: Verdict) -> str:
    claimed = ", ".join(sorted(verdict.claimed)) or "no capability"
    if verdict.found is None:
        return f"claims {claimed}"
    if verdict.found.capabilities == verdict.claimed:
        return f"needs {claimed}, as it claims"
    return f"claims {claimed}, needs {', '.join(sorted(verdict.found.capabilities)) or 'none'}"


def _troubles(verdict: Verdict, given: Sequence[str]) -> Iterator[str]:
    for finding in verdict.findings:
        yield from told(finding)
        yield f"  {_REPEAT}{repeat(verdict.rule, finding, given)}"
    for text in verdict.absent:
        yield f"declared, but it does not show: {text}"
    if verdict.found is not None:
        for name in sorted(verdict.found.capabilities - verdict.claimed):
            line = verdict.found.needed_by.get(name, "")
            yield f"claims too little: `{line}` needs {name}" if line else f"claims too little: it needs {name}"
        for name in sorted(verdict.claimed - verdict.found.capabilities):
            instead = verdict.found.capabilities - verdict.claimed
            weaker = f": {', '.join(sorted(instead))} will do" if instead else ""
            yield f"claims too much: no trial needs {name}{weaker}"
    for reason, count in sorted(verdict.lacking.items()):
        yield f"not verifiable here: {reason} ({counted(count, 'trial')})"


def told(finding: Finding) -> Iterator[str]:
    """A finding as a small diff: - is the command, + the function."""
    yield f"{finding.line}{'' if finding.check else '   (the function with check=False)'}"
    yield from sides(finding.divergences[:_TOLD])
    if len(finding.divergences) > _TOLD:
        yield f"    and {len(finding.divergences) - _TOLD} more"


def sides(divergences: Sequence[Divergence]) -> Iterator[str]:
    """Lines of a small diff of the two worlds."""
    for each in divergences:
        yield f"    {each.what or each.aspect}"
        yield f"      - {each.command}"
        yield f"      + {each.function}"


def _total(verdicts: Sequence[Verdict]) -> str:
    counts: Mapping[Word, int] = Counter(verdict.word for verdict in verdicts)
    parts = [f"{counts[word]} {word.value}" for word in Word if counts.get(word)]
    trials = sum(verdict.trials for verdict in verdicts)
    return f"{counted(len(verdicts), 'rule')}: {', '.join(parts) or 'none'}; {counted(trials, 'trial')} compared"
