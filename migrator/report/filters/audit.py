"""What filters grant, as text: lines of findings, JSON (schema privmigrate.audit/1), and findings for SARIF."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from migrator.report import checked, codes, text
from migrator.report.baseline import Key, numbered
from migrator.report.findings import Finding, Rank
from migrator.rootwrap.audit import Verdict
from migrator.rootwrap.excess import Excess
from migrator.rootwrap.programs.gain import Level
from migrator.rootwrap.trusted import Untrusted

SCHEMA = "privmigrate.audit/1"
OWN = "oslo.rootwrap"  # where its own filter stands, which is in no file
_CODES = {Level.ROOT: codes.ROOT_EQUIVALENT, Level.BROAD: codes.BROAD_FILTER}
_RANKS = {codes.ROOT_EQUIVALENT: Rank.GRANTS, codes.UNTRUSTED: Rank.GRANTS, codes.EXCESS: Rank.UPKEEP}


@dataclass(frozen=True, slots=True)
class Judged:
    """A filter where it stands, and what was found of it.

    path: "" for the one that oslo.rootwrap adds. asked: how many known calls need it, None without code. excess: what
    no known call asks for, None where nothing of the kind is known.
    """

    path: str
    line: int
    verdict: Verdict
    asked: int | None = None
    excess: Excess | None = None

    @property
    def place(self) -> str:
        return f"{text.clean(self.path)}:{self.line}" if self.path else OWN


@dataclass(frozen=True, slots=True)
class Audit:
    """What was audited. subject: in words. open: known calls of unknown programs, which may need any filter."""

    subject: str
    judged: tuple[Judged, ...]
    untrusted: tuple[Untrusted, ...] = ()
    open: int = 0

    @property
    def rooted(self) -> tuple[Judged, ...]:
        """Through what the user becomes root."""
        return tuple(one for one in self.judged if one.verdict.level is Level.ROOT)

    def fails(self, level: Level | None) -> bool:
        """Whether something is as bad as this, or worse."""
        if level is None:
            return False
        return bool(self.untrusted) or any(one.verdict.level <= level for one in self.judged)


def answer(audit: Audit) -> str:
    """Whether the service's user can become root, a sentence."""
    lines = [one for one in audit.rooted if one.path]
    ways = []
    if lines:
        ways.append(f"{len(lines)} of {text.counted(sum(bool(one.path) for one in audit.judged), 'filter')}")
    if len(audit.rooted) > len(lines):
        ways.append("privsep-helper, which oslo.rootwrap 5.0.0 and later admits by itself")
    if audit.untrusted:
        ways.append(
            f"{text.counted(len(audit.untrusted), 'file or folder', 'files and folders')} that others can change"
        )
    if ways:
        return f"The service's user can become root: yes, through {', and '.join(ways)}."
    told = Counter(one.verdict.level for one in audit.judged)
    unknown = sum(one.verdict.unknown for one in audit.judged)
    broad = f"; {told[Level.BROAD]} are broad" if told[Level.BROAD] else ""
    rest = f", {unknown} of them because their program is not in the table" if unknown else ""
    return f"The service's user can become root: through no filter in a way that is known{broad}{rest}."


def lines(audit: Audit) -> list[str]:
    """One line for each finding, by place, and the answer at the end."""
    found = [f"{one.place}: {one.code} {text.clean(one.message)}" for one in findings(audit)]
    return [*found, answer(audit)]


def code_of(one: Judged) -> str:
    """The code of what was found of a filter, "" when there is nothing to tell."""
    if one.verdict.unknown:
        return codes.UNKNOWN_PROGRAM
    return _CODES.get(one.verdict.level, codes.EXCESS if one.excess is not None and one.asked else "")


def said(one: Judged) -> str:
    """What a filter grants, in words, with a command line that shows it."""
    verdict = one.verdict
    told = [f"{verdict.level.word}: {verdict.why}"]
    if verdict.ways:
        way = verdict.ways[0]
        told.append(f"`{text.command(way.argv)}`")
        notes = [*way.notes, *([way.power.note] if way.power.note and way.power.note not in verdict.why else [])]
        told[-1] += f" ({'; '.join([*notes, way.power.source])})"
    return ": ".join(told)


def asking(one: Judged) -> str:
    """How that compares with what the code asks for, "" where there is no code."""
    if one.asked is None:
        return ""
    if not one.asked:
        return "no known call needs it"
    ways = [way.argv for way in one.verdict.ways]
    if one.excess is None:
        return "the known calls can come to that themselves" if one.verdict.level < Level.BOUNDED and ways else ""
    if one.excess.argv in ways[:1]:
        return "no known call asks for that"
    return "" if one.verdict.unknown else f"no known call asks for `{text.command(one.excess.argv)}`"


def findings(audit: Audit) -> tuple[Finding, ...]:
    """What is to be told, by place."""
    made = [(code_of(one), one) for one in audit.judged if one.path]
    told = [(code, one) for code, one in made if code]
    keys = numbered([Key(one.path, one.verdict.filter.name, (), code, 1) for code, one in told])
    found = [_finding(key, one) for key, (_, one) in zip(keys, told, strict=True)]
    for each in audit.untrusted:
        key = Key(each.path, "", (), codes.UNTRUSTED, 1)
        found.append(_made(key, 1, f"{each.path}: {each.why}", "it decides what runs as root"))
    return tuple(sorted(found, key=lambda one: (one.path, one.line)))


def _finding(key: Key, one: Judged) -> Finding:
    message = f"{one.verdict.filter.name}: {said(one)}"
    more = [each for each in (asking(one), *one.verdict.remarks) if each]
    why = "whoever takes over the service has it"
    return _made(key, one.line, "; ".join([message, *more]), why)


def _made(key: Key, line: int, message: str, why: str) -> Finding:
    advice = codes.catalogue()[key.code].help
    return Finding(key, key.path, line, line, 1, _RANKS.get(key.code, Rank.BREAKS), message, why, advice)


def sarif(audit: Audit, top: str) -> str:
    """The findings as SARIF text. top: the folder that locations are relative to, "" for the current one."""
    from migrator.report import sarif as form

    return form.dumps(checked.Report(unread=(), new=(), upkeep=findings(audit), against="nothing"), top)


def dumps(audit: Audit) -> str:
    """The audit as JSON text."""
    told = Counter(one.verdict.level for one in audit.judged)
    document = {
        "schema": SCHEMA,
        "subject": audit.subject,
        "root": bool(audit.rooted or audit.untrusted),
        "answer": answer(audit),
        "filters": [_entry(one) for one in audit.judged],
        "untrusted": [{"path": one.path, "why": one.why} for one in audit.untrusted],
        "summary": {
            **{level.word: told[level] for level in Level},
            "unknown": sum(one.verdict.unknown for one in audit.judged),
            "open": audit.open,
        },
    }
    return json.dumps(document, indent=2) + "\n"


def _entry(one: Judged) -> dict[str, Any]:
    verdict, filtered = one.verdict, one.verdict.filter
    return {
        "path": one.path or None,
        "line": one.line,
        "name": filtered.name,
        "class": filtered.kind,
        "program": filtered.executable,
        "run_as": filtered.run_as,
        "code": code_of(one) or None,
        "level": verdict.level.word,
        "unknown": verdict.unknown,
        "why": verdict.why,
        "ways": [
            {
                "gain": way.power.gain.value,
                "argv": list(way.argv),
                "notes": [*way.notes, *([way.power.note] if way.power.note else [])],
                "source": way.power.source,
            }
            for way in verdict.ways
        ],
        "asked": one.asked,
        "excess": None
        if one.excess is None
        else {"argv": list(one.excess.argv), "gain": one.excess.gain.value if one.excess.gain else None},
        "remarks": list(verdict.remarks),
    }
