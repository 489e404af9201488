"""Verdicts on rules: a table for a terminal, lines for a pipe, JSON (schema privmigrate.verify-rules/1)."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from migrator.verify.verdict import Divergence, Finding, Verdict, Word

if TYPE_CHECKING:
    from rich.console import RenderableType

SCHEMA = "privmigrate.verify-rules/1"
_STYLE = {Word.PROVEN: "green", Word.DIFFERS: "red", Word.CLAIMS: "red", Word.NOT_HERE: "yellow"}
_LONGEST = 30  # columns of a rule's name before the columns beside it are squeezed


def dumps(verdicts: Sequence[Verdict]) -> str:
    """The verdicts as JSON text."""
    counts = Counter(verdict.word.value for verdict in verdicts)
    summary = {
        "rules": len(verdicts),
        "by_verdict": {word.value: counts[word.value] for word in Word},
        "trials": sum(verdict.trials for verdict in verdicts),
    }
    document = {"schema": SCHEMA, "rules": [_entry(verdict) for verdict in verdicts], "summary": summary}
    return json.dumps(document, indent=2) + "\n"


def _entry(verdict: Verdict) -> dict[str, Any]:
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
                "repeat": repeat(verdict.rule, finding),
            }
            for finding in verdict.findings
        ],
        "absent": list(verdict.absent),
        "shown": dict(verdict.shown),
        "lacking": dict(verdict.lacking),
        "seconds": round(verdict.seconds, 3),
    }


def repeat(rule: str, finding: Finding) -> str:
    """The command line that repeats a finding."""
    stdin = f" --stdin {shlex.quote(finding.stdin)}" if finding.stdin else ""
    return f"privmigrate verify rules {rule} --trial {shlex.quote(finding.line)}{stdin}"


def lines(verdicts: Sequence[Verdict]) -> str:
    """One line for each rule, what is wrong with it below."""
    text = []
    for verdict in verdicts:
        text.append(f"{verdict.rule}: {verdict.word.value}: {_count(verdict.trials, 'trial')}; {_needs(verdict)}\n")
        text += [f"    {line}\n" for line in _troubles(verdict)]
    return "".join([*text, f"{_total(verdicts)}\n"])


def table(verdicts: Sequence[Verdict], coloured: bool, encoding: str) -> str:
    """A table as wide as the terminal, what is wrong below it."""
    from migrator.report import console

    return console.drawn(_parts(verdicts, console.width(least=60)), coloured, encoding, console.width(least=60))


def _parts(verdicts: Sequence[Verdict], width: int) -> Iterator[RenderableType]:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=SIMPLE_HEAD, pad_edge=False)
    shown.add_column("rule", overflow="fold", max_width=_LONGEST)
    shown.add_column("trials", justify="right")
    shown.add_column("verdict")
    shown.add_column("claims", overflow="fold")
    shown.add_column("needs", overflow="fold")
    shown.add_column("differences", justify="right")
    for verdict in verdicts:
        found = verdict.found
        shown.add_row(
            Text(verdict.rule, "bold"),
            str(verdict.trials),
            Text(verdict.word.value, _STYLE[verdict.word]),
            _names(verdict.claimed),
            Text("not looked for", "dim") if found is None else _compared(found.capabilities, verdict.claimed),
            _differences(verdict),
        )
    yield shown
    for verdict in verdicts:
        troubles = list(_troubles(verdict))
        if troubles:
            yield Text(f"{verdict.rule}: {verdict.word.value}", f"bold {_STYLE[verdict.word]}")
            for line in troubles:
                yield Text(f"  {line}", overflow="fold")
            yield ""
    yield _total(verdicts)


def _compared(found: frozenset[str], claimed: frozenset[str]) -> RenderableType:
    from rich.text import Text

    return Text("the same", "dim") if found == claimed else Text(_names(found), "red")


def _names(capabilities: frozenset[str]) -> str:
    """One below the other, without the CAP_ that all of them have."""
    return "\n".join(sorted(name.removeprefix("CAP_") for name in capabilities)) or "none"


def _differences(verdict: Verdict) -> str:
    """How many were found that nobody declared, or how many declared ones showed."""
    if verdict.findings:
        return f"{len(verdict.findings)} new"
    return f"{sum(1 for count in verdict.shown.values() if count)} known"


def _needs(verdict: Verdict) -> str:
    claimed = ", ".join(sorted(verdict.claimed)) or "no capability"
    if verdict.found is None:
        return f"claims {claimed}"
    if verdict.found.capabilities == verdict.claimed:
        return f"needs {claimed}, as it claims"
    return f"claims {claimed}, needs {', '.join(sorted(verdict.found.capabilities)) or 'none'}"


def _troubles(verdict: Verdict) -> Iterator[str]:
    for finding in verdict.findings:
        yield from told(finding)
        yield f"  repeat: {repeat(verdict.rule, finding)}"
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
        yield f"not verifiable here: {reason} ({_count(count, 'trial')})"


def told(finding: Finding) -> Iterator[str]:
    """A finding as a small diff: - is the command, + the function."""
    yield f"{finding.line}{'' if finding.check else '   (the function with check=False)'}"
    yield from sides(finding.divergences)


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
    return f"{_count(len(verdicts), 'rule')}: {', '.join(parts) or 'none'}; {_count(trials, 'trial')} compared"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
